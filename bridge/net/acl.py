"""Permit and deny by address.

A `permit` that matches lets in, else a `deny` that matches keeps out; what neither names is let in unless there are
only permits. (Asterisk's own permit/deny/acl see the bridge's address: main/acl.c works on the socket's peer.)
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Acl:
    """Two lists of networks; empty lists let everybody in."""

    permit: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()

    def allows(self, address: str) -> bool:
        """Whether a peer with this address (text; an IPv4-mapped IPv6 address counts as IPv4) may come in."""
        if not self.permit and not self.deny:
            return True
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        if any(ip in network for network in self.permit):
            return True
        if any(ip in network for network in self.deny):
            return False
        return bool(self.deny) or not self.permit

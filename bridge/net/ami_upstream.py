"""The connection to Asterisk's AMI, one for each client."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from bridge.net.links import Link

if TYPE_CHECKING:
    from bridge.net.settings import EdgeSettings, UpstreamSettings

log = logging.getLogger("bridge.net.ami_upstream")

# linux/in.h, in6.h: bind to an address that is not one of this host's.
_IP_TRANSPARENT = 19
_IPV6_TRANSPARENT = 75


async def connect_upstream(settings: EdgeSettings, client: str) -> Link:
    """Connect to Asterisk; with `from_client` from the client's own address.

    Raises OSError (TimeoutError included) when it cannot be done in `connect_timeout` seconds.
    """
    upstream = settings.upstream
    loop = asyncio.get_running_loop()
    buffer_bytes = settings.limits.buffer_bytes
    name = (upstream.server_hostname or upstream.host) if upstream.tls else None
    async with asyncio.timeout(upstream.connect_timeout):
        if not upstream.from_client:
            _, link = await loop.create_connection(
                lambda: Link(buffer_bytes), upstream.host, upstream.port, ssl=upstream.tls, server_hostname=name
            )
            return link
        sock = await _socket_from(client, upstream)
        try:
            _, link = await loop.create_connection(
                lambda: Link(buffer_bytes), sock=sock, ssl=upstream.tls, server_hostname=name
            )
        except BaseException:
            sock.close()
            raise
        return link


async def _socket_from(client: str, upstream: UpstreamSettings) -> socket.socket:
    """A connected socket whose own address is the client's."""
    loop = asyncio.get_running_loop()
    address = ipaddress.ip_address(client.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    targets = await loop.getaddrinfo(upstream.host, upstream.port, family=family, type=socket.SOCK_STREAM)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        # Foreign addresses need CAP_NET_ADMIN; those of this host do not.
        with suppress(PermissionError):
            if family == socket.AF_INET:
                sock.setsockopt(socket.SOL_IP, _IP_TRANSPARENT, 1)
            else:
                sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_TRANSPARENT, 1)
        sock.bind((str(address), 0))
        await loop.sock_connect(sock, targets[0][4])
    except BaseException:
        sock.close()
        raise
    return sock

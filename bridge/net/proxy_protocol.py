"""PROXY protocol version 2: the caller's address, told by a load balancer before the first byte of AMI (or TLS).

Source: haproxy doc/proxy-protocol.txt, section 2.2. The header is read off the socket exactly, so that not one byte of
what follows is taken with it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
HEAD = 16
# An address block and its TLVs; the specification lets a receiver refuse more than it expects.
MAX_BODY = 4096


class BadProxyHeader(Exception):
    """The peer is expected to send a PROXY v2 header and sent something else."""


def parse_head(head: bytes) -> tuple[int, int, int]:
    """(command, family-and-protocol, length of the rest) of the 16 fixed bytes."""
    if len(head) != HEAD or head[:12] != SIGNATURE:
        raise BadProxyHeader("no PROXY v2 signature")
    version_command, family, length = struct.unpack("!BBH", head[12:])
    if version_command >> 4 != 2:
        raise BadProxyHeader(f"PROXY version {version_command >> 4}")
    if version_command & 15 > 1:
        raise BadProxyHeader(f"PROXY command {version_command & 15}")
    if length > MAX_BODY:
        raise BadProxyHeader(f"PROXY header of {length} bytes")
    return version_command & 15, family, length


def parse_body(command: int, family: int, body: bytes) -> tuple[str, int] | None:
    """The caller's (address, port), None where the header tells none (LOCAL, or a family other than TCP over IP)."""
    if command == 0:
        return None
    size = {0x11: 4, 0x21: 16}.get(family)
    if size is None:
        return None
    if len(body) < 2 * size + 4:
        raise BadProxyHeader("PROXY address block cut short")
    port: int = struct.unpack("!H", body[2 * size : 2 * size + 2])[0]
    return str(ipaddress.ip_address(body[:size])), port


async def read_header(sock: socket.socket, seconds: float) -> tuple[str, int] | None:
    """Read the header off a non-blocking socket; raises `BadProxyHeader`, also when it does not come in time."""
    try:
        async with asyncio.timeout(seconds):
            command, family, length = parse_head(await _exactly(sock, HEAD))
            return parse_body(command, family, await _exactly(sock, length))
    except TimeoutError as error:
        raise BadProxyHeader("no PROXY header in time") from error
    except OSError as error:
        raise BadProxyHeader(f"connection lost: {error}") from error


async def _exactly(sock: socket.socket, size: int) -> bytes:
    loop = asyncio.get_running_loop()
    data = b""
    while len(data) < size:
        more = await loop.sock_recv(sock, size - len(data))
        if not more:
            raise BadProxyHeader("connection closed within the PROXY header")
        data += more
    return data

"""ACLs and the PROXY header."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct

import pytest

from bridge.net import proxy_protocol as proxy
from bridge.net.acl import Acl, Network
from bridge.net.counters import Counters

net = ipaddress.ip_network


def nets(*texts: str) -> tuple[Network, ...]:
    return tuple(net(text) for text in texts)


@pytest.mark.parametrize(
    ("acl", "address", "allowed"),
    [
        (Acl(), "1.2.3.4", True),
        (Acl(permit=nets("10.0.0.0/8")), "10.1.1.1", True),
        (Acl(permit=nets("10.0.0.0/8")), "11.1.1.1", False),
        (Acl(deny=nets("10.0.0.0/8")), "11.1.1.1", True),
        (Acl(deny=nets("0.0.0.0/0"), permit=nets("10.0.0.0/8")), "10.1.1.1", True),
        (Acl(deny=nets("0.0.0.0/0"), permit=nets("10.0.0.0/8")), "12.1.1.1", False),
        (Acl(permit=nets("10.0.0.0/8")), "::ffff:10.0.0.1", True),
        (Acl(permit=nets("fe80::/10")), "fe80::1%eth0", True),
        (Acl(permit=nets("fe80::/10")), "not an address", False),
    ],
)
def test_acl(acl: Acl, address: str, allowed: bool) -> None:
    assert acl.allows(address) is allowed


def header(body: bytes, command: int = 0x21, family: int = 0x11) -> bytes:
    return proxy.SIGNATURE + struct.pack("!BBH", command, family, len(body)) + body


V4 = (
    ipaddress.ip_address("192.0.2.7").packed + ipaddress.ip_address("192.0.2.1").packed + struct.pack("!HH", 4711, 5038)
)
V6 = ipaddress.ip_address("2001:db8::7").packed + ipaddress.ip_address("::1").packed + struct.pack("!HH", 1, 2)


async def read(raw: bytes, *, close: bool = False) -> tuple[tuple[str, int] | None, bytes]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.sendall(raw)
        if close:
            theirs.shutdown(socket.SHUT_WR)
        told = await proxy.read_header(ours, 0.2)
        await asyncio.sleep(0)
        try:
            rest = ours.recv(100)
        except BlockingIOError:
            rest = b""
        return told, rest


async def test_exactly_the_header_is_taken() -> None:
    assert await read(header(V4) + b"Action: Ping") == (("192.0.2.7", 4711), b"Action: Ping")
    assert await read(header(V6, family=0x21)) == (("2001:db8::7", 1), b"")
    assert await read(header(V4 + b"\x03\x00\x04abcd")) == (("192.0.2.7", 4711), b"")
    assert await read(header(b"", command=0x20)) == (None, b"")
    assert await read(header(b"x" * 36, family=0x31)) == (None, b"")


@pytest.mark.parametrize(
    "raw",
    [
        b"Action: Login\r\nUsername: x\r\n\r\n",
        header(V4, command=0x11),
        header(V4, command=0x2F),
        header(V4[:5]),
        header(b"x" * 5000),
        b"\r\n\r\n",
        proxy.SIGNATURE,
    ],
)
async def test_anything_else_is_refused(raw: bytes) -> None:
    with pytest.raises(proxy.BadProxyHeader):
        await read(raw)
    with pytest.raises(proxy.BadProxyHeader):
        await read(raw[:9], close=True)


def test_counters_bound_what_clients_choose() -> None:
    counters = Counters()
    for number in range(2000):
        counters.action(b"%d" % number)
    counters.action(b"1")
    assert len(counters.actions) == Counters.MAX_NAMES + 1
    assert counters.actions[b"1"] == 2

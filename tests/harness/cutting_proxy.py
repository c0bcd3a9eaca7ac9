"""A TCP relay on loopback that cuts a connection at a chosen byte: the wire's worst, on order."""

from __future__ import annotations

import socket
import struct
import threading
from types import TracebackType


class CuttingProxy:
    """Relays to `target`; after `arm(direction, n)` the n-th further byte in that direction is the last of all.

    `direction` is "up" (towards the target) or "down". A cut resets every connection of the moment; new ones are
    relayed again. `refuse = True` resets new connections at once.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._armed: tuple[str, int] | None = None
        self.refuse = False
        self.cuts = 0
        self.passed = {"up": 0, "down": 0}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> CuttingProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listening.close()
        self.cut()

    def arm(self, direction: str, after: int) -> None:
        """Let `after` more bytes pass in this direction, then cut."""
        with self._lock:
            self._armed = (direction, after)

    def disarm(self) -> None:
        """Cut nothing."""
        with self._lock:
            self._armed = None

    def cut(self) -> None:
        """Reset every connection now."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
            self._armed = None
        for pair in pairs:
            for sock in pair:
                _reset(sock)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if self.refuse:
                _reset(near)
                continue
            try:
                far = socket.create_connection(self._target, timeout=5)
            except OSError:
                _reset(near)
                continue
            far.settimeout(None)
            with self._lock:
                self._pairs.add((near, far))
            for direction, source, sink in (("up", near, far), ("down", far, near)):
                threading.Thread(target=self._pump, args=(direction, source, sink), daemon=True).start()

    def _pump(self, direction: str, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                keep, cut = self._allowed(direction, len(data))
                sink.sendall(data[:keep])
                if cut:
                    self.cuts += 1
                    self.cut()
                    return
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            _reset(source)
            _reset(sink)

    def _allowed(self, direction: str, size: int) -> tuple[int, bool]:
        with self._lock:
            self.passed[direction] += size
            if self._armed is None or self._armed[0] != direction:
                return size, False
            left = self._armed[1] - size
            if left > 0:
                self._armed = (direction, left)
                return size, False
            return self._armed[1], True


def _reset(sock: socket.socket) -> None:
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    sock.close()

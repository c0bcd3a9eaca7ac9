"""A SIP phone over UDP that registers and says 200 OK to everything but calls, which it leaves ringing."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from types import TracebackType

COPIED = ("Via", "From", "To", "Call-ID", "CSeq")


class SipPhone:
    """Registers `user` at a lab Asterisk; `messages` holds the texts of the MESSAGE requests it got."""

    def __init__(self, host: str, port: int, user: str = "alice", secret: str = "secret") -> None:
        self.server, self.user, self.secret = (host, port), user, secret
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(5)
        self.contact = f"sip:{user}@{host}:{self.socket.getsockname()[1]}"
        self.messages: list[str] = []
        # What a call is answered with, and further header lines of that answer.
        self.invite_status, self.invite_headers = "180 Ringing", ""
        self.got_message = threading.Event()
        self._sequence = 0
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> SipPhone:
        self._register(60)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.socket.settimeout(0.01)
        self._stopping = True
        self._thread.join(5)
        self.socket.settimeout(5)
        self._register(0)
        self.socket.close()

    _stopping = False

    def _register(self, expires: int) -> None:
        challenge = self._ask(expires, "")
        found = dict(
            re.findall(r'(\w+)="?([^",\r]+)', challenge.partition("WWW-Authenticate:")[2].partition("\r\n")[0])
        )
        uri = f"sip:{self.server[0]}:{self.server[1]}"
        first = _md5(f"{self.user}:{found['realm']}:{self.secret}")
        proof = _md5(f"{first}:{found['nonce']}:00000001:abc:auth:{_md5(f'REGISTER:{uri}')}")
        answer = self._ask(
            expires,
            f'Authorization: Digest username="{self.user}", realm="{found["realm"]}", nonce="{found["nonce"]}", '
            f'uri="{uri}", response="{proof}", algorithm=MD5, qop=auth, nc=00000001, cnonce="abc", '
            f'opaque="{found.get("opaque", "")}"\r\n',
        )
        assert answer.startswith("SIP/2.0 200"), answer

    def _ask(self, expires: int, authorization: str) -> str:
        self._sequence += 1
        address = f"<sip:{self.user}@{self.server[0]}>"
        host, port = self.socket.getsockname()
        request = (
            f"REGISTER sip:{self.server[0]}:{self.server[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{port}x{self._sequence}\r\nMax-Forwards: 70\r\n"
            f"From: {address};tag={port}\r\nTo: {address}\r\nCall-ID: phone-{port}\r\n"
            f"CSeq: {self._sequence} REGISTER\r\n"
            f"Contact: <{self.contact}>\r\nExpires: {expires}\r\n{authorization}Content-Length: 0\r\n\r\n"
        )
        self.socket.sendto(request.encode(), self.server)
        while True:
            text = self.socket.recv(65535).decode()
            if text.startswith("SIP/2.0"):
                return text
            self._obey(text)

    def _listen(self) -> None:
        self.socket.settimeout(0.2)
        while not self._stopping:
            try:
                self._obey(self.socket.recv(65535).decode())
            except TimeoutError:
                continue

    def _obey(self, text: str) -> None:
        method = text.partition(" ")[0]
        if text.startswith("SIP/2.0") or method == "ACK":
            return
        if method == "MESSAGE":
            self.messages.append(text)
            self.got_message.set()
        status, more = (self.invite_status, self.invite_headers) if method == "INVITE" else ("200 OK", "")
        copied = "".join(f"{line}\r\n" for line in text.split("\r\n") if line.partition(":")[0] in COPIED)
        self.socket.sendto(f"SIP/2.0 {status}\r\n{copied}{more}Content-Length: 0\r\n\r\n".encode(), self.server)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()

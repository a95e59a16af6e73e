"""A listener as plain as can be: a socket, a request by hand, events out of the bytes."""

import json
import socket
import time
from dataclasses import dataclass, field
from typing import Any

SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the stream."""

    name: str
    data: dict[str, Any]
    id: str = ""


@dataclass(slots=True)
class Ear:
    """A connection to the push; `status` and `headers` once it was answered."""

    port: int
    line: socket.socket = field(init=False)
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    _raw: bytes = b""
    _text: bytes = b""
    _ended: bool = False

    def __post_init__(self) -> None:
        self.line = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def ask(
        self, token: str, room: str = "", *, version: str = "1.1", path: str = "/push", method: str = "GET"
    ) -> "Ear":
        """Sends the request and reads the head of the answer."""
        target = f"{path}?room={room}" if room else path
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        self.say(f"{method} {target} HTTP/{version}\r\nHost: rooms.test\r\n{bearer}\r\n".encode())
        return self.answered()

    def say(self, data: bytes) -> None:
        self.line.sendall(data)

    def answered(self) -> "Ear":
        """Reads the head of the answer."""
        while b"\r\n\r\n" not in self._raw:
            if not self._more():
                raise ConnectionError("ended before it was answered")
        head, _, self._raw = self._raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._unpack()
        return self

    def body(self) -> Any:
        """The JSON of an answer that is no stream, up to the end of the connection."""
        while self._more():
            pass
        return json.loads(self._raw or self._text)

    def next(self, *names: str) -> Event:
        """The next event of these names (any, where none is given); others are passed over."""
        end = time.monotonic() + SECONDS
        while True:
            while self.events:
                found = self.events.pop(0)
                if not names or found.name in names:
                    return found
            if time.monotonic() > end or not self._more():
                raise ConnectionError("no such event came")

    def ended(self) -> bool:
        """Waits until the other side has ended it; whether it did so properly (chunks have a last one)."""
        while self._more():
            pass
        return self._ended or "transfer-encoding" not in self.headers

    def close(self) -> None:
        self.line.close()

    def _more(self) -> bool:
        try:
            part = self.line.recv(65_536)
        except ConnectionResetError:
            part = b""
        self._raw += part
        if self.status:
            self._unpack()
        return bool(part)

    def _unpack(self) -> None:
        if self.headers.get("transfer-encoding") == "chunked":
            while (found := self._chunk()) is not None:
                self._text += found
        elif self.headers.get("content-type") == "text/event-stream":
            self._text, self._raw = self._text + self._raw, b""
        while b"\n\n" in self._text:
            one, _, self._text = self._text.partition(b"\n\n")
            told = dict(line.split(": ", 1) for line in one.decode().split("\n"))
            self.events.append(Event(told["event"], json.loads(told["data"]), told.get("id", "")))

    def _chunk(self) -> bytes | None:
        size, found, rest = self._raw.partition(b"\r\n")
        if not found or len(rest) < int(size, 16) + 2:
            return None
        length = int(size, 16)
        self._ended = self._ended or length == 0
        self._raw = rest[length + 2 :]
        return rest[:length]

"""Reads Server-Sent Events from the parts that a connection brings, bounded in every direction.

As the HTML standard describes the stream (section "Server-sent events"): lines end in LF, CR or CRLF; `event`, `data`
and `id` are fields, a line that begins with a colon is a sign of life, an empty line ends an event, unknown fields are
passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

LINE, EVENT = 64 * 1024, 128 * 1024  # bytes; the longest line names every room of a board


class TooLong(ValueError):
    """A line or an event without end."""


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: str
    id: str


@dataclass
class Lines:
    """Feed it bytes, take events."""

    _rest: bytes = b""
    _name: str = ""
    _id: str = ""
    _data: list[str] = field(default_factory=list)
    _size: int = 0

    def feed(self, part: bytes) -> Iterator[Event]:
        """The events that end in this part. Raises TooLong."""
        text = (self._rest + part).replace(b"\r\n", b"\n")
        # A CR at the very end may be half of an end.
        held = b"\r" if text.endswith(b"\r") else b""
        *lines, rest = text[: len(text) - len(held)].replace(b"\r", b"\n").split(b"\n")
        self._rest = rest + held
        if len(self._rest) > LINE:
            raise TooLong("a line")
        for line in lines:
            event = self._line(line)
            if event is not None:
                yield event

    def _line(self, line: bytes) -> Event | None:
        if not line:
            event = Event(self._name or "message", "\n".join(self._data), self._id) if self._data else None
            self._name, self._data, self._size = "", [], 0
            return event
        self._size += len(line)
        if len(line) > LINE or self._size > EVENT:
            raise TooLong("an event")
        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._name = value
        elif name == "data":
            self._data.append(value)
        elif name == "id":
            self._id = value
        return None

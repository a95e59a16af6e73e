"""One connection: a request comes in, and is refused or held, and then written to until one side has had enough.

Decisions:
- Nothing is waited for without end: not the request (the hub ends whoever takes too long), not a reader (whoever lets
  more than MOST_WAITING pile up is cut), not a peer whose machine is gone (keepalive, and unanswered bytes).
- The kernel's buffer is kept small, for what lies in it is neither told nor ours any more.
- What is said at a refusal is said before the connection ends: our side is shut first, and what still comes is thrown
  away, for a connection that is closed over unread bytes is reset, and the answer lost.
"""

import asyncio
import socket
from enum import Enum
from typing import TYPE_CHECKING, cast

from server.engine.pushing import Hearer
from server.push import words
from server.push.asking import MOST_HEAD, TOO_LARGE, Asked, No, asked

if TYPE_CHECKING:
    from server.push.hub import Hub

MOST_WAITING = 65_536
"""Bytes that may wait for a slow reader."""
MOST_SAID = 65_536
"""Bytes that a listener may say after its request, which are thrown away."""
KERNEL = 32_768
SILENCE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 15_000}
END_OF_HEAD = b"\r\n\r\n"


class State(Enum):
    """How far a connection has come."""

    READING = "reading"
    ASKING = "asking"
    OPEN = "open"
    ENDING = "ending"
    GONE = "gone"


class Line(asyncio.Protocol):
    """A connection. All of it happens in the hub's thread."""

    __slots__ = (
        "_heard", "_hub", "_said", "_transport", "asked", "due", "hearer", "looking", "on_since", "since", "slot",
        "state", "tries", "verify_at", "why",
    )  # fmt: skip

    def __init__(self, hub: "Hub", now: float) -> None:
        self._hub = hub
        self._heard = bytearray()
        self._said = 0
        self._transport: asyncio.Transport | None = None
        self.state = State.READING
        self.since = now
        self.on_since = 0.0
        self.asked: Asked | None = None
        self.hearer: Hearer | None = None
        self.looking = False  # somebody looks at its key again
        self.tries = 0
        self.due = b""  # to be said with the next beat
        self.slot = 0
        self.verify_at = 0.0
        self.why = ""

    # what the loop says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=MOST_WAITING)
        own = transport.get_extra_info("socket")
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in SILENCE.items():
            if hasattr(socket, name):
                own.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        self._hub.came(self)

    def data_received(self, data: bytes) -> None:
        if self.state is not State.READING:
            self._said += len(data)
            if self._said > MOST_SAID:
                self.drop("talks")
            return
        self._heard += data
        head, found, _ = self._heard.partition(END_OF_HEAD)
        if len(head) > MOST_HEAD or (not found and len(self._heard) > MOST_HEAD):
            self.refuse(TOO_LARGE)
        elif found:
            self._heard = bytearray()
            what = asked(bytes(head))
            if isinstance(what, No):
                self.refuse(what)
            else:
                self.asked, self.state = what, State.ASKING
                self._hub.ask(self)

    def eof_received(self) -> bool:
        return False  # who says that nothing more comes has left

    def connection_lost(self, error: Exception | None) -> None:
        before, self.state = self.state, State.GONE
        self._transport = None
        self._hub.went(self, before)

    # what the hub says

    def open(self, hearer: Hearer, first: bytes) -> None:
        """Lets it in."""
        self.hearer, self.state = hearer, State.OPEN
        if self._transport is not None and self.asked is not None:
            self._transport.write(words.opened(chunked=self.asked.chunked))
            self.write(first)

    def write(self, data: bytes) -> None:
        """Says it; whoever does not listen is cut."""
        to = self._transport
        if to is None or self.asked is None or to.is_closing():
            return
        to.write(b"%x\r\n%b\r\n" % (len(data), data) if self.asked.chunked else data)
        if to.get_write_buffer_size() > MOST_WAITING:
            self.drop("slow")

    def end(self, why: str, last: bytes = b"") -> None:
        """Says the last, where there is something to say, and ends it."""
        if self.state is State.OPEN and self._transport is not None and self.asked is not None:
            if last:
                self.write(last)
            self.why = self.why or why
            if self.asked.chunked:
                self._transport.write(b"0\r\n\r\n")
        self._finish()

    def refuse(self, it: No) -> None:
        """Answers with a no and ends it."""
        self.why = it.code
        if self._transport is not None:
            self._transport.write(words.refusal(it.status, it.code, it.message, it.headers))
        self._hub.refused(self, it)
        self._finish()

    def drop(self, why: str) -> None:
        """Ends it at once, whatever was still to be said."""
        self.why = self.why or why
        if self._transport is not None:
            self._transport.abort()

    def _finish(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._heard = bytearray()
            before, self.state = self.state, State.ENDING
            self._hub.ending(self, before)
            try:
                self._transport.write_eof()
            except OSError:  # the other side was quicker
                self._transport.abort()

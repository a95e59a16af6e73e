"""Commands to a browser over its debugging pipe: JSON texts, each ended by a NUL byte.

`--remote-debugging-pipe` lets Chromium read commands from its descriptor 3 and write answers to 4. Unlike a debugging
port nothing listens: nobody else on the machine, no page, no neighbour on the network can take part. The form of the
messages is that of the Chrome DevTools Protocol.

One thread. While it waits for an answer, what the browser tells by itself is laid aside for `events`.
"""

import json
import os
import select
from collections.abc import Callable
from typing import Any

ANSWER = 5.0  # seconds; a browser that takes longer hangs
LARGEST = 32 * 1024 * 1024  # bytes of one message; a picture of a large screen is a few


class Gone(Exception):
    """The browser has closed the pipe."""


class Hung(Exception):
    """The browser does not answer in time."""


class Refused(Exception):
    """The browser answers that it cannot."""


class Pipe:
    """`read` and `write` are descriptors, closed by `close`."""

    def __init__(self, read: int, write: int, *, elapsed: Callable[[], float]) -> None:
        self._read, self._write, self._elapsed = read, write, elapsed
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        self._buffer = bytearray()
        self._number = 0
        self._events: list[dict[str, Any]] = []

    def call(
        self, method: str, params: dict[str, Any] | None = None, *, session: str | None = None, within: float = ANSWER
    ) -> dict[str, Any]:
        """The result of a command. Raises Gone, Hung or Refused."""
        self._number += 1
        number, deadline = self._number, self._elapsed() + within
        message = {"id": number, "method": method, "params": params or {}} | ({"sessionId": session} if session else {})
        self._send(json.dumps(message).encode() + b"\0", deadline)
        while True:
            for told in self._receive(deadline):
                if told.get("id") != number:
                    continue
                if "error" in told:
                    raise Refused(f"{method}: {told['error'].get('message', '')}")
                return dict(told.get("result") or {})

    def events(self) -> list[dict[str, Any]]:
        """What the browser has told by itself since the last time. Raises Gone."""
        while select.select([self._read], [], [], 0)[0]:
            self._take()
        self._messages()
        told, self._events = self._events, []
        return told

    def close(self) -> None:
        for handle in (self._read, self._write):
            os.close(handle)

    def _send(self, content: bytes, deadline: float) -> None:
        while content:
            if not select.select([], [self._write], [], max(0.0, deadline - self._elapsed()))[1]:
                raise Hung("it reads no commands")
            try:
                content = content[os.write(self._write, content) :]
            except BlockingIOError:
                continue
            except OSError:
                raise Gone("the pipe is closed") from None

    def _receive(self, deadline: float) -> list[dict[str, Any]]:
        """At least one more piece of what it says; the answers in it. Raises Gone or Hung."""
        if not select.select([self._read], [], [], max(0.0, deadline - self._elapsed()))[0]:
            raise Hung("it does not answer")
        self._take()
        return self._messages()

    def _take(self) -> None:
        try:
            piece = os.read(self._read, 1 << 20)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece or len(self._buffer) > LARGEST:
            raise Gone("the pipe is closed")
        self._buffer += piece

    def _messages(self) -> list[dict[str, Any]]:
        """Cut the whole messages off the buffer: events are laid aside, answers returned."""
        *whole, rest = self._buffer.split(b"\0")
        self._buffer = bytearray(rest)
        answers = []
        for each in whole:
            told = json.loads(each)
            if "id" in told:
                answers.append(told)
            else:
                self._events.append(told)
        return answers

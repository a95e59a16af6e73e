"""Answers that are streamed begin at once, although what is small is otherwise sent whole (serving.py, `send_bytes`).

Decision: Waitress holds 256 KiB back, which of a file that is sent while it is read are some thousand rows. So a
connection lets the head and the first piece of a streamed answer go by themselves, and what follows as all does; by its
own public settings, of which each connection may have its own.
"""

from copy import copy
from typing import Any

from waitress.channel import HTTPChannel

STREAMED = b"\r\nTransfer-Encoding: chunked\r\n"


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection whose streamed answers begin at once."""

    adj: Any
    begins = False

    def write_soon(self, data: Any) -> int:
        """Takes a part of an answer, the head by itself."""
        if isinstance(data, bytes) and data.startswith(b"HTTP/1.") and STREAMED in data:
            self.begins = True
            return int(super().write_soon(data))
        if not self.begins:
            return int(super().write_soon(data))
        self.begins, usual = False, self.adj
        self.adj = copy(usual)
        self.adj.send_bytes = 1
        try:
            return int(super().write_soon(data))
        finally:
            self.adj = usual


def begin_at_once(server: Any) -> Any:
    """The server (or the several, one for each address of a name), with connections of this kind."""
    for each in [server, *getattr(server, "map", {}).values()]:
        if hasattr(each, "channel_class"):
            each.channel_class = Channel
    return server

"""Files that are sent while they are read: how many at once, and what becomes of one that nobody takes to its end.

Decision: whoever takes long to take a file has one of the server's threads for as long. So few at once may be under
way, and the next one is asked to come back (429); the other threads answer everybody else.
"""

import threading
from collections.abc import Generator, Iterator

from server.core.errors import Later

MOST = 2
WAIT = 10
"""Seconds after which whoever found no place is to try again."""


class Downloads:
    """At most `most` files at once. Safe for many threads."""

    def __init__(self, most: int = MOST) -> None:
        self._places = threading.BoundedSemaphore(most)

    def send(self, pieces: Iterator[bytes]) -> "Sending":
        """The file, which has a place until it is at its end or closed; Later(too_many) where there is none."""
        if not self._places.acquire(blocking=False):
            raise Later(WAIT, too_many=True)
        return Sending(pieces, self._places)


class Sending:
    """A file on its way, as an answer's body."""

    def __init__(self, pieces: Iterator[bytes], places: threading.BoundedSemaphore) -> None:
        self._pieces = pieces
        self._places: threading.BoundedSemaphore | None = places

    def __iter__(self) -> "Sending":
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stops reading and gives the place back; again is fine."""
        places, self._places = self._places, None
        if places is not None:
            places.release()
            if isinstance(self._pieces, Generator):
                self._pieces.close()

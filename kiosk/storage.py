"""The card as the journal sees it: files by name, so that a test can put one below that tears, forgets or fails."""

import contextlib
import errno
import os
from pathlib import Path
from typing import Protocol

from kiosk import durable


class Card(Protocol):
    """In one folder. Each raises OSError; `read` FileNotFoundError for what is not there."""

    def read(self, name: str) -> bytes: ...

    def append(self, name: str, data: bytes) -> None:
        """Returns when it is certainly there. When it fails, nobody knows what of it is."""

    def replace(self, name: str, data: bytes) -> None:
        """The whole file: there is the old one or this, also after a power cut."""


class Folder:
    """The real card."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, name: str) -> bytes:
        return (self._path / name).read_bytes()

    def append(self, name: str, data: bytes) -> None:
        path = self._path / name
        new = not path.exists()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._append_to(handle, data)
        finally:
            os.close(handle)
        if new:
            durable.sync_folder(self._path)

    def _append_to(self, handle: int, data: bytes) -> None:
        before = os.fstat(handle).st_size
        try:
            if os.write(handle, data) != len(data):
                raise OSError(errno.ENOSPC, "short write")
            os.fsync(handle)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, before)
            raise

    def replace(self, name: str, data: bytes) -> None:
        durable.replace(self._path / name, data)

"""The disk that a database lies on: how full it is, and a file beside it that is given up when it is full.

Decision: the ballast is a file of real bytes. When nothing can be written any more, taking it away gives room for what
has to be said and done about it, without anybody having to look for what could be deleted.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NAME = "ballast"
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of a file system: in all, and free for us. `ballast`: those that the ballast holds."""

    total: int
    free: int
    ballast: int

    @property
    def used(self) -> int:
        """How full it is, in percent, rounded down; what the system keeps for itself counts as used."""
        return 100 - -(-self.free * 100 // self.total) if self.total else 0


def room(folder: Path) -> Room:
    """How full the disk of a folder is; raises OSError."""
    found = os.statvfs(folder)
    return Room(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize, _size(folder / NAME))


def lay(folder: Path, size: int) -> None:
    """Makes the ballast so many bytes long, and really takes the room; raises OSError where there is none."""
    path = folder / NAME
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.ftruncate(handle, min(_size(path), size))
        if size:
            os.posix_fallocate(handle, 0, size)  # a file of zeros alone may take no room
        os.fsync(handle)
    except OSError:
        os.close(handle)
        give_up(folder)
        raise
    os.close(handle)


def give_up(folder: Path) -> int:
    """Takes the ballast away; returns how many bytes it held."""
    held = _size(folder / NAME)
    with suppress(FileNotFoundError):
        (folder / NAME).unlink()
    return held


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0

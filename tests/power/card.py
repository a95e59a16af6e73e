"""A panel's card that can lose its power: a real folder whose every change is also written down, with what was synced.

While a `Card` is open, the calls of `os` by which files are changed go through it, for its own folder. At a cut each
file keeps what was synced and of its later writes a random choice (disk.py); names that were made, moved or deleted
since the folder was synced hold up to a random one, in their order, as a journalling file system keeps them.
`cut_at` and `fail_at` are numbers of such calls; `error` is what a failing one raises, once or from then on.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from tests.power.disk import File

CHANGES = ("open", "write", "fsync", "ftruncate", "replace", "unlink", "close", "fdopen")
MAKE = os.O_CREAT
Names = dict[str, File]


class PowerGone(BaseException):
    """Nothing in the program may catch it."""


class Writing:
    """What `os.fdopen` gives: the few calls of a file object that writes."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def __enter__(self) -> "Writing":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    def write(self, data: bytes) -> int:
        return os.write(self._handle, data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def fileno(self) -> int:
        return self._handle


class Card:
    """The files of a folder by name, as they are and as they will be found."""

    def __init__(self, folder: Path, rng: Random) -> None:
        self.folder, self.rng = folder, rng
        self.now: Names = {path.name: File(path.read_bytes()) for path in folder.iterdir()}
        self.durable: Names = dict(self.now)
        self.pending: list[Callable[[Names], object]] = []
        self.handles: dict[int, File | None] = {}  # None: the folder itself
        self.ops = self.failed = 0
        self.cut_at: int | None = None
        self.fail_at: int | None = None
        self.for_good = False
        self.error = errno.EIO
        self.real: dict[str, Any] = {}

    def __enter__(self) -> "Card":
        self.real = {name: getattr(os, name) for name in CHANGES}
        for name in CHANGES:
            setattr(os, name, getattr(self, name))
        return self

    def __exit__(self, *_: object) -> None:
        for name, real in self.real.items():
            setattr(os, name, real)
        for handle in self.handles:
            self.real["close"](handle)

    # What a program does

    def open(self, path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        name = self._name(path)
        if name is None:
            handle: int = self.real["open"](path, flags, mode, **more)
            if Path(os.fspath(path)) == self.folder:
                self.handles[handle] = None
            return handle
        if flags & MAKE and name not in self.now:
            self._take()
            made = self.now[name] = File(b"")
            self.pending.append(lambda names: names.__setitem__(name, made))
        handle = self.real["open"](path, flags, mode, **more)
        self.handles[handle] = self.now[name]
        if flags & os.O_TRUNC:
            self.now[name].truncate(0)
        return handle

    def fdopen(self, handle: int, *args: Any, **more: Any) -> Any:
        return Writing(handle) if handle in self.handles else self.real["fdopen"](handle, *args, **more)

    def write(self, handle: int, data: bytes) -> int:
        file = self.handles.get(handle)
        if file is not None:
            part = self._take(len(data))
            file.write(len(file.now), data[:part])
            return int(self.real["write"](handle, data[:part]))
        return int(self.real["write"](handle, data))

    def ftruncate(self, handle: int, size: int) -> None:
        file = self.handles.get(handle)
        if file is not None:
            self._take()
            file.truncate(size)
        self.real["ftruncate"](handle, size)

    def fsync(self, handle: int) -> None:
        if handle not in self.handles:
            self.real["fsync"](handle)
            return
        self._take()
        file = self.handles[handle]
        if file is not None:
            file.sync()
        else:
            self._sync_names(len(self.pending))

    def close(self, handle: int) -> None:
        self.handles.pop(handle, None)
        self.real["close"](handle)

    def replace(self, source: Any, target: Any, **more: Any) -> None:
        first, second = self._name(source), self._name(target)
        if first is not None and second is not None and first in self.now:
            self._take()
            self.now[second] = self.now.pop(first)
            self.pending.append(lambda names: _moved(names, first, second))
        self.real["replace"](source, target, **more)

    def unlink(self, path: Any, **more: Any) -> None:
        name = self._name(path)
        if name is not None and name in self.now:
            self._take()
            del self.now[name]
            self.pending.append(lambda names: names.pop(name, None))
        self.real["unlink"](path, **more)

    # What becomes of it

    def cut(self, target: Path) -> None:
        """The power goes now; what is left is laid into an empty folder."""
        self._sync_names(self.rng.randrange(len(self.pending) + 1))
        for name, file in self.durable.items():
            (target / name).write_bytes(file.left(self.rng) or b"")

    def _sync_names(self, many: int) -> None:
        for one in self.pending[:many]:
            one(self.durable)
        del self.pending[:many]

    def _name(self, path: Any) -> str | None:
        if isinstance(path, int):
            return None
        found = Path(os.fspath(path))
        return found.name if found.parent == self.folder else None

    def _take(self, size: int = 0) -> int:
        """One change; how much of so many bytes is written. Raises where the power goes, or the card fails."""
        self.ops += 1
        if self.cut_at is not None and self.ops >= self.cut_at:
            raise PowerGone
        if self.fail_at is not None and (self.ops == self.fail_at or (self.for_good and self.ops > self.fail_at)):
            self.failed += 1
            if size and self.rng.random() < 0.5:
                return self.rng.randrange(size)  # a card that is full writes what still fits
            raise OSError(self.error, os.strerror(self.error))
        return size


def _moved(names: Names, source: str, target: str) -> None:
    if source in names:
        names[target] = names.pop(source)

"""A consistent copy of a SQLite database that is being written to, and putting such a copy in its place.

Decisions:
- A copy reads one snapshot, held open from its first page to its last, in small steps; writers go on. What they write
  meanwhile stays in the write-ahead log, so a copy that makes that too long lets go and begins anew.
- The copy is written to the disk as it grows: one long flush at the end would make every booking wait for it.
- A copy is a plain database file without a log beside it. It is checked before it gets its name.
- To put one in place the present database is taken for ourselves: it is turned back from write-ahead logging, which
  SQLite does only for the last connection there is. So nothing is replaced under a running server.
"""

import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

STEP = 256
"""Pages of 4 KiB copied between two pauses."""
PAUSE = 0.002
LONGEST_LOG = 128 * 1024 * 1024
TRIES = 5
Told = Callable[[int, int], None]


class CopyFailed(Exception):
    """No copy was made, or none put in place; the code says why: in_use, damaged, too_busy."""

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.why = why


def copy(source: Path, target: Path, told: Told) -> None:
    """Copies the database to a new file with the rights 0600, over what is there. Raises CopyFailed, OSError."""
    part = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        # Held until SQLite has closed the file: to close any handle of it gives up the locks that a process has on it.
        _pages(source, part, handle, told)
        checked(part)
        os.fsync(handle)
        part.replace(target)
        settled(target.parent)
    finally:
        os.close(handle)
        removed(part)


def checked(path: Path, *, whole: bool = False) -> None:
    """Raises CopyFailed("damaged") unless SQLite finds the file in order; `whole` looks at indexes and keys, too."""
    try:
        with _opened(path) as connection:
            found = connection.execute("PRAGMA integrity_check(3)" if whole else "PRAGMA quick_check(3)").fetchall()
            if found != [("ok",)]:
                raise CopyFailed("damaged", str(found[0][0]).splitlines()[0])
            if whole and (lost := connection.execute("PRAGMA foreign_key_check").fetchall()):
                raise CopyFailed(
                    "damaged", f"{len(lost)} rows name others that are not there, the first in {lost[0][0]}"
                )
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise CopyFailed("damaged", str(error).partition(": ")[2] or str(error)) from error


def replace(fresh: Path, target: Path) -> Path | None:
    """Puts a database in the place of another, and keeps that beside; returns where, None where there was none.

    Raises CopyFailed("in_use") while anybody has it open.
    """
    if not target.exists():
        fresh.replace(target)
        settled(target.parent)
        return None
    kept = _free_name(target)
    with _alone(target):
        try:
            kept.hardlink_to(target)  # so that there is a database under its name at every moment
        except OSError:  # a file system without them
            target.replace(kept)
        fresh.replace(target)
        settled(target.parent)
    for tail in ("-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            target.with_name(target.name + tail).unlink()
    return kept


def sole(path: Path) -> None:
    """Makes a database that nobody has open one file, without a log beside it, and has it on the disk."""
    with _opened(path) as connection:
        connection.execute("PRAGMA journal_mode = delete").fetchall()
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def removed(path: Path) -> None:
    """Takes a database's files away, those that are there."""
    for tail in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + tail).unlink()


def settled(folder: Path) -> None:
    """Names that were given or taken in a folder are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _pages(source: Path, part: Path, handle: int, told: Told) -> None:
    with _opened(source) as reading, _opened(part) as writing:
        for pragma in ("journal_mode = off", "synchronous = off"):
            writing.execute(f"PRAGMA {pragma}").fetchall()
        for _ in range(TRIES):
            if _snapshot(source, reading, writing, handle, told):
                break
        else:
            raise CopyFailed("too_busy")
        writing.execute("PRAGMA journal_mode = delete").fetchall()


def _snapshot(source: Path, reading: apsw.Connection, writing: apsw.Connection, handle: int, told: Told) -> bool:
    """Copies one snapshot; False where the log became too long for it to be held."""
    log, pause = source.with_name(source.name + "-wal"), threading.Event()
    reading.execute("BEGIN")
    try:
        reading.execute("SELECT count(*) FROM sqlite_master").fetchall()
        begun = _size(log)
        with writing.backup("main", reading, "main") as backup:
            done = False
            while not done:
                done = backup.step(STEP)
                told(backup.page_count - backup.remaining, backup.page_count)
                os.fdatasync(handle)
                if not done and _size(log) > begun + LONGEST_LOG:
                    return False
                pause.wait(PAUSE)
        return True
    finally:
        reading.execute("ROLLBACK")


@contextmanager
def _opened(path: Path) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(5_000)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Has the database to itself, without a log beside it; nobody can open it meanwhile."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.execute("PRAGMA journal_mode = delete").fetchall()
        connection.execute("BEGIN EXCLUSIVE")
    except (apsw.BusyError, apsw.LockedError) as error:
        connection.close()
        raise CopyFailed("in_use") from error
    except (apsw.NotADBError, apsw.CorruptError):  # beyond use for anybody: that is what a backup is for
        connection.close()
        yield
        return
    try:
        yield
    finally:
        connection.close()


def _free_name(target: Path) -> Path:
    number, found = 1, target.with_name(f"{target.name}.before-restore")
    while found.exists():
        number += 1
        found = target.with_name(f"{target.name}.before-restore-{number}")
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0

"""Which life of the house a database was, and how far it had come, kept in a file outside of it.

Decision: a copy of the database that is put back by hand says of itself all that the present one said, but that it has
come less far. So that is written down beside it, where a copy of the file alone does not reach.
"""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from server.store.sqlite_copy import settled

SUFFIX = ".incarnation"
NAME = f"lintel{SUFFIX}"
MOST = 4_096


@dataclass(frozen=True, slots=True)
class Mark:
    """A life of the house, and its newest change then."""

    incarnation: str
    seq: int


def place(url: str, folder: Path | None) -> Path | None:
    """Where it is kept: beside a SQLite file, else in the data folder, None where there is none."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        return path.with_name(path.name + SUFFIX)
    return folder / NAME if folder is not None and folder.is_dir() else None


def read(path: Path) -> Mark | None:
    """What was written; None where nothing was, or nothing that can be read."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(MOST))
        incarnation, seq = found["incarnation"], found["seq"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    sound = isinstance(incarnation, str) and isinstance(seq, int) and not isinstance(seq, bool)
    return Mark(incarnation, seq) if sound else None


def write(path: Path, mark: Mark) -> None:
    """Written, and on the disk, or as it was before. Raises OSError."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    body = json.dumps({"incarnation": mark.incarnation, "seq": mark.seq}) + "\n"
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, body.encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise
    settled(path.parent)

"""Files that survive a power cut: replaced as a whole, checked when read.

A file is one head line with the SHA-256 and length of the body, then the body. It is written to a temporary file in
the same folder, synced, renamed over the old one, and the folder is synced too, so that after a cut there is the
old file or the new one. What was torn all the same (a card that lies about syncing) is noticed by the checksum.
"""

import contextlib
import hashlib
import os
from pathlib import Path

HEAD = b"lintel-file 1 sha256="


class Torn(Exception):
    """The file is there, but is not what was written."""


def write(path: Path, body: bytes, *, keep: Path | None = None) -> int:
    """Replace the file; the one before becomes `keep`. Returns the bytes written. Raises OSError."""
    content = HEAD + f"{hashlib.sha256(body).hexdigest()} bytes={len(body)}\n".encode() + body
    replace(path, content, keep=keep)
    return len(content)


def replace(path: Path, content: bytes, *, keep: Path | None = None) -> None:
    """The same for a file without head line. Raises OSError."""
    temporary = path.with_name(path.name + ".new")
    try:
        with os.fdopen(_private(temporary), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if keep is not None:
            with contextlib.suppress(FileNotFoundError):
                path.replace(keep)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def read(path: Path) -> bytes:
    """The body. Raises FileNotFoundError, OSError, or Torn."""
    head, _, body = path.read_bytes().partition(b"\n")
    if not head.startswith(HEAD):
        raise Torn(f"{path.name}: no head line")
    if head != HEAD + f"{hashlib.sha256(body).hexdigest()} bytes={len(body)}".encode():
        raise Torn(f"{path.name}: the checksum does not match")
    return body


def sync_folder(folder: Path) -> None:
    """Make renames and new files in the folder durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _private(path: Path) -> int:
    """Only the panel's own user reads its schedule."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

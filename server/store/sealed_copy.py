"""A copy as a file that only the holder of a key can read: the age format, which the `age` program reads, too.

Source of the format: age-encryption.org/v1. Decision: a file is sealed to the house's key and to one more that is made
for this very file, with which what was written is read again at once and compared, and which is then forgotten. So it
is known that the file can be opened, though whoever could open it later is not on this machine.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from server.store.sqlite_copy import CopyFailed, settled

HEAD = b"age-encryption.org/v1\n"
BLOCK = 1024 * 1024
MOST_KEY = 10_000


class _Digest:
    """Takes what is written to it and keeps only its digest."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        return len(data)

    def flush(self) -> None:
        """There is nothing to flush."""

    def value(self) -> bytes:
        return self._hash.digest()


def new_key(file: Path) -> str:
    """Writes a new private key to a file that was not there, rights 0600; returns the public one ("age1…"). OSError."""
    from pyrage import x25519

    made = x25519.Identity.generate()
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as it:
        it.write(f"# public key: {made.to_public()}\n{made}\n")
        it.flush()
        os.fsync(it.fileno())
    return str(made.to_public())


def readable(key: str) -> bool:
    """Whether it is a public key to which something can be sealed: age's own, or one of SSH (ed25519, RSA)."""
    try:
        _recipient(key)
    except CopyFailed:
        return False
    return True


def sealed(file: Path) -> bool:
    """Whether a file is of this form."""
    with file.open("rb") as it:
        return it.read(len(HEAD)) == HEAD


def seal(plain: Path, target: Path, key: str) -> None:
    """Writes the copy sealed to the target (rights 0600), read again and on the disk. Raises CopyFailed, OSError."""
    import pyrage
    from pyrage import x25519

    once = x25519.Identity.generate()
    part = target.with_name(f".{target.name}.part")
    with suppress(FileNotFoundError):
        part.unlink()
    try:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w+b") as out:
            with plain.open("rb") as it:
                pyrage.encrypt_io(it, out, [_recipient(key), once.to_public()])
            out.flush()
            os.fsync(out.fileno())
            out.seek(0)
            again = _Digest()
            pyrage.decrypt_io(out, again, [once])
        if again.value() != _digest(plain):
            raise CopyFailed("damaged", "what was sealed does not open to what it was")
        part.replace(target)
        settled(target.parent)
    except pyrage.EncryptError as error:
        raise CopyFailed("key", str(error)) from error
    except pyrage.DecryptError as error:
        raise CopyFailed("damaged", str(error)) from error
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def opened(file: Path, target: Path, identity: Path) -> None:
    """Writes what a sealed file holds to a new file (rights 0600). Raises CopyFailed("identity", …), OSError."""
    import pyrage

    keys = _identities(identity)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out, file.open("rb") as it:
            pyrage.decrypt_io(it, out, keys)
    except pyrage.DecryptError as error:
        target.unlink()
        raise CopyFailed("identity", str(error)) from error


def _recipient(key: str) -> Any:
    import pyrage

    try:
        kind = pyrage.ssh if key.startswith("ssh-") else pyrage.x25519
        return kind.Recipient.from_str(key.strip())
    except pyrage.RecipientError as error:
        raise CopyFailed("key", str(error)) from error


def _identities(file: Path) -> list[Any]:
    import pyrage

    text = file.read_bytes()[:MOST_KEY]
    try:
        if text.startswith(b"-----BEGIN"):
            return [pyrage.ssh.Identity.from_buffer(text)]
        lines = (line.strip() for line in text.decode().splitlines())
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (pyrage.IdentityError, UnicodeDecodeError) as error:
        raise CopyFailed("identity", f"{file} is no private key: {error}") from error
    if not keys:
        raise CopyFailed("identity", f"there is no private key in {file}")
    return keys


def _digest(file: Path) -> bytes:
    found = _Digest()
    with file.open("rb") as it:
        _pour(it, found)
    return found.value()


def _pour(it: IO[bytes], into: _Digest) -> None:
    while block := it.read(BLOCK):
        into.write(block)

"""The authorities that devices believe, out of a file of certificates (the one in use and a spare).

Decision: where the file is named but cannot be read, nothing is said in its place. An empty list would tell panels to
believe their machines' own authorities again, and they would lose the way to a server whose authority is the house's.
So what was read last counts on, and where nothing was, who asks is told to ask again later. A certificate that OpenSSL
cannot read is none: devices would believe nobody by it, and new ones could not be let in.
"""

import logging
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from server.core.errors import Later
from server.core.pairing import certificates

log = logging.getLogger("lintel.devices")
LARGEST = 128 * 1024
AGAIN = 60
"""Seconds."""
Stamp = tuple[int, int, int]


@dataclass(slots=True)
class Authorities:
    """The certificates in a file, read again when it is another; none where there is no file."""

    path: Path | None
    known: tuple[str, ...] | None = None
    stamp: Stamp | None = None
    failed: list[str] = field(default_factory=list)

    def __call__(self) -> tuple[str, ...]:
        """The certificates; raises Later where the file has never been good."""
        if self.path is None:
            return ()
        try:
            it = self.path.stat()
            stamp = it.st_mtime_ns, it.st_size, it.st_ino
            if stamp != self.stamp or self.known is None:
                self.known, self.stamp = read(self.path), stamp
            self.failed.clear()
        except (OSError, ValueError) as error:
            if self.failed != [str(error)]:
                log.error("devices.authorities: %s", error)
                self.failed[:] = [str(error)]
        if self.known is None:
            raise Later(AGAIN)
        return self.known


def read(path: Path) -> tuple[str, ...]:
    """The certificates of a file; raises OSError, or ValueError where it holds none or other things."""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"{path} is larger than 128 kB")
    try:
        found = certificates(data.decode("ascii", "replace"))
        for number, it in enumerate(found, 1):
            _readable(number, it)
    except ValueError as error:
        raise ValueError(f"{path} {error}") from error
    if not found:
        raise ValueError(f"{path} holds no certificate")
    return found


def _readable(number: int, certificate: str) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificate)
    except ssl.SSLError:
        raise ValueError(f"holds a certificate that cannot be read, its number {number}") from None

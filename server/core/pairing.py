"""Letting a device in: the code that it shows, and the fingerprint by which staff know it. Pure.

Decisions:
- A code is eight of twenty consonants (34 bits), so that it spells no word and no letter is taken for a digit. It is
  worth nothing after ten minutes, and who guesses is stopped long before: 10^6 tries would find one of 2.56 * 10^10
  with less than one in fifty, were all of 500 waiting, and nobody has more than fifty an hour.
- The fingerprint is made of the device's key (its digest) and of the authorities that it was told of. Who sits between
  device and server has another key or other authorities, and so another fingerprint on the glass than staff see.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8
FINGERPRINT = 12
DIGEST = re.compile(r"[0-9a-f]{64}")
PREFIX = re.compile(r"rk_dev_[0-9a-f]{8}")
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END CERTIFICATE-----")
MOST_AUTHORITIES = 8
LARGEST_CERTIFICATE = 8 * 1024


def drawn(draw: Callable[[str], str]) -> str:
    """A new code of letters that `draw` takes, one at a time."""
    return "".join(draw(LETTERS) for _ in range(LENGTH))


def shown(code: str) -> str:
    """The code as people read it: BCDF-GHJK."""
    return f"{code[:4]}-{code[4:]}"


def typed(text: str) -> str | None:
    """The code that somebody typed, with or without its dash, in any case; None where it can be none."""
    if len(text) > 64 or not text.isascii():
        return None
    letters = re.sub(r"[\s\-_.]", "", text).upper()
    return letters if len(letters) == LENGTH and set(letters) <= set(LETTERS) else None


def certificates(text: str) -> tuple[str, ...]:
    """The certificates of a PEM text, each alone and written alike; raises ValueError where one is none."""
    found = []
    for body in _BLOCK.findall(text):
        try:
            der = base64.b64decode("".join(body.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("a certificate is not base64") from error
        if not der.startswith(b"\x30") or len(der) > LARGEST_CERTIFICATE:
            raise ValueError("a certificate is none, or larger than 8 kB")
        found.append(_written(der))
    if text.strip() and not found:
        raise ValueError("holds no certificate (-----BEGIN CERTIFICATE-----)")
    if "PRIVATE KEY" in text:
        raise ValueError("holds a private key; only certificates belong here")
    if len(found) > MOST_AUTHORITIES:
        raise ValueError(f"holds more than {MOST_AUTHORITIES} certificates")
    return tuple(dict.fromkeys(found))


def _written(der: bytes) -> str:
    body = base64.b64encode(der).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


def authority_digest(certificate: str) -> str:
    """The SHA-256 in hex of a certificate (DER) that is written in PEM."""
    body = "".join(it for it in certificate.splitlines() if not it.startswith("-"))
    return hashlib.sha256(base64.b64decode(body)).hexdigest()


def fingerprint(digest: str, authorities: Iterable[str]) -> str:
    """What both screens show of a device by the digest of its key and its authorities in PEM: BCDF-GHJK-LMNP."""
    lines = ["lintel pairing 1", digest, *sorted(authority_digest(it) for it in authorities)]
    number = int.from_bytes(hashlib.sha256("\n".join(lines).encode()).digest())
    letters = ""
    for _ in range(FINGERPRINT):
        number, digit = divmod(number, len(LETTERS))
        letters += LETTERS[digit]
    return "-".join(letters[at : at + 4] for at in range(0, FINGERPRINT, 4))


def same_fingerprint(said: str, known: str) -> bool:
    """Whether somebody who reads a fingerprint aloud means this one: case, spaces and dashes do not matter."""
    return re.sub(r"[\s\-]", "", said).upper() == known.replace("-", "")

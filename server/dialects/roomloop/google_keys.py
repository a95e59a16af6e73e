"""The keys that Google signs with: from where Google tells them, or from a file where there is no internet.

Decisions:
- Three forms are read, from either place: a JWK set, a JSON object of PEM certificates or keys by their name (both as
  Google gives them), and plain PEM, one or several, without names.
- Keys from the network are good as long as `Cache-Control: max-age` says, at least a minute and at most a day; where
  they cannot be read, those that were read last are good for a day. A name that nobody knows makes them read anew, at
  most once a minute. A file is read anew when it has changed.
- One request at a time, bounded in time and size, no redirects, https only but for this machine. Whoever comes while
  it is under way waits a second at most and then goes by what is known: all doors share the threads of the server.
"""

import json
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from server.core.clock import monotonic
from server.core.errors import Later

URL = "https://www.googleapis.com/oauth2/v3/certs"
TIMEOUT = (5.0, 5.0)
LARGEST = 256 * 1024
USUAL, LEAST, MOST = 3600.0, 60.0, 86_400.0
RETRY = 10.0
WAIT = 1.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----", re.DOTALL)
_AGE = re.compile(r"(?:^|[,\s])max-age=(\d{1,9})(?:\s*(?:,|$))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Known:
    """A key; `name` None where it has none."""

    name: str | None
    key: RSAKey


@dataclass(frozen=True, slots=True)
class Read:
    """What was read, and for how many seconds it is good."""

    keys: tuple[Known, ...]
    age: float


class Keys:
    """The keys, read by `read` when they are needed. Safe for many threads. Raises Later where there are none."""

    def __init__(self, read: Callable[[], Read], timer: Callable[[], float] = monotonic) -> None:
        self._read, self._timer = read, timer
        self._found: Read | None = None
        self._at, self._failed, self._wanted = 0.0, -RETRY, -LEAST
        self._lock = threading.Lock()

    def named(self, name: str | None) -> list[RSAKey]:
        """The keys of that name, and those without one; all where the token names none."""
        known = self._get(anew=False)
        if name is not None and not any(it.name in (name, None) for it in known):
            known = self._get(anew=True)
        return [it.key for it in known if name is None or it.name in (name, None)]

    def _get(self, *, anew: bool) -> tuple[Known, ...]:
        if self._lock.acquire(timeout=WAIT):
            try:
                self._look(anew=anew)
            finally:
                self._lock.release()
        if self._found is None or self._timer() - self._at >= max(MOST, self._found.age):
            raise Later(int(RETRY))
        return self._found.keys

    def _look(self, *, anew: bool) -> None:
        """Reads the keys, where they are old or wanted anew and nobody has tried just now in vain."""
        now = self._timer()
        old = self._found is None or now - self._at >= self._found.age
        if anew and now - self._wanted >= LEAST:
            self._wanted, old = now, True
        if old and now - self._failed >= RETRY:
            try:
                self._found, self._at = self._read(), now
            except Later:
                self._failed = now


def of_url(url: str) -> Keys:
    """Keys from the network."""
    return Keys(lambda: _fetched(url))


def of_file(path: Path) -> Keys:
    """Keys from a file, looked at on every use: reading it takes less than checking a signature."""

    def read() -> Read:
        try:
            return Read(parsed(path.read_bytes()[:LARGEST]), 0.0)
        except OSError as error:
            raise Later(int(RETRY)) from error

    return Keys(read)


def parsed(data: bytes) -> tuple[Known, ...]:
    """The RSA keys of a document in any of the three forms; Later where there is none in it."""
    try:
        text = data.decode("utf-8-sig").strip()
        found = tuple(_of_pem(text) if text.startswith("-----") else _of_json(json.loads(text)))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Later(int(RETRY)) from error
    if not found:
        raise Later(int(RETRY))
    return found


def _of_pem(text: str) -> Iterable[Known]:
    return (Known(None, _key(it[0])) for it in _PEM.finditer(text))


def _of_json(value: dict[str, object]) -> Iterable[Known]:
    listed = value.get("keys")
    if not isinstance(listed, list):
        return [Known(name, _key(str(pem))) for name, pem in value.items()]
    usable = [it for it in listed if it.get("kty") == "RSA" and it.get("use", "sig") == "sig"]
    return [Known(it.get("kid"), RSAKey.import_key({"kty": "RSA", "n": it["n"], "e": it["e"]})) for it in usable]


def _key(pem: str) -> RSAKey:
    """The public key of a certificate, or a public key."""
    if "BEGIN CERTIFICATE" in pem:
        public = load_pem_x509_certificate(pem.encode()).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return RSAKey.import_key(pem)


def _fetched(url: str) -> Read:
    """What is at a URL; Later where there is nothing to be had."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise Later(int(RETRY))
    end, body = monotonic() + sum(TIMEOUT), bytearray()
    try:
        with requests.get(url, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
            for piece in answer.iter_content(16_384):
                body += piece
                if monotonic() > end or len(body) > LARGEST:
                    raise Later(int(RETRY))
            if answer.status_code != 200:
                raise Later(int(RETRY))
            told = _AGE.search(answer.headers.get("Cache-Control", ""))
    except requests.RequestException as error:
        raise Later(int(RETRY)) from error
    age = min(MOST, max(LEAST, float(told[1]))) if told else USUAL
    return Read(parsed(bytes(body)), age)

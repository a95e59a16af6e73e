"""How the text of a setting is read: each function gives its value, or raises ValueError with the reason."""

import difflib
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

from server.core import addresses
from server.core.keeping import keep_of
from server.core.letters import KINDS, USUAL
from server.core.people import EMAIL


def count(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError(f"must be {low} to {high}")
        return value

    return read


def choice(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            close = difflib.get_close_matches(text, words, 1)
            raise ValueError(f"must be one of {', '.join(words)}" + (f"; did you mean {close[0]}?" if close else ""))
        return text

    return read


def listed(*words: str) -> Callable[[str], str]:
    one = choice(*words)

    def read(text: str) -> str:
        return ",".join(dict.fromkeys(one(part.strip()) for part in text.split(",") if part.strip()))

    return read


def switch(text: str) -> bool:
    if text.lower() not in ("true", "false", "on", "off", "1", "0", "yes", "no"):
        raise ValueError("must be true or false")
    return text.lower() in ("true", "on", "1", "yes")


def zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except Exception:
        raise ValueError("is not a known time zone") from None
    return text


def networks(text: str) -> str:
    addresses.networks(text)
    return text


def ports(text: str) -> str:
    addresses.port_numbers(text)
    return text


def url(text: str) -> str:
    if text and not text.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return text.rstrip("/")


def key(text: str) -> str:
    """A public key that backups are sealed to."""
    if text and not text.startswith(("age1", "ssh-ed25519 ", "ssh-rsa ")):
        raise ValueError("must be a public key: age1…, ssh-ed25519 … or ssh-rsa …")
    return text.strip()


def keep(text: str) -> str:
    """How many backups are kept (core/keeping.py)."""
    keep_of(text)
    return text


def loopback(text: str) -> str:
    host, _, port = text.rpartition(":")
    if text and (host.strip("[]") not in ("127.0.0.1", "::1", "localhost") or not port.isdecimal()):
        raise ValueError("must be an address of this machine alone, and a port: 127.0.0.1:9464")
    return text


def listen(text: str) -> str:
    host, _, port = text.rpartition(":")
    if text and (not host or not port.isdecimal() or int(port) > 65_535):
        raise ValueError("must be an address and a port: 127.0.0.1:8081")
    return text


def url_or_path(text: str) -> str:
    if text and not text.startswith(("https://", "http://", "/")):
        raise ValueError("must begin with https://, http:// or, for a path on this server, with /")
    return text


def address(text: str) -> str:
    if text and not EMAIL.fullmatch(text):
        raise ValueError("must be an e-mail address")
    return text


def domain(text: str) -> str:
    if text and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}", text):
        raise ValueError("must be the name of a host")
    return text


def kinds(text: str) -> str:
    unknown = {it.strip() for it in text.split(",") if it.strip()} - {USUAL, *KINDS}
    if unknown:
        raise ValueError(f"there is no {', '.join(sorted(unknown))}; some of: {USUAL}, {', '.join(KINDS)}")
    return text


def database(text: str) -> str:
    if text and not text.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return text

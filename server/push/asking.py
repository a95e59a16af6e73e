"""What a listener asks for, out of the bytes of a request: just enough HTTP for one kind of GET, and every no it gets.

Source: RFC 9112. Nothing is taken that is not understood: whoever asks otherwise is told no and let go.
"""

from dataclasses import dataclass, field
from urllib.parse import parse_qs

from server.core.errors import Barred, Invalid, Later, LintelError, Unknown, Unnamed

PATH = "/push"
MOST_HEAD = 8_192
"""Bytes of a request's line and headers."""
MOST_SECRET = 512
MOST_ROOM = 255


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be answered: the key, the room it names, and whether the asker takes chunks (HTTP/1.1)."""

    secret: str
    room: str | None
    chunked: bool


@dataclass(frozen=True, slots=True)
class No:
    """A request that is refused, as it is said."""

    status: int
    code: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)


TOO_LARGE = No(431, "too_large", f"The request's head is larger than {MOST_HEAD} bytes")
TOO_SLOW = No(408, "late", "The request did not come in time")
FULL = No(503, "later", "Too many listen; try again", {"Retry-After": "10"})
AWAY = No(503, "later", "Busy; try again", {"Retry-After": "2"})
_UNNAMED = No(
    401, "unnamed", "The token is missing, unknown, revoked or expired", {"WWW-Authenticate": "Bearer"}
)  # fmt: skip
_BAD = No(400, "invalid", "This is not a request that is understood")


def asked(head: bytes) -> Asked | No:
    """What a request's head (without the empty line at its end) asks for."""
    try:
        first, *lines = head.decode("ascii").split("\r\n")
        method, target, version = first.split(" ")
        headers = _headers(lines)
        path, _, query = target.partition("?")
        rooms = parse_qs(query, max_num_fields=10, errors="strict").get("room", [])
    except ValueError:
        return _BAD
    if version not in ("HTTP/1.1", "HTTP/1.0") or len(rooms) > 1 or any(len(it) > MOST_ROOM for it in rooms):
        return _BAD
    if path != PATH:
        return No(404, "unknown", "There is no such address")
    if method != "GET":
        return No(405, "method", "Not with this method", {"Allow": "GET"})
    kind, _, secret = headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not 0 < len(secret.strip()) <= MOST_SECRET:
        return _UNNAMED
    return Asked(secret.strip(), rooms[0] if rooms else None, version == "HTTP/1.1")


def _headers(lines: list[str]) -> dict[str, str]:
    """The headers by name; raises ValueError for what is none."""
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or not name or name != name.strip() or (name == "authorization" and name in found):
            raise ValueError(name)
        found[name] = value.strip()
    return found


def no(error: LintelError) -> No:
    """How the engine's refusal is said here."""
    match error:
        case Unnamed():
            return _UNNAMED
        case Barred():
            what = "The token does not open this room" if error.why == "room" else f"The token needs {error.need}"
            return No(403, "barred", what)
        case Invalid():
            return No(400, "invalid", str(error))
        case Unknown():
            return No(404, "unknown", f"There is no such {error.what}")
        case Later():
            return No(503, "later", "Busy; try again", {"Retry-After": str(error.retry_after)})
    return AWAY

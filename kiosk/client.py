"""Talks to the server: one method per call of docs/device-protocol.md, answers as small records, faults as four kinds.

Decisions:
- `http://` only to loopback; redirects, proxies and .netrc are not followed or read: the token goes nowhere else.
- Bounded in every direction: 4 s to connect, 5 s between bytes (4 s for a heartbeat, which is the probe), 10 s and
  4 MiB in all. A server that drips or floods is a server that does not answer. A connection that was idle for a minute
  is made anew.
- Only a 2xx answer that reads as the protocol says counts as heard, so only such an answer sets the clock.
- One lost connection is tried once more at once: a kept-alive connection may just have been closed, and every call
  of the protocol may be repeated.

Not safe for several threads at once; each thread has its own.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from kiosk import trust, wire
from kiosk.instants import precise
from kiosk.me import Me, me_from
from kiosk.plan import Booking, News, Snapshot
from kiosk.told import Received, Told, received_from, told_from
from kiosk.trust import is_loopback

log = logging.getLogger(__name__)
T = TypeVar("T")

CONNECT, READ, WHOLE = 4.0, 5.0, 10.0  # seconds
BEAT_READ = 4.0  # of a heartbeat: the probe may hang less long than the panel may take to be back
IDLE = 60.0  # seconds after which a kept connection is not trusted any more
LARGEST = 4 * 1024 * 1024


class Unreachable(Exception):
    """No answer that counts: network, time-out, 5xx, or not the protocol.

    `after`: seconds the server asks for; `answered`: it was our server, which cannot just now.
    """

    def __init__(self, why: str, *, after: float = 0.0, answered: bool = False) -> None:
        super().__init__(why)
        self.after, self.answered = after, answered


class Denied(Exception):
    """The server answers, but not to this panel: token unknown or revoked, not this room, no such room."""


class Resync(Exception):
    """The cursor is of no use any more: take a snapshot."""


class Refusal(Exception):
    """The server said no to an act, for good. `error` is its answer: code, objections, conflicts, fields."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(error["code"])
        self.status = status
        self.error = error


@dataclass(frozen=True, slots=True)
class Heard:
    """When an answer travelled: the server's time in it, and the boottimes of asking and hearing."""

    time: float
    sent: float
    got: float
    sure: bool = True  # False: the server does not believe its own clock, so nobody sets theirs by it


@dataclass(frozen=True, slots=True)
class Beat:
    """The answer to a heartbeat. `rooms`: the newest change of each; `me`: the digest of what `/me` would say."""

    incarnation: str
    rooms: dict[str, int]
    me: str | None
    orders: tuple[dict[str, Any], ...]
    grants: dict[str, int] = field(default_factory=dict)  # the newest version of each room's grant


@dataclass(frozen=True, slots=True)
class Done:
    """An act that was carried out; in which life of the server, "" where it did not say."""

    booking: Booking
    gone: bool
    seq: int
    incarnation: str = ""


def check_server(url: str) -> str:
    """The server's URL without a trailing slash. Raises ValueError, in words for the person who set it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not the address of a server; it looks like https://lintel.example")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("the address of the server must hold no user, query or fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("http:// is accepted for loopback only; over a network use https://")
    return url.rstrip("/")


class Client:
    def __init__(
        self,
        server: str,
        *,
        token: str,
        elapsed: Callable[[], float],
        session: requests.Session | None = None,
        connect: float = CONNECT,
        read: float = READ,
        whole: float = WHOLE,
    ) -> None:
        """`elapsed` is the boottime, `session` knows whom to believe. Raises ValueError for an address that is none."""
        self._base = check_server(server) + "/device/v1"
        self._elapsed = elapsed
        self._connect, self._read, self._whole = connect, read, whole
        self._used = elapsed()
        self._session = session or trust.session(())
        self._session.headers["Authorization"] = f"Bearer {token}"

    def me(self) -> tuple[Me, Heard]:
        """Who we are and how to be. Raises Refusal where the server knows no such question."""
        data, heard = self._ask("GET", "/me")
        return _read(me_from, data), heard

    def snapshot(self, room: str) -> tuple[Snapshot, Heard]:
        """Of one room; "" where the token opens one alone."""
        data, heard = self._ask("GET", "/snapshot", params=_named(room, {}))
        return _read(wire.snapshot_from, data), heard

    def feed(self, room: str, *, after: int, incarnation: str) -> tuple[News, Heard]:
        """What changed after the cursor. Sets no clock: it does not say whether the server believes its own.

        Raises Resync besides the others.
        """
        params = _named(room, {"after": str(after), "incarnation": incarnation})
        data, heard = self._ask("GET", "/feed", params=params)
        return _read(wire.news_from, data), replace(heard, sure=False)

    def heartbeat(self, body: dict[str, Any]) -> tuple[Beat, Heard]:
        data, heard = self._ask("POST", "/heartbeat", body=body, read=BEAT_READ)
        return _read(lambda said: _beat(said, body), data), heard

    def act(self, body: dict[str, Any]) -> tuple[Done, Heard]:
        """Carry out, or ask for the outcome of, the act with the op in `body`. Raises Refusal besides the others."""
        data, heard = self._ask("POST", "/act", body=body)
        return _read(_done, data), heard

    def receipt(self, order: int, body: dict[str, Any]) -> Heard:
        """Say how an order ended. Raises Refusal where the server will not have it."""
        return self._ask("POST", f"/orders/{order}", body=body)[1]

    def grants(self, body: dict[str, Any]) -> tuple[Told, Heard]:
        """Say what is owned, and hear what is to be."""
        data, heard = self._ask("POST", "/grants", body=body)
        return _read(told_from, data), heard

    def journal(self, body: dict[str, Any]) -> tuple[Received, Heard]:
        """Bring entries. Raises Refusal `gap` where some before them are missing."""
        data, heard = self._ask("POST", "/journal", body=body)
        return _read(received_from, data), heard

    def torn(self, body: dict[str, Any]) -> Heard:
        """Bring what could not be read."""
        return self._ask("POST", "/journal/torn", body=body)[1]

    def attest(self, body: dict[str, Any]) -> Heard:
        """Tell what the plan of another incarnation had."""
        return self._ask("POST", "/attest", body=body)[1]

    def close(self) -> None:
        self._session.close()

    def _ask(
        self, method: str, path: str, *, params: Any = None, body: Any = None, read: float = READ
    ) -> tuple[dict[str, Any], Heard]:
        """The JSON object of a 2xx answer. The connection is tried a second time if it was lost."""
        try:
            return self._ask_once(method, path, params=params, body=body, read=read)
        except requests.exceptions.ConnectionError as error:
            if isinstance(error, requests.exceptions.Timeout):
                raise Unreachable("timeout") from None
        except requests.exceptions.RequestException as error:
            raise Unreachable(type(error).__name__) from None
        try:
            return self._ask_once(method, path, params=params, body=body, read=read)
        except requests.exceptions.RequestException as error:
            raise Unreachable(type(error).__name__) from None

    def _ask_once(self, method: str, path: str, *, params: Any, body: Any, read: float) -> tuple[dict[str, Any], Heard]:
        sent = self._elapsed()
        if sent - self._used > IDLE:
            self._session.close()  # its connections; what stood between may have forgotten them without a word
        self._used = sent
        with self._session.request(
            method,
            self._base + path,
            params=params,
            json=body,
            timeout=(self._connect, min(read, self._read)),
            allow_redirects=False,
            stream=True,
        ) as answer:
            got = self._elapsed()
            content = self._content(answer, sent=sent)
        data = _object(content)
        if not 200 <= answer.status_code < 300:
            _complain(answer, data)
        try:
            return data, Heard(precise(data["time"]), sent, got, data.get("clock") != "unsure")
        except (KeyError, ValueError):
            raise Unreachable("an answer without time") from None

    def _content(self, answer: requests.Response, *, sent: float) -> bytes:
        """The whole body, unless it is too long or takes too long: `requests` only times single reads."""
        parts: list[bytes] = []
        size = 0
        try:
            while part := answer.raw.read1(65_536, decode_content=True):
                size += len(part)
                if size > LARGEST or self._elapsed() - sent > self._whole:
                    raise Unreachable("an answer without end")
                parts.append(part)
        except (OSError, HTTPError) as error:
            raise Unreachable(type(error).__name__) from None
        return b"".join(parts)


def _named(room: str, fields: dict[str, str]) -> dict[str, str]:
    return fields | {"room": room} if room else fields


def _object(content: bytes) -> dict[str, Any]:
    """The JSON object, or an empty one: what that means depends on the status."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _complain(answer: requests.Response, data: dict[str, Any]) -> None:
    """Raise what a status outside 2xx means."""
    status = answer.status_code
    error = data.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if not isinstance(error, dict) or not isinstance(code, str):
        # Not our server's words: a proxy, a login page, something else on that port.
        raise Unreachable(f"status {status}")
    if status == 410:
        raise Resync(code)
    if status == 401 or (status == 403 and code == "barred"):
        raise Denied(code)
    if status in (429, 503) or (status >= 500 and status != 507):
        raise Unreachable(f"status {status}", after=_seconds(answer.headers.get("Retry-After")), answered=True)
    raise Refusal(status, _error(code, error))


def _error(code: str, error: dict[str, Any]) -> dict[str, Any]:
    """The parts of an error that the page may show; the English message stays out of the glass."""

    def part(name: str, kind: type[Any]) -> Any:
        value = error.get(name)
        return value if isinstance(value, kind) else kind()

    return {
        "code": code,
        "objections": part("objections", list),
        "conflicts": part("conflicts", list),
        "fields": part("fields", dict),
    }


def _seconds(value: str | None) -> float:
    return min(float(value), 30.0) if value and value.isdecimal() else 0.0


def _read(read: Callable[[Any], T], data: dict[str, Any]) -> T:
    try:
        return read(data)
    except (wire.Malformed, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        log.warning("client malformed=%s", error)
        raise Unreachable("malformed") from None


def _beat(data: dict[str, Any], body: dict[str, Any]) -> Beat:
    """A server of version 1 names no rooms: what it says is of the one that was told."""
    orders = data.get("orders") or []
    rooms = data["rooms"] if "rooms" in data else {one["id"]: data["seq"] for one in body["rooms"][:1]}
    return Beat(
        incarnation=str(data["incarnation"]),
        rooms={str(room): int(seq) for room, seq in rooms.items()},
        me=None if data.get("me") is None else str(data["me"]),
        orders=tuple(one for one in orders if isinstance(one, dict)),
        grants={str(room): int(version) for room, version in (data.get("grants") or {}).items()},
    )


def _done(data: dict[str, Any]) -> Done:
    life = str(data.get("incarnation") or "")
    return Done(wire.booking_from(data["booking"]), bool(data.get("gone", False)), int(data["seq"]), life)

"""How a new panel is let in: it draws a key, shows a code for its digest, and waits until staff have approved it.

Decisions:
- The key is drawn here and never sent before the server has said that it knows it, and then only to a server that the
  authorities of this pairing vouch for; see docs/device-protocol.md.
- The two calls of the pairing carry no secret. So a panel that can judge its server's certificate by nothing yet may
  make them to whoever answers: the fingerprint, which both screens show, tells staff whether somebody sits between. An
  enrolment key lets a panel in by itself, without anybody's eyes: it goes to a server that is vouched for, or nowhere.
  And where staff go with their phones and their passwords is on the server that the panel was told of, whatever one
  that nobody vouches for says.
- Nothing here sets the clock: until the panel is let in, nobody's time is worth more than another's.
- Whoever was refused asks again with a new key: what staff said no to stays refused.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from threading import Condition, Event
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from kiosk import trust
from kiosk.card import Card, Cards, draw_key, fingerprint, renewed
from kiosk.instants import precise
from kiosk.me import Me, me_from

log = logging.getLogger(__name__)

POLL, AGAIN, SLOWEST = 3.0, 1.0, 15.0  # seconds between two questions; after a failure 1, 2, 4 … 15
BEFORE_END = 30.0  # seconds before its code ends a panel asks for another one
SHORTEST, LONGEST = 60.0, 900.0  # seconds a code may be said to be worth
REFUSED = 60.0  # seconds the glass says so
QUIET = 10.0  # seconds without the server until the glass says so beside a code
TIMEOUT = (3.0, 5.0)
WHOLE = 10.0  # seconds of an answer in all: whoever drips is not heard
LARGEST = 256 * 1024  # bytes of an answer
URL = 300  # letters


class NotHeard(Exception):
    """`why`: network, tls (nobody vouches for the server), server (it answers, but not so)."""

    def __init__(self, why: str, *, status: int = 0) -> None:
        super().__init__(why)
        self.why, self.status = why, status


@dataclass(frozen=True, slots=True)
class Told:
    """What the panel says of itself."""

    serial: str
    model: str
    version: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the glass shows. `code`: eight letters. `silent`: seconds since the server was heard, None while it is.

    `state`: asking, waiting (with a code), refused, paired.
    """

    state: str
    host: str
    serial: str
    code: str = ""
    url: str = ""
    fingerprint: str = ""
    silent: int | None = None
    why: str = ""


class Calls:
    """The three calls, each over a session that fits what is known of the server."""

    def __init__(self, server: str, *, ca_file: str | None) -> None:
        self._base, self._ca_file = server + "/device/v1", ca_file
        self._checked = trust.session((), ca_file=ca_file)
        self._session, self.known = self._checked, True  # whether the server is vouched for

    def begin(self, body: dict[str, Any], *, enrolment: str | None) -> dict[str, Any]:
        """Raises NotHeard."""
        secret = {"enrolment": enrolment} if enrolment else {}
        try:
            answer = _asked(self._checked, "POST", self._base + "/pairing", body=body | secret)
            self._session, self.known = self._checked, True
            return answer
        except NotHeard as error:
            if error.why != "tls":
                raise
        if self.known:
            log.warning("pairing vouched_for=no enrolment=%s", "withheld" if enrolment else "none")
        self._session, self.known = trust.session((), any=True), False
        return _asked(self._session, "POST", self._base + "/pairing", body=body)

    def state(self, digest: str) -> dict[str, Any]:
        """Raises NotHeard, with status 404 where nothing waits."""
        return _asked(self._session, "GET", f"{self._base}/pairing/{digest}")

    def me(self, card: Card) -> Me:
        """Who we are; the key goes to a server that the card's authorities vouch for. Raises NotHeard."""
        with trust.session(card.authorities, ca_file=self._ca_file) as session:
            session.headers["Authorization"] = f"Bearer {card.token}"
            try:
                return me_from(_asked(session, "GET", self._base + "/me"))
            except (KeyError, TypeError, ValueError):
                raise NotHeard("server") from None


class Pairing:
    """From a new key to a card that is let in. `step` is for one thread, what is shown for all."""

    def __init__(
        self,
        *,
        server: str,
        cards: Cards,
        told: Told,
        calls: Calls,
        elapsed: Callable[[], float],
        rng: Random,
        enrolment: str | None = None,
    ) -> None:
        self._server, self._cards, self._told, self._calls = server, cards, told, calls
        self._elapsed, self._rng, self._enrolment = elapsed, rng, enrolment
        card = cards.load()
        self._card = card if card and not card.let_in else self._drawn()
        self._changed = Condition()
        self._shown = Shown("asking", urlsplit(server).netloc, told.serial)
        self._heard = elapsed()
        self._ends = self._quiet_until = float("-inf")
        self._failures = 0
        self._glass = ""
        self.lived = elapsed()  # when it last began a piece of its work, for the watchdog

    @property
    def shown(self) -> Shown:
        with self._changed:
            silent = self._elapsed() - self._heard
            return replace(self._shown, silent=int(silent) if self._failures and silent >= QUIET else None)

    def glass(self, size: str) -> None:
        """The page says how large it is, such as 1280x800."""
        self._glass = size

    def run(self, stopping: Event) -> Card | None:
        """Until the panel is let in, or until `stopping`: then None."""
        while not stopping.is_set():
            self.lived = self._elapsed()
            try:
                wait = self.step()
            except Exception as error:  # a fault of ours must not leave a dead glass
                log.exception("pairing fault=yes")
                wait = self._failed(NotHeard(type(error).__name__))
            if self.shown.state == "paired":
                return self._card
            stopping.wait(min(wait, SLOWEST))
        return None

    def step(self) -> float:
        """Do what is due. Returns the seconds until something is due again."""
        now = self._elapsed()
        if now < self._quiet_until:
            return self._quiet_until - now
        try:
            if self.shown.state == "refused":
                self._card = self._drawn()
                self._show(state="asking", code="", url="", fingerprint="")
            return self._begin() if now >= self._ends - BEFORE_END else self._ask()
        except NotHeard as error:
            return self._failed(error)

    def _begin(self) -> float:
        told = {"serial": self._told.serial, "model": self._told.model, "version": self._told.version}
        body = told | {"glass": self._glass, "digest": self._card.digest, "prefix": self._card.prefix}
        answer = self._calls.begin(body, enrolment=self._enrolment)
        try:
            authorities = trust.certificates(answer.get("authorities") or ())
        except (TypeError, ValueError):
            raise NotHeard("server") from None
        mark = fingerprint(self._card.digest, authorities)
        self._card = replace(self._card, authorities=authorities, before=(), fingerprint=mark)
        if answer.get("state") != "waiting":
            return self._told_state(answer)
        try:
            code = str(answer["code"]).replace("-", "")
            worth = precise(answer["expires"]) - precise(answer["time"])
        except (KeyError, ValueError):
            raise NotHeard("server") from None
        if len(code) != 8 or not code.isascii() or not code.isalpha():
            raise NotHeard("server")
        self._ends = self._elapsed() + min(max(worth, SHORTEST), LONGEST)
        self._was_heard()
        url = _url(answer.get("url"), self._server, known=self._calls.known)
        self._show(state="waiting", code=code, url=url, fingerprint=mark)
        return POLL

    def _ask(self) -> float:
        try:
            return self._told_state(self._calls.state(self._card.digest))
        except NotHeard as error:
            if error.status != 404:
                raise
        self._ends = float("-inf")  # nothing waits any more: ask again
        return 0.0

    def _told_state(self, answer: dict[str, Any]) -> float:
        state = answer.get("state")
        if state == "paired":
            return self._let_in()
        self._was_heard()
        if state == "refused":
            log.warning("pairing refused=yes")
            self._quiet_until, self._ends = self._elapsed() + REFUSED, float("-inf")
            self._show(state="refused", code="", url="")
            return REFUSED
        return POLL

    def _let_in(self) -> float:
        """Whoever says that we are let in has to know the key, too."""
        me = self._calls.me(self._card)
        self._was_heard()
        try:
            card = renewed(self._card, me)
        except ValueError:
            raise NotHeard("server") from None
        # Without room on the card it works all the same, until the next start.
        self._cards.keep(card)
        self._card = card
        log.info("pairing let_in=yes device=%d", card.number)
        self._show(state="paired", code="", url="")
        return 0.0

    def _failed(self, error: NotHeard) -> float:
        if self._failures == 0:
            log.warning("pairing not_heard=%s status=%d", error.why, error.status)
        wait = min(SLOWEST, AGAIN * 2 ** min(self._failures, 10)) * self._rng.uniform(0.8, 1)
        self._failures += 1
        over = self._elapsed() >= self._ends
        self._show(why=error.why, **({"state": "asking", "code": "", "url": ""} if over else {}))
        return wait

    def _was_heard(self) -> None:
        with self._changed:
            self._failures, self._heard = 0, self._elapsed()
            self._shown = replace(self._shown, why="")

    def _show(self, **what: Any) -> None:
        with self._changed:
            self._shown = replace(self._shown, **what)
            self._changed.notify_all()

    def _drawn(self) -> Card:
        card = Card(draw_key(), self._server)
        self._cards.keep(card)
        return card


def _asked(session: requests.Session, method: str, url: str, *, body: Any = None) -> dict[str, Any]:
    """The JSON object of a 200. Raises NotHeard."""
    try:
        with session.request(method, url, json=body, timeout=TIMEOUT, stream=True) as answer:
            content, status = _content(answer), answer.status_code
    except requests.exceptions.SSLError:
        raise NotHeard("tls") from None
    except (requests.exceptions.RequestException, HTTPError, OSError):
        raise NotHeard("network") from None
    try:
        data = json.loads(content) if len(content) <= LARGEST else None
    except (ValueError, RecursionError):
        data = None
    if status != 200 or not isinstance(data, dict):
        raise NotHeard("server", status=status)
    return data


def _content(answer: requests.Response) -> bytes:
    """The body, or more than `LARGEST` bytes of it. Raises NotHeard where it takes too long."""
    content, end = b"", monotonic() + WHOLE
    while len(content) <= LARGEST and (part := answer.raw.read1(65_536, decode_content=True)):
        content += part
        if monotonic() > end:
            raise NotHeard("network")
    return content


def _url(value: Any, server: str, *, known: bool) -> str:
    """Where staff go, for the code that their phone reads; "" for what is none. A path is one on our server."""
    text = value if isinstance(value, str) and len(value) <= URL and value.isascii() and value.isprintable() else ""
    parts = urlsplit(text)
    if text.startswith("/") or not known:
        text = urlsplit(server)._replace(path=parts.path, query=parts.query).geturl() if parts.path else ""
    return text if urlsplit(text).scheme in ("http", "https") and urlsplit(text).hostname else ""

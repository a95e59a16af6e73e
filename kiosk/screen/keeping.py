"""The agent's side of the screen's keeper (keeper.py): what it is told, what it is asked to do, and what it says.

The keeper is another process, under another user where it can be: it asks each second how long the page has not
painted, and tells how its browser is. Decisions:
- It proves itself by a secret that this agent keeps in its data folder, readable by nobody else. The secret outlives a
  restart of the agent, so the keeper need not be started again with it.
- What staff want of the screen is taken up by `want` and answered once, by the keeper or because none took it up in
  time: whoever asks never waits for ever.
- `calm` and `night` are this side's word, because only the plan knows them: calm means that no room of this panel has
  a booking now or within the hour; night is 3 to 5 o'clock in the room.
"""

import hmac
import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from flask import Flask, Response, jsonify, request

from kiosk import durable
from kiosk.reboots import Mend, silent

log = logging.getLogger(__name__)

PATH = "/keeper"
HEADER = "X-Lintel-Keeper"
SECRET = "keeper.secret"
BROWSERS = ("good", "frozen", "gone")
SILENT = 15.0  # seconds without a word of the keeper, and it is no longer believed
TAKEN = 60.0  # seconds that it has for what is wanted of it
LARGEST = 1536 * 1024  # bytes of what it says, a picture of the glass included
WORDS = 200

Answer = Callable[[str, str, str | None], None]
"""Outcome (done, failed, cannot), text, and a PNG in base64."""


@dataclass
class _Want:
    id: int
    what: str
    answer: Answer
    since: float


class Keeping:
    """Safe to use from several threads. `elapsed` is the boottime, `quiet` says (calm, night)."""

    def __init__(
        self,
        *,
        folder: Path,
        elapsed: Callable[[], float],
        painted_ago: Callable[[], float | None],
        quiet: Callable[[], tuple[bool, bool]] = lambda: (False, False),
        mend: Mend = silent,
    ) -> None:
        self._elapsed, self._painted_ago, self._quiet, self._mend = elapsed, painted_ago, quiet, mend
        self._secret = _secret(folder)
        self._lock = Lock()
        self._browser = ""
        self._told: float | None = None
        self._wants: dict[int, _Want] = {}

    def state(self) -> str:
        """The browser as the keeper last said: good, frozen, gone; "" where there is no keeper."""
        with self._lock:
            if self._told is None:
                return ""
            return self._browser if self._elapsed() - self._told <= SILENT else "gone"

    def there(self) -> bool:
        """Whether a keeper would take up what is wanted."""
        with self._lock:
            return self._told is not None and self._elapsed() - self._told <= SILENT

    def want(self, id_: int, what: str, answer: Answer) -> None:
        """Have the keeper do `reload` or `screenshot`; `answer` is called once, from another thread."""
        if not self.there():
            answer("cannot", "no keeper watches over this screen", None)
            return
        with self._lock:
            self._wants[id_] = _Want(id_, what, answer, self._elapsed())

    def asked(self) -> dict[str, Any]:
        """What the keeper is told."""
        self._expire()
        calm, night = self._quiet()
        with self._lock:
            orders = [{"id": one.id, "what": one.what} for one in self._wants.values()]
        return {"painted_ago": self._painted_ago(), "orders": orders, "calm": calm, "night": night}

    def tell(self, said: dict[str, Any]) -> dict[str, Any]:
        """What the keeper says. Raises ValueError for what it cannot say."""
        browser = said.get("browser")
        if browser not in BROWSERS:
            raise ValueError("browser must be good, frozen or gone")
        receipts = [_receipt(each) for each in said.get("receipts") or ()]
        with self._lock:
            if browser != self._browser:
                log.info("screen browser=%s", browser)
            self._browser, self._told = browser, self._elapsed()
        for id_, outcome, text, picture in receipts:
            self._answer(id_, outcome, text, picture)
        why = said.get("reboot")
        return {"reboot": self._mend(str(why)[:WORDS])} if why else {}

    def allowed(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._secret.encode())

    def _expire(self) -> None:
        with self._lock:
            late = [one.id for one in self._wants.values() if self._elapsed() - one.since > TAKEN]
        for id_ in late:
            self._answer(id_, "failed", "the screen's keeper did not answer", None)

    def _answer(self, id_: int, outcome: str, text: str, picture: str | None) -> None:
        with self._lock:
            want = self._wants.pop(id_, None)
        if want is not None:
            want.answer(outcome, text, picture)


def routes(app: Flask, keeping: Keeping) -> None:
    """Adds the two routes. Who may is judged here: the page's own guard lets this path through."""

    @app.get(PATH)
    def keeper_asks() -> Response | tuple[Response, int]:
        return jsonify(keeping.asked()) if _may(keeping) else _barred()

    @app.post(PATH)
    def keeper_tells() -> Response | tuple[Response, int]:
        if not _may(keeping):
            return _barred()
        request.max_content_length = LARGEST
        said = request.get_json(silent=True)
        try:
            return jsonify(keeping.tell(said if isinstance(said, dict) else {}))
        except (ValueError, KeyError, TypeError) as error:
            return jsonify({"error": {"code": "invalid", "message": str(error), "fields": {}}}), 400


def _may(keeping: Keeping) -> bool:
    return keeping.allowed(request.headers.get(HEADER, ""))


def _barred() -> tuple[Response, int]:
    return jsonify({"error": {"code": "barred", "message": "only the screen's keeper may", "fields": {}}}), 403


def _receipt(said: Any) -> tuple[int, str, str, str | None]:
    """Raises KeyError, TypeError or ValueError."""
    outcome, picture = said["outcome"], said.get("picture")
    if outcome not in ("done", "failed", "cannot"):
        raise ValueError("outcome must be done, failed or cannot")
    if picture is not None and not isinstance(picture, str):
        raise ValueError("picture must be base64")
    return int(said["id"]), outcome, str(said.get("text") or "")[:WORDS], picture


def _secret(folder: Path) -> str:
    """The one on the card, or a new one. A card that cannot be written has one for this run."""
    path = folder / SECRET
    try:
        kept = path.read_text("ascii").strip()
        if len(kept) >= 43:
            path.chmod(0o600)
            return kept
    except (OSError, ValueError):
        pass
    fresh = secrets.token_urlsafe(32)
    try:
        durable.replace(path, fresh.encode() + os.linesep.encode())
    except OSError as error:
        log.error("keeping file=%s cannot_write=%s", path.name, error.strerror)
    return fresh

"""What staff want of this panel: each order is done once, and answered until the server has the answer.

Decisions:
- An order is written down before it is done, with the answer it gets if it is never finished. So none is done twice,
  also not by an agent that was restarted in the middle of it, and none stays without an answer.
- What ends the agent or the machine is answered first. Where the answer cannot be written down it is not done: the
  order would come again after the restart, and again.
- Pictures and logs are kept in memory only: they are large, and nothing of them belongs on the card.
- Nothing here waits: what takes time answers later, from another thread.
"""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from kiosk import durable
from kiosk.client import Denied, Refusal, Resync, Unreachable

log = logging.getLogger(__name__)

FILE = "orders.json"
WHATS = ("identify", "reload", "restart", "reboot", "screenshot", "log")
KNOWN = 100  # ids of orders that were done
AT_ONCE = 50  # orders taken from one answer
WORD = 500  # letters of an answer that is no log
PICTURE = 1_500_000  # letters of a picture in base64
SECONDS = (1, 120, 10)  # identify: least, most, where none are said

UNFINISHED = {"outcome": "failed", "text": "the panel ended before it was done"}

Done = Callable[[str, str, str | None], None]
"""Outcome (done, failed, cannot), text, and a picture in base64 or None."""


class Postbox(Protocol):
    """Carries an answer to the server; see Client.receipt."""

    def receipt(self, order: int, body: dict[str, Any]) -> object: ...


@dataclass(frozen=True, slots=True)
class Hands:
    """What does it. `restart` and `reboot` are called when their answers have been sent; see Orders.deliver.

    `screen`: has the screen's keeper do something and calls back; `keeper`: whether there is one. `reboots`: whether
    anybody would act on it.
    """

    identify: Callable[[int], None]
    reload: Callable[[], None]
    log: Callable[[], str]
    restart: Callable[[], None]
    reboot: Callable[[], object]
    reboots: Callable[[], bool] = lambda: False
    keeper: Callable[[], bool] = lambda: False
    screen: Callable[[int, str, Done], None] | None = None
    wake: Callable[[], None] = lambda: None


@dataclass
class _State:
    """`done`: the last ids, oldest first. `receipts`: answers that the server has not got, by id."""

    done: list[int] = field(default_factory=list)
    receipts: dict[int, dict[str, Any]] = field(default_factory=dict)


class Orders:
    """Safe to use from several threads; `take` and `deliver` are for one."""

    def __init__(self, folder: Path, hands: Hands) -> None:
        self._path, self._hands = folder / FILE, hands
        self._lock = Lock()
        self._state = self._load()
        self._running: set[int] = set()  # no answer yet: what stands in the receipts is for the next start
        self._then: list[Callable[[], object]] = []

    def take(self, orders: Iterable[Any]) -> None:
        """Do those that were not done before, in their order."""
        for order in list(orders)[:AT_ONCE]:
            id_ = order.get("id") if isinstance(order, dict) else None
            if not isinstance(id_, int) or isinstance(id_, bool) or not 0 < id_ < 2**53 or id_ in self._state.done:
                continue
            kept = self._begin(id_)
            try:
                self._do(id_, str(order.get("what")), order.get("with"), kept=kept)
            except Exception as error:
                log.exception("order id=%d fault=yes", id_)
                self._answer(id_, "failed", type(error).__name__)

    def owed(self) -> bool:
        """Whether an answer waits to be delivered, or something to be done after one."""
        with self._lock:
            return bool(self._then) or any(id_ not in self._running for id_ in self._state.receipts)

    def deliver(self, postbox: Postbox) -> bool:
        """Bring the answers. False while one could not be brought. At last do what had to wait for them."""
        with self._lock:
            ready = {id_: body for id_, body in self._state.receipts.items() if id_ not in self._running}
        brought = [id_ for id_, body in ready.items() if _brought(postbox, id_, body)]
        with self._lock:
            for id_ in brought:
                self._state.receipts.pop(id_, None)
            if brought:
                self._keep()
            then, self._then = self._then, []
        for step in then:
            step()
        return len(brought) == len(ready)

    def _do(self, id_: int, what: str, with_: Any, *, kept: bool) -> None:
        hands = self._hands
        log.info("order id=%d what=%s", id_, what if what in WHATS else "unknown")
        if what == "identify":
            hands.identify(_seconds(with_))
            self._answer(id_, "done")
        elif what == "log":
            self._answer(id_, "done", hands.log())
        elif what == "screenshot" or (what == "reload" and hands.keeper()):
            self._have_done(id_, what)
        elif what == "reload":
            hands.reload()
            self._answer(id_, "done")
        elif what in ("restart", "reboot"):
            self._end(id_, what, kept=kept)
        else:
            self._answer(id_, "cannot", "this panel does not know how")

    def _have_done(self, id_: int, what: str) -> None:
        if self._hands.screen is None or not self._hands.keeper():
            self._answer(id_, "cannot", "no keeper watches over this screen")
            return

        def answer(outcome: str, text: str, picture: str | None) -> None:
            self._answer(id_, outcome, text, picture)

        self._hands.screen(id_, what, answer)

    def _end(self, id_: int, what: str, *, kept: bool) -> None:
        if what == "reboot" and not self._hands.reboots():
            self._answer(id_, "cannot", "nobody would act on it: the units of systemd are not installed")
        elif not kept or not self._answer(id_, "done"):
            self._answer(id_, "failed", "the card takes nothing, so it would be done again and again")
        else:
            self._then.append(self._hands.restart if what == "restart" else self._hands.reboot)

    def _begin(self, id_: int) -> bool:
        """Write down that it is begun. False where the card does not take it."""
        with self._lock:
            self._running.add(id_)
            self._state.done = [*self._state.done, id_][-KNOWN:]
            self._state.receipts[id_] = dict(UNFINISHED)
            return self._keep()

    def _answer(self, id_: int, outcome: str, text: str = "", picture: str | None = None) -> bool:
        """How it ended. False where the card does not take it."""
        if picture is not None and len(picture) > PICTURE:
            outcome, text, picture = "failed", "the picture is too large", None
        body = {"outcome": outcome, "text": text} | ({"picture": picture} if picture else {})
        with self._lock:
            self._running.discard(id_)
            self._state.receipts[id_] = body
            kept = self._keep()
        log.info("order id=%d outcome=%s", id_, outcome)
        self._hands.wake()
        return kept

    def _keep(self) -> bool:
        receipts = {str(id_): _small(body) for id_, body in self._state.receipts.items()}
        try:
            durable.write(self._path, json.dumps({"done": self._state.done, "receipts": receipts}).encode())
        except OSError as error:
            log.error("orders cannot_write=%s", error.strerror)
            return False
        return True

    def _load(self) -> _State:
        try:
            data = json.loads(durable.read(self._path))
            receipts = {int(id_): _receipt(body) for id_, body in data["receipts"].items()}
            return _State([int(one) for one in data["done"]][-KNOWN:], receipts)
        except FileNotFoundError:
            return _State()
        except (OSError, durable.Torn, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            log.error("orders unreadable=%s", type(error).__name__)
            return _State()


def _brought(postbox: Postbox, id_: int, body: dict[str, Any]) -> bool:
    """Whether the server has it, or will never have it."""
    try:
        postbox.receipt(id_, body)
    except Refusal as refusal:
        log.warning("order id=%d receipt_refused=%s", id_, refusal.status)
    except (Unreachable, Denied, Resync):
        return False
    return True


def _small(body: dict[str, Any]) -> dict[str, Any]:
    """What of an answer is worth the card's wear: a picture or a log that the server never got is lost."""
    if "picture" in body or len(body["text"]) > WORD:
        return {"outcome": "failed", "text": "the panel ended before the answer was brought"}
    return body


def _receipt(body: Any) -> dict[str, Any]:
    return {"outcome": str(body["outcome"]), "text": str(body["text"])}


def _seconds(with_: Any) -> int:
    least, most, usual = SECONDS
    said = with_.get("seconds") if isinstance(with_, dict) else None
    whole = isinstance(said, int) and not isinstance(said, bool)
    return min(max(said, least), most) if whole and said is not None else usual

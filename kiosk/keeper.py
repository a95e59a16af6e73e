"""The screen's keeper, `lintel-kiosk screen`: begins the browser, and sees to it that the glass shows the page.

It runs beside the agent, inside the compositor, and asks the agent each second (screen/keeping.py): how long has the
page not painted, what do staff want of the screen. What to do about a screen that does not show is said by ladder.py;
this does it. The two start in any order, and either goes on when the other is started anew.

A restart of the whole screen is an end of this program with a code of its own: systemd then starts its unit again, and
with it the compositor that holds this program and the browser. What was done is kept where only a reboot forgets it.
"""

import base64
import http.client
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kiosk import durable, ladder
from kiosk.browser import Browser
from kiosk.ladder import Past, Seen
from kiosk.pipe import Gone, Hung, Refused
from kiosk.screen.keeping import HEADER, PATH, SECRET
from kiosk.watchdog import Notify

log = logging.getLogger(__name__)

AGAIN = 75  # the exit code that asks for a new compositor
EVERY = 1.0  # seconds between two turns
ANSWER = 3.0  # seconds for the agent, which is on the same machine
BARRED = 60.0  # seconds without the right secret: a new start of the unit brings the new one along
MEMORY = 30.0  # seconds between two looks at the renderer's memory
LARGEST = 64 * 1024


class AgentLine:
    """Speaks to the agent. The secret is read anew as long as it is not the right one."""

    def __init__(self, url: str, folder: Path) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._file = folder / SECRET
        self._secret: str | None = None
        self.barred = False  # the agent answers, but not to this secret

    def ask(self) -> dict[str, Any] | None:
        """What the agent says; None where it is silent."""
        return self._say("GET", None)

    def tell(self, said: dict[str, Any]) -> dict[str, Any] | None:
        return self._say("POST", said)

    def _say(self, method: str, body: dict[str, Any] | None) -> dict[str, Any] | None:
        if self._secret is None:
            with suppress(OSError, ValueError):
                self._secret = self._file.read_text("ascii").strip()
        line = http.client.HTTPConnection(self._host, self._port, timeout=ANSWER)
        headers = {HEADER: self._secret or "", "Content-Type": "application/json"}
        try:
            line.request(method, PATH, None if body is None else json.dumps(body), headers)
            answer = line.getresponse()
            told = json.loads(answer.read(LARGEST))
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            line.close()
        self.barred = answer.status == 403
        if answer.status != 200 or not isinstance(told, dict):
            self._secret = None
            return None
        return told


class Keeper:
    """`elapsed` is the boot clock; `kept` the file of what was done, in a folder that a reboot empties."""

    def __init__(
        self,
        browser: Browser,
        agent: AgentLine,
        *,
        elapsed: Callable[[], float],
        boot: str,
        kept: Path,
        notify: Notify,
    ) -> None:
        self._browser, self._agent, self._elapsed = browser, agent, elapsed
        self._boot, self._kept, self._notify = boot, kept, notify
        self._shown = False
        self._heard = elapsed()
        self._memory: tuple[float, int | None] = (elapsed(), None)
        self._receipts: dict[int, dict[str, Any]] = {}
        self.past = self._remembered()

    def run(self, wait: Callable[[float], object]) -> int:
        """Until the screen is to be started anew; the exit code. `wait` sleeps so many seconds."""
        try:
            self._browser.begin()
            self._notify.ready()
            while not (code := self.turn()):
                wait(EVERY)
            return code
        finally:
            self._browser.end()

    def turn(self) -> int:
        """Look, do what is to be done, and say so. An exit code, or 0 to go on."""
        self._notify.fed()
        self._browser.tend()
        told = self._agent.ask()
        if told is not None or not self._agent.barred:
            self._heard = self._elapsed()
        elif self._elapsed() - self._heard > BARRED:
            log.error("screen barred=yes")
            return AGAIN
        if told is not None and not self._shown and self._browser.fault not in ("gone", "hung"):
            self._show()
        seen = self._seen(told)
        state = self._state(seen)
        past, step = ladder.step(self.past, seen, self._elapsed())
        done = (past.renewed, past.restarted) != (self.past.renewed, self.past.restarted)
        self.past = past
        if done:
            self._remember()
        if told is not None:
            self._obey(told.get("orders") or [])
            self._tell({"browser": state})
        return self._do(step, heard=seen.heard)

    def _seen(self, told: dict[str, Any] | None) -> Seen:
        if told is None:
            return Seen(heard=False, fault=self._browser.fault)
        now = self._elapsed()
        if now - self._memory[0] >= MEMORY:
            self._memory = (now, self._browser.memory_mb())
        ago = told.get("painted_ago")
        return Seen(
            heard=True,
            painted_ago=float(ago) if isinstance(ago, int | float) else None,
            fault=self._browser.fault,
            calm=told.get("calm") is True,
            night=told.get("night") is True,
            memory_mb=self._memory[1],
        )

    def _state(self, seen: Seen) -> str:
        if self._browser.fault == "gone":
            return "gone"
        silent = ladder.silence(self.past, seen, self._elapsed()) >= ladder.SILENT
        return "frozen" if self._browser.fault or silent else "good"

    def _do(self, step: ladder.Step, *, heard: bool) -> int:
        if step.action == ladder.WAIT:
            return 0
        log.warning("screen action=%s why=%s", step.action, step.why)
        if step.action == ladder.RENEW:
            if self._browser.fault in ("gone", "hung"):
                self._browser.begin()
                self._shown = False
            if heard:
                self._show()
            return 0
        if step.action == ladder.REBOOT:
            answer = self._agent.tell({"browser": "frozen", "reboot": f"screen {step.why}"})
            log.warning("screen reboot=%s", "asked" if answer and answer.get("reboot") else "not now")
        return AGAIN

    def _show(self) -> None:
        self._browser.show()
        self._shown = not self._browser.fault
        self._memory = (self._elapsed(), None)
        self.past = ladder.loaded(self.past, self._elapsed())

    def _obey(self, orders: list[Any]) -> None:
        """Do what is wanted, each once; what was done and is still listed has not been heard of yet."""
        listed = {one["id"]: one["what"] for one in orders if isinstance(one, dict) and {"id", "what"} <= one.keys()}
        self._receipts = {id_: told for id_, told in self._receipts.items() if id_ in listed}
        for id_, what in listed.items():
            if id_ not in self._receipts:
                log.info("screen order=%s id=%s", what, id_)
                self._receipts[id_] = {"id": id_} | self._done(what)

    def _done(self, what: str) -> dict[str, Any]:
        if what == "reload":
            return {"outcome": "done" if self._browser.reload() else "failed"}
        if what != "screenshot":
            return {"outcome": "cannot", "text": "the screen's keeper does not know how"}
        try:
            return {"outcome": "done", "picture": base64.b64encode(self._browser.picture()).decode("ascii")}
        except (OSError, Gone, Hung, Refused, KeyError, ValueError) as error:
            return {"outcome": "failed", "text": str(error)}

    def _tell(self, said: dict[str, Any]) -> None:
        self._agent.tell(said | {"receipts": list(self._receipts.values())})

    def _remembered(self) -> Past:
        now = self._elapsed()
        fresh = Past(began=now, loaded=now)
        try:
            kept = json.loads(durable.read(self._kept))
            if kept["boot"] != self._boot:
                return fresh
            renewed, restarted = (tuple(float(at) for at in kept[name]) for name in ("renewed", "restarted"))
        except (OSError, durable.Torn, ValueError, KeyError, TypeError):
            return fresh
        return Past(began=now, loaded=now, renewed=renewed, restarted=restarted)

    def _remember(self) -> None:
        kept = {"boot": self._boot, "renewed": self.past.renewed, "restarted": self.past.restarted}
        try:
            durable.write(self._kept, json.dumps(kept).encode())
        except OSError as error:
            log.error("screen cannot_remember=%s", error.strerror)

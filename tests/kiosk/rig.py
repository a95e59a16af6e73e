"""A whole agent against a real server, with time turned by hand: the machine's clocks and the server's go together."""

from pathlib import Path
from typing import Any

import requests

from kiosk.client import Client
from kiosk.compose import Agent
from kiosk.panel import Outcome
from kiosk.settings import Settings
from kiosk.taps import tap_from

from .makers import FakeMachine, at, plan
from .server_double import TOKEN, Server, Truth, truth_of


class Wired(Agent):
    """The agent; while nobody listens it is told so without asking the system ten thousand times.

    What the system itself says of a closed port is heard in test_client.py and test_agent.py.
    """

    def __init__(self, rig: "Rig", settings: Settings, **more: Any) -> None:
        self._rig = rig
        super().__init__(settings, **more)

    def _client(self, **limits: float) -> Client:
        client = super()._client(**limits)
        session: Any = client._session
        ask = session.request

        def request(*what: Any, **more: Any) -> requests.Response:
            if self._rig.server is None:
                raise requests.exceptions.ConnectionError("nobody listens there")
            answer: requests.Response = ask(*what, **more)
            return answer

        session.request = request
        return client


class Rig:
    """Begins at 10:42 on 20 November 2026, synced unless told otherwise."""

    def __init__(self, folder: Path, *bookings: Any, sync: bool = True, device: bool = False, **policy: Any) -> None:
        """`device`: the token is a panel's that was let in, whose door may own two hours."""
        self.folder = folder
        self.machine = FakeMachine(boottime=5000.0, wall=float(at("10:42")))
        self.begun = at("10:42") - self.machine.boottime()
        policy = ({"door_minutes": 120} if device else {}) | policy
        self.truth: Truth = truth_of(plan(*bookings, **policy), now=self.now)
        if device:
            self.truth.me["number"] = 7
        self.server: Server | None = Server(self.truth)
        self.port = self.server.port
        self.agent = self._start()
        if sync:
            self.pass_(0)

    def _start(self) -> Agent:
        settings = Settings(
            server=f"http://127.0.0.1:{self.port}",
            data=self.folder,
            host="127.0.0.1",
            port=8090,
            token=TOKEN,
            rooms=("oak",),
            language="en",
            density=None,
            theme="light",
            ca_file=None,
        )
        return Wired(self, settings, machine=self.machine)

    def now(self) -> float:
        """What the server's clock says."""
        return self.begun + self.machine.boottime()

    def view(self) -> dict[str, Any]:
        return self.agent.panel.view()

    def pass_(self, seconds: float) -> None:
        """Let time go by, with everything done when it is due."""
        end = self.machine.boottime() + seconds
        while True:
            wait = self.agent.sync.step()
            rest = end - self.machine.boottime()
            if wait > rest or (wait == rest == 0):
                self.machine.pass_(rest)
                return
            # A hair more, because a sum of floats may stay just under the time that is due.
            self.machine.pass_(min(rest, wait + 1e-6))
            if self.machine.boottime() >= end:
                self.agent.sync.step()
                return

    def tap(self, **body: Any) -> Outcome:
        return self.agent.acts.perform(tap_from(body))

    def unplug(self) -> None:
        if self.server:
            self.server.stop()
        self.server = None

    def plug(self) -> None:
        self.server = Server(self.truth, self.port)

    def restart(self, *, orderly: bool = True) -> None:
        """The agent ends and starts again in the same boot."""
        if orderly:
            self.agent.stop()
        else:
            self.agent.drop()
        self.agent = self._start()

    def reboot(self, *, off: float = 0.0, wall: float = 0.0, orderly: bool = False) -> None:
        """The machine ends without warning, is off for a while, and starts with the clock at `wall`."""
        if orderly:
            self.agent.stop()
        else:
            self.agent.drop()
        self.begun += self.machine.boottime() + off - 20
        self.machine.boottime_, self.machine.wall_ = 20.0, wall
        self.machine.boot_id_ += "'"
        self.agent = self._start()

    def close(self) -> None:
        self.agent.drop()
        self.unplug()

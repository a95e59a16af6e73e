"""Who answers for the server: another certificate is refused each time, and no change of certificates loses a panel.

The real protocol over real TLS, between a panel that was let in by a code and a house whose clock is turned by hand.
Before the server stands what a house has there, with a certificate that is changed as houses change them: renewed, by
the spare authority, both while the panel slept; and for a while there is somebody else in between.
"""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from kiosk import trust
from kiosk.card import Cards
from kiosk.client import Client, Unreachable
from kiosk.compose import Agent
from kiosk.pairing import Calls, Pairing, Told
from kiosk.settings import Settings
from server.core.access import CLI
from server.core.policy import Policy
from server.dialects.device.app import app
from server.engine import engine_of, prepare
from tests import make
from tests.kiosk.authorities import DAY, Authority, tls
from tests.kiosk.makers import FakeMachine

from .proxy import Proxy

pytestmark = pytest.mark.heavy

MONTHS = 90 * DAY


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


class House:
    """A server with Oak, its front, and the panel at Oak; a house and a panel that go by one clock."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder, self.clock = folder / "panel", make.Clock()
        self.folder.mkdir()
        self.shown = folder / "shown.pem"
        self.swapped: list[str] | None = None
        self.keys: list[str] = []
        self.own, self.spare = Authority("House CA"), Authority("House CA, the spare")
        self.told = [self.own.pem, self.spare.pem]
        self.opened = make.opened(url)
        store = self.opened.__enter__()
        prepare(store, self.clock)
        self.engine = engine_of(store, self.clock, authorities=lambda: tuple(self.told))
        self.engine.rooms.add(make.room("oak", Policy(door_minutes=0)), CLI)
        self.inner = DispatcherMiddleware(Flask("nothing"), {"/device/v1": app(self.engine)})
        self.server = make_server("127.0.0.1", 0, self._between, threaded=True, request_handler=Quiet)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.front = Proxy(self.server.server_port, certificate=tls(self.leaf(self.own)))
        self.url = f"https://127.0.0.1:{self.front.port}"
        self.machine = FakeMachine(boottime=5_000.0, wall=self.clock.now().timestamp())
        self.agent: Agent | None = None

    def leaf(self, by: Authority, *, days: int = 90) -> bytes:
        """A server's certificate of today."""
        now = self.clock.now().timestamp()
        return by.issue(begins=now - DAY, ends=now + days * DAY)

    def _between(self, environ: Any, start_response: Any) -> Any:
        """The server, or who sits between: `swapped` is what they say of authorities, `keys` what they heard."""
        if self.swapped is None:
            return self.inner(environ, start_response)
        if "HTTP_AUTHORIZATION" in environ:
            self.keys.append(environ["HTTP_AUTHORIZATION"])
        said = json.loads(b"".join(self.inner(environ, lambda status, headers, *_: None)))
        body = json.dumps(said | ({"authorities": self.swapped} if "authorities" in said else {})).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def show(self, leaf: bytes) -> None:
        """From now on the front shows this certificate; who was connected has to come anew."""
        self.shown.write_bytes(leaf)
        assert self.front.certificate is not None
        self.front.certificate.load_cert_chain(self.shown)
        self.front.cut()

    def pairing(self) -> Pairing:
        """A new panel that wants to be let in."""
        return Pairing(
            server=self.url, cards=Cards(self.folder), told=Told("10000000abcdef01", "Pi", "1"),
            calls=Calls(self.url, ca_file=None), elapsed=self.machine.boottime, rng=Random(1),
        )  # fmt: skip

    def pair(self) -> None:
        """The panel is let in."""
        made = self.pairing()
        made.step()
        shown = made.shown
        seen = self.engine.pairing.look(shown.code, CLI)
        assert (seen.fingerprint, shown.state) == (shown.fingerprint, "waiting")
        self.engine.pairing.approve(shown.code, CLI, rooms=("oak",))
        made.step()
        assert made.shown.state == "paired"

    def start(self) -> Agent:
        settings = Settings(
            server=self.url, data=self.folder, host="127.0.0.1", port=8090, token=None, rooms=(), language="en",
            density=None, theme="light", ca_file=None,
        )  # fmt: skip
        self.agent = Agent(settings, machine=self.machine)
        return self.agent

    def stop(self) -> None:
        if self.agent is not None:
            self.agent.drop()
            self.agent = None

    def pass_(self, seconds: float) -> None:
        """Time goes by in steps of a second, in which the panel does what is due."""
        for _ in range(int(seconds)):
            self.clock.forward(seconds=1)
            self.machine.pass_(1)
            if self.agent is not None:
                self.agent.sync.step()

    def sleep(self, seconds: int) -> None:
        """The panel is unplugged for so long, and has lost the time when it is plugged in again."""
        self.stop()
        self.clock.forward(seconds=seconds)
        self.machine = FakeMachine(boottime=20.0, wall=0.0, boot_id=f"boot-{self.clock.now():%j-%H%M}")

    def view(self) -> dict[str, Any]:
        assert self.agent is not None
        view: dict[str, Any] = self.agent.panel.view()
        return view

    def close(self) -> None:
        self.stop()
        self.front.close()
        self.server.shutdown()
        self.server.server_close()
        self.opened.__exit__(None, None, None)


@pytest.fixture
def house(fresh_sqlite: str, tmp_path: Path) -> Iterator[House]:
    it = House(fresh_sqlite, tmp_path)
    yield it
    it.close()


@pytest.fixture
def live(house: House) -> House:
    """The panel was let in and shows what the server says."""
    house.pair()
    house.start()
    house.pass_(3)
    assert house.view()["sure"] == "live"
    return house


def test_another_certificate_is_refused_a_hundred_times_of_a_hundred(live: House) -> None:
    card = Cards(live.folder).load()
    assert card is not None
    shown = [Authority("House CA").issue, Authority("Somebody").issue, live.own.issue]
    refused = 0
    live.show(shown[0]())
    for number in range(100):
        if number == 34:
            live.show(shown[1]())
        if number == 67:
            live.show(shown[2](host="elsewhere.example"))  # of the right house, for another host
        session = trust.session(card.authorities, trusted=lambda: live.clock.now().timestamp())
        client = Client(live.url, token=card.token, elapsed=live.machine.boottime, session=session)
        with pytest.raises(Unreachable):
            client.me()
        refused += 1
    assert refused == 100


def test_the_panel_says_that_it_does_not_know_while_somebody_is_in_between(live: House) -> None:
    live.show(live.leaf(Authority("House CA")))
    live.pass_(7)
    assert (live.view()["state"], live.view()["sure"], live.view()["online"]) == ("free", "plan", False)
    live.pass_(30)
    assert not live.view()["quiet"]
    assert {one.get("grade") for one in live.view()["actions"] if one["enabled"]} <= {"not_confirmed"}
    live.show(live.leaf(live.own))
    live.pass_(10)
    assert live.view()["sure"] == "live"


def test_who_sits_between_from_the_start_shows_another_fingerprint(house: House) -> None:
    """They pass on what the panel says, and put their own authority in, so that it would believe them from now on."""
    theirs = Authority("House CA")
    house.swapped = [theirs.pem]
    house.show(house.leaf(theirs))
    panel = house.pairing()
    panel.step()
    assert panel.shown.state == "waiting"
    assert house.engine.pairing.look(panel.shown.code, CLI).fingerprint != panel.shown.fingerprint


def test_who_hides_the_authorities_from_the_start_is_not_given_the_key(house: House) -> None:
    house.swapped = []
    house.show(house.leaf(Authority("House CA")))
    panel = house.pairing()
    panel.step()
    assert house.engine.pairing.look(panel.shown.code, CLI).fingerprint != panel.shown.fingerprint
    house.engine.pairing.approve(panel.shown.code, CLI, rooms=("oak",))  # nobody looked
    panel.step()
    assert (panel.shown.state, house.keys) == ("waiting", [])


def test_a_renewed_certificate_is_believed(live: House) -> None:
    live.show(live.leaf(live.own))
    live.pass_(10)
    assert live.view()["sure"] == "live"


def test_the_spare_authority_takes_over_and_a_new_spare_is_told(live: House) -> None:
    newest = Authority("House CA of next year")
    live.show(live.leaf(live.spare))
    live.pass_(10)
    assert live.view()["sure"] == "live"
    live.told = [live.spare.pem, newest.pem]
    live.pass_(20)
    live.show(live.leaf(newest))
    live.pass_(10)
    assert live.view()["sure"] == "live"


def test_a_panel_that_slept_through_both_for_ninety_days_finds_home(live: House) -> None:
    live.sleep(MONTHS)
    live.told = [live.spare.pem, Authority("House CA of next year").pem]
    live.show(live.leaf(live.spare))
    live.start()
    live.pass_(10)
    assert (live.view()["sure"], live.view()["clock"]) == ("live", "verified")
    assert live.agent is not None
    assert abs(live.agent.clock.now() - live.clock.now().timestamp()) < 2


def test_a_certificate_that_has_ended_is_refused_by_who_knows_the_time(live: House) -> None:
    live.show(
        live.own.issue(begins=live.clock.now().timestamp() - 100 * DAY, ends=live.clock.now().timestamp() - 3 * DAY)
    )
    live.pass_(12)
    assert live.view()["sure"] == "plan"

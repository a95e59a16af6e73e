"""The keeper and the agent, over their real line: who may speak, what is done about a screen, orders and receipts."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from kiosk.keeper import AGAIN, AgentLine, Keeper
from kiosk.pipe import Hung
from kiosk.reboots import Reboots
from kiosk.screen.keeping import HEADER, LARGEST, Keeping, routes
from kiosk.watchdog import Notify

from .makers import FakeMachine


class Glass:
    """In place of a browser: does as it is told, and writes it down."""

    def __init__(self) -> None:
        self.fault, self.done = "gone", list[str]()
        self.mends = True
        self.memory: int | None = 90

    def begin(self) -> None:
        self.done.append("begin")
        self.fault = "" if self.mends else self.fault

    def show(self) -> None:
        self.done.append("show")
        self.fault = "" if self.mends else self.fault

    def reload(self) -> bool:
        self.done.append("reload")
        return self.fault == ""

    def picture(self) -> bytes:
        if self.fault:
            raise Hung("it does not answer")
        return b"a picture"

    def memory_mb(self) -> int | None:
        return self.memory

    def tend(self) -> None:
        """Nothing changes by itself."""

    def end(self) -> None:
        self.done.append("end")


class Times:
    def __init__(self, machine: FakeMachine) -> None:
        self.machine = machine

    def at_least(self) -> float:
        return self.machine.wall()


class House:
    """An agent's side on a real port, and a keeper; time is turned by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.machine = folder, FakeMachine()
        self.run = folder / "run"
        self.run.mkdir()
        self.painted: float | None = 1.0
        self.quiet = (False, False)
        self.port = 0
        self.serve()
        self.glass = Glass()
        self.keeper = self.keep()

    def serve(self) -> None:
        self.reboots = Reboots(self.folder, Times(self.machine), run=self.run)
        self.keeping = Keeping(
            folder=self.folder,
            elapsed=self.machine.boottime,
            painted_ago=lambda: self.painted,
            quiet=lambda: self.quiet,
            mend=self.reboots.mend,
        )
        app = Flask(__name__)
        app.config["MAX_CONTENT_LENGTH"] = 4096
        routes(app, self.keeping)
        self.app = app
        self.server = self._bound(app)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def _bound(self, app: Flask) -> BaseWSGIServer:
        """At the port it had. A program that is just being begun elsewhere in this process holds that for a moment."""
        end = time.monotonic() + 10
        while True:
            try:
                return make_server("127.0.0.1", self.port, app, threaded=True)
            except SystemExit:  # Werkzeug's word for a port that is taken
                assert time.monotonic() < end
                time.sleep(0.02)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def keep(self) -> Keeper:
        self.glass.begin()
        return Keeper(
            self.glass,  # type: ignore[arg-type]
            AgentLine(f"http://127.0.0.1:{self.port}/", self.folder),
            elapsed=self.machine.boottime,
            boot=self.machine.boot_id(),
            kept=self.run / "ladder.json",
            notify=Notify(None),
        )

    def pass_(self, seconds: int) -> list[int]:
        """Turns, one a second; the exit codes other than 0, after each of which a new keeper begins."""
        codes = []
        for _ in range(seconds):
            self.machine.pass_(1.0)
            if code := self.keeper.turn():
                codes.append(code)
                self.keeper = self.keep()
        return codes


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    it = House(tmp_path)
    yield it
    it.stop()


def test_the_page_is_shown_once_the_agent_is_there_and_not_before(house: House) -> None:
    house.stop()
    house.pass_(3)
    assert house.glass.done == ["begin"]
    house.serve()
    house.pass_(3)
    assert house.glass.done == ["begin", "show"]
    assert house.keeping.state() == "good"


def test_the_secret_is_for_its_owner_alone_outlives_the_agent_and_opens_the_line(house: House) -> None:
    secret = house.folder / "keeper.secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    before = secret.read_text()
    house.stop()
    house.serve()
    assert secret.read_text() == before
    client = house.app.test_client()
    assert client.get("/keeper").status_code == 403
    assert client.post("/keeper", json={"browser": "good"}, headers={HEADER: "x" * 43}).status_code == 403
    assert client.get("/keeper", headers={HEADER: before.strip()}).get_json()["painted_ago"] == 1.0
    assert house.keeping.state() == ""


def test_a_secret_that_was_replaced_is_read_anew(house: House) -> None:
    house.pass_(2)
    house.stop()
    (house.folder / "keeper.secret").unlink()
    house.serve()
    house.pass_(3)
    assert house.keeping.state() == "good"


def test_a_keeper_that_is_not_given_the_new_secret_ends_to_be_started_with_it(house: House, tmp_path: Path) -> None:
    house.pass_(2)
    house.keeper._agent._file = tmp_path / "credential"  # as systemd has laid it out, once, at the start
    house.keeper._agent._file.write_text("s" * 43)
    house.keeper._agent._secret = None
    assert house.pass_(59) == []
    assert house.pass_(5) == [AGAIN]
    house.stop()
    assert house.pass_(200) == []
    house.serve()


@pytest.mark.parametrize(
    "said",
    [{}, {"browser": "fine"}, {"browser": "good", "receipts": [{"id": 1}]}, {"browser": "good", "receipts": 3}, [1]],
)
def test_nonsense_from_a_keeper_is_refused(house: House, said: Any) -> None:
    headers = {HEADER: (house.folder / "keeper.secret").read_text().strip()}
    assert house.app.test_client().post("/keeper", json=said, headers=headers).status_code == 400


def test_a_picture_may_be_large_but_not_too_large(house: House) -> None:
    client = house.app.test_client()
    headers = {HEADER: (house.folder / "keeper.secret").read_text().strip()}
    receipt = {"id": 1, "outcome": "done", "picture": "A" * 1_400_000}
    assert client.post("/keeper", json={"browser": "good", "receipts": [receipt]}, headers=headers).status_code == 200
    receipt["picture"] = "A" * LARGEST
    assert client.post("/keeper", json={"browser": "good", "receipts": [receipt]}, headers=headers).status_code == 413


def test_a_keeper_that_falls_silent_leaves_a_browser_that_is_taken_for_gone(house: House) -> None:
    house.pass_(2)
    house.machine.pass_(15.0)
    assert house.keeping.state() == "good"
    house.machine.pass_(1.0)
    assert (house.keeping.state(), house.keeping.there()) == ("gone", False)


def test_a_silent_page_is_told_as_frozen_and_climbs_to_one_reboot_asked_for(house: House) -> None:
    house.pass_(30)
    house.painted = 25.0
    house.glass.done.clear()
    assert house.pass_(1) == []
    assert house.glass.done == ["show"]
    assert house.keeping.state() == "frozen"
    house.painted = None
    assert house.pass_(120) == [AGAIN, AGAIN]
    assert (house.run / "reboot").read_text() == "screen silent\n"


def test_more_than_two_reboots_an_hour_are_not_asked_for_also_after_a_reboot(house: House) -> None:
    asked = [house.reboots.mend("screen silent") for _ in range(3)]
    assert asked == [True, True, False]
    house.machine.pass_(3599)
    assert not Reboots(house.folder, Times(house.machine), run=house.run).mend("screen silent")
    house.machine.pass_(2)
    assert Reboots(house.folder, Times(house.machine), run=house.run).mend("screen silent")


def test_boots_that_know_less_of_the_time_than_the_one_before_are_no_way_around_it(house: House) -> None:
    began = house.machine.wall_
    asked = []
    for seconds in (180, 175, 170, 165):  # each begins where the card says, which took nothing since
        house.machine.wall_ = began + seconds
        asked.append(Reboots(house.folder, Times(house.machine), run=house.run).mend("screen silent"))
    assert asked == [True, True, False, False]


def test_where_no_unit_acts_on_it_no_reboot_is_asked_for(house: House, tmp_path: Path) -> None:
    reboots = Reboots(house.folder, Times(house.machine), run=tmp_path / "nowhere")
    assert not reboots.ask("order")
    assert not (house.folder / "reboots.json").exists()


def test_staff_may_ask_for_a_reboot_as_often_as_they_like(house: House) -> None:
    assert all(house.reboots.ask("order") for _ in range(3))


def test_a_screen_that_was_restarted_remembers_what_was_done_and_forgets_it_with_the_boot(house: House) -> None:
    house.painted = None
    house.pass_(55)
    assert len(house.keeper.past.renewed) == 2
    assert house.keep().past.renewed == house.keeper.past.renewed
    house.machine.boot_id_ = "boot-2"
    assert house.keep().past.renewed == ()
    (house.run / "ladder.json").write_text("torn")
    assert house.keep().past.renewed == ()


def test_a_browser_that_is_gone_is_begun_anew_and_shows_the_page(house: House) -> None:
    house.pass_(60)
    house.glass.done.clear()
    house.glass.fault = "gone"
    house.pass_(1)
    assert house.glass.done == ["begin", "show"]
    house.pass_(1)
    assert house.keeping.state() == "good"


def test_a_browser_that_cannot_be_mended_is_told_as_it_is(house: House) -> None:
    house.pass_(5)
    house.glass.mends, house.glass.fault = False, "hung"
    house.pass_(1)
    assert house.keeping.state() == "frozen"
    house.glass.fault = "gone"
    house.pass_(1)
    assert house.keeping.state() == "gone"


def test_orders_are_done_once_and_answered_once(house: House) -> None:
    house.pass_(2)
    answers: list[tuple[str, str, str | None]] = []
    for id_, what in ((1, "screenshot"), (2, "reload"), (3, "dance")):
        house.keeping.want(id_, what, lambda *told: answers.append(told))
    house.pass_(5)
    picture = base64.b64encode(b"a picture").decode()
    assert answers == [("done", "", picture), ("done", "", None), ("cannot", answers[2][1], None)]
    assert house.glass.done.count("reload") == 1


def test_an_order_that_fails_says_why_and_one_without_a_keeper_cannot_be_done(house: House) -> None:
    answers: list[tuple[str, str, str | None]] = []
    house.keeping.want(1, "screenshot", lambda *told: answers.append(told))
    assert answers[0][0] == "cannot"
    house.pass_(2)
    house.glass.fault, house.glass.mends = "crashed", False
    house.keeping.want(2, "screenshot", lambda *told: answers.append(told))
    house.pass_(2)
    assert answers[1] == ("failed", "it does not answer", None)
    house.keeping.want(3, "reload", lambda *told: answers.append(told))
    house.machine.pass_(61.0)
    house.keeping.asked()
    assert answers[2][0] == "failed"


def test_an_order_is_not_done_twice_because_its_receipt_was_lost(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.pass_(2)
    answers: list[Any] = []
    house.keeping.want(1, "reload", lambda *told: answers.append(told))
    tell, lost = house.keeping.tell, iter([True, True])
    monkeypatch.setattr(house.keeping, "tell", lambda said: (next(lost, False) and {}["lost"]) or tell(said))
    house.pass_(4)
    assert (len(answers), house.glass.done.count("reload")) == (1, 1)


def test_memory_is_looked_at_and_a_grown_page_is_loaded_anew_when_nobody_needs_it(house: House) -> None:
    house.glass.memory = 500
    house.pass_(100)
    assert house.glass.done.count("show") == 1
    house.quiet = (True, False)
    house.pass_(2)
    assert house.glass.done.count("show") == 2


def test_at_night_the_screen_is_restarted_with_the_code_that_asks_for_a_new_compositor(house: House) -> None:
    house.pass_(2)
    house.quiet = (True, True)
    house.machine.pass_(12 * 3600)
    assert house.pass_(30) == [AGAIN]


def test_its_end_ends_the_browser(house: House) -> None:
    house.quiet = (True, True)

    def wait(seconds: float) -> None:
        house.machine.pass_(3600)

    assert house.keeper.run(wait) == AGAIN
    assert house.glass.done[-1] == "end"


def test_what_it_says_is_small_and_holds_nothing_of_a_person(house: House) -> None:
    told = json.dumps(house.keeping.asked())
    assert sorted(json.loads(told)) == ["calm", "night", "orders", "painted_ago"]

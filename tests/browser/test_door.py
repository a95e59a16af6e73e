"""A person at the door: the real server, the real agent and a real browser, from the tap to the database and back."""

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from server import compose
from server.core.access import CLI
from server.core.model import Ask, Booking, Room
from server.core.policy import Policy
from server.engine import Engine
from server.settings import Settings
from tests.processes import start_panel, start_server, stop, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@dataclass
class Door:
    """A door with its room, and everything that stands behind it."""

    folder: Path
    url: str
    engine: Engine
    key: str
    server_port: int
    panel_port: int
    server: subprocess.Popen[bytes] | None = None
    panel: subprocess.Popen[bytes] | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    def start_server(self) -> None:
        self.server = start_server(self.url, self.folder, self.server_port)

    def start_panel(self) -> None:
        self.panel = start_panel(self.server_port, self.folder / "panel", self.panel_port, self.key, "oak")
        wait_for(f"http://127.0.0.1:{self.panel_port}/state.json", self.panel)

    @property
    def page_url(self) -> str:
        return f"http://127.0.0.1:{self.panel_port}/"

    def state(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.page_url}state.json", timeout=5) as answer:
            return dict(json.loads(answer.read()))

    def until(self, fits: Callable[[dict[str, Any]], bool], *, seconds: float = 15) -> dict[str, Any]:
        """The agent's state once it fits; fails with the last one seen."""
        end = time.monotonic() + seconds
        while not fits(state := self.state()):
            assert time.monotonic() < end, f"the panel still shows {state}"
            time.sleep(0.1)
        return state

    def bookings(self) -> list[Booking]:
        return list(self.engine.bookings.between("oak", CLI, None))

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """A call of the public API, as an integrator makes it."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.tokens['book']}", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self.server_port}/api/v1{path}"
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=5) as answer:
            return answer.status, json.loads(answer.read())


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 800, "height": 480})
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture
def door(tmp_path: Path, free_port: Callable[[], int], request: pytest.FixtureRequest) -> Iterator[Door]:
    policy = getattr(request, "param", Policy())
    url = f"sqlite:///{tmp_path / 'lintel.db'}"
    engine = compose.engine(Settings(database_url=url))
    engine.rooms.add(Room(0, "oak", "Oak", "Europe/Berlin", floor="1", capacity=8, policy=policy), CLI)
    _, key = engine.devices.add("Oak's panel", CLI, rooms=("oak",))
    it = Door(tmp_path, url, engine, key, free_port(), free_port())
    it.tokens["book"] = engine.tokens.create("integrator", "book", CLI)[1]
    it.start_server()
    it.start_panel()
    yield it
    for process in (it.panel, it.server):
        if process is not None and process.poll() is None:
            stop(process)
    engine.store.close()


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def meeting(door: Door, starts: datetime, minutes: int, host: str = "Maria Klein") -> Booking:
    ends = starts + timedelta(minutes=minutes)
    return door.engine.bookings.book(Ask(("oak",), starts, ends, "Secret merger", host), CLI)


def evidence(door: Door, *, seconds: float = 20) -> None:
    """The server comes to know that this glass paints, that its touch works and that it has all that was done there."""
    end = time.monotonic() + seconds
    while True:
        with door.engine.store.reading() as tx:
            painted, settled, touch = tx.rows("SELECT painted_since, settled_at, touch FROM device")[0]
        if painted and settled and touch == "good":
            return
        assert time.monotonic() < end, (painted, settled, touch)
        time.sleep(0.1)


def word(page: Page, text: str, seconds: float = 15) -> None:
    """The state word on the glass becomes this."""
    expect(page.locator("#word")).to_have_text(text, timeout=seconds * 1000)


def tap(page: Page, text: str) -> None:
    page.get_by_role("button", name=text).first.click()


def press(page: Page, text: str) -> None:
    """Tap a button of the row once it can be tapped: while an act is on its way, one says only that it must wait."""
    button = page.locator("#deck button", has_text=text).first
    expect(button).to_have_attribute("aria-disabled", "false")
    button.click()


def test_one_tap_books_and_the_bar_takes_it_back(door: Door, page: Page) -> None:
    page.goto(door.page_url)
    word(page, "FREE")
    begun = time.monotonic()
    tap(page, "30 min")
    word(page, "BUSY")
    assert time.monotonic() - begun < 2
    (made,) = door.bookings()
    assert made.source == "panel"
    assert timedelta(minutes=29) <= made.ends - made.starts <= timedelta(minutes=30, seconds=5)
    assert made.checked_in_at is not None
    tap(page, "Undo")
    word(page, "FREE")
    assert door.bookings() == []
    evidence(door)


def test_what_is_booked_elsewhere_appears_and_is_ended_at_the_glass_only_by_who_may(door: Door, page: Page) -> None:
    page.goto(door.page_url)
    word(page, "FREE")
    start = now() - timedelta(minutes=1)
    body = {"title": "Secret merger", "organizer": "maria.klein@example.com", "start": iso(start)}
    status, made = door.call("POST", "/rooms/oak/bookings", {**body, "end": iso(start + timedelta(hours=1))})
    assert status == 201
    word(page, "BUSY")
    text = page.inner_text("body")
    assert "M. K." in text
    assert "Secret merger" not in text
    assert "maria" not in text.lower()
    assert not any(act["enabled"] for act in door.state()["actions"] if act["act"] == "end")
    status, _ = door.call("DELETE", f"/rooms/oak/bookings/{made['uid'].replace('@', '%40')}")
    assert status == 200
    word(page, "FREE")


def test_a_walk_in_is_extended_and_ended(door: Door, page: Page) -> None:
    page.goto(door.page_url)
    word(page, "FREE")
    tap(page, "15 min")
    word(page, "BUSY")
    (made,) = door.bookings()
    press(page, "15 min")
    door.until(lambda state: bool(state["current"]) and state["current"]["version"] == 2)
    assert door.bookings()[0].ends - made.ends == timedelta(minutes=15)
    press(page, "End")
    word(page, "FREE")
    (ended,) = door.bookings()
    assert ended.ends <= now() + timedelta(seconds=2)
    assert ended.planned_end == made.ends


def test_the_slot_is_gone_when_somebody_was_quicker(door: Door, page: Page) -> None:
    page.goto(door.page_url)
    word(page, "FREE")
    page.evaluate("() => 0")
    meeting(door, now() + timedelta(minutes=5), 30)
    tap(page, "30 min")
    expect(page.locator("#bar")).to_be_visible(timeout=5000)
    assert len(door.bookings()) == 1
    door.until(lambda state: state["next"] is not None)


@pytest.mark.parametrize("door", [Policy(check_in=True)], indirect=True)
def test_a_booking_that_asks_for_check_in_is_reserved_until_somebody_is_there(door: Door, page: Page) -> None:
    page.goto(door.page_url)
    word(page, "FREE")
    meeting(door, now() - timedelta(seconds=30), 30)
    word(page, "RESERVED")
    assert door.state()["check_in_by"] is not None
    press(page, "We are")
    word(page, "BUSY")
    assert door.bookings()[0].checked_in_at is not None


@pytest.mark.parametrize("door", [Policy(check_in=True)], indirect=True)
def test_people_who_come_early_start_early_where_the_room_is_free(door: Door, page: Page) -> None:
    coming = meeting(door, now() + timedelta(minutes=8), 30)
    page.goto(door.page_url)
    word(page, "FREE")
    press(page, "We are")
    word(page, "BUSY")
    (it,) = door.bookings()
    assert it.starts < coming.starts
    assert it.ends == coming.ends


def test_with_the_server_dead_the_panel_turns_busy_by_itself_and_says_how_sure_it_is(door: Door, page: Page) -> None:
    page.goto(door.page_url)
    word(page, "FREE")
    starts = now() + timedelta(seconds=25)
    meeting(door, starts, 30)
    door.until(lambda state: state["next"] is not None)
    assert door.server is not None
    stop(door.server, hard=True)
    state = door.until(lambda state: state["sure"] != "live")
    assert (state["state"], state["sure"]) == ("free", "held")  # until the meeting it is the door's own
    assert state["as_of"] is not None
    assert not any(act["enabled"] for act in state["actions"])  # there is too little time
    word(page, "BUSY", seconds=40)
    assert now() >= starts
    assert door.state()["sure"] == "plan"

    assert door.panel is not None
    stop(door.panel)
    door.start_panel()
    again = door.state()
    assert (again["state"], again["sure"], again["clock"]) == ("busy", "plan", "verified")
    assert again["as_of"] == door.state()["as_of"] is not None
    page.goto(door.page_url)
    word(page, "BUSY")

    door.start_server()
    door.until(lambda state: state["sure"] == "live")


def test_the_panel_survives_kill_9_in_the_middle_of_a_plan(door: Door) -> None:
    meeting(door, now() - timedelta(minutes=1), 60)
    door.until(lambda state: state["state"] == "busy")
    time.sleep(2)  # a change is on the card within a second
    assert door.panel is not None
    assert door.server is not None
    stop(door.server, hard=True)
    stop(door.panel, hard=True)
    door.start_panel()
    state = door.state()
    assert state["sure"] == "plan"
    assert state["state"] == "busy", "the plan was heard well before the cut"


def test_a_revoked_key_leaves_no_promise_of_the_servers_on_the_glass(door: Door) -> None:
    """For ten minutes the door still owns what it was given: nobody else gets that time before it is over."""
    door.until(lambda state: state["sure"] == "live")
    door.engine.devices.revoke(1, CLI)
    state = door.until(lambda state: state["sure"] != "live")
    assert all(act["grade"] for act in state["actions"] if act["enabled"])


def alone(door: Door) -> dict[str, Any]:
    """The door owns its room's time and has lost its server: what it shows then."""
    door.until(lambda state: state["sure"] == "live" and state["owned_until"] is not None)
    assert door.server is not None
    stop(door.server, hard=True)
    return door.until(lambda state: not state["online"] and all(act["enabled"] for act in state["actions"]))


@pytest.mark.heavy
@pytest.mark.parametrize("door", [Policy(door_minutes=30)], indirect=True)
def test_a_cut_off_door_confirms_what_it_owns_and_the_server_has_it_afterwards(door: Door, page: Page) -> None:
    page.goto(door.page_url)
    word(page, "FREE")
    state = alone(door)
    assert [act["grade"] for act in state["actions"]] == ["confirmed", "confirmed", "not_confirmed"]
    assert (state["sure"], door.bookings()) == ("held", [])
    tap(page, "15 min")
    word(page, "BUSY")
    expect(page.locator("#told")).to_have_text(re.compile(r"Booked until .*, confirmed"))
    mine = door.state()["current"]
    assert (mine["confirmed"], mine["synced"], door.bookings()) == (True, False, [])
    door.start_server()
    door.until(lambda state: state["sure"] == "live" and state["current"]["synced"])
    (made,) = door.bookings()
    assert (iso(made.starts), iso(made.ends), made.source) == (mine["start"], mine["end"], "panel")
    assert door.state()["conflicts"] == []


@pytest.mark.heavy
@pytest.mark.parametrize("door", [Policy(door_minutes=30)], indirect=True)
def test_what_a_cut_off_door_could_not_confirm_meets_a_booking_and_both_are_named(door: Door, page: Page) -> None:
    page.goto(door.page_url)
    word(page, "FREE")
    alone(door)
    other = meeting(door, now().replace(second=0) + timedelta(minutes=45), 30)
    tap(page, "1 h")
    word(page, "BUSY")
    expect(page.locator("#told")).to_contain_text("Not confirmed until this screen is back in touch")
    expect(page.locator("#after")).to_contain_text("not confirmed yet")
    door.start_server()
    state = door.until(lambda state: state["sure"] == "live" and bool(state["conflicts"]))
    assert (state["conflicts"][0]["other_host"], state["conflicts"][0]["from"]) == ("M. K.", iso(other.starts))
    says = re.compile(r"Until \S+ it is yours\. From \S+: M\. K\.")
    expect(page.locator("#told")).to_have_text(says)
    expect(page.locator("#after")).to_have_text(says)
    first, second = door.bookings()
    assert (first.ends, second.starts, second.uid) == (other.starts, other.starts, other.uid)

"""Three doors are cut off, people go on booking at both ends, and the network comes back: the whole story.

Oak's next meeting begins while its door is cut off. At Elm somebody books at the glass within the time that the door
owns, and somebody at a desk wants the same time. At Ash the door owns half an hour: a walk-in of an hour is not
confirmed, and meets what was booked at a desk meanwhile. A real server, real panels behind proxies that swallow
everything, real letters, and Chromium on the panels' pages.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from server.core.access import CLI
from server.core.clock import whole
from server.core.model import Ask
from server.core.people import Person, Role
from tests.faults.proxy import Faults
from tests.faults.site import Panel, Site, State, live, site
from tests.work.mail_server import Inbox, receiving

pytestmark = [pytest.mark.heavy, pytest.mark.browser, pytest.mark.timeout(300)]
CUT = Faults(deaf=True, mute=True)
MANAGER = "ada@example.org"


@dataclass
class Story:
    """The site, what its mail server got, and a key of the public API."""

    site: Site
    inbox: Inbox
    key: str
    admin: str

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, key: str = ""
    ) -> tuple[int, Any]:  # fmt: skip
        """A call of the public API, as an integrator makes it."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self.site.port}/api/v1{path}"
        try:
            with urllib.request.urlopen(
                urllib.request.Request(url, data, headers, method=method), timeout=10
            ) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def book(self, room: str, who: str, start: datetime, minutes: int, **more: Any) -> tuple[int, Any]:
        """By somebody at a desk."""
        end = start + timedelta(minutes=minutes)
        return self.call(
            "POST",
            f"/rooms/{room}/bookings",
            {"title": "Planning", "organizer": who, "start": iso(start), "end": iso(end), **more},
        )


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with receiving() as inbox:
        settings = {
            "LINTEL_MAIL_HOST": "127.0.0.1",
            "LINTEL_MAIL_PORT": str(inbox.port),
            "LINTEL_MAIL_SECURITY": "none",
            "LINTEL_MAIL_FROM": "rooms@example.org",
        }
        with site(tmp_path, **settings) as it:
            engine = it.engine
            engine.people.add(Person(0, MANAGER, "ada", "Ada", "Archer", Role.ADMIN), CLI)
            _, key = engine.tokens.create("desk", "book", CLI)
            _, admin = engine.tokens.create("facility", "admin", CLI)
            yield Story(it, inbox, key, admin)


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[[Panel], Page]]:
    """A panel's page."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})

    def opened(panel: Panel) -> Page:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{panel.port}/")
        return page

    yield opened
    context.close()


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def now() -> datetime:
    return whole(datetime.now(UTC))


def owns(minutes: int) -> Callable[[State], bool]:
    """The door could promise that long from now on."""

    def fits(it: State) -> bool:
        until = it.get("owned_until")
        return until is not None and datetime.fromisoformat(until) >= now() + timedelta(minutes=minutes)

    return fits


def offered(it: State, minutes: int) -> dict[str, Any]:
    found: list[dict[str, Any]] = [
        act for act in it["actions"] if act["act"] == "book" and act["minutes"] == minutes and act["enabled"]
    ]
    assert len(found) == 1, it["actions"]
    return found[0]


def eventually(what: Callable[[], Any], *, seconds: float = 30) -> Any:
    """What it gives, once that is something."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.2)
    return found


def test_what_three_doors_did_while_they_were_cut_off_comes_home(story: Story, look: Callable[[Panel], Page]) -> None:
    oak, elm, ash = doors = [story.site.add(name, door_minutes=120) for name in ("oak", "elm", "ash")]
    before(story, doors)
    pages = {door.room: look(door) for door in doors}
    for door in doors:
        door.suffer(CUT)
        door.until(lambda it: not it["online"], within=30)
    at_elm(story, elm, pages["elm"])
    booked, later = at_ash(story, ash, pages["ash"])
    # Oak's meeting has begun without the server.
    oak.until(lambda it: (it["state"], it["sure"]) == ("busy", "plan"), within=60)

    for door in doors:
        door.heal(cut=True)
    for door in doors:
        took = door.until(lambda it: it["sure"] == "live" and it["unconfirmed"] == 0, within=30)
        print(f"{door.room}: whole again after {took:.1f} s")

    # Elm's walk-in stands as it was promised; what was booked at risk gave way, and is listed.
    elm.until(lambda it: it["current"] is not None and it["current"]["synced"] is True, within=20)
    assert elm.state()["current"]["confirmed"] is True
    listed = eventually(lambda: story.call("GET", "/conflicts", key=story.admin)[1])
    assert {each["room"]["id"] for each in listed} == {"elm", "ash"}
    # Ash's walk-in is booked as far as nobody else has the room, and Maria's booking stands.
    for door in (elm, ash):
        door.until(lambda it: bool(it["conflicts"]), within=20)
        expect(pages[door.room].get_by_role("img", name="booked twice")).to_be_visible(timeout=20_000)
    assert datetime.fromisoformat(ash.state()["current"]["end"]) == later
    status, kept = story.call("GET", f"/rooms/ash/bookings/{booked.replace('@', '%40')}")
    assert (status, kept["certain"]) == (200, "yes")
    both_sides_are_told(story)


def before(story: Story, doors: list[Panel]) -> None:
    """Each door owns its time, and Oak's next meeting is about to begin."""
    oak, elm, ash = doors
    story.site.engine.rooms.change("ash", CLI, rules={"door_minutes": 30}, anyway=True)
    for door, minutes in ((oak, 60), (elm, 60), (ash, 20)):
        door.until(live("free"), within=60)
        door.until(owns(minutes), within=60)
    begins = now() + timedelta(seconds=20)
    meeting = Ask(("oak",), begins, begins + timedelta(minutes=30), "Planning", "Maria Klein", "maria@example.com")
    story.site.engine.bookings.book(meeting, CLI)
    oak.until(lambda it: it["next"] is not None and it["sure"] == "live", within=20)


def at_elm(story: Story, elm: Panel, page: Page) -> None:
    """The door owns the time and says so; at a desk it is refused, and had at risk by who asks for that."""
    assert offered(elm.state(), 30)["grade"] == "confirmed"
    page.get_by_role("button", name="30 min").first.click()
    elm.until(lambda it: it["state"] == "busy", within=20)
    shown = elm.state()["current"]
    assert (shown["confirmed"], shown["synced"]) == (True, False)
    soon = now() + timedelta(minutes=10)
    status, refused = story.book("elm", "bob@example.org", soon, 30)
    assert status == 409, refused
    status, risky = story.book("elm", "bob@example.org", soon, 30, atRisk=True)
    assert (status, risky["certain"]) == (201, "at_risk")


def at_ash(story: Story, ash: Panel, page: Page) -> tuple[str, datetime]:
    """What nobody at the door can know of is booked for time that the door does not own; who, and when."""
    later = now() + timedelta(minutes=50)
    status, booked = story.book("ash", "maria@example.com", later, 30)
    assert status == 201, booked
    assert offered(ash.state(), 60)["grade"] == "not_confirmed"
    page.get_by_role("button", name="60 min").or_(page.get_by_role("button", name="1 h")).first.click()
    ash.until(lambda it: it["state"] == "busy", within=20)
    assert ash.state()["current"]["confirmed"] is False
    return str(booked["uid"]), later


def both_sides_are_told(story: Story) -> None:
    """Who booked at a desk, and for those at the glass, whom nobody knows, the house."""

    def told() -> set[tuple[str, str]]:
        letters = zip(story.inbox.mails, story.inbox.letters, strict=True)
        return {(to, str(letter["Subject"]).split(",")[0]) for (to, _), letter in letters}

    twice, else_ = "Room promised twice", "Somebody else in your room"
    wanted = {
        ("bob@example.org", f"{twice}: Elm"),
        (MANAGER, f"{twice}: Elm"),
        ("maria@example.com", f"{else_}: Ash"),
        (MANAGER, f"{twice}: Ash"),
    }
    eventually(lambda: told() >= wanted, seconds=60)

"""A real server and a real agent whose network is cut: what the door promised stands, and people hear what does not."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from kiosk.panel import Outcome
from kiosk.taps import tap_from
from server.core.access import CLI
from server.core.errors import Refused
from server.core.model import Booking, Standing
from tests import make
from tests.make import at

from .test_cut import Panel, Site


@pytest.fixture
def site(fresh_sqlite: str, tmp_path: Path) -> Iterator[Site]:
    with make.opened(fresh_sqlite) as store:
        it = Site(make.house(store), tmp_path)
        it.house.policy(check_in=False, release="off")
        yield it
        it.close()


def walk_in(panel: Panel, minutes: int) -> Outcome:
    offer = next(one for one in panel.view()["actions"] if one["act"] == "book" and one["minutes"] == minutes)
    return panel.agent.acts.perform(tap_from({"act": "book", "minutes": minutes, "end": offer["end"]}))


def promised(site: Site, wall: str) -> Panel:
    """A panel at Oak that is cut off from `wall` on, and owns two hours."""
    panel = site.add()
    site.until("09:50")
    owned = panel.agent.word.owned("oak")
    assert owned.times[-1][1] >= at("11:45").timestamp()
    site.cut()
    site.until(wall)
    assert panel.view()["online"] is False
    return panel


def bookings(site: Site) -> list[Booking]:
    """Today's, in order."""
    return sorted(site.house.engine.rooms.now("oak", CLI).today, key=lambda one: one.starts)


def conflicts(view: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in view["conflicts"]]


def test_a_walk_in_that_was_confirmed_is_booked_and_nobody_else_got_its_time(site: Site) -> None:
    panel = promised(site, "10:00")
    assert walk_in(panel, 30).grade == "confirmed"
    with pytest.raises(Refused) as refused:
        site.house.book("10:15", "10:45")
    assert "door_silent" in {one.code for one in refused.value.objections}
    site.until("10:05")
    site.plug()
    site.until("10:06")
    view = panel.view()
    (booked,) = bookings(site)
    assert (booked.starts, booked.ends, booked.standing) == (at("10:00"), at("10:30"), Standing.ACCEPTED)
    assert (view["current"]["id"], view["current"]["confirmed"], view["unconfirmed"]) == (booked.uid, True, 0)
    assert view["online"] is True


def test_who_books_at_the_desk_gets_time_that_a_door_in_touch_owns(site: Site) -> None:
    panel = site.add()
    site.until("09:50")
    answers: list[Booking] = []
    booking = Thread(target=lambda: answers.append(site.house.book("10:15", "10:45")))
    booking.start()
    while booking.is_alive():
        panel.agent.nudges.grants()  # as the push does
        panel.agent.sync.step()
        booking.join(0.02)
    assert [one.standing for one in answers] == [Standing.ACCEPTED]
    times = panel.agent.word.owned("oak").times
    assert not any(start < at("10:45").timestamp() and at("10:15").timestamp() < end for start, end in times)


def test_a_walk_in_that_was_not_confirmed_meets_what_was_booked_and_the_glass_says_so(site: Site) -> None:
    site.house.policy(check_in=False, release="off", door_minutes=30)
    panel = site.add()
    site.until("09:50")
    site.cut()
    theirs = site.house.book("10:35", "11:30")
    site.until("10:00")
    outcome = walk_in(panel, 60)
    assert (outcome.outcome, outcome.grade) == ("promised", "not_confirmed")
    assert panel.view()["current"]["confirmed"] is False
    site.plug()
    site.until("10:01")
    view = panel.view()
    assert conflicts(view) == ["walk_in"]
    mine = next(one for one in bookings(site) if one.uid != theirs.uid)
    assert (mine.starts, mine.ends, mine.standing) == (at("10:00"), at("10:35"), Standing.ACCEPTED)
    assert view["current"]["id"] == mine.uid


def test_an_end_gives_the_rest_back_to_the_door_and_then_to_everybody(site: Site) -> None:
    panel = promised(site, "10:00")
    walk_in(panel, 60)
    site.until("10:10")
    current = panel.view()["current"]
    ended = panel.agent.acts.perform(tap_from({"act": "end", "booking": current["id"], "version": 0}))
    assert (ended.outcome, panel.view()["state"]) == ("promised", "free")
    assert walk_in(panel, 15).grade == "confirmed"
    site.plug()
    site.until("10:11")
    assert [(one.starts, one.ends) for one in bookings(site)] == [
        (at("10:00"), at("10:10")),
        (at("10:10"), at("10:25")),
    ]

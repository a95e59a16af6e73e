"""Trying rules on bookings that there are: what the change alone would refuse, and nothing is changed."""

from datetime import timedelta
from typing import Any

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Invalid, Unknown
from server.core.period import Period
from server.engine.rejudging import Rejudging
from server.engine.trying import Tried
from tests import make
from tests.make import OFFICE, House

DAY = timedelta(days=1)


def tried(house: House, target: str = "oak", days: int = 30, **rules: Any) -> Tried:
    now = house.clock.now()
    return house.engine.trying.past(target, rules, CLI, Period(now - DAY, now + (days - 1) * DAY))


def told(it: Tried) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.booking.uid, each.codes) for each in it.refused]


def test_what_would_have_been_refused_is_named_with_its_codes(house: House) -> None:
    short, long = house.book("11:00", "11:30"), house.book("12:00", "15:00")
    house.book("12:00", "15:00", room="elm")
    it = tried(house, max_minutes=120)
    assert told(it) == [(long.uid, ("too_long",))]
    assert (it.rooms, it.looked, it.bookings, it.counts, it.whole) == (1, 2, 1, {"too_long": 1}, True)
    assert told(tried(house, min_minutes=60)) == [(short.uid, ("too_short",))]
    assert tried(house, "house", max_minutes=120).bookings == 2
    assert house.engine.rooms.get("oak", CLI).policy.max_minutes is None
    assert house.changes() == ["booked"] * 3


def test_a_booking_is_judged_as_of_when_it_was_made(house: House) -> None:
    soon, later = house.book("10:30", "11:00"), house.book("14:00", "15:00")
    house.clock.forward(days=1)
    it = tried(house, notice_minutes=60)
    assert told(it) == [(soon.uid, ("too_soon",))]
    assert told(tried(house, horizon_days=0)) == []
    house.engine.rooms.change("oak", CLI, rules={"notice_minutes": 60})
    assert told(tried(house, notice_minutes=600)) == [(later.uid, ("too_soon",))]  # the other one is not its doing


def test_gaps_and_lanes_are_judged_by_the_neighbours(house: House) -> None:
    house.book("11:00", "12:00")
    house.book("12:00", "13:00")
    assert [codes for _, codes in told(tried(house, gap_minutes=5))] == [("too_close",), ("too_close",)]


def test_words_and_people_are_judged_by_what_is_kept(sqlite_house: House) -> None:
    house = sqlite_house
    house.book("11:00", "12:00")
    assert tried(house, description_needed=True).counts == {"description_missing": 1}
    assert tried(house, terms="Be nice").counts == {"terms_missing": 1}
    assert tried(house, roles=("admin",)).counts == {"not_your_role": 1}
    _, _, panel = house.panel()
    house.engine.bookings.book(make.ask("10:00", "10:30"), panel, walk_in=True)
    assert tried(house, description_needed=True).counts == {"description_missing": 1, "no_walk_in": 1}


def test_what_is_to_come_is_not_judged_by_notice(sqlite_house: House) -> None:
    house = sqlite_house
    house.book("11:00", "12:00")
    evening = house.book("19:00", "20:00")
    before = house.engine.rooms.get("oak", CLI)
    policy = make.replace(before.policy, opening=(OFFICE,), notice_minutes=6_000)
    after = make.replace(before, policy=policy)
    with house.store.reading() as tx:
        ahead = Period(house.clock.now(), house.clock.now() + DAY)
        judging = Rejudging(tx, {}, [(before, after), (before, before)], ahead, house.clock.now(), past=False)
        assert [(it.booking.uid, it.codes) for it in judging.run()] == [(evening.uid, ("outside_hours",))]


def test_no_more_than_the_bound_are_looked_at_page_by_page(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = sqlite_house
    for hour in range(11, 16):
        house.book(f"{hour}:00", f"{hour}:30")
    monkeypatch.setattr("server.engine.rejudging.PAGE", 2)
    seen: list[int] = []
    now = house.clock.now()
    it = house.engine.trying.past("oak", {"min_minutes": 60}, CLI, Period(now, now + DAY), progress=seen.append)
    assert (it.bookings, it.looked, it.whole, seen) == (5, 5, True, [2, 2, 1])
    before = house.engine.rooms.get("oak", CLI)
    after = make.replace(before, policy=make.Policy(min_minutes=60))
    with house.store.reading() as tx:
        judging = Rejudging(tx, {}, [(before, after)], Period(now, now + DAY), now, past=True, most=3)
        assert len(list(judging.run())) == 3
        assert not judging.whole


@pytest.mark.parametrize("days", [0, -1, 368])
def test_a_window_is_up_to_a_year_long(sqlite_house: House, days: int) -> None:
    with pytest.raises(Invalid):
        tried(sqlite_house, days=days, max_minutes=60)


def test_rules_are_tried_by_those_who_may_set_them(sqlite_house: House) -> None:
    now = sqlite_house.clock.now()
    for who in (sqlite_house.alice, sqlite_house.rita):
        with pytest.raises(Barred):
            sqlite_house.engine.trying.past("oak", {"max_minutes": 60}, who, Period(now, now + DAY))
    with pytest.raises(Unknown):
        tried(sqlite_house, "nowhere", max_minutes=60)


def test_more_at_once_than_lanes_are_left_are_told(house: House) -> None:
    house.engine.rooms.change("oak", CLI, rules={"lanes": 2})
    house.book("12:00", "13:00")
    last = house.book("12:30", "13:30")
    assert told(tried(house, lanes=1)) == [(last.uid, ("clash",))]

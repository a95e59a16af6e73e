"""Closing rooms, once or again and again, one or all of a place; what is booked refuses, gives way or is left."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, Refused, Unknown
from server.core.levels import INHERIT
from server.core.model import Booking, Closure, Standing
from server.core.period import Period
from server.engine.closing import Closed
from server.engine.closures import ClosureAsk
from tests import make
from tests.engine.zone_data import NO_SUMMER, Install
from tests.make import NOW, House, at, codes

YEARS = Period(NOW, NOW + timedelta(days=1_000))
WEEKLY = ("FREQ=WEEKLY",)


def shut(house: House, start: str, end: str, *lines: str, day: int = 0, by: Actor = CLI, **more: Any) -> Closed:
    preview = more.pop("preview", False)
    if "place" not in more:
        more.setdefault("rooms", ("oak",))
    ask = ClosureAsk(at(start, day), at(end, day), lines=lines, **({"reason": "Cleaning"} | more))
    return house.engine.closures.add(ask, by, preview=preview)


def dates(house: House, room: str = "oak") -> list[Closure]:
    return list(house.engine.rooms.closures(room, CLI, YEARS))


def noon(day: int) -> datetime:
    """A date as plans know it: wall time."""
    return datetime.combine(make.MONDAY + timedelta(days=day), time(12))


def spans(house: House, room: str = "oak") -> list[tuple[datetime, datetime]]:
    return [(it.starts, it.ends) for it in dates(house, room)]


def now_of(house: House, it: Booking) -> Booking:
    found = house.engine.bookings.between(house.engine.rooms.all(CLI)[it.rooms[0] - house.oak.number].id, CLI, None,
                                          standings=tuple(Standing))  # fmt: skip
    return next(each for each in found if each.uid == it.uid)


def held_is_what_is_closed(house: House) -> None:
    """Each closure and its holds say the same."""
    with house.store.reading() as tx:
        assert tx.rows("SELECT c.id FROM closure c WHERE NOT EXISTS (SELECT 1 FROM hold h WHERE h.closure_id = c.id "
                       "AND h.lane = 0 AND h.held_from = c.starts AND h.held_to = c.ends)") == []  # fmt: skip
        assert tx.rows("SELECT id FROM hold WHERE closure_id NOT IN (SELECT id FROM closure)") == []
    assert house.overlaps() == []


def test_a_room_is_closed_once(house: House) -> None:
    done = shut(house, "12:00", "13:00")
    assert (done.made, done.bumped, done.left_out) == (1, (), ())
    (it,) = dates(house)
    assert (it.starts, it.ends, it.reason, it.plan) == (at("12:00"), at("13:00"), "Cleaning", done.plan.number)
    with pytest.raises(Refused) as told:
        house.book("12:30", "13:30")
    assert codes(told.value) == ["closed"]
    assert dict(told.value.objections[0].numbers) == {"reason": "Cleaning"}
    held_is_what_is_closed(house)


def test_a_closure_recurs_in_wall_time_up_to_the_horizon(house: House) -> None:
    done = shut(house, "12:00", "13:00", *WEEKLY)
    found = dates(house)
    assert done.made == len(found) == 105
    assert found[30].starts == at("12:00", 210)  # January: the clocks have changed since
    held_is_what_is_closed(house)


def test_the_sweep_carries_a_plan_on_and_does_nothing_twice(house: House) -> None:
    shut(house, "12:00", "13:00", *WEEKLY)
    assert house.engine.closure_carrying.run().made == 0
    house.clock.forward(days=14)
    done = house.engine.closure_carrying.run()
    assert (done.plans, done.made, done.failed) == (1, 2, [])
    assert house.engine.closure_carrying.run().made == 0
    held_is_what_is_closed(house)


def test_a_plan_that_is_over_is_closed_by_the_sweep(sqlite_house: House) -> None:
    house = sqlite_house
    done = shut(house, "12:00", "13:00")
    house.clock.set("13:00")
    house.engine.closure_carrying.run()
    assert house.engine.closures.plans(CLI) == ()
    (it,) = house.engine.closures.plans(CLI, over=True)
    assert (it.number, it.open) == (done.plan.number, False)


def test_what_is_booked_refuses_all_of_a_closure(house: House) -> None:
    made = house.book(at("12:30", 7), at("12:45", 7))
    with pytest.raises(Refused) as told:
        shut(house, "12:00", "13:00", *WEEKLY, rooms=("elm", "oak"))
    assert [(it.uid, it.room, it.at) for it in told.value.conflicts] == [(made.uid, "oak", at("12:00", 7))]
    assert (dates(house), dates(house, "elm")) == ([], [])
    assert house.engine.closures.plans(CLI) == ()


def test_what_is_booked_is_left_alone_and_told(house: House) -> None:
    house.book(at("12:30", 7), at("12:45", 7))
    done = shut(house, "12:00", "13:00", "FREQ=WEEKLY;COUNT=3", conflicts="skip")
    assert [it.starts for it in dates(house)] == [at("12:00"), at("12:00", 14)]
    assert [(it.at, it.codes) for it in done.left_out] == [(noon(7), ("clash",))]
    assert [(it.at, it.room) for it in house.engine.closures.left_out(CLI)] == [(noon(7), house.oak.number)]
    house.engine.closure_carrying.run()
    assert len(dates(house)) == 2


def test_what_is_booked_gives_way(house: House) -> None:
    made = house.book("12:30", "12:45")
    near = house.book("13:00", "14:00")
    done = shut(house, "12:00", "13:00", conflicts="bump")
    assert [(it.uid, it.standing) for it in done.bumped] == [(made.uid, Standing.CANCELLED)]
    assert now_of(house, made).standing is Standing.CANCELLED
    assert now_of(house, near) == near
    assert house.changes() == ["booked", "booked", "bumped"]
    held_is_what_is_closed(house)


def test_a_meeting_that_runs_is_cut_short_not_cancelled(house: House) -> None:
    made = house.book("10:00", "12:00")
    house.clock.set("10:30")
    (it,) = shut(house, "11:00", "13:00", conflicts="bump").bumped
    assert (it.standing, it.ends, it.planned_end) == (Standing.ACCEPTED, at("11:00"), at("12:00"))
    assert now_of(house, made).ends == at("11:00")
    (it,) = shut(house, "10:00", "11:00", conflicts="bump").bumped
    assert (it.ends, it.ended_at) == (at("10:30"), at("10:30"))
    assert spans(house) == [(at("10:30"), at("11:00")), (at("11:00"), at("13:00"))]
    held_is_what_is_closed(house)


def test_a_booking_of_two_rooms_gives_both_back(house: House) -> None:
    both = make.ask("12:00", "13:00")
    made = house.engine.bookings.book(make.replace(both, rooms=("oak", "elm")), house.alice)
    shut(house, "12:30", "14:00", conflicts="bump")
    assert now_of(house, made).standing is Standing.CANCELLED
    house.book("12:00", "13:00", room="elm")


def test_a_date_that_meets_another_closure_takes_what_is_left(house: House) -> None:
    first = shut(house, "12:00", "13:00")
    done = shut(house, "11:00", "14:00", reason="Christmas")
    assert spans(house) == [(at("11:00"), at("12:00")), (at("12:00"), at("13:00")), (at("13:00"), at("14:00"))]
    assert [it.codes for it in done.left_out] == [("closed",)]
    held_is_what_is_closed(house)
    house.engine.closures.end(first.plan.number, CLI)
    assert spans(house) == [(at("11:00"), at("14:00"))]
    assert house.engine.closures.left_out(CLI) == ()
    held_is_what_is_closed(house)


def test_what_a_reopened_room_was_to_be_closed_for_all_the_same_stays(house: House) -> None:
    first = house.engine.rooms.close("oak", CLI, at("12:00"), at("13:00"), "Cleaning")
    shut(house, "12:30", "14:00", reason="Christmas")
    house.engine.rooms.reopen(first.id, CLI)
    assert spans(house) == [(at("12:30"), at("14:00"))]
    held_is_what_is_closed(house)


def test_a_closure_of_a_place_is_for_the_rooms_that_come_to_it_later(house: House) -> None:
    done = shut(house, "12:00", "13:00", "FREQ=WEEKLY;COUNT=2", place=house.oak.place and 1)
    assert done.made == 4
    house.engine.rooms.add(make.room("fir"), CLI)
    assert dates(house, "fir") == []
    assert house.engine.closure_carrying.run().made == 2
    assert spans(house, "fir") == spans(house)


def test_a_date_is_given_back_and_stays_away(house: House) -> None:
    number = shut(house, "12:00", "13:00", "FREQ=WEEKLY;COUNT=3", rooms=("oak", "elm")).plan.number
    assert house.engine.closures.drop(number, at("12:00", 7), CLI) == 2
    assert house.engine.closures.drop(number, noon(14), CLI, room="elm") == 1
    house.engine.closure_carrying.run()
    assert [it.starts for it in dates(house)] == [at("12:00"), at("12:00", 14)]
    assert [it.starts for it in dates(house, "elm")] == [at("12:00")]
    with pytest.raises(Unknown):
        house.engine.closures.drop(number, at("12:00", 7), CLI)
    house.book(at("12:00", 7), at("13:00", 7))


def test_a_date_that_is_reopened_stays_away(house: House) -> None:
    shut(house, "12:00", "13:00", "FREQ=WEEKLY;COUNT=2")
    house.engine.rooms.reopen(dates(house)[0].id, CLI)
    house.engine.closure_carrying.run()
    assert [it.starts for it in dates(house)] == [at("12:00", 7)]


def test_an_ended_plan_gives_back_what_is_to_come(house: House) -> None:
    number = shut(house, "09:00", "13:00", *WEEKLY, day=-7).plan.number
    house.clock.set("11:00")
    assert house.engine.closures.end(number, CLI) == 105
    assert spans(house) == [(at("10:00"), at("11:00"))]  # it was made at ten
    house.book("11:00", "12:00")
    with pytest.raises(Refused) as told:
        house.engine.closures.end(number, CLI)
    assert codes(told.value) == ["over"]


def test_a_plan_is_given_another_reason(house: House) -> None:
    number = shut(house, "12:00", "13:00", *WEEKLY).plan.number
    house.engine.closures.change(number, CLI, reason="Painting")
    assert {it.reason for it in dates(house)} == {"Painting"}
    assert house.engine.closures.plans(CLI)[0].reason == "Painting"


def test_a_preview_writes_nothing(house: House) -> None:
    house.book("12:30", "12:45")
    done = shut(house, "12:00", "13:00", conflicts="bump", preview=True)
    assert (done.written, done.made, len(done.bumped)) == (False, 1, 1)
    assert (dates(house), house.changes()) == ([], ["booked"])


def test_a_closure_holds_every_lane(house: House) -> None:
    house.policy(lanes=3)
    shut(house, "12:00", "13:00")
    with house.store.reading() as tx:
        assert [row[0] for row in tx.rows("SELECT lane FROM hold ORDER BY lane")] == [0, 1, 2]
    house.policy(lanes=4)
    house.engine.policies.set("house", {"lanes": 5}, CLI)
    house.engine.policies.set("oak", {"lanes": INHERIT}, CLI)
    with house.store.reading() as tx:
        assert [row[0] for row in tx.rows("SELECT lane FROM hold ORDER BY lane")] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("fields", "bad"),
    [
        ({"reason": "x" * 256}, "reason"),
        ({"conflicts": "push"}, "conflicts"),
        ({"rooms": ()}, "rooms"),
        ({"rooms": ("oak", "oak")}, "rooms"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"lines": ("FREQ=HOURLY",)}, "recurrence"),
        ({"lines": ("nonsense",)}, "recurrence"),
        ({"ends": at("11:00")}, "ends"),
        ({"starts": at("08:00"), "ends": at("09:00")}, "ends"),
        ({"starts": at("08:00", -700), "ends": at("09:00", -700), "lines": ("FREQ=DAILY",)}, None),
    ],
)
def test_what_cannot_be_closed_is_named(sqlite_house: House, fields: dict[str, Any], bad: str | None) -> None:
    plain: dict[str, Any] = {"starts": at("12:00"), "ends": at("13:00"), "rooms": ("oak",)}
    ask = ClosureAsk(**(plain | fields))
    if bad is None:
        sqlite_house.engine.closures.add(ask, CLI)
        return
    with pytest.raises(Invalid) as told:
        sqlite_house.engine.closures.add(ask, CLI)
    assert list(told.value.fields) == [bad]


def test_closures_are_for_those_who_manage_the_rooms(sqlite_house: House) -> None:
    house = sqlite_house
    number = shut(house, "12:00", "13:00").plan.number
    mine = Actor("token:9", "admin", frozenset({house.elm.number}))
    for who in (house.alice, house.rita, mine):
        for act in (
            lambda who=who: shut(house, "14:00", "15:00", by=who),
            lambda who=who: shut(house, "14:00", "15:00", by=who, place=1),
            lambda who=who: house.engine.closures.end(number, who),
            lambda who=who: house.engine.closures.change(number, who, reason="x"),
            lambda who=who: house.engine.closures.drop(number, at("12:00"), who),
        ):
            with pytest.raises(Barred):
                act()
    assert house.engine.closures.plans(mine) == ()
    assert house.engine.closures.dates(mine, YEARS) == ()
    assert [it.number for it in house.engine.closures.plans(house.rita)] == [number]
    for act in (
        lambda: shut(house, "14:00", "15:00", rooms=("nowhere",)),
        lambda: shut(house, "1:00", "2:00", place=99),
    ):
        with pytest.raises((Unknown, ValueError)):
            act()


def test_dates_of_a_plan_that_run_into_each_other_are_refused(sqlite_house: House) -> None:
    ask = ClosureAsk(at("12:00"), at("13:00", 2), rooms=("oak",), lines=("FREQ=DAILY;COUNT=3",))
    with pytest.raises(Refused) as told:
        sqlite_house.engine.closures.add(ask, CLI)
    assert codes(told.value) == ["overlaps_itself", "overlaps_itself"]


def test_where_the_zone_changes_dates_stay_what_they_are(kept: House, install: Install) -> None:
    number = shut(kept, "12:00", "13:00", *WEEKLY).plan.number
    kept.engine.closures.drop(number, noon(7), CLI, room="oak")
    install(NO_SUMMER)
    assert not kept.engine.zones.run().clashing
    assert kept.engine.closure_carrying.run().made == 0
    assert [gap.codes for gap in kept.engine.closures.left_out(CLI)] == [("removed",)]
    assert len(dates(kept)) == 104
    assert {make.wall(it.starts, make.BERLIN).hour for it in dates(kept)} == {12}
    assert kept.engine.closures.drop(number, noon(14), CLI) == 1
    held_is_what_is_closed(kept)

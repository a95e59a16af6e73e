"""Looking for a room: which are to be had, in which order, until when; a day as slots; what else there is."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.core.access import CLI, Actor, Level
from server.core.errors import Barred, Invalid, Refused, Unknown
from server.core.model import Ask
from server.core.period import Period
from server.core.places import Slot, Timetable
from server.engine.finding import Free, Want
from server.engine.looking import filled
from tests import make
from tests.make import OFFICE, House, at, span


def free(house: House, start: str, end: str, by: Actor = CLI, **want: Any) -> Free:
    return house.engine.finding.free(by, span(start, end), Want(**want))


def found(house: House, start: str = "12:00", end: str = "13:00", by: Actor = CLI, **want: Any) -> list[str]:
    return [it.room.id for it in free(house, start, end, by, **want).whole]


def test_what_is_booked_or_closed_is_not_found(house: House) -> None:
    assert found(house) == ["oak", "elm"]
    made = house.book("12:30", "12:45")
    assert found(house) == ["elm"]
    house.engine.rooms.close("elm", CLI, at("12:59"), at("14:00"), "x")
    assert found(house) == []
    house.engine.bookings.cancel(made.uid, house.alice)
    assert found(house) == ["oak"]
    assert found(house, "14:00", "15:00") == ["oak", "elm"]


def test_back_to_back_is_free_unless_a_gap_is_wanted(house: House) -> None:
    house.book("11:00", "12:00")
    house.book("13:00", "14:00")
    assert found(house) == ["oak", "elm"]
    house.policy(gap_minutes=10)
    assert found(house) == ["elm"]
    assert found(house, "12:10", "12:50") == ["oak", "elm"]
    house.policy(off=("too_close",))
    assert found(house) == ["oak", "elm"]


@pytest.mark.parametrize(
    "policy",
    [{"max_minutes": 30}, {"min_minutes": 90}, {"notice_minutes": 180}, {"opening": (replace(OFFICE, closes=12 * 60),)},
     {"roles": ("admin",)}],
)  # fmt: skip
def test_what_the_rules_refuse_is_not_found(sqlite_house: House, policy: dict[str, Any]) -> None:
    sqlite_house.policy(**policy)
    assert found(sqlite_house, by=sqlite_house.alice) == ["elm"]
    with pytest.raises(Refused):
        sqlite_house.book("12:00", "13:00")


def test_a_room_that_is_off_is_not_found(sqlite_house: House) -> None:
    sqlite_house.engine.rooms.change("oak", CLI, active=False)
    assert found(sqlite_house) == ["elm"]


def test_the_smallest_that_fits_comes_first_and_unknown_seats_last(sqlite_house: House) -> None:
    for slug, capacity in (("ash", 0), ("box", 100), ("fir", 6)):
        sqlite_house.engine.rooms.add(make.room(slug, capacity=capacity), CLI)
    assert found(sqlite_house, people=5) == ["fir", "oak", "box", "ash"]
    assert found(sqlite_house, people=101) == ["ash"]


def test_what_is_required_excludes_and_what_is_wished_ranks(sqlite_house: House) -> None:
    sqlite_house.engine.rooms.change("elm", CLI, facilities=("Projector", "whiteboard"))
    assert found(sqlite_house, equipment=("projector",)) == ["elm"]
    assert found(sqlite_house, wished=("projector",)) == ["elm", "oak"]
    (_, oak) = free(sqlite_house, "12:00", "13:00", wished=("projector",)).whole
    assert oak.missing == ("projector",)
    assert found(sqlite_house, kind="studio") == []


def test_a_room_that_is_free_for_a_while_is_told_as_such(house: House) -> None:
    house.book("12:30", "14:00")
    house.book("12:10", "12:20", room="elm")
    it = free(house, "12:00", "13:00")
    assert it.whole == ()
    assert [(some.room.id, some.period) for some in it.partly] == [("oak", span("12:00", "12:30"))]  # ten minutes: none
    (oak,) = free(house, "12:00", "12:30").whole
    assert oak.free_until == at("12:30")


def test_a_combined_room_is_free_where_its_parts_are(sqlite_house: House) -> None:
    both = make.room("both", parts=(sqlite_house.oak.number, sqlite_house.elm.number))
    sqlite_house.engine.rooms.add(both, CLI)
    assert found(sqlite_house) == ["oak", "elm", "both"]
    sqlite_house.book("12:30", "13:30", room="elm")
    assert found(sqlite_house) == ["oak"]


def test_near_is_near(sqlite_house: House) -> None:
    for slug, plan in (("ash", (0, 0)), ("fir", (900, 0)), ("yew", (100, 0))):
        sqlite_house.engine.rooms.add(make.room(slug, plan=plan, floor="3"), CLI)
    assert found(sqlite_house, near="ash")[:3] == ["ash", "yew", "fir"]
    with pytest.raises(Unknown):
        found(sqlite_house, near="nowhere")
    with pytest.raises(Unknown):
        found(sqlite_house, near_place=99)


def test_nobody_finds_a_room_that_is_not_theirs(sqlite_house: House) -> None:
    assert found(sqlite_house, by=sqlite_house.charlie) == ["elm"]
    with pytest.raises(Barred):
        found(sqlite_house, by=sqlite_house.charlie, near="oak")
    levels = {sqlite_house.oak.number: Level.SEE, sqlite_house.elm.number: Level.ASK}
    member = Actor("person:1", "admin", person=1, role="member", levels=levels)
    (it,) = free(sqlite_house, "12:00", "13:00", member).whole
    assert (it.room.id, it.waits) == ("elm", True)
    with pytest.raises(Barred):
        found(sqlite_house, by=Actor("x", "none"))


@pytest.mark.parametrize(
    "want", [{"people": -1}, {"people": 10**6}, {"equipment": ("x" * 65,)}, {"equipment": ("x",) * 65},
             {"near": "oak", "near_place": 1}],
)  # fmt: skip
def test_what_makes_no_sense_is_named(sqlite_house: House, want: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        found(sqlite_house, **want)


def test_looking_asks_at_most_eight_questions(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from server.store.database import Tx

    for number in range(30):
        house.engine.rooms.add(make.room(f"r{number}", policy=make.Policy(lanes=1 + number % 3)), CLI)
    found(house)
    asked: list[str] = []
    rows = Tx.rows
    monkeypatch.setattr(Tx, "rows", lambda tx, sql, params=(): asked.append(sql) or rows(tx, sql, params))
    assert len(found(house, people=1)) == 20
    assert len(asked) <= 8


# lanes, as a value


def periods(*spans: tuple[str, str, bool]) -> list[tuple[Period, bool]]:
    return [(span(start, end), booked) for start, end, booked in spans]


def test_a_room_of_lanes_is_full_where_all_are_taken() -> None:
    held = periods(("10:00", "12:00", True), ("11:00", "13:00", True), ("12:30", "14:00", True))
    assert filled(held, 2, timedelta()) == [span("11:00", "12:00"), span("12:30", "13:00")]
    assert filled(held, 1, timedelta()) == [span("10:00", "14:00")]
    assert filled(held, 3, timedelta()) == []
    assert filled(held, 2, timedelta(minutes=30)) == [span("10:30", "13:30")]
    closed = periods(("10:00", "11:00", False), ("10:00", "11:00", False))
    assert filled(closed, 2, timedelta(minutes=30)) == [span("10:00", "11:00")]


# slots


def states(
    house: House, minutes: int | None = 60, by: Actor = CLI, slug: str = "oak", day: int = 0
) -> dict[str, tuple[str, ...]]:
    ((room, cells),) = house.engine.finding.slots((slug,), (make.MONDAY + timedelta(days=day)), by, minutes=minutes)
    return {make.wall(it.period.start, room.zone).strftime("%H:%M"): (it.state.value, *it.codes) for it in cells}


def test_a_day_is_told_in_slots_with_the_reasons(house: House) -> None:
    house.policy(opening=(OFFICE,), max_minutes=120)
    house.book("11:00", "11:30")
    house.engine.rooms.close("oak", CLI, at("14:00"), at("16:00"), "Painting")
    house.clock.set("10:30")
    said = states(house)
    assert len(said) == 24
    assert said["09:00"][0] == "past"
    assert said["10:00"] == ("free",)
    assert said["11:00"] == ("busy", "booked")
    assert said["12:00"] == ("free",)
    assert said["14:00"] == said["15:00"] == ("closed", "closed")
    assert said["18:00"] == ("closed", "outside_hours")
    ((_, cells),) = house.engine.finding.slots(("oak",), make.MONDAY, CLI, minutes=60)
    assert cells[14].reason == "Painting"


def test_a_timetable_has_its_own_slots_and_breaks(sqlite_house: House) -> None:
    slots = (Slot(480, 530, label="1"), Slot(530, 540, bookable=False), Slot(720, 770, label="2"))
    table = Timetable(0, "School", days=dict.fromkeys(range(5), slots))
    made = sqlite_house.engine.catalogue.add(table, CLI)
    sqlite_house.policy(timetable=made.number)
    ((_, cells),) = sqlite_house.engine.finding.slots(("oak",), make.MONDAY, CLI)
    assert [(it.state.value, it.label, it.number) for it in cells] == [
        ("past", "1", 0), ("break", "", None), ("free", "2", 1),
    ]  # fmt: skip


def test_a_day_of_twenty_five_hours_has_more_slots(sqlite_house: House) -> None:
    autumn = datetime(2026, 10, 25).date()
    ((_, cells),) = sqlite_house.engine.finding.slots(("oak",), autumn, CLI)
    assert len(cells) == 50
    with pytest.raises(Invalid):
        sqlite_house.engine.finding.slots(("oak",), autumn, CLI, minutes=4)
    with pytest.raises(Invalid):
        sqlite_house.engine.finding.slots((), autumn, CLI)
    with pytest.raises(Unknown):
        sqlite_house.engine.finding.slots(("nowhere",), autumn, CLI)
    with pytest.raises(Barred):
        sqlite_house.engine.finding.slots(("oak",), autumn, sqlite_house.charlie)


# instead


def test_what_else_there_is_can_really_be_booked(house: House) -> None:
    house.policy(opening=(OFFICE,), gap_minutes=5)
    house.book("11:00", "12:30")
    house.book("13:30", "14:30")
    wish = Ask(("oak",), at("12:00"), at("13:00"), "x")
    with pytest.raises(Refused):
        house.engine.bookings.book(wish, house.alice)
    it = house.engine.finding.instead(wish, house.alice)
    assert it.times[0] == span("14:35", "15:35")
    assert len(it.times) == 5
    assert {some.length for some in it.times} == {timedelta(hours=1)}
    assert it.shorter == (span("12:35", "13:00"),)
    assert [some.room.id for some in it.rooms] == ["elm"]
    for some in (*it.times[:2], *it.shorter):
        made = house.engine.bookings.book(replace(wish, starts=some.start, ends=some.end), house.alice)
        house.engine.bookings.cancel(made.uid, house.alice)


def test_in_the_past_nothing_is_suggested(sqlite_house: House) -> None:
    wish = Ask(("oak",), at("08:00"), at("09:00"), "x")
    it = sqlite_house.engine.finding.instead(wish, sqlite_house.alice)
    assert all(some.start >= sqlite_house.clock.now() for some in it.times)
    assert (it.shorter, it.rooms) == ((), ())


def test_two_rooms_get_times_at_which_both_are_free(sqlite_house: House) -> None:
    sqlite_house.book("12:00", "13:00")
    sqlite_house.book("13:00", "14:00", room="elm")
    wish = Ask(("oak", "elm"), at("12:00"), at("13:00"), "x")
    it = sqlite_house.engine.finding.instead(wish, sqlite_house.alice)
    assert it.times[:2] == (span("11:00", "12:00"), span("14:00", "15:00"))

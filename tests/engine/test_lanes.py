"""Rooms that take several bookings at once: as many as they have lanes, and not one more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.errors import Refused
from server.core.model import Edit
from server.core.status import State
from tests.make import House, at, codes


def lanes(house: House, count: int, **rules: object) -> None:
    house.engine.rooms.change("oak", CLI, rules={"lanes": count, **rules})


def laid(house: House) -> dict[str, int]:
    """The lane of each booking by its title."""
    with house.store.reading() as tx:
        return dict(tx.rows("SELECT o.title, h.lane FROM hold h JOIN occurrence o ON o.id = h.occurrence_id "
                            "WHERE h.active = 1"))  # fmt: skip


def test_a_room_takes_as_many_as_it_has_lanes(house: House) -> None:
    lanes(house, 3)
    for number in range(3):
        house.book("11:00", "12:00", title=f"t{number}")
    with pytest.raises(Refused) as told:
        house.book("11:30", "12:30")
    assert codes(told.value) == ["clash"] * 3
    house.book("12:00", "13:00")
    assert house.overlaps() == []


def test_a_cancelled_one_gives_its_lane_back(house: House) -> None:
    lanes(house, 2)
    first = house.book("11:00", "12:00", title="a")
    house.book("11:00", "12:00", title="b")
    house.engine.bookings.cancel(first.uid, house.alice)
    house.book("11:00", "12:00", title="c")
    assert laid(house) == {"b": 1, "c": 0}


def test_bookings_change_lanes_to_make_room(house: House) -> None:
    lanes(house, 2)
    house.book("11:00", "12:00", title="a")
    blocker = house.book("11:00", "13:00", title="blocker")
    house.book("12:00", "13:00", title="x")
    house.book("13:00", "14:00", title="y")
    house.engine.bookings.cancel(blocker.uid, house.alice)
    house.book("13:00", "14:00", title="z")
    house.book("11:00", "13:00", title="long")
    assert house.overlaps() == []
    assert len(house.day()) == 5
    with pytest.raises(Refused):
        house.book("12:30", "13:30")


def test_who_is_in_the_way_steps_aside(house: House) -> None:
    lanes(house, 2)
    house.book("11:00", "12:00", title="left")
    aside = house.book("11:30", "12:00", title="aside")
    house.book("12:00", "13:00", title="right")
    house.engine.bookings.change(aside.uid, Edit(starts=at("12:00"), ends=at("13:00")), house.alice)
    house.engine.bookings.cancel(house_uid(house, "right"), house.alice)
    assert laid(house) == {"left": 0, "aside": 1}
    house.book("11:30", "12:30", title="between")
    assert laid(house)["between"] != laid(house)["left"]
    assert house.overlaps() == []


def house_uid(house: House, title: str) -> str:
    with house.store.reading() as tx:
        return str(tx.rows("SELECT uid FROM occurrence WHERE title = ?", (title,))[0][0])


def test_a_moved_booking_finds_another_lane(house: House) -> None:
    lanes(house, 2)
    house.book("11:00", "12:00", title="a")
    moved = house.book("12:00", "13:00", title="b")
    house.engine.bookings.change(moved.uid, Edit(starts=at("11:30"), ends=at("12:30")), house.alice)
    assert laid(house) == {"a": 0, "b": 1}
    house.engine.bookings.change(moved.uid, Edit(starts=at("11:00"), ends=at("12:00")), house.alice)
    assert house.overlaps() == []


def test_the_gap_is_kept_in_each_lane_for_itself(house: House) -> None:
    lanes(house, 2, gap_minutes=15)
    house.book("11:00", "12:00")
    house.book("12:00", "13:00")
    with pytest.raises(Refused) as told:
        house.book("13:00", "14:00") and house.book("13:05", "14:00")
    assert codes(told.value) == ["clash"] or "too_close" in codes(told.value)


def test_a_gap_that_is_missing_in_every_lane_is_named(house: House) -> None:
    lanes(house, 2, gap_minutes=15)
    house.book("11:00", "12:00")
    house.book("11:00", "12:00")
    with pytest.raises(Refused) as told:
        house.book("12:00", "13:00")
    assert codes(told.value) == ["too_close"]
    house.engine.rooms.change("oak", CLI, rules={"off": ("too_close",)})
    house.book("12:00", "13:00")
    assert house.overlaps() == []


def test_a_closure_shuts_all_lanes(house: House) -> None:
    lanes(house, 3)
    house.engine.rooms.close("oak", CLI, at("11:00"), at("12:00"), "Paint")
    with pytest.raises(Refused) as told:
        house.book("11:30", "12:30")
    assert codes(told.value) == ["closed"]


def test_a_closure_stands_in_the_way_also_where_its_rule_is_off(house: House) -> None:
    house.engine.rooms.change("oak", CLI, rules={"off": ("closed",)})
    house.engine.rooms.close("oak", CLI, at("11:00"), at("12:00"), "Paint")
    with pytest.raises(Refused) as told:
        house.book("11:30", "12:30")
    assert codes(told.value) == ["clash"]


def test_fewer_lanes_later_take_nobody_new_until_there_is_room(house: House) -> None:
    lanes(house, 3)
    for number in range(3):
        house.book("11:00", "12:00", title=f"t{number}")
    house.engine.rooms.change("oak", CLI, rules={"lanes": 1}, anyway=True)
    for start, end in (("11:30", "12:30"), ("10:30", "11:30")):
        with pytest.raises(Refused):
            house.book(start, end)
    house.book("12:00", "13:00")
    assert [period for period in house.day() if period[0] == at("11:00")] == [(at("11:00"), at("12:00"))] * 3


def test_a_series_goes_through_the_lanes(house: House) -> None:
    lanes(house, 2)
    first = house.recur("11:00", "12:00", title="one")
    second = house.recur("11:30", "12:30", title="two")
    assert (first.made, second.made) == (4, 4)
    with pytest.raises(Refused):
        house.recur("11:45", "12:15")
    skipped = house.recur("11:45", "12:15", "FREQ=DAILY;COUNT=8", skip=True)
    assert (skipped.made, len(skipped.left_out)) == (6, 2)
    house.engine.series.change(
        second.series.uid, Edit(starts=at("11:00"), ends=at("12:00")), house.alice, following=False
    )
    assert house.overlaps() == []


def test_a_room_is_busy_when_its_last_lane_is_taken(house: House) -> None:
    lanes(house, 2)
    house.book("10:00", "12:00", title="a")
    found = house.engine.rooms.now("oak", CLI).status
    assert (found.state, found.until) == (State.FREE, None)
    late = house.book("10:00", "11:00", title="b")
    found = house.engine.rooms.now("oak", CLI).status
    assert (found.state, found.until, found.current) == (State.BUSY, at("11:00"), late)
    house.book("11:30", "12:30", title="c")
    house.clock.set("11:00")
    found = house.engine.rooms.now("oak", CLI).status
    assert (found.state, found.until) == (State.FREE, at("11:30"))


def test_lists_show_all_lanes_in_pages(sqlite_house: House) -> None:
    lanes(sqlite_house, 3)
    made = [sqlite_house.book(f"{11 + number // 3}:00", "14:00", title=str(number)) for number in range(3)]
    made += [sqlite_house.book("14:00", "15:00", title=str(number)) for number in (3, 4)]
    seen, after = [], None
    while page := sqlite_house.engine.bookings.between("oak", CLI, None, after=after, limit=2):
        seen += page
        after = (int(page[-1].starts.timestamp()), page[-1].id)
    assert [it.uid for it in seen] == [it.uid for it in made]


def test_an_extension_changes_lanes_too(house: House) -> None:
    lanes(house, 2)
    running = house.book("10:00", "11:00", title="running")
    house.book("10:00", "12:00", title="other")
    house.book("11:00", "12:00", title="next")
    with pytest.raises(Refused):
        house.engine.presence.extend(running.uid, house.alice, minutes=30)
    house.engine.bookings.cancel(house_uid(house, "other"), house.alice)
    longer = house.engine.presence.extend(running.uid, house.alice, minutes=30)
    assert longer.ends == replace(running, ends=at("11:00") + timedelta(minutes=30)).ends
    assert house.overlaps() == []

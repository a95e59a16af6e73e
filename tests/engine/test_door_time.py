"""Bookings into time that doors own: had by asking, refused in words, or made at risk; never both."""

from datetime import timedelta

import pytest

from server.core.access import CLI
from server.core.clock import epoch
from server.core.errors import Objection, Refused
from server.core.model import Booking, Edit, Standing
from server.core.stretches import covers, touches
from server.engine.closures import ClosureAsk
from server.engine.tapping import Act
from server.store import bookings
from tests.engine.doors import Door
from tests.make import House, ask, at, codes, span


def standing(house: House, it: Booking) -> Standing:
    with house.store.reading() as tx:
        found = bookings.by_uid(tx, it.uid)
    assert found is not None
    return found.standing


def held(house: House) -> list[tuple[int, int]]:
    """What bookings and closures hold."""
    with house.store.reading() as tx:
        rows = tx.rows("SELECT held_from, held_to FROM hold WHERE active = 1 AND grant_id IS NULL ORDER BY held_from")
    return [(start, end) for start, end in rows]


def owns(door: Door, start: str, end: str) -> bool:
    return touches(door.owned.times, epoch(at(start)), epoch(at(end)))


def test_a_door_that_answers_gives_its_time_to_who_books_it(house: House) -> None:
    door = Door(house, live=True)
    assert covers(door.owned.times, epoch(at("10:00")), epoch(at("12:00")))
    made = house.book("11:00", "11:30")
    assert made.standing is Standing.ACCEPTED
    assert not owns(door, "11:00", "11:30")
    assert owns(door, "10:00", "11:00")
    assert house.overlaps() == []


def test_the_time_of_a_silent_door_is_refused_and_says_why(house: House) -> None:
    door = Door(house)
    door.silent()
    with pytest.raises(Refused) as no:
        house.book("11:00", "11:30")
    assert no.value.objections == (Objection("door_silent", "oak"),)
    assert [(it.uid, it.device) for it in no.value.conflicts] == [(None, door.device.number)]
    assert house.day() == []


def test_what_else_is_in_the_way_is_said_and_no_door_is_asked(house: House) -> None:
    house.book("11:00", "11:30")
    door = Door(house, live=True)
    with pytest.raises(Refused) as no:
        house.book("11:15", "11:45")
    assert (codes(no.value), [it.device for it in no.value.conflicts]) == (["clash"], [None])
    assert door.asked == 0


def test_who_says_so_books_a_silent_doors_time_at_risk(house: House) -> None:
    door = Door(house)
    door.silent()
    made = house.book("11:00", "11:30", at_risk=True)
    assert made.standing is Standing.AT_RISK
    assert held(house) == [], "it holds nothing"
    for by in (house.alice, house.bob):
        for risky in (False, True):
            with pytest.raises(Refused) as no:
                house.book("11:15", "11:45", by=by, at_risk=risky)
            assert [it.uid for it in no.value.conflicts] == [made.uid]
    assert house.changes()[-1] == "booked"


def test_the_doors_next_word_makes_it_certain(house: House) -> None:
    door = Door(house)
    door.silent()
    made = house.book("11:00", "11:30", at_risk=True)
    door.say()
    assert standing(house, made) is Standing.AT_RISK, "it was told, and may not have it on its card yet"
    door.say()
    assert standing(house, made) is Standing.ACCEPTED
    assert house.changes()[-1] == "assured"
    assert held(house) == [(epoch(made.starts), epoch(made.ends))]
    assert not owns(door, "11:00", "11:30")


def test_a_booking_at_risk_is_certain_when_nothing_of_it_is_a_doors(house: House) -> None:
    Door(house)
    assert house.book("16:00", "17:00", at_risk=True).standing is Standing.ACCEPTED


def test_a_door_that_answers_makes_who_would_take_a_risk_certain(house: House) -> None:
    Door(house, live=True)
    assert house.book("11:00", "11:30", at_risk=True).standing is Standing.ACCEPTED


def test_a_panel_books_in_its_own_time_and_asks_nobody(house: House) -> None:
    door = Door(house)
    made = house.engine.bookings.book(ask("10:00", "10:30"), door.actor, walk_in=True)
    assert made.standing is Standing.ACCEPTED
    longer = house.engine.presence.extend(made.uid, door.actor, minutes=15)
    house.engine.presence.end(longer.uid, door.actor)
    assert house.overlaps() == []
    with house.store.reading() as tx:
        rows = tx.rows("SELECT min(held_from), max(held_to) FROM hold WHERE grant_id IS NOT NULL")
    assert rows[0] == (epoch(at("10:00")) + 1, epoch(at("12:15"))), "what is given up is the door's again"


def test_another_panel_of_the_room_has_to_ask(house: House) -> None:
    door = Door(house, live=True)
    _, _, other = house.panel()
    house.engine.bookings.book(ask("10:00", "10:30"), other, walk_in=True)
    assert door.asked


def test_who_stands_at_a_second_panel_is_not_sent_away_because_the_first_cannot_be_asked(house: House) -> None:
    first = Door(house)
    first.silent()
    _, _, second = house.panel("oak")
    now = house.clock.now()
    act = Act("op-at-the-second", "book", "oak", now + timedelta(seconds=30), minutes=30)
    made = house.engine.devices.act(act, second)
    assert (made.standing, made.starts) == (Standing.AT_RISK, now)
    first.say()
    first.say()
    assert house.engine.bookings.get(made.uid, house.ada).standing is Standing.ACCEPTED


def test_a_booking_at_risk_is_cancelled_and_moved_like_any(house: House) -> None:
    door = Door(house)
    door.silent()
    one, two = house.book("11:00", "11:30", at_risk=True), house.book("11:30", "12:00", at_risk=True)
    assert house.engine.bookings.cancel(one.uid, house.alice).standing is Standing.CANCELLED
    still = house.engine.bookings.change(two.uid, Edit(ends=at("12:10")), house.alice)
    assert (still.standing, still.ends) == (Standing.AT_RISK, at("12:10"))
    moved = house.engine.bookings.change(two.uid, Edit(starts=at("15:00"), ends=at("16:00")), house.alice)
    assert moved.standing is Standing.ACCEPTED
    named = house.book("11:00", "11:30", at_risk=True)
    assert house.engine.bookings.change(named.uid, Edit(title="Talk"), house.alice).standing is Standing.AT_RISK


def test_nobody_checks_in_to_what_is_not_certain(house: House) -> None:
    door = Door(house)
    door.silent()
    house.policy(check_in=True)
    made = house.book("10:15", "10:45", at_risk=True)
    house.clock.set("10:15")
    with pytest.raises(Refused) as no:
        house.engine.presence.check_in(made.uid, house.alice)
    assert codes(no.value) == ["not_certain"]


def test_a_preview_asks_no_door_and_says_what_would_be(house: House) -> None:
    door = Door(house)
    wish = ask("11:00", "11:30")
    assert house.engine.bookings.book(wish, house.alice, preview=True).standing is Standing.ACCEPTED
    assert door.owned.version == 1
    door.silent()
    with pytest.raises(Refused):
        house.engine.bookings.book(wish, house.alice, preview=True)
    risky = ask("11:00", "11:30", at_risk=True)
    assert house.engine.bookings.book(risky, house.alice, preview=True).standing is Standing.AT_RISK
    assert (house.day(), house.overlaps()) == ([], [])


def test_the_doors_of_several_rooms_are_asked_at_once(house: House) -> None:
    doors = Door(house, live=True), Door(house, "elm", live=True)
    done = house.recur("10:30", "10:45", rooms=("oak", "elm"))
    assert (done.made, [door.asked for door in doors]) == (4, [1, 1])
    assert house.overlaps() == []


def test_a_series_over_a_silent_door_is_refused_skips_the_date_or_has_it_at_risk(house: House) -> None:
    door = Door(house)
    door.silent()
    with pytest.raises(Refused) as no:
        house.recur("11:00", "11:30")
    assert codes(no.value) == ["door_silent", "clash"]
    skipped = house.recur("11:00", "11:30", skip=True)
    assert (skipped.made, [it.codes for it in skipped.left_out]) == (3, [("door_silent",)])
    risky = house.recur("10:30", "10:45", at_risk=True)
    assert (risky.made, risky.first.standing) == (4, Standing.AT_RISK)
    assert house.overlaps() == []


def test_a_closure_counts_at_once_whatever_a_door_owns(house: House) -> None:
    door = Door(house)
    door.silent()
    risky = house.book("11:30", "11:45", at_risk=True)
    with pytest.raises(Refused) as no:
        house.engine.rooms.close("oak", CLI, at("11:00"), at("12:00"), "Flood")
    assert [it.uid for it in no.value.conflicts] == [risky.uid]
    house.engine.bookings.cancel(risky.uid, house.alice)
    house.engine.rooms.close("oak", CLI, at("11:00"), at("12:00"), "Flood")
    assert house.overlaps() == []
    with house.store.reading() as tx:
        rows = tx.rows("SELECT held_from, held_to FROM hold WHERE grant_id IS NOT NULL ORDER BY held_from")
    low, high = epoch(at("11:00")), epoch(at("12:00"))
    assert all(end <= low or start >= high for start, end in rows)


def test_a_door_that_answers_gives_time_for_what_is_changed_extended_and_put_back(house: House) -> None:
    door = Door(house, live=True)
    made = house.book("10:00", "10:30", key="k")
    made = house.engine.bookings.change(made.uid, Edit(starts=at("10:15"), ends=at("10:45")), house.alice)
    house.clock.set("10:20")
    door.say()
    made = house.engine.presence.extend(made.uid, house.alice, minutes=15, key="e")
    assert made.ends == at("11:00")
    house.engine.presence.end(made.uid, house.alice, key="x")
    door.say()
    door.say()
    back = house.engine.presence.undo("x", house.alice)
    assert (back.ends, house.overlaps()) == (at("11:00"), [])


def test_a_search_counts_a_doors_time_as_free_while_it_can_be_asked(house: House) -> None:
    door = Door(house)
    wish = span("11:00", "12:00")
    assert [it.room.id for it in house.engine.finding.free(house.alice, wish).whole] == ["oak", "elm"]
    door.silent(31)
    house.book("10:00", "10:10", room="elm")
    found = house.engine.finding.free(house.alice, wish)
    assert [it.room.id for it in found.whole] == ["elm"]
    before = house.engine.finding.free(house.alice, span("12:00", "13:00"))
    assert [it.room.id for it in before.whole] == ["elm"]


ONE = "room,title,start,end,uid\noak,Talk,2026-06-15 11:00,2026-06-15 11:30,u-1\n"
FILE = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x\r\nBEGIN:VEVENT\r\nUID:f-1\r\nDTSTAMP:20260601T000000Z\r\n"
    b"DTSTART:20260615T090000Z\r\nDTEND:20260615T093000Z\r\nSUMMARY:Talk\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def _moved_here(house: House) -> object:
    made = house.book("15:00", "15:30")
    return house.engine.bookings.change(made.uid, Edit(starts=at("11:00"), ends=at("11:30")), house.alice)


def _series_moved_here(house: House) -> object:
    done = house.recur("15:00", "15:30")
    edit = Edit(starts=at("11:00"), ends=at("11:30"))
    return house.engine.series.change(done.series.uid, edit, house.alice, following=False)


WRITES = {
    "booking": lambda house: house.book("11:00", "11:30"),
    "series": lambda house: house.recur("11:00", "11:30"),
    "several rooms": lambda house: house.recur("11:00", "11:30", rooms=("elm", "oak")),
    "change": _moved_here,
    "series change": _series_moved_here,
    "rows": lambda house: house.engine.imports.bookings(ONE.encode(), CLI),
    "calendar": lambda house: house.engine.calendar_files.take(FILE, "oak", CLI),
    "closure": lambda house: house.engine.rooms.close("oak", CLI, at("11:00"), at("11:30"), "Flood"),
    "closing": lambda house: house.engine.closures.add(
        ClosureAsk(at("11:00"), at("11:30"), "Flood", ("oak",), conflicts="bump"), CLI
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(WRITES))
def test_whoever_writes_into_a_live_doors_time_has_it(house: House, what: str) -> None:
    Door(house, live=True)
    WRITES[what](house)
    assert any(start < epoch(at("11:30")) and end > epoch(at("11:00")) for start, end in held(house))
    assert house.overlaps() == []


@pytest.mark.parametrize("what", sorted(WRITES))
def test_whoever_writes_into_a_silent_doors_time_hears_it_in_the_houses_words(house: House, what: str) -> None:
    """Never in the database's; staff's word about a room counts whatever a door owns."""
    Door(house).silent()
    if what.startswith("clos"):
        WRITES[what](house)
    elif what in ("rows", "calendar"):
        assert "door_silent" in str(WRITES[what](house))
    else:
        with pytest.raises(Refused, match="door_silent"):
            WRITES[what](house)
    assert house.overlaps() == []


def test_a_closure_that_bumps_takes_back_what_is_at_risk(house: House) -> None:
    Door(house).silent()
    risky = house.book("11:00", "11:30", at_risk=True)
    WRITES["closing"](house)
    assert standing(house, risky) is Standing.CANCELLED

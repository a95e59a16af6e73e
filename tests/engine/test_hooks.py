"""Who hears of what: one message for each act and booking, as far as the hook may read."""

import json
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, Unknown
from server.core.hook_events import BOOKINGS, SERIES, Event, types
from server.core.house import Right
from server.core.model import Details, Edit
from server.core.people import Account, Role
from server.engine import engine_of, links
from server.engine.hooks import HookTerms
from server.store.database import Note
from tests.engine.heard import ears, hook, kinds, person, plain, told
from tests.make import House, at


def test_one_message_for_each_act_and_booking(house: House) -> None:
    it = hook(ears(house), "booking.*", "series.*")
    booked = house.book("11:00", "12:00")
    house.engine.bookings.change(booked.uid, Edit(title="Other"), house.alice)
    house.engine.presence.extend(booked.uid, house.alice, minutes=15)
    house.clock.set("11:05")
    house.engine.presence.check_in(booked.uid, house.alice)
    house.engine.presence.end(booked.uid, house.alice)
    other = house.book("13:00", "14:00")
    house.engine.bookings.cancel(other.uid, house.alice)
    assert kinds(house, it) == [
        "booking.created", "booking.updated", "booking.extended", "booking.started", "booking.ended",
        "booking.created", "booking.cancelled",
    ]  # fmt: skip


def test_what_one_act_does_to_a_hundred_dates_is_one_message_about_the_series(house: House) -> None:
    it = hook(ears(house))
    done = house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=100")
    assert [(type_, data["count"]) for type_, data in told(house, it)] == [("series.created", 100)]
    house.engine.series.cancel(done.series.uid, house.alice, following=False)
    assert kinds(house, it)[1:] == ["series.cancelled"]


def test_a_date_of_a_series_alone_is_a_booking(house: House) -> None:
    it = hook(ears(house))
    done = house.recur("11:00", "12:00")
    house.engine.bookings.cancel(done.first.uid, house.alice)
    assert kinds(house, it) == ["series.created", "booking.cancelled"]


def test_a_booking_of_a_combined_room_is_told_once(house: House) -> None:
    from tests.make import room

    house.engine.rooms.add(room("hall", parts=(house.oak.number, house.elm.number)), CLI)
    it = hook(ears(house), "booking.*")
    house.book("11:00", "12:00", room="hall")
    assert kinds(house, it) == ["booking.created"]


def test_approval_is_told_as_confirmed_or_declined(house: House) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    it = hook(ears(house), "booking.*")
    yes, no = house.book("11:00", "12:00"), house.book("13:00", "14:00")
    house.engine.bookings.approve(yes.uid, house.ada)
    house.engine.bookings.decline(no.uid, house.ada)
    assert kinds(house, it) == ["booking.created"] * 2 + ["booking.confirmed", "booking.declined"]


def test_rooms_people_and_panels_are_told_by_number_alone(house: House) -> None:
    it = hook(ears(house))
    someone, _ = person(house, "zoe")
    house.engine.people.change(someone.number, CLI, phone="+49 30 1")
    house.engine.leaving.erase(someone.number, CLI)
    house.panel()
    house.engine.rooms.close("oak", CLI, at("15:00"), at("16:00"), "Painting")
    found = told(house, it)
    assert [type_ for type_, _ in found] == [
        "person.created", "person.updated", "person.updated", "person.erased", "device.created", "room.closed",
    ]  # fmt: skip
    assert "zoe" not in json.dumps(found).casefold()
    assert "Painting" not in json.dumps(found)


def test_a_file_of_people_is_told_once_beside_each_and_voices_of_the_house_hear_who_they_are(house: House) -> None:
    def voice(event: Event) -> tuple[str, dict[str, Any]]:
        return event.type, {"email": event.person.email if event.person else "", **event.more}

    house.engine = engine_of(house.store, house.clock, hooks=HookTerms(voices={"roomvox": voice}))
    house.engine.outbox.begin()
    it, oak = hook(house, "person.*"), hook(house, rooms=("oak",))
    house.engine.people_files.take(b"email\nann@example.org\nbo@example.org\n", CLI)
    ann = house.engine.people.find("ann@example.org", CLI)
    house.engine.leaving.erase(ann.number, CLI)
    found = told(house, it)
    assert [(type_, data["email"]) for type_, data in found] == [
        ("person.created", ""), ("person.created", "bo@example.org"), ("person.imported", ""), ("person.updated", ""),
        ("person.erased", ""),
    ]  # fmt: skip
    assert {name: found[2][1][name] for name in ("created", "updated", "left")} == {
        "created": 2, "updated": 0, "left": 0,
    }  # fmt: skip
    assert told(house, oak) == []


def test_only_what_fits_the_patterns_is_queued(house: House) -> None:
    it = hook(ears(house), "booking.cancelled", "room.*")
    booked = house.book("11:00", "12:00")
    house.engine.bookings.cancel(booked.uid, house.alice)
    assert kinds(house, it) == ["booking.cancelled"]


def test_a_hook_of_some_rooms_hears_of_these_alone(house: House) -> None:
    ears(house)
    elm, oak = hook(house, rooms=("elm",)), hook(house, rooms=("oak",))
    house.book("11:00", "12:00")
    house.book("11:00", "12:00", room="elm")
    house.book("12:00", "13:00", room="elm")
    person(house, "zoe")
    house.panel()
    assert kinds(house, oak) == ["booking.created"]
    assert kinds(house, elm) == ["booking.created"] * 2


def test_a_private_booking_is_a_time_to_hooks_of_rooms_and_told_to_those_of_the_house(house: House) -> None:
    ears(house)
    oak, whole = hook(house, rooms=("oak",)), hook(house)
    house.book("11:00", "12:00", title="Merger", details=Details(privacy="private"))
    house.book("13:00", "14:00", title="Lunch")
    assert [(data["title"], data["host"]) for _, data in told(house, oak)] == [("", ""), ("Lunch", "Alice Adams")]
    assert [data["title"] for _, data in told(house, whole)] == ["Merger", "Lunch"]


def test_somebodys_hook_hears_what_they_may_see_and_nothing_once_they_have_left(house: House) -> None:
    someone, _ = person(house, "mia")
    house.engine.rights.give(Right(0, "person", someone.number, "manage", room=house.oak.number), CLI)
    ears(house)
    with house.store.reading() as tx:
        mia = house.engine.rights.actor(tx, someone)
    assert mia is not None
    with pytest.raises(Barred):
        hook(house, by=mia)
    with pytest.raises((Barred, Unknown)):
        hook(house, by=mia, rooms=("elm",))
    it = hook(house, by=mia, rooms=("oak",))
    house.book("11:00", "12:00", title="Ours")
    assert [data["title"] for _, data in told(house, it)] == ["Ours"]
    house.engine.people.change(someone.number, CLI, account=Account.INACTIVE)
    house.book("13:00", "14:00")
    assert len(told(house, it)) == 1


def test_who_may_have_hooks_sees_and_changes_only_their_own(house: House) -> None:
    ears(house)
    mine = Actor("token:9", "admin", frozenset({house.oak.number}), "roomvox", "oak key")
    whole, oak = hook(house), hook(house, rooms=("oak",))
    assert [it.hook.id for it in house.engine.hooks.all(mine)] == [oak.id]
    for act in ("rotate", "pause", "resume", "remove", "deliveries", "replay", "test", "find"):
        with pytest.raises(Unknown):
            getattr(house.engine.hooks, act)(whole.id, mine)
    with pytest.raises(Barred):
        house.engine.hooks.change(oak.id, mine, rooms=())
    for actor in (house.alice, house.rita):
        with pytest.raises(Barred):
            house.engine.hooks.all(actor)


def test_a_key_of_one_room_does_not_open_the_hooks_of_the_house_that_its_person_made(house: House) -> None:
    ears(house)
    someone, staff = person(house, "sam", Role.STAFF)
    whole, oak = hook(house, by=staff), hook(house, by=staff, rooms=("oak",))
    with house.store.reading() as tx:
        key = house.engine.rights.actor(tx, someone, rooms=frozenset({house.oak.number}))
    assert key is not None
    assert [it.hook.id for it in house.engine.hooks.all(key)] == [oak.id]
    with pytest.raises(Unknown):
        house.engine.hooks.change(whole.id, key, url="https://192.88.98.9/theirs")
    assert len(house.engine.hooks.all(staff)) == 2


def test_whatever_is_told_has_a_type_that_is_listed(house: House) -> None:
    it = hook(ears(house))
    house.recur("11:00", "12:00")
    house.book("15:00", "16:00")
    house.panel()
    assert set(kinds(house, it)) <= set(types())


def test_a_hook_hears_of_nothing_that_was_before_it(house: House) -> None:
    ears(house)
    house.book("11:00", "12:00")
    it = hook(house)
    house.book("13:00", "14:00")
    assert kinds(house, it) == ["booking.created"]


@pytest.mark.parametrize("what", sorted(BOOKINGS | SERIES))
def test_every_change_of_a_booking_is_told_by_its_name(sqlite_house: House, what: str) -> None:
    house = sqlite_house
    booked = house.recur("11:00", "12:00").first if what in SERIES else house.book("11:00", "12:00")
    terms = HookTerms(voices={"roomvox": plain}, base="https://rooms.example")
    house.engine = engine_of(house.store, house.clock, hooks=terms)
    house.engine.outbox.begin()
    it, now = hook(house), house.clock.now()
    note = Note(now, what, house.oak.number, booked.id, "sweep", codes=("5",))
    house.store.writing(lambda tx: tx.note(note))
    ((type_, data),) = told(house, it)
    usual = f"series.{SERIES[what]}" if what in SERIES else f"booking.{BOOKINGS[what]}"
    assert type_ == ("booking.updated" if what == "bumped" else usual)  # it stands, so it was only cut short
    assert (data["uid"], data["what"]) == (booked.uid, what)
    if type_ == "booking.reminder":
        assert (data["minutes"], data["before"]) == (5, what.removeprefix("reminded_"))
    asked = type_ in ("booking.release_warned", "booking.here_asked")
    assert ("weAreHere" in data) is asked
    if asked:
        secret = data["weAreHere"].removeprefix("https://rooms.example/answer/")
        with house.store.reading() as tx:
            assert links.find(tx, secret, now).booking == booked.id


def test_another_dialect_tells_in_its_own_words_and_is_asked_for_by_them(house: House) -> None:
    def other(event: Event) -> tuple[str, dict[str, Any]] | None:
        kind, _, word = event.type.partition(".")
        return (f"meeting.{word}", {"count": event.count}) if kind in ("booking", "series") else None

    terms = HookTerms(
        voices={"roomvox": plain, "other": other}, types={"other": lambda: frozenset({"meeting.created"})}
    )
    house.engine = engine_of(house.store, house.clock, hooks=terms)
    house.engine.outbox.begin()
    it = hook(house, "meeting.created", dialect="other")
    for pattern in ("booking.*", "meeting.creatd"):
        with pytest.raises(Invalid):
            hook(house, pattern, dialect="other")
    with pytest.raises(Invalid):
        hook(house, dialect="nobody's")
    booked = house.book("11:00", "12:00")
    house.engine.bookings.cancel(booked.uid, house.alice)
    house.panel()
    assert kinds(house, it) == ["meeting.created"]

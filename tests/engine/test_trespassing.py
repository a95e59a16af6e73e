"""What people try who want more than is theirs: to read, to book, to manage, or to pay less."""

from dataclasses import replace

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Refused, Unknown
from server.core.house import Right
from server.core.model import Attendee, Details, Edit, Standing
from server.core.people import Group, Role
from server.core.places import Quota
from server.engine.identities import Terms, Told
from tests import make
from tests.engine.everything import credited, credits_of
from tests.make import House, at, codes, span
from tests.people import key_of, someone

NOBODY = {"organizer": "", "organizer_email": ""}


def only(house: House, who: make.Any, level: str, *rooms: make.Room) -> None:
    """Everybody may nothing in Oak and Elm; they have this level in these rooms."""
    for slug in ("oak", "elm"):
        house.engine.rooms.change(slug, CLI, rules={"members": "none"}, anyway=True)
    for room in rooms:
        house.engine.rights.give(Right(0, "person", who.person.number, level, room=room.number), CLI)


def test_a_refusal_does_not_tell_a_stranger_who_is_there(sqlite_house: House) -> None:
    house = sqlite_house
    alice, bob = someone(house, "alice"), someone(house, "bob")
    house.book("11:00", "12:00", by=alice.actor, **NOBODY)
    house.book("12:00", "13:00", by=alice.actor, details=Details(privacy="private"), **NOBODY)
    house.policy(phone_host="hidden")
    with pytest.raises(Refused) as told:
        house.book("11:30", "12:30", by=bob.actor, **NOBODY)
    assert [it.organizer for it in told.value.conflicts] == ["", ""]
    with pytest.raises(Refused) as told:
        house.recur("11:30", "11:45", by=bob.actor, **NOBODY)
    assert [it.organizer for it in told.value.conflicts] == [""]
    with pytest.raises(Refused) as told:
        house.book("11:30", "12:30", by=alice.actor, **NOBODY)
    assert [it.organizer for it in told.value.conflicts] == ["Alice Nobody"] * 2


def test_what_was_given_back_and_spent_is_not_taken_back_without_paying(sqlite_house: House) -> None:
    house = sqlite_house
    alice = someone(house, "alice")
    credited(house, alice.person.number, 200)
    house.policy(credits=100)
    it = house.book("11:00", "13:00", by=alice.actor, **NOBODY)
    assert credits_of(house, alice.person.number) == 0
    house.engine.bookings.change(it.uid, Edit(ends=at("12:00")), alice.actor, key="shorter")
    house.book("14:00", "15:00", by=alice.actor, **NOBODY)
    with pytest.raises(Refused) as told:
        house.engine.presence.undo("shorter", alice.actor)
    assert codes(told.value) == ["too_few_credits"]
    assert credits_of(house, alice.person.number) == 0


def test_nor_without_quota(sqlite_house: House) -> None:
    house = sqlite_house
    house.engine.catalogue.add(Quota(0, "two hours", "minutes", "day", 120), CLI)
    alice = someone(house, "alice")
    it = house.book("11:00", "13:00", by=alice.actor, **NOBODY)
    house.engine.bookings.change(it.uid, Edit(ends=at("12:00")), alice.actor, key="shorter")
    house.book("14:00", "15:00", by=alice.actor, **NOBODY)
    with pytest.raises(Refused) as told:
        house.engine.presence.undo("shorter", alice.actor)
    assert codes(told.value) == ["over_quota"]


def test_a_key_that_only_reads_does_not_join_or_answer(sqlite_house: House) -> None:
    house = sqlite_house
    bob = someone(house, "bob")
    reading = house.engine.tokens.actor(key_of(house, bob.person, "read"))
    asked = Details(joinable=True, attendees=(Attendee("invitee", bob.person.number),))
    it = house.book("11:00", "12:00", details=asked)
    for act in (
        lambda: house.engine.participation.join(it.uid, reading),
        lambda: house.engine.participation.leave(it.uid, reading),
        lambda: house.engine.participation.answer(it.uid, reading, accept=True),
    ):
        with pytest.raises(Barred):
            act()


def test_who_manages_a_room_does_not_make_others_parts_of_it(sqlite_house: House) -> None:
    house = sqlite_house
    house.engine.rooms.add(make.room("hall"), CLI)
    hall = house.engine.rooms.get("hall", CLI)
    mia = someone(house, "mia")
    only(house, mia, "manage", hall)
    with pytest.raises(Barred):
        house.engine.rooms.change("hall", mia.actor, parts=(house.oak.number,))
    house.engine.rooms.change("hall", CLI, parts=(house.oak.number,))
    with pytest.raises(Barred):
        house.engine.rooms.change("hall", mia.actor, parts=())
    house.engine.rooms.change("hall", mia.actor, parts=(house.oak.number,), name="Hall")
    house.engine.rights.give(Right(0, "person", mia.person.number, "manage", room=house.oak.number), CLI)
    assert house.engine.rooms.change("hall", mia.actor, parts=()).parts == ()


def test_the_keys_of_the_house_are_not_for_staff(sqlite_house: House) -> None:
    house = sqlite_house
    sam, root = someone(house, "sam", Role.STAFF), someone(house, "root", Role.ADMIN)
    token, _ = house.engine.tokens.create("panel", "read", CLI)
    with pytest.raises(Barred):
        house.engine.tokens.all(sam.actor)
    with pytest.raises(Barred):
        house.engine.tokens.revoke(token.id, sam.actor)
    assert token.id in [it.id for it in house.engine.tokens.all(root.actor)]
    assert house.engine.tokens.revoke(token.id, root.actor).revoked_at is not None


def test_whoever_sees_the_whole_does_not_read_what_is_in_its_parts(sqlite_house: House) -> None:
    house = sqlite_house
    house.engine.rooms.add(make.room("hall"), CLI)
    hall = house.engine.rooms.change("hall", CLI, parts=(house.oak.number, house.elm.number))
    eve = someone(house, "eve")
    only(house, eve, "see", hall)
    house.policy("hall", phone_host="full", phone_title=True)
    house.policy("oak", phone_host="hidden", phone_title=False)
    house.book("11:00", "12:00", title="Secret")
    bound = replace(house.rita, rooms=frozenset({hall.number}))
    house.book("14:00", "15:00", room="hall", title="Whole")
    for who, whole in ((eve.actor, "Whole"), (bound, "Whole"), (house.rita, "Whole")):
        part = "Secret" if who is house.rita else ""
        listed = house.engine.bookings.between("hall", who, span("00:00", "24:00"))
        assert [it.title for it in listed] == [part, whole]
        assert [it.title for it in house.engine.rooms.now("hall", who).today] == [part, whole]


def test_an_offer_is_not_accepted_by_a_key_that_is_not_for_the_room(sqlite_house: House) -> None:
    house = sqlite_house
    house.policy(waiting=True, offer_minutes=30)
    anna = someone(house, "anna")
    made = house.book("12:00", "13:00")
    house.engine.waiting.join(("oak",), at("12:00"), at("13:00"), "Retro", anna.actor)
    house.engine.bookings.cancel(made.uid, house.alice)
    house.engine.waiting.run()
    (it,) = house.engine.waiting.mine(anna.actor)
    other = house.engine.tokens.actor(key_of(house, anna.person, "book", house.elm.number))
    with pytest.raises(Barred):
        house.engine.waiting.accept(it.number, other)
    only(house, anna, "see", house.oak)
    with pytest.raises(Barred):
        house.engine.waiting.accept(it.number, anna.actor)


def test_nobody_makes_a_booking_over_to_the_one_it_is_for(sqlite_house: House) -> None:
    house = sqlite_house
    alice, bob = someone(house, "alice"), someone(house, "bob")
    it = house.book("11:00", "12:00", owner=alice.person.number, details=Details(booked_for=bob.person.number))
    with pytest.raises(Barred):
        house.engine.bookings.change(it.uid, Edit(owner=bob.person.number), alice.actor)
    taken = house.engine.bookings.change(it.uid, Edit(owner=bob.person.number), bob.actor)
    assert taken.owner == bob.person.number


def test_a_file_of_bookings_tells_no_more_than_the_list(sqlite_house: House) -> None:
    house = sqlite_house
    mia = someone(house, "mia")
    only(house, mia, "manage", house.oak)
    wish = make.ask("11:00", "12:00", title="Secret", description="Plans")
    house.engine.bookings.book(replace(wish, rooms=("oak", "elm")), house.alice)
    house.book("12:00", "13:00", title="Open")
    text = "".join(house.engine.exports.bookings(mia.actor, None))
    assert "Open" in text
    assert "Secret" not in text
    assert "Plans" not in text
    assert "Secret" in "".join(house.engine.exports.bookings(CLI, None))


def test_no_date_of_a_series_is_granted_by_its_owner(sqlite_house: House) -> None:
    house = sqlite_house
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    sam, bob = someone(house, "sam", Role.STAFF), someone(house, "bob")
    weekly = house.recur("14:00", "15:00", owner=sam.person.number)
    house.engine.bookings.change(weekly.first.uid, Edit(owner=bob.person.number), house.alice)
    with pytest.raises(Barred):
        house.engine.series.answer(weekly.series.uid, sam.actor, accept=True)


def test_a_booking_given_to_somebody_counts_for_their_quota(sqlite_house: House) -> None:
    house = sqlite_house
    house.engine.catalogue.add(Quota(0, "an hour", "minutes", "day", 60), CLI)
    alice, bob = someone(house, "alice"), someone(house, "bob")
    it = house.book("11:00", "12:00", owner=alice.person.number, **NOBODY)
    house.book("14:00", "15:00", by=bob.actor, **NOBODY)
    for edit in (Edit(owner=bob.person.number), Edit(owner=bob.person.number, ends=at("11:45"))):
        with pytest.raises(Refused) as told:
            house.engine.bookings.change(it.uid, edit, house.alice)
        assert codes(told.value) == ["over_quota"]
    assert house.engine.bookings.get(it.uid, CLI).standing is Standing.ACCEPTED


def test_a_series_is_no_way_round_the_notice_for_cancelling(sqlite_house: House) -> None:
    house = sqlite_house
    alice = someone(house, "alice")
    house.policy(notice_cancel_minutes=120)
    weekly = house.recur("11:00", "12:00", by=alice.actor, **NOBODY)
    uid, second = weekly.series.uid, at("11:00", 7)
    for act in (
        lambda: house.engine.series.cancel(uid, alice.actor, following=False),
        lambda: house.engine.series.cancel(uid, alice.actor, following=True, at=at("11:00")),
        lambda: house.engine.series.change(
            uid, Edit(), alice.actor, following=False, lines=("FREQ=WEEKLY;BYDAY=TU;COUNT=4",), keep_first=False
        ),
    ):
        with pytest.raises(Refused) as told:
            act()
        assert ("too_late_to_cancel", at("11:00")) in [(it.code, it.at) for it in told.value.objections]
    assert house.engine.series.cancel(uid, alice.actor, following=True, at=second).cancelled == 3
    assert house.day() == [(at("11:00"), at("12:00"))]


def test_nor_round_the_words_that_a_room_asks_for(sqlite_house: House) -> None:
    house = sqlite_house
    alice = someone(house, "alice")
    house.policy(description_needed=True)
    weekly = house.recur("11:00", "12:00", by=alice.actor, description="Why", **NOBODY)
    other = house.book("14:00", "15:00", by=alice.actor, description="Why", **NOBODY)
    for ends in (None, at("12:30")):
        edit = Edit(description="", ends=ends)
        with pytest.raises(Refused) as told:
            house.engine.series.change(weekly.series.uid, edit, alice.actor, following=False)
        assert set(codes(told.value)) == {"description_missing"}
        edit = Edit(description="", ends=ends and at("15:30"))
        with pytest.raises(Refused) as told:
            house.engine.bookings.change(other.uid, edit, alice.actor)
        assert codes(told.value) == ["description_missing"]


def test_dates_that_wait_for_approval_are_not_outvoted(sqlite_house: House) -> None:
    house = sqlite_house
    alice = someone(house, "alice")
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    weekly = house.recur("11:00", "12:00", "FREQ=WEEKLY;COUNT=90", by=alice.actor, **NOBODY)
    house.engine.series.answer(weekly.series.uid, house.ada, accept=True)
    house.engine.series.change(weekly.series.uid, Edit(), alice.actor, following=False, lines=("RRULE:FREQ=WEEKLY",))
    before = {it.id for it in house.engine.bookings.between("oak", CLI, None)}
    house.clock.forward(days=60)
    assert house.engine.carrying.run().made
    fresh = [it for it in house.engine.bookings.between("oak", CLI, None) if it.id not in before]
    assert {it.standing for it in fresh} == {Standing.PENDING}


def test_who_only_says_that_an_e_mail_is_theirs_gets_nothing_that_is_booked_for_it(sqlite_house: House) -> None:
    house = sqlite_house
    thief = someone(house, "boss", unproven=True)
    it = house.book("11:00", "12:00", title="Secret", organizer_email=thief.person.email)
    assert it.owner is None
    assert house.engine.bookings.get(it.uid, thief.actor).title == ""
    with pytest.raises(Barred):
        house.engine.bookings.cancel(it.uid, thief.actor)
    file = "room,title,start,end,organizerEmail\noak,Secret,2026-06-16 11:00,2026-06-16 12:00,boss@example.org\n"
    assert house.engine.imports.bookings(file.encode(), CLI).written
    (imported,) = house.engine.bookings.between("oak", CLI, span("00:00", "24:00", 1))
    assert imported.owner is None


def test_what_was_done_once_opens_no_other_room(sqlite_house: House) -> None:
    house = sqlite_house
    alice = someone(house, "alice")
    it = house.book("11:00", "12:00", by=alice.actor, key="once", **NOBODY)
    only(house, alice, "see", house.elm)
    for room in ("elm", "oak"):
        with pytest.raises((Barred, Unknown)):
            house.engine.series.occurrence(it.uid, None, alice.actor, room=room, key="once")


def test_a_group_that_the_provider_takes_away_is_told_to_whoever_keeps_answers(sqlite_house: House) -> None:
    house = sqlite_house
    house.engine.groups.add(Group(0, "Lab", external="lab"), CLI)
    told = Told("https://id.example.org", "1", "eva@example.org", True, "Eva", "Example", frozenset({"lab"}))
    assert house.engine.identities.recognise(told, Terms()).groups
    before = house.engine.rooms.stamp(house.oak.number)
    assert not house.engine.identities.recognise(replace(told, groups=frozenset()), Terms()).groups
    assert house.engine.rooms.stamp(house.oak.number) != before


def test_who_manages_a_room_adds_no_panel_that_outlives_that(sqlite_house: House) -> None:
    house = sqlite_house
    mia, sam = someone(house, "mia"), someone(house, "sam", Role.STAFF)
    only(house, mia, "manage", house.oak)
    with pytest.raises(Barred):
        house.engine.devices.add("Panel", mia.actor, rooms=("oak",))
    assert house.engine.devices.add("Panel", sam.actor, rooms=("oak",))[1]


def test_a_stranger_who_joins_does_not_send_the_others_home(sqlite_house: House) -> None:
    house = sqlite_house
    alice, bob = someone(house, "alice"), someone(house, "bob")
    it = house.book("10:00", "11:00", by=alice.actor, details=Details(joinable=True), **NOBODY)
    house.engine.participation.join(it.uid, bob.actor)
    house.engine.presence.check_in(it.uid, bob.actor)
    with pytest.raises(Barred):
        house.engine.presence.end(it.uid, bob.actor)
    assert house.engine.presence.end(it.uid, alice.actor).ended_at

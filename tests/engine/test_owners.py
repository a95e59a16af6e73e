"""Whose a booking is, what it costs them, and what they may have at all."""

from dataclasses import replace

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, Refused, Unknown
from server.core.model import Attendee, Details, Edit, Standing
from server.core.people import Role
from server.core.places import Accessory, Quota
from tests.engine.everything import credited, credits_of
from tests.make import House, at, codes
from tests.people import person, someone

NOBODY = {"organizer": "", "organizer_email": ""}


def quota(house: House, unit: str, per: str, most: int, **fields: object) -> Quota:
    return house.engine.catalogue.add(Quota(0, f"{most} {unit} a {per}", unit, per, most, **fields), CLI)  # type: ignore[arg-type]


def test_who_books_for_himself_is_the_owner_and_is_named(house: House) -> None:
    alice = someone(house, "alice")
    it = house.book("11:00", "12:00", by=alice.actor, **NOBODY)
    assert (it.owner, it.organizer, it.organizer_email) == (alice.person.number, "Alice Nobody", "alice@example.org")


def test_a_key_books_for_the_person_with_the_e_mail(house: House) -> None:
    alice = person(house, "alice")
    assert house.book("11:00", "12:00", organizer_email="ALICE@example.org").owner == alice.number
    assert house.book("12:00", "13:00", organizer_email="who@example.org").owner is None
    assert house.book("13:00", "14:00", owner=alice.number, **NOBODY).owner == alice.number


def test_nobody_books_for_others_without_managing_the_rooms(house: House) -> None:
    alice, bob, staff = someone(house, "alice"), someone(house, "bob"), someone(house, "sam", Role.STAFF)
    number = bob.person.number
    for more in ({"owner": number}, {"details": Details(booked_for=number)}, {"organizer_email": "bob@example.org"}):
        with pytest.raises(Barred):
            house.book("11:00", "12:00", by=alice.actor, **(NOBODY | more))
    assert house.book("11:00", "12:00", by=staff.actor, **(NOBODY | {"owner": number})).owner == number


def test_nobody_changes_what_is_somebody_elses(house: House) -> None:
    alice, bob, staff = someone(house, "alice"), someone(house, "bob"), someone(house, "sam", Role.STAFF)
    it = house.book("11:00", "12:00", by=alice.actor, **NOBODY)
    with pytest.raises(Barred):
        house.engine.bookings.cancel(it.uid, bob.actor)
    with pytest.raises(Barred):
        house.engine.bookings.change(it.uid, Edit(owner=bob.person.number), alice.actor)
    given = house.engine.bookings.change(it.uid, Edit(owner=bob.person.number), staff.actor)
    assert given.owner == bob.person.number
    assert house.engine.bookings.cancel(it.uid, bob.actor).standing is Standing.CANCELLED


def test_a_stranger_sees_that_it_is_taken_and_no_more(house: House) -> None:
    alice, bob = someone(house, "alice"), someone(house, "bob")
    it = house.book("11:00", "12:00", by=alice.actor, title="Secret plans", **NOBODY)
    seen = house.engine.bookings.get(it.uid, bob.actor)
    assert (seen.starts, seen.title, seen.owner) == (it.starts, "", None)
    assert [shown.title for shown in house.engine.bookings.between("oak", bob.actor, None)] == [""]
    assert house.engine.bookings.get(it.uid, alice.actor) == it


def test_who_is_invited_may_come_in_but_not_change_it(house: House) -> None:
    alice, bob = someone(house, "alice"), someone(house, "bob")
    there = Details(attendees=(Attendee("participant", bob.person.number),))
    it = house.book("10:00", "11:00", by=alice.actor, details=there, **NOBODY)
    assert house.engine.bookings.get(it.uid, bob.actor).title == "Planning"
    assert house.engine.presence.check_in(it.uid, bob.actor).checked_in_at is not None
    with pytest.raises(Barred):
        house.engine.bookings.change(it.uid, Edit(title="Mine"), bob.actor)


def test_people_who_are_not_there_are_named(house: House) -> None:
    for more in (
        {"owner": 99}, {"details": Details(booked_for=98)}, {"details": Details(attendees=(Attendee("guest", 97),))}
    ):  # fmt: skip
        with pytest.raises(Invalid) as told:
            house.book("11:00", "12:00", **more)
        assert "no such person: 9" in told.value.fields["people"]


def test_a_quota_is_counted_over_all_rooms_and_ways(house: House) -> None:
    alice = someone(house, "alice")
    quota(house, "minutes", "day", 120)
    house.book("11:00", "12:00", by=alice.actor, **NOBODY)
    it = house.book("12:00", "12:30", room="elm", owner=alice.person.number, **NOBODY)
    with pytest.raises(Refused) as told:
        house.book("12:00", "13:00", by=alice.actor, **NOBODY)
    assert codes(told.value) == ["over_quota"]
    assert told.value.objections[0].numbers["used"] == 90
    with pytest.raises(Refused):
        house.engine.presence.extend(it.uid, alice.actor, minutes=45)
    house.engine.bookings.cancel(it.uid, alice.actor)
    house.book("12:00", "13:00", by=alice.actor, **NOBODY)


def test_the_dates_of_a_series_count_each_other(house: House) -> None:
    alice = someone(house, "alice")
    quota(house, "bookings", "week", 3)
    with pytest.raises(Refused) as told:
        house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=5", by=alice.actor, **NOBODY)
    assert [it.code for it in told.value.objections] == ["over_quota"] * 2
    assert house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=3", by=alice.actor, **NOBODY).made == 3
    assert house.recur("12:00", "13:00", "FREQ=WEEKLY;COUNT=1", by=house.bob, organizer_email="x@y.de").made == 1


def test_a_booking_is_paid_changed_and_paid_back(house: House) -> None:
    alice = someone(house, "alice")
    house.engine.rooms.change("oak", CLI, rules={"credits": 100})
    credited(house, alice.person.number, 350)
    it = house.book("11:00", "13:00", by=alice.actor, **NOBODY)
    assert (it.credits, credits_of(house, alice.person.number)) == (200, 150)
    longer = house.engine.bookings.change(it.uid, Edit(ends=at("14:00")), alice.actor)
    assert (longer.credits, credits_of(house, alice.person.number)) == (300, 50)
    with pytest.raises(Refused) as told:
        house.engine.bookings.change(it.uid, Edit(ends=at("15:00")), alice.actor)
    assert codes(told.value) == ["too_few_credits"]
    shorter = house.engine.bookings.change(it.uid, Edit(ends=at("12:00")), alice.actor)
    assert (shorter.credits, credits_of(house, alice.person.number)) == (100, 250)
    assert house.engine.bookings.cancel(it.uid, alice.actor).credits == 0
    assert credits_of(house, alice.person.number) == 350


def test_a_preview_and_a_repeated_request_cost_nothing_more(house: House) -> None:
    alice = someone(house, "alice")
    house.engine.rooms.change("oak", CLI, rules={"credits": 100})
    credited(house, alice.person.number, 200)
    for _ in range(2):
        house.book("11:00", "12:00", by=alice.actor, key="once", **NOBODY)
    assert credits_of(house, alice.person.number) == 100


def test_a_declined_request_is_paid_back(house: House) -> None:
    alice = someone(house, "alice")
    house.engine.rooms.change("oak", CLI, rules={"credits": 100}, auto_accept=False)
    credited(house, alice.person.number, 100)
    it = house.book("11:00", "12:00", by=alice.actor, **NOBODY)
    assert (it.standing, credits_of(house, alice.person.number)) == (Standing.PENDING, 0)
    house.engine.bookings.decline(it.uid, CLI)
    assert credits_of(house, alice.person.number) == 100


def test_a_series_is_paid_date_by_date_and_what_is_to_come_is_paid_back(house: House) -> None:
    alice = someone(house, "alice")
    house.engine.rooms.change("oak", CLI, rules={"credits": 100})
    credited(house, alice.person.number, 450)
    with pytest.raises(Refused) as told:
        house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=6", by=alice.actor, **NOBODY)
    assert [it.code for it in told.value.objections] == ["too_few_credits"] * 2
    done = house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=4", by=alice.actor, **NOBODY)
    assert credits_of(house, alice.person.number) == 50
    house.clock.forward(days=2)
    house.engine.series.cancel(done.series.uid, alice.actor, following=False)
    assert credits_of(house, alice.person.number) == 250


def test_a_longer_series_costs_more(house: House) -> None:
    alice = someone(house, "alice")
    house.engine.rooms.change("oak", CLI, rules={"credits": 100})
    credited(house, alice.person.number, 1_000)
    done = house.recur("11:00", "12:00", "FREQ=DAILY;COUNT=4", by=alice.actor, **NOBODY)
    edit = Edit(starts=at("11:00"), ends=at("13:00"))
    house.engine.series.change(done.series.uid, edit, alice.actor, following=False)
    assert credits_of(house, alice.person.number) == 200
    first = house.engine.series.whole(done.series.uid, alice.actor).rows[0]
    house.engine.bookings.cancel(first.uid, alice.actor)
    assert credits_of(house, alice.person.number) == 400


def test_what_a_booking_carries_is_asked_and_kept(house: House) -> None:
    beamer = house.engine.catalogue.add(Accessory(0, "Beamer", stock=1, credits=20), CLI)
    wish = Details(
        accessories={beamer.number: 1}, public_title="Talk", link="https://example.org/x", remind_start=(15,)
    )
    it = house.book("11:00", "12:00", details=wish, owner=rich(house))
    assert house.engine.bookings.get(it.uid, CLI).details == wish
    with pytest.raises(Refused) as told:
        house.book("11:30", "12:30", room="elm", details=wish, owner=it.owner)
    assert codes(told.value) == ["out_of_stock"]
    bare = house.engine.bookings.change(it.uid, Edit(details=replace(wish, accessories={})), CLI)
    assert (bare.details.public_title, bare.credits) == ("Talk", 0)
    other = house.book("11:30", "12:30", room="elm", details=wish, owner=it.owner)
    with pytest.raises(Refused) as told:
        house.engine.bookings.change(it.uid, Edit(details=wish), CLI)
    assert codes(told.value) == ["out_of_stock"]
    house.engine.bookings.cancel(other.uid, CLI)
    assert house.engine.bookings.change(it.uid, Edit(details=wish), CLI).credits == 20


def rich(house: House) -> int:
    number = person(house, "rich").number
    credited(house, number, 10_000)
    return number


def test_a_series_carries_it_to_all_dates(house: House) -> None:
    beamer = house.engine.catalogue.add(Accessory(0, "Beamer", stock=1), CLI)
    wish = Details(accessories={beamer.number: 1})
    done = house.recur("11:00", "12:00", details=wish)
    with pytest.raises(Refused):
        house.book(at("11:00", 14), at("12:00", 14), room="elm", details=wish)
    house.engine.series.change(done.series.uid, Edit(details=Details()), house.alice, following=False)
    house.book(at("11:00", 14), at("12:00", 14), room="elm", details=wish)
    with pytest.raises(Refused) as told:
        house.engine.series.change(done.series.uid, Edit(details=wish), house.alice, following=False)
    assert [(it.code, it.at) for it in told.value.objections] == [("out_of_stock", at("11:00", 14))]


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("public_title", Details(public_title="x" * 256)),
        ("link", Details(link="javascript:alert(1)")),
        ("link", Details(link="https://" + "x" * 2_000)),
        ("privacy", Details(privacy="secret")),
        ("color", Details(color="red")),
        ("attendees", Details(attendees=tuple(Attendee("guest", email=f"g{n}@x.de") for n in range(201)))),
        ("attendees", Details(attendees=(Attendee("guest"),))),
        ("attendees", Details(attendees=(Attendee("boss", 1),))),
        ("attendees", Details(attendees=(Attendee("guest", email="a@b.de"), Attendee("invitee", email="A@b.de")))),
        ("remind_start", Details(remind_start=(1, 2, 3, 4, 5, 6))),
        ("remind_end", Details(remind_end=(43_201,))),
        ("attributes", Details(attributes={1: "x" * 10_001})),
        ("accessories", Details(accessories={1: -1})),
        ("accessories", Details(accessories=dict.fromkeys(range(51), 1))),
    ],
)
def test_what_cannot_be_carried_is_refused_by_name(sqlite_house: House, field: str, bad: Details) -> None:
    with pytest.raises(Invalid) as told:
        sqlite_house.book("11:00", "12:00", details=bad)
    assert set(told.value.fields) == {field}
    it = sqlite_house.book("11:00", "12:00")
    with pytest.raises(Invalid):
        sqlite_house.engine.bookings.change(it.uid, Edit(details=bad), CLI)


def test_an_unknown_booking_is_unknown_to_everybody(sqlite_house: House) -> None:
    with pytest.raises(Unknown):
        sqlite_house.engine.bookings.get("nothing", Actor("token:8", "read"))


def test_nobody_but_an_administrator_grants_a_request_of_his_own(house: House) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    sam, root = someone(house, "sam", Role.STAFF), someone(house, "root", Role.ADMIN)
    asked = [house.book(f"{hour}:00", f"{hour + 1}:00", owner=it.person.number) for hour, it in ((11, sam), (12, root))]
    with pytest.raises(Barred):
        house.engine.bookings.approve(asked[0].uid, sam.actor)
    assert house.engine.bookings.approve(asked[0].uid, root.actor).standing is Standing.ACCEPTED
    assert house.engine.bookings.approve(asked[1].uid, root.actor).standing is Standing.ACCEPTED
    weekly = house.recur("14:00", "15:00", owner=sam.person.number)
    with pytest.raises(Barred):
        house.engine.series.answer(weekly.series.uid, sam.actor, accept=True)
    house.engine.series.answer(weekly.series.uid, sam.actor, accept=False)

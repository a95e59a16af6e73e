"""The bookings of the house page by page: in order, whole, and nobody learns whose they are who may not."""

import pytest

from server.core.access import Actor
from server.core.errors import Barred, Unknown
from server.core.model import Standing
from server.core.people import Role
from tests.make import House, span
from tests.people import cast, someone


def titles(house: House, actor: Actor, **asked: object) -> list[str]:
    return [it.title for it in house.engine.booking_pages.page(actor, **asked).bookings]


def test_pages_follow_each_other_and_have_every_booking_once_cancelled_ones_too(house: House) -> None:
    made = [house.book(f"{hour}:00", f"{hour}:30", title=str(hour)) for hour in range(11, 18)]
    house.book("12:00", "12:30", room="elm", title="elm")
    house.engine.bookings.cancel(made[3].uid, house.alice)
    seen, after = [], None
    while True:
        leaf = house.engine.booking_pages.page(house.alice, after=after, limit=3)
        seen += [it.title for it in leaf.bookings]
        after = leaf.next
        if after is None:
            break
        assert len(leaf.bookings) == 3
    assert seen == ["11", "12", "elm", "13", "14", "15", "16", "17"]
    assert house.engine.booking_pages.one(made[3].uid, house.alice).bookings[0].standing is Standing.CANCELLED


def test_a_page_can_be_of_a_time_of_a_room_and_of_somebody(house: House) -> None:
    ada, bea = someone(house, "ada", Role.ADMIN), someone(house, "bea")
    house.book("11:00", "12:00", by=bea.actor, title="bea", organizer="", organizer_email="")
    house.book("13:00", "14:00", title="alice")
    house.book("13:00", "14:00", room="elm", title="elm")
    assert titles(house, ada.actor, window=span("12:00", "13:00")) == []
    assert titles(house, ada.actor, window=span("11:59", "13:01"), room="oak") == ["bea", "alice"]
    assert titles(house, ada.actor, owner=bea.person.number) == ["bea"]
    assert titles(house, bea.actor, owner=bea.person.number) == ["bea"]


def test_nobody_finds_out_by_asking_whose_a_booking_is(house: House) -> None:
    bea, cid = someone(house, "bea"), someone(house, "cid")
    made = house.book("11:00", "12:00", by=bea.actor, title="Secret", organizer="", organizer_email="")
    assert titles(house, cid.actor) == [""]
    with pytest.raises(Barred):
        titles(house, cid.actor, owner=bea.person.number)
    assert house.engine.booking_pages.one(made.uid, cid.actor).owners == {}


def test_bookings_of_rooms_that_somebody_may_not_see_are_not_there(house: House) -> None:
    people = cast(house)
    made = house.book("11:00", "12:00", room="elm", title="elm")
    house.book("11:00", "12:00", title="oak")
    see = people["manage"].actor
    assert titles(house, see) == ["oak"]
    assert titles(house, people["nobody"].actor) == []
    for room in ("elm", "nowhere"):
        with pytest.raises((Barred, Unknown)):
            titles(house, see, room=room)
    with pytest.raises(Barred):
        house.engine.booking_pages.one(made.uid, see)

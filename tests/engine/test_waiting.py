"""The waiting list: who waits is offered what comes free, in turn, once, and for a while."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, Refused, Unknown
from server.core.model import Booking, Standing
from server.core.waiting import Wait
from server.engine.waiting import MOST_OWN
from tests.make import House, at, codes
from tests.people import someone

Join = Callable[..., Wait]


@pytest.fixture
def anna(house: House) -> Actor:
    house.policy(waiting=True, offer_minutes=30)
    return someone(house, "anna").actor


@pytest.fixture
def ben(house: House) -> Actor:
    return someone(house, "ben").actor


def join(house: House, who: Actor, start: str = "12:00", end: str = "13:00", *rooms: str) -> Wait:
    return house.engine.waiting.join(rooms or ("oak",), at(start), at(end), "Retro", who)


def mine(house: House, who: Actor) -> list[str]:
    return [it.standing for it in house.engine.waiting.mine(who)]


def held(house: House) -> list[tuple[str, Standing]]:
    found = house.engine.bookings.between("oak", CLI, None)
    return [(it.organizer, it.standing) for it in found]


def swept(house: House) -> tuple[int, int, int]:
    done = house.engine.waiting.run()
    assert done.failed == []
    return done.offered, done.lapsed, done.over


def offer_of(house: House, who: Actor) -> Wait:
    return next(it for it in house.engine.waiting.mine(who) if it.standing == "offered")


def test_what_comes_free_is_offered_to_the_first_and_held_for_them(house: House, anna: Actor, ben: Actor) -> None:
    made = house.book("12:00", "13:00")
    join(house, anna)
    house.clock.forward(seconds=1)
    join(house, ben)
    assert swept(house) == (0, 0, 0)
    house.engine.bookings.cancel(made.uid, house.alice)
    assert swept(house) == (1, 0, 0)
    assert swept(house) == (0, 0, 0)
    assert (mine(house, anna), mine(house, ben)) == (["offered"], ["waiting"])
    assert held(house) == [("Anna Nobody", Standing.PENDING)]
    with pytest.raises(Refused):
        house.book("12:00", "13:00")
    it = house.engine.waiting.accept(offer_of(house, anna).number, anna)
    assert (it.standing, it.title, it.owner) == (Standing.ACCEPTED, "Retro", anna.person)
    assert mine(house, anna) == ["accepted"]
    assert house.changes()[-3:] == ["booked", "offered", "offer_accepted"]


def test_an_offer_that_nobody_answers_goes_to_the_next(house: House, anna: Actor, ben: Actor) -> None:
    made = house.book("12:00", "13:00")
    join(house, anna)
    house.clock.forward(seconds=1)
    join(house, ben)
    house.engine.bookings.cancel(made.uid, house.alice)
    swept(house)
    house.clock.forward(minutes=30)
    with pytest.raises(Refused) as told:
        house.engine.waiting.accept(offer_of(house, anna).number, anna)
    assert codes(told.value) == ["no_offer"]
    assert swept(house) == (1, 1, 0)
    assert (mine(house, anna), mine(house, ben)) == (["lapsed"], ["offered"])
    assert held(house) == [("Ben Nobody", Standing.PENDING)]


def test_who_turns_an_offer_down_leaves(house: House, anna: Actor, ben: Actor) -> None:
    made = house.book("12:00", "13:00")
    number = join(house, anna).number
    house.engine.bookings.cancel(made.uid, house.alice)
    swept(house)
    for who in (ben, house.alice):
        with pytest.raises(Barred):
            house.engine.waiting.leave(number, who)
    with pytest.raises(Barred):
        house.engine.waiting.accept(number, CLI)
    house.engine.waiting.leave(number, anna)
    assert (mine(house, anna), held(house)) == (["left"], [])
    with pytest.raises(Refused):
        house.engine.waiting.leave(number, anna)


def test_an_offer_is_not_approved_by_mistake(house: House, anna: Actor) -> None:
    made = house.book("12:00", "13:00")
    join(house, anna)
    house.engine.bookings.cancel(made.uid, house.alice)
    swept(house)
    (it,) = house.engine.bookings.between("oak", CLI, None)
    for act in (house.engine.bookings.approve, house.engine.bookings.decline):
        with pytest.raises(Refused) as told:
            act(it.uid, CLI)
        assert codes(told.value) == ["not_pending"]


def test_a_room_that_asks_for_approval_still_asks(house: House, anna: Actor) -> None:
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    made = house.book("12:00", "13:00")
    join(house, anna)
    house.engine.bookings.cancel(made.uid, house.alice)
    swept(house)
    it = house.engine.waiting.accept(offer_of(house, anna).number, anna)
    assert it.standing is Standing.PENDING
    assert house.engine.bookings.approve(it.uid, CLI).standing is Standing.ACCEPTED


def test_a_wish_that_does_not_fit_lets_the_next_pass(house: House, anna: Actor, ben: Actor) -> None:
    first, second = house.book("12:00", "13:00"), house.book("13:00", "14:00")
    join(house, anna, "12:00", "14:00")
    house.clock.forward(seconds=1)
    join(house, ben, "12:15", "12:45")
    house.engine.bookings.cancel(first.uid, house.alice)
    assert swept(house) == (1, 0, 0)
    assert (mine(house, anna), mine(house, ben)) == (["waiting"], ["offered"])
    house.engine.bookings.cancel(second.uid, house.alice)
    assert swept(house) == (0, 0, 0)


@pytest.mark.parametrize("how", ["shortened", "declined", "reopened"])
def test_however_it_comes_free(house: House, anna: Actor, how: str) -> None:
    given = {"shortened": lambda: house.engine.presence.end(made.uid, house.alice),
             "declined": lambda: house.engine.bookings.decline(made.uid, CLI),
             "reopened": lambda: house.engine.rooms.reopen(shut.id, CLI)}[how]  # fmt: skip
    if how == "declined":
        house.engine.rooms.change("oak", CLI, auto_accept=False)
    if how == "reopened":
        shut = house.engine.rooms.close("oak", CLI, at("10:00"), at("13:00"), "x")
    else:
        made: Booking = house.book("10:00", "13:00")
    join(house, anna)
    house.clock.set("10:30")
    given()
    assert swept(house) == (1, 0, 0)


def test_who_waits_until_it_begins_waits_no_more(house: House, anna: Actor) -> None:
    house.book("12:00", "13:00")
    join(house, anna)
    house.clock.set("12:00")
    assert swept(house) == (0, 0, 1)
    assert mine(house, anna) == ["over"]


def test_an_offer_lasts_no_longer_than_until_it_begins(house: House, anna: Actor) -> None:
    made = house.book("12:00", "13:00")
    join(house, anna)
    house.clock.set("11:45")
    house.engine.bookings.cancel(made.uid, house.alice)
    swept(house)
    assert offer_of(house, anna).offered_until == at("12:00")
    house.clock.set("12:00")
    assert swept(house) == (0, 1, 0)
    assert held(house) == []


def test_an_offer_somebody_cancelled_is_over(house: House, anna: Actor) -> None:
    made = house.book("12:00", "13:00")
    join(house, anna)
    house.engine.bookings.cancel(made.uid, house.alice)
    swept(house)
    (it,) = house.engine.bookings.between("oak", CLI, None)
    house.engine.bookings.cancel(it.uid, CLI)
    assert swept(house) == (0, 0, 0)
    assert mine(house, anna) == ["left"]


@pytest.mark.parametrize(
    ("start", "end", "rooms", "said"),
    [
        ("14:00", "15:00", (), ["not_taken"]),
        ("09:00", "09:30", (), ["in_past"]),
        ("12:00", "13:00", ("elm",), ["no_waiting"]),
        ("12:00", "15:00", (), ["too_long"]),
    ],
)
def test_one_waits_only_for_what_may_come(
    house: House, anna: Actor, start: str, end: str, rooms: tuple[str, ...], said: list[str]
) -> None:
    house.policy(max_minutes=120)
    house.book("12:00", "13:00")
    with pytest.raises(Refused) as told:
        join(house, anna, start, end, *rooms)
    assert codes(told.value) == said


def test_one_waits_once_and_for_no_more_than_twenty(house: House, anna: Actor) -> None:
    house.book("12:00", "18:00")
    join(house, anna)
    with pytest.raises(Refused) as told:
        join(house, anna, "12:30", "13:30")
    assert codes(told.value) == ["waiting_already"]
    for number in range(1, MOST_OWN):
        join(
            house,
            anna,
            f"{12 + number // 4 + 1}:{number % 4 * 15:02}",
            f"{12 + number // 4 + 1}:{number % 4 * 15 + 10:02}",
        )
    with pytest.raises(Refused) as told:
        join(house, anna, "13:00", "13:10")
    assert codes(told.value) == ["too_many_waits"]


@pytest.mark.parametrize("bad", [{"title": "x" * 256}, {"starts": at("13:00")}])
def test_a_wish_that_makes_no_sense_is_named(house: House, anna: Actor, bad: dict[str, Any]) -> None:
    wish: dict[str, Any] = {"starts": at("12:00"), "ends": at("13:00"), "title": "x"} | bad
    with pytest.raises(Invalid):
        house.engine.waiting.join(("oak",), wish["starts"], wish["ends"], wish["title"], anna)


def test_the_queue_is_for_those_who_manage(house: House, anna: Actor, ben: Actor) -> None:
    house.book("12:00", "13:00")
    it = join(house, anna)
    assert house.engine.waiting.queue(CLI) == house.engine.waiting.queue(CLI, room="oak") == (it,)
    assert house.engine.waiting.queue(CLI, room="elm") == ()
    for who in (ben, house.alice):
        with pytest.raises(Barred):
            house.engine.waiting.queue(who, room="oak")
    for who in (house.alice, CLI):
        with pytest.raises(Barred):
            join(house, who)
        with pytest.raises(Barred):
            house.engine.waiting.mine(who)
    with pytest.raises(Unknown):
        house.engine.waiting.leave(99, anna)
    assert house.engine.waiting.leave(it.number, CLI).standing == "left"


def test_who_may_not_any_more_is_passed(house: House, anna: Actor) -> None:
    made = house.book("12:00", "13:00")
    join(house, anna)
    house.engine.bookings.cancel(made.uid, house.alice)
    house.engine.rooms.change("oak", CLI, rules={"members": "none"})
    assert swept(house) == (0, 0, 0)
    assert mine(house, anna) == ["waiting"]


def test_two_sweepers_offer_a_thing_once(house: House, anna: Actor, ben: Actor) -> None:
    made = house.book("12:00", "13:00")
    join(house, anna)
    house.clock.forward(seconds=1)
    join(house, ben)
    house.engine.bookings.cancel(made.uid, house.alice)

    def sweep(_: int) -> int:
        try:
            return house.engine.waiting.run().offered
        finally:
            house.store.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sweep, range(4))) == 1
    assert held(house) == [("Anna Nobody", Standing.PENDING)]

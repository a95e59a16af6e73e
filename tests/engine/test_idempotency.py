"""The same request twice has one effect and one answer; another request under the same key is refused."""

import threading
from collections.abc import Callable

import pytest

from server.core.errors import Invalid, Refused, Unknown
from server.core.model import Booking, Edit, Standing
from tests.make import House, ask, at, codes


def repeat(house: House, first: Booking) -> list[tuple[str, Callable[[str], Booking]]]:
    """Each act that takes a key, on a booking that runs."""
    bookings, presence, alice = house.engine.bookings, house.engine.presence, house.alice
    return [
        ("changed", lambda key: bookings.change(first.uid, Edit(title="New"), alice, key=key)),
        ("checked_in", lambda key: presence.check_in(first.uid, alice, key=key)),
        ("extended", lambda key: presence.extend(first.uid, alice, minutes=15, key=key)),
        ("checked_out", lambda key: presence.check_out(first.uid, alice, key=key)),
        ("booked", lambda key: house.book("18:00", "19:00", key=key)),
        ("cancelled", lambda key: bookings.cancel(house.book("20:00", "21:00", key="x" + key).uid, alice, key=key)),
    ]


def test_a_repeated_request_gets_the_same_answer_and_has_one_effect(house: House) -> None:
    first = house.book("10:00", "12:00")
    for number, (what, act) in enumerate(repeat(house, first)):
        house.clock.forward(minutes=1)
        answer = act(f"key{number}")
        house.clock.forward(seconds=5)
        before, told = house.engine.news(), house.changes()
        assert act(f"key{number}") == answer, what
        assert house.engine.news() == before
        assert house.changes() == told
        assert told[-1] == what


def test_the_answer_stays_the_same_whatever_happened_since(house: House) -> None:
    made = house.book("10:00", "12:00", key="k")
    house.engine.bookings.change(made.uid, Edit(title="Other"), house.bob)
    house.engine.bookings.cancel(made.uid, house.bob)
    house.book("10:00", "12:00", by=house.bob)
    assert house.book("10:00", "12:00", key="k") == made
    house.clock.forward(days=400)
    assert house.book("10:00", "12:00", key="k") == made


def test_another_request_under_the_same_key_is_refused(house: House) -> None:
    made = house.book("11:00", "12:00", key="k")
    for other in (
        lambda: house.book("11:00", "12:01", key="k"),
        lambda: house.book("11:00", "12:00", key="k", title="Other"),
        lambda: house.book("11:00", "12:00", key="k", description="x"),
        lambda: house.book("11:00", "12:00", key="k", room="elm"),
        lambda: house.engine.bookings.cancel(made.uid, house.alice, key="k"),
        lambda: house.engine.presence.end(made.uid, house.alice, key="k"),
    ):
        with pytest.raises(Refused) as told:
            other()
        assert codes(told.value) == ["key_reused"]
    assert house.changes() == ["booked"]


def test_everybody_has_keys_of_their_own(house: House) -> None:
    house.book("11:00", "12:00", key="k")
    assert house.book("13:00", "14:00", key="k", by=house.bob).made_by == house.bob.name


def test_a_refusal_is_not_kept(house: House) -> None:
    there = house.book("11:00", "12:00", by=house.bob)
    with pytest.raises(Refused):
        house.book("11:00", "12:00", key="k")
    house.engine.bookings.cancel(there.uid, house.bob)
    assert house.book("11:00", "12:00", key="k").standing is Standing.ACCEPTED


def test_a_repeat_of_nothing_done_is_nothing_done(house: House) -> None:
    made = house.book("11:00", "12:00")
    assert house.engine.bookings.change(made.uid, Edit(), house.alice, key="k") == made
    house.engine.bookings.change(made.uid, Edit(title="Other"), house.bob)
    assert house.engine.bookings.change(made.uid, Edit(), house.alice, key="k") == made


@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 256, "a\n", "\0", "\x7f", "a\ud800"])
def test_a_key_is_visible_ascii(house: House, key: str) -> None:
    for act in (
        lambda: house.book("11:00", "12:00", key=key),
        lambda: house.engine.bookings.cancel("nobody", house.alice, key=key),
    ):
        with pytest.raises(Invalid) as told:
            act()
        assert list(told.value.fields) == ["Idempotency-Key"]


def test_a_key_of_255_characters_is_taken(house: House) -> None:
    key = "".join(chr(33 + n % 94) for n in range(255))
    assert house.book("11:00", "12:00", key=key) == house.book("11:00", "12:00", key=key)


def at_once(house: House, acts: list[Callable[[], Booking]]) -> list[Booking | Exception]:
    """What each gets when all are let loose together."""
    gate, told = threading.Barrier(len(acts), timeout=20), list[Booking | Exception]()

    def run(act: Callable[[], Booking]) -> None:
        gate.wait()
        try:
            told.append(act())
        except Exception as error:
            told.append(error)
        finally:
            house.store.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return told


@pytest.mark.race
def test_the_same_request_many_times_at_once_has_one_effect(house: House) -> None:
    told = at_once(house, [lambda: house.book("11:00", "12:00", key="k")] * 12)
    assert len(told) == 12
    assert all(answer == told[0] for answer in told)
    assert isinstance(told[0], Booking)
    assert house.changes() == ["booked"]


@pytest.mark.race
def test_one_key_for_two_rooms_at_once_books_one(house: House) -> None:
    acts = [lambda room=room: house.book("11:00", "12:00", room=room, key="k") for room in ("oak", "elm") * 5]
    told = at_once(house, acts)  # type: ignore[arg-type]
    booked = [answer for answer in told if isinstance(answer, Booking)]
    refused = [answer for answer in told if isinstance(answer, Refused)]
    assert (len(booked), len(refused)) == (5, 5)
    assert len({answer.uid for answer in booked}) == 1
    assert {tuple(codes(answer)) for answer in refused} == {("key_reused",)}
    assert house.changes() == ["booked"]


@pytest.mark.race
def test_one_uid_for_two_rooms_at_once_is_given_once(house: House) -> None:
    acts = [lambda room=room: house.book("11:00", "12:00", room=room, uid="mine") for room in ("oak", "elm") * 4]
    told = at_once(house, acts)  # type: ignore[arg-type]
    assert sum(isinstance(answer, Booking) for answer in told) == 1
    assert sum(isinstance(answer, Refused) for answer in told) == 7


@pytest.mark.race
def test_of_two_changes_on_the_same_view_one_is_stale(house: House) -> None:
    made = house.book("11:00", "12:00")
    change = house.engine.bookings.change
    told = at_once(house, [lambda n=n: change(made.uid, Edit(title=f"T{n}"), house.alice, version=1) for n in range(8)])  # type: ignore[misc]
    assert sum(isinstance(answer, Booking) for answer in told) == 1
    assert house.engine.bookings.get(made.uid, house.alice).version == 2


def test_a_walk_ins_repeat_is_known_by_what_was_asked_not_by_the_clock(house: House) -> None:
    def walk_in() -> Booking:
        now = house.clock.now()
        wish = ask(now, at("11:00"))
        return house.engine.bookings.book(wish, house.alice, key="tap", walk_in=True, said=("oak", 30))

    first = walk_in()
    house.clock.forward(seconds=40)
    assert walk_in() == first


def test_an_unknown_booking_is_unknown_with_a_key_too(house: House) -> None:
    with pytest.raises(Unknown):
        house.engine.bookings.cancel("nobody", house.alice, key="k")

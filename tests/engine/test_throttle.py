"""Guessing: how many tries reach the check, from how many places, over days; and that the right one still gets in."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.core.access import CLI
from server.core.errors import Invalid, Later, Unnamed
from server.core.people import Person
from server.engine import engine_of
from tests.accounts import PASSWORD, QUICK, add, quick
from tests.make import House

HOME = "203.0.113.7"


@pytest.fixture
def home(house: House) -> House:
    quick(house)
    add(house, "eva", password=PASSWORD)
    return house


@pytest.fixture
def one_home(sqlite_house: House) -> House:
    quick(sqlite_house)
    add(sqlite_house, "eva", password=PASSWORD)
    return sqlite_house


def enter(house: House, password: str = PASSWORD, *, login: str = "eva", address: str = HOME) -> Person:
    return house.engine.sign_in.sign_in(login, password, source="console", address=address)[0]


def outcome(act: Callable[[], Any]) -> str:
    try:
        act()
    except Later as error:
        return "later" if error.too_many and error.retry_after >= 1 else "busy"
    except Unnamed:
        return "wrong"
    return "in"


def test_five_wrong_passwords_from_one_place_make_the_sixth_wait_right_or_wrong(home: House) -> None:
    assert [outcome(lambda: enter(home, "guess")) for _ in range(6)] == ["wrong"] * 5 + ["later"]
    assert outcome(lambda: enter(home)) == "later"
    home.clock.forward(minutes=1)
    assert outcome(lambda: enter(home)) == "in"
    assert [outcome(lambda: enter(home, "guess")) for _ in range(5)] == ["wrong"] * 5  # being right cleared the count


def test_the_pauses_double_up_to_an_hour_and_after_a_hundred_in_a_row_it_takes_an_administrator(
    one_home: House,
) -> None:
    waits = []
    for _ in range(100):
        with pytest.raises((Unnamed, Later)):
            enter(one_home, "guess")
        try:
            enter(one_home, "guess")
        except Later as error:
            waits.append(error.retry_after)
            if len(waits) == 200:
                break
            one_home.clock.forward(seconds=error.retry_after)
        except Unnamed:
            pass
    assert waits[:8] == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    one_home.clock.forward(days=3650)
    for _ in range(100):
        outcome(lambda: enter(one_home, "guess"))
        one_home.clock.forward(hours=2)
    assert outcome(lambda: enter(one_home)) == "later"
    eva = one_home.engine.people.find("eva", CLI)
    assert one_home.engine.people.unlock(eva.number, CLI) > 0
    assert outcome(lambda: enter(one_home)) == "in"


def test_strangers_who_guess_from_everywhere_do_not_lock_out_whom_the_house_knows(one_home: House) -> None:
    enter(one_home)
    tries = Counter(
        outcome(lambda address=f"198.51.100.{n % 250}": enter(one_home, "guess", address=address)) for n in range(1000)
    )
    assert tries["wrong"] == 20
    assert outcome(lambda: enter(one_home, address="192.0.2.1")) == "later"  # where she has never been
    assert outcome(lambda: enter(one_home)) == "in"
    assert outcome(lambda: enter(one_home, address="192.0.2.1")) == "in"  # her being right cleared what they did


def test_an_account_is_guessed_at_a_hundred_times_at_most_however_long_it_takes(one_home: House) -> None:
    reached = 0
    for day in range(60):
        for n in range(20):
            address = f"2001:db8:{day:x}:{n:x}::1"
            reached += outcome(lambda address=address: enter(one_home, "guess", address=address)) == "wrong"
            one_home.clock.forward(hours=1, minutes=10)
    assert reached == 100


def test_one_place_that_tries_many_accounts_waits_and_a_busy_office_does_not(one_home: House) -> None:
    for n in range(60):
        add(one_home, f"p{n}", password=PASSWORD)
    office = [outcome(lambda n=n: enter(one_home, login=f"p{n}")) for n in range(60)]
    assert set(office) == {"in"}
    spray = [outcome(lambda n=n: enter(one_home, "guess", login=f"p{n}", address="2001:db8::1")) for n in range(60)]
    assert spray == ["wrong"] * 50 + ["later"] * 10
    neighbour = outcome(lambda: enter(one_home, login="p1", address="2001:db8::ffff:2"))
    assert neighbour == "later"  # the same household, whatever its last 64 bits
    one_home.clock.forward(minutes=15)
    assert outcome(lambda: enter(one_home, login="p1", address="2001:db8::1")) == "in"


def test_nobody_is_throttled_like_somebody_so_that_it_tells_nothing(one_home: House) -> None:
    for login in ("eva", "nobody"):
        told = [outcome(lambda login=login: enter(one_home, "guess", login=login)) for _ in range(7)]
        assert told == ["wrong"] * 5 + ["later"] * 2


def test_counts_outlive_the_process_and_hold_for_all_of_them(home: House) -> None:
    for _ in range(3):
        outcome(lambda: enter(home, "guess"))
    other = engine_of(home.store, home.clock)
    object.__setattr__(other.sign_in.passwords, "hasher", QUICK)

    def there() -> None:
        other.sign_in.sign_in("eva", "guess", source="console", address=HOME)

    assert [outcome(there) for _ in range(3)] == ["wrong", "wrong", "later"]
    assert outcome(lambda: enter(home)) == "later"


def test_what_people_typed_and_where_they_were_is_not_in_the_table(one_home: House) -> None:
    outcome(lambda: enter(one_home, "guess", login="my-password-by-mistake"))
    with one_home.store.reading() as tx:
        rows = str(tx.rows("SELECT * FROM throttle")) + str(tx.rows("SELECT * FROM change"))
    assert "my-password" not in rows
    assert HOME not in rows


@pytest.mark.race
def test_many_tries_at_once_are_no_more_tries(home: House) -> None:
    told: list[str] = []
    queue = home.engine.sign_in.passwords.queue
    queue.waiting = 100

    def guess() -> None:
        told.extend(outcome(lambda: enter(home, "guess")) for _ in range(3))
        home.store.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(told) == {"wrong": 5, "later": 19}


def test_counts_that_matter_no_more_are_removed_and_locks_are_not(one_home: House) -> None:
    for _ in range(3):
        outcome(lambda: enter(one_home, "guess", login="nobody"))
    enter(one_home)
    for _ in range(100):
        outcome(lambda: enter(one_home, "guess"))
        one_home.clock.forward(hours=2)
    one_home.clock.forward(days=400)
    assert one_home.engine.sign_in.throttle.tidy() > 0
    assert outcome(lambda: enter(one_home)) == "later"
    with one_home.store.reading() as tx:
        assert tx.rows("SELECT in_row FROM throttle") == [(100,)]


# PINs and badges


@pytest.fixture
def pinned(home: House) -> House:
    home.engine.credentials.set_pin(home.engine.people.find("eva", CLI).number, CLI, "4711")
    return home


@pytest.fixture
def one_pinned(one_home: House) -> House:
    one_home.engine.credentials.set_pin(one_home.engine.people.find("eva", CLI).number, CLI, "4711")
    return one_home


def prove(house: House, pin: str = "4711", *, door: str = "oak", about: str = "7") -> Person:
    return house.engine.credentials.by_pin(house.engine.people.find("eva", CLI).number, pin, door=door, about=about)


def test_five_wrong_pins_at_one_door_about_one_booking_cost_a_quarter_of_an_hour(pinned: House) -> None:
    assert [outcome(lambda: prove(pinned, "0815")) for _ in range(6)] == ["wrong"] * 5 + ["later"]
    assert outcome(lambda: prove(pinned)) == "later"
    assert outcome(lambda: prove(pinned, door="elm")) == "in"
    pinned.clock.forward(minutes=15)
    assert outcome(lambda: prove(pinned)) == "in"


def test_ten_thousand_pins_from_fifty_places_reach_the_check_twenty_five_times_a_day_at_most(one_pinned: House) -> None:
    house, eva = one_pinned, one_pinned.engine.people.find("eva", CLI)
    begun, reached = house.clock.now(), Counter[int]()
    for guess in range(10_000):
        if guess % 100 == 0:
            house.clock.forward(minutes=97)
        pin, door = f"{guess:04}" if guess != 4711 else "9999", f"panel:{guess % 50}"
        try:
            house.engine.credentials.by_pin(eva.number, pin, door=door, about=f"{guess % 7}")
        except Unnamed:
            reached[(house.clock.now() - begun) // timedelta(days=1)] += 1
        except Later:
            pass
    assert house.clock.now() - begun > timedelta(days=6)
    assert max(reached.values()) <= 25
    assert sum(reached.values()) <= 100
    assert house.engine.people.unlock(eva.number, CLI) > 0
    assert outcome(lambda: prove(house)) == "in"


def test_a_hundred_wrong_pins_in_a_row_lock_it_until_an_administrator_says_so(one_pinned: House) -> None:
    for n in range(150):
        outcome(lambda n=n: prove(one_pinned, "0815", door=f"{n}", about=f"{n}"))
        one_pinned.clock.forward(days=2)
    with one_pinned.store.reading() as tx:
        ((locked,),) = tx.rows("SELECT in_row FROM throttle WHERE name LIKE 'holder:%'")
    assert locked == 100
    assert outcome(lambda: prove(one_pinned, door="new", about="new")) == "later"
    one_pinned.engine.people.unlock(one_pinned.engine.people.find("eva", CLI).number, CLI)
    assert outcome(lambda: prove(one_pinned, door="new", about="new")) == "in"


def test_a_door_where_many_are_right_is_open_for_the_next(one_pinned: House) -> None:
    assert {outcome(lambda n=n: prove(one_pinned, about=f"{n}")) for n in range(40)} == {"in"}


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "١٢٣٤", "1111", "12 34"])
def test_a_pin_is_four_to_eight_digits_not_all_alike(one_pinned: House, pin: str) -> None:
    eva = one_pinned.engine.people.find("eva", CLI)
    with pytest.raises(Invalid):
        one_pinned.engine.credentials.set_pin(eva.number, CLI, pin)
    assert outcome(lambda: prove(one_pinned)) == "in"
    one_pinned.engine.credentials.set_pin(eva.number, CLI, None)
    assert outcome(lambda: prove(one_pinned)) == "wrong"


def test_a_badge_is_known_however_the_reader_types_it_and_by_nobody_else(pinned: House) -> None:
    it, eva = pinned.engine.credentials, pinned.engine.people.find("eva", CLI)
    made = it.add_badge(eva.number, CLI, "04:a2:b3:c4", label="Blue")
    assert it.by_badge(" 04A2B3C4\r\n", door="oak").number == eva.number
    assert [(badge.id, badge.label) for badge in it.badges(eva.number, CLI)] == [(made.id, "Blue")]
    with pinned.store.reading() as tx:
        assert "04a2b3c4" not in str(tx.rows("SELECT * FROM badge")).lower()
    bob = add(pinned, "bob")
    with pytest.raises(Exception, match="badge_taken"):
        it.add_badge(bob.number, CLI, "04-A2-B3-C4")
    it.remove_badge(eva.number, CLI, made.id)
    assert outcome(lambda: it.by_badge("04A2B3C4", door="oak")) == "wrong"


def test_badges_nobody_has_make_the_reader_wait(one_pinned: House) -> None:
    it = one_pinned.engine.credentials
    told = [outcome(lambda n=n: it.by_badge(f"{n:08}", door="oak")) for n in range(12)]
    assert told == ["wrong"] * 10 + ["later"] * 2
    assert outcome(lambda: it.by_badge("", door="elm")) == "wrong"

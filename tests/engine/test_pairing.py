"""Letting a device in by the code it shows (threat T07): once, for ten minutes, with few guesses, on both databases."""

import hmac
import itertools
import random
import threading
from datetime import timedelta
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, Later, Unknown, Unnamed
from server.core.model import Device
from server.core.pairing import LETTERS
from server.engine import engine_of
from server.engine.pairing import Begun, Told
from server.engine.rooms import digest
from tests.make import NOW, House
from tests.people import cast

HERE = "203.0.113.7"
KEY = "rk_dev_1a2b3c4d_" + "k" * 43 + "_00000000"


def key(number: int = 0) -> str:
    """A key such as a device draws."""
    return f"rk_dev_{number:08x}_{'k' * 43}_00000000"


def begin(house: House, secret: str = KEY, *, enrolment: str = "", **told: str) -> Begun:
    about = {"address": HERE, "serial": "S1", "model": "Pi", "version": "1", "glass": "1280x800"} | told
    return house.engine.pairing.begin(digest(secret), secret[:15], Told(**about), enrolment)


def state(house: House, secret: str = KEY) -> str:
    try:
        return house.engine.pairing.state(digest(secret))
    except Unknown:
        return "unknown"


def refused(act: Any) -> str:
    """The name of the refusal, or what came of it."""
    try:
        act()
    except Later as error:
        return f"later {error.retry_after}" if error.too_many else "busy"
    except (Unknown, Invalid, Barred) as error:
        return type(error).__name__
    return "done"


def approve(house: House, code: str, **how: Any) -> Device:
    by = how.pop("by", CLI)
    return house.engine.pairing.approve(code, by, **({"rooms": ("oak",)} | how))


def test_a_device_that_nobody_knows_shows_a_code_is_let_in_and_its_own_key_opens_its_room(house: House) -> None:
    begun = begin(house)
    assert (begun.state, begun.expires) == ("waiting", NOW + timedelta(minutes=10))
    assert len(begun.code) == 9
    assert set(begun.code.replace("-", "")) <= set(LETTERS)
    assert state(house) == "waiting"
    with pytest.raises(Unnamed):
        house.engine.devices.actor(KEY)
    seen = house.engine.pairing.look(begun.code, CLI)
    assert (seen.serial, seen.model, seen.glass, seen.rooms) == ("s1", "Pi", "1280x800", ())
    made = approve(house, begun.code, rooms=("elm", "oak"))
    assert made.rooms_in_order == (house.elm.number, house.oak.number)
    assert (made.name, made.kind, made.serial, made.fingerprint) == ("Elm +1", "panel", "s1", seen.fingerprint)
    assert state(house) == "paired"
    assert house.engine.devices.actor(KEY).rooms == {house.oak.number, house.elm.number}
    assert begin(house).state == "paired", "an answer that was lost is given again"
    assert house.engine.pairing.waiting(CLI) == ()


@pytest.mark.parametrize("typed", ["{0}", "{1}", "{2}", " {2} ", "{0} "])
def test_a_code_is_typed_with_or_without_its_dash_and_in_any_case(sqlite_house: House, typed: str) -> None:
    code = begin(sqlite_house).code
    forms = code, code.replace("-", ""), code.lower().replace("-", " ")
    assert approve(sqlite_house, typed.format(*forms)).serial == "s1"


def test_codes_that_are_used_over_renewed_or_were_never_shown_are_answered_alike(house: House) -> None:
    used = begin(house).code
    approve(house, used)
    renewed = begin(house, key(2)).code
    begin(house, key(2))
    house.clock.forward(minutes=2)
    over = begin(house, key(3)).code
    house.clock.forward(minutes=10)
    never = "BBBB-BBBB"
    said = []
    for code in (used, renewed, over, never):
        with pytest.raises(Unknown) as caught:
            approve(house, code)
        said.append((caught.value.what, caught.value.key))
        house.clock.forward(minutes=1)
    assert set(said) == {("code", "")}
    assert state(house, key(3)) == "unknown", "it is to ask again"
    assert len(house.engine.devices.all(CLI)) == 1


def test_what_can_be_no_code_is_said_so_and_not_counted(house: House) -> None:
    begun = begin(house)
    for text in ("", "BCDF-GHJ", "BCDF-GHJKL", "AEIO-UAEI", "12345678", "\u0412CDFGHJK", "B" * 100_000):
        assert refused(lambda text=text: approve(house, text)) == "Invalid"  # type: ignore[misc]
    assert approve(house, begun.code).serial == "s1"


def test_nobody_guesses_more_than_five_codes_a_minute_nor_the_house_more_than_fifty_an_hour(house: House) -> None:
    right = begin(house).code
    ada, other = house.ada, Actor("token:9", "admin", source="roomvox")
    guesses = iter(random.Random(1).sample(range(20**8), 300))

    def guess(by: Actor) -> str:
        number, code = next(guesses), ""
        for _ in range(8):
            number, digit = divmod(number, 20)
            code += LETTERS[digit]
        return refused(lambda: house.engine.pairing.look(code, by))

    assert [guess(ada) for _ in range(7)] == ["Unknown"] * 5 + ["later 60"] * 2
    assert refused(lambda: approve(house, right, by=ada)) == "later 60", "the right one is not judged either"
    assert guess(other) == "Unknown"
    judged = 6
    for _ in range(20):
        house.clock.forward(minutes=1)
        judged += sum(guess(who) == "Unknown" for who in (ada, other) for _ in range(5))
    assert judged == 50
    house.clock.forward(minutes=1)
    assert refused(lambda: approve(house, right, by=CLI)).startswith("later"), "nobody in the house"
    house.clock.forward(minutes=40)
    assert refused(lambda: approve(house, right, by=CLI)) == "Unknown", "it is over by now"
    assert approve(house, begin(house).code).serial == "s1"


def test_who_is_right_uses_up_no_tries_and_who_chose_a_room_wrongly_neither(house: House) -> None:
    for number in range(8):
        begun = begin(house, key(number))
        house.engine.pairing.look(begun.code, CLI)
        assert refused(lambda code=begun.code: approve(house, code, rooms=("nowhere",))) == "Unknown"  # type: ignore[misc]
        assert approve(house, begun.code).serial == "s1"


def test_of_two_who_approve_one_code_at_once_one_does_and_there_is_one_device(house: House) -> None:
    for number in range(4):
        code = begin(house, key(number)).code
        start, said = threading.Barrier(4), list[str]()

        def go(by: Actor, code: str = code, start: threading.Barrier = start, said: list[str] = said) -> None:
            start.wait()
            said.append(refused(lambda: approve(house, code, by=by)))
            house.store.close()

        threads = [threading.Thread(target=go, args=(Actor(f"token:{n}", "admin"),)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(said) == ["Unknown"] * 3 + ["done"]
        house.clock.forward(minutes=2)
    assert len(house.engine.devices.all(CLI)) == 4


@pytest.mark.heavy
def test_a_million_random_codes_open_nothing(sqlite_house: House) -> None:
    """What is done with a code that somebody typed, a million times: its digest by the house's key is looked up."""
    pairing = sqlite_house.engine.pairing
    shown = [begin(sqlite_house, key(number)).code.replace("-", "") for number in range(100)]
    with sqlite_house.store.reading() as tx:
        kept = {bytes.fromhex(code) for (code,) in tx.rows("SELECT code FROM pairing")}
    root = pairing.throttle.instance._key("pairing")
    assert {hmac.digest(root, code.encode(), "sha256") for code in shown} == kept, "so it is done"
    drawn = random.Random(2026)
    halves = ["".join(four).encode() for four in itertools.product(LETTERS, repeat=4)]
    tried = zip(drawn.choices(halves, k=1_000_000), drawn.choices(halves, k=1_000_000), strict=True)
    assert sum(hmac.digest(root, one + two, "sha256") in kept for one, two in tried) == 0


def test_a_refused_device_is_told_so_for_ten_minutes_and_may_ask_again_then(house: House) -> None:
    begun = begin(house)
    house.engine.pairing.refuse(begun.code, CLI)
    assert (state(house), begin(house).state, begin(house).code) == ("refused", "refused", "")
    assert refused(lambda: approve(house, begun.code)) == "Unknown"
    house.clock.forward(minutes=10)
    assert (state(house), begin(house).state) == ("unknown", "waiting")


def test_a_revoked_key_is_never_let_in_again(house: House) -> None:
    made = approve(house, begin(house).code)
    house.engine.devices.revoke(made.number, CLI)
    assert (state(house), begin(house).state) == ("refused", "refused")
    assert house.engine.pairing.waiting(CLI) == ()


def test_a_spare_takes_over_name_rooms_and_settings_and_the_broken_ones_key_ends(house: House) -> None:
    old = approve(house, begin(house).code, rooms=("elm", "oak"), name="At the corner")
    house.engine.panel_settings.set("device", old.number, "theme", "dark", CLI)
    new = house.engine.pairing.approve(begin(house, key(2)).code, CLI, replaces=old.number)
    assert (new.name, new.rooms_in_order, new.number) == ("At the corner", old.rooms_in_order, old.number + 1)
    assert house.engine.panel_settings.of_device(new.number, CLI).values == {"theme": "dark"}
    with pytest.raises(Unnamed):
        house.engine.devices.actor(KEY)
    third = begin(house, key(3)).code
    for wrong in (old.number, 99):
        with pytest.raises(Unknown):
            house.engine.pairing.approve(third, CLI, replaces=wrong)
    with pytest.raises(Invalid):
        house.engine.pairing.approve(third, CLI, replaces=new.number, rooms=("oak",))
    board = house.engine.pairing.approve(third, CLI, place=1)
    assert house.engine.pairing.approve(begin(house, key(4)).code, CLI, replaces=board.number).kind == "board"


def test_devices_are_let_in_by_staff_and_by_keys_of_the_house_alone(sqlite_house: House) -> None:
    people = cast(sqlite_house)
    code = begin(sqlite_house).code
    bound = Actor("token:9", "admin", frozenset({sqlite_house.oak.number}))
    pairing = sqlite_house.engine.pairing
    for who in (people["manage"].actor, people["book"].actor, sqlite_house.alice, bound, sqlite_house.panel()[2]):
        for act in (
            lambda who=who: pairing.look(code, who), lambda who=who: pairing.waiting(who),
            lambda who=who: pairing.approve(code, who, rooms=("oak",)), lambda who=who: pairing.refuse(code, who),
        ):  # fmt: skip
            assert refused(act) == "Barred"
    assert pairing.waiting(people["staff"].actor)[0].serial == "s1"
    assert approve(sqlite_house, code, by=people["staff"].actor).rooms == {sqlite_house.oak.number}


@pytest.mark.parametrize(
    ("digest_", "prefix", "told"),
    [
        ("0" * 63, KEY[:15], {}), ("G" * 64, KEY[:15], {}), ("0" * 64, "rk_dev_12", {}), ("0" * 64, KEY[:16], {}),
        ("0" * 64, KEY[:15], {"serial": "s" * 65}), ("0" * 64, KEY[:15], {"model": "a\nb"}),
        ("0" * 64, KEY[:15], {"version": "v" * 41}), ("0" * 64, KEY[:15], {"glass": "\ud800"}),
    ],
)  # fmt: skip
def test_what_a_device_says_of_itself_is_bounded(
    sqlite_house: House, digest_: str, prefix: str, told: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        sqlite_house.engine.pairing.begin(digest_, prefix, Told(address=HERE, **told))


def test_one_address_has_a_hundred_devices_waiting(sqlite_house: House) -> None:
    for number in range(100):
        begin(sqlite_house, key(number))
    assert refused(lambda: begin(sqlite_house, key(100))) == "later 60"
    assert begin(sqlite_house, key(5)).state == "waiting", "one of them may always have another code"


def test_some_addresses_keep_no_other_out_and_who_asks_no_more_goes_first(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.engine.pairing.MOST", 10)
    for number in range(10):
        begin(house, key(number), address=f"198.51.100.{number % 2}")
    assert begin(house, key(10), address="192.0.2.1").state == "waiting"
    assert [state(house, key(number)) for number in (7, 8, 9)].count("unknown") == 1, "who came last where most are"
    for number in (11, 12):
        begin(house, key(number), address="192.0.2.1")
    assert refused(lambda: begin(house, key(13), address="192.0.2.1")) == "busy", "all of them stand before people"
    house.clock.forward(seconds=29)
    waiting = [number for number in range(13) if number and state(house, key(number)) == "waiting"]
    house.clock.forward(seconds=2)
    assert begin(house, key(13), address="192.0.2.1").state == "waiting"
    assert state(house, key(0)) == "unknown", "who did not ask for longest is gone"
    assert {state(house, key(number)) for number in waiting} == {"waiting"}


def test_one_address_begins_three_hundred_times_in_ten_minutes(sqlite_house: House) -> None:
    for _ in range(300):
        begin(sqlite_house)
    assert refused(lambda: begin(sqlite_house)) == "later 600"
    assert refused(lambda: begin(sqlite_house, key(2), address="2001:db8::1")) == "done"
    sqlite_house.clock.forward(minutes=10)
    assert begin(sqlite_house).state == "waiting"


def test_who_asks_no_more_vanishes_and_who_asks_stays(house: House) -> None:
    begin(house)
    begin(house, key(2))
    for _ in range(4):
        house.clock.forward(seconds=50)
        assert state(house) == "waiting"
    assert [it.serial for it in house.engine.pairing.waiting(CLI)] == ["s1"]
    assert house.engine.pairing.run() == {"pairings": 1, "enrolments": 0}
    house.clock.forward(minutes=10)
    assert house.engine.pairing.run()["pairings"] == 1


def test_who_asks_in_a_row_while_nothing_can_be_written_is_written_once(sqlite_house: House) -> None:
    work: list[Any] = []
    engine = engine_of(sqlite_house.store, sqlite_house.clock, aside=work.append)
    begin(sqlite_house)
    for _ in range(2):
        sqlite_house.clock.forward(seconds=25)
        assert {engine.pairing.state(digest(KEY)) for _ in range(50)} == {"waiting"}
        assert len(work) == 1
        work.pop()()


def test_a_code_that_another_process_gave_is_good_here(house: House) -> None:
    other = engine_of(house.store, house.clock)
    assert other.pairing.approve(begin(house).code, CLI, rooms=("oak",)).serial == "s1"


def test_no_code_and_no_key_is_kept_or_told(house: House) -> None:
    code = begin(house).code
    house.engine.pairing.approve(code, CLI, rooms=("oak",))
    second = begin(house, key(2)).code
    with house.store.reading() as tx:
        every = str([tx.rows(f"SELECT * FROM {table}") for table in ("pairing", "device", "change", "throttle")])
    for secret in (KEY, code, code.replace("-", ""), second, second.replace("-", ""), HERE):
        assert secret not in every

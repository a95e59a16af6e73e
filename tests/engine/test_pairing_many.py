"""Devices in numbers: what is expected of serial numbers, and keys by which a site's devices let themselves in."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from server.core.access import CLI, Actor
from server.core.errors import Barred, Invalid, Later, Refused, Unknown
from server.core.model import Device
from server.core.places import Place
from server.core.throttle import Bound
from server.engine import throttle
from server.engine.enrolment import MOST_KEYS
from server.engine.pairing import Begun, Told
from server.engine.rooms import digest
from tests.make import House
from tests.people import cast

HERE = "203.0.113.7"


def begin(house: House, number: int, serial: str = "", enrolment: str = "") -> Begun:
    key = f"rk_dev_{number:08x}_{'k' * 43}_00000000"
    return house.engine.pairing.begin(digest(key), key[:15], Told(serial=serial, address=HERE), enrolment)


def last(house: House) -> Device:
    return house.engine.devices.all(CLI)[-1]


def expect(house: House, *lines: str, **how: Any) -> tuple[str, ...]:
    """Takes a file of these lines in; what is wrong with it, by line."""
    text = "\n".join(("serial,rooms,board,name", *lines))
    done = house.engine.enrolments.expect(text.encode(), CLI, **how)
    return tuple(f"{it.line} {why}" for it in done.lines for why in it.errors)


@pytest.fixture
def site(house: House) -> int:
    """Berlin, where Oak is and Elm is not."""
    number = house.engine.places.add(Place(0, 1, "site", "Berlin"), CLI).number
    house.engine.rooms.change("oak", CLI, place=number)
    return number


def test_an_expected_serial_number_has_its_rooms_chosen_when_it_is_let_in(house: House) -> None:
    assert expect(house, "S-1,elm oak,,At the corner", "s-2,,house,") == ()
    code = begin(house, 1, "S-1 ").code
    seen = house.engine.pairing.look(code, CLI)
    assert (seen.rooms, seen.name, seen.place) == (("elm", "oak"), "At the corner", None)
    made = house.engine.pairing.approve(code, CLI)
    assert (made.name, made.rooms_in_order) == ("At the corner", (house.elm.number, house.oak.number))
    board = house.engine.pairing.approve(begin(house, 2, "S-2").code, CLI)
    assert (board.kind, board.place, board.name) == ("board", 1, "House")
    assert house.engine.enrolments.expected(CLI) == (), "each is used up"
    with pytest.raises(Invalid):
        house.engine.pairing.approve(begin(house, 3, "S-1").code, CLI)


def test_staff_may_choose_other_rooms_than_were_expected(house: House) -> None:
    expect(house, "s-1,elm,,")
    assert house.engine.pairing.approve(begin(house, 1, "s-1").code, CLI, rooms=("oak",)).name == "Oak"
    assert house.engine.enrolments.expected(CLI) == ()


def test_a_file_is_kept_whole_or_not_at_all_and_says_what_is_wrong_by_line(house: House) -> None:
    wrong = expect(
        house, "s-1,oak,,", "s-2,pine elm,,", ",oak,,", "S-1,elm,,", "s-3,oak,house,", "s-4,,,", "s-5,,Nowhere,",
        "s" * 65 + ",oak,,", "s-6,oak,,a\x07b", "s-7,oak,,fine",
    )  # fmt: skip
    assert wrong == (
        "3 rooms: there is no room pine",
        "4 serial: is required",
        "5 the serial number is in the file twice",
        "6 rooms or board: one of them is required, and not both",
        "7 rooms or board: one of them is required, and not both",
        "8 board: there is no place Nowhere",
        "9 serial: too long (max 64 characters)",
        "10 name: control characters are not allowed",
    )
    assert house.engine.enrolments.expected(CLI) == ()
    assert expect(house, "s-1,oak,,", preview=True) == ()
    assert house.engine.enrolments.expected(CLI) == ()
    for file in (b"", b"\xff\xfe", b"number,rooms\n1,oak", b"serial,name\n1,x"):
        with pytest.raises(Invalid):
            house.engine.enrolments.expect(file, CLI)


def test_a_later_file_says_anew_what_is_expected_and_one_can_be_taken_back(house: House) -> None:
    expect(house, "s-1,oak,,", "s-2,oak,,")
    expect(house, "s-2,elm,,")
    assert [(it.serial, it.rooms) for it in house.engine.enrolments.expected(CLI)] == [
        ("s-1", (house.oak.number,)), ("s-2", (house.elm.number,)),
    ]  # fmt: skip
    house.engine.enrolments.unexpect("S-1", CLI)
    for serial in ("s-1", "\0", "x" * 1000):
        with pytest.raises(Unknown):
            house.engine.enrolments.unexpect(serial, CLI)
    assert len(house.engine.enrolments.expected(CLI)) == 1


def test_a_room_and_a_place_that_are_expected_somewhere_are_not_removed(house: House) -> None:
    floor = house.engine.places.add(Place(0, 1, "site", "Berlin"), CLI).number
    expect(house, "s-1,elm,,", "s-2,,Berlin,")
    with pytest.raises(Refused):
        house.engine.rooms.remove("elm", CLI)
    with pytest.raises(Refused):
        house.engine.places.remove(floor, CLI)
    house.engine.pairing.approve(begin(house, 2, "s-2").code, CLI)
    with pytest.raises(Refused):
        house.engine.places.remove(floor, CLI)
    house.engine.devices.revoke(last(house).number, CLI)
    house.engine.enrolments.unexpect("s-1", CLI)
    house.engine.places.remove(floor, CLI)
    house.engine.rooms.remove("elm", CLI)


def test_an_enrolment_key_lets_in_who_is_expected_in_its_site_and_others_wait(house: House, site: int) -> None:
    expect(house, "s-1,oak,,", "s-2,elm,,", "s-3,,Berlin,")
    key, secret = house.engine.enrolments.enrol(site, 5, 7, CLI, name="Berlin, week 25")
    assert secret.startswith("rk_enr_")
    assert begin(house, 1, "s-1", secret).state == "paired"
    assert (last(house).rooms_in_order, last(house).state) == ((house.oak.number,), "good")
    assert begin(house, 2, "s-2", secret).state == "paired"
    waits = last(house)
    assert (waits.rooms, waits.state, waits.name) == (frozenset(), "waiting", "Panel s-2")
    assert begin(house, 3, "s-3", secret).state == "paired"
    assert (last(house).kind, last(house).place) == ("board", site)
    assert begin(house, 4, "", secret).state == "paired"
    assert last(house).name == "Panel"
    assert begin(house, 4, "", secret).state == "paired", "who asks again is not counted again"
    assert [(it.number, it.used, it.most, it.name) for it in house.engine.enrolments.enrolments(CLI)] == [
        (key.number, 4, 5, "Berlin, week 25")
    ]
    assert [it.serial for it in house.engine.enrolments.expected(CLI)] == ["s-2"]
    given = house.engine.devices.assign(waits.number, CLI, rooms=("elm",))
    assert (given.name, given.state) == ("Elm", "good")


def test_an_enrolment_key_lets_in_though_others_of_the_address_ask_too_often(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(throttle.BOUNDS, "pairing", Bound(3, window=timedelta(minutes=10)))
    secret = house.engine.enrolments.enrol(1, 1, 1, CLI)[1]
    for _ in range(3):
        begin(house, 1, "")
    for wrong in ("", "rk_enr_nonsense"):
        with pytest.raises(Later):
            begin(house, 2, "", wrong)
    assert begin(house, 2, "", secret).state == "paired"
    with pytest.raises(Later):
        begin(house, 3, "", secret)


def test_an_enrolment_key_ends_by_its_days_its_count_or_by_hand_and_then_a_code_is_shown(house: House) -> None:
    counted = house.engine.enrolments.enrol(1, 1, 1, CLI)[1]
    ended, other = house.engine.enrolments.enrol(1, 9, 1, CLI)
    timely = house.engine.enrolments.enrol(1, 9, 1, CLI)[1]
    assert begin(house, 1, "", counted).state == "paired"
    assert begin(house, 2, "", counted).code
    house.engine.enrolments.unenrol(ended.number, CLI)
    assert house.engine.enrolments.unenrol(ended.number, CLI).revoked_at is not None
    assert begin(house, 3, "", other).code
    house.clock.forward(days=1)
    assert begin(house, 4, "", timely).code
    assert begin(house, 5, "", "rk_enr_nonsense\0").code
    assert len(house.engine.devices.all(CLI)) == 1
    house.clock.forward(days=366)
    assert house.engine.pairing.run()["enrolments"] == 3


def test_sixteen_devices_at_once_use_a_key_as_often_as_it_says(house: House) -> None:
    secret = house.engine.enrolments.enrol(1, 5, 1, CLI)[1]
    start, said = threading.Barrier(16), []

    def go(number: int) -> None:
        start.wait()
        said.append(begin(house, number, "", secret).state)
        house.store.close()

    threads = [threading.Thread(target=go, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (said.count("paired"), said.count("waiting")) == (5, 11)
    assert len(house.engine.devices.all(CLI)) == 5
    assert house.engine.enrolments.enrolments(CLI)[0].used == 5


@pytest.mark.parametrize(
    ("count", "days", "name"), [(0, 1, ""), (1001, 1, ""), (1, 0, ""), (1, 91, ""), (1, 1, "x" * 256)]
)
def test_enrolment_keys_have_bounds(sqlite_house: House, count: int, days: int, name: str) -> None:
    with pytest.raises(Invalid):
        sqlite_house.engine.enrolments.enrol(1, count, days, CLI, name=name)


def test_enrolment_keys_are_of_a_place_that_there_is_and_not_without_number(sqlite_house: House) -> None:
    enrolments = sqlite_house.engine.enrolments
    with pytest.raises(Unknown):
        enrolments.enrol(99, 1, 1, CLI)
    with pytest.raises(Unknown):
        enrolments.unenrol(99, CLI)
    enrolments.enrol(1, 1, 1, CLI)
    row = "INSERT INTO enrolment (digest, prefix, name, place_id, most, made_at, ends_at) VALUES (?,'','',1,1,0,0)"
    sqlite_house.store.writing(lambda tx: tx.many(row, [(str(number),) for number in range(MOST_KEYS - 1)]))
    with pytest.raises(Refused):
        enrolments.enrol(1, 1, 1, CLI)


def test_staff_expect_and_enrol_and_nobody_else_does(sqlite_house: House) -> None:
    people = cast(sqlite_house)
    it = sqlite_house.engine.enrolments
    bound = Actor("token:9", "admin", frozenset({sqlite_house.oak.number}))
    for who in (people["manage"].actor, sqlite_house.alice, bound):
        for act in (
            lambda who=who: it.expect(b"serial,rooms\ns,oak", who), lambda who=who: it.expected(who),
            lambda who=who: it.unexpect("s", who), lambda who=who: it.enrol(1, 1, 1, who),
            lambda who=who: it.enrolments(who), lambda who=who: it.unenrol(1, who),
        ):  # fmt: skip
            with pytest.raises(Barred):
                act()
    assert it.expect(b"serial;room\ns;oak", people["staff"].actor).written
    assert it.enrol(1, 1, 1, people["staff"].actor)[0].number == 1


def test_an_enrolment_key_is_kept_nowhere(house: House) -> None:
    secret = house.engine.enrolments.enrol(1, 1, 1, CLI)[1]
    begin(house, 1, "", secret)
    with house.store.reading() as tx:
        every = str([tx.rows(f"SELECT * FROM {table}") for table in ("enrolment", "device", "change", "pairing")])
    assert secret not in every
    assert secret[15:40] not in every

"""How well a device is, by what it says and when it was heard; what its screen may be set to."""

import json
from datetime import timedelta
from typing import Any

import pytest

from server.core.fleet import Facts, Told, Wrong, going_on, newest, read, told_of, troubles, verdict, written
from server.core.orders import Order, bounded, is_picture, problems
from server.core.panel_settings import Sets, checked, resolved, spoken
from tests.make import NOW, at

AGO = {seconds: NOW - timedelta(seconds=seconds) for seconds in (2, 13, 14, 60, 119, 121, 200)}
WELL: dict[str, Any] = {
    "version": "0.3.0", "clock": "verified", "clock_offset_ms": 900, "painted_ago": 3, "touch": "good",
    "browser": "good", "unconfirmed": 0, "vitals": {"temperature": 60, "disk": "good", "wear": 12},
}  # fmt: skip


def wrong(**said: Any) -> set[str]:
    return set(troubles(told_of(json.dumps(WELL | said)), NOW))


def test_a_device_that_says_nothing_bad_is_well() -> None:
    assert wrong() == set()
    assert wrong(vitals={}, clock="", touch="", browser="", painted_ago=30) == set()
    assert set(troubles(Told(), NOW)) == set(), "one of version 1 that says hardly anything"


@pytest.mark.parametrize(
    ("said", "word"),
    [({"painted_ago": 31}, "dark"), ({"painted_ago": None}, "dark"), ({"browser": "gone"}, "dark"),
     ({"browser": "frozen"}, "dark"), ({"clock": "unverified"}, "clock"), ({"clock_offset_ms": -60_001}, "clock"),
     ({"touch": "suspect"}, "touch"), ({"unconfirmed": 1}, "owing"), ({"vitals": {"disk": "read_only"}}, "card"),
     ({"vitals": {"disk": "full"}}, "card"), ({"vitals": {"wear": 91}}, "card"),
     ({"vitals": {"temperature": 81}}, "hot"), ({"vitals": {"undervoltage": True}}, "power"),
     ({"as_of": AGO[121].isoformat()}, "old"),
     ({"rooms": [{"number": 1, "as_of": AGO[2].isoformat()}, {"number": 2, "as_of": AGO[121].isoformat()}]}, "old"),
     ({"rooms": [{"number": 1, "as_of": None}]}, "old")],
)  # fmt: skip
def test_each_thing_that_is_wrong_has_its_word(said: dict[str, Any], word: str) -> None:
    assert wrong(**said) == {word}


@pytest.mark.parametrize(
    "said",
    [{"clock_offset_ms": 60_000}, {"vitals": {"wear": 90, "temperature": 80, "undervoltage": False, "throttled": True}},
     {"rooms": [{"number": 1, "as_of": AGO[119].isoformat()}]}, {"as_of": "yesterday"}, {"rooms": "all"}],
)  # fmt: skip
def test_at_the_bounds_it_is_still_well(said: dict[str, Any]) -> None:
    assert wrong(**said) == set()


@pytest.mark.parametrize("said", ["", "{", "[]", "5", '{"vitals": 3, "version": {}, "painted_ago": "x"}', "null"])
def test_what_cannot_be_understood_is_as_if_it_were_not_said(said: str) -> None:
    assert troubles(told_of(said), NOW) == {}


def test_what_goes_on_began_when_it_began() -> None:
    first = {"hot": AGO[60]}
    assert going_on(first, {"hot": NOW, "power": NOW}) == {"hot": AGO[60], "power": NOW}
    assert going_on({}, {"hot": NOW}) == {"hot": NOW}, "it was well in between"
    assert read(written(first)) == first


def facts(**more: Any) -> Facts:
    plain: dict[str, Any] = {"made_at": at("08:00"), "seen_at": AGO[2], "version": "0.3.0"}
    return Facts(**(plain | more))


@pytest.mark.parametrize(
    ("more", "words"),
    [({}, []), ({"seen_at": None}, ["never_heard"]), ({"seen_at": AGO[13]}, []), ({"seen_at": AGO[14]}, ["silent"]),
     ({"seen_at": AGO[14], "troubles": {"hot": AGO[60]}}, ["silent"]), ({"placed": False}, ["waiting"]),
     ({"quarantined_at": AGO[60], "troubles": {"old": AGO[60]}}, ["quarantined", "old"]),
     ({"troubles": {"hot": AGO[60], "dark": AGO[2], "card": AGO[60]}}, ["dark", "card", "hot"]),
     ({"troubles": {"owing": AGO[119]}}, []), ({"troubles": {"owing": AGO[121]}}, ["owing"]),
     ({"troubles": {"moon": AGO[60]}}, []), ({"version": "0.2.9"}, ["version"]), ({"version": "0.10.0"}, []),
     ({"version": "odd"}, []), ({"revoked_at": AGO[2], "quarantined_at": AGO[60]}, ["revoked"])],
)  # fmt: skip
def test_the_worst_comes_first_and_is_the_word(more: dict[str, Any], words: list[str]) -> None:
    word, found = verdict(facts(**more), NOW, "0.3.0")
    assert (word, [it.word for it in found]) == (words[0] if words else "good", words)


def test_each_thing_says_since_when() -> None:
    _, found = verdict(facts(troubles={"card": AGO[60]}, placed=False), NOW)
    assert found == (Wrong("waiting", at("08:00")), Wrong("card", AGO[60]))


def test_the_newest_version_is_by_number_and_not_by_letter() -> None:
    assert newest(["0.9.1", "0.10.0", "", "odd", "0.10.0+build"]) in ("0.10.0", "0.10.0+build")
    assert newest([]) == ""


def test_what_one_device_says_of_its_version_makes_not_all_others_old() -> None:
    assert newest(["0.3.0", "0.3.0", "99999999.0", "0.2.0"]) == "0.3.0"


def test_an_order_asks_for_what_there_is() -> None:
    assert problems("identify", {}) == problems("identify", {"seconds": 120}) == problems("log", {}) == {}
    for what, told in (("dance", {}), ("log", {"seconds": 5}), ("identify", {"seconds": 0}),
                       ("identify", {"seconds": True}), ("identify", {"colour": 1})):  # fmt: skip
        assert problems(what, told), (what, told)
    it = Order(1, 1, "log", {}, NOW, at("10:10"))
    assert (it.state(NOW), it.state(at("10:10"))) == ("open", "expired")


def test_what_a_device_says_is_cut_to_what_can_be_kept() -> None:
    assert bounded("x" * 3_000, "reboot") == "x" * 2_000
    assert bounded("a\nb\tc\x00d\x1b[1me\ud800", "log") == "a\nb\tc\ufffdd\ufffd[1me\ufffd"
    assert not is_picture(b"\x89PNG\r\n\x1a\n")
    assert not is_picture(b"")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [("language", ["en", "ja"], ["xx", "", 5, None]), ("theme", ["contrast"], ["pink"]), ("hour_clock", ["12"], [12]),
     ("density", [2, 20.0, 5.9], [1.9, 21, True, "5", float("nan")]), ("touch", [True, False], ["on", 1]),
     ("night", ["22:00-06:00", "00:00-23:59"], ["24:00-06:00", "22:00", "6:00-7:00", "06:00-06:00", 5])],
)  # fmt: skip
def test_a_setting_takes_only_what_a_screen_can_do(name: str, good: list[Any], bad: list[Any]) -> None:
    assert [checked(name, it) for it in good] == good
    for value in bad:
        with pytest.raises(ValueError, match=r"."):
            checked(name, value)


def test_settings_are_spoken_as_people_type_them() -> None:
    assert [spoken("touch", it) for it in ("on", "OFF", "yes")] == [True, False, True]
    assert (spoken("density", "5.9"), spoken("theme", " dark ")) == (5.9, "dark")
    for name, text in (("touch", "perhaps"), ("density", "thick"), ("volume", "11")):
        with pytest.raises(ValueError, match=r"."):
            spoken(name, text)


def test_the_nearest_level_counts_and_is_named() -> None:
    come = resolved([Sets("house", {"language": "de", "theme": "light"}), Sets("room oak", {"theme": "dark"})])
    assert come.values == {"language": "de", "theme": "dark"}
    assert come.why == {"language": "house", "theme": "room oak"}

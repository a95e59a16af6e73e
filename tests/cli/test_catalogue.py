"""`lintel attribute`, `accessory`, `equipment`, `reason`, `timetable`, `quota`: what they do and what they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_rooms import lintel, usage


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with Oak, which all tests here share; each keeps to names of its own."""
    folder = tmp_path_factory.mktemp("catalogue") / "data"
    assert lintel(folder, "init").exit_code == 0
    assert lintel(folder, "room", "add", "oak", "--name", "Oak", "--zone", "Europe/Berlin").exit_code == 0
    return folder


def printed(data: Path, *words: str) -> str:
    done = lintel(data, *words)
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


def listed(data: Path, group: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(printed(data, group, "list", "--json"))
    return found


def test_an_attribute_from_first_to_last(data: Path) -> None:
    number = printed(
        data,
        "attribute",
        "add",
        "Cost centre",
        "--for",
        "booking",
        "--pattern",
        r"\d{4}",
        "--required",
        "--room",
        "oak",
    )
    assert printed(data, "attribute", "change", number, "--label", "Account", "--private") == "2"
    (it,) = listed(data, "attribute")
    assert (it["label"], it["pattern"], it["rooms"]) == ("Account", r"\d{4}", ["oak"])
    assert (it["required"], it["private"], it["admin_only"]) == (True, True, False)
    printed(data, "attribute", "change", number, "--all-rooms", "--optional")
    assert listed(data, "attribute")[0]["rooms"] == []
    assert "Account" in printed(data, "attribute", "list")
    printed(data, "attribute", "remove", number)
    assert listed(data, "attribute") == []


def test_an_accessory_from_first_to_last(data: Path) -> None:
    number = printed(data, "accessory", "add", "Flip chart", "--stock", "4", "--credits", "2.50", "--room", "oak=..2")
    (it,) = listed(data, "accessory")
    assert (it["stock"], it["credits"], it["rooms"]) == (4, "2.50", ["oak=..2"])
    assert printed(data, "accessory", "change", number, "--stock", "none", "--all-rooms") == "2"
    (it,) = listed(data, "accessory")
    assert (it["stock"], it["rooms"]) == (None, [])
    printed(data, "accessory", "remove", number)


def test_equipment_and_reasons_from_first_to_last(data: Path) -> None:
    printed(data, "equipment", "add", "beamer", "--label", "Projector")
    printed(data, "equipment", "change", "beamer", "--icon", "projector")
    assert listed(data, "equipment") == [{"id": "beamer", "label": "Projector", "icon": "projector"}]
    printed(data, "equipment", "remove", "beamer")
    number = printed(data, "reason", "add", "Painting")
    assert listed(data, "reason") == [{"number": int(number), "status": "unavailable", "reason": "Painting"}]
    printed(data, "reason", "change", number, "--text", "Water damage", "--status", "hidden")
    assert listed(data, "reason") == [{"number": int(number), "status": "hidden", "reason": "Water damage"}]
    printed(data, "reason", "remove", number)


def test_a_timetable_without_slots_is_a_schools(data: Path) -> None:
    number = printed(data, "timetable", "add", "School")
    assert printed(data, "timetable", "show", number).startswith("mon,tue,wed,thu,fri 08:00-08:50, 09:00-09:50")
    told = ("--slots", "mon 08:00-12:00 every 60 for 60", "--slots", "2026-12-24 none", "--since", "2026-08-01")
    assert printed(data, "timetable", "change", number, *told, "--most-at-once", "3", "--week-start", "today") == "2"
    (it,) = listed(data, "timetable")
    assert (len(it["slots"]), it["since"], it["most_at_once"], it["week_start"]) == (2, "2026-08-01", 3, "today")
    printed(data, "timetable", "change", number, "--any-date", "--most-at-once", "0")
    (it,) = listed(data, "timetable")
    assert (it["since"], it["most_at_once"]) == (None, None)
    printed(data, "timetable", "remove", number)


def test_a_quota_from_first_to_last(data: Path) -> None:
    number = printed(
        data, "quota", "add", "Ten a week", "--hours", "10", "--per", "week", "--room", "oak",
        "--within", "mon-fri 08:00-18:00", "--only-to-come",
    )  # fmt: skip
    (it,) = listed(data, "quota")
    assert (it["most"], it["unit"], it["per"], it["room"], it["counts_over"]) == (600, "minutes", "week", "oak", False)
    assert (it["weekdays"], it["opens"], it["closes"]) == ("mon,tue,wed,thu,fri", "08:00", "18:00")
    assert printed(data, "quota", "change", number, "--everywhere", "--place", "Main", "--bookings", "3") == "2"
    (it,) = listed(data, "quota")
    assert (it["room"], it["place"], it["most"], it["unit"]) == ("", "Main", 3, "bookings")
    printed(data, "quota", "remove", number)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("attribute", "add", "A", "--for", "booking", "--pattern", "(a"), "pattern"),
        (("attribute", "add", "A", "--for", "house"), "--for"),
        (("accessory", "add", "A", "--stock", "many"), "--stock"),
        (("accessory", "add", "A", "--credits", "1.234"), "credits"),
        (("accessory", "add", "A", "--room", "oak=a..b"), "--room"),
        (("equipment", "add", "A B", "--label", "A"), "id"),
        (("timetable", "add", "A", "--slots", "monday"), "--slots"),
        (("quota", "add", "A", "--per", "day"), "how much"),
        (("quota", "add", "A", "--hours", "1"), "--per"),
        (("quota", "add", "A", "--hours", "1", "--bookings", "1", "--per", "day"), "either"),
        (("quota", "add", "A", "--hours", "1", "--per", "day", "--within", "noon"), "--within"),
    ],
)
def test_what_cannot_be_is_wrong_usage_and_changes_nothing(data: Path, words: tuple[str, ...], said: str) -> None:
    assert said in usage(lintel(data, *words))
    assert listed(data, words[0]) == []


def test_what_is_not_there_or_in_use_is_refused(data: Path) -> None:
    assert lintel(data, "quota", "remove", "999").exit_code == 1
    assert lintel(data, "attribute", "add", "A", "--for", "booking", "--room", "castle").exit_code == 1
    printed(data, "equipment", "add", "screen", "--label", "Screen")
    printed(data, "room", "change", "oak", "--facility", "screen")
    done = lintel(data, "equipment", "remove", "screen")
    assert (done.exit_code, "in_use" in done.stderr) == (1, True)

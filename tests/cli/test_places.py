"""`lintel site`, `policy` and `room type`: the tree, rules on every level, and what they would shut out."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server import compose
from server.cli import main
from server.core.access import CLI
from server.core.model import Ask
from server.settings import load


def lintel(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


def fine(data: Path, *words: str) -> str:
    done = lintel(data, *words)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Oak in Berlin, in the Timber House, on the second floor."""
    folder = tmp_path / "data"
    fine(folder, "init")
    fine(folder, "site", "add", "Berlin", "--zone", "Europe/Berlin", "--contact", "Ada")
    fine(folder, "site", "add", "Timber House", "--kind", "building", "--in", "Berlin")
    fine(folder, "room", "add", "oak", "--site", "Berlin", "--building", "timber house", "--floor", "2")
    return folder


def test_a_room_is_added_where_it_is_and_has_the_zone_from_there(data: Path) -> None:
    room = json.loads(fine(data, "room", "list", "--json"))[0]
    assert (room["site"], room["building"], room["floor"]) == ("Berlin", "Timber House", "2")
    assert room["zone"] == "Europe/Berlin"
    tree = json.loads(fine(data, "site", "list", "--json"))
    assert [(it["kind"], it["address"], it["rooms"]) for it in tree] == [
        ("house", "House", 0), ("site", "Berlin", 0), ("building", "Berlin/Timber House", 0),
        ("floor", "Berlin/Timber House/2", 1),
    ]  # fmt: skip
    assert [it["address"] for it in json.loads(fine(data, "site", "list", "--in", "timber house", "--json"))] == [
        "Berlin/Timber House", "Berlin/Timber House/2",
    ]  # fmt: skip


def test_places_are_renamed_moved_and_removed(data: Path) -> None:
    fine(data, "site", "add", "Munich")
    fine(data, "site", "move", "Timber House", "--in", "Munich")
    fine(data, "site", "change", "Munich", "--name", "München")
    assert json.loads(fine(data, "room", "list", "--json"))[0]["site"] == "München"
    kept = lintel(data, "site", "remove", "München")
    assert (kept.exit_code, kept.stderr) == (1, "Error: München is in use by 1 place (in_use)\n")
    fine(data, "site", "remove", "Berlin")
    gone = lintel(data, "site", "remove", "Berlin")
    assert (gone.exit_code, gone.stderr) == (1, "Error: no place 'Berlin'\n")
    assert lintel(data, "site", "add", "MÜNCHEN").exit_code == 1
    assert lintel(data, "site", "add", "B", "--kind", "building").exit_code == 2


def test_a_value_says_where_it_comes_from(data: Path) -> None:
    fine(data, "policy", "set", "Berlin", "max-minutes=4 h", "opening=mon-fri 08:00-18:00")
    fine(data, "policy", "set", "oak", "max_minutes=2 h", "walk_in=no")
    rows = json.loads(fine(data, "policy", "show", "oak", "--set", "--json"))
    assert [(it["rule"], it["value"], it["from"]) for it in rows] == [
        ("opening", [{"weekdays": [0, 1, 2, 3, 4], "opens": 480, "closes": 1080}], "site Berlin"),
        ("max_minutes", 120, "room oak"), ("walk_in", False, "room oak"),
    ]  # fmt: skip
    assert "max_minutes  4 h                  site Berlin" in fine(data, "policy", "show", "Berlin", "--set")
    fine(data, "policy", "unset", "oak", "max_minutes")
    assert "4 h" in fine(data, "policy", "show", "oak", "--set")


def test_types_and_groups_have_rules_of_their_own(data: Path) -> None:
    fine(data, "room", "type", "add", "studio", "--label", "Studio")
    fine(data, "site", "add", "Labs", "--kind", "group")
    fine(data, "room", "change", "oak", "--type", "studio", "--group", "Labs")
    assert fine(data, "policy", "set", "type:studio", "lanes=2") == "oak: lanes 2\n"
    assert fine(data, "policy", "set", "Labs", "lanes=3") == "oak: lanes 3\n"
    assert json.loads(fine(data, "room", "type", "list", "--json")) == [
        {"id": "studio", "label": "Studio", "description": "", "sets": "lanes"}
    ]
    assert lintel(data, "room", "type", "remove", "studio").exit_code == 1
    fine(data, "room", "change", "oak", "--no-group", "Labs", "--type", "")
    assert lintel(data, "room", "type", "remove", "studio").exit_code == 0


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("max_minutes", "write FIELD=VALUE"), ("max_minutse=1", "did you mean max_minutes?"),
        ("max_minutes=long", 'such as "90"'), ("lanes=0", "lanes: 1 to 100"), ("members=kings", "members: none, see"),
        ("timetable=7", "there is no timetable 7"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_a_usage_error(data: Path, rule: str, said: str) -> None:
    done = lintel(data, "policy", "set", "oak", rule)
    assert done.exit_code == 2
    assert said in done.stderr


def test_what_would_be_shut_out_is_named(data: Path) -> None:
    engine = compose.engine(load(data, environment={}).settings)
    start = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)  # noqa: DTZ005, RUF100
    it = engine.bookings.book(Ask(("oak",), start, start + timedelta(hours=1), "Planning"), CLI)
    done = lintel(data, "room", "change", "oak", "--status", "unavailable", "--reason", "Painting")
    assert done.exit_code == 1
    assert it.uid in done.stderr
    assert "oak: 1 by out_of_service" in done.stderr
    fine(data, "room", "change", "oak", "--status", "unavailable", "--anyway")
    assert json.loads(fine(data, "room", "list", "--json"))[0]["status"] == "unavailable"


def test_a_preview_of_a_policy_changes_nothing(data: Path) -> None:
    assert fine(data, "policy", "set", "house", "lanes=2", "--preview") == "oak: lanes 2\n"
    assert fine(data, "policy", "show", "oak", "--set") == ""


def test_a_room_is_removed_or_switched_off(data: Path) -> None:
    assert lintel(data, "room", "remove", "oak").stderr == "oak is removed\n"
    assert json.loads(fine(data, "room", "list", "--json")) == []


@pytest.mark.parametrize(
    "words",
    [
        ("--plan", "5"), ("--plan", "1,2000"), ("--plan", "a,b"), ("--color", "red"), ("--walk", "-1"),
        ("--group", "Berlin"), ("--part", "oak"), ("--attribute", "Floor=2"), ("--attribute", "x"),
        ("--status", "gone"),
    ],
)  # fmt: skip
def test_what_a_room_cannot_be_is_refused(data: Path, words: tuple[str, str]) -> None:
    assert lintel(data, "room", "change", "oak", *words).exit_code in (1, 2)
    assert compose.engine(load(data, environment={}).settings).rooms.get("oak", CLI).version == 1


def test_rooms_go_out_as_a_file_and_come_back(data: Path, tmp_path: Path) -> None:
    fine(data, "room", "change", "oak", "--status", "hidden", "--plan", "250,700")
    fine(data, "policy", "set", "oak", "opening=mon-fri 08:00-18:00")
    file = tmp_path / "rooms.csv"
    file.write_text(fine(data, "room", "export"))
    done = lintel(data, "room", "import", str(file), "--mode", "update")
    assert (done.exit_code, done.stderr) == (0, "0 rooms made, 1 changed, 0 there already; 0 rows are bad\n")
    assert fine(data, "room", "export") == file.read_text()
    file.write_text("name,walk\nAsh,far\nElm,3\n")
    done = lintel(data, "room", "import", str(file), "--preview")
    assert (done.exit_code, done.stdout.splitlines()[1]) == (1, "2     Ash   create  Walk must be a number")
    assert lintel(data, "room", "import", str(file), "--partial").exit_code == 1
    assert [it["id"] for it in json.loads(fine(data, "room", "list", "--json"))] == ["oak", "elm"]


def test_files_are_attached_listed_saved_and_removed(data: Path, tmp_path: Path) -> None:
    picture = tmp_path / "oak.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    number = fine(data, "file", "add", str(picture), "--photo", "oak").strip()
    plan = fine(data, "file", "add", str(picture), "--plan", "Berlin/Timber House/2", "--name", "plan.png").strip()
    assert [it["name"] for it in json.loads(fine(data, "file", "list", "--photo", "oak", "--json"))] == ["oak.png"]
    assert [it["name"] for it in json.loads(fine(data, "file", "list", "--plan", "2", "--json"))] == ["plan.png"]
    fine(data, "file", "save", number, str(tmp_path / "again.png"))
    assert (tmp_path / "again.png").read_bytes() == picture.read_bytes()
    fine(data, "file", "remove", plan)
    assert lintel(data, "file", "save", plan, "-").exit_code == 1
    assert lintel(data, "file", "add", str(picture)).exit_code == 2
    assert lintel(data, "file", "add", str(picture), "--photo", "oak", "--room", "oak").exit_code == 2

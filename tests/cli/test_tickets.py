"""`lintel ticket` and `lintel receiver`, as staff type them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with Oak."""
    data = tmp_path / "data"
    assert lintel(data, "init").exit_code == 0
    assert lintel(data, "room", "add", "oak", "--name", "Oak", "--floor", "2").exit_code == 0
    return data


def lintel(data: Path, *words: str) -> Result:
    group, *rest = words
    if rest and not rest[0].startswith("-") and group != "init":
        group, rest = f"{group} {rest[0]}", rest[1:]
    return CliRunner().invoke(main, [*group.split(), "--data", str(data), *rest])


def listed(data: Path, *words: str) -> list[dict[str, object]]:
    done = lintel(data, *words, "--json")
    assert done.exit_code == 0, done.output
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_a_fault_is_reported_shown_and_closed(folder: Path) -> None:
    done = lintel(folder, "ticket", "open", "--room", "oak", "--kind", "sound", "--note", "It hums")
    assert (done.exit_code, done.stdout) == (0, "1\n")
    (row,) = listed(folder, "ticket", "list")
    assert (row["category"], row["room"], row["place"], row["state"]) == ("room_fault", "oak", "Main/2", "open")
    assert "It hums" in lintel(folder, "ticket", "show", "1").stdout
    assert listed(folder, "ticket", "show", "1")[0]["notes"] == ["It hums"]
    assert lintel(folder, "ticket", "close", "1").stdout == "closed\n"
    assert listed(folder, "ticket", "list") == []
    assert len(listed(folder, "ticket", "list", "--state", "all", "--room", "oak")) == 1
    assert lintel(folder, "ticket", "open", "--place", "Main/2", "--kind", "dirty").stdout == "2\n"


def test_what_cannot_be_is_refused_with_a_sentence(folder: Path) -> None:
    assert lintel(folder, "ticket", "close", "7").exit_code == 1
    assert lintel(folder, "ticket", "open", "--kind", "sound").exit_code == 2
    assert lintel(folder, "ticket", "open", "--kind", "sound", "--room", "ash").exit_code == 1
    assert lintel(folder, "receiver", "add", "nobody").exit_code == 2
    assert lintel(folder, "receiver", "add", "a@example.org", "--quiet", "nights").exit_code == 2
    assert lintel(folder, "receiver", "add", "hook_none").exit_code == 1
    lintel(folder, "receiver", "add", "a@example.org")
    again = lintel(folder, "receiver", "add", "a@example.org")
    assert again.exit_code == 1
    assert "already" in again.stderr


def test_who_is_told_is_added_changed_and_removed(folder: Path) -> None:
    words = ("--place", "Main/2", "--category", "panel_dark", "--quiet", "22:00-06:00,weekends", "--language", "de")
    assert lintel(folder, "receiver", "add", "desk@example.org", *words).stdout == "1\n"
    assert lintel(folder, "receiver", "change", "1", "--delay", "7", "--quiet", "").exit_code == 0
    assert listed(folder, "receiver", "list") == [
        {
            "number": 1, "place": "Main/2", "category": "panel_dark", "kind": "mail", "target": "desk@example.org",
            "delay": 7, "quiet": "", "language": "de",
        }
    ]  # fmt: skip
    lintel(folder, "receiver", "change", "1", "--usual-delay")
    assert listed(folder, "receiver", "list")[0]["delay"] is None
    assert lintel(folder, "receiver", "remove", "1").stdout == "desk@example.org\n"
    assert lintel(folder, "receiver", "remove", "1").exit_code == 1

"""`lintel conflict`, as staff type it."""

from pathlib import Path

from tests.cli.test_tickets import lintel, listed
from tests.engine.card import Card
from tests.make import House, house, opened


def one(data: Path) -> House:
    """A data folder with a conflict at Oak."""
    assert lintel(data, "init").exit_code == 0
    with opened(f"sqlite:///{data / 'lintel.db'}") as store:
        found = house(store)
        card = Card(found, found.panel()[2])
        card.walk_in()
        found.book("10:20", "11:00")
        card.bring()
        return found


def test_conflicts_are_listed_and_settled(tmp_path: Path) -> None:
    data = tmp_path / "data"
    one(data)
    (row,) = listed(data, "conflict", "list")
    assert row == {
        "conflict": 1, "room": "oak", "kind": "walk_in", "from": "2026-06-15T10:00+02:00",
        "to": "2026-06-15T10:30+02:00", "booking": "10:20-11:00 Alice Adams", "walk_in": "10:00-10:20 Walk-in",
        "state": "open",
    }  # fmt: skip
    assert lintel(data, "conflict", "resolve", "1", "perhaps").exit_code == 2
    done = lintel(data, "conflict", "resolve", "1", "booking")
    assert (done.exit_code, done.stdout) == (0, "")
    again = lintel(data, "conflict", "resolve", "1", "walk_in")
    assert again.exit_code == 1
    assert "decided already" in again.stderr
    assert lintel(data, "conflict", "resolve", "9", "both").exit_code == 1
    assert listed(data, "conflict", "list") == []
    assert [it["state"] for it in listed(data, "conflict", "list", "--state", "all", "--room", "oak")] == ["booking"]

"""Rights and files of bookings from the command line."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from server.cli import main


def run(data: Path, *words: str, ok: int = 0) -> Result:
    done = CliRunner().invoke(main, [*words, "--data", str(data)])
    assert done.exit_code == ok, done.output
    return done


def furnished(data: Path) -> Path:
    run(data, "init")
    run(data, "room", "add", "oak", "--name", "Oak", "--site", "Berlin", "--building", "Timber House", "--floor", "2")
    run(data, "person", "add", "alice@example.org", "--name", "Alice Adams", "--role", "member")
    run(data, "group", "add", "Chemists")
    return data


def test_rights_are_given_listed_and_taken(tmp_path: Path) -> None:
    data = furnished(tmp_path / "data")
    run(data, "right", "give", "--person", "alice@example.org", "--room", "oak", "--level", "manage")
    run(data, "right", "give", "--group", "Chemists", "--place", "Berlin/Timber House", "--level", "ask")
    number = run(data, "right", "give", "--all", "--house", "--level", "see").stdout.strip()
    found = json.loads(run(data, "right", "list", "--json").stdout)
    assert [(it["who"], it["where"], it["level"]) for it in found] == [
        ("alice@example.org", "oak", "manage"),
        ("Chemists", "Berlin/Timber House", "ask"),
        ("everybody", "House", "see"),
    ]
    run(data, "right", "take", number)
    assert len(json.loads(run(data, "right", "list", "--json").stdout)) == 2


def test_a_right_needs_one_who_and_one_where(tmp_path: Path) -> None:
    data = furnished(tmp_path / "data")
    run(data, "right", "give", "--room", "oak", "--level", "see", ok=2)
    run(data, "right", "give", "--all", "--group", "Chemists", "--room", "oak", "--level", "see", ok=2)
    run(data, "right", "give", "--all", "--level", "see", ok=2)
    run(data, "right", "give", "--all", "--place", "Nowhere", "--level", "see", ok=1)
    run(data, "right", "give", "--person", "bob@example.org", "--room", "oak", "--level", "see", ok=1)


def test_bookings_go_out_and_come_in_as_a_file(tmp_path: Path) -> None:
    data = furnished(tmp_path / "data")
    file = tmp_path / "bookings.csv"
    file.write_text("room,title,start,end\noak,Plan,2026-11-23T09:00+01:00,2026-11-23T10:00+01:00\n")
    assert "This would be done: 1 booking made" in run(data, "booking", "import", str(file), "--preview").stderr
    assert run(data, "booking", "export").stdout.count("\n") == 1
    run(data, "booking", "import", str(file))
    out = run(data, "booking", "export").stdout
    assert "oak,Plan,2026-11-23T08:00:00+00:00,2026-11-23T09:00:00+00:00" in out
    file.write_text(out)
    assert "1 there already" in run(data, "booking", "import", str(file)).stderr
    file.write_text("room,title,start,end\nelm,Plan,2026-11-23T09:00+01:00,2026-11-23T10:00+01:00\n")
    bad = run(data, "booking", "import", str(file), "--json", ok=1)
    assert json.loads(bad.stdout) == [{"line": 2, "title": "Plan", "action": "create", "errors": "Room not found"}]
    assert run(data, "booking", "export", "--from", "2026-11-24T00:00Z", "--room", "oak").stdout.count("\n") == 1
    run(data, "booking", "export", "--room", "elm", ok=1)
    run(data, "booking", "export", "--from", "2026-11-24T00:00Z", "--to", "2026-11-24T00:00Z", ok=2)

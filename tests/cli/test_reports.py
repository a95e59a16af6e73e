"""Reports on the command line: as a table, as JSON, as files that are whole or not there."""

import csv
import json
import os
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from server.cli import main
from server.core.access import CLI
from server.engine import engine_of
from server.engine.reports_scope import Choice
from server.store import outbox
from server.store.database import open_store
from tests import make

DAYS = ["--since", "2026-06-15", "--until", "2026-06-15"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with two rooms and three bookings on the Monday."""
    with make.opened(f"sqlite:///{tmp_path / 'lintel.db'}") as store:
        house = make.house(store)
        house.book("11:00", "12:00", title="=cmd|calc")
        house.book("12:00", "13:00")
        house.book("11:00", "12:00", room="elm")
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["report", words[0], "--data", str(folder), *words[1:]])


def test_a_report_is_a_table_for_people_or_json_for_programs(folder: Path) -> None:
    done = run(folder, "usage", *DAYS)
    assert (done.exit_code, "25.0%" in done.stdout) == (0, True)
    assert "Use of the rooms, 2026-06-15 to 2026-06-15" in done.stderr
    told = json.loads(run(folder, "usage", *DAYS, "--json").stdout)
    assert [(row["room"], row["bookings"], row["share"]) for row in told] == [
        ("oak", 2, 0.25), ("elm", 1, 0.125), ("", 3, 0.1875),
    ]  # fmt: skip


def test_a_report_is_narrowed_to_rooms_and_places(folder: Path) -> None:
    told = json.loads(run(folder, "usage", *DAYS, "--room", "elm", "--json").stdout)
    assert [row["room"] for row in told] == ["elm", ""]
    told = json.loads(run(folder, "usage", *DAYS, "--in", "Main/1", "--json").stdout)
    assert [row["room"] for row in told] == ["oak", ""]
    assert run(folder, "usage", "--in", "Nowhere").exit_code == 2
    assert run(folder, "usage", "--room", "birch").exit_code == 1
    assert run(folder, "usage", "--since", "2026-06-15", "--until", "2026-06-14").exit_code == 2
    assert run(folder, "usage", "--since", "yesterday").exit_code == 2


def test_a_file_that_cannot_be_written_is_refused_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    for option in ("--csv", "--xlsx"):
        refused = run(folder, "usage", *DAYS, option, str(tmp_path / "nowhere" / "usage"))
        assert refused.exit_code == 1
        assert "nowhere/usage: No such file or directory" in refused.stderr


def test_reports_on_people_need_the_setting(folder: Path) -> None:
    refused = run(folder, "people", *DAYS)
    assert (refused.exit_code, "reports.people" in refused.stderr) == (1, True)
    (folder / "lintel.toml").write_text('[reports]\npeople = "people"\n', encoding="utf-8")
    assert run(folder, "people", *DAYS).exit_code == 0


def test_bookings_are_written_as_csv_and_as_a_workbook(folder: Path) -> None:
    assert run(folder, "bookings", *DAYS, "--csv", str(folder / "all.csv"), "--bom").exit_code == 0
    data = (folder / "all.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfRoom,")
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [(row["Room"], row["Start"]) for row in rows] == [
        ("oak", "2026-06-15 11:00:00"), ("elm", "2026-06-15 11:00:00"), ("oak", "2026-06-15 12:00:00"),
    ]  # fmt: skip
    assert rows[0]["Title"] == "'=cmd|calc"
    assert run(folder, "bookings", *DAYS, "--xlsx", str(folder / "all.xlsx")).exit_code == 0
    page = openpyxl.load_workbook(folder / "all.xlsx").active
    assert page is not None
    assert [page.cell(row, 7).value for row in (2, 3, 4)] == ["=cmd|calc", "Planning", "Planning"]
    assert page.cell(2, 7).data_type == "s"


def test_a_report_goes_to_stdout_where_a_pipe_takes_it(folder: Path) -> None:
    done = run(folder, "hours", *DAYS, "--csv", "-")
    assert done.stdout_bytes.startswith(b"Hour,Monday,")
    assert done.stdout_bytes.count(b"\r\n") == 26


def test_wrong_usage_is_said(folder: Path) -> None:
    assert run(folder, "bookings").exit_code == 2
    assert run(folder, "bookings", "--csv", "a", "--xlsx", "b").exit_code == 2
    assert run(folder, "usage", "--csv", "a", "--xlsx", "b").exit_code == 2


def test_a_file_is_put_in_place_only_when_it_is_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = folder / "all.csv"
    there.write_text("before", encoding="utf-8")

    def broken(*_: object, **__: object) -> object:
        yield b"half"
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("server.cli.report.csv_bytes", broken)
    done = run(folder, "bookings", *DAYS, "--csv", str(there))
    assert (done.exit_code, os.strerror(28) in done.stderr) == (1, True)
    assert there.read_text(encoding="utf-8") == "before"
    assert not list(folder.glob("*.part"))
    assert run(folder, "bookings", "--xlsx", str(folder / "no" / "all.xlsx")).exit_code == 1


def test_the_page_is_a_file_named_after_the_house_or_the_place(folder: Path) -> None:
    out = folder / "page.html"
    assert run(folder, "page", *DAYS, "--out", str(out)).exit_code == 0
    assert "<h1>How the rooms are used</h1>" in out.read_text(encoding="utf-8")
    assert run(folder, "page", *DAYS, "--in", "Main/1", "--out", str(out)).exit_code == 0
    assert "<h1>Main/1</h1>" in out.read_text(encoding="utf-8")


def test_reports_change_nothing(folder: Path) -> None:
    store = open_store(f"sqlite:///{folder / 'lintel.db'}")
    with store.reading() as tx:
        before = outbox.end(tx)
    figures = engine_of(store, make.Clock(make.NOW + timedelta(days=1))).figures
    for kind in ("usage", "hours", "no-shows", "lead", "peak", "capacity", "sources"):
        run(folder, kind, *DAYS)
        assert figures.table(CLI, kind, Choice(make.MONDAY, make.MONDAY)).rows
    with store.reading() as tx:
        assert outbox.end(tx) == before
    store.close()

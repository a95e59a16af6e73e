"""`lintel import ics`: what it says, what it leaves behind, and how it ends."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server import compose
from server.cli import main
from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.model import Booking
from server.core.period import Period
from server.core.zone import wall
from server.settings import environment, load
from server.store.database import Store
from tests import make
from tests.engine.calendar_text import calendar, event
from tests.make import BERLIN

TODAY = wall(SystemClock().now(), BERLIN).replace(tzinfo=None)
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=3"


def day(number: int, hour: int = 9) -> str:
    """So many days from now at that hour, as a file says it."""
    return f"{TODAY + timedelta(days=number):%Y%m%d}T{hour:02}0000"


def shown(number: int, hour: int = 9) -> str:
    """The same as the table says it."""
    return f"{datetime.strptime(day(number, hour), '%Y%m%dT%H%M%S'):%Y-%m-%d %H:%M}"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with Oak and Elm in Berlin."""
    for words in (["init"], *(["room", "add", room, "--zone", BERLIN] for room in ("oak", "elm"))):
        assert CliRunner().invoke(main, [*words, "--data", str(tmp_path / "data")]).exit_code == 0
    return tmp_path / "data"


def imported(data: Path, *parts: str, how: str = "", content: bytes | None = None) -> Result:
    """Gives a file to the command; `how` are its options."""
    file = data / "oak.ics"
    file.write_bytes(calendar(*parts) if content is None else content)
    room = [] if "--room" in how else ["--room", "oak"]
    return CliRunner().invoke(main, ["import", "ics", str(file), *room, "--data", str(data), *how.split()])


def held(data: Path, room: str = "oak") -> list[Booking]:
    engine = compose.engine(load(data, environment={}).settings)
    now = engine.clock.now()
    found = engine.bookings.between(room, CLI, Period(now - timedelta(days=400), now + timedelta(days=400)))
    engine.store.close()
    return list(found)


def rows(done: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_a_file_is_booked_and_each_meeting_is_told_of(data: Path) -> None:
    done = imported(
        data, event(WEEKLY, at=day(2)), event(uid="s", at=day(3), title="Lunch"), "BEGIN:VTODO\r\nEND:VTODO"
    )
    assert done.exit_code == 0
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["outcome", "first", "dates", "title", "said", "uid"],
        ["booked", *shown(2).split(), "3", "Talk", "u"],
        ["booked", *shown(3).split(), "1", "Lunch", "s"],
    ]
    assert done.stderr == "2 meetings (4 dates) were booked, 0 skipped, 0 refused; passed over: 1 VTODO\n"
    assert sorted(it.title for it in held(data)) == ["Lunch", "Talk", "Talk", "Talk"]


def test_a_preview_says_the_same_and_leaves_nothing(data: Path) -> None:
    parts = [event(WEEKLY, at=day(2)), event(uid="s", at=day(9))]
    said = imported(data, *parts, how="--preview --json")
    assert held(data) == []
    table = imported(data, *parts, how="--preview")
    assert table.stdout.splitlines()[1].startswith(f"would be booked  {shown(2)}")
    assert table.stderr == "1 meeting (3 dates) would be booked, 0 skipped, 1 refused\n"
    done = imported(data, *parts, how="--json")
    assert rows(done) == rows(said)
    assert (said.exit_code, table.exit_code, done.exit_code) == (1, 1, 1)


def test_json_says_all_of_it(data: Path) -> None:
    assert imported(data, event(uid="there", at=day(9))).exit_code == 0
    done = imported(data, event(WEEKLY, at=day(2)), event("STATUS:CANCELLED", uid="c", at=day(4)), how="--json")
    series, gone = rows(done)
    begins, clash = (datetime.fromisoformat(it) for it in (series["starts"], series["leftOut"][0].pop("date")))
    assert [f"{at:%Y-%m-%d %H:%M}" for at in (begins, clash)] == [shown(2), shown(9)]
    assert {name: it for name, it in series.items() if name != "starts"} == {
        "uid": "u", "title": "Talk", "outcome": "refused", "dates": 0, "earlierDatesNotBooked": False,
        "leftOut": [{"reasons": ["clash"]}], "reasons": ["clash"],
    }  # fmt: skip
    assert (gone["outcome"], gone["reasons"]) == ("skipped", ["cancelled"])


def test_what_conflicts_is_named_with_its_dates_and_the_rest_is_booked(data: Path) -> None:
    done = imported(data, event("RRULE:FREQ=DAILY;COUNT=9", uid="d", at=day(2)), event(WEEKLY, at=day(3)),
                    event("RRULE:FREQ=DAILY;COUNT=9", uid="e", at=day(2)))  # fmt: skip
    assert done.exit_code == 1
    first, second, third = done.stdout.splitlines()[1:]
    assert first.startswith("booked")
    assert f"conflicts on {shown(3)}, {shown(10)}  " in second
    assert f"conflicts on {shown(2)}, {shown(3)}, {shown(4)} and 6 more  e" in third
    assert len(held(data)) == 9


def test_conflicts_can_be_left_out(data: Path) -> None:
    assert imported(data, event(uid="there", at=day(9))).exit_code == 0
    done = imported(data, event(WEEKLY, at=day(2)), how="--skip-conflicts")
    assert done.exit_code == 0
    assert f"without {shown(9)} (conflicts)" in done.stdout
    assert len(held(data)) == 3


def test_all_or_nothing_leaves_nothing_where_one_is_refused(data: Path) -> None:
    parts = [event(at=day(2)), event(uid="s", at=day(2))]
    done = imported(data, *parts, how="--all-or-nothing")
    assert (done.exit_code, held(data)) == (1, [])
    assert done.stderr == "1 meeting (1 date) would have been booked, but nothing was changed: 0 skipped, 1 refused\n"
    assert imported(data, parts[0], how="--all-or-nothing").exit_code == 0
    assert len(held(data)) == 1


def test_importing_twice_changes_nothing_and_is_no_failure(data: Path) -> None:
    parts = [event(WEEKLY, at=day(2)), event("TRANSP:TRANSPARENT", uid="f", at=day(3))]
    assert imported(data, *parts).exit_code == 0
    before = held(data)
    again = imported(data, *parts)
    assert (again.exit_code, held(data)) == (0, before)
    assert "is there already" in again.stdout
    assert "is marked as free time" in again.stdout
    assert again.stderr == "0 meetings (0 dates) were booked, 2 skipped, 0 refused\n"


def test_the_table_hides_private_titles_and_shortens_long_names(data: Path) -> None:
    long = "0400000082" * 12
    done = imported(data, event("CLASS:PRIVATE", at=day(2), title="Dentist"), event(uid=long, at=day(3)))
    assert "Dentist" not in done.stdout + done.stderr
    assert f"{long[:39]}…\n" in done.stdout
    assert {it.uid for it in held(data)} == {"u", long}


@pytest.mark.parametrize("how", ["", "--preview", "--json", "--all-or-nothing"])
def test_a_file_that_is_no_calendar_ends_with_2_and_its_name(data: Path, how: str) -> None:
    done = imported(data, content=b"<html></html>", how=how)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"Error: {data / 'oak.ics'} is no iCalendar file\n"


def test_a_file_can_come_through_a_pipe(data: Path) -> None:
    words = ["import", "ics", "-", "--room", "oak", "--data", str(data)]
    assert CliRunner().invoke(main, words, input=calendar(event(at=day(2)))).exit_code == 0
    assert len(held(data)) == 1
    done = CliRunner().invoke(main, words, input=b"BEGIN:VCALENDAR")
    assert (done.exit_code, done.stderr) == (2, "Error: the file ends in the middle\n")


def test_wrong_words_are_told_from_what_is_not_there(data: Path) -> None:
    assert imported(data, event(), how="--room ash").stderr == "Error: no room 'ash'\n"
    assert imported(data, event(), how="--room ash").exit_code == 1
    missing = CliRunner().invoke(main, ["import", "ics", str(data / "none.ics"), "--room", "oak", "--data", str(data)])
    assert missing.exit_code == 2
    assert CliRunner().invoke(main, ["import", "ics", str(data / "oak.ics"), "--data", str(data)]).exit_code == 2


def on_a_terminal(data: Path, *parts: str, how: str = "") -> str:
    """What the real command writes to a terminal while its results go elsewhere."""
    file = data / "long.ics"
    file.write_bytes(calendar(*parts))
    screen, line = pty.openpty()
    command = [sys.executable, "-m", "server", "import", "ics", str(file), "--room", "oak", "--data", str(data)]
    done = subprocess.run([*command, *how.split()], stdout=subprocess.PIPE, stderr=line, env=environment(), timeout=60,
                          check=True)  # fmt: skip
    os.close(line)
    assert done.stdout.count(b"\n") == len(parts) + 1
    text = os.read(screen, 65_536).decode()
    os.close(screen)
    return text


@pytest.mark.heavy
def test_a_long_file_shows_its_progress_on_a_terminal(data: Path) -> None:
    parts = [event(uid=f"u{n}", at=day(2 + n)) for n in range(60)]
    long = on_a_terminal(data, *parts)
    assert "Booking  [" in long
    assert "100%" in long
    assert long.endswith("60 meetings (60 dates) were booked, 0 skipped, 0 refused\r\n")
    few = on_a_terminal(data, *parts[:5])
    assert few == "0 meetings (0 dates) were booked, 5 skipped, 0 refused\r\n"


@pytest.mark.heavy
def test_an_import_that_is_killed_leaves_whole_meetings_and_can_be_run_again(data: Path) -> None:
    # Two such series are more than are written at once, so that there is a pause after each.
    parts = [event("RRULE:FREQ=DAILY;COUNT=101", uid=f"u{hour}", at=day(2, hour)) for hour in range(3, 24)]
    file = data / "oak.ics"
    file.write_bytes(calendar(*parts))
    command = [sys.executable, "-m", "server", "import", "ics", str(file), "--room", "oak", "--data", str(data)]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with make.opened(f"sqlite:///{data / 'lintel.db'}") as store:
        while not made(store) and process.poll() is None:
            time.sleep(0.02)
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
        there = made(store)
    assert 0 < len(there) < len(parts)
    assert set(there.values()) == {101}
    done = imported(data, *parts)
    assert done.exit_code == 0
    assert done.stderr.endswith(f" were booked, {len(there)} skipped, 0 refused\n")
    assert len(held(data)) == 101 * len(parts)


def made(store: Store) -> dict[str, int]:
    """How many dates each series has."""
    with store.reading() as tx:
        return dict(
            tx.rows("SELECT s.uid, count(*) FROM occurrence o JOIN series s ON s.id = o.series_id GROUP BY s.uid")
        )

"""`lintel series`: what it tells of bookings that recur, and what it carries on."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from server import compose
from server.cli import main
from server.cli.rules import said
from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.model import Edit
from server.core.recurrence import parse
from server.engine.series import Outcome
from server.settings import load
from tests import make
from tests.engine.zone_data import zone_files
from tests.make import BERLIN

AGO = timedelta(days=30)
HOUR = timedelta(hours=1)


class Earlier:
    """The clock of a month ago, for what has been booked since."""

    def now(self) -> make.datetime:
        return SystemClock().now() - AGO


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with Oak in Berlin and Elm."""
    told = lintel(tmp_path / "data", "init")
    assert told.exit_code == 0
    for room in ("oak", "elm"):
        assert lintel(tmp_path / "data", "room", "add", room, "--zone", BERLIN).exit_code == 0
    return tmp_path / "data"


def lintel(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


def rows(data: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(lintel(data, *words, "--json").stdout)
    return found


def engine(data: Path) -> compose.Engine:
    return compose.engine(load(data, environment={}).settings, clock=Earlier())


def booked(data: Path, *lines: str, hour: int = 9, room: str = "oak", title: str = "Planning") -> Outcome:
    """A series that began a month ago, on the day after."""
    it = engine(data)
    day = make.wall(it.clock.now() + timedelta(days=1), BERLIN).replace(tzinfo=None)
    first = day.replace(hour=hour, minute=0, second=0, microsecond=0)
    start = make.instant(first, BERLIN)
    wish = make.ask(start, start + HOUR, room=room, title=title)
    done = it.series.book(wish, parse(lines or ("FREQ=WEEKLY",), first, BERLIN), CLI)
    it.store.close()
    return done


def test_every_series_is_listed_with_its_rule_and_what_comes_next(data: Path) -> None:
    weekly, short = booked(data), booked(data, "FREQ=DAILY;COUNT=3", room="elm", title="Workshop")
    day = weekly.first.starts.strftime("%a")
    told = rows(data, "series", "list")
    assert [(it["uid"], it["rooms"], it["zone"], it["rule"], it["title"]) for it in told] == [
        (weekly.series.uid, "oak", BERLIN, f"every week on {day}", "Planning"),
        (short.series.uid, "elm", BERLIN, "every day, 3 times", "Workshop"),
    ]
    assert told[0]["next"].endswith(" 09:00" + told[0]["next"][-6:])
    assert (told[1]["next"], told[0]["left_out"], told[0]["lines"]) == (None, 0, ["RRULE:FREQ=WEEKLY"])
    assert [it["uid"] for it in rows(data, "series", "list", "--room", "elm")] == [short.series.uid]
    assert "every day, 3 times" in lintel(data, "series", "list").stdout


def test_a_room_that_is_not_there_is_said(data: Path) -> None:
    done = lintel(data, "series", "list", "--room", "ash")
    assert (done.exit_code, done.stderr) == (1, "Error: no room 'ash'\n")


def test_one_series_is_shown_date_by_date_with_what_was_changed_alone(data: Path) -> None:
    made = booked(data, "FREQ=DAILY;COUNT=40")
    it = engine(data)
    whole = it.series.whole(made.series.uid, CLI)
    moved, renamed, gone = whole.rows[35], whole.rows[36], whole.rows[37]
    it.bookings.change(moved.uid, Edit(starts=moved.starts + HOUR, ends=moved.ends + HOUR), CLI)
    it.bookings.change(renamed.uid, Edit(title="With cake"), CLI)
    it.bookings.cancel(gone.uid, CLI)
    it.store.close()
    told = json.loads(lintel(data, "series", "show", made.series.uid, "--json").stdout)
    assert (told["rule"], told["rooms"], told["carried_to"]) == ("every day, 40 times", "oak", None)
    dates = {row["date"]: (row["standing"], row["own"]) for row in told["dates"]}
    assert 9 <= len(dates) <= 12  # a month of forty days is over
    assert [it for it in dates.values() if it != ("accepted", "")] == [
        ("accepted", "moved"), ("accepted", "renamed"), ("cancelled", ""),
    ]  # fmt: skip
    assert len(json.loads(lintel(data, "series", "show", gone.uid, "--all", "--json").stdout)["dates"]) == 40
    text = lintel(data, "series", "show", made.series.uid)
    assert "carried_to  the end" in text.stdout
    assert "moved" in text.stdout


def test_carrying_books_what_has_come_within_reach_and_tells_what_it_cannot(data: Path) -> None:
    made = booked(data, "FREQ=DAILY")
    it = engine(data)
    shut = made.series.carried_to + timedelta(days=3)
    it.rooms.close("oak", CLI, shut, shut + timedelta(days=2), "Paint")
    it.store.close()
    first = lintel(data, "series", "carry")
    assert first.exit_code == 1
    assert re.fullmatch(r"1 series carried on, 2[678] dates booked, 2 left out\n", first.stderr)
    assert first.stdout.count("closed") == 2
    again = lintel(data, "series", "carry")
    assert (again.exit_code, again.stdout) == (0, "")
    told = rows(data, "series", "left-out")
    assert [(it["series"], it["codes"], it["title"]) for it in told] == [(made.series.uid, ["closed"], "Planning")] * 2
    today = SystemClock().now()
    assert rows(data, "series", "left-out", "--since", f"{today:%Y-%m-%d}") == told
    assert rows(data, "series", "left-out", "--since", f"{today + timedelta(days=2):%Y-%m-%d}") == []


def test_an_update_of_the_zone_data_is_placed_by_hand(data: Path, tmp_path: Path) -> None:
    made = booked(data, "FREQ=WEEKLY")
    with zone_files(tmp_path / "zoneinfo") as install:
        assert lintel(data, "series", "rezone").stderr == "no zone has changed\n"
        install({BERLIN: "<+03>-3"})
        done = lintel(data, "series", "rezone")
        assert done.exit_code == 0
        assert f"{BERLIN} changed:" in done.stderr
        assert made.series.uid in {it.series.uid for it in engine(data).series_list.all(CLI)}
        assert {line.split()[0] for line in done.stdout.splitlines()[1:]} == {"moved"}
        assert " 09:00+03:00" in done.stdout
        install({BERLIN: "<+05>-5"})
        carried = lintel(data, "series", "carry")
        assert f"{BERLIN} changed:" in carried.stderr


def test_a_room_takes_series_with_approval_only_and_of_so_many_dates(data: Path) -> None:
    assert lintel(data, "room", "change", "oak", "--series", "approval", "--series-most", "4").exit_code == 0
    policy = engine(data).rooms.get("oak", CLI).policy
    assert (policy.series, policy.series_most) == ("approval", 4)
    done = lintel(data, "room", "change", "oak", "--series-most", "1101")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (2, "Error: series_most: 1 to 1100")
    assert lintel(data, "room", "change", "oak", "--series", "perhaps").exit_code == 2


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["FREQ=DAILY"], "every day"),
        (["FREQ=DAILY;INTERVAL=3;BYDAY=MO,TU"], "every 3 days on Mon, Tue"),
        (["FREQ=WEEKLY"], "every week on Mon"),
        (["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=20"], "every 2 weeks on Mon, Thu, 20 times"),
        (["FREQ=WEEKLY;UNTIL=20261231"], "every week on Mon until 2026-12-31"),
        (["FREQ=MONTHLY"], "every month on day 15"),
        (["FREQ=MONTHLY;BYMONTHDAY=1,15"], "every month on day 1, 15"),
        (["FREQ=MONTHLY;BYDAY=3MO"], "every month on the third Mon"),
        (["FREQ=MONTHLY;BYDAY=-1FR"], "every month on the last Fri, also on 2026-06-15"),
        (["FREQ=YEARLY"], "every year on 15 Jun"),
        (["FREQ=WEEKLY", "EXDATE:20260622T100000"], "every week on Mon, without 1 of them"),
        (["RDATE:20260617T100000,20260619T100000"], "on 2026-06-15, 2026-06-17, 2026-06-19"),
        (["RDATE:" + ",".join(f"202607{day:02}T100000" for day in range(1, 9))],
         "on 2026-06-15, 2026-07-01, 2026-07-02 and 6 more dates"),
        (["FREQ=MONTHLY;BYMONTHDAY=-1"], "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1 RDATE:20260615T100000"),
        (["FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1"], "RRULE:FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1 RDATE:20260615T100000"),
        (["FREQ=YEARLY;BYMONTH=6;BYDAY=MO"], "RRULE:FREQ=YEARLY;BYMONTH=6;BYDAY=MO"),
    ],
)  # fmt: skip
def test_a_rule_is_said_as_people_say_it_or_in_its_own_words(lines: list[str], text: str) -> None:
    assert said(parse(lines, make.datetime(2026, 6, 15, 10), BERLIN)) == text


def test_a_series_that_was_cut_short_says_where_it_ends(data: Path) -> None:
    made = booked(data, "FREQ=DAILY")
    it = engine(data)
    eighth = it.series.whole(made.series.uid, CLI).rows[7]
    it.series.cancel(made.series.uid, CLI, following=True, at=eighth.original_start)
    it.store.close()
    assert ", ends before 2" in rows(data, "series", "list")[0]["rule"]

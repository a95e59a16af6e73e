"""Files in the manner of the programs people really use: what is booked is what another library says they mean."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import recurring_ical_events
from icalendar import Calendar

from server.core.access import CLI
from server.core.clock import epoch
from server.core.model import Standing
from server.core.period import Period
from server.core.zone import instant, midnight
from server.engine import HORIZON
from server.engine.calendar_files.importing import BOOKED, REFUSED
from tests import make

FOLDER = Path(__file__).parent / "ics"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*.ics"))
Span = tuple[datetime, datetime, str]


def expected(data: bytes) -> list[Span]:
    """What recurring-ical-events makes of the file, from now to the horizon; each with its exact length."""
    end = make.NOW + HORIZON
    found = recurring_ical_events.of(Calendar.from_ical(data)).between(make.NOW, end)
    busy = [it for it in found if it.get("STATUS") != "CANCELLED" and it.get("TRANSP") != "TRANSPARENT"]
    spans = sorted(span_of(it) for it in busy)
    return [span for span in spans if span[0] < end and span[1] > make.NOW]


def span_of(event: Any) -> Span:
    """Their occurrence keeps the wall time of its end over a change of the clocks, ours its length (RFC 5545)."""
    start, end = event["DTSTART"].dt, event["DTEND"].dt
    title = "Private" if event.get("CLASS", "PUBLIC") != "PUBLIC" else str(event["SUMMARY"])
    if not isinstance(start, datetime):
        return midnight(start, make.BERLIN), midnight(end, make.BERLIN), title
    length = end.replace(tzinfo=None) - start.replace(tzinfo=None)
    if start.tzinfo is None:
        begins = instant(start, make.BERLIN)
    else:
        begins = datetime.fromtimestamp(epoch(start), make.NOW.tzinfo)
    return begins, begins + length, title


def booked(house: make.House) -> list[Span]:
    whole = Period(make.NOW, make.NOW + HORIZON)
    standing = [Standing.ACCEPTED]
    return sorted(
        (it.starts, it.ends, it.title)
        for it in house.engine.bookings.between("oak", CLI, whole, standings=standing)
    )  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_is_booked_is_what_the_program_meant(sqlite_house: make.House, program: str) -> None:
    data = (FOLDER / f"{program}.ics").read_bytes()
    done = sqlite_house.engine.calendar_files.take(data, "oak", CLI)
    assert [it for it in done.results if it.outcome == REFUSED] == []
    assert booked(sqlite_house) == expected(data)
    assert len(booked(sqlite_house)) == sum(it.dates for it in done.results)
    again = sqlite_house.engine.calendar_files.take(data, "oak", CLI)
    assert again.count(BOOKED) == 0
    assert sqlite_house.overlaps() == []


def test_there_is_a_file_of_each_well_known_program() -> None:
    assert {"apple", "exchange", "google", "nextcloud", "outlook", "thunderbird", "zimbra"} <= set(PROGRAMS)


def test_the_private_say_no_more_than_that(sqlite_house: make.House) -> None:
    sqlite_house.engine.calendar_files.take((FOLDER / "nextcloud.ics").read_bytes(), "oak", CLI)
    assert "Nachtwartung" not in {title for _, _, title in booked(sqlite_house)}
    assert timedelta(hours=2) in {end - start for start, end, title in booked(sqlite_house) if title == "Private"}
    assert date(2026, 10, 25) in {start.date() for start, _, title in booked(sqlite_house) if title == "Private"}

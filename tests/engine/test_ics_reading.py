"""What the reader makes of a file: which meetings there are, when, what they say, and what it will not take."""

import gzip
import io
import zipfile
from datetime import datetime, timedelta

import pytest

from server.engine import HORIZON
from server.engine.calendar_files.item import BOOK, REFUSE, SKIP, Item, Part, item_of, written
from server.engine.calendar_files.limits import Unreadable
from server.engine.calendar_files.reader import read
from tests import make
from tests.engine.calendar_text import calendar, event
from tests.make import at


def items(data: bytes) -> list[Item]:
    """The items, each as it comes out of the reader's answer."""
    found = [it for it in read(data, make.NOW, HORIZON, make.BERLIN) if isinstance(it, Item)]
    assert [item_of(written(it)) for it in found] == found
    return found


def one(*parts: str) -> Item:
    (found,) = items(calendar(*parts))
    return found


def part(*parts: str) -> Part:
    (found,) = one(*parts).parts
    return found


def why(*parts: str) -> str:
    found = one(*parts)
    assert found.verdict in (REFUSE, SKIP), found
    return found.why


def refusal(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        items(data)
    return str(caught.value)


def test_a_single_event_is_itself() -> None:
    it = one(event('ORGANIZER;CN="Adams, Alice":MAILTO:alice@example.org', "DESCRIPTION:a\\, b\\nc"))
    assert (it.uid, it.title, it.verdict, it.at, it.dates) == ("u", "Talk", BOOK, at("09:00", 2), 1)
    said = it.parts[0].texts
    assert (said.organizer, said.organizer_email, said.description) == ("Adams, Alice", "alice@example.org", "a, b\nc")
    assert (it.parts[0].starts, it.parts[0].ends, it.parts[0].pattern) == (at("09:00", 2), at("10:00", 2), None)


@pytest.mark.parametrize(
    ("lines", "ends"),
    [
        (["DTEND:20260617T113000"], at("11:30", 2)),
        (["DTEND;TZID=Asia/Tokyo:20260617T170000"], at("10:00", 2)),
        (["DTEND:20260617T080000Z"], at("10:00", 2)),
        (["DURATION:P1DT2H"], at("11:00", 3)),
        (["DURATION:P1W"], at("09:00", 9)),
    ],
)
def test_an_event_ends_by_its_end_or_its_length(lines: list[str], ends: datetime) -> None:
    assert part(event(*lines, length="")).ends == ends


def test_a_day_of_a_length_is_a_day_of_the_calendar() -> None:
    # The clocks go back on 25 October 2026: this day has 25 hours.
    assert part(event(at="20261024T120000", length="P1D")).ends == at("12:00", datetime(2026, 10, 25).date())


def test_a_date_is_the_whole_day_of_the_room() -> None:
    it = part(event(at=";VALUE=DATE:20260617", length=""))
    assert (it.starts, it.ends) == (at("00:00", 2), at("00:00", 3))
    it = part(event("DTEND;VALUE=DATE:20260620", at=";VALUE=DATE:20260617", length=""))
    assert (it.starts, it.ends) == (at("00:00", 2), at("00:00", 5))


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([], "dtend: must be after the start"),
        (["DTEND:20260617T090000"], "dtend: must be after the start"),
        (["DTEND:20260617T080000"], "dtend: must be after the start"),
        (["DTEND;VALUE=DATE:20260618"], "dtend: is a date and the start is none, or the other way round"),
        (["DTEND:tomorrow"], "dtend: 'tomorrow' is no date or time"),
        (["DTEND:20260231T090000"], "dtend: '20260231T090000' is no date or time"),
        (["DURATION:PT"], "duration: 'PT' is no length"),
        (["DTEND;TZID=Mars/Olympus:20260617T100000"], "zone: 'Mars/Olympus' is no zone we know"),
        (["DTEND"], "dtend: cannot be read"),
    ],
)
def test_an_event_without_sound_times_is_refused(lines: list[str], complaint: str) -> None:
    assert why(event(*lines, length="")) == complaint


def test_an_event_without_a_start_is_refused() -> None:
    assert why("BEGIN:VEVENT\r\nUID:u\r\nEND:VEVENT") == "dtstart: is missing"


@pytest.mark.parametrize("kind", ["PRIVATE", "CONFIDENTIAL", "X-SECRET", "private"])
def test_a_private_event_says_only_that_it_is(kind: str) -> None:
    it = one(event(f"CLASS:{kind}", "DESCRIPTION:the secret"))
    assert (it.title, it.parts[0].texts.title, it.parts[0].texts.description) == ("Private", "Private", "")


def test_texts_are_cut_and_freed_of_control_characters() -> None:
    said = part(event("DESCRIPTION:" + "d" * 20_000, title="\x1b[2Ja\\nb\u2028c\x00\x85" + "é" * 300)).texts
    assert said.title.startswith("[2Ja b cé")
    assert (said.title[-2:], len(said.title)) == ("é…", 255)
    assert len(said.description) == 10_000


def test_a_character_folded_in_the_middle_is_whole_again() -> None:
    data = calendar(event(title="Caf@")).replace(b"Caf@", b"Caf\xc3\r\n \xa9")
    assert items(data)[0].title == "Café"


@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY;BY\x07DAY=MO", "FREQ=DAILY;\x1b[2J=1", "FREQ=DAILY;" + "X" * 5_000 + "=1"]
)
def test_why_an_event_is_refused_can_be_shown_whatever_it_holds(rule: str) -> None:
    said = why(event(f"RRULE:{rule}"))
    assert said.startswith("recurrence: ")
    assert said.isprintable()
    assert len(said) <= 300


def test_an_event_without_a_uid_gets_always_the_same() -> None:
    without = event().replace("UID:u\r\n", "")
    first = one(without, "X-WR-CALNAME:Oak")
    assert first.uid.endswith("@import")
    assert one(without.replace("END:", "DTSTAMP:20260101T000000Z\r\nEND:")).uid == first.uid
    assert one(event(title="Other").replace("UID:u\r\n", "")).uid != first.uid


@pytest.mark.parametrize(
    ("line", "reason"),
    [("STATUS:CANCELLED", "cancelled"), ("TRANSP:TRANSPARENT", "free"), ("status:cancelled", "cancelled")],
)
def test_what_holds_no_room_is_skipped(line: str, reason: str) -> None:
    assert why(event(line)) == reason
    assert why(event(line, "RRULE:FREQ=DAILY")) == reason


def test_of_two_with_one_uid_the_newer_counts() -> None:
    found = items(calendar(event("SEQUENCE:2", title="New"), event("SEQUENCE:1", title="Old")))
    assert [(it.title, it.verdict, it.why) for it in found] == [("Old", SKIP, "superseded"), ("New", BOOK, "")]
    found = items(calendar(event(title="First"), event(title="Second")))
    assert [it.title for it in found if it.verdict == BOOK] == ["Second"]


def test_what_is_no_event_is_counted_and_passed_over() -> None:
    todo = "BEGIN:VTODO\r\nUID:t\r\nEND:VTODO"
    alarm = event("BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nDTSTART:nonsense\r\nEND:VALARM")
    *found, ignored = read(calendar(todo, todo, alarm, "BEGIN:VJOURNAL\r\nEND:VJOURNAL"), make.NOW, HORIZON, "UTC")
    assert len(found) == 1
    assert ignored == {"VTODO": 2, "VJOURNAL": 1}


def test_a_file_may_hold_several_calendars() -> None:
    assert len(items(calendar(event(uid="a")) + calendar(event(uid="b")))) == 2


def test_a_packed_file_is_unpacked() -> None:
    plain = calendar(event())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("readme.txt", "hello")
        archive.writestr("Oak.ICS", plain)
    assert items(gzip.compress(plain)) == items(plain) == items(out.getvalue()) == items(b"\xef\xbb\xbf" + plain)


def test_old_line_ends_and_small_letters_are_read() -> None:
    assert items(calendar(event()).replace(b"\r\n", b"\n")) == items(calendar(event()).replace(b"\r\n", b"\r"))
    assert items(calendar(event(title="talk")).lower())[0].verdict == BOOK


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "is empty"),
        (b"room,title\noak,x\n", "is no iCalendar file"),
        (calendar(event())[:-30], "ends in the middle"),
        (calendar("METHOD:REPLY", event()), "is an answer to an invitation, no calendar"),
        (calendar("METHOD:CANCEL", event()), "is an answer to an invitation, no calendar"),
        (calendar("CALSCALE:HEBREW", event()), "does not count days by the Gregorian calendar"),
        (calendar(event()).replace(b"VERSION:2.0", b"VERSION:1.0"), "is vCalendar 1.0; export it as iCalendar"),
        (calendar(event()).replace(b"END:VEVENT", b"END:VTODO"), "has a BEGIN without its END"),
    ],
)
def test_a_file_that_is_no_calendar_is_refused(data: bytes, complaint: str) -> None:
    assert refusal(data) == complaint


def test_more_dates_than_a_file_may_have_are_refused() -> None:
    daily = [event("RRULE:FREQ=DAILY", uid=f"u{n}") for n in range(14)]
    assert refusal(calendar(*daily)) == "has more than 10000 dates to book"
    assert sum(it.dates for it in items(calendar(*daily[:13]))) == 13 * (HORIZON // timedelta(days=1))

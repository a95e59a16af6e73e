"""The forms of dates that RoomVox's clients write, each read in the room's zone."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.dialects.roomvox.dates import LATEST, day, moment
from server.dialects.roomvox.wire import local
from tests.make import BERLIN, NOW


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-05", "2026-10-04T22:00"),
        ("2026-10-05T00:00", "2026-10-04T22:00"),
        ("2026-10-05T09:00:00Z", "2026-10-05T09:00"),
        ("2026-10-05t09:00:00z", "2026-10-05T09:00"),
        ("2026-10-05T09:00:00.000Z", "2026-10-05T09:00"),
        ("2026-10-05T09:00:00.999999999Z", "2026-10-05T09:00"),
        ("2026-10-05T09:00:00,5Z", "2026-10-05T09:00"),
        ("2026-10-05T09:00:00+02:00", "2026-10-05T07:00"),
        ("2026-10-05T09:00:00-0330", "2026-10-05T12:30"),
        ("2026-10-05T09:00+02", "2026-10-05T07:00"),
        ("2026-10-05T09:00:30", "2026-10-05T07:00:30"),
        ("20261005T090000Z", "2026-10-05T09:00"),
        ("20261005T090000", "2026-10-05T07:00"),
        ("20261005T0900", "2026-10-05T07:00"),
        ("20261005", "2026-10-04T22:00"),
        ("2026-10-05 09:00", "2026-10-05T07:00"),
        ("2026-10-05 9:00", "2026-10-05T07:00"),
        ("2026-10-05 09:00:00 UTC", "2026-10-05T09:00"),
        ("2026-10-05 09:00 America/New_York", "2026-10-05T13:00"),
        ("05.10.2026", "2026-10-04T22:00"),
        ("5.10.2026 09:00", "2026-10-05T07:00"),
        ("10/05/2026", "2026-10-04T22:00"),
        ("2026-10-5", "2026-10-04T22:00"),
        ("2026-02-30", "2026-03-01T23:00"),
        ("2026-02-31T09:00", "2026-03-03T08:00"),
        ("2026-10-05T24:00", "2026-10-05T22:00"),
        ("@1700000000", "2023-11-14T22:13:20"),
        ("@1700000000.25", "2023-11-14T22:13:20"),
        ("tomorrow", "2026-06-15T22:00"),
        ("Tomorrow 09:30", "2026-06-16T07:30"),
        ("today", "2026-06-14T22:00"),
        ("midnight", "2026-06-14T22:00"),
        ("noon", "2026-06-15T10:00"),
        ("yesterday", "2026-06-13T22:00"),
        ("now", "2026-06-15T08:00"),
        ("", "2026-06-15T08:00"),
        ("  2026-10-05  ", "2026-10-04T22:00"),
        ("2026-03-29T02:30", "2026-03-29T01:30"),  # does not exist: an hour later, 03:30
        ("2026-10-25T02:30", "2026-10-25T00:30"),  # comes twice: the first
        ("1970-01-01T00:00Z", "1970-01-01T00:00"),
        ("1970-01-01", "1969-12-31T23:00"),
        ("9999-11-30T12:00Z", "9999-11-30T12:00"),
    ],
)
def test_a_form_that_is_read(text: str, expected: str) -> None:
    assert moment(text, NOW, BERLIN) == utc(expected)


@pytest.mark.parametrize(
    "text",
    [
        "abc", "1700000000", "@", "@-1", "@99999999999999", "2026", "2026-10", "2026-13-01", "2026-00-10", "2026-10-32",
        "2026-10-00", "2026-10-05T25:00", "2026-10-05T24:01", "2026-10-05T09:60", "2026-10-05T09:00:61", "2026-10-05T",
        "2026-10-05T09:00:00 02:00", "2026-10-05T09:00:00+25:00", "2026-10-05T09:00:00+02:75",
        "2026-10-05T09:00Mars/Base",
        "1969-12-31", "1969-12-31T23:59:59Z", "0001-01-01", "0000-00-00", "9999-12-31T23:59:59Z", "9999-12-31",
        "10000-01-01",
        "-2026-10-05", "2026-10-05T09:00:00+02:00Z",
        "".join(chr(0x660 + int(c)) if c.isdigit() else c for c in "2026-10-05"), "now()", "+1 day",
        "next monday", "2026-10-05T09:00:00.Z", "T09:00", "09:00", "null", "2026-W40-1", "\x00", "5" * 5000,
    ],
)  # fmt: skip
def test_a_form_that_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment(text, NOW, BERLIN)


def test_a_day_is_the_local_one() -> None:
    assert day("2026-10-05T23:30:00Z\n", NOW, BERLIN) == date(2026, 10, 6)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading(text: str) -> None:
    try:
        found = moment(text, NOW, "Pacific/Kiritimati")
    except ValueError:
        return
    assert found.tzinfo is UTC
    assert found.microsecond == 0
    assert found < LATEST


@given(
    st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 11, 29)),
    st.sampled_from(["Asia/Kathmandu", "America/St_Johns", BERLIN, "Pacific/Apia", "UTC"]),
)
def test_what_we_write_is_read_back(moment_: datetime, zone: str) -> None:
    at = moment_.replace(microsecond=0, tzinfo=UTC)
    written = local(at, zone)
    if written.count(":") == 3:  # whole hours, minutes
        assert moment(written, NOW, "UTC") == at

"""The forms of dates that LibreBooking's clients write, and the one it writes itself."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.dialects.librebooking.dates import day, moment, written

BERLIN, NEW_YORK, APIA = "Europe/Berlin", "America/New_York", "Pacific/Apia"


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2026-11-25T10:00:00+0000", BERLIN, "2026-11-25T10:00:00"),
        ("2026-11-25T10:00:00+01:00", BERLIN, "2026-11-25T09:00:00"),
        ("2026-11-25T10:00:00-0330", BERLIN, "2026-11-25T13:30:00"),
        ("2026-11-25T10:00:00+01", BERLIN, "2026-11-25T09:00:00"),
        ("2026-11-25T10:00:00Z", BERLIN, "2026-11-25T10:00:00"),
        ("2026-11-25t10:00:00.123z", BERLIN, "2026-11-25T10:00:00"),
        ("2026-11-25T10:00:30 0500", BERLIN, "2026-11-25T05:00:30"),  # the + was not encoded
        ("2026-11-25T10:00", BERLIN, "2026-11-25T10:00:00"),  # with a T and no offset UTC is meant
        ("2026-11-25 10:00", BERLIN, "2026-11-25T09:00:00"),  # without a T the room's wall time
        (" 2026-11-25 ", BERLIN, "2026-11-24T23:00:00"),
        ("2026-3-9 9:05:07", NEW_YORK, "2026-03-09T13:05:07"),
        ("2026-03-29 02:30", BERLIN, "2026-03-29T01:30:00"),  # inside the spring gap
        ("2026-10-25 02:30", BERLIN, "2026-10-25T00:30:00"),  # in the fold the first is meant
    ],
)
def test_each_form_means_one_instant(text: str, zone: str, instant: str) -> None:
    assert moment(text, zone) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "of_month"),
    [
        ("2026-10-07", BERLIN, 7),
        ("2026-10-07 00:00", BERLIN, 7),
        ("2026-10-07 22:30:00", BERLIN, 7),
        ("2026-10-07T00:00:00+0000", BERLIN, 7),
        ("2026-10-07T22:30:00+0000", BERLIN, 8),
        ("2026-10-07T22:30:00", BERLIN, 8),
        ("2026-10-07T23:30:00+02:00", BERLIN, 7),
        ("2026-10-07T03:59:59+0000", NEW_YORK, 6),
        ("2026-10-07T04:00:00+0000", NEW_YORK, 7),
        ("2011-12-30", APIA, 30),  # a day that the zone skipped is still that date
    ],
)
def test_a_day_is_one_of_the_zone(text: str, zone: str, of_month: int) -> None:
    assert day(text, zone).day == of_month


@pytest.mark.parametrize(
    "text",
    ["", "garbage", "2026", "2026-02-30", "2026-10-07T25:00", "2026-10-07T09:60", "2026-10-07T09:00+0275",
     "2026-10-07T09:00+99:00", "2026-10-07 09:00 0200", "2026-10-07 09:00Z", "0000-01-01", "2026-10-07T",
     "2026-10-07T09:00:00+0000 or so", "0001-01-01T00:00+1400", "9999-12-31T23:59:59-0500"],
)  # fmt: skip
def test_what_is_no_date_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        moment(text, BERLIN)
    with pytest.raises(ValueError):  # noqa: PT011
        day(text, BERLIN)


def test_an_instant_is_written_in_utc_without_a_colon() -> None:
    there = timezone(timedelta(hours=-5))
    assert written(datetime(2026, 11, 23, 11, tzinfo=there)) == "2026-11-23T16:00:00+0000"


@pytest.mark.parametrize(
    "text", ["1970-12-31T23:59:59Z", "1971-01-01 00:00", "0001-01-02", "9991-01-01T00:00:00Z", "9999-12-31"]
)
def test_instants_so_far_off_that_nothing_can_be_reckoned_from_them_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="out of range"):
        moment(text, BERLIN)


@given(st.datetimes(datetime(1971, 1, 1), datetime(9990, 12, 31), timezones=st.just(UTC)))
def test_what_is_written_reads_as_it_was(at: datetime) -> None:
    assert moment(written(at), NEW_YORK) == at.replace(microsecond=0)

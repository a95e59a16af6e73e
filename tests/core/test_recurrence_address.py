"""Addresses of occurrences: written in one form, read in those that clients send."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.recurrence import address_text, read_address

BERLIN = "Europe/Berlin"
SEVEN = datetime(2026, 10, 5, 7, tzinfo=UTC)


def test_an_address_is_written_in_utc() -> None:
    assert address_text(SEVEN) == "20261005T070000Z"
    assert address_text(SEVEN.astimezone(timezone(timedelta(hours=2)))) == "20261005T070000Z"


@pytest.mark.parametrize(
    "text",
    [
        "20261005T070000Z", "20261005T090000+0200", "20261005T030000-0400", "20261005T090000", "20261005T070000z",
        "2026-10-05T07:00:00Z", "2026-10-05T09:00:00+02:00", "2026-10-05T09:00:00", "2026-10-05T09:00",
        "2026-10-05 09:00", "20261005T0900", "2026-10-05T07:00:00.000Z", "2026-10-05t07:00:00z", "20261005T090000+02",
    ],
)  # fmt: skip
def test_an_address_is_read_in_all_the_forms_clients_send(text: str) -> None:
    assert read_address(text, BERLIN) == SEVEN


def test_wall_time_in_the_gap_and_in_the_fold_is_placed_as_an_occurrence_is() -> None:
    assert read_address("20260329T023000", BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert read_address("20261025T023000", BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "", "abc", "20261005", "2026-10-05", "T090000", "20261305T090000", "20260230T090000Z", "20261005T250000Z",
        "20261005T090000Zx", " 20261005T090000Z", "20261005T070000.5Z", "2026-10-05T07:00:00.001Z", "2026-W41-1T09:00",
        "20261005T090000+9900", "\u0662\u0660261005T090000Z", "00010101T000000+1400", "99991231T235959-1400",
        "2026-10-05T09", "20261005T090000\n", "20261005T090000Z" * 9,
    ],
)  # fmt: skip
def test_all_else_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each form is refused in its own words
        read_address(text, BERLIN)


@given(st.datetimes(datetime(1970, 1, 2), datetime(9998, 1, 1)), st.sampled_from([BERLIN, "UTC", "Pacific/Apia"]))
def test_what_is_written_is_read_back(moment: datetime, zone: str) -> None:
    instant = moment.replace(microsecond=0, tzinfo=UTC)
    assert read_address(address_text(instant), zone) == instant


@given(st.text(max_size=30))
def test_any_text_is_read_or_a_value_error(text: str) -> None:
    try:
        instant = read_address(text, BERLIN)
    except ValueError:
        return
    assert instant.tzinfo is UTC

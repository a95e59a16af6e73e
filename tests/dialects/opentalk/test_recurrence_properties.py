"""OpenTalk's recurrence_pattern against a reckoning of its own, and there and back again."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from hypothesis import assume, given
from hypothesis import strategies as st

from server.core import zone as zones
from server.core.errors import Invalid
from server.core.recurrence import Pattern, parse, walls
from server.dialects.opentalk.recurrence import (
    composite_id,
    instance_id,
    pattern_of,
    read_composite_id,
    read_instance_id,
    shown,
)

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia", "UTC")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY = timedelta(days=1)
FAR = datetime(2060, 1, 1)

starts = st.builds(
    datetime.combine,
    st.one_of(
        st.dates(date(2023, 1, 1), date(2030, 12, 31)),
        st.sampled_from([date(2024, 2, 29), date(2026, 1, 31), date(2026, 3, 29), date(2026, 10, 25)]),
    ),
    st.sampled_from([time(0), time(2, 30), time(9), time(23, 59, 59)]),
)


@dataclass(frozen=True)
class Sent:
    """One rule and single dates, as numbers to reckon with; `last` is the last wall time."""

    start: datetime
    zone: str
    freq: str
    interval: int
    weekdays: tuple[int, ...]
    last: datetime
    more: tuple[datetime, ...]
    fewer: tuple[datetime, ...]

    @property
    def lines(self) -> list[str]:
        parts = [f"FREQ={self.freq}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        parts.append(f"UNTIL={instance_id(zones.instant(self.last, self.zone))}")
        if self.weekdays:
            parts.append("BYDAY=" + ",".join(DAYS[it] for it in self.weekdays))
        lines = ["RRULE:" + ";".join(parts)]
        tzid, mark = ("", "Z") if self.zone == "UTC" else (f";TZID={self.zone}", "")
        for name, dates in (("RDATE", self.more), ("EXDATE", self.fewer)):
            if dates:
                lines.append(f"{name}{tzid}:" + ",".join(f"{it:%Y%m%dT%H%M%S}{mark}" for it in dates))
        return lines

    @property
    def dates(self) -> list[datetime]:
        walked = (self.start.date() + n * DAY for n in range((self.last - self.start).days + 2))
        found = {datetime.combine(it, self.start.time()) for it in walked if self._recurs(it)}
        return sorted(({it for it in found if it <= self.last} | set(self.more)) - set(self.fewer))

    def _recurs(self, it: date) -> bool:
        first = self.start.date()
        months = (it.year - first.year) * 12 + it.month - first.month
        if self.freq == "MONTHLY":
            return it.day == first.day and months % self.interval == 0
        if self.freq == "YEARLY":
            return (it.month, it.day) == (first.month, first.day) and months // 12 % self.interval == 0
        if self.freq == "DAILY":
            return (it - first).days % self.interval == 0 and it.weekday() in (self.weekdays or range(7))
        mondays = [each - each.weekday() * DAY for each in (first, it)]
        listed = self.weekdays or (first.weekday(),)
        return it.weekday() in listed and (mondays[1] - mondays[0]).days // 7 % self.interval == 0


@st.composite
def sent(draw: st.DrawFn) -> Sent:
    start, zone = draw(starts), draw(st.sampled_from(ZONES))
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    weekdays = tuple(sorted(draw(st.sets(st.integers(0, 6))))) if freq in ("DAILY", "WEEKLY") else ()
    last = start + draw(st.integers(0, 1500 if freq in ("MONTHLY", "YEARLY") else 200)) * DAY
    near = st.integers(0, 40).map(lambda n: start + n * DAY)
    dates = st.sets(st.one_of(near, near.map(lambda it: it + timedelta(minutes=17))), max_size=4)
    found = Sent(start, zone, freq, draw(st.integers(1, 4)), weekdays, last,
                 tuple(sorted(draw(dates))), tuple(sorted(draw(dates))))  # fmt: skip
    assume(found.dates)
    # UNTIL is sent in UTC: what the clock never shows cannot be said in it.
    at = zones.instant(last, zone)
    assume(zones.wall(at, zone).replace(tzinfo=None, fold=0) == last)
    return found


def asked(lines: list[str], start: datetime, zone: str) -> Pattern:
    found = pattern_of(lines, start, zone)
    assert found is not None
    return found


def dates(pattern: Pattern) -> list[datetime]:
    return list(walls(pattern, FAR))


@given(sent())
def test_the_dates_are_those_of_plain_reckoning(it: Sent) -> None:
    assert dates(asked(it.lines, it.start, it.zone)) == it.dates


@given(sent())
def test_lines_come_back_as_they_were_sent_where_the_start_is_a_date(it: Sent) -> None:
    pattern = asked(it.lines, it.start, it.zone)
    begins, lines = shown(pattern, it.zone)
    if it.start == it.dates[0]:
        assert (begins, lines) == (it.start, it.lines)
    assert begins in (it.dates[0], pattern.start)
    assert dates(asked(lines, begins, it.zone)) == it.dates


@given(sent(), st.data())
def test_a_series_that_was_split_shows_each_part_as_its_dates(it: Sent, data: st.DataObject) -> None:
    whole = asked(it.lines, it.start, it.zone)
    at = data.draw(st.sampled_from(it.dates))
    for part in (replace(whole, until=at), replace(whole, since=at)):
        if found := dates(part):
            begins, lines = shown(part, it.zone)
            assert begins == found[0]
            # Some parts are only said by listing their dates, in longer lines than may be sent.
            assert dates(parse(lines, begins, it.zone, keep_first=False)) == found


@given(sent())
def test_a_series_whose_start_was_kept_is_shown_with_it(it: Sent) -> None:
    try:
        kept = parse(it.lines, it.start, it.zone)
    except Invalid:
        return
    begins, lines = shown(kept, it.zone)
    assert dates(asked(lines, begins, it.zone)) == dates(kept)


@given(st.datetimes(datetime(1970, 1, 1), datetime(9998, 1, 1)), st.uuids(), st.integers(-14 * 4, 14 * 4))
def test_ids_come_back_as_they_were_written(at: datetime, event: UUID, quarters: int) -> None:
    at = at.replace(microsecond=0, tzinfo=UTC)
    read = read_composite_id(composite_id(event, at))
    assert read == (event, at)
    sign, (hours, minutes) = "-" if quarters < 0 else "+", divmod(abs(quarters) * 15, 60)
    local = at.replace(tzinfo=None) + timedelta(minutes=quarters * 15)
    assert read_instance_id(f"{local:%Y%m%dT%H%M%S}{sign}{hours:02}{minutes:02}") == at

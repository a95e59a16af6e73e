"""What an edit makes of a series, as values: each row goes one way, each date is one thing, what has begun stays."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from server.core.errors import Invalid, Refused, Unknown
from server.core.model import Booking, Edit, LeftOut, Series, Standing
from server.core.recurrence import Length, parse
from server.core.replanning import replan
from server.core.series import Plan, Whole, addressed, begun, goes_on, kinds, shown, whole_of
from tests.make import BERLIN, NOW, at, booking

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HORIZON = timedelta(days=60)
FIRST = datetime(2026, 6, 15, 14)


def series(*lines: str, start: datetime = FIRST, carried: timedelta = HORIZON, **more: object) -> Series:
    pattern = parse(lines or ("FREQ=DAILY;COUNT=6",), start, BERLIN)
    plain: dict[str, object] = {
        "id": 1, "uid": "s", "rooms": (1,), "zone": BERLIN, "pattern": pattern,
        "length": Length(0, 3600), "title": "Planning", "organizer": "Alice", "organizer_email": "", "description": "",
        "source": "roomvox", "made_by": "token:1", "made_at": NOW, "changed_at": NOW, "carried_to": NOW + carried,
        "open": False,
    }  # fmt: skip
    return Series(**(plain | more))  # type: ignore[arg-type]


def whole(it: Series, *, changed: dict[int, dict[str, object]] | None = None, left: Iterable[int] = ()) -> Whole:
    """The series with a row for each date; `changed` by number, `left` are those that hold nothing."""
    found = whole_of(it, (), ())
    rows, out = [], []
    for number, date in enumerate(found.dates.values()):
        if number in left:
            out.append(LeftOut(it.id, date.period.start, NOW, ("clash",)))
            continue
        row = booking(
            id=number + 1, uid=f"b{number}", starts=date.period.start, ends=date.period.end, title=it.title,
            organizer=it.organizer, organizer_email="", series=it.id, series_uid=it.uid,
            original_start=date.period.start,
        )  # fmt: skip
        rows.append(replace(row, **(changed or {}).get(number, {})))  # type: ignore[arg-type]
    return replace(found, rows=tuple(rows), left_out=tuple(out))


def plan(it: Whole, edit: Edit, *, now: datetime = NOW, at_: datetime | None = None, following: bool = False,
         lines: tuple[str, ...] | None = None) -> Plan:  # fmt: skip
    return replan(it, edit, now, at=at_, following=following, lines=lines, horizon=HORIZON)


def numbers(rows: Iterable[Booking]) -> list[int]:
    return [row.id for row in rows]


def test_an_edit_that_says_nothing_does_nothing() -> None:
    it = whole(series())
    done = plan(it, Edit())
    assert (done.renamed, done.moved, done.dropped, done.made, done.lost, done.dates) == ((), (), (), (), (), ())
    assert (done.series, done.head) == (it.series, None)


def test_the_same_time_said_again_moves_nothing() -> None:
    it = whole(series())
    done = plan(it, Edit(starts=at("14:00"), ends=at("15:00")))
    assert (done.renamed, done.moved, done.dropped, done.made) == ((), (), (), ())
    assert len(done.dates) == 6


def test_a_new_time_moves_each_by_as_much() -> None:
    done = plan(whole(series()), Edit(starts=at("16:00", 1)), at_=at("14:00", 1))
    assert [each.booking.starts - each.former.starts for each in done.moved] == [2 * HOUR] * 6
    assert all(each.booking.original_start == each.booking.starts and each.placed_anew for each in done.moved)


def test_what_has_begun_stays_outside_the_new_bounds() -> None:
    it = whole(series())
    now = at("14:00", 2)
    done = plan(it, Edit(starts=at("16:00", 3)), now=now)
    assert numbers(each.former for each in done.moved) == [4, 5, 6]
    assert (done.dropped, done.left_out) == ((), ())
    assert done.series.pattern.since == FIRST + 3 * DAY + 2 * HOUR


def test_a_split_bounds_both_parts_and_takes_a_new_number() -> None:
    done = plan(whole(series()), Edit(title="Late"), at_=at("14:00", 3), following=True)
    assert done.head is not None
    assert (done.head.id, done.head.pattern.until, done.head.title) == (1, FIRST + 3 * DAY, "Planning")
    assert (done.series.id, done.series.pattern.since, done.series.title) == (0, FIRST + 3 * DAY, "Late")
    assert numbers(each.former for each in done.moved) == [4, 5, 6]
    assert not any(each.placed_anew for each in done.moved)


def test_no_date_falls_off_the_end_when_a_series_moves_on() -> None:
    it = series("FREQ=DAILY", carried=timedelta(days=6, hours=5))
    assert numbers(whole(it).rows) == [1, 2, 3, 4, 5, 6, 7]
    done = plan(whole(it), Edit(starts=at("14:00", 300)))
    assert numbers(each.former for each in done.moved) == [1, 2, 3, 4, 5, 6, 7]
    assert (done.dropped, done.made[0].wall) == ((), FIRST + 307 * DAY)
    near = plan(whole(it), Edit(starts=at("14:00", 1)))
    assert (near.dropped, near.series.carried_to) == ((), NOW + HORIZON)


def test_a_time_beyond_the_calendar_is_invalid() -> None:
    with pytest.raises(Invalid):
        plan(whole(series("FREQ=DAILY", carried=600 * DAY)), Edit(starts=at("14:00").replace(year=9998)))
    with pytest.raises(Invalid):
        plan(whole(series()), Edit(starts=at("14:00").replace(year=9999)))


def test_a_rule_within_the_day_is_refused_before_it_is_expanded() -> None:
    with pytest.raises(Invalid) as told:
        plan(whole(series()), Edit(), lines=("FREQ=SECONDLY",))
    assert "daily at most" in told.value.fields["recurrence"]


def test_kinds_name_what_is_different_of_one_date() -> None:
    it = series()
    date = next(iter(whole_of(it, (), ()).dates.values()))
    row = whole(it).rows[0]
    assert kinds(row, date, it) == ()
    assert kinds(replace(row, starts=row.starts - HOUR), date, it) == ("moved",)
    assert kinds(replace(row, ends=row.ends + HOUR), date, it) == ("extended",)
    assert kinds(replace(row, starts=row.starts - HOUR, ends=row.ends + HOUR), date, it) == ("moved",)
    assert kinds(replace(row, organizer="Bob"), date, it) == ("renamed",)
    assert kinds(replace(row, standing=Standing.CANCELLED, title="x"), date, it) == ("cancelled", "renamed")
    assert kinds(replace(row, standing=Standing.PENDING), date, it) == ()
    assert kinds(row, None, it) == ()


def test_begun_is_what_runs_what_is_over_and_where_people_are() -> None:
    row = whole(series()).rows[0]
    assert not begun(row, row.starts - timedelta(seconds=1))
    assert begun(row, row.starts)
    assert begun(replace(row, checked_in_at=NOW), NOW)
    assert begun(replace(row, ended_at=NOW), NOW)


def test_the_next_date_is_addressed_where_none_is_named() -> None:
    it = whole(series(), changed={1: {"checked_in_at": NOW}}, left=[2])
    assert addressed(it, None, NOW).period.start == at("14:00")
    assert addressed(it, None, at("14:00")).period.start == at("14:00", 2)
    assert addressed(it, at("14:00"), at("14:00", 5)).period.start == at("14:00")
    with pytest.raises(Refused):
        addressed(it, None, at("14:00", 5))
    with pytest.raises(Unknown):
        addressed(it, at("14:01"), NOW)


@pytest.mark.parametrize(
    ("lines", "wall", "more"),
    [
        (("FREQ=DAILY;COUNT=3",), FIRST + 2 * DAY, True),
        (("FREQ=DAILY;COUNT=3",), FIRST + 3 * DAY, False),
        (("FREQ=DAILY;UNTIL=20260620T140000",), FIRST + 5 * DAY, True),
        (("FREQ=DAILY;UNTIL=20260620T140000",), FIRST + 5 * DAY + HOUR, False),
        (("FREQ=DAILY",), FIRST + 5_000 * DAY, True),
        (("RDATE:20260701T140000",), FIRST + 16 * DAY, True),
        (("RDATE:20260701T140000",), FIRST + 17 * DAY, False),
    ],
)
def test_a_series_goes_on_while_dates_may_come(lines: tuple[str, ...], wall: datetime, more: bool) -> None:
    pattern = parse(lines, FIRST, BERLIN)
    assert goes_on(pattern, wall) is more
    assert not goes_on(replace(pattern, until=wall), wall)


def test_a_pattern_without_dates_is_shown_as_none() -> None:
    assert shown(series()) == ("RRULE:FREQ=DAILY;COUNT=6",)
    assert shown(series(pattern=replace(series().pattern, until=FIRST))) == ()


# every plan, whatever the edit

LINES = st.sampled_from([
    "FREQ=DAILY;COUNT=9", "FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=MO,TU,SA", "FREQ=DAILY;COUNT=2",
    "FREQ=MONTHLY;BYMONTHDAY=1,15,28", "RDATE:20260616T140000,20260620T110000",
])  # fmt: skip
ALONE = st.sampled_from([
    {}, {}, {"title": "Own"}, {"standing": Standing.CANCELLED}, {"standing": Standing.DECLINED},
    {"starts": at("09:00", 4), "ends": at("10:00", 4)}, {"starts": at("09:00", 40), "ends": at("09:30", 40)},
    {"starts": at("09:00"), "ends": at("10:20"), "checked_in_at": at("09:00")},
])  # fmt: skip
DELTAS = st.sampled_from([timedelta(), HOUR, -HOUR, DAY, -DAY, 2 * DAY, -2 * DAY - HOUR, 7 * DAY, -7 * DAY, 400 * DAY])


@given(
    line=LINES, new=st.none() | LINES, delta=st.none() | DELTAS, hours=st.none() | st.integers(1, 5),
    changed=st.dictionaries(st.integers(0, 8), ALONE, max_size=4), left=st.sets(st.integers(0, 8), max_size=3),
    days=st.integers(0, 12), following=st.booleans(), place=st.none() | st.integers(0, 9),
    title=st.none() | st.just("x"),
)  # fmt: skip
def test_every_row_goes_one_way_and_every_date_is_one_thing(
    line: str, new: str | None, delta: timedelta | None, hours: int | None, changed: dict[int, dict[str, object]],
    left: set[int], days: int, following: bool, place: int | None, title: str | None,
) -> None:  # fmt: skip
    it = whole(series(line), changed=changed, left=left)
    now = NOW + days * DAY
    dates = list(it.dates.values())
    date = dates[place] if place is not None and place < len(dates) else None
    begins = (date or dates[0]).period.start + (delta or timedelta())
    edit = Edit(
        starts=begins if delta is not None else None, title=title,
        ends=begins + hours * HOUR if delta is not None and hours else None,
    )  # fmt: skip
    try:
        done = plan(it, edit, now=now, at_=date.period.start if date else None, following=following,
                    lines=(new,) if new else None)  # fmt: skip
    except (Invalid, Refused, Unknown):
        assume(False)
        raise
    check(it, done, now, retimed=bool(delta is not None or new))


def check(it: Whole, done: Plan, now: datetime, *, retimed: bool) -> None:
    split = done.head is not None
    gone, moved, named = numbers(done.dropped), numbers(e.former for e in done.moved), numbers(done.renamed)
    assert len({*gone, *moved, *named}) == len(gone) + len(moved) + len(named)
    before = {row.id: row for row in it.rows}
    stay = {number: row for number, row in before.items() if number not in (*gone, *moved)}

    for number in (*gone, *moved, *named):
        assert before[number].ends > now
        assert not retimed or not begun(before[number], now)
    for row in done.renamed:
        assert replace(row, title=before[row.id].title) == before[row.id]

    of_tail = {e.booking.original_start for e in done.moved} | {d.period.start for d in done.made}
    assert len(of_tail) == len(done.moved) + len(done.made)
    stayed = {row.original_start for row in stay.values()}
    rows = of_tail if split else of_tail | stayed
    assert split or len(rows) == len(of_tail) + len(stayed), "an address is of one occurrence"
    left = {one.at for one in done.left_out}
    assert len(left) == len(done.left_out)
    assert not left & rows, "a date holds something or nothing"
    after = whole_of(done.series, (), ())
    assert set(after.dates) <= rows | left, "every date of the pattern is a row or left out"
    assert of_tail <= set(after.dates)
    if done.head is not None:
        head = whole_of(done.head, (), ())
        assert set(head.dates) <= stayed | {one.at for one in done.head_left_out}
        assert max(head.dates) < min(after.dates, default=after.series.carried_to) or retimed
    assert {d.period.start for d in done.made}.isdisjoint(stayed if not split else ())
    assert all(date.period.start > now for date in (*done.made, *done.dates))

    told = {one.at: one.kinds for one in done.lost}
    for row in done.dropped:
        assert row.original_start is not None
        own = kinds(row, it.dates[row.original_start], it.series)
        assert told.get(row.original_start, ())[: len(own)] == own
    assert set(told) <= {row.original_start for row in done.dropped}

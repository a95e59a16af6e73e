"""Reading recurrence lines: what is understood, in which forms, what is refused and how early."""

from datetime import datetime
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import Invalid
from server.core.recurrence import Pattern, Rule, parse, restored, walls
from tests.core.recurring import COARSE, FINE, MONDAY, patterns, rules

BERLIN = "Europe/Berlin"


def read(*lines: str, start: datetime = MONDAY, keep_first: bool = True) -> Pattern:
    return parse(lines, start, BERLIN, keep_first=keep_first)


def dates(pattern: Pattern, before: datetime = datetime(2027, 1, 1)) -> list[str]:
    return [f"{wall:%m-%d}" for wall in walls(pattern, before)]


@pytest.mark.parametrize(
    ("given_", "canonical"),
    [
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE"),
        ("FREQ=DAILY", "RRULE:FREQ=DAILY"),
        ("rrule:freq=daily;interval=1;wkst=mo", "RRULE:FREQ=DAILY"),
        ("BYDAY=we,mo,WE;FREQ=WEEKLY;WKST=SU", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;WKST=SU"),
        ("RRULE;X-FROM=elsewhere:FREQ=MONTHLY;BYDAY=+1FR,-1FR", "RRULE:FREQ=MONTHLY;BYDAY=-1FR,1FR"),
        ("FREQ=YEARLY;BYSECOND=60,5;BYMONTH=12,1", "RRULE:FREQ=YEARLY;BYMONTH=1,12;BYSECOND=5,59"),
        ("FREQ=DAILY;UNTIL=20261231", "RRULE:FREQ=DAILY;UNTIL=20261231T235959"),
        ("FREQ=DAILY;UNTIL=20261231T120000", "RRULE:FREQ=DAILY;UNTIL=20261231T120000"),
        ("FREQ=DAILY;UNTIL=20261231T110000Z", "RRULE:FREQ=DAILY;UNTIL=20261231T120000"),
        ("FREQ=DAILY;UNTIL=20270731T100000z", "RRULE:FREQ=DAILY;UNTIL=20270731T120000"),
        ("RRULE:FREQ=DAI\r\n LY;COUNT=5", "RRULE:FREQ=DAILY;COUNT=5"),
        ("\r\n\r\nRRULE:FREQ=DAILY;COUNT=5\r\n", "RRULE:FREQ=DAILY;COUNT=5"),
        ("FREQ=YEARLY;BYWEEKNO=-1,1;BYDAY=MO;BYSETPOS=-1", "RRULE:FREQ=YEARLY;BYWEEKNO=-1,1;BYDAY=MO;BYSETPOS=-1"),
    ],
)
def test_a_rule_is_read_in_many_forms_and_written_in_one(given_: str, canonical: str) -> None:
    assert read(given_).lines[0] == canonical


def test_a_fold_may_come_as_a_line_of_its_own() -> None:
    assert read("RRULE:FREQ=WEEKLY;BYDAY=MO,", " TU", "\t,WE", "").rules[0].weekdays == ((0, 0), (0, 1), (0, 2))


@pytest.mark.parametrize(
    ("line", "walls_"),
    [
        ("RDATE:20261007T090000", ["2026-10-07T09:00"]),
        ("RDATE:20261007T070000Z,20261208T080000Z", ["2026-10-07T09:00", "2026-12-08T09:00"]),
        ("RDATE;TZID=America/New_York:20261007T030000", ["2026-10-07T09:00"]),
        ('RDATE;TZID="America/New_York";VALUE=DATE-TIME:20261007T030000', ["2026-10-07T09:00"]),
        ("RDATE;VALUE=DATE:20261007,20261009", ["2026-10-07T09:00", "2026-10-09T09:00"]),
        ("rdate;value=date:20261007", ["2026-10-07T09:00"]),
        ("RDATE:20261007T090060", ["2026-10-07T09:00:59"]),
        ("RDATE:20261007T090000,20261007T070000Z", ["2026-10-07T09:00"]),
    ],
)
def test_dates_become_wall_time_of_the_series_zone(line: str, walls_: list[str]) -> None:
    assert read(line).dates == (MONDAY, *map(datetime.fromisoformat, walls_))


def test_a_date_left_out_takes_the_time_of_the_start() -> None:
    assert read("FREQ=DAILY", "EXDATE;VALUE=DATE:20261006").except_dates == (datetime(2026, 10, 6, 9),)


def test_a_day_left_out_takes_every_occurrence_of_that_day() -> None:
    pattern = read("FREQ=DAILY;BYHOUR=9,15", "RDATE:20261006T200000", "EXDATE;VALUE=DATE:20261006")
    assert dates(pattern, datetime(2026, 10, 8)) == ["10-05", "10-05", "10-07", "10-07"]


WRONG = [
    ("RRULE:", "no part"),
    ("FREQ=", "no part"),
    ("INTERVAL=2", "FREQ is missing"),
    ("FREQ=FORTNIGHTLY", "FREQ must be one of"),
    ("FREQ=DAILY;", "no part"),
    ("FREQ=DAILY;FREQ=DAILY", "FREQ comes twice"),
    ("FREQ=DAILY;BYHOUR=9;BYHOUR=10", "BYHOUR comes twice"),
    ("FREQ=DAILY;X-FOO=1", "X-FOO is not known"),
    ("FREQ=YEARLY;BYEASTER=0", "BYEASTER is not known"),
    ("RSCALE=CHINESE;FREQ=YEARLY", "RSCALE is not known"),
    ("FREQ=DAILY;INTERVAL=0", "INTERVAL must be 1 to 10000"),
    ("FREQ=DAILY;INTERVAL=10001", "INTERVAL must be 1 to 10000"),
    ("FREQ=DAILY;INTERVAL=-1", "INTERVAL must be a number"),
    ("FREQ=DAILY;INTERVAL=1_0", "INTERVAL must be a number"),
    ("FREQ=DAILY;INTERVAL=٣", "INTERVAL must be a number"),
    ("FREQ=DAILY;COUNT=0", "COUNT must be 1 to 1000000000"),
    ("FREQ=DAILY;COUNT=1000000001", "COUNT must be 1 to 1000000000"),
    ("FREQ=DAILY;COUNT=99999999999999999999", "COUNT must be a number"),
    ("FREQ=DAILY;COUNT=3;UNTIL=20261231", "do not go together"),
    ("FREQ=DAILY;UNTIL=20261301", "no date or time"),
    ("FREQ=DAILY;UNTIL=20260230T090000Z", "no date or time"),
    ("FREQ=DAILY;UNTIL=20261231T240000", "no date or time"),
    ("FREQ=DAILY;UNTIL=20261231T090061", "no date or time"),
    ("FREQ=DAILY;UNTIL=2026-12-31", "no date or time"),
    ("FREQ=DAILY;UNTIL=19691231", "years go from 1970 to 9998"),
    ("FREQ=DAILY;UNTIL=99991231", "years go from 1970 to 9998"),
    ("FREQ=DAILY;UNTIL=00010101T000000Z", "years go from|no date or time"),
    ("FREQ=DAILY;BYHOUR=24", "BYHOUR must be 0 to 23"),
    ("FREQ=DAILY;BYHOUR=-1", "BYHOUR must be 0 to 23"),
    ("FREQ=DAILY;BYHOUR=9,,10", "BYHOUR must be numbers"),
    ("FREQ=DAILY;BYMINUTE=60", "BYMINUTE must be 0 to 59"),
    ("FREQ=DAILY;BYSECOND=61", "BYSECOND must be 0 to 60"),
    ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY must be 1 to 31 or -31 to -1"),
    ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY must be 1 to 31"),
    ("FREQ=YEARLY;BYYEARDAY=-367", "BYYEARDAY must be 1 to 366"),
    ("FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO must be 1 to 53"),
    ("FREQ=YEARLY;BYMONTH=13", "BYMONTH must be 1 to 12"),
    ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH must be 1 to 12"),
    ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "BYSETPOS must be 1 to 366"),
    ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS needs another BY part"),
    ("FREQ=WEEKLY;BYDAY=MONDAY", "BYDAY must be weekdays"),
    ("FREQ=MONTHLY;BYDAY=0MO", "no 0th weekday"),
    ("FREQ=MONTHLY;BYDAY=54MO", "BYDAY must be weekdays"),
    ("FREQ=WEEKLY;WKST=1", "WKST must be a weekday"),
    ("FREQ=MONTHLY;BYWEEKNO=20", "BYWEEKNO goes with YEARLY only"),
    ("FREQ=DAILY;BYYEARDAY=1", "BYYEARDAY does not go with"),
    ("FREQ=WEEKLY;BYYEARDAY=1", "BYYEARDAY does not go with"),
    ("FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY does not go with"),
    ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go with WEEKLY"),
    ("FREQ=WEEKLY;BYDAY=1MO", "numbered BYDAY goes with MONTHLY and YEARLY only"),
    ("FREQ=DAILY;BYDAY=-1FR", "numbered BYDAY goes with MONTHLY and YEARLY only"),
    ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "does not go with BYWEEKNO"),
    ("DTSTART:20261005T090000", "DTSTART is not taken"),
    ("DTEND;TZID=Europe/Berlin:20261005T100000", "DTEND is not taken"),
    ("DURATION:PT1H", "DURATION is not taken"),
    ("EXRULE", "neither RRULE"),
    ("hello", "neither RRULE"),
    ('RDATE;TZID="Europe/Berlin:20261005T090000', "neither RRULE"),
    ("RDATE;VALUE=PERIOD:20261005T090000Z/PT1H", "not PERIOD"),
    ("RDATE;VALUE=DATE:20261005T090000", "no DATE"),
    ("RDATE;VALUE=DATE-TIME:20261005", "no DATE-TIME"),
    ("RDATE:", "no date or time"),
    ("RDATE:20261005T090000,", "no date or time"),
    ("RDATE;TZID=Mars/Olympus:20261005T090000", "unknown time zone"),
    ("RDATE;TZID=../../etc/passwd:20261005T090000", "unknown time zone"),
    ("RDATE:19691231T090000", "years go from 1970 to 9998"),
    ("EXDATE:99991231T090000", "years go from 1970 to 9998"),
    ("RDATE:99991231T235959Z", "no date or time"),
    ("RDATE;TZID=Pacific/Kiritimati:00010101T000000", "no date or time|years go from"),
]


@pytest.mark.parametrize(("line", "why"), WRONG)
def test_what_is_no_recurrence_is_refused_with_a_sentence(line: str, why: str) -> None:
    with pytest.raises(Invalid, match=why) as caught:
        read(line)
    assert list(caught.value.fields) == ["recurrence"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["FREQ=DAILY"] * 6 + ["EXRULE:FREQ=WEEKLY"] * 5, "more than 10 rules"),
        (["RDATE:" + ",".join(f"2027{n // 28 % 12 + 1:02}{n % 28 + 1:02}T{n // 336:02}0000" for n in range(1_001))],
         "more than 1000 dates"),
        (["FREQ=DAILY", *["EXDATE:20270101T090000"] * 1_001], "more than 1000 dates"),
        (["FREQ=DAILY;BYHOUR=1,2,3", "EXDATE;VALUE=DATE:" + ",".join(
            f"2027{n // 28 + 1:02}{n % 28 + 1:02}" for n in range(300))], "more than 1000 dates"),
        (["RRULE:FREQ=DAILY;BYHOUR=" + "9," * 40_000 + "9"], "longer than 64 KiB"),
        (["RRULE:FREQ=DAILY", *[" ;"] * 70_000], "longer than 64 KiB"),
        (["FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(42)))],
         "more than 1000 combinations"),
        (["FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(1, 367))) + ";BYHOUR=1,2,3"],
         "more than 1000 combinations"),
    ],
)  # fmt: skip
def test_too_much_is_refused_before_a_date_is_reckoned(lines: list[str], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        read(*lines)


def test_a_thousand_dates_and_the_start_are_not_too_many() -> None:
    line = "RDATE:" + ",".join(f"2027{n // 28 % 12 + 1:02}{n % 28 + 1:02}T{n // 336:02}0000" for n in range(1_000))
    pattern = read(line)
    assert len(pattern.dates) == 1_001
    assert read(*pattern.lines) == pattern


@pytest.mark.parametrize("year", [1969, 9999])
def test_a_start_outside_the_years_is_refused(year: int) -> None:
    with pytest.raises(Invalid, match="years go from"):
        read("FREQ=DAILY", start=datetime(year, 6, 1))


def test_the_start_is_a_date_also_where_no_rule_gives_it_and_uses_up_no_count() -> None:
    pattern = read("FREQ=WEEKLY;BYDAY=WE;COUNT=2")
    assert dates(pattern) == ["10-05", "10-07", "10-14"]
    assert pattern.dates == (MONDAY,)


def test_the_start_is_not_said_twice_where_a_rule_gives_it() -> None:
    assert read("FREQ=WEEKLY;BYDAY=MO").dates == ()
    assert read("FREQ=HOURLY;INTERVAL=5").dates == ()


def test_without_the_first_the_start_moves_on_to_the_first_date_of_the_rule() -> None:
    pattern = read("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE,SU;COUNT=3", keep_first=False)
    assert pattern.start == datetime(2026, 10, 7, 9)
    assert dates(pattern) == ["10-07", "10-11", "10-21"]
    assert read("RDATE:20261010T090000", keep_first=False).start == datetime(2026, 10, 10, 9)


def test_without_the_first_several_rules_stay_where_they_are_anchored() -> None:
    pattern = read("FREQ=WEEKLY;BYDAY=FR", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", keep_first=False)
    assert pattern.start == MONDAY
    assert dates(pattern, datetime(2026, 10, 25)) == ["10-09", "10-10", "10-16", "10-23", "10-24"]


@given(rules(), st.booleans())
def test_moving_the_start_on_to_the_first_date_changes_no_date(rule: Rule, bounded: bool) -> None:
    rule = Rule(**{name: getattr(rule, name) for name in Rule.__slots__} | ({"count": 7} if bounded else {}))
    plain = list(walls(Pattern(MONDAY, (rule,)), datetime(2031, 1, 1)))
    if next(walls(Pattern(MONDAY, (rule,)), datetime(2426, 1, 1)), None) is None:
        with pytest.raises(Invalid, match="no date is left"):
            read(rule.text, keep_first=False)
        return
    assert list(walls(read(rule.text, keep_first=False), datetime(2031, 1, 1))) == plain


@pytest.mark.parametrize(
    "lines",
    [
        ["EXDATE:20261005T090000"],
        ["EXDATE;VALUE=DATE:20261005"],
        ["RDATE:20261006T090000", "EXDATE:20261005T090000,20261006T090000"],
        ["FREQ=DAILY", "EXRULE:FREQ=DAILY"],
        ["FREQ=DAILY;COUNT=2", "EXDATE:20261005T090000,20261006T090000"],
        ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "EXDATE:20261005T090000"],
    ],
)
def test_what_leaves_no_date_is_refused(lines: list[str]) -> None:
    with pytest.raises(Invalid, match="no date is left"):
        read(*lines)


@pytest.mark.parametrize(
    "lines", [[], ["", "\n"], ["EXDATE:20261006T090000"], ["FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"]]
)
def test_without_the_first_and_without_a_date_nothing_is_left(lines: list[str]) -> None:
    assert dates(read(*lines)) == ["10-05"]
    with pytest.raises(Invalid, match="no date is left"):
        read(*lines, keep_first=False)


@pytest.mark.parametrize(
    "lines",
    [
        ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "EXDATE:20261005T090000"],
        ["FREQ=SECONDLY;INTERVAL=2;BYSECOND=1", "EXDATE:20261005T090000"],
        ["FREQ=MINUTELY;BYMONTH=4;BYMONTHDAY=31;BYDAY=MO", "EXDATE:20261005T090000"],
        ["FREQ=SECONDLY", "EXRULE:FREQ=SECONDLY"],
        ["FREQ=DAILY", "EXRULE:FREQ=SECONDLY"],
        ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"] * 5 + ["EXRULE:FREQ=DAILY"] * 5 + ["EXDATE:20261005T090000"],
        ["FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6"] * 10 + ["EXDATE:20261005T090000"],
    ],
)
def test_a_rule_that_would_run_away_is_refused_in_a_moment(lines: list[str]) -> None:
    begun = process_time()
    with pytest.raises(Invalid, match=r"no date is left|too many dates are left out"):
        read(*lines)
    assert process_time() - begun < 5


@given(patterns())
def test_a_pattern_comes_back_from_its_lines(pattern: Pattern) -> None:
    assert restored(pattern.lines, pattern.start, pattern.since, pattern.until) == pattern


@given(rules((*COARSE, *FINE)))
def test_a_rule_comes_back_from_its_text(rule: Rule) -> None:
    assert restored([f"RRULE:{rule.text}"], MONDAY).rules == (rule,)


@given(st.lists(st.text(max_size=60) | st.from_regex(r"\A(RRULE:|RDATE:|)[A-Z0-9=;:,T+-]{0,40}\Z"), max_size=4))
def test_any_text_is_read_or_refused(lines: list[str]) -> None:
    try:
        pattern = read(*lines)
    except Invalid:
        return
    assert read(*pattern.lines) == pattern

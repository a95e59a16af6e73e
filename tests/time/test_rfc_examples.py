"""Every example that RFC 5545 prints for recurrence (sections 3.3.10, 3.8.5.1 to 3.8.5.3), with the dates it prints.

All are in New York. The printed dates are kept in the RFC's own manner, "1997 EDT September 2-11; October 2", a step
after a slash; those after "..." there are checked as far as they are printed.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest

from server.core.errors import Invalid
from server.core.recurrence import Length, occurrences, parse, walls

NEW_YORK = "America/New_York"
HOURS = {"EDT": 4, "EST": 5}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
HOUR = Length(0, 3600)

ENDING = [
    ("daily for 10 occurrences", "19970902", "FREQ=DAILY;COUNT=10", "1997 EDT September 2-11"),
    ("daily until December 24", "19970902", "FREQ=DAILY;UNTIL=19971224T000000Z",
     "1997 EDT September 2-30; October 1-25 | 1997 EST October 26-31; November 1-30; December 1-23"),
    ("every 10 days, 5 occurrences", "19970902", "FREQ=DAILY;INTERVAL=10;COUNT=5",
     "1997 EDT September 2,12,22; October 2,12"),
    ("every day in January, for 3 years", "19980101",
     "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
     "1998 EST January 1-31 | 1999 EST January 1-31 | 2000 EST January 1-31"),
    ("every day in January, said daily", "19980101", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1",
     "1998 EST January 1-31 | 1999 EST January 1-31 | 2000 EST January 1-31"),
    ("weekly for 10 occurrences", "19970902", "FREQ=WEEKLY;COUNT=10",
     "1997 EDT September 2,9,16,23,30; October 7,14,21 | 1997 EST October 28; November 4"),
    ("weekly until December 24", "19970902", "FREQ=WEEKLY;UNTIL=19971224T000000Z",
     "1997 EDT September 2,9,16,23,30; October 7,14,21 | "
     "1997 EST October 28; November 4,11,18,25; December 2,9,16,23"),
    ("Tuesday and Thursday for five weeks, by UNTIL", "19970902",
     "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", "1997 EDT September 2,4,9,11,16,18,23,25,30; October 2"),
    ("Tuesday and Thursday for five weeks, by COUNT", "19970902", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
     "1997 EDT September 2,4,9,11,16,18,23,25,30; October 2"),
    ("every other week on Monday, Wednesday and Friday until December 24", "19970901",
     "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
     "1997 EDT September 1,3,5,15,17,19,29; October 1,3,13,15,17 | "
     "1997 EST October 27,29,31; November 10,12,14,24,26,28; December 8,10,12,22"),
    ("every other week on Tuesday and Thursday, 8 occurrences", "19970902",
     "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "1997 EDT September 2,4,16,18,30; October 2,14,16"),
    ("first Friday of the month, 10 occurrences", "19970905", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
     "1997 EDT September 5; October 3 | 1997 EST November 7; December 5 | "
     "1998 EST January 2; February 6; March 6; April 3 | 1998 EDT May 1; June 5"),
    ("first Friday of the month until December 24", "19970905", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR",
     "1997 EDT September 5; October 3 | 1997 EST November 7; December 5"),
    ("first and last Sunday of every other month, 10 occurrences", "19970907",
     "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
     "1997 EDT September 7,28 | 1997 EST November 2,30 | 1998 EST January 4,25; March 1,29 | 1998 EDT May 3,31"),
    ("second-to-last Monday of the month, 6 months", "19970922", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
     "1997 EDT September 22; October 20 | 1997 EST November 17; December 22 | 1998 EST January 19; February 16"),
    ("the 2nd and 15th of the month, 10 occurrences", "19970902", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
     "1997 EDT September 2,15; October 2,15 | 1997 EST November 2,15; December 2,15 | 1998 EST January 2,15"),
    ("first and last day of the month, 10 occurrences", "19970930", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
     "1997 EDT September 30; October 1 | 1997 EST October 31; November 1,30; December 1,31 | "
     "1998 EST January 1,31; February 1"),
    ("the 10th to 15th every 18 months, 10 occurrences", "19970910",
     "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,\r\n 13,14,15",
     "1997 EDT September 10-15 | 1999 EST March 10-13"),
    ("yearly in June and July, 10 occurrences", "19970610", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
     " | ".join(f"{year} EDT June 10; July 10" for year in range(1997, 2002))),
    ("January, February and March of every other year, 10 occurrences", "19970310",
     "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
     "1997 EST March 10 | 1999 EST January 10; February 10; March 10 | 2001 EST January 10; February 10; March 10 | "
     "2003 EST January 10; February 10; March 10"),
    ("the 1st, 100th and 200th day of every third year, 10 occurrences", "19970101",
     "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
     "1997 EST January 1 | 1997 EDT April 10; July 19 | 2000 EST January 1 | 2000 EDT April 9; July 18 | "
     "2003 EST January 1 | 2003 EDT April 10; July 19 | 2006 EST January 1"),
    ("the third of Tuesday, Wednesday or Thursday in the month, 3 months", "19970904",
     "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997 EDT September 4; October 7 | 1997 EST November 6"),
    ("weeks from Monday", "19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
     "1997 EDT August 5,10,19,24"),
    ("weeks from Sunday", "19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
     "1997 EDT August 5,17,19,31"),
    ("an invalid date is ignored", "20070115", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
     "2007 EST January 15,30; February 15 | 2007 EDT March 15,30"),
]  # fmt: skip

GOING_ON = [
    ("every other day", "19970902", "FREQ=DAILY;INTERVAL=2",
     "1997 EDT September 2-30/2; October 2-24/2 | 1997 EST October 26,28,30; November 1-29/2; December 1,3"),
    ("every other week", "19970902", "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
     "1997 EDT September 2,16,30; October 14 | 1997 EST October 28; November 11,25; December 9,23 | "
     "1998 EST January 6,20; February 3,17"),
    ("third-to-last day of the month", "19970928", "FREQ=MONTHLY;BYMONTHDAY=-3",
     "1997 EDT September 28 | 1997 EST October 29; November 28; December 29 | 1998 EST January 29; February 26"),
    ("every Tuesday of every other month", "19970902", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
     "1997 EDT September 2,9,16,23,30 | 1997 EST November 4,11,18,25 | "
     "1998 EST January 6,13,20,27; March 3,10,17,24,31"),
    ("20th Monday of the year", "19970519", "FREQ=YEARLY;BYDAY=20MO",
     "1997 EDT May 19 | 1998 EDT May 18 | 1999 EDT May 17"),
    ("Monday of week 20", "19970512", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
     "1997 EDT May 12 | 1998 EDT May 11 | 1999 EDT May 17"),
    ("every Thursday in March", "19970313", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
     "1997 EST March 13,20,27 | 1998 EST March 5,12,19,26 | 1999 EST March 4,11,18,25"),
    ("every Thursday in June, July and August", "19970605", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
     "1997 EDT June 5,12,19,26; July 3,10,17,24,31; August 7,14,21,28 | "
     "1998 EDT June 4,11,18,25; July 2,9,16,23,30; August 6,13,20,27 | "
     "1999 EDT June 3,10,17,24; July 1,8,15,22,29; August 5,12,19,26"),
    ("every Friday the 13th, the start left out", "19970902",
     "EXDATE;TZID=America/New_York:19970902T090000\nRRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
     "1998 EST February 13; March 13; November 13 | 1999 EDT August 13 | 2000 EDT October 13"),
    ("first Saturday after the first Sunday", "19970913", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
     "1997 EDT September 13; October 11 | 1997 EST November 8; December 13 | "
     "1998 EST January 10; February 7; March 7 | 1998 EDT April 11; May 9; June 13"),
    ("election day", "19961105", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
     "1996 EST November 5 | 2000 EST November 7 | 2004 EST November 2"),
    ("second-to-last weekday of the month", "19970929", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
     "1997 EDT September 29 | 1997 EST October 30; November 27; December 30 | "
     "1998 EST January 29; February 26; March 30"),
]  # fmt: skip

TWENTY_MINUTES = [f"{day} {hour:02}:{minute:02}" for day in (2, 3) for hour in range(9, 17) for minute in (0, 20, 40)]
WITHIN_THE_DAY = [
    ("FREQ=MINUTELY;INTERVAL=15;COUNT=6", ["2 09:00", "2 09:15", "2 09:30", "2 09:45", "2 10:00", "2 10:15"]),
    ("FREQ=MINUTELY;INTERVAL=90;COUNT=4", ["2 09:00", "2 10:30", "2 12:00", "2 13:30"]),
    ("FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40", TWENTY_MINUTES),
    ("FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16", TWENTY_MINUTES),
]  # fmt: skip


def printed(text: str) -> list[datetime]:
    """The instants of dates as the RFC prints them, all at nine."""
    out = []
    for line in text.split(" | "):
        year, offset, dates = line.split(" ", 2)
        for month, days in re.findall(r"([A-Z][a-z]+) ([0-9,/-]+)", dates):
            for day in days.split(","):
                out += [nine(int(year), month, number, offset) for number in numbers(day)]
    return out


def numbers(text: str) -> range:
    """5, 2-11 or 2-30/2."""
    found = re.fullmatch(r"(\d+)(?:-(\d+))?(?:/(\d+))?", text)
    assert found is not None
    first, last, step = found.groups()
    return range(int(first), int(last or first) + 1, int(step or 1))


def nine(year: int, month: str, day: int, offset: str) -> datetime:
    return datetime(year, MONTHS.index(month) + 1, day, 9 + HOURS[offset], tzinfo=UTC)


def starts(lines: str, day: str, before: datetime) -> list[datetime]:
    pattern = parse([lines], datetime.strptime(day, "%Y%m%d") + timedelta(hours=9), NEW_YORK)
    return [it.period.start for it in occurrences(pattern, NEW_YORK, HOUR, before)]


@pytest.mark.parametrize(("start", "lines", "dates"), [pytest.param(*it[1:], id=it[0]) for it in ENDING])
def test_an_example_that_ends_has_just_the_printed_dates(start: str, lines: str, dates: str) -> None:
    assert starts(lines, start, datetime(2030, 1, 1, tzinfo=UTC)) == printed(dates)


@pytest.mark.parametrize(("start", "lines", "dates"), [pytest.param(*it[1:], id=it[0]) for it in GOING_ON])
def test_an_example_that_goes_on_begins_with_the_printed_dates(start: str, lines: str, dates: str) -> None:
    wanted = printed(dates)
    found = starts(lines, start, wanted[-1] + timedelta(days=3000))
    assert found[: len(wanted)] == wanted
    assert len(found) > len(wanted)


@pytest.mark.parametrize(("rule", "times"), WITHIN_THE_DAY)
def test_an_example_within_the_day_has_the_printed_times(rule: str, times: list[str]) -> None:
    pattern = parse([rule], datetime(1997, 9, 2, 9), NEW_YORK)
    assert [f"{wall.day} {wall:%H:%M}" for wall in walls(pattern, datetime(1997, 9, 4))] == times


def test_every_three_hours_until_five_needs_the_until_that_the_text_means() -> None:
    # Printed with UNTIL=19970902T170000Z, which is 13:00 in New York, and yet with 15:00 among its times.
    nine_oclock, end = datetime(1997, 9, 2, 9), datetime(1997, 9, 4)
    meant = parse(["FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z"], nine_oclock, NEW_YORK)
    written = parse(["FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z"], nine_oclock, NEW_YORK)
    assert [wall.hour for wall in walls(meant, end)] == [9, 12, 15]
    assert [wall.hour for wall in walls(written, end)] == [9, 12]


def test_ten_occurrences_every_other_day() -> None:
    pattern = parse(["FREQ=DAILY;COUNT=10;INTERVAL=2"], datetime(1997, 9, 2, 9), NEW_YORK)
    assert [wall.day for wall in walls(pattern, datetime(2000, 1, 1))] == list(range(2, 21, 2))


def test_sundays_in_january_of_every_other_year_at_half_past_eight_and_half_past_nine() -> None:
    rule = "RRULE:FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=SU;BYHOUR=8,9;\n BYMINUTE=30"
    pattern = parse([rule], datetime(1997, 1, 5, 8, 30), NEW_YORK)
    days = [datetime(1997, 1, day) for day in (5, 12, 19, 26)] + [datetime(1999, 1, day) for day in (3, 10, 17, 24, 31)]
    times = (timedelta(hours=8, minutes=30), timedelta(hours=9, minutes=30))
    assert list(walls(pattern, datetime(2000, 1, 1))) == [day + at for day in days for at in times]


def test_the_last_work_day_of_the_month() -> None:
    pattern = parse(["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"], datetime(1997, 8, 29, 9), NEW_YORK)
    last = [(wall.month, wall.day) for wall in walls(pattern, datetime(1998, 1, 1))]
    assert last == [(8, 29), (9, 30), (10, 31), (11, 28), (12, 31)]


def test_the_306th_to_last_day_of_a_common_year_is_the_first_of_march() -> None:
    pattern = parse(["FREQ=YEARLY;BYYEARDAY=-306,-1"], datetime(1997, 3, 1, 9), NEW_YORK)
    days = [(wall.month, wall.day) for wall in walls(pattern, datetime(1998, 1, 1))]
    assert days == [(3, 1), (12, 31)]


def test_week_53_is_there_only_in_the_years_the_note_names() -> None:
    pattern = parse(["FREQ=YEARLY;BYWEEKNO=53;BYDAY=TH"], datetime(1970, 1, 1), "UTC", keep_first=False)
    years = [wall.year for wall in walls(pattern, datetime(2040, 1, 1))]
    assert years == [year for year in range(1970, 2040) if has_week_53(year)]


def has_week_53(year: int) -> bool:
    """Thursday is 1 January, or Wednesday is and it is a leap year."""
    first = datetime(year, 1, 1).weekday()
    return first == 3 or (first == 2 and datetime(year, 12, 31).timetuple().tm_yday == 366)


def test_yearly_by_month_takes_the_day_and_the_time_from_the_start() -> None:
    pattern = parse(["FREQ=YEARLY;BYMONTH=1"], datetime(1997, 1, 17, 8, 15, 30), NEW_YORK)
    assert list(walls(pattern, datetime(1999, 1, 1))) == [datetime(1997, 1, 17, 8, 15, 30),
                                                          datetime(1998, 1, 17, 8, 15, 30)]  # fmt: skip


def test_the_example_of_exception_dates_leaves_those_three_out() -> None:
    lines = ["FREQ=DAILY;COUNT=5", "EXDATE:19960402T010000Z,19960403T010000Z,19960404T010000Z"]
    pattern = parse(lines, datetime(1996, 4, 1, 1), "UTC")
    assert [wall.day for wall in walls(pattern, datetime(1997, 1, 1))] == [1, 5]


def test_both_ways_to_write_a_recurrence_date_mean_the_same() -> None:
    start = datetime(1997, 7, 1, 8, 30)
    utc = parse(["RDATE:19970714T123000Z"], start, NEW_YORK)
    local = parse(["RDATE;TZID=America/New_York:19970714T083000"], start, NEW_YORK)
    assert utc == local
    assert list(walls(utc, datetime(1998, 1, 1))) == [start, datetime(1997, 7, 14, 8, 30)]


def test_recurrence_dates_may_be_days() -> None:
    line = "RDATE;VALUE=DATE:19970101,19970120,19970217,19970421,\r\n 19970526,19970704,19970901,19971014,19971128"
    pattern = parse([line], datetime(1997, 1, 1), NEW_YORK)
    assert [(wall.month, wall.day) for wall in walls(pattern, datetime(1998, 1, 1))] == [
        (1, 1), (1, 20), (2, 17), (4, 21), (5, 26), (7, 4), (9, 1), (10, 14), (11, 28),
    ]  # fmt: skip


def test_recurrence_dates_that_are_periods_are_not_taken() -> None:
    line = "RDATE;VALUE=PERIOD:19960403T020000Z/19960403T040000Z,\r\n 19960404T010000Z/PT3H"
    with pytest.raises(Invalid, match="not PERIOD"):
        parse([line], datetime(1996, 4, 3), "UTC")

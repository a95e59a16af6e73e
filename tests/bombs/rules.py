"""Bombs of recurrence: often, endless, never, many, and all at once."""

from tests.bombs.parts import ROOM, bomb, calendar, event, many, series, walls


@bomb("refused")
def count_of_a_billion_many_a_day() -> bytes:
    return series("RRULE:FREQ=DAILY;COUNT=1000000000;BYHOUR=1,2,3,4,5,6,7,8;BYMINUTE=0,10,20,30,40,50")


@bomb("file")
def count_of_a_billion_from_1970() -> bytes:
    numbers = ",".join(map(str, range(10)))
    rule = f"RRULE:FREQ=DAILY;COUNT=1000000000;BYHOUR={numbers};BYMINUTE={numbers};BYSECOND={numbers}"
    return series(rule, start="19700101T000000")


@bomb("refused")
def every_second_by_parts() -> bytes:
    minutes, hours = ",".join(map(str, range(60))), ",".join(map(str, range(24)))
    return series(f"RRULE:FREQ=DAILY;BYHOUR={hours};BYMINUTE={minutes};BYSECOND={minutes}")


@bomb("file")
def counted_and_hardly_ever() -> bytes:
    rule = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;COUNT=1000"
    return many(4_900, rule, "RDATE:20270301T090000", start="19720229T090000")


@bomb("booked")
def counted_and_hardly_ever_within_the_time() -> bytes:
    rule = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;COUNT=1000"
    parts = [event(rule, f"RDATE:2027{1 + n // 28:02}{1 + n % 28:02}T090000", start="19720229T090000", uid=f"b{n}")
             for n in range(10)]  # fmt: skip
    return calendar(*parts)


@bomb("file")
def never_by_the_hundred() -> bytes:
    return many(4_900, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "EXDATE:20260617T090000")


@bomb("file")
def reckoned_for_nothing() -> bytes:
    # Each is refused at once where its dates are looked at, and none has any.
    rule = "RRULE:FREQ=YEARLY;BYDAY=MO;BYMONTH=2;BYMONTHDAY=31"
    return many(4_900, rule, "EXDATE:19700101T090000", start="19700101T090000")


@bomb("refused")
def rules_by_the_hundred() -> bytes:
    return series(*[f"RRULE:FREQ=DAILY;INTERVAL={n}" for n in range(1, 900)])


@bomb("booked")
def parts_by_the_thousand() -> bytes:
    return series("RRULE:FREQ=YEARLY;BYMONTHDAY=" + ",".join(["1"] * 20_000))


@bomb("file")
def a_million_rdates() -> bytes:
    return series("RDATE:" + ",".join(["20260701T090000"] * 1_000_000))


@bomb("refused")
def rdates_line_by_line() -> bytes:
    return series(*["RDATE:20260701T090000"] * (ROOM // 25))


@bomb("refused")
def exdates_in_long_lines() -> bytes:
    return series("RRULE:FREQ=DAILY", *["EXDATE:" + ",".join(["20260701T090000"] * 4_000)] * 30)


@bomb("refused")
def whole_days_times_the_hours() -> bytes:
    days = ",".join(wall[:8] for wall in walls(700))
    return series("RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6;BYMINUTE=0,30", f"EXDATE;VALUE=DATE:{days}")


@bomb("file")
def exdates_by_the_hundred_thousand() -> bytes:
    left_out = "EXDATE:" + ",".join(walls(1_000))
    return many(120, "RRULE:FREQ=MONTHLY;COUNT=3", left_out)


def following(number: int, *lines: str, uid: str = "b") -> list[str]:
    """A series, and so many changes from a date on, one each day."""
    changes = [event(f"RECURRENCE-ID;RANGE=THISANDFUTURE:{day}", start=f"{day[:9]}100000", uid=uid)
               for day in walls(number)]  # fmt: skip
    return [event("RRULE:FREQ=DAILY", *lines, uid=uid), *changes]


@bomb("refused")
def following_by_the_hundred() -> bytes:
    return calendar(*following(600))


@bomb("file")
def following_that_each_says_all_dates() -> bytes:
    left_out = "EXDATE:" + ",".join(walls(1_000, "20280101T090000"))
    return calendar(*(part for n in range(40) for part in following(19, left_out, uid=f"b{n}")))


@bomb("booked")
def changes_that_say_as_much_as_they_may() -> bytes:
    says = "DESCRIPTION:" + '"' * 4_000
    changes = [event(f"RECURRENCE-ID:{day}", says, start=f"{day[:9]}093000") for day in walls(400)]
    return calendar(event("RRULE:FREQ=DAILY"), *changes)


@bomb("file")
def changes_by_the_thousand() -> bytes:
    changes = [event(f"RECURRENCE-ID:{1000 + n}0101T090000", start="20990101T090000") for n in range(4_900)]
    return calendar(event("RRULE:FREQ=DAILY"), *changes, *[event(uid=f"c{n}") for n in range(99)])

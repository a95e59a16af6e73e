"""Files without a trick, as large as they may be: the most dates and meetings that one file can have booked."""

from tests.bombs.parts import bomb, calendar, event, many, walls


@bomb("booked", dates=4_990)
def single_meetings() -> bytes:
    times = walls(4_990, "20260617T000000", minutes=10)
    return calendar(*(event(start=wall, uid=f"b{n}", length="DURATION:PT10M") for n, wall in enumerate(times)))


@bomb("mixed", dates=9_503)
def series_around_the_clock() -> bytes:
    # The one at two o'clock meets the one at three where the clocks go forward.
    starts = [f"20260616T{hour:02}0000" for hour in range(1, 14)]
    return calendar(*(event("RRULE:FREQ=DAILY", start=wall, uid=f"b{wall}") for wall in starts))


@bomb("mixed", dates=9_503)
def series_that_all_conflict() -> bytes:
    return many(13, "RRULE:FREQ=DAILY")


@bomb("booked", dates=6_000)
def dates_one_by_one() -> bytes:
    days = [",".join(walls(1_000, f"20270101T{hour:02}0000")) for hour in range(6, 12)]
    return calendar(*(event(f"RDATE:{dates}", start=f"20260617T{n:02}0000", uid=f"b{n}", length="DURATION:PT10M")
                      for n, dates in enumerate(days)))  # fmt: skip

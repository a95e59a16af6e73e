"""Bombs of zones and values: what a single line can do."""

from tests.bombs.parts import bomb, calendar, event, in_odd_zone, series, standard, zone


@bomb("refused")
def a_zone_of_thousands() -> bytes:
    return in_odd_zone(*[standard("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", to=f"+{n % 14:02}{n % 60:02}")
                         for n in range(4_900)])  # fmt: skip


@bomb("refused")
def a_zone_that_changes_each_second() -> bytes:
    return in_odd_zone(standard("RRULE:FREQ=SECONDLY"))


@bomb("refused")
def a_zone_that_changes_a_thousand_times_a_year() -> bytes:
    numbers = ",".join(map(str, range(1, 31)))
    return in_odd_zone(standard(f"RRULE:FREQ=YEARLY;BYMONTHDAY={numbers};BYHOUR={numbers[:50]}"))


@bomb("refused")
def a_zone_that_never_changes_again() -> bytes:
    return in_odd_zone(*[standard("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")] * 500)


@bomb("refused")
def a_zone_of_dates() -> bytes:
    return in_odd_zone(standard(*["RDATE:" + ",".join(["20260701T090000"] * 4_000)] * 25))


@bomb("refused")
def zones_by_the_hundred() -> bytes:
    zones = [zone(standard(to=f"+{n % 14:02}0{1 + n % 9}"), name=f"Odd {n}") for n in range(1_200)]
    events = [event(uid=f"b{n}").replace("DTSTART:", f"DTSTART;TZID=Odd {n}:") for n in range(1_200)]
    return calendar(*zones, *events)


@bomb("refused")
def zone_names_that_are_paths() -> bytes:
    names = [
        "../../../../etc/passwd",
        "/etc/passwd",
        "posix/Europe/Berlin",
        "localtime",
        "/../../dev/stdin",
        "x" * 60_000,
    ]
    return calendar(
        *(event(uid=f"b{n}").replace("DTSTART:", f'DTSTART;TZID="{name}":') for n, name in enumerate(names))
    )


@bomb("file")
def a_parameter_of_a_million_values() -> bytes:
    return series("SUMMARY;X-A=" + "1," * 999_999 + "1:x")


@bomb("booked")
def parameters_by_the_thousand() -> bytes:
    line = "DESCRIPTION" + "".join(f";A{n}=1" for n in range(7_000)) + ":x"
    return series(*[line] * 30)


@bomb("booked")
def quotes_and_backslashes() -> bytes:
    return series(*['DESCRIPTION;A="' + '","' * 20_000 + '":x', "SUMMARY:" + "\\" * 64_000] * 15)


@bomb("booked")
def blanks_and_carets() -> bytes:
    return series(*["DESCRIPTION;A=" + " " * 60_000 + ";B=x:y", "DESCRIPTION;A=" + "^n" * 30_000 + ":y"] * 15)


@bomb("refused")
def digits() -> bytes:
    return series("SEQUENCE:" + "9" * 60_000, "RRULE:FREQ=DAILY;COUNT=" + "9" * 60_000)


@bomb("booked")
def a_uid_of_60_kib() -> bytes:
    return series("SUMMARY:x", uid="u" * 60_000)


@bomb("file")
def quoted_printable() -> bytes:
    title = "SUMMARY;ENCODING=QUOTED-PRINTABLE:" + "=41" * 20_000
    return series(*[title] * 30).replace(b"VERSION:2.0", b"VERSION:1.0")

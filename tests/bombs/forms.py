"""Bombs of size and form: large, packed, deep, long, many."""

import gzip
import io
import zipfile
import zlib

from tests.bombs.parts import MIB, ROOM, bomb, calendar, event, many, series


@bomb("file")
def three_million_nested_begins() -> bytes:
    return b"BEGIN:VCALENDAR\n" * 3_000_000


@bomb("file")
def nested_begins_that_just_fit() -> bytes:
    return b"BEGIN:VCALENDAR\n" * (ROOM // 16)


@bomb("file")
def nested_begins_in_gzip() -> bytes:
    return gzip.compress(three_million_nested_begins(), 6)


@bomb("file")
def five_deep() -> bytes:
    return calendar("BEGIN:VEVENT\r\nBEGIN:A\r\nBEGIN:B\r\nBEGIN:C\r\nEND:C\r\nEND:B\r\nEND:A\r\nEND:VEVENT")


@bomb("file")
def gzip_of_zeros() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([packer.compress(bytes(MIB)) for _ in range(300)] + [packer.flush()])


@bomb("file")
def gzip_of_folds() -> bytes:
    return gzip.compress(b"BEGIN:VCALENDAR\r\nX:" + b"\r\n " * 20_000_000)


@bomb("file")
def gzip_in_gzip() -> bytes:
    return gzip.compress(gzip_of_zeros())


@bomb("file")
def gzip_cut_short() -> bytes:
    return gzip.compress(series("RRULE:FREQ=DAILY"))[:-20]


def archive(entries: dict[str, bytes], method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in entries.items():
            made.writestr(name, data)
    return out.getvalue()


@bomb("file")
def zip_of_zeros() -> bytes:
    return archive({"a.ics": bytes(200 * MIB)}, zipfile.ZIP_DEFLATED)


@bomb("file")
def zip_packed_by_bzip2() -> bytes:
    return archive({"a.ics": bytes(100 * MIB)}, zipfile.ZIP_BZIP2)


@bomb("file")
def zip_of_thousands() -> bytes:
    return archive({f"{n}.ics": b"" for n in range(15_000)}, zipfile.ZIP_STORED)


@bomb("file")
def zip_without_its_end() -> bytes:
    return archive({"a.ics": series("RRULE:FREQ=DAILY")}, zipfile.ZIP_DEFLATED)[:-30]


@bomb("file")
def a_line_of_20_mib() -> bytes:
    return series("SUMMARY:" + "x" * (20 * MIB))


@bomb("file")
def a_line_that_just_fits_the_file() -> bytes:
    return series("SUMMARY:" + "x" * ROOM)


@bomb("file")
def folds_without_end() -> bytes:
    return series("DESCRIPTION:" + "\r\n x" * (ROOM // 4))


@bomb("booked")
def folds_of_nothing() -> bytes:
    return series("DESCRIPTION:x" + "\r\n " * (ROOM // 3))


@bomb("file")
def newlines_alone() -> bytes:
    return b"\n" * ROOM


@bomb("booked")
def newlines_between() -> bytes:
    return series("\r\n" * (ROOM // 2))


@bomb("file")
def zeros() -> bytes:
    return bytes(ROOM)


@bomb("booked")
def zeros_in_a_title() -> bytes:
    return series("SUMMARY:a" + "\0" * 60_000 + "b")


@bomb("booked")
def invalid_utf_8() -> bytes:
    return series("SUMMARY:@").replace(b"@", b"\xff\xfe\xc0\x80\xed\xa0\x80")


@bomb("file")
def utf_16() -> bytes:
    return series("SUMMARY:x").decode().encode("utf-16")


@bomb("booked")
def control_characters_for_a_terminal() -> bytes:
    return series("SUMMARY:\x1b]0;owned\x07\x1b[2J\u2028\u0085x")


@bomb("file")
def events_5_001() -> bytes:
    return many(5_001)


@bomb("booked")
def events_all_alike() -> bytes:
    return calendar(*[event(f"SEQUENCE:{n}", "RRULE:FREQ=DAILY") for n in range(4_990)])


@bomb("file")
def endless_series_by_the_thousand() -> bytes:
    return many(4_990, "RRULE:FREQ=WEEKLY")


@bomb("booked")
def alarms_by_the_thousand() -> bytes:
    alarm = "BEGIN:VALARM\r\nTRIGGER:-PT1S\r\nREPEAT:999999999\r\nDURATION:PT1S\r\nEND:VALARM"
    return series(*[alarm] * 4_000)


@bomb("file")
def an_answer_larger_than_the_file() -> bytes:
    # Each byte that is no UTF-8 comes back as three.
    meetings = [event("DESCRIPTION:" + "@" * 10_000, uid=f"b{n}") for n in range(200)]
    return calendar(*meetings).replace(b"@", b"\xff")

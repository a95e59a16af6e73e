"""Which zone a TZID of a calendar file means: by its name, or by what the file says it does."""

from datetime import timedelta

import pytest

from server.core.errors import Invalid
from server.core.period import Period
from server.core.zone import offsets
from server.engine.calendar_files.outline import outline
from server.engine.calendar_files.zones import Zones, known
from tests import make
from tests.engine.calendar_text import SUMMER, WINTER, calendar, observance, zone


def named(tzid: str, *definitions: str, room: str = make.BERLIN) -> str:
    zones = Zones(room, make.NOW)
    for component in outline(calendar(*definitions))[0].parts:
        zones.define(component)
    return zones.named(tzid)


@pytest.mark.parametrize(
    ("tzid", "meant"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("UTC", "UTC"),
        ("Etc/GMT+3", "Etc/GMT+3"),
        ("EST5EDT", "EST5EDT"),
        ("/citadel.org/20210210_1/Europe/Berlin", "Europe/Berlin"),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("/freeassociation.sourceforge.net/Tzfile/Asia/Kolkata", "Asia/Kolkata"),
        ("/freeassociation.sourceforge.net/UTC", "UTC"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("pacific standard time", "America/Los_Angeles"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("GMT", "UTC"),
    ],
)
def test_a_known_name_needs_no_definition(tzid: str, meant: str) -> None:
    assert known(tzid) == meant
    assert named(f" {tzid} ") == meant


@pytest.mark.parametrize(
    "tzid",
    ["", "Berlin", "Europe/Atlantis", "../../etc/localtime", "/etc/localtime", "localtime", "posixrules", "Factory",
     "posix/Europe/Berlin", "right/Europe/Berlin", "Europe/Berlin/..", "tzone://Microsoft/Custom", "x" * 5_000, "\x00"],
)  # fmt: skip
def test_another_name_is_none(tzid: str) -> None:
    assert known(tzid) == ""
    with pytest.raises(Invalid, match="is no zone we know"):
        named(tzid)


@pytest.mark.parametrize("room", ["Europe/Berlin", "Europe/Amsterdam"])
def test_a_zone_of_its_own_name_is_the_rooms_where_that_does_the_same(room: str) -> None:
    assert named("Customized Time Zone", zone("Customized Time Zone", SUMMER, WINTER), room=room) == room


def test_else_it_is_a_well_known_one_that_does_the_same() -> None:
    name = named("Office", zone("Office", SUMMER, WINTER), room="Asia/Tokyo")
    years = Period(make.NOW, make.NOW + timedelta(days=1_000))
    assert offsets(years, name) == offsets(years, make.BERLIN)


def test_the_location_that_a_definition_names_is_believed() -> None:
    assert named("Office", zone("Office", "X-LIC-LOCATION:Europe/Vienna", SUMMER, WINTER)) == "Europe/Vienna"


@pytest.mark.parametrize(
    ("observances", "meant"),
    [
        ([observance("STANDARD", "19700101T000000", "+0000 +0000")], "UTC"),
        ([observance("STANDARD", "19700101T000000", "-0500 -0500")], "America/Panama"),
        ([observance("STANDARD", "19700101T000000", "+0545 +0545")], "Asia/Kathmandu"),
        (
            [
                observance("DAYLIGHT", "20081005T020000", "+1030 +1100", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=1SU"),
                observance("STANDARD", "20080406T020000", "+1100 +1030", "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU"),
            ],
            "Australia/Lord_Howe",
        ),
        (  # a rule that ended by UNTIL in UTC, and dates instead of a rule
            [
                observance("DAYLIGHT", "20101017T000000", "-0300 -0200", "RDATE:20171015T000000,20181104T000000"),
                observance("STANDARD", "20160221T000000", "-0200 -0300",
                           "RRULE:FREQ=YEARLY;BYMONTH=2;BYDAY=3SU;UNTIL=20190217T020000Z"),
            ],
            "America/Bahia",
        ),
    ],
)  # fmt: skip
def test_a_definition_is_matched_by_what_it_does(observances: list[str], meant: str) -> None:
    years = Period(make.NOW, make.NOW + timedelta(days=1_000))
    assert offsets(years, named("Ours", zone("Ours", *observances))) == offsets(years, meant)


@pytest.mark.parametrize(
    "observances",
    [
        [],
        [observance("STANDARD", "19700101T000000", "+0100 +0137")],
        [SUMMER.replace("BYMONTH=3", "BYMONTH=4"), WINTER],
        [SUMMER.replace("-1SU", "-1SA"), WINTER],
        [SUMMER.replace("+0200", "+0230"), WINTER],
        [observance("STANDARD", "19700101T000000", "+0100 +0200", "RRULE:FREQ=DAILY")],
        [observance("STANDARD", "19700101T000000", "+9999 +9999")],
        [SUMMER, WINTER, "BEGIN:STANDARD\r\nEND:STANDARD"],
        [SUMMER, WINTER.replace("20", "99")],
    ],
)
def test_a_definition_that_no_zone_of_ours_does_is_refused(observances: list[str]) -> None:
    with pytest.raises(Invalid, match="is no zone we know"):
        named("Ours", zone("Ours", *observances))


def test_a_known_name_is_believed_whatever_the_file_says_of_it() -> None:
    odd = observance("STANDARD", "19700101T000000", "+0100 +0137")
    assert named("Europe/Berlin", zone("Europe/Berlin", odd)) == "Europe/Berlin"


def test_the_first_definition_of_a_name_counts() -> None:
    odd = observance("STANDARD", "19700101T000000", "+0100 +0137")
    assert named("Ours", zone("Ours", SUMMER, WINTER), zone("Ours", odd)) == make.BERLIN


def test_only_so_many_definitions_are_judged() -> None:
    zones = Zones(make.BERLIN, make.NOW)
    for component in outline(calendar(*(zone(f"Z{n}", SUMMER, WINTER) for n in range(30))))[0].parts:
        zones.define(component)
    assert {zones.named(f"Z{n}") for n in range(20)} == {make.BERLIN}
    with pytest.raises(Invalid, match="more than 20 zones of its own"):
        zones.named("Z20")
    assert zones.named("Z3") == make.BERLIN

"""Indico's export of rooms and reservations: what is told of which, by every parameter, and what is refused."""

import json
from typing import Any

import jsonschema
import pytest

from server.core.access import CLI
from server.core.model import Ask, Standing
from server.dialects.indico.app import app
from server.dialects.kit.rates import Buckets
from tests.dialects.indico.cern import MEMBER, MEZZANINE, PUMP, TERMS, Cern, at

ROOM, BOTH = f"/export/room/CERN/{PUMP}.json", f"/export/room/CERN/{MEZZANINE}-{PUMP}.json"
HERE = "/export/reservation/CERN.json"
ALL = ["Cancelled", "Rejected", "Waiting", "Over midnight"]
FULL = {"detail": "reservations"}
MANY = "You can only request up to %d records per request"


def reasons(cern: Cern, path: str = ROOM, **query: str) -> list[str]:
    """The reasons of the reservations that are told."""
    asked = {name.rstrip("_"): value for name, value in query.items()}
    if path.startswith("/export/reservation"):
        return [it["reason"] for it in cern.get(path, asked)]
    return [it["reason"] for room in cern.get(path, FULL | asked) for it in room["reservations"]]


def test_rooms_come_in_the_order_of_the_house_each_once(cern: Cern) -> None:
    assert [room["id"] for room in cern.get(f"/export/room/CERN/{MEZZANINE}-{PUMP}-{MEZZANINE}.json")] == [
        PUMP,
        MEZZANINE,
    ]


@pytest.mark.parametrize(
    "path", ["/export/room/CERN/999999.json", f"/export/room/Meyrin North/{PUMP}.json", "/export/room/x/1.json"]
)
def test_rooms_that_are_not_there_are_none(cern: Cern, path: str) -> None:
    answer = cern.ask(path).json
    assert (answer["count"], answer["results"]) == (0, [])
    assert cern.get("/export/reservation/Nowhere.json") == []
    assert cern.get("/export/roomName/Nowhere/Pump.json", ak=None) == []


@pytest.mark.parametrize("ids", ["abc", "1-", "-1", "1.5", "٣", "9" * 40, "1 2", "%20"])
def test_a_number_that_is_none_is_told_so(cern: Cern, ids: str) -> None:
    assert "Invalid room id" in cern.refused(f"/export/room/CERN/{ids}.json")


def test_so_many_rooms_at_once_and_no_more(cern: Cern) -> None:
    many = "-".join(map(str, range(1_000, 1_501)))
    assert cern.refused(f"/export/room/CERN/{many}.json") == "You can only request up to 500 rooms at once"


@pytest.mark.parametrize(
    "path",
    [
        "/export/room/CERN/120.ics",
        "/export/room/CERN/120",
        "/export/event/CERN/1.json",
        "/export/room/120.json",
        "/export/reservation/CERN.atom",
        "/export",
    ],
)
def test_what_is_not_offered_is_not_found(cern: Cern, path: str) -> None:
    assert cern.refused(path, status=404) == "Not found"


def test_another_method_is_told_which_there_is(cern: Cern) -> None:
    answer = cern.app().test_client().post(ROOM)
    assert (answer.status_code, answer.json) == (405, {"message": "Method not allowed"})
    assert answer.headers["Allow"] == "GET, HEAD"


def test_names_are_found_anywhere_and_nobody_needs_a_key(cern: Cern) -> None:
    def names(text: str, **more: Any) -> list[str]:
        return [room["name"] for room in cern.get(f"/export/roomName/CERN/{text}.json", **more)]

    assert names("PUMP", ak=None) == names("500-0", ak=None) == ["Pump Room"]
    assert names("oo", ak=None) == ["Pump Room"]
    assert names("vault") == ["Vault"]
    assert names("vault", ak=None) == names("vault", ak=MEMBER) == []
    assert cern.refused("/export/roomName/CERN/Pump.json", ak=None, status=403, guests=False).startswith("Guest access")
    assert cern.refused("/export/roomName/CERN/Pump.json", ak=None, status=403, mode=1) == "API key is missing"
    assert cern.get("/export/roomName/CERN/a/b.json", ak=None) == []


def test_a_room_that_is_switched_off_is_not_there(fresh_cern: Cern) -> None:
    paths = "/export/room/CERN/121.json", "/export/roomName/CERN/Pump.json", "/export/reservation/CERN.json"
    everything = {"detail": "reservations"}
    assert all(fresh_cern.get(path, everything) for path in paths[::2])
    assert fresh_cern.get(paths[1], ak=None)
    fresh_cern.engine.rooms.change("pump", CLI, active=False, anyway=True)
    assert fresh_cern.get(paths[0], everything) == [], "a display would show it as free"
    assert fresh_cern.get(paths[1]) == fresh_cern.get(paths[1], ak=None) == []
    assert 121 not in {it["room"]["id"] for it in fresh_cern.get(paths[2])}


@pytest.mark.parametrize("path", [ROOM, HERE])
def test_nobody_else_is_told_without_a_key(cern: Cern, path: str) -> None:
    assert cern.refused(path, ak=None, status=403) == "Guest access to this resource is forbidden."
    assert cern.refused(path, {"op": "yes"}, status=403) == "Guest access to this resource is forbidden."
    assert cern.refused(path, {"onlyauthed": "yes"}, ak=None, status=403) == "Not authenticated"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({}, ALL),
        ({"cxl": "no", "rej": "no"}, ["Waiting", "Over midnight"]),
        ({"cancelled": "yes"}, ["Cancelled"]),
        ({"rejected": "Y"}, ["Rejected"]),
        ({"rejected": "maybe"}, ["Cancelled", "Waiting", "Over midnight"]),
        ({"confirmed": "pending"}, ["Waiting", "Over midnight"]),
        ({"confirmed": "no"}, ["Cancelled", "Rejected"]),
        ({"confirmed": "yes"}, []),
        ({"confirmed": "no", "cxl": "no"}, ["Rejected"]),
        ({"archival": "yes"}, ["Cancelled", "Rejected", "Waiting"]),
        ({"archived": "no"}, ["Over midnight"]),
        ({"recurring": "yes"}, []),
        ({"rep": "no"}, ALL),
        ({"avc": "yes"}, ["Over midnight"]),
        ({"avcs": "no"}, ["Cancelled", "Rejected", "Waiting"]),
        ({"startupsupport": "yes"}, ["Over midnight"]),
        ({"bf": "*MONNICH*"}, ["Cancelled"]),
        ({"bookedfor": "curie"}, ["Rejected", "Waiting"]),
        ({"bookedfor": "l?se*ner"}, ["Over midnight"]),
        ({"bookedfor": "[a-z]"}, []),
        ({"descending": "yes"}, ALL[::-1]),
        ({"o": "end", "c": "1"}, ALL[::-1]),
        ({"order": "title"}, ALL),
        ({"n": "2", "O": "1"}, ["Rejected", "Waiting"]),
        ({"n": "0", "offset": "3"}, ["Over midnight"]),
        ({"bf": "curie", "n": "1", "O": "1"}, ["Waiting"]),
        ({"CANCELLED": "yes", "unknown": "1", "_": "1"}, ALL),
        ({"cxl": ""}, ALL),
    ],
)  # fmt: skip
def test_filters_order_and_bounds(cern: Cern, query: dict[str, str], told: list[str]) -> None:
    assert reasons(cern, **query) == told


def test_the_first_of_a_repeated_parameter_counts(cern: Cern) -> None:
    answer = cern.ask(f"{ROOM}?ak=00000000-0000-0000-0000-000000000000&d=reservations&cxl=yes&cxl=no", ak=None)
    assert [it["reason"] for it in answer.json["results"][0]["reservations"]] == ["Cancelled"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"day": "today"}, ALL),
        ({"from": "today", "to": "today"}, ALL),
        ({"from": "2011-06-24T09:00", "to": "2011-06-24T10:00"}, ["Rejected"]),
        ({"from": "2011-06-24T08:59", "to": "2011-06-24T10:01"}, ALL[:3]),
        ({"from": "2011-06-25T00:30", "to": "2011-06-25T00:31"}, ["Over midnight"]),
        ({"from": "2011-06-24T09:30"}, ["Rejected", "Waiting", "Over midnight"]),
        ({"to": "2011-06-24T09:00"}, ["Cancelled"]),
        ({"day": "tomorrow"}, ["Over midnight"]),
        ({"day": "yesterday"}, []),
        ({"from": "tomorrow", "to": "yesterday"}, []),
        ({"day": "2011-06-25", "tz": "America/New_York"}, []),
        ({"day": "2011-06-24", "tz": "America/New_York"}, ALL),
    ],
)  # fmt: skip
def test_a_window_has_what_really_shares_time_with_it(cern: Cern, query: dict[str, str], told: list[str]) -> None:
    assert sorted(reasons(cern, **query)) == sorted(told)


def test_a_series_is_in_a_window_where_one_of_its_dates_is(cern: Cern) -> None:
    path = f"/export/room/CERN/{MEZZANINE}.json"
    assert reasons(cern, path, day="2011-06-25") == ["Just testing"]
    assert reasons(cern, path, from_="2011-06-24T18:00", to="2011-06-25T08:00") == []
    assert reasons(cern, path, occurs="2011-06-25") == ["Just testing"]
    assert reasons(cern, path, occurs="2011-06-26,2011-06-23") == []
    assert reasons(cern, path, recurring="yes", day="today") == ["Just testing"]
    assert reasons(cern, ROOM, occurs="2011-06-24") == []


def test_dates_are_all_of_a_series_or_as_in_2011_those_in_the_window(cern: Cern) -> None:
    path, asked = f"/export/room/CERN/{MEZZANINE}.json", FULL | {"occ": "yes", "day": "2011-06-25"}

    def dates(**more: Any) -> list[str]:
        return [it["startDT"]["date"] for it in cern.get(path, asked, **more)[0]["reservations"][0]["occurrences"]]

    assert dates() == ["2011-06-24", "2011-06-25"]
    assert dates(legacy=True) == ["2011-06-25"]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"n": "501"}, f"{MANY % 500} with the detail level 'rooms'"),
        ({"n": "101", "d": "reservations"}, f"{MANY % 100} with the detail level 'reservations'"),
        ({"O": "-1"}, "Offset must be a positive number"),
        ({"n": "-1"}, "Limit must be a positive number"),
        ({"n": "ten"}, "Invalid value for limit: 'ten' is not a whole number"),
        ({"O": "1.5"}, "Invalid value for offset: '1.5' is not a whole number"),
        ({"n": "9" * 30}, f"Invalid value for limit: '{'9' * 30}' is not a whole number"),
        ({"detail": "everything"}, "Invalid detail level: everything"),
        ({"tz": "Mars/X"}, "Bad timezone: ''Mars/X''"),
        ({"day": "today", "to": "today"}, "'day' can only be used without 'from' and 'to'"),
        ({"to": "-1d"}, "End date cannot be a negative offset"),
        ({"from": "25h"}, "Invalid time!"),
        ({"from": "garbage"}, "Impossible to parse 'garbage'"),
        ({"occurs": "soon", "d": "reservations"}, "Impossible to parse 'soon'"),
        ({"bf": "a\x01b"}, "bookedfor: must not contain control characters"),
        ({"bf": "a" * 2001}, "bookedfor: must be at most 2000 characters long"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_told_in_a_message(cern: Cern, query: dict[str, str], text: str) -> None:
    assert cern.refused(ROOM, query) == text


def test_a_detail_that_nobody_knows_lifts_the_bound_of_reservations(cern: Cern) -> None:
    assert len(cern.get(HERE, {"detail": "reservation", "n": "1000"})) == 6
    assert "up to 1000 records" in cern.refused(HERE, {"detail": "reservation", "n": "1001"})
    assert "up to 100 records" in cern.refused(HERE, {"n": "101"})


def test_reservations_of_a_location_are_of_that_location(cern: Cern) -> None:
    assert reasons(cern, "/export/reservation/Meyrin North.json") == ["Yesterday"]
    assert sorted(reasons(cern, HERE)) == sorted([*ALL, "Just testing", "Secret"])
    assert reasons(cern, "/export/reservation/Meyrin North-CERN.json", n="2", o="start") == ["Yesterday", "Cancelled"]
    assert "Secret" not in [it["reason"] for it in cern.get(HERE, ak=MEMBER)]
    assert {it["room"]["id"] for it in cern.get(HERE, ak=MEMBER)} == {MEZZANINE, PUMP}


def test_others_bookings_are_told_as_far_as_the_house_shows_them(cern: Cern) -> None:
    assert reasons(cern, HERE, bf="MONNICH") == ["Cancelled", "Just testing", "Secret"]
    shown = cern.get(HERE, ak=MEMBER)
    assert {(it["reason"], it["bookedForName"], it["booked_for_user_email"]) for it in shown} == {("", None, None)}
    assert cern.get(HERE, {"bf": "MONNICH"}, ak=MEMBER) == []


def test_what_the_servers_bound_cuts_is_not_complete(fresh_cern: Cern) -> None:
    start = at(27, "00:00").timestamp()
    for number in range(101):
        begin = at(27, "00:00").fromtimestamp(start + 600 * number, at(27, "00:00").tzinfo)
        end = at(27, "00:00").fromtimestamp(start + 600 * (number + 1), at(27, "00:00").tzinfo)
        fresh_cern.engine.bookings.book(Ask(("mezzanine",), begin, end, str(number)), CLI)
    path, asked = f"/export/room/CERN/{MEZZANINE}.json", FULL | {"from": "2011-06-27"}
    whole, bounded = fresh_cern.ask(path, asked).json, fresh_cern.ask(path, asked | {"n": "100"}).json
    assert (whole["complete"], len(whole["results"][0]["reservations"])) == (False, 100)
    assert bounded["complete"]
    assert len(fresh_cern.get(path, asked | {"O": "100"})[0]["reservations"]) == 1
    assert fresh_cern.ask(HERE, {"from": "2011-06-27"}).json["complete"] is False


def test_what_is_not_certain_is_shown_as_pending_and_never_as_valid(fresh_cern: Cern) -> None:
    def stand(standing: Standing) -> dict[str, Any]:
        sql = "UPDATE occurrence SET standing = ? WHERE title = 'Yesterday'"
        fresh_cern.engine.store.writing(lambda tx: tx.run(sql, (standing.value,)))
        it = fresh_cern.get("/export/reservation/Meyrin North.json", {"confirmed": "pending"})[0]
        return {name: value for name, value in it.items() if name.startswith("is")}

    nothing = {"isConfirmed": False, "isValid": False, "is_cancelled": False, "is_rejected": False}
    assert stand(Standing.AT_RISK) == stand(Standing.CONFLICT) == nothing


def test_nothing_is_kept_and_a_tag_says_that_nothing_is_new(fresh_cern: Cern) -> None:
    first = fresh_cern.ask(ROOM, FULL)
    fresh_cern.clock.forward(seconds=30)
    again = fresh_cern.ask(ROOM, FULL, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    fresh_cern.engine.bookings.book(Ask(("pump",), at(24, "19:00"), at(24, "20:00"), "New"), CLI)
    signed = FULL | {"timestamp": "1308922107", "x": "é&<"}
    for kind in ("json", "xml"):
        path = ROOM.replace("json", kind)
        tag = fresh_cern.ask(path, signed).headers["ETag"]
        again = fresh_cern.ask(path, FULL, headers={"If-None-Match": tag})
        assert again.status_code == 304, "how it was asked is no news"
    fresh = fresh_cern.ask(ROOM, FULL, headers={"If-None-Match": first.headers["ETag"]})
    assert "New" in fresh.text
    assert fresh.json["ts"] == first.json["ts"] + 30


def test_legacy_is_the_houses_word_unless_the_request_has_one(cern: Cern) -> None:
    def building(query: dict[str, str], **more: Any) -> Any:
        return cern.get(ROOM, query, **more)[0]["building"]

    assert (building({}), building({"legacy": "yes"})) == ("500", 500)
    assert (building({}, legacy=True), building({"legacy": "no"}, legacy=True)) == (500, "500")
    assert cern.get("/export/roomName/CERN/Vault.json", legacy=True)[0]["building"] == "B1"
    assert cern.get("/export/roomName/Meyrin North/North.json", legacy=True)[0]["_type"] == "Room"


def test_everything_is_in_the_shape_of_the_document(cern: Cern) -> None:
    document = json.loads(cern.ask("/openapi.json", ak=None).text)
    for path, query in ((ROOM, FULL | {"occ": "yes"}), (BOTH, {}), (HERE, {"occ": "yes", "legacy": "yes"})):
        kind = "/export/reservation/{locations}.{kind}" if path is HERE else "/export/room/{location}/{ids}.{kind}"
        answers = document["paths"][kind]["get"]["responses"]["200"]["content"]
        assert set(answers) >= {"application/json", "application/javascript", "text/xml"}
        whole = {**answers["application/json"]["schema"], "components": document["components"]}
        jsonschema.Draft202012Validator(whole).validate(cern.ask(path, query).json)


def test_a_location_is_the_name_of_its_site_without_what_addresses_cannot_hold(fresh_cern: Cern) -> None:
    fresh_cern.engine.rooms.change("north", CLI, site="Meyrin-Nord No. 2")
    room = fresh_cern.get(f"/export/room/Meyrin Nord No 2/{PUMP + 1}.json")[0]
    assert (room["name"], room["location"]) == ("North", "Meyrin Nord No 2")
    assert reasons(fresh_cern, "/export/reservation/CERN-Meyrin Nord No 2.json", n="1") == ["Yesterday"]


def test_a_booking_of_several_rooms_is_told_for_each_and_counts_as_often(fresh_cern: Cern) -> None:
    wish = Ask(("mezzanine", "pump"), at(28, "09:00"), at(28, "10:00"), "Both")
    fresh_cern.engine.bookings.book(wish, CLI)
    found = fresh_cern.get(HERE, {"day": "2011-06-28"})
    assert [(it["reason"], it["room"]["id"]) for it in found] == [("Both", MEZZANINE), ("Both", PUMP)]
    assert len({it["id"] for it in found}) == 1
    uids = [
        line
        for line in fresh_cern.ask("/export/reservation/CERN.ics", {"day": "2011-06-28"}).text.split()
        if "UID" in line
    ]
    assert len(set(uids)) == 2


def test_what_is_too_much_to_look_through_is_told(fresh_cern: Cern, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.engine.engagements.MOST_READ", 2)
    assert fresh_cern.refused(HERE, {"bf": "x"}) == "window: has more than 2 bookings to look through"


def test_guests_may_not_ask_more_often_than_others(cern: Cern) -> None:
    client = app(cern.engine, TERMS, rates=Buckets(1, 2)).test_client()
    answers = [client.get("/export/roomName/CERN/o.json") for _ in range(3)]
    assert [it.status_code for it in answers] == [200, 200, 429]
    assert (answers[2].json, answers[2].headers["Retry-After"]) == ({"message": "Too many requests"}, "1")

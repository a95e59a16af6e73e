"""One occurrence, it and those after it, or all: reached, changed, cancelled and restored through RoomVox's door."""

from typing import Any

import pytest

from tests.dialects.roomvox.door import Door
from tests.dialects.roomvox.test_series import DAYS, PATH, post, series, starts
from tests.make import at


def ask(door: Door, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
    response = door.ask(method, path, json=body, **more)
    return response.status_code, response.json


@pytest.fixture
def uid(door: Door) -> str:
    """The uid of a series of Oak, four Tuesdays from 11 to 12."""
    found: str = series(door)["uid"]
    return found


def titles(door: Door) -> list[str]:
    return [booking["title"] for booking in door.get(PATH)]


# reaching one


@pytest.mark.parametrize(
    "address",
    [
        "2026-06-23T11:00", "2026-06-23T11:00:00", "2026-06-23T11:00:00%2B02:00", "20260623T090000Z",
        "2026-06-23T09:00:00Z", "20260623T110000", "2026-06-23T04:00:00-0500",
    ],
)  # fmt: skip
def test_an_occurrence_is_named_by_its_original_start(door: Door, uid: str, address: str) -> None:
    booking = door.get(f"{PATH}/{uid}?recurrenceId={address}")
    assert (booking["uid"], booking["recurrenceId"]) == (uid, "2026-06-23T11:00:00+02:00")
    assert booking == door.get(f"{PATH}/{booking['occurrenceUid']}")
    assert booking["recurrence"] == ["RRULE:FREQ=WEEKLY;COUNT=4"]


@pytest.mark.parametrize(
    ("method", "action"),
    [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/checkin"), ("POST", "/checkout"), ("POST", "/extend"),
     ("POST", "/end"), ("POST", "/approve"), ("POST", "/decline"), ("POST", "/restore")],
)  # fmt: skip
def test_an_address_that_is_none_is_a_400_and_one_that_is_nobodys_a_404(
    door: Door, uid: str, method: str, action: str
) -> None:
    path, body = f"{PATH}/{uid}{action}", {"title": "x", "minutes": 5} if method in ("PATCH", "POST") else None
    for wrong in ("abc", "2026-06-23T11:00:00+02:00", "2026-13-45T00:00"):  # the second has a space where its + was
        status, answer = ask(door, method, f"{path}?recurrenceId={wrong}", body, key="admin")
        assert (status, answer["error"], list(answer["fields"])) == (400, "Invalid recurrenceId", ["recurrenceId"])
    for nobodys in ("2026-06-24T11:00", "2026-06-23T11:30", "2026-07-14T11:00"):
        assert ask(door, method, f"{path}?recurrenceId={nobodys}", body, key="admin")[0] == 404
    assert len(starts(door)) == 4


def test_without_an_address_the_one_that_is_now_or_next_is_meant(door: Door, uid: str) -> None:
    assert door.get(f"{PATH}/{uid}")["start"][:10] == DAYS[0]
    door.set(at("11:30", 8))
    assert door.get(f"{PATH}/{uid}")["start"][:10] == DAYS[1]
    assert ask(door, "POST", f"{PATH}/{uid}/checkin")[1]["recurrenceId"][:10] == DAYS[1]
    assert ask(door, "POST", f"{PATH}/{uid}/extend", {"minutes": 15})[1]["end"][:16] == "2026-06-23T12:15"
    assert ask(door, "POST", f"{PATH}/{uid}/checkout")[1]["end"][:16] == "2026-06-23T11:30"
    door.set(at("11:30", 60))
    assert door.get(f"{PATH}/{uid}")["start"][:10] == DAYS[3]


def test_an_action_is_done_to_the_occurrence_that_is_named(door: Door, uid: str) -> None:
    status, it = ask(door, "POST", f"{PATH}/{uid}/extend?recurrenceId={DAYS[2]}T11:00", {"minutes": 30})
    assert (status, it["end"][:16], it["plannedEnd"][:16]) == (200, "2026-06-30T12:30", "2026-06-30T12:00")
    assert (it["version"], door.get(f"{PATH}/{uid}")["version"]) == (2, 1)
    assert ask(door, "POST", f"{PATH}/{uid}/extend", {"minutes": 30, "recurrenceId": f"{DAYS[3]}T11:00"})[0] == 200


def test_an_action_that_comes_again_is_about_the_occurrence_it_was_about(any_door: Door) -> None:
    uid = series(any_door, start="2026-06-15T10:00", end="2026-06-15T10:30", recurrence="FREQ=DAILY;COUNT=3")["uid"]
    any_door.set("10:10")
    for action, key in (("checkin", "k1"), ("end", "k2")):
        first = ask(any_door, "POST", f"{PATH}/{uid}/{action}", headers={"Idempotency-Key": key})
        assert (first[0], first[1]["recurrenceId"][:10]) == (200, "2026-06-15")
        assert ask(any_door, "POST", f"{PATH}/{uid}/{action}", headers={"Idempotency-Key": key}) == first
    reused = ask(any_door, "POST", f"{PATH}/{uid}/checkin", headers={"Idempotency-Key": "k2"})
    assert (reused[0], reused[1]["codes"]) == (422, ["key_reused"])
    assert any_door.get(f"{PATH}/{uid}")["recurrenceId"][:10] == "2026-06-16"


def test_another_rooms_series_is_not_reached_through_this_one(door: Door, uid: str) -> None:
    for method, body in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
        for query in ("", f"?recurrenceId={DAYS[1]}T11:00", "?scope=all"):
            assert ask(door, method, f"/rooms/elm/bookings/{uid}{query}", body)[0] == 404
    assert titles(door) == ["Team"] * 4


# changing


@pytest.mark.parametrize(
    ("query", "renamed"),
    [
        (f"?recurrenceId={DAYS[1]}T11:00", [1]), (f"?recurrenceId={DAYS[1]}T11:00&scope=this", [1]),
        (f"?recurrenceId={DAYS[1]}T11:00&scope=following", [1, 2, 3]), ("?scope=this", [0]),
        (f"?recurrenceId={DAYS[1]}T11:00&scope=all", [0, 1, 2, 3]), ("", [0, 1, 2, 3]),
    ],
)  # fmt: skip
def test_a_scope_says_how_many_are_renamed(door: Door, uid: str, query: str, renamed: list[int]) -> None:
    status, answer = ask(door, "PATCH", f"{PATH}/{uid}{query}", {"title": "New"})
    assert (status, answer["title"]) == (200, "New")
    assert [place for place, title in enumerate(titles(door)) if title == "New"] == renamed
    assert answer.get("changed", 1) == len(renamed)
    assert answer["start"][:10] == DAYS[renamed[0]]


def test_an_occurrences_own_uid_means_it_alone(door: Door, uid: str) -> None:
    own = door.get(PATH)[2]["occurrenceUid"]
    assert ask(door, "PATCH", f"{PATH}/{own}", {"title": "Third"})[1]["recurrenceId"][:10] == DAYS[2]
    assert titles(door) == ["Team", "Team", "Third", "Team"]
    fourth = f"{PATH}/{uid}?recurrenceId={DAYS[3]}T11:00"
    assert ask(door, "PATCH", fourth, {"title": "Fourth"})[0] == 200
    assert ask(door, "PATCH", f"{PATH}/{uid}?scope=all", {"title": "All"})[1]["changed"] == 2
    assert titles(door) == ["All", "All", "Third", "Fourth"]
    assert ask(door, "PATCH", f"{PATH}/{own}?scope=following", {"title": "Late"})[1]["changed"] == 2
    assert titles(door) == ["All", "All", "Late", "Fourth"]
    assert ask(door, "DELETE", f"{PATH}/{own}") == (200, {"status": "ok"})
    assert len(starts(door)) == 3


@pytest.mark.parametrize("scope", ["", "some", "THIS", "all,following"])
def test_a_scope_that_is_none_is_refused(door: Door, uid: str, scope: str) -> None:
    for method, body in (("PATCH", {"title": "x"}), ("DELETE", None)):
        status, answer = ask(door, method, f"{PATH}/{uid}?scope={scope}", body)
        assert (status, list(answer["fields"])) == (400, ["scope"])
    assert titles(door) == ["Team"] * 4


def test_the_scope_may_come_in_the_body_and_a_single_booking_has_but_one(door: Door, uid: str) -> None:
    body = {"title": "Rest", "scope": "following", "recurrenceId": "20260630T090000Z"}
    assert ask(door, "PATCH", f"{PATH}/{uid}", body)[1]["changed"] == 2
    single = door.book("11:00", "12:00")["uid"]
    assert ask(door, "PATCH", f"{PATH}/{single}?scope=all&recurrenceId=2020-01-01", {"title": "x"})[1]["title"] == "x"
    assert ask(door, "DELETE", f"{PATH}/{single}?scope=following&recurrenceId=2020-01-01") == (200, {"status": "ok"})


def test_the_others_follow_the_date_that_is_named(door: Door, uid: str) -> None:
    body = {"start": "2026-06-23T14:00", "end": "2026-06-23T14:30"}
    status, answer = ask(door, "PATCH", f"{PATH}/{uid}?recurrenceId={DAYS[1]}T11:00&scope=following", body)
    assert (status, answer["changed"], answer["made"], answer["cancelled"]) == (200, 3, 0, 0)
    assert (answer["start"], answer["end"]) == ("2026-06-23T14:00:00+02:00", "2026-06-23T14:30:00+02:00")
    assert answer["uid"] != uid
    assert answer["recurrence"] == ["RRULE:FREQ=WEEKLY;COUNT=3"]
    assert starts(door) == [f"{DAYS[0]}T11:00", *(f"{day}T14:00" for day in DAYS[1:])]
    assert [booking["uid"] for booking in door.get(PATH)] == [uid] + [answer["uid"]] * 3
    status, answer = ask(door, "PATCH", f"{PATH}/{answer['uid']}", {"start": "2026-06-22T14:00"})
    assert (status, answer["end"][:16]) == (200, "2026-06-23T14:30")  # what is absent stays, the end too
    assert answer["recurrence"] == ["RRULE:FREQ=WEEKLY;COUNT=3"]


def test_all_are_moved_by_the_one_that_is_running_which_itself_stays(door: Door, uid: str) -> None:
    door.set(at("11:30", 8))
    status, answer = ask(door, "PATCH", f"{PATH}/{uid}", {"start": "2026-06-23T13:00", "end": "2026-06-23T14:00"})
    assert (status, answer["changed"]) == (200, 2)
    assert starts(door) == [f"{DAYS[0]}T11:00", f"{DAYS[1]}T11:00", f"{DAYS[2]}T13:00", f"{DAYS[3]}T13:00"]
    status, answer = ask(door, "PATCH", f"{PATH}/{uid}", {"start": "2026-06-23T15:00", "end": "2026-06-23T16:00"})
    assert (status, answer["codes"]) == (422, ["begun"])
    later = {"start": "2026-06-30T15:00", "end": "2026-06-30T16:00"}
    assert ask(door, "PATCH", f"{PATH}/{uid}?recurrenceId={DAYS[2]}T13:00&scope=all", later)[1]["changed"] == 2
    assert ask(door, "PATCH", f"{PATH}/{uid}", {"title": "All"})[1]["changed"] == 3
    assert titles(door) == ["Team", "All", "All", "All"]


def test_a_moved_date_that_is_named_goes_where_it_is_told(door: Door, uid: str) -> None:
    one = f"{PATH}/{uid}?recurrenceId={DAYS[1]}T11:00"
    ask(door, "PATCH", one, {"start": "2026-06-24T15:00", "end": "2026-06-24T16:00"})
    status, answer = ask(door, "PATCH", f"{one}&scope=all", {"start": "2026-06-23T09:00", "end": "2026-06-23T09:45"})
    assert (status, answer["changed"]) == (200, 4)
    assert starts(door) == [f"{day}T09:00" for day in DAYS]
    ask(door, "PATCH", f"{PATH}/{uid}?recurrenceId={DAYS[2]}T09:00", {"end": "2026-06-30T12:00"})
    ask(door, "PATCH", f"{PATH}/{uid}?recurrenceId={DAYS[2]}T09:00&scope=all", {"end": "2026-06-30T10:00"})
    assert [booking["end"][11:16] for booking in door.get(PATH)] == ["10:00"] * 4


def test_a_new_pattern_goes_on_from_the_date_that_is_named(door: Door, uid: str) -> None:
    path = f"{PATH}/{uid}?recurrenceId={DAYS[2]}T11:00&scope=following"
    status, answer = ask(door, "PATCH", path, {"recurrence": "FREQ=DAILY;COUNT=3"})
    assert (status, answer["changed"], answer["made"], answer["cancelled"]) == (200, 1, 2, 1)
    assert [start[5:10] for start in starts(door)] == ["06-16", "06-23", "06-30", "07-01", "07-02"]
    assert door.get(f"{PATH}/{uid}")["recurrence"] == ["RRULE:FREQ=WEEKLY;UNTIL=20260630T085959Z"]


def test_the_pattern_as_it_was_shown_changes_nothing(door: Door, uid: str) -> None:
    shown = door.get(f"{PATH}/{uid}")
    door.set(at("13:00", 1))
    status, answer = ask(door, "PATCH", f"{PATH}/{uid}", {"title": "New", "recurrence": shown["recurrence"]})
    assert (status, answer["changed"], answer["made"], answer["recurrence"]) == (200, 3, 0, shown["recurrence"])
    status, answer = ask(door, "PATCH", f"{PATH}/{uid}", {"recurrence": shown["recurrence"]})
    assert (status, answer["changed"]) == (200, 0)


@pytest.mark.parametrize(
    ("query", "lines", "why"),
    [
        ("?scope=this", ["FREQ=DAILY;COUNT=2"], "is not one date's: give scope=following or scope=all"),
        ("?scope=all", [], "must not be empty"),
        ("?scope=all", ["FREQ=SECONDLY"], "SECONDLY is too often: a booking recurs daily at most"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused(door: Door, uid: str, query: str, lines: Any, why: str) -> None:
    status, answer = ask(door, "PATCH", f"{PATH}/{uid}{query}", {"recurrence": lines})
    assert (status, answer["fields"]) == (400, {"recurrence": why})
    assert [start[:10] for start in starts(door)] == DAYS


def test_a_single_booking_does_not_become_a_series(door: Door) -> None:
    path = f"{PATH}/{door.book('11:00', '12:00')['uid']}"
    status, answer = ask(door, "PATCH", path, {"recurrence": ["FREQ=DAILY;COUNT=2"]})
    assert (status, answer["error"]) == (400, "recurrence can only be changed for a series")
    assert ask(door, "PATCH", path, {"title": "New", "recurrence": []})[1]["title"] == "New"


def test_changes_of_single_dates_are_not_lost_unless_that_is_said(door: Door, uid: str) -> None:
    ask(door, "PATCH", f"{PATH}/{uid}?recurrenceId={DAYS[3]}T11:00", {"title": "Party", "end": "2026-07-07T12:30"})
    path, fewer = f"{PATH}/{uid}", {"recurrence": ["FREQ=WEEKLY;COUNT=2"]}
    status, answer = ask(door, "PATCH", path, fewer)
    assert (status, answer["codes"]) == (422, ["exception_lost"])
    assert answer["error"] == "Changes of single dates would be lost; dropExceptions gives them up"
    address = "2026-07-07T11:00:00+02:00"
    assert answer["dates"] == [
        {"recurrenceId": address, "codes": ["exception_lost"], "changes": ["extended", "renamed"]}
    ]
    status, answer = ask(door, "PATCH", f"{path}?preview=yes", fewer)
    assert (status, answer["preview"], answer["cancelled"]) == (200, True, 2)
    assert answer["lost"] == [{"recurrenceId": address, "changes": ["extended", "renamed"]}]
    assert len(starts(door)) == 4
    status, answer = ask(door, "PATCH", path, {**fewer, "dropExceptions": True})
    assert (status, answer["cancelled"], len(answer["lost"])) == (200, 2, 1)
    assert [start[:10] for start in starts(door)] == DAYS[:2]


def test_a_change_that_clashes_changes_nothing_or_leaves_the_date_out(door: Door, uid: str) -> None:
    door.book("2026-06-30T13:30", "2026-06-30T14:30")
    body = {"start": "2026-06-16T13:00", "end": "2026-06-16T14:00"}
    status, answer = ask(door, "PATCH", f"{PATH}/{uid}", body)
    assert (status, answer["codes"], answer["dates"]) == (
        409, ["clash"], [{"recurrenceId": "2026-06-30T13:00:00+02:00", "codes": ["clash"]}],
    )  # fmt: skip
    status, answer = ask(door, "PATCH", f"{PATH}/{uid}", {**body, "skipConflicts": "yes"})
    assert (status, answer["changed"], answer["leftOut"]) == (
        200, 3, [{"recurrenceId": "2026-06-30T13:00:00+02:00", "codes": ["clash"]}],
    )  # fmt: skip


def test_a_change_on_an_old_view_of_the_date_is_refused(door: Door, uid: str) -> None:
    second = f"{PATH}/{uid}?recurrenceId={DAYS[1]}T11:00"
    seen = door.ask("GET", second).headers["ETag"]
    changed = door.ask("PATCH", second, json={"title": "A"}, headers={"If-Match": seen})
    assert (seen, changed.headers["ETag"]) == ('"1"', '"2"')
    for query in ("", "&scope=following", "&scope=all"):
        assert ask(door, "PATCH", second + query, {"title": "B"}, headers={"If-Match": seen})[0] == 412
        assert ask(door, "PATCH", second + query, {"title": "B", "version": 1})[0] == 409
        assert ask(door, "DELETE", second + query, headers={"If-Match": seen})[0] == 412
    assert ask(door, "PATCH", f"{PATH}/{uid}", {"title": "B"}, headers={"If-Match": '"1"'})[0] == 200
    assert titles(door) == ["B", "A", "B", "B"]


def test_a_change_with_a_key_is_done_once(any_door: Door) -> None:
    uid, key = series(any_door)["uid"], {"Idempotency-Key": "k"}
    path = f"{PATH}/{uid}?recurrenceId={DAYS[1]}T11:00&scope=following"
    body = {"start": "2026-06-23T11:15"}
    first = ask(any_door, "PATCH", path, body, headers=key)
    assert (first[0], first[1]["changed"]) == (200, 3)
    assert ask(any_door, "PATCH", path, body, headers=key) == first
    gone = f"{PATH}/{first[1]['uid']}"
    first = ask(any_door, "DELETE", gone, headers={"Idempotency-Key": "d"})
    assert first == (200, {"status": "ok", "cancelled": 3, "preview": False})
    assert ask(any_door, "DELETE", gone, headers={"Idempotency-Key": "d"}) == first
    one = f"{PATH}/{uid}?recurrenceId={DAYS[0]}T11:00"
    for _ in range(2):
        assert ask(any_door, "DELETE", one, headers={"Idempotency-Key": "e"}) == (200, {"status": "ok"})
    assert starts(any_door) == []


# cancelling


@pytest.mark.parametrize(
    ("query", "left", "answer"),
    [
        ("", [], {"status": "ok", "cancelled": 4, "preview": False}),
        (f"?recurrenceId={DAYS[1]}T11:00", [0, 2, 3], {"status": "ok"}),
        (f"?recurrenceId={DAYS[1]}T11:00&scope=following", [0], {"status": "ok", "cancelled": 3, "preview": False}),
        ("?scope=this", [1, 2, 3], {"status": "ok"}),
        ("?preview=yes", [0, 1, 2, 3], {"status": "ok", "cancelled": 4, "preview": True}),
        ("?scope=this&preview=yes", [0, 1, 2, 3], {"status": "ok"}),
    ],
)
def test_a_scope_says_how_many_are_cancelled(door: Door, uid: str, query: str, left: list[int], answer: Any) -> None:
    assert ask(door, "DELETE", f"{PATH}/{uid}{query}") == (200, answer)
    assert [start[:10] for start in starts(door)] == [DAYS[place] for place in left]


def test_what_is_over_stays_and_a_series_that_is_over_cannot_be_cancelled(door: Door, uid: str) -> None:
    door.set(at("13:00", 8))
    assert ask(door, "DELETE", f"{PATH}/{uid}")[1]["cancelled"] == 2
    assert [start[:10] for start in starts(door)] == DAYS[:2]
    for method, body in (("DELETE", None), ("PATCH", {"title": "x"})):
        status, answer = ask(door, method, f"{PATH}/{uid}", body)
        assert (status, answer["codes"]) == (422, ["over"])
    assert door.get(f"{PATH}/{uid}")["start"][:10] == DAYS[1]


def test_a_cancelled_or_left_out_date_is_booked_again(any_door: Door) -> None:
    other = any_door.book("2026-06-30T11:30", "2026-06-30T11:45")["uid"]
    uid = series(any_door, skipConflicts=True)["uid"]
    second, third = (f"{PATH}/{uid}/restore?recurrenceId={day}T11:00" for day in DAYS[1:3])
    ask(any_door, "DELETE", f"{PATH}/{uid}?recurrenceId={DAYS[1]}T11:00")
    status, answer = ask(any_door, "POST", second)
    assert (status, answer["recurrenceId"][:10], answer["status"]) == (200, DAYS[1], "accepted")
    assert ask(any_door, "POST", second) == (200, answer)
    assert ask(any_door, "POST", third)[0] == 409
    any_door.ask("DELETE", f"{PATH}/{other}")
    assert ask(any_door, "POST", f"{PATH}/{uid}/restore", {"recurrenceId": f"{DAYS[2]}T11:00"})[0] == 200
    assert [start[:10] for start in starts(any_door)] == DAYS
    assert ask(any_door, "POST", f"{PATH}/{uid}/restore") == (
        400, {"error": "recurrenceId: is required", "fields": {"recurrenceId": "is required"}},
    )  # fmt: skip


def test_cancelled_dates_are_listed_under_their_series(door: Door, uid: str) -> None:
    ask(door, "DELETE", f"{PATH}/{uid}?recurrenceId={DAYS[2]}T11:00&scope=following")
    gone = door.get(f"{PATH}?status=cancelled")
    assert [(it["uid"], it["recurrenceId"][:10]) for it in gone] == [(uid, DAYS[2]), (uid, DAYS[3])]
    assert ask(door, "GET", f"{PATH}/{gone[0]['occurrenceUid']}")[0] == 404


def test_a_read_key_changes_nothing_of_a_series(door: Door, uid: str) -> None:
    for method, path, body in (("PATCH", "", {"title": "x"}), ("DELETE", "", None), ("POST", "/restore", {})):
        assert ask(door, method, f"{PATH}/{uid}{path}", body, key="read")[0] == 403
    assert post(door, {"title": "x"}, f"{PATH}/{uid}/approve")[0] == 403

"""Reservations that are changed, deleted, approved, checked in to and out of; alone, and of a series."""

from typing import Any

import pytest

from server.core.access import CLI
from server.core.model import Standing
from server.core.places import Attribute
from tests.dialects.librebooking.booked import NO_ACCESS, body, daily, later, listed, made, row, rule, single
from tests.dialects.librebooking.door import BASE, Door


def days(door: Door, resource: int | None = None) -> list[str]:
    """Begins of all there is: day of June and hour in UTC."""
    query = f"?resourceId={resource}" if resource is not None else ""
    return [it["startDate"][8:13] for it in listed(door, "ada", query)]


def update(door: Door, reference: str, scope: str = "", by: str = "alice", status: int = 200, **fields: Any) -> Any:
    query = f"?updateScope={scope}" if scope else ""
    return door.post(f"/Reservations/{reference}{query}", body(door, **fields), by, status)


def test_an_update_replaces_all_that_it_does_not_say(door: Door) -> None:
    cost = door.house.engine.catalogue.add(Attribute(0, "booking", "Cost center"), CLI).number
    reference = made(
        door, description="Long", participants=[door.people["bob"].number], invitedGuests=["g@example.org"],
        customAttributes=[{"attributeId": cost, "attributeValue": "1"}], allowParticipation=True,
        startReminder={"value": 1, "interval": "days"},
    )  # fmt: skip
    answer = update(door, reference, title="New")
    assert answer == {
        "links": [
            {"href": f"{BASE}/Reservations/{reference}", "title": "get_reservation"},
            {"href": f"{BASE}/Reservations/{reference}", "title": "update_reservation"},
        ],
        "message": None, "referenceNumber": reference, "isPendingApproval": False,
    }  # fmt: skip
    it = single(door, reference)
    assert [it[name] for name in ("title", "description", "participants", "invitedGuests", "customAttributes")] == [
        "New", "", [], [], [],
    ]  # fmt: skip
    assert (it["allowParticipation"], it["startReminder"]) == (False, None)


def test_what_the_asker_cannot_see_of_it_stays(door: Door) -> None:
    secret = door.house.engine.catalogue.add(Attribute(0, "booking", "Secret", admin_only=True), CLI).number
    reference = made(door, by="ada", userId=door.people["alice"].number,
                     customAttributes=[{"attributeId": secret, "attributeValue": "x"}])  # fmt: skip
    assert single(door, reference)["customAttributes"] == []
    update(door, reference, title="New")
    assert single(door, reference, "ada")["customAttributes"][0]["value"] == "x"


def test_what_was_read_can_be_sent_back_as_it_is(door: Door) -> None:
    bob, oak, elm = door.people["bob"].number, door.house.oak.number, door.house.elm.number
    cost = door.house.engine.catalogue.add(Attribute(0, "booking", "Cost center"), CLI).number
    reference = made(
        door, resources=[elm], participants=[bob], invitees=[door.people["stan"].number],
        customAttributes=[{"attributeId": cost, "attributeValue": "1"}],
        endReminder={"value": 90, "interval": "minutes"},
    )  # fmt: skip
    before = single(door, reference)
    for whole in (before, {**before, "resources": {str(it["id"]): it for it in before["resources"]}}):
        door.post(f"/Reservations/{reference}", whole, "alice")
        assert single(door, reference) == before
    of_a_list = listed(door, query=f"?resourceId={oak}")[0]
    door.post(f"/Reservations/{reference}", {**of_a_list, "participants": [bob], "invitees": None}, "alice")
    after = single(door, reference)
    assert ([it["id"] for it in after["resources"]], after["endReminder"]) == ([oak], before["endReminder"])


def test_an_update_wants_the_needed_fields_again(door: Door) -> None:
    reference = made(door)
    assert len(door.errors(f"/Reservations/{reference}", {"title": "New"}, "alice")) == 3
    assert door.errors(f"/Reservations/{reference}?updateScope=some", body(door), "alice") == [
        "updateScope must be one of 'this', 'full' or 'future'"
    ]
    assert single(door, reference)["title"] == "Planning"


def test_it_is_moved_in_time_and_into_another_resource(door: Door) -> None:
    elm = door.house.elm.number
    reference = made(door)
    made(door, by="bob", start="14:00", end="15:00")
    assert door.errors(f"/Reservations/{reference}", body(door, "14:30", "15:30"), "alice")
    assert door.errors(f"/Reservations/{reference}", body(door, "15:05", "15:30"), "alice")
    update(door, reference, start="14:30", end="15:30", resourceId=elm)
    assert (days(door, door.house.oak.number), days(door, elm)) == (["15T12"], ["15T12"])
    assert single(door, reference)["resourceId"] == elm


def test_nobody_changes_takes_over_or_deletes_what_is_anothers(door: Door) -> None:
    reference = made(door)
    bob = door.people["bob"].number
    for more in ({}, {"userId": bob}):
        assert update(door, reference, by="bob", status=401, **more)["message"] == NO_ACCESS
    assert door.delete(f"/Reservations/{reference}", "bob", 401)["message"] == NO_ACCESS
    assert update(door, reference, userId=bob, status=401)["message"] == NO_ACCESS  # nor is it pushed on others
    update(door, reference, by="stan")
    assert single(door, reference)["owner"]["userId"] == door.people["alice"].number
    update(door, reference, by="stan", userId=bob)
    owner = single(door, reference, "bob")["owner"]
    assert (owner["userId"], owner["emailAddress"]) == (bob, "bob@example.org")


def test_a_series_is_made_whole_or_without_what_conflicts(door: Door) -> None:
    made(door, by="bob", day="2026-06-17")
    asked = body(door, recurrenceRule=rule())
    (error,) = door.errors("/Reservations/", asked, "alice")
    assert "2026-06-17T09:00:00+0000" in error
    assert days(door) == ["17T09"]
    skip = [{"name": "skipconflicts", "value": "true"}]
    door.post("/Reservations/", {**asked, "retryParameters": skip}, "alice", 201)
    assert days(door) == ["15T09", "16T09", "17T09", "18T09"]
    assert [it["isRecurring"] for it in listed(door, "ada")] == [True, True, False, True]


@pytest.mark.parametrize(
    ("asked", "dates"),
    [
        (rule("daily", interval=2), ["15T09", "17T09"]),
        (rule("weekly", "2026-06-26", weekdays=["1", 3]), ["15T09", "17T09", "22T09", "24T09"]),
        (rule("weekly", "2026-06-29", interval="2"), ["15T09", "29T09"]),
        (rule("monthly", "2026-09-01", monthlyType="dayOfMonth"), ["15T09", "15T09", "15T09"]),
        (rule("monthly", "2026-09-01", monthlyType="dayOfWeek"), ["15T09", "20T09", "17T09"]),
        (rule("yearly", "2027-06-15"), ["15T09", "15T09"]),
        (rule("custom"), ["15T09"]),
        (rule("none"), ["15T09"]),
    ],
)  # fmt: skip
def test_every_kind_of_recurrence(door: Door, asked: dict[str, Any], dates: list[str]) -> None:
    made(door, recurrenceRule=asked)
    found = listed(door, "ada", "?startDateTime=2026-06-15&endDateTime=2027-12-31")
    assert [it["startDate"][8:13] for it in found] == dates
    told = single(door, found[-1]["referenceNumber"])["recurrenceRule"]
    assert told["type"] == (asked["type"] if len(dates) > 1 else "none")


def test_it_keeps_the_hour_of_who_asks_when_clocks_change(door: Door) -> None:
    weekly = {
        **body(door), "startDateTime": "2026-10-21 09:00", "endDateTime": "2026-10-21 10:00",
        "recurrenceRule": rule("weekly", "2026-11-04"),
    }  # fmt: skip
    door.post("/Reservations/", weekly, "alice", 201)
    found = listed(door, "alice", "?startDateTime=2026-10-01&endDateTime=2026-12-01")
    shown = [single(door, it["referenceNumber"])["startDate"] for it in found]
    assert [it[8:] for it in shown] == ["21T09:00:00-0400", "28T09:00:00-0400", "04T09:00:00-0500"]


def test_this_splits_one_off(door: Door) -> None:
    second = daily(door)[1]
    update(door, second, "this", day="2026-06-16", start="13:00", end="14:00", title="Alone", recurrenceRule=rule())
    assert days(door) == ["15T09", "16T11", "17T09", "18T09"]
    assert [(it["isRecurring"], it["title"]) for it in listed(door)] == [
        (True, "Planning"), (False, "Alone"), (True, "Planning"), (True, "Planning"),
    ]  # fmt: skip


def test_future_makes_a_new_series_of_it_and_what_follows(door: Door) -> None:
    found = daily(door)
    update(door, found[2], "future", day="2026-06-17", start="13:00", end="14:00", title="Late", recurrenceRule=rule())
    assert days(door) == ["15T09", "16T09", "17T11", "18T11"]
    assert [it["referenceNumber"] for it in listed(door)] == found
    assert [it["title"] for it in listed(door)] == ["Planning", "Planning", "Late", "Late"]
    door.delete(f"/Reservations/{found[3]}", "alice")
    assert days(door) == ["15T09", "16T09"]


@pytest.mark.parametrize("scope", ["", "full"])
def test_full_is_the_usual_scope_and_means_all_that_have_not_begun(door: Door, scope: str) -> None:
    found = daily(door)
    later(door, "11:30")
    update(door, found[1], scope, day="2026-06-16", start="13:00", end="14:00", recurrenceRule=rule())
    assert days(door) == ["15T09", "16T11", "17T11", "18T11"]
    assert [it["referenceNumber"] for it in listed(door)] == found


def test_a_full_update_with_another_rule_recurs_by_it(door: Door) -> None:
    found = daily(door)
    update(door, found[0], recurrenceRule=rule(interval=2, last="2026-06-21"))
    assert days(door) == ["15T09", "17T09", "19T09", "21T09"]
    assert listed(door)[0]["referenceNumber"] == found[0]


def test_a_full_update_takes_the_series_into_another_resource(door: Door) -> None:
    found = daily(door)
    elm = door.house.elm.number
    update(door, found[2], "future", day="2026-06-17", resourceId=elm, recurrenceRule=rule())
    assert (days(door, door.house.oak.number), days(door, elm)) == (["15T09", "16T09"], ["17T09", "18T09"])


def test_an_update_without_a_rule_makes_it_a_single_one(door: Door) -> None:
    found = daily(door)
    update(door, found[1], day="2026-06-16", title="Only")
    assert days(door) == ["16T09"]
    assert (row(door)["isRecurring"], row(door)["referenceNumber"]) == (False, found[1])


def test_future_without_a_rule_leaves_what_was_before(door: Door) -> None:
    found = daily(door)
    update(door, found[1], "future", day="2026-06-16", title="Last")
    assert days(door) == ["15T09", "16T09"]
    assert [it["isRecurring"] for it in listed(door)] == [True, False]


def test_a_single_one_becomes_a_series(door: Door) -> None:
    reference = made(door)
    made(door, by="bob", day="2026-06-17")
    assert door.errors(f"/Reservations/{reference}", body(door, recurrenceRule=rule()), "alice")
    assert days(door) == ["15T09", "17T09"]
    update(door, reference, recurrenceRule=rule(), retryParameters=[{"name": "skipconflicts", "value": "true"}])
    assert days(door) == ["15T09", "16T09", "17T09", "18T09"]
    assert listed(door)[0]["referenceNumber"] == reference


@pytest.mark.parametrize(
    ("scope", "left"),
    [("this", ["15T09", "17T09", "18T09"]), ("future", ["15T09"]), ("full", []), ("", [])],
)
def test_a_delete_means_as_much_as_an_update(door: Door, scope: str, left: list[str]) -> None:
    second = daily(door)[1]
    query = f"?updateScope={scope}" if scope else ""
    assert door.delete(f"/Reservations/{second}{query}", "alice") == {"links": [], "message": "The item was deleted"}
    assert days(door) == left
    assert door.get(f"/Reservations/{second}", "alice", 404)["message"] == "The requested resource was not found"


def test_a_delete_of_no_scope_there_is_is_refused(door: Door) -> None:
    reference = made(door)
    assert door.errors(f"/Reservations/{reference}?updateScope=all", None, "alice", "DELETE")
    assert len(listed(door)) == 1


def test_a_reservation_of_no_whole_minutes_is_moved_only_where_it_is_said(door: Door) -> None:
    it = door.house.book("11:07", "12:07", organizer_email="alice@example.org")
    reference = row(door)["referenceNumber"]
    same = {"startDateTime": "2026-06-15T09:07:00Z", "endDateTime": "2026-06-15T10:07:00Z"}
    update(door, reference, **same, title="New")
    assert door.house.engine.bookings.get(it.uid, CLI).title == "New"
    assert door.errors(
        f"/Reservations/{reference}", body(door, **{**same, "endDateTime": "2026-06-15T10:30:00Z"}), "alice"
    )


def test_what_is_over_or_declined_is_not_changed(door: Door) -> None:
    reference = made(door)
    it = door.house.engine.naming.referenced(reference, CLI)
    later(door, "13:00")
    assert door.errors(f"/Reservations/{reference}", body(door, title="New"), "alice") == [
        "The reservation is already over"
    ]
    assert door.errors(f"/Reservations/{reference}", None, "alice", "DELETE") == ["The reservation is already over"]
    assert door.house.engine.bookings.get(it.uid, CLI).standing is Standing.ACCEPTED

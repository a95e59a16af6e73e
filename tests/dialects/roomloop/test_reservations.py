"""Reservations by slots: made, listed, changed, ended; and what is booked elsewhere."""

from datetime import date
from typing import Any

from server.core.access import CLI
from server.core.house import Right
from server.core.model import Standing
from server.core.places import Slot, Timetable
from tests.dialects.roomloop.door import Door
from tests.make import ask, at

TUESDAY = "2026-06-16"


def wish(first: int = 2, last: int | None = None, **more: object) -> dict[str, object]:
    """A wish for Oak on the Tuesday."""
    slots = {"start_slot": first, "end_slot": first if last is None else last}
    return {"facility_id": "oak", "date": TUESDAY, **slots, "purpose": "Titration", **more}


def reserve(
    door: Door, first: int = 2, last: int | None = None, by: str = "alice", **more: object
) -> dict[str, object]:
    made: dict[str, object] = door.post("/reservations", wish(first, last, **more), by)
    return made


def test_a_reservation_is_told_whole_when_it_is_made(any_door: Door) -> None:
    door = any_door
    made = reserve(door, 2, 3, purpose="Grade 10 — titration")
    assert made.pop("rules") == {"outcome": "accepted", "evaluated": [f"R-{n:02}" for n in range(1, 11)]}
    assert str(made["id"]).startswith("res_")
    alice = {"id": f"u{door.people['alice'].number}", "name": "Alice Nobody"}
    assert {**made, "id": ""} == {
        "id": "", "status": "confirmed", "facility": {"id": "oak", "name": "Oak"}, "date": TUESDAY,
        "slots": ["10:00–10:50", "11:00–11:50"], "created_at": "2026-06-15T08:00:00Z",
        "purpose": "Grade 10 — titration", "user": alice, "start_slot": 2, "end_slot": 3,
        "starts_at": "2026-06-16T08:00:00Z", "ends_at": "2026-06-16T09:50:00Z", "timezone": "Europe/Berlin",
        "other_facilities": [], "recurring": False, "source": "roomloop",
    }  # fmt: skip
    assert door.get(f"/reservations/{made['id']}", "alice") == made
    held = door.house.engine.bookings.between("oak", CLI, None)
    assert [(it.starts, it.ends) for it in held] == [(at("10:00", 1), at("11:50", 1))]


def test_a_taken_slot_is_a_409_that_names_the_slots_and_the_reservation(door: Door) -> None:
    made = reserve(door, 2, 3)
    error = door.refused("POST", "/reservations", 409, wish(1, 2), "bob")
    assert (error["code"], error["rule"]) == ("slot_conflict", "R-03")
    assert error["details"] == {"slots": [2], "conflicts_with": made["id"]}
    assert [it["rule"] for it in error["rules"]] == ["R-03"]


def test_every_rule_that_objects_is_told_and_another_one_than_r_03_makes_it_422(door: Door) -> None:
    door.house.policy(max_minutes=60, horizon_days=5)
    reserve(door, 2)
    error = door.refused("POST", "/reservations", 422, wish(2, 4), "bob")
    assert (error["code"], error["rule"]) == ("rule_violation", "R-06")
    assert [(it["rule"], it["reason"]) for it in error["rules"]] == [("R-06", "too_long"), ("R-03", "clash")]
    far = door.refused("POST", "/reservations", 422, wish(2, 4, date="2026-06-23"), "bob")
    assert [it["rule"] for it in far["rules"]] == ["R-05", "R-06"]
    past = door.refused("POST", "/reservations", 422, wish(date="2026-06-12"), "bob")
    assert past["rule"] == "R-04"


def test_a_bad_field_is_named_and_nothing_is_made(door: Door) -> None:
    cases: tuple[Any, ...] = (
        ({"start_slot": "2"}, "start_slot"), ({"start_slot": 2.0}, "start_slot"), ({"start_slot": True}, "start_slot"),
        ({"end_slot": None}, "end_slot"), ({"start_slot": -1}, "start_slot"), ({"end_slot": 10}, "end_slot"),
        ({"start_slot": 3, "end_slot": 2}, "end_slot"), ({"date": "2026-6-16"}, "date"),
        ({"date": "2026-02-30"}, "date"), ({"date": "0001-01-01"}, "date"), ({"date": "9999-12-31"}, "date"),
        ({"date": 20260616}, "date"),
        ({"purpose": "x" * 256}, "purpose"), ({"purpose": "a\nb"}, "purpose"), ({"purpose": None}, "purpose"),
        ({"user_id": "me"}, "user_id"), ({"other": 1}, "other"), ({"facility_id": ""}, "facility_id"),
    )  # fmt: skip
    for change, field in cases:
        assert list(door.bad("POST", "/reservations", wish() | change, "alice")) == [field]
        assert door.house.engine.bookings.between("oak", CLI, None) == ()


def test_a_day_without_slots_is_outside_the_timetable(door: Door) -> None:
    error = door.refused("POST", "/reservations", 422, wish(date="2026-06-20"), "alice")
    assert error["rule"] == "R-02"


def test_a_facility_that_is_not_there_is_404(door: Door) -> None:
    assert door.refused("POST", "/reservations", 404, wish(facility_id="attic"), "alice")["code"] == "not_found"


def test_who_may_not_book_is_told_the_capability(door: Door) -> None:
    door.house.engine.rooms.change("oak", CLI, rules={"members": "see"})
    error = door.refused("POST", "/reservations", 403, wish(), "alice")
    assert (error["code"], error["capability"]) == ("forbidden", "reservations.create")


def test_only_who_manages_reserves_for_somebody_else(door: Door) -> None:
    bob = f"u{door.people['bob'].number}"
    error = door.refused("POST", "/reservations", 403, wish(user_id=bob), "alice")
    assert error["capability"] == "reservations.create_for_others"
    assert reserve(door, by="ada", user_id=bob)["user"] == {"id": bob, "name": "Bob Nobody"}
    assert list(door.bad("POST", "/reservations", wish(5, user_id="u99999"), "ada")) == ["user_id"]


def test_a_request_that_comes_again_with_its_key_makes_one_reservation(door: Door) -> None:
    headers = {"Idempotency-Key": "abc"}
    first, again = (door.ask("POST", "/reservations", "alice", json=wish(), headers=headers).json for _ in range(2))
    assert first == again


def test_a_facility_that_asks_for_approval_has_it_pending_until_it_is_confirmed(door: Door) -> None:
    door.house.engine.rooms.change("oak", CLI, auto_accept=False)
    made = reserve(door)
    assert (made["status"], made["rules"]["outcome"]) == ("pending", "pending")  # type: ignore[index]
    path = f"/reservations/{made['id']}"
    error = door.refused("PATCH", path, 403, {"status": "confirmed"}, "alice")
    assert error["capability"] == "reservations.confirm"
    assert door.patch(path, {"status": "confirmed", "purpose": "Acids"}, "stan")["status"] == "confirmed"
    again = door.patch(path, {"status": "confirmed"}, "alice")
    assert (again["status"], again["purpose"]) == ("confirmed", "Acids")


def test_purpose_and_status_are_changed_and_nothing_else(door: Door) -> None:
    path = f"/reservations/{reserve(door)['id']}"
    assert door.patch(path, {"purpose": "Acids"}, "alice")["purpose"] == "Acids"
    for body in ({}, {"date": TUESDAY}, {"status": "pending"}, {"status": None}, {"purpose": 3}):
        assert door.bad("PATCH", path, body, "alice") != {}
    assert door.patch(path, {"purpose": "Bases", "status": "cancelled"}, "alice")["status"] == "cancelled"
    assert door.get(path, "alice")["purpose"] == "Bases"
    assert door.patch(path, {"status": "cancelled"}, "alice")["status"] == "cancelled"
    assert door.refused("PATCH", path, 422, {"status": "confirmed"}, "ada")["rule"] == "R-00"
    assert reserve(door)["status"] == "confirmed"


def test_a_change_that_is_refused_leaves_all_as_it_was(door: Door) -> None:
    door.house.policy(notice_cancel_minutes=48 * 60)
    path = f"/reservations/{reserve(door)['id']}"
    error = door.refused("PATCH", path, 422, {"purpose": "Acids", "status": "cancelled"}, "alice")
    assert error["rule"] == "R-04"
    assert door.get(path, "alice")["purpose"] == "Titration"


def test_others_neither_change_nor_read_it(door: Door) -> None:
    path = f"/reservations/{reserve(door)['id']}"
    for body in ({"purpose": "Mine"}, {"status": "cancelled"}, {"status": "confirmed"}):
        assert door.refused("PATCH", path, 403, body, "bob")["capability"] == "reservations.update"
    seen = door.get(path, "bob")
    assert (seen["purpose"], seen["user"], seen["source"]) == ("", None, "")


def test_deleting_takes_it_away_for_good_and_only_administrators_do(door: Door) -> None:
    path = f"/reservations/{reserve(door)['id']}"
    assert door.refused("DELETE", path, 403, by="alice")["capability"] == "reservations.delete"
    assert door.ask("DELETE", path, "ada").status_code == 204
    for method in ("GET", "DELETE"):
        assert door.refused(method, path, 404)["code"] == "not_found"
    assert door.refused("PATCH", path, 404, {"status": "cancelled"})["code"] == "not_found"
    assert door.get("/reservations")["data"] == []
    assert reserve(door)["status"] == "confirmed"


def test_whoever_holds_a_reservation_still_cancels_it_when_its_facility_has_been_hidden(any_door: Door) -> None:
    mine, bobs = reserve(any_door)["id"], reserve(any_door, 5, by="bob")["id"]
    any_door.patch("/facilities/oak", {"status": "hidden"})
    assert [it["id"] for it in any_door.get("/reservations", "alice")["data"]] == [mine]
    any_door.refused("GET", f"/reservations/{bobs}", 404, by="alice")
    any_door.refused("PATCH", f"/reservations/{bobs}", 404, {"status": "cancelled"}, "alice")
    assert any_door.patch(f"/reservations/{mine}", {"status": "cancelled"}, "alice")["status"] == "cancelled"


def test_an_id_that_is_none_is_404(door: Door) -> None:
    for name in ("res_", "res_000000000000", "res_zzzzzzzzzzzz", "1", "res_" + "f" * 40, "%F0%9F%92%A9"):
        assert door.refused("GET", f"/reservations/{name}", 404)["code"] == "not_found"


def test_they_are_listed_by_day_facility_and_account_page_by_page(door: Door) -> None:
    ids = [reserve(door, slot)["id"] for slot in (1, 3, 5)]
    elm = reserve(door, 1, by="bob", facility_id="elm")["id"]
    later = reserve(door, 1, by="bob", date="2026-06-17")["id"]
    alice, bob = (f"u{door.people[name].number}" for name in ("alice", "bob"))

    def listed(query: str, by: str = "ada") -> list[str]:
        return [it["id"] for it in door.get(f"/reservations?{query}", by)["data"]]

    assert listed("") == [ids[0], elm, ids[1], ids[2], later]
    assert listed(f"from={TUESDAY}&to={TUESDAY}") == [ids[0], elm, ids[1], ids[2]]
    assert listed("from=2026-06-17") == [later]
    assert listed("to=2026-06-15") == []
    assert listed("facility_id=elm") == [elm]
    assert listed(f"user_id={alice}&facility_id=oak") == ids
    assert listed(f"user_id={bob}", "bob") == [elm, later]
    assert door.refused("GET", f"/reservations?user_id={bob}", 403, by="alice")["capability"] == "reservations.read"
    first = door.get("/reservations?limit=3")
    rest = door.get(f"/reservations?limit=3&cursor={first['next_cursor']}")
    assert [it["id"] for it in first["data"] + rest["data"]] == listed("")
    assert rest["next_cursor"] is None


def test_a_query_that_is_none_is_refused_by_name(door: Door) -> None:
    queries = (
        ("from=today", "from"), ("to=2026-13-01", "to"), ("from=2026-06-17&to=2026-06-16", "to"), ("limit=0", "limit"),
        ("limit=201", "limit"), ("cursor=!", "cursor"), ("user_id=alice", "user_id"), ("since=2026-06-16", "since"),
    )  # fmt: skip
    for query, path in queries:
        assert list(door.bad("GET", f"/reservations?{query}")) == [path]
    assert door.refused("GET", "/reservations?facility_id=attic", 404)["code"] == "not_found"


def test_what_was_booked_by_the_minute_elsewhere_is_shown_by_the_slots_that_it_touches(door: Door) -> None:
    door.house.book(at("10:45", 1), at("12:10", 1), title="Elsewhere")
    door.house.book(at("06:00", 1), at("07:00", 1), title="Early")
    early, it = door.get("/reservations")["data"]
    assert (it["slots"], it["start_slot"], it["end_slot"]) == (["10:00–10:50", "11:00–11:50", "12:00–12:50"], 2, 4)
    assert (it["starts_at"], it["ends_at"]) == ("2026-06-16T08:45:00Z", "2026-06-16T10:10:00Z")
    assert (it["source"], it["purpose"]) == ("roomvox", "Elsewhere")
    assert (early["slots"], early["start_slot"]) == ([], None)


def test_slots_across_a_break_are_held_as_one_interval(door: Door) -> None:
    slots = (Slot(480, 530), Slot(530, 550, bookable=False), Slot(550, 600), Slot(600, 650))
    table = door.house.engine.catalogue.add(Timetable(0, "Long breaks", days=dict.fromkeys(range(7), slots)), CLI)
    door.house.engine.rooms.change("oak", CLI, rules={"timetable": table.number})
    made = reserve(door, 0, 1, date="2026-06-20")
    assert made["slots"] == ["08:00–08:50", "09:10–10:00"]
    held = door.house.engine.bookings.between("oak", CLI, None)
    assert [(it.starts, it.ends) for it in held] == [(at("08:00", 5), at("10:00", 5))]
    assert list(door.bad("POST", "/reservations", wish(3), "alice")) == ["start_slot", "end_slot"]


def test_slots_are_wall_time_on_the_days_on_which_the_clocks_change(door: Door) -> None:
    nights = tuple(Slot(hour * 60, hour * 60 + 50) for hour in range(5))
    table = door.house.engine.catalogue.add(Timetable(0, "Nights", days=dict.fromkeys(range(7), nights)), CLI)
    door.house.engine.rooms.change("oak", CLI, rules={"timetable": table.number})
    for day, shown in ((date(2026, 10, 25), "T00:00:00Z"), (date(2027, 3, 28), "T01:00:00Z")):
        made = reserve(door, 2, date=day.isoformat())
        assert made["starts_at"] == f"{day}{shown}"
        after = reserve(door, 3, date=day.isoformat()) if day.year == 2026 else None
        assert after is None or after["slots"] == ["03:00–03:50"]


def test_a_series_of_another_door_has_one_id_and_a_date_must_be_named(door: Door) -> None:
    done = door.house.recur(at("10:00", 1), at("11:00", 1), title="Weekly")
    assert done.series is not None
    dates = ["2026-06-16", "2026-06-23", "2026-06-30", "2026-07-07"]
    listed = door.get("/reservations")["data"]
    assert ({it["id"] for it in listed}, [it["date"] for it in listed]) == ({listed[0]["id"]}, dates)
    assert all(it["recurring"] for it in listed)
    path = f"/reservations/{listed[0]['id']}"
    assert door.get(path)["date"] == dates[0]
    assert door.get(f"{path}?date={dates[2]}")["date"] == dates[2]
    assert door.refused("GET", f"{path}?date=2026-06-17", 404)["code"] == "not_found"
    for method, body in (("PATCH", {"status": "cancelled"}), ("DELETE", None)):
        assert list(door.bad(method, path, body)) == ["date"]
    assert door.patch(f"{path}?date={dates[1]}", {"status": "cancelled"})["date"] == dates[1]
    assert door.patch(f"{path}?date=all", {"purpose": "Weekly lab"})["purpose"] == "Weekly lab"
    assert door.ask("DELETE", f"{path}?date={dates[2]}").status_code == 204
    assert [(it["date"], it["status"]) for it in door.get("/reservations")["data"]] == [
        (dates[0], "confirmed"), (dates[1], "cancelled"), (dates[3], "confirmed"),
    ]  # fmt: skip
    assert door.ask("DELETE", f"{path}?date=all").status_code == 204
    assert door.get("/reservations")["data"] == []


def test_once_a_series_is_cancelled_as_a_whole_its_dates_are_reservations_of_their_own(door: Door) -> None:
    door.house.recur(at("10:00", 1), at("11:00", 1), "FREQ=DAILY;COUNT=2", title="Twice")
    path = f"/reservations/{door.get('/reservations')['data'][0]['id']}"
    assert door.patch(f"{path}?date=all", {"status": "cancelled"})["status"] == "cancelled"
    after = door.get("/reservations")["data"]
    assert [(it["status"], it["recurring"]) for it in after] == [("cancelled", False)] * 2
    assert len({it["id"] for it in after}) == 2


def test_a_reservation_shows_at_the_other_doors_and_they_clash_with_it(door: Door) -> None:
    reserve(door, 2)
    (held,) = door.house.engine.bookings.between("oak", CLI, None)
    assert (held.title, held.source, held.standing) == ("Titration", "roomloop", Standing.ACCEPTED)
    door.house.book(at("12:00", 1), at("13:00", 1))
    assert door.refused("POST", "/reservations", 409, wish(4), "bob")["details"]["slots"] == [4]


def test_a_conflict_with_a_booking_of_rooms_one_may_not_see_is_a_conflict_all_the_same(door: Door) -> None:
    engine = door.house.engine
    engine.rooms.change("elm", CLI, rules={"members": "none"})
    engine.rights.give(Right(0, "person", door.people["bob"].number, "book", room=door.house.elm.number), CLI)
    both = ask(at("10:00", 1), at("11:00", 1))
    engine.bookings.book(type(both)(("oak", "elm"), both.starts, both.ends, "Both"), CLI)
    error = door.refused("POST", "/reservations", 409, wish(), "alice")
    assert error["details"] == {"slots": [2]}
    (seen,) = door.get("/reservations", "alice")["data"]
    assert (seen["facility"]["id"], seen["other_facilities"]) == ("oak", [])

"""What RoomVox's clients hear where a panel owns the time that they book."""

from tests.dialects.roomvox.door import Door
from tests.engine.doors import Door as Panel

WISH = {"title": "Talk", "start": "2026-06-15T11:00", "end": "2026-06-15T11:30"}
PATH = "/rooms/oak/bookings"


def test_time_that_a_panel_gives_is_booked_and_certain(door: Door) -> None:
    Panel(door.house, live=True)
    answer = door.ask("POST", PATH, json=WISH)
    assert (answer.status_code, answer.json["status"], answer.json["certain"]) == (201, "accepted", "yes")


def test_a_panel_that_does_not_answer_is_a_clash_that_says_so(door: Door) -> None:
    Panel(door.house).silent()
    answer = door.ask("POST", PATH, json=WISH)
    text = "The panel at the door owns this time and cannot be asked now"
    assert (answer.status_code, answer.json["error"]) == (409, text)  # and not that it is booked
    assert (answer.json["codes"], answer.json["door"]) == (["clash", "door_silent"], "silent")
    assert [it["uid"] for it in answer.json["conflicts"]] == [None]


def test_a_booking_like_any_other_in_the_way_says_nothing_of_panels(door: Door) -> None:
    door.house.book("11:00", "11:30")
    Panel(door.house).silent()
    assert "door" not in door.ask("POST", PATH, json=WISH).json


def test_who_asks_for_it_has_the_time_at_risk_until_the_panel_has_spoken(door: Door) -> None:
    panel = Panel(door.house)
    panel.silent()
    made = door.ask("POST", PATH, json={**WISH, "atRisk": True}).json
    assert (made["status"], made["certain"]) == ("pending", "at_risk")
    listed = door.ask("GET", f"{PATH}?status=pending", key="read").json
    assert [(it["uid"], it["certain"]) for it in listed] == [(made["uid"], "at_risk")]
    today = door.ask("GET", "/rooms/oak/status", key="read").json["todayBookings"]
    assert [it["certain"] for it in today] == ["at_risk"]
    calendar = door.ask("GET", "/rooms/oak/calendar.ics", key="read").text
    assert "STATUS:TENTATIVE" in calendar
    here = door.ask("POST", f"{PATH}/{made['uid']}/checkin", json={})
    assert (here.status_code, here.json["codes"]) == (422, ["not_certain"])
    panel.say()
    panel.say()
    assert door.ask("GET", f"{PATH}/{made['uid']}", key="read").json["certain"] == "yes"
    assert "STATUS:TENTATIVE" not in door.ask("GET", "/rooms/oak/calendar.ics", key="read").text


def test_a_search_says_where_a_silent_panels_time_begins(door: Door) -> None:
    door.house.book("10:00", "12:00")
    made = door.house.book("12:00", "12:10")
    panel = Panel(door.house)
    door.house.engine.bookings.cancel(made.uid, door.house.alice)
    panel.silent()
    found = door.ask("GET", "/free?from=2026-06-15T12:00&minutes=60", key="read").json
    oak = [(it["whole"], it["freeUntil"], it["door"]) for it in found if it["room"]["id"] == "oak"]
    assert oak in ([], [(False, "2026-06-15T12:10:00+02:00", "silent")])

"""Reservations that are approved, checked in to and checked out of, and their files."""

from server.core.access import CLI
from tests.dialects.librebooking.booked import DAY, NO_ACCESS, body, daily, later, listed, made, single
from tests.dialects.librebooking.door import BASE, Door
from tests.make import at

PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)


def test_who_approves_approves_the_series(door: Door) -> None:
    door.house.engine.rooms.change("oak", CLI, auto_accept=False)
    found = daily(door)
    assert door.post(f"/Reservations/{found[1]}/Approval", None, "alice", 401)["message"] == NO_ACCESS
    assert "approve_reservation" in [it["title"] for it in single(door, found[1], "stan")["links"]]
    assert "approve_reservation" not in [it["title"] for it in single(door, found[1])["links"]]
    answer = door.post(f"/Reservations/{found[1]}/Approval", None, "stan")
    assert (answer["referenceNumber"], answer["isPendingApproval"], len(answer["links"])) == (found[1], False, 2)
    assert not any(it["requiresApproval"] for it in listed(door))
    assert door.errors(f"/Reservations/{found[1]}/Approval", None, "stan") == [
        "The reservation is not waiting for approval"
    ]


def test_check_in_opens_five_minutes_before_and_says_so(door: Door) -> None:
    reference = made(door)
    path = f"/Reservations/{reference}/CheckIn"
    assert door.errors(path, None, "alice") == ["This reservation does not require check in"]
    door.house.policy(check_in=True)
    later(door, "10:54")
    assert single(door, reference)["isCheckInAvailable"] is False
    assert door.errors(path, None, "alice") == ["Check in opens in 1 minutes"]
    later(door, "10:55")
    assert single(door, reference)["isCheckInAvailable"] is True
    assert door.post(path, None, "bob", 401)["message"] == NO_ACCESS
    answer = door.post(path, None, "alice")
    assert (answer["referenceNumber"], answer["message"]) == (reference, None)
    it = single(door, reference)
    assert (it["checkInDate"], it["isCheckInAvailable"], it["isCheckoutAvailable"]) == (
        f"{DAY}T08:55:00+0000", False, False,
    )  # fmt: skip
    assert door.post(path, None, "alice")["referenceNumber"] == reference  # again is fine


def test_the_house_says_when_check_in_opens_where_it_has_said_so(door: Door) -> None:
    reference = made(door)
    door.house.policy(check_in=True, early_minutes=30)
    later(door, "10:31")
    assert single(door, reference)["isCheckInAvailable"] is True
    door.post(f"/Reservations/{reference}/CheckIn", None, "alice")


def test_check_out_frees_the_rest(door: Door) -> None:
    reference = made(door)
    door.house.policy(check_in=True)
    path = f"/Reservations/{reference}/CheckOut"
    later(door, "11:05")
    assert door.errors(path, None, "alice") == ["The reservation is not checked in"]
    door.post(f"/Reservations/{reference}/CheckIn", None, "alice")
    later(door, "11:20:07")
    assert single(door, reference)["isCheckoutAvailable"] is True
    assert door.post(path, None, "alice")["isPendingApproval"] is False
    it = listed(door, "alice", f"?startDateTime={DAY}")[0]
    assert (it["endDate"], it["checkOutDate"], it["originalEndDate"]) == (
        f"{DAY}T09:20:07+0000", f"{DAY}T09:20:07+0000", f"{DAY}T10:00:00+0000",
    )  # fmt: skip
    made(door, by="bob", start="11:30", end="12:00")
    assert door.errors(path, None, "alice")  # the end that was planned is not lost
    assert door.house.engine.naming.referenced(reference, CLI).planned_end == at("12:00")


def test_on_the_wire_acts_say_what_was_done(door: Door, wire: Door) -> None:
    door.house.policy(check_in=True)
    reference = made(door)
    later(door, "11:00")
    answer = wire.post(f"/Reservations/{reference}", body(wire, title="New"), "alice")
    assert (answer["message"], [it["title"] for it in answer["links"]]) == (
        "The reservation was updated", ["get_reservation"],
    )  # fmt: skip
    for act, done in (("CheckIn", "checked in"), ("CheckOut", "checked out")):
        door.house.clock.forward(minutes=5)
        answer = wire.post(f"/Reservations/{reference}/{act}", None, "alice")
        assert answer == {
            "links": [{"href": f"{BASE}/Reservations/{reference}", "title": "get_reservation"}],
            "message": f"The reservation was {done}", "referenceNumber": reference,
        }  # fmt: skip


def test_a_file_is_had_by_its_url_by_those_who_read_the_reservation(door: Door) -> None:
    reference = made(door)
    it = door.house.engine.naming.referenced(reference, CLI)
    file = door.house.engine.files.add("booking", it.uid, "plän.png", PNG, CLI)
    (attachment,) = single(door, reference)["attachments"]
    path = f"/Reservations/{reference}/Attachments/{file.number}"
    assert attachment == {"url": BASE + path}
    answer = door.ask("GET", path, "alice")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PNG, "application/octet-stream")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="pl?n.png"'
    assert single(door, reference, "bob")["attachments"] == []
    assert door.ask("GET", path, "bob").status_code == 401
    assert door.ask("GET", path, None).status_code == 401
    other = made(door, start="13:00", end="14:00")
    for lost in (f"/Reservations/{other}/Attachments/{file.number}", f"{path}9", f"{path}x"):
        assert door.ask("GET", lost, "alice").status_code == 404

"""Webhooks of RoomLoop: made, listed and ended, and messages that an independent judge accepts."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.hooks import github_signature, key_of, signature
from server.core.house import Right
from server.dialects.roomloop.events import TYPES
from server.dialects.roomloop.voice import voice
from server.engine import engine_of
from server.engine.hooks import HookTerms
from server.work.outgoing import lookup
from tests.dialects.roomloop import door as doors
from tests.dialects.roomloop.door import BASE, Door
from tests.make import House
from tests.work.receivers import Receiver, drain, guard, receiving, sender


def listening(house: House, receiver: Receiver) -> Door:
    """The door of a house whose webhooks speak RoomLoop's words and may reach that receiver."""
    terms = HookTerms(guard(receiver), lookup, {"roomloop": voice}, types={"roomloop": lambda: TYPES})
    house.engine = engine_of(house.store, house.clock, hooks=terms)
    house.engine.outbox.begin()
    return doors.door(house)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as it:
        yield it


def register(door: Door, receiver: Receiver, *events: str, by: str = "ada", **more: Any) -> Any:
    return door.post("/webhooks", {"url": receiver.url, "events": list(events) or ["*"], **more}, by)


def told(door: Door, receiver: Receiver) -> list[tuple[str, Any]]:
    """What came by now, as types and data, in the order in which it was queued."""
    drain(door.house, sender(door.house, receiver))
    came = {headers["webhook-id"]: json.loads(body) for headers, body in receiver.got}
    with door.house.store.reading() as tx:
        order = [row[0] for row in tx.rows("SELECT event FROM delivery ORDER BY id")]
    return [(came[it]["type"], came[it]["data"]) for it in order if it in came]


def reserve(door: Door, by: str = "alice", **fields: Any) -> Any:
    body = {"facility_id": "oak", "date": "2026-06-16", "start_slot": 2, "end_slot": 3, "purpose": "Lab", **fields}
    return door.post("/reservations", body, by)


def test_a_webhook_is_registered_listed_and_ended_and_its_secret_told_once(
    sqlite_house: House, receiver: Receiver
) -> None:
    door = listening(sqlite_house, receiver)
    answer = door.ask("POST", "/webhooks", json={"url": receiver.url, "events": ["reservation.*"]})
    made = answer.json
    assert answer.headers["Location"] == f"{BASE}/webhooks/{made['id']}"
    secret = made.pop("secret")
    assert len(key_of(secret)) == 32
    assert secret.startswith("whsec_")
    assert door.get(f"/webhooks/{made['id']}") == made
    assert made == {
        "id": made["id"], "url": receiver.url, "events": ["reservation.*"], "facility_ids": [], "github": False,
        "status": "active", "pending": 0, "failed": 0, "created_at": "2026-06-15T08:00:00Z",
    }  # fmt: skip
    house_own, _ = door.house.engine.hooks.add(receiver.url, ("reservation.*",), CLI, dialect="roomloop")
    assert [it["id"] for it in door.get("/webhooks")["data"]] == [made["id"], house_own.id]
    assert door.told("DELETE", f"/webhooks/{made['id']}", "ada", 204) is None
    assert door.refused("DELETE", f"/webhooks/{made['id']}", 404)["code"] == "not_found"


def test_what_is_wrong_with_a_registration_is_named(sqlite_house: House, receiver: Receiver) -> None:
    door = listening(sqlite_house, receiver)
    good = {"url": receiver.url, "events": ["reservation.*"]}
    for body, path in (
        ({**good, "events": ["booking.created"]}, "events"), ({**good, "events": ["reservation.creatd"]}, "events"),
        ({**good, "events": []}, "events"), ({**good, "url": "ftp://x"}, "url"), ({"events": ["*"]}, "url"),
        ({**good, "url": "http://10.0.0.1/"}, "url"), ({**good, "x": 1}, "x"), ({**good, "events": "*"}, "events"),
    ):  # fmt: skip
        assert list(door.bad("POST", "/webhooks", body)) == [path]
    assert door.refused("POST", "/webhooks", 404, {**good, "facility_ids": ["none"]})["code"] == "not_found"
    for by in ("alice", "bob"):
        assert door.refused("POST", "/webhooks", 403, good, by)["capability"] == "webhooks.create"
        assert door.refused("GET", "/webhooks", 403, by=by)["capability"] == "webhooks.read"
    assert door.get("/webhooks")["data"] == []


def test_a_reservation_is_told_as_its_get_shows_it(house: House, receiver: Receiver) -> None:
    door = listening(house, receiver)
    register(door, receiver, "reservation.*")
    made = reserve(door)
    shown = door.get(f"/reservations/{made['id']}")
    assert told(door, receiver) == [("reservation.created", shown)]
    door.patch(f"/reservations/{made['id']}", {"purpose": "Lab — titration"}, "alice")
    door.patch(f"/reservations/{made['id']}", {"status": "cancelled"}, "alice")
    assert [(type_, data["purpose"], data["status"]) for type_, data in told(door, receiver)[1:]] == [
        ("reservation.updated", "Lab — titration", "cancelled"),
        ("reservation.cancelled", "Lab — titration", "cancelled"),
    ]  # fmt: skip
    again = reserve(door)
    told(door, receiver)
    assert door.ask("DELETE", f"/reservations/{again['id']}").status_code == 204
    ((type_, data),) = told(door, receiver)[4:]
    assert (type_, data) == (
        "reservation.deleted", {"id": again["id"], "facility": {"id": "oak", "name": "Oak"}, "date": "2026-06-16"},
    )  # fmt: skip


def test_a_request_is_told_as_confirmed_or_cancelled_once_it_is_answered(
    sqlite_house: House, receiver: Receiver
) -> None:
    house = sqlite_house
    house.engine.rooms.change("oak", CLI, auto_accept=False)
    door = listening(house, receiver)
    register(door, receiver, "reservation.confirmed", "reservation.cancelled")
    yes, no = reserve(door), reserve(door, start_slot=5, end_slot=5)
    assert yes["status"] == "pending"
    door.patch(f"/reservations/{yes['id']}", {"status": "confirmed"})
    uid = house.engine.naming.by_res(no["id"], CLI).uid
    house.engine.bookings.decline(uid, CLI)
    assert [(type_, data["id"], data["status"]) for type_, data in told(door, receiver)] == [
        ("reservation.confirmed", yes["id"], "confirmed"), ("reservation.cancelled", no["id"], "declined"),
    ]  # fmt: skip


def test_several_dates_of_a_series_are_one_message(sqlite_house: House, receiver: Receiver) -> None:
    door = listening(sqlite_house, receiver)
    register(door, receiver, "reservation.*")
    done = sqlite_house.recur("11:00", "11:50")
    sqlite_house.engine.series.cancel(done.series.uid, CLI, following=False)
    found = told(door, receiver)
    assert [(type_, data["occurrences"], data["recurring"]) for type_, data in found] == [
        ("reservation.created", 4, True), ("reservation.cancelled", 4, True),
    ]  # fmt: skip
    assert found[0][1]["id"] == sqlite_house.engine.naming.res(done.series)


def test_accounts_are_told_as_their_get_shows_them(house: House, receiver: Receiver) -> None:
    door = listening(house, receiver)
    register(door, receiver, "account.*")
    register(door, receiver, "account.*", facility_ids=["oak"])
    made = door.post("/accounts", {"name": "Zoe Berg", "email": "zoe@example.org"})
    assert told(door, receiver) == [("account.created", made)]
    door.patch(f"/accounts/{made['id']}", {"status": "inactive"})
    ((type_, data),) = told(door, receiver)[1:]
    assert (type_, data["status"], data["email"]) == ("account.updated", "inactive", "zoe@example.org")
    house.engine.people_files.take(b"email,name\nyan@example.org,Yan\n", CLI)
    found = told(door, receiver)[2:]
    assert sorted(type_ for type_, _ in found) == ["account.created", "account.imported"]
    assert dict(found)["account.imported"] == {"created": 1, "updated": 0, "deactivated": 0}
    house.engine.leaving.erase(int(made["id"][1:]), CLI)
    assert ("account.deleted", {"id": made["id"]}) in told(door, receiver)[4:]


def test_an_independent_judge_accepts_the_signature_and_no_other(sqlite_house: House, receiver: Receiver) -> None:
    house = sqlite_house
    house.clock = SystemClock()  # type: ignore[assignment]  # the judge looks at the time of day
    door = listening(house, receiver)
    made = register(door, receiver, "reservation.*", github=True)
    sent = door.post(f"/webhooks/{made['id']}/test", status=202)
    drain(house, sender(house, receiver))
    headers, body = receiver.got[0]
    judge = Webhook(made["secret"])
    assert judge.verify(body, headers)["type"] == "hook.test"
    assert headers["webhook-id"] == sent["id"]
    assert headers["x-hub-signature-256"] == github_signature(made["secret"], body)
    with pytest.raises(WebhookVerificationError):
        judge.verify(body + b" ", headers)
    for late in (-301, 301):
        with pytest.raises(WebhookVerificationError):
            judge.verify(body, headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + late)})
    fresh = door.post(f"/webhooks/{made['id']}/rotate", status=200)["secret"]
    door.post(f"/webhooks/{made['id']}/test", status=202)
    drain(house, sender(house, receiver))
    headers, body = receiver.got[1]
    assert Webhook(fresh).verify(body, headers)
    assert Webhook(made["secret"]).verify(body, headers)


def test_signatures_are_those_of_the_published_vectors() -> None:
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    told = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert github_signature("It's a Secret to Everybody", b"Hello, World!") == (
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    )


def test_what_became_of_messages_is_listed_and_one_is_sent_again_under_its_id(
    sqlite_house: House, receiver: Receiver
) -> None:
    door = listening(sqlite_house, receiver)
    hook = f"/webhooks/{register(door, receiver)['id']}"
    for slot in (0, 1, 2):
        reserve(door, start_slot=slot, end_slot=slot)
    told(door, receiver)
    listed = door.get(f"{hook}/deliveries")
    assert [(it["event"], it["status"], it["attempts"], it["response_status"]) for it in listed["data"]] == [
        ("reservation.created", "delivered", 1, 200)
    ] * 3
    first = door.get(f"{hook}/deliveries?limit=2")
    rest = door.get(f"{hook}/deliveries?limit=2&cursor={first['next_cursor']}")
    assert first["data"] + rest["data"] == listed["data"]
    assert rest["next_cursor"] is None
    again = listed["data"][1]["id"]
    assert door.post(f"{hook}/deliveries/{again}/redeliver", status=202) == {"id": again}
    told(door, receiver)
    assert receiver.events().count(again) == 2
    receiver.status = 500
    reserve(door, start_slot=5, end_slot=5)
    told(door, receiver)
    (waiting,) = door.get(f"{hook}/deliveries?status=pending")["data"]
    assert (waiting["status"], waiting["response_status"], waiting["next_attempt_at"] is None) == (
        "pending",
        500,
        False,
    )
    assert door.refused("POST", f"{hook}/deliveries/msg_none/redeliver", 404)["code"] == "not_found"
    assert list(door.bad("GET", f"{hook}/deliveries?status=lost")) == ["status"]


def test_webhooks_of_other_doors_are_not_shown_and_one_that_has_ended_is_taken_up_again(
    sqlite_house: House, receiver: Receiver
) -> None:
    door = listening(sqlite_house, receiver)
    other = register(door, receiver)
    hook = f"/webhooks/{other['id']}"
    door.house.engine.hooks.pause(other["id"], CLI)
    assert door.get(hook)["status"] == "paused"
    assert door.post(f"{hook}/resume", status=200)["status"] == "active"
    with door.house.store.reading() as tx:
        number = tx.rows("SELECT id FROM hook")[0][0]
    door.house.store.writing(lambda tx: tx.run("UPDATE hook SET dialect = 'roomvox' WHERE id = ?", (number,)))
    assert door.get("/webhooks")["data"] == []
    for method, path, body in (
        ("GET", hook, None), ("DELETE", hook, None), ("POST", f"{hook}/test", None), ("POST", f"{hook}/rotate", None),
        ("GET", f"{hook}/deliveries", None), ("POST", f"{hook}/resume", None),
        ("POST", f"{hook}/deliveries/msg_1/redeliver", None),
    ):  # fmt: skip
        assert door.refused(method, path, 404, body)["code"] == "not_found"


def test_who_manages_a_facility_has_webhooks_of_it_alone(sqlite_house: House, receiver: Receiver) -> None:
    door = listening(sqlite_house, receiver)
    bob = door.people["bob"].number
    sqlite_house.engine.rights.give(Right(0, "person", bob, "manage", room=sqlite_house.oak.number), CLI)
    body = {"url": receiver.url, "events": ["*"]}
    assert door.refused("POST", "/webhooks", 403, body, "bob")["code"] == "forbidden"
    made = register(door, receiver, by="bob", facility_ids=["oak"])
    assert made["facility_ids"] == ["oak"]
    reserve(door)
    reserve(door, facility_id="elm")
    door.post("/accounts", {"name": "Zoe Berg", "email": "zoe@example.org"})
    assert [(type_, data["facility"]["id"]) for type_, data in told(door, receiver)] == [("reservation.created", "oak")]

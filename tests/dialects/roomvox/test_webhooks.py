"""Webhooks over RoomVox's door: made, listed, changed, rotated, sent again, ended."""

import json
from typing import Any

import pytest

from server.dialects.roomvox.voice import voice
from server.engine import engine_of
from server.engine.hooks import HookTerms
from tests.dialects.roomvox.door import Door

URL = "https://192.88.98.7/hook"


def make(door: Door, **more: Any) -> dict[str, Any]:
    made = door.ask("POST", "/webhooks", key="admin", json={"url": URL, "events": ["booking.*"], **more})
    assert made.status_code == 201, made.json
    assert made.headers["Location"].endswith(f"/webhooks/{made.json['id']}")
    return dict(made.json)


def test_a_webhook_is_made_with_its_secret_and_listed_without(any_door: Door) -> None:
    door = any_door
    made = make(door, rooms=["oak"], github=True)
    assert made["secret"].startswith("whsec_")
    (listed,) = door.ask("GET", "/webhooks", key="admin").json
    assert listed == {name: value for name, value in made.items() if name != "secret"}
    assert listed["rooms"] == ["oak"]
    assert (listed["state"], listed["waiting"], listed["parked"]) == ("active", 0, 0)
    assert door.ask("GET", f"/webhooks/{made['id']}", key="admin").json == listed


def test_a_webhook_is_changed_paused_resumed_and_ended(any_door: Door) -> None:
    door = any_door
    made = make(door)
    path = f"/webhooks/{made['id']}"
    done = door.ask("PATCH", path, key="admin", json={"events": ["*"], "url": URL + "/2", "rooms": ["elm"]}).json
    assert (done["events"], done["url"], done["rooms"]) == (["*"], URL + "/2", ["elm"])
    assert door.ask("PATCH", path, key="admin", json={"rooms": []}).json["rooms"] == []
    assert door.ask("PATCH", path, key="admin", json={"paused": True}).json["state"] == "paused"
    assert door.ask("PATCH", path, key="admin", json={"paused": False}).json["state"] == "active"
    rotated = door.ask("POST", f"{path}/rotate", key="admin").json
    assert rotated["secret"] != made["secret"]
    assert door.ask("DELETE", path, key="admin").json == {"status": "ok"}
    assert door.ask("DELETE", path, key="admin").status_code == 404
    assert door.ask("GET", "/webhooks", key="admin").json == []


def test_messages_are_listed_by_pages_and_sent_again(door: Door) -> None:
    made = make(door)
    path = f"/webhooks/{made['id']}"
    sent = [door.ask("POST", f"{path}/test", key="admin").json["id"] for _ in range(5)]
    page = door.ask("GET", f"{path}/deliveries?limit=2", key="admin")
    assert [it["id"] for it in page.json] == [sent[4], sent[3]]
    more = door.ask("GET", f"{path}/deliveries?limit=2&cursor={page.headers['X-Next-Cursor']}", key="admin")
    assert [it["id"] for it in more.json] == [sent[2], sent[1]]
    assert door.ask("GET", f"{path}/deliveries?state=parked", key="admin").json == []
    assert door.ask("GET", f"{path}/deliveries?state=lost", key="admin").status_code == 400
    door.house.store.writing(lambda tx: tx.run("UPDATE delivery SET state = 'parked', ended_at = made_at"))
    assert door.ask("POST", f"{path}/deliveries/{sent[0]}/replay", key="admin").json["replayed"] == 1
    assert door.ask("POST", f"{path}/deliveries/msg_nobody/replay", key="admin").status_code == 404
    assert door.ask("POST", f"{path}/replay", key="admin").json["replayed"] == 4


@pytest.mark.parametrize("release", ["observe", "on"])
def test_what_is_told_of_a_booking_is_what_its_get_answers(door: Door, release: str) -> None:
    door.house.policy("oak", check_in=True, release=release)
    door.house.engine = engine_of(door.house.store, door.house.clock, hooks=HookTerms(voices={"roomvox": voice}))
    door.house.engine.outbox.begin()
    make(door)
    body = {"title": "Planning", "start": "2026-06-15T11:00", "end": "2026-06-15T12:00", "organizer": "Alice"}
    booked = door.ask("POST", "/rooms/oak/bookings", json=body).json
    door.house.engine.outbox.run()
    with door.house.store.reading() as tx:
        (told,) = [json.loads(row[0])["data"] for row in tx.rows("SELECT body FROM delivery")]
    assert told.pop("change") == {"what": "booked"}
    assert told == door.ask("GET", f"/rooms/oak/bookings/{booked['uid']}").json
    assert told["releaseAt"] == ("2026-06-15T11:10:00+02:00" if release == "on" else None)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"url": URL}, {"events": ["*"]}, {"url": "http://192.88.98.7/", "events": ["*"]},
        {"url": "https://127.0.0.1/", "events": ["*"]}, {"url": URL, "events": []}, {"url": URL, "events": ["x"]},
        {"url": URL, "events": ["*"] * 51 + ["a.b"]}, {"url": 7, "events": ["*"]}, {"url": URL, "events": "*"},
        {"url": URL + "x" * 2000, "events": ["*"]}, {"url": URL, "events": ["*"], "github": "maybe"},
    ],
)  # fmt: skip
def test_what_is_no_webhook_is_refused(door: Door, body: dict[str, Any]) -> None:
    refused = door.ask("POST", "/webhooks", key="admin", json=body)
    assert refused.status_code == 400
    assert refused.json["fields"]


def test_only_keys_of_scope_admin_get_in(door: Door) -> None:
    for key in ("read", "book"):
        assert door.ask("GET", "/webhooks", key=key).status_code == 403
    assert door.ask("GET", "/webhooks", key=None).status_code == 401

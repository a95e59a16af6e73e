"""The fleet through the API: how devices are, what is wanted of them, how they are to be, and letting them in."""

import hashlib
from typing import Any

from server.core.access import CLI, Actor
from server.engine.granting import Holding, Says
from server.engine.hearing import Beat
from server.engine.pairing import Told
from tests.dialects.roomvox.door import Door

SAID = '{"version":"0.2.0","clock":"verified","painted_ago":1,"vitals":{"temperature":41}}'


def ask(door: Door, method: str, path: str, **more: Any) -> Any:
    return door.ask(method, path, key="admin", **more)


def heard(door: Door, said: str = SAID) -> int:
    device, _, panel = door.house.panel("oak", "elm")
    door.house.engine.fleet.heartbeat(["oak"], panel, Beat(said))
    return device.number


def test_a_device_says_how_it_is(door: Door) -> None:
    number = heard(door)
    never = door.house.panel("elm")[0].number
    good, new = ask(door, "GET", "/devices").json
    assert (good["number"], good["verdict"], good["rooms"]) == (number, "good", ["oak", "elm"])
    assert good["version"] == "0.2.0"
    assert (good["vitals"], good["wrong"], good["since"]) == ({"temperature": 41}, [], None)
    assert (new["number"], new["verdict"], new["seen"]) == (never, "never_heard", None)
    door.house.clock.forward(seconds=14)
    one = ask(door, "GET", f"/devices/{number}").json
    assert (one["verdict"], one["wrong"]) == ("silent", [{"what": "silent", "since": "2026-06-15T08:00:00+00:00"}])
    for missing in ("77", "x", "9" * 30):
        assert ask(door, "GET", f"/devices/{missing}").status_code == 404


def test_orders_are_given_and_their_receipts_read(door: Door) -> None:
    number = heard(door)
    made = ask(door, "POST", f"/devices/{number}/orders", json={"what": "identify", "seconds": 20})
    assert (made.status_code, made.json["with"], made.json["state"]) == (201, {"seconds": 20}, "open")
    log = ask(door, "POST", f"/devices/{number}/orders", json={"what": "log"}).json["id"]
    itself = Actor(f"device:{number}", "book")
    door.house.engine.fleet.receipt(itself, log, "done", "a line\nand another", None)
    listed = ask(door, "GET", f"/devices/{number}/orders").json
    assert [(it["what"], it["state"], it["text"]) for it in listed] == [("log", "done", ""), ("identify", "open", "")]
    assert ask(door, "GET", f"/devices/{number}/orders/{log}").json["text"] == "a line\nand another"
    assert ask(door, "GET", f"/devices/{number + 1}/orders/{log}").status_code == 404, "another's"
    assert ask(door, "GET", f"/devices/{number}/picture").status_code == 404
    for body in ({"what": "dance"}, {"what": "identify", "seconds": 0}, {"what": "log", "seconds": 5}, {}):
        assert ask(door, "POST", f"/devices/{number}/orders", json=body).status_code == 400, body
    for _ in range(19):
        ask(door, "POST", f"/devices/{number}/orders", json={"what": "reload"})
    full = ask(door, "POST", f"/devices/{number}/orders", json={"what": "reload"})
    assert (full.status_code, full.json["codes"]) == (422, ["too_many_orders"])


def test_settings_are_put_and_explained(door: Door) -> None:
    number = heard(door)
    door.house.engine.panel_settings.set("house", None, "language", "de", CLI)
    put = ask(door, "PUT", f"/devices/{number}/settings", json={"theme": "dark", "night": "22:00-06:00"})
    assert put.json["own"] == {"theme": "dark", "night": "22:00-06:00"}
    assert put.json["values"] == {"language": "de", "night": "22:00-06:00", "theme": "dark"}
    assert put.json["why"]["language"] == "house"
    assert ask(door, "PUT", f"/devices/{number}/settings", json={"theme": "light"}).json["own"] == {"theme": "light"}
    assert ask(door, "GET", f"/devices/{number}/settings").json["values"] == {"language": "de", "theme": "light"}
    for body in ({"theme": "pink"}, {"volume": 11}, {"density": 1}, {"touch": "perhaps"}, {"night": "22:00"}):
        assert ask(door, "PUT", f"/devices/{number}/settings", json=body).status_code == 400, body


def test_a_device_is_let_in_by_its_code_where_the_fingerprint_is_the_same(door: Door) -> None:
    pairing = door.house.engine.pairing
    digest = hashlib.sha256(b"key").hexdigest()
    code = pairing.begin(digest, "rk_dev_1a2b3c4d", Told(serial="77")).code
    (waits,) = ask(door, "GET", "/devices/waiting").json
    assert (waits["serial"], code in str(waits)) == ("77", False)
    body = {"code": code, "rooms": ["oak"], "name": "At Oak"}
    wrong = ask(door, "POST", "/devices/approve", json=body | {"fingerprint": "BBBB BBBB BBBB"})
    assert (wrong.status_code, list(wrong.json["fields"])) == (400, ["fingerprint"])
    made = ask(door, "POST", "/devices/approve", json=body | {"fingerprint": waits["fingerprint"]})
    assert (made.status_code, made.json["rooms"], made.json["name"]) == (201, ["oak"], "At Oak")
    number = made.json["number"]
    assert ask(door, "POST", "/devices/approve", json=body).status_code == 404, "once"
    changed = ask(door, "PATCH", f"/devices/{number}", json={"rooms": ["elm", "oak"], "name": "Both"})
    assert (changed.json["rooms"], changed.json["name"]) == (["elm", "oak"], "Both")
    assert ask(door, "POST", f"/devices/{number}/release").json["state"] == "good"
    gone = ask(door, "DELETE", f"/devices/{number}")
    assert (gone.json["state"], gone.json["verdict"]) == ("revoked", "revoked")
    assert ask(door, "GET", "/devices").json == []
    second = pairing.begin(hashlib.sha256(b"other").hexdigest(), "rk_dev_1a2b3c4e", Told()).code
    assert ask(door, "POST", "/devices/refuse", json={"code": second}).status_code == 204
    assert ask(door, "POST", "/devices/refuse", json={"code": second}).status_code == 404


def test_what_a_device_owns_is_told_and_is_not_waited_for_once_staff_say_so(door: Door) -> None:
    device, _, actor = door.house.panel()
    told = door.house.engine.escrow.ask(Says((Holding("oak"),)), actor)
    assert told.grants["oak"].version == 1
    owned = {"room": "oak", "until": "2026-06-15T10:15:00+00:00", "version": 1, "acknowledged": 0, "forced": None}
    assert ask(door, "GET", f"/devices/{device.number}").json["owns"] == [owned]
    assert ask(door, "GET", "/devices").json[-1]["owns"] is None
    forced = ask(door, "POST", f"/devices/{device.number}/force-release").json["owns"]
    assert forced == [owned | {"version": 2, "forced": "2026-06-15T08:00:00+00:00"}]
    assert ask(door, "POST", "/devices/99/force-release").status_code == 404

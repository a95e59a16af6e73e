"""Pairing and /me through the routes: from nothing to the plan, what anybody may ask, and that a key ends at once."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import Client

from server.core.access import CLI
from server.core.pairing import fingerprint
from server.core.throttle import Tally
from server.dialects.device.app import app
from server.dialects.kit.hot import Hot
from server.dialects.kit.rates import Buckets
from server.engine.rooms import digest
from server.store import throttles
from tests import make
from tests.dialects.device.glass import Glass, code, glass

KEY = f"rk_dev_1a2b3c4d_{'k' * 43}_00000000"
ASKING = {"digest": digest(KEY), "prefix": KEY[:15], "serial": "10000000ABCDEF01", "model": "Raspberry Pi 4"}


@pytest.fixture
def it(fresh_sqlite: str) -> Iterator[Glass]:
    with make.opened(fresh_sqlite) as store:
        yield glass(make.house(store))


def ask(it: Glass, **more: Any) -> Any:
    return it.ask("POST", "/pairing", key=None, json=ASKING | more)


def state(it: Glass) -> Any:
    return it.ask("GET", f"/pairing/{ASKING['digest']}", key=None)


def said(it: Glass, path: str, key: str = "panel") -> Any:
    return it.ask("GET", path, key=key).json


def test_a_device_comes_from_nothing_to_its_plan(it: Glass) -> None:
    begun = ask(it, version="0.1.0", glass="1280x800", later="unknown fields are ignored").json
    assert (begun["state"], begun["authorities"], begun["expires"]) == ("waiting", [], "2026-06-15T08:10:00Z")
    assert begun["url"] == "/pair?code=" + begun["code"].replace("-", "")
    assert state(it).json["state"] == "waiting"
    assert it.ask("GET", "/me", key=KEY).status_code == 401
    seen = it.house.engine.pairing.look(begun["code"], CLI)
    assert seen.fingerprint == fingerprint(ASKING["digest"], begun["authorities"]), "the same on both screens"
    it.house.engine.pairing.approve(begun["code"], CLI, rooms=("elm", "oak"))
    assert state(it).json["state"] == "paired"
    me = said(it, "/me", KEY)
    assert (me["rooms"], me["state"], me["kind"], me["clock"]) == (["elm", "oak"], "good", "panel", "sure")
    assert said(it, "/snapshot?room=elm", KEY)["room"]["id"] == "elm"
    pulse = it.ask("POST", "/heartbeat", key=KEY, json={"rooms": [{"id": "elm", "seq": 0}], "life": "one"})
    assert (pulse.status_code, pulse.json["me"]) == (200, me["digest"])
    assert ask(it).json["state"] == "paired"


def test_the_link_to_let_it_in_is_on_the_public_address(it: Glass) -> None:
    public = app(it.house.engine, public_url="https://rooms.example.org/")
    begun = public.test_client().post("/pairing", json=ASKING, headers={"Host": "evil.example"}).get_json()
    assert begun["url"] == "https://rooms.example.org/pair?code=" + begun["code"].replace("-", "")


def test_a_site_that_has_a_key_lets_its_devices_in_by_themselves(it: Glass) -> None:
    _, secret = it.house.engine.enrolments.enrol(1, 1, 1, CLI)
    assert ask(it, enrolment=secret).json | {"time": ""} == {
        "state": "paired", "code": "", "expires": "", "url": "", "authorities": [], "time": "",
    }  # fmt: skip
    me = said(it, "/me", KEY)
    assert (me["state"], me["rooms"], me["number"] > 0) == ("waiting", [], True)
    pulse = it.ask("POST", "/heartbeat", key=KEY, json={"rooms": [], "life": "one"})
    assert (pulse.status_code, pulse.json["rooms"]) == (200, {})


def test_a_refused_device_is_told_so(it: Glass) -> None:
    it.house.engine.pairing.refuse(ask(it).json["code"], CLI)
    assert (state(it).json["state"], ask(it).json["state"]) == ("refused", "refused")


@pytest.mark.parametrize(
    "wrong",
    [
        {"digest": "x"}, {"digest": ASKING["digest"].upper()}, {"prefix": "rvx_12345678"}, {"serial": "s" * 65},
        {"model": "m" * 101}, {"enrolment": "e" * 201}, {"glass": 7}, {"version": "a\u0000b"},
    ],
)  # fmt: skip
def test_what_a_device_says_of_itself_is_bounded(it: Glass, wrong: dict[str, Any]) -> None:
    answer = ask(it, **wrong)
    assert code(answer) == (400, "invalid")
    assert set(answer.json["error"]["fields"]) == set(wrong)


def test_anybody_may_begin_but_not_without_end(it: Glass) -> None:
    assert code(it.ask("POST", "/pairing", key=None, json={**ASKING, "x": "y" * 9000})) == (413, "too_large")
    assert ask(it).json["state"] == "waiting"
    name = it.house.engine.pairing.throttle.name("pairing", "127.0.0.1")
    it.house.store.writing(lambda tx: throttles.put(tx, {name: Tally(299, 299, make.NOW)}))
    assert ask(it).json["state"] == "waiting"
    answer = ask(it)
    assert (code(answer), answer.headers["Retry-After"]) == ((429, "too_many"), "600")
    other = it.app.test_client().post("/pairing", json=ASKING, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert other.status_code == 200


def test_nothing_is_told_of_who_never_asked(it: Glass) -> None:
    for odd in ("0" * 64, "x", "%00", "0" * 5000):
        assert it.app.test_client().get(f"/pairing/{odd}").status_code == 404


def test_a_copied_card_reads_and_its_acts_are_refused_as_such_until_staff_have_looked(it: Glass) -> None:
    number = it.house.engine.devices.all(CLI)[0].number
    for life, seconds in (("mine", 0), ("copy", 5), ("mine", 31)):
        it.house.clock.forward(seconds=seconds)
        it.ask("POST", "/heartbeat", json={"rooms": [], "life": life})
    assert said(it, "/me")["state"] == "quarantined"
    plan = it.snapshot()
    assert plan["policy"]["act"] is False
    wish = {"op": "op-kept-on-the-card", "act": "book", "minutes": 15, "expires": "2026-06-15T08:10:00Z"}
    assert code(it.ask("POST", "/act", json=wish)) == (403, "quarantined")
    it.house.engine.devices.release_quarantine(number, CLI)
    assert it.ask("POST", "/act", json=wish).status_code == 201


def test_a_board_only_shows(it: Glass) -> None:
    begun = ask(it).json
    it.house.engine.pairing.approve(begun["code"], CLI, place=1)
    assert said(it, "/me", KEY)["kind"] == "board"
    assert said(it, "/snapshot?room=oak", KEY)["policy"]["act"] is False
    assert code(it.act("book", key=KEY, room="oak", minutes=15)) == (403, "barred")


def test_a_kept_answer_outlives_neither_its_key_nor_its_room(it: Glass) -> None:
    """The layer that sends the same bytes again (kit/hot.py): revoked, moved and set apart at the next request."""
    engine, revoked, moved, shut = it.house.engine, *(it.house.panel("oak") for _ in range(3))
    client = Client(Hot(engine, it.app, Buckets(0, 0)))

    def plan(secret: str) -> tuple[int, bool | None]:
        answer = client.get("/snapshot", query_string="room=oak", headers={"Authorization": f"Bearer {secret}"})
        body = json.loads(answer.data)
        return answer.status_code, body["policy"]["act"] if answer.status_code == 200 else None

    every = [each[1] for each in (revoked, moved, shut)]
    for _ in range(2):
        assert [plan(secret) for secret in every] == [(200, True)] * 3
    engine.devices.revoke(revoked[0].number, CLI)
    engine.devices.assign(moved[0].number, CLI, rooms=("elm",))
    for life, seconds in (("mine", 0), ("copy", 5), ("mine", 31)):
        it.house.clock.forward(seconds=seconds)
        engine.lives.note(shut[0].number, life)
    assert [plan(secret) for secret in every] == [(401, None), (403, None), (200, False)]

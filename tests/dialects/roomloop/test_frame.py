"""Who is let in, how often, over what; which refusal comes first; how refusals read."""

import re
from datetime import timedelta

from flask import g, request

from server.core import rules as engine_rules
from server.core.access import CLI
from server.core.errors import Barred, Conflict, Full, Invalid, Later, Objection, Refused, Stale, Unknown, Unnamed
from server.core.people import Account
from server.dialects.kit.faults import Crash, Lost, TooLarge, WrongMethod
from server.dialects.roomloop.app import DIALECT, app
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.errors import CODES
from server.dialects.roomloop.limits import Limits
from server.dialects.roomloop.rules import RULES, TITLES, broken
from server.dialects.roomloop.session import SESSION, SOURCE, fresh
from server.engine.rooms import LETTERS
from tests.dialects.roomloop.door import Door
from tests.dialects.roomloop.door import door as door_of
from tests.make import House, at

WISH = {"facility_id": "oak", "date": "2026-06-16", "start_slot": 2, "end_slot": 2, "purpose": "Lab"}


def session(door: Door, name: str) -> str:
    """The token of a new session of somebody's."""
    return door.house.engine.sign_in.open(door.people[name].number, source=SOURCE, make=fresh)[1]


def test_a_key_and_a_session_open_the_door_and_nothing_else_does(any_door: Door) -> None:
    door = any_door
    door.get("/facilities", "alice")
    door.get("/facilities", session(door, "alice"))
    foreign = door.house.engine.sign_in.open(door.people["alice"].number, source="console")[1]
    rvx = door.house.engine.tokens.create("key", "admin", CLI)[1]
    for secret in (foreign, rvx, SESSION + "x" * 43, "sk_live_" + LETTERS[:40], "sk_live_", "x"):
        answer = door.ask("GET", "/facilities", secret)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="roomloop", error="invalid_token"'
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer "}):
        answer = door.ask("GET", "/facilities", None, headers=headers)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="roomloop"')
        assert answer.json["error"]["code"] == "unauthorized"


def test_a_key_opens_nothing_once_it_is_revoked_or_blocked_or_its_person_has_left(door: Door) -> None:
    keys = door.house.engine.api_keys
    (of_alice,) = keys.all(CLI, person=door.people["alice"].number)
    keys.block(of_alice.number, CLI, blocked=True)
    (of_bob,) = keys.all(CLI, person=door.people["bob"].number)
    keys.revoke(of_bob.number, CLI)
    door.add("left")
    door.house.engine.people.change(door.people["left"].number, CLI, account=Account.INACTIVE)
    for name in ("alice", "bob", "left"):
        assert door.refused("GET", "/facilities", 401, by=name)["code"] == "unauthorized"


def test_a_session_ends_by_logout_and_when_it_is_not_used(any_door: Door) -> None:
    door = any_door
    first, second = session(door, "alice"), session(door, "alice")
    assert door.ask("POST", "/auth/logout", first).status_code == 204
    door.refused("POST", "/auth/logout", 401, by=first)
    door.get("/facilities", second)
    door.house.clock.forward(minutes=31)
    door.refused("GET", "/facilities", 401, by=second)


def test_a_key_is_no_session_that_could_end(door: Door) -> None:
    assert list(door.bad("POST", "/auth/logout", by="alice")) == ["Authorization"]
    door.get("/facilities", "alice")


def test_plain_http_is_for_this_machine_alone_unless_it_is_allowed(sqlite_house: House) -> None:
    door = door_of(sqlite_house)

    def status(address: str, scheme: str = "http") -> int:
        headers = {"Authorization": f"Bearer {door.keys['alice']}"}
        base = {"REMOTE_ADDR": address, "wsgi.url_scheme": scheme}
        return door.client.get("/facilities", headers=headers, environ_overrides=base).status_code

    assert [status(it) for it in ("127.0.0.1", "::1", "10.0.0.7", "2001:db8::1", "", "elsewhere")] == [
        200, 200, 403, 403, 403, 403,
    ]  # fmt: skip
    assert status("10.0.0.7", "https") == 200
    headers = {"Authorization": f"Bearer {door.keys['alice']}", "X-Forwarded-Proto": "https"}
    there = {"REMOTE_ADDR": "10.0.0.7"}
    refused = door.client.get("/facilities", headers=headers, environ_overrides=there)
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "forbidden")
    allowed = app(Desk(sqlite_house.engine, allow_http=True)).test_client()
    headers.pop("X-Forwarded-Proto")
    assert allowed.get("/facilities", headers=headers, environ_overrides=there).status_code == 200


def test_at_the_default_the_forty_first_request_at_once_waits_and_is_told_how_long(sqlite_house: House) -> None:
    door = door_of(sqlite_house, limits=Limits())
    answers = [door.ask("GET", "/facilities/oak", "alice") for _ in range(40)]
    assert {it.status_code for it in answers} == {200}
    assert answers[0].headers["RateLimit-Policy"] == '"default";q=120;w=60'
    assert answers[0].headers["RateLimit"] == '"default";r=39;t=1'
    late = [door.ask("GET", "/facilities/oak", "alice") for _ in range(40)]
    (one, *_) = [it for it in late if it.status_code == 429]
    assert one.json["error"]["code"] == "rate_limited"
    assert int(one.headers["Retry-After"]) >= 1
    assert re.fullmatch(r'"default";r=0;t=\d+', one.headers["RateLimit"])
    assert door.ask("GET", "/facilities/oak", "bob").status_code == 200


def test_a_rate_of_nought_lets_all_through_and_says_nothing_of_it(door: Door) -> None:
    answers = [door.ask("GET", "/facilities/oak", "alice") for _ in range(50)]
    assert {it.status_code for it in answers} == {200}
    assert "RateLimit" not in answers[-1].headers


def test_who_signs_in_is_counted_by_address(sqlite_house: House) -> None:
    door = door_of(sqlite_house, limits=Limits(1, 2))

    def status(address: str) -> int:
        base = {"REMOTE_ADDR": address, "wsgi.url_scheme": "https"}
        return door.client.post("/auth/google", json={"id_token": "x"}, environ_overrides=base).status_code

    assert [status("192.0.2.1") for _ in range(3)] == [403, 403, 429]
    assert status("192.0.2.2") == 403
    assert [status("2001:db8::1"), status("2001:db8::2"), status("2001:db8::3")] == [403, 403, 429]


def test_the_refusals_have_an_order(sqlite_house: House) -> None:
    """401, 429, 403, 404, 400, 422, 409: each request has all the faults of those before it mended, and the others."""
    door = door_of(sqlite_house, limits=Limits(1, 4))
    door.house.engine.rooms.change("elm", CLI, rules={"members": "none"})
    wrong = {"facility_id": "attic", "date": "2026-06-16", "start_slot": 9, "end_slot": 1, "purpose": "x"}
    assert door.ask("PATCH", "/facilities/attic", "nobody", json={"no": 1}).status_code == 401
    alice = [door.ask("PATCH", "/facilities/attic", "alice", json={"no": 1}).status_code for _ in range(5)]
    assert alice == [403] * 4 + [429]
    assert door.ask("PATCH", "/facilities/attic", "ada", json={"no": 1}).status_code == 404
    assert door.ask("PATCH", "/facilities/oak", "ada", json={"no": 1}).status_code == 400
    steps = [
        (wrong, 404), (wrong | {"facility_id": "elm"}, 403), (wrong | {"facility_id": "oak"}, 400),
        (WISH | {"start_slot": 1, "end_slot": 3}, 422),
    ]  # fmt: skip
    door.house.policy(max_minutes=60)
    door.house.book(at("10:00", 1), at("10:50", 1))
    for body, status in steps:
        assert door.ask("POST", "/reservations", "bob", json=body).status_code == status
    assert door.ask("POST", "/reservations", "stan", json=WISH).status_code == 409


def test_what_a_path_names_is_looked_for_before_what_is_sent_is_judged(door: Door) -> None:
    wrong = {"no": 1}
    id_ = door.post("/reservations", WISH, by="alice")["id"]
    cases = [
        ("PATCH", "/reservations/res_000000000000", "alice", 404), ("PATCH", f"/reservations/{id_}", "bob", 403),
        ("PATCH", f"/reservations/{id_}", "alice", 400), ("PATCH", f"/reservations/{id_}", "stan", 400),
        ("PATCH", "/accounts/u999", "ada", 404), ("PATCH", f"/accounts/u{door.people['bob'].number}", "ada", 400),
        ("GET", "/reservations/res_000000000000?date=soon", "alice", 404),
        ("GET", f"/reservations/{id_}?date=soon", "bob", 400), ("DELETE", "/reservations/no?date=soon", "ada", 404),
        ("GET", "/webhooks/no/deliveries?status=no", "ada", 404),
    ]  # fmt: skip
    for method, path, by, status in cases:
        door.refused(method, path, status, wrong if method == "PATCH" else None, by)


def test_no_parameter_is_left_out_in_silence(door: Door) -> None:
    cases = (
        ("/facilities?type=lab&type=gym", "type"), ("/accounts/export?department=Arts", "department"),
        ("/facilities/oak?date=2026-06-16", "date"), ("/webhooks?status=active", "status"),
        ("/facilities?kind=lab", "kind"),
    )  # fmt: skip
    for path, name in cases:
        assert list(door.bad("GET", path)) == [name]
    assert list(door.bad("POST", "/reservations?dry_run=1", WISH)) == ["dry_run"]
    assert door.get("/reservations")["data"] == []
    door.refused("GET", "/facilities/attic?date=2026-06-16", 404)
    assert door.ask("GET", "/docs?from=elsewhere", None).status_code == 200


def test_every_kind_of_refusal_has_its_status_and_its_code(door: Door) -> None:
    now = at("10:00")
    kinds = [
        (Unnamed(missing=True), 401), (Barred("scope", need="admin"), 403), (Invalid({"a": "b"}), 400),
        (Unknown("room", "x"), 404), (Refused((Objection("too_long", "oak"),)), 422),
        (Refused((), (Conflict("oak", now, now + timedelta(hours=1), None, ""),)), 409), (Stale(3), 412),
        (Later(5), 503), (Later(5, too_many=True), 429), (Full(), 507), (Lost(), 404), (WrongMethod(("GET",)), 405),
        (TooLarge(5), 413), (Crash("x"), 500),
    ]  # fmt: skip
    for error, status in kinds:
        with door.app.test_request_context("/facilities"):
            g.request_id = "abc"
            answer = DIALECT.fail(error, request)
        assert answer.status == status, error
        said = answer.body.error
        assert (said.code, said.request_id, bool(said.message)) == (CODES[status], "req_abc", True)


def test_the_table_of_rules_is_whole(door: Door) -> None:
    assert set(engine_rules.CODES) <= set(RULES)
    assert sorted(TITLES) == [f"R-{number:02}" for number in range(11)]
    assert {code for code, rule in RULES.items() if rule == "R-03"} == {"clash", "too_close"}
    found = broken([Objection("too_long", ""), Objection("too_close", ""), Objection("in_past", "")], [])
    assert [rule for rule, _ in found] == ["R-04", "R-06", "R-03"]
    assert broken([Objection("never_heard_of", "")], []) == [("R-00", "never_heard_of")]


def test_unknown_addresses_and_methods_are_told_so_in_its_own_words(door: Door) -> None:
    assert door.refused("GET", "/nothing", 404)["code"] == "not_found"
    answer = door.ask("PUT", "/facilities")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert answer.json["error"]["request_id"] == f"req_{answer.headers['X-Request-Id']}"


def test_a_body_that_is_no_object_is_a_400(door: Door) -> None:
    for data in (b"", b"{", b"[]", b'"x"', b'{"a": NaN}', b'{"a": 1, "a": 2}', b"\xff", b"[" * 5000):
        answer = door.ask("POST", "/reservations", "alice", data=data, content_type="application/json")
        assert (answer.status_code, answer.json["error"]["code"]) == (400, "validation_error")


def test_a_body_that_is_too_large_is_a_413(door: Door) -> None:
    answer = door.ask("POST", "/reservations", "alice", data=b"x" * 1_100_000, content_type="application/json")
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")

"""Every row of the protocol's table of errors, and that nothing else is ever answered."""

import re
from pathlib import Path
from typing import Any

import pytest

from server.core.access import CLI
from server.core.errors import Barred, Full, Invalid, Later, LintelError, Refused, Stale, Unknown, Unnamed
from server.dialects.device.errors import fail
from server.dialects.kit.faults import Crash, Fault, Lost, TooLarge, WrongMethod
from server.dialects.kit.rates import Buckets
from tests.dialects.device.glass import Glass, code, glass

PROTOCOL = Path(__file__).parents[3] / "docs" / "device-protocol.md"
PATHS = [("GET", "/snapshot"), ("GET", "/feed"), ("POST", "/heartbeat"), ("POST", "/act")]
KINDS: list[tuple[Any, tuple[int, str]]] = [
    (Invalid({"room": "is odd"}), (400, "invalid")),
    (Unknown("room", "x"), (404, "unknown")),
    (Unnamed(missing=True), (401, "unnamed")),
    (Barred("scope", need="book"), (403, "barred")),
    (Barred("room"), (403, "barred")),
    (Barred("identity"), (403, "identity")),
    (Barred("quarantined"), (403, "quarantined")),
    (Refused(), (422, "refused")),
    (Stale(3), (409, "stale")),
    (Later(7), (503, "later")),
    (Full(), (507, "full")),
]


@pytest.mark.parametrize(("error", "told"), KINDS)
def test_each_kind_of_refusal_has_its_answer_wherever_it_is_raised(
    it: Glass, error: LintelError, told: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(type(it.house.engine.devices), "act", refuse)
    answer = it.act("book", minutes=15)
    assert code(answer) == told
    if told[0] == 503:
        assert answer.headers["Retry-After"] == "7"
    if told[0] == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer"


COMMON = (LintelError.__module__, Fault.__module__)
"""Where what every door has to answer is; a door may have words of its own beside them."""


def test_the_table_is_total() -> None:
    every = [error for error, _ in KINDS] + [Lost(), WrongMethod(("GET",)), TooLarge(5), Crash("id")]
    kinds = {kind for root in (LintelError, Fault) for kind in root.__subclasses__() if kind.__module__ in COMMON}
    assert {type(error) for error in every} == kinds
    for error in every:
        assert fail(error).status >= 400
    with pytest.raises(TypeError):
        fail(KeyError("x"))  # type: ignore[arg-type]


def test_the_document_and_the_table_know_the_same_codes() -> None:
    rows = re.findall(r"^\| (\d{3}) \| (.+?) \|", PROTOCOL.read_text(), re.MULTILINE)
    written = {(int(status), name) for status, names in rows for name in re.findall(r"`(\w+)`", names)}
    known = {told for _, told in KINDS} | {
        (409, "clash"), (409, "gap"), (410, "resync"), (413, "too_large"), (422, "op_reused"), (422, "expired"),
        (429, "too_many"),
    }  # fmt: skip
    assert known <= written
    assert written - known <= {(404, "unknown"), (405, "method"), (500, "crash")}


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("key", [None, "", "nobody", "rk_dev_00000000_x_00000000", "rvx_" + "a" * 40])
def test_without_a_key_nothing_is_told(it: Glass, method: str, path: str, key: str | None) -> None:
    assert code(it.ask(method, path, key=key)) == (401, "unnamed")


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer ", "bearer\tx", "Token x", "\xe4"])
def test_a_header_that_names_nobody_is_none(it: Glass, header: str) -> None:
    assert code(it.ask("GET", "/snapshot", key=None, headers={"Authorization": header})) == (401, "unnamed")


def test_the_scheme_is_understood_in_any_case(it: Glass) -> None:
    headers = {"Authorization": f"bEARER  {it.keys['panel']}"}
    assert it.ask("GET", "/snapshot", key=None, headers=headers).status_code == 200


def test_a_revoked_panel_is_shut_out_at_once(it: Glass) -> None:
    assert it.ask("GET", "/snapshot").status_code == 200
    for device in it.house.engine.devices.all(CLI):
        it.house.engine.devices.revoke(device.number, CLI)
    for method, path in PATHS:
        assert code(it.ask(method, path)) == (401, "unnamed")


@pytest.mark.parametrize("path", ["/snapshot", "/feed", "/heartbeat", "/act"])
def test_a_panel_opens_its_own_rooms_only(it: Glass, path: str) -> None:
    method = {known: way for way, known in PATHS}[path]
    body = {"room": "elm", "op": "op-00000001", "act": "book", "minutes": 5, "expires": "2026-06-15T08:01:00Z"}
    more: dict[str, Any] = (
        {"query_string": {"room": "elm", "after": 0, "incarnation": "x"}} if method == "GET" else {"json": body}
    )
    assert code(it.ask(method, path, **more)) == (403, "barred")
    more = {"query_string": {"room": "nowhere", "after": 0, "incarnation": "x"}} if method == "GET" else {
        "json": body | {"room": "nowhere"}
    }  # fmt: skip
    assert code(it.ask(method, path, **more)) == (404, "unknown")
    assert it.house.changes() == []


def test_a_key_that_reads_may_look_and_beat_but_not_act(it: Glass) -> None:
    for method, path in PATHS[:3]:
        where: dict[str, Any] = {
            "query_string": {"room": "oak", "after": 0, "incarnation": it.snapshot()["incarnation"]}
        }
        more = where if method == "GET" else {"json": {"room": "oak"}}
        assert it.ask(method, path, key="read", **more).status_code == 200
    assert code(it.act("book", key="read", room="oak", minutes=15)) == (403, "barred")


# bodies


@pytest.mark.parametrize("path", ["/act", "/heartbeat"])
def test_a_body_is_at_most_64_kilobytes(it: Glass, path: str) -> None:
    at_most = b"{" + b" " * (64 * 1024 - 2) + b"}"
    headers = {"Content-Type": "application/json"}
    assert it.ask("POST", path, data=at_most, headers=headers).status_code in (200, 400)
    for size in (1, 10_000_000):
        assert code(it.ask("POST", path, data=at_most + b" " * size, headers=headers)) == (413, "too_large")


@pytest.mark.parametrize(
    "data",
    [b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"op": "a", "op": "b"}', b'{"minutes": NaN}', b'{"minutes": 1e999}',
     b"[" * 5000, b'{"a":' * 40 + b"1" + b"}" * 40, b'{"minutes": ' + b"9" * 400 + b"}", b"op=op-00000001&act=book"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/act", "/heartbeat"])
def test_a_body_that_is_no_sound_json_object_is_refused(it: Glass, path: str, data: bytes) -> None:
    answer = it.ask("POST", path, data=data, headers={"Content-Type": "application/json"})
    assert code(answer) == (400, "invalid")
    assert it.house.changes() == []


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "image/png"])
def test_another_kind_of_body_is_refused(it: Glass, kind: str) -> None:
    answer = it.ask("POST", "/act", data=b"{}", headers={"Content-Type": kind})
    assert code(answer) == (400, "invalid")


# addresses


@pytest.mark.parametrize("path", ["/", "/snapshots", "/act/", "/rooms", "/act/x", "/%00", "/../etc"])
def test_an_address_that_is_none_is_unknown_in_the_same_shape(it: Glass, path: str) -> None:
    answer = it.ask("GET", path)
    assert answer.status_code in (404, 405)
    assert set(answer.json) == {"error"}


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/snapshot"), ("GET", "/act"), ("DELETE", "/feed"), ("PUT", "/heartbeat")]
)
def test_another_method_is_told_which_there_are(it: Glass, method: str, path: str) -> None:
    answer = it.app.test_client().open(path, method=method)
    assert answer.status_code == 405
    assert answer.get_json()["error"]["code"] == "method"
    assert set(answer.headers["Allow"].split(", ")) & {"GET", "POST"}


def test_who_asks_too_often_waits_and_others_do_not(it: Glass) -> None:
    slow = glass(it.house, rates=Buckets(1.0, 3.0, clock=lambda: 100.0))
    assert [slow.ask("GET", "/snapshot").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = slow.ask("GET", "/snapshot")
    assert code(answer) == (429, "too_many")
    assert int(answer.headers["Retry-After"]) >= 1
    assert slow.ask("GET", "/snapshot", key="elm").status_code == 200


def test_what_nobody_thought_of_is_a_crash_without_a_word_of_what_was_said(
    it: Glass, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("Quastenflosser")

    monkeypatch.setattr(type(it.house.engine.devices), "snapshot", broken)
    answer = it.app.test_client().get("/snapshot", headers={"Authorization": f"Bearer {it.keys['panel']}"})
    assert answer.status_code == 500
    assert code(answer) == (500, "crash")
    assert answer.headers["X-Request-Id"] in answer.get_json()["error"]["message"]
    assert "Quastenflosser" not in answer.get_data(as_text=True) + caplog.text

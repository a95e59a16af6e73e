"""Each of the engine's eight kinds of refusal, and each fault of HTTP, in RoomVox's words; and bodies that attack."""

import gzip
import io
import logging
import re
from typing import Any

import pytest
from flask import Flask, request

from server.core import errors, rules
from server.core.access import CLI
from server.core.errors import Barred, Conflict, Full, Invalid, Later, Objection, Refused, Stale, Unknown, Unnamed
from server.dialects.kit.faults import Crash, Lost, TooLarge, WrongMethod
from server.dialects.roomvox.errors import SENTENCES, fail, sentence
from tests.dialects.roomvox.door import Door
from tests.make import at
from tests.meta.tree import ROOT

MIB = 1024 * 1024
PATH = "/rooms/oak/bookings"


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (Invalid({"title": "is odd"}), 400, "title: is odd"),
        (Invalid({}), 400, "Invalid request"),
        (Unknown("room", "x"), 404, "Room not found"),
        (Unknown("token", "x"), 404, "Token not found"),
        (Unnamed(missing=True), 401, "Missing or invalid Authorization header"),
        (Unnamed(missing=False), 401, "Invalid or expired API token"),
        (Barred("scope", need="book"), 403, "Insufficient permissions. Required scope: book"),
        (Barred("room"), 403, "Token does not have access to this room"),
        (Barred("room", need="others"), 403, "Only who manages the room books for somebody else"),
        (Barred("identity"), 403, "Insufficient permissions"),
        (Refused((Objection("in_past", "oak"),)), 422, "Booking starts in the past"),
        (Refused((Objection("brand_new_rule", "oak"),)), 422, "Refused: brand_new_rule"),
        (Refused(), 422, "Room is already booked during this time"),
        (Refused((), (Conflict("oak", at("11:00"), at("12:00"), None, ""),)), 409,
         "Room is already booked during this time"),
        (Stale(4), 409, "Booking was changed in the meantime"),
        (Later(7), 503, "Too busy, please try again"),
        (Full(), 507, "Nothing can be saved: the server's disk is full"),
        (Lost(), 404, "Not found"),
        (WrongMethod(("GET",)), 405, "Method not allowed"),
        (TooLarge(5 * MIB), 413, "File too large (max 5MB)"),
        (TooLarge(MIB), 413, "Request too large (max 1MB)"),
        (Crash("id1"), 500, "Internal server error"),
    ],
)  # fmt: skip
def test_every_kind_of_refusal_has_its_answer(error: Any, status: int, text: str) -> None:
    with Flask("test").test_request_context("/"):
        answer = fail(error, request)
    assert (answer.status, answer.body.error) == (status, text)


def test_no_kind_of_refusal_is_forgotten() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.LintelError)}
    known = {Invalid, Unknown, Unnamed, Barred, Refused, Stale, Later, Full, errors.LintelError}
    assert kinds == known


def test_every_rule_of_the_house_has_a_sentence_here_and_no_code_that_nobody_raises() -> None:
    sources = [*(ROOT / "server/core").rglob("*.py"), *(ROOT / "server/engine").rglob("*.py")]
    said = r'(?:Objection\(\s*|\bcode = )"(\w+)"'
    raised = {code for path in sources for code in re.findall(said, path.read_text("utf-8"))}
    assert rules.CODES <= set(SENTENCES) <= raised


def test_whatever_refuses_a_booking_has_a_sentence_here() -> None:
    engine = ROOT / "server/engine"
    sources = [
        engine / f"{name}.py" for name in ("booking", "desk", "law", "placing", "presence", "rewriting", "series")
    ]
    raised = {code for path in sources for code in re.findall(r'Objection\(\s*"(\w+)"', path.read_text("utf-8"))}
    at_the_glass = {"expired", "too_late_to_undo"}
    assert raised - at_the_glass <= set(SENTENCES)


NUMBERS = {
    **dict.fromkeys(("roles", "departments", "label", "why", "name", "unit", "per"), "some words"),
    **dict.fromkeys(("most", "seats", "people", "accessory", "least", "left", "used", "wanted", "due", "has"), 7),
}


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_rule_has_a_sentence_with_and_without_its_numbers(code: str) -> None:
    full = sentence(Objection(code, "oak", {"minutes": 7, "days": 7, "reason": "painting", **NUMBERS}))
    bare = sentence(Objection(code, "oak"))
    assert "{" not in full + bare
    assert full[0].isupper()


@pytest.mark.parametrize(
    ("error", "status"),
    [(Later(3), 503), (Full(), 507), (RuntimeError("Merger with Acme"), 500), (RecursionError(), 500)],
)
def test_trouble_below_is_told_apart_and_changes_nothing(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, status: int
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise error

    caplog.set_level(logging.INFO)
    monkeypatch.setattr(type(door.house.engine.bookings), "book", broken)
    body = {"title": "Merger", "start": "2026-06-15T11:00", "end": "2026-06-15T12:00"}
    response = door.ask("POST", PATH, json=body, headers={"X-Request-Id": "r-1"})
    assert (response.status_code, response.headers["X-Request-Id"]) == (status, "r-1")
    assert ("Retry-After" in response.headers) == (status == 503)
    if status == 500:
        assert response.json == {"error": "Internal server error", "requestId": "r-1"}
        assert "crash=" in caplog.text
    assert "Merger" not in caplog.text


BAD_JSON = [
    b"{", b"[]", b"null", b'"text"', b"5", b"{'a': 1}", b'{"title": NaN}', b'{"title": Infinity}', b'{"a": -Infinity}',
    b'{"a": 1e999}', b'{"a": ' + b"9" * 5000 + b"}", b'{"title": "a", "title": "b"}', b'{"a": {"b": 1, "b": 2}}',
    b"\xff\xfe{\x00}\x00", b'{"title": "\xe9"}', b"{" * 500, b"[" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b'{"a": "' + b"x" * 100, b"{}}", b'{"a": 01}', b"\x00", b'{"a" 1}', b"{\"a\": \"\x01\"}", gzip.compress(b"{}"),
]  # fmt: skip


@pytest.mark.parametrize("data", BAD_JSON, ids=range(len(BAD_JSON)))
def test_a_body_that_is_no_sound_json_is_a_clear_400(door: Door, data: bytes) -> None:
    response = door.ask("POST", PATH, data=data, content_type="application/json")
    assert response.status_code == 400
    assert response.json["fields"]
    assert door.get(PATH) == []


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("application/json; charset=latin-1", b'{"title": "\xe9"}'),
        ("application/json; charset=utf-16", b"{}"),
        ("application/xml", b"<a/>"),
        ("text/plain", b'{"title": "a"}'),
    ],
)
def test_a_body_of_another_kind_is_a_clear_400(door: Door, kind: str, data: bytes) -> None:
    response = door.ask("POST", PATH, data=data, content_type=kind)
    assert response.status_code == 400
    assert "body" in response.json["fields"]


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/csv"])
def test_a_body_over_a_mebibyte_is_a_413(door: Door, kind: str) -> None:
    for method, path in (("POST", PATH), ("GET", "/rooms"), ("PATCH", f"{PATH}/x"), ("DELETE", f"{PATH}/x")):
        response = door.ask(method, path, data=b"x" * (10 * MIB), content_type=kind)
        assert (response.status_code, response.json) == (413, {"error": "Request too large (max 1MB)"})


@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_that_hides_its_length_is_a_413_too(door: Door, kind: str) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, room: Any) -> int:
            self.given += len(room)
            return len(room)

    source = Endless()
    chunked = {"wsgi.input": source, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    response = door.ask("POST", PATH, content_type=kind, environ_overrides=chunked)
    assert (response.status_code, response.json) == (413, {"error": "Request too large (max 1MB)"})
    assert source.given < 3 * MIB


@pytest.mark.parametrize(
    "path", ["/rooms/%ff", "/rooms/oak/bookings/%ed%a0%80", "/rooms/" + "x" * 5000, "/rooms//oak", "/"]
)
def test_odd_paths_are_plainly_not_found(door: Door, path: str) -> None:
    assert door.ask("GET", path).status_code == 404


@pytest.mark.parametrize(
    "query", ["type=%00", "type=%ed%a0%80", "type=%0d%0aSet-Cookie:x", "type=" + "x" * 9000, "%00=1", "&&==&"]
)
def test_odd_queries_never_break(door: Door, query: str) -> None:
    assert door.ask("GET", f"/rooms?{query}").status_code in (200, 400)


def test_a_request_names_itself_only_where_it_is_sane(door: Door) -> None:
    assert door.ask("GET", "/rooms", headers={"X-Request-Id": "abc-123"}).headers["X-Request-Id"] == "abc-123"
    for odd in ("a b", "x" * 65, "é", "a=b"):
        given = door.ask("GET", "/rooms", headers={"X-Request-Id": odd}).headers["X-Request-Id"]
        assert given != odd
        assert len(given) == 16


def test_the_log_has_one_line_per_request_and_no_secrets(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    secret = door.house.engine.rooms.feed("oak", CLI, "enable")
    door.book("11:00", "12:00", json={"title": "Merger", "organizer": "Mallory"})
    door.ask("GET", f"/rooms/oak/feed/{secret}/calendar.ics", key=None)
    door.ask("GET", "/rooms?type=Merger", key="rvx_secretsecret")
    said = [record.getMessage() for record in caplog.records if record.name == "lintel.requests"]
    lines = [line for line in said if "openapi.json" not in line]  # the door reads the document to judge answers
    assert len(lines) == 3
    assert lines[0].startswith("door=roomvox method=POST path=/rooms/<room>/bookings status=201 ms=")
    assert f"token={door.keys['book'][:8]}" in lines[0]
    assert "path=/rooms/<room>/feed/<secret>/calendar.ics status=200" in caplog.text
    for word in (secret, "Merger", "Mallory", "secretsecret", *door.keys.values()):
        assert word not in caplog.text

"""Each of the engine's kinds of refusal, and each fault of HTTP, in Indico's words; and every rule in a sentence."""

import json
from typing import Any

import pytest
from flask import Flask, request

from server.core import errors, rules
from server.core.errors import Barred, Conflict, Full, Invalid, Later, Objection, Refused, Stale, Unknown, Unnamed
from server.dialects.indico.errors import Said, fail
from server.dialects.indico.keys import Stranger
from server.dialects.indico.reasons import CLASH, SENTENCES, WHOLE, message, sentence
from server.dialects.kit.faults import Crash, Lost, TooLarge, WrongMethod
from tests.make import at

CONFLICT = Conflict("oak", at("11:00"), at("12:00"), None, "")
FAILED = "Failed to create the booking: "


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (Said(200, "to must be after from"), 200, "to must be after from"),
        (Stranger("API key is blocked"), 403, "API key is blocked"),
        (Unnamed(missing=True), 403, "API key is missing"),
        (Unnamed(missing=False), 403, "Invalid API key"),
        (Barred("room"), 403, "Access to this resource is restricted."),
        (Invalid({"reason": "is odd"}), 400, "reason: is odd"),
        (Invalid({}), 400, "Invalid request"),
        (Unknown("booking", "x"), 404, "Booking not found"),
        (Refused((), (CONFLICT,)), 409, FAILED + CLASH),
        (Stale(4), 409, "The booking was changed in the meantime"),
        (Later(7), 503, "The server is busy, please try again"),
        (Later(7, too_many=True), 429, "Too many requests"),
        (Full(), 507, "Nothing can be saved: the server's disk is full"),
        (Lost(), 404, "Not found"),
        (WrongMethod(("GET",)), 405, "Method not allowed"),
        (TooLarge(64), 413, "The request has more than 64 bytes"),
        (Crash("id1"), 500, "Internal server error (id1)"),
    ],
)
def test_every_kind_of_refusal_has_its_answer(error: Any, status: int, text: str) -> None:
    with Flask("test").test_request_context("/export/room/Main/1.json"):
        answer = fail(error, request)
    assert (answer.status, json.loads(answer.body)) == (status, {"message": text})


def test_no_kind_of_refusal_is_forgotten() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.LintelError)}
    assert kinds == {Invalid, Unknown, Unnamed, Barred, Refused, Stale, Later, Full, errors.LintelError}


@pytest.mark.parametrize("code", sorted(rules.CODES | set(SENTENCES) | {"brand_new_rule"}))
def test_every_rule_has_a_sentence_with_and_without_its_numbers(code: str) -> None:
    numbers = {"minutes": 7, "days": 7, "most": 7, "used": 7, "seats": 7, "people": 7}
    words = dict.fromkeys(("reason", "roles", "departments", "label", "name", "unit", "per"), "some words")
    for objection in (Objection(code, "oak", {**numbers, **words}), Objection(code, "oak")):
        text = sentence(objection)
        assert text[0].isupper(), text
        assert "{" not in text, text


def test_of_several_objections_the_weightiest_is_told() -> None:
    def told(*codes: str, conflict: bool = False) -> str:
        return message(Refused(tuple(Objection(code, "oak") for code in codes), (CONFLICT,) if conflict else ()))

    assert told("too_long", "in_past") == WHOLE["in_past"]
    assert told("too_long", "closed") == FAILED + CLASH
    assert told("too_long", conflict=True) == FAILED + CLASH
    assert told("inactive", conflict=True) == FAILED + "The room is not active"
    assert told() == FAILED + CLASH

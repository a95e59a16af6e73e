"""Everything around the services: base paths and slashes, CORS, errors of HTTP, bodies that attack, the documents."""

from datetime import timedelta

import pytest
from openapi_spec_validator import validate
from werkzeug.test import Client

from server import compose
from server.core import errors, rules
from server.core.errors import Barred, Conflict, Full, Invalid, Later, Objection, Refused, Stale, Unknown, Unnamed
from server.dialects.librebooking.app import DIALECTS, app
from server.dialects.librebooking.sentences import SENTENCES, sentence
from server.settings import Settings
from tests.dialects.librebooking.door import BASE, HEAD, MOUNT, Door
from tests.make import NOW

STATUS = "/Resources/Status"
ERRORS = "There were errors processing your request"


@pytest.mark.parametrize("path", ["/Accounts/1", "/Accounts/1/", "/Accounts//1//", "/Groups", "/Groups/", "/Users//"])
def test_slashes_do_not_count(shared: Door, path: str) -> None:
    assert shared.ask("GET", path).status_code == 200


@pytest.mark.parametrize("path", ["/accounts/1", "/Nothing", "/Users/1/2/3", "/Users/x", "/Users/-1", "/Groups/1.0",
                                  "/Groups/9999999999999999999999", "/Groups/٣"])  # fmt: skip
def test_what_is_not_there_is_json_404(shared: Door, path: str) -> None:
    answer = shared.ask("GET", path)
    assert (answer.status_code, answer.mimetype) == (404, "application/json")
    assert answer.json["message"]


def test_a_wrong_method_is_405_with_those_that_are_right(shared: Door) -> None:
    answer = shared.ask("PUT", "/Groups/1")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, POST"
    assert answer.json == {"links": [], "message": "Method not allowed"}


@pytest.mark.parametrize("path", ["/Users", "/Reservations/", "/anything"])
def test_browsers_are_told_what_they_may_send(shared: Door, path: str) -> None:
    answer = shared.ask("OPTIONS", path, None)
    assert (answer.status_code, answer.data) == (200, b"")
    for told in (answer, shared.ask("GET", path, None)):
        assert told.headers["Access-Control-Allow-Origin"] == "*"
        assert told.headers["Access-Control-Allow-Headers"] == (
            "origin, x-requested-with, content-type, x-booked-sessiontoken, x-booked-userid"
        )
        assert told.headers["Access-Control-Allow-Methods"] == "PUT, GET, POST, DELETE, OPTIONS"


def test_every_answer_begins_with_links_and_message(either: Door) -> None:
    for path in ("/Users", "/Groups", "/Accounts/1", f"/Users/{either.people['ada'].number}"):
        answer = either.ask("GET", path)
        assert answer.text.startswith('{"links":['), path
        assert answer.headers["Content-Type"] == "application/json"
        assert list(answer.json)[:2] == ["links", "message"]


@pytest.mark.parametrize("data", [b"{", b"[1]", b"null", b"5", b'{"name": NaN}', b'{"name": "a", "name": "b"}',
                                  b"\xff\xfe", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"])  # fmt: skip
def test_a_body_that_is_no_sound_json_is_a_clear_400(shared: Door, data: bytes) -> None:
    answer = shared.ask("POST", "/Groups", data=data)
    assert answer.status_code == 400
    assert (answer.json["message"], len(answer.json["errors"])) == (ERRORS, 1)


def test_a_body_that_is_too_large_is_413(shared: Door) -> None:
    assert shared.ask("POST", "/Groups", data=b" " * (1024 * 1024 + 1)).status_code == 413


def test_an_empty_list_stands_for_an_empty_object(shared: Door) -> None:
    assert shared.errors("/Groups", []) == ["name is required"]


@pytest.mark.parametrize(
    ("raised", "status", "body"),
    [
        (Invalid({"email": "must be an e-mail address", "login": "too long"}), 400,
         {"links": [], "message": ERRORS, "errors": ["emailAddress must be an e-mail address", "userName: too long"]}),
        (Unknown("room", "oak"), 404, {"links": [], "message": "The requested resource was not found"}),
        (Unnamed(missing=True), 401,
         {"links": [{"href": f"{BASE}/Authentication/Authenticate", "title": "login"}],
          "message": "You must be authenticated in order to access this service."}),
        (Refused((Objection("too_short", "oak", {"minutes": 15}), Objection("in_past", "oak")),
                 (Conflict("oak", NOW, NOW + timedelta(hours=1), "u", "Alice"),)), 400,
         {"links": [], "message": ERRORS, "errors": [
             "The reservation must be at least 15 minutes long", "The start date and time cannot be in the past",
             "There are conflicting reservations on the following dates: "
             "2026-06-15T08:00:00+0000 to 2026-06-15T09:00:00+0000 (oak)"]}),
        (Stale(3), 400, {"links": [], "message": ERRORS, "errors": ["It was changed in the meantime"]}),
        (Later(7), 503, {"links": [], "message": "Too busy, please try again"}),
        (Later(7, too_many=True), 429, {"links": [], "message": "Too many requests, please wait a little"}),
        (Full(), 503, {"links": [], "message": "Nothing can be saved: the server's disk is full"}),
    ],
)  # fmt: skip
def test_each_kind_of_refusal_has_its_words(
    shared: Door, monkeypatch: pytest.MonkeyPatch, raised: errors.LintelError, status: int, body: object
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(type(shared.house.engine.groups), "change", refuse)
    answer = shared.ask("POST", "/Groups/1", json={})
    assert (answer.status_code, answer.json) == (status, body)
    assert ("Retry-After" in answer.headers) == (status in (429, 503))


def test_what_somebody_may_not_see_is_401(shared: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Barred("room")

    monkeypatch.setattr(type(shared.house.engine.groups), "seen", refuse)
    assert shared.get("/Groups", status=401) == {
        "links": [],
        "message": "You do not have access to the requested resource",
    }


def test_no_kind_of_refusal_is_left_out() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.LintelError)}
    assert kinds == {Invalid, Unknown, Unnamed, Barred, Refused, Stale, Later, Full, errors.LintelError}


def test_what_nobody_thought_of_is_500_and_tells_nothing(shared: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Merger with Acme")

    monkeypatch.setattr(type(shared.house.engine.groups), "seen", broken)
    answer = shared.ask("GET", "/Groups")
    assert answer.status_code == 500
    assert "Acme" not in answer.text


def test_what_needs_an_administrator_tells_others_to_sign_in(shared: Door) -> None:
    for by in ("alice", "stan", None):
        told = shared.post("/Groups", {"name": "Team"}, by=by, status=401)
        assert told["message"] == "You must be authenticated in order to access this service."


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_rule_has_a_sentence_with_and_without_its_numbers(code: str) -> None:
    names = ("reason", "roles", "label", "why", "name", "unit", "per", "by", "minutes", "days", "most", "seats")
    numbers = dict.fromkeys((*names, "accessory", "least", "left", "used"), "7")
    for told in (sentence(Objection(code, "oak", numbers)), sentence(Objection(code, "oak"))):
        assert "{" not in told
        assert told[0].isupper()


def test_a_rule_without_a_sentence_is_named() -> None:
    assert sentence(Objection("brand_new", "oak")) == "The request was refused: brand_new"


def test_there_are_two_shapes_and_no_third(shared: Door) -> None:
    with pytest.raises(ValueError, match="shape"):
        app(shared.house.engine, shape="other")


def test_the_wires_document_is_valid_and_says_what_secured_routes_ask_for(shared: Door) -> None:
    told = app(shared.house.engine, shape="wire").test_client().get("/openapi.json").json
    validate(told)
    assert set(told["components"]["securitySchemes"]) == {"sessionToken", "userId"}
    assert told["paths"]["/Users"]["get"]["security"] == [{"sessionToken": [], "userId": []}]
    assert "security" not in told["paths"]["/Authentication/Authenticate"]["post"]


def test_the_vendors_own_address_has_the_shape_that_is_wanted(fresh_sqlite: str) -> None:
    served = compose.compose(Settings(database_url=fresh_sqlite, librebooking__shape="wire")).app
    kinds = {}
    for base in ("/Web/Services", "/Web/Services/index.php", "/librebooking/Web/Services/index.php",
                 "/librebooking-wire/Web/Services"):  # fmt: skip
        told = Client(served).get(f"{base}/openapi.json").json
        assert told is not None
        kinds[base] = told["components"]["schemas"]["GroupItem"]["properties"]["id"]["type"]
    assert kinds == {
        "/Web/Services": "string", "/Web/Services/index.php": "string", "/librebooking-wire/Web/Services": "string",
        "/librebooking/Web/Services/index.php": "integer",
    }  # fmt: skip
    assert Client(served).get("/Web/other").json == {"error": "Not found"}


@pytest.mark.parametrize("path", ["/", "", "//"])
def test_the_page_at_the_mount_shows_every_service_in_this_shape(shared: Door, path: str) -> None:
    for shape, number in (("documented", "&quot;id&quot;: 1"), ("wire", "&quot;id&quot;: &quot;1&quot;")):
        client = app(shared.house.engine, shape=shape, public_url=HEAD).test_client()
        told = client.get(path, environ_overrides={"SCRIPT_NAME": MOUNT})
        assert (told.status_code, told.mimetype) == (200, "text/html")
        assert "script" not in told.headers["Content-Security-Policy"]
        assert number in told.text
        for route in DIALECTS[shape].all:
            assert f"{BASE}{route.template}" in told.text


def test_every_rule_of_the_house_has_a_sentence() -> None:
    assert set(SENTENCES) >= rules.CODES

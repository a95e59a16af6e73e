"""The course of a request through the kit: what is checked in which order, and what every answer carries."""

import logging

import pytest
from flask.testing import FlaskClient

from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes, Undeclared
from tests.dialects.kit import toy


@pytest.fixture
def client() -> FlaskClient:
    return toy.app().test_client()


def key(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


def test_every_answer_names_its_request_and_carries_the_dialects_headers(client: FlaskClient) -> None:
    for path, method in (("/things", "GET"), ("/nowhere", "GET"), ("/things", "PUT"), ("/things/broken", "GET")):
        response = client.open(path, method=method, headers=key("r"))
        assert response.headers["X-Toy"] == "yes"
        assert len(response.headers["X-Request-Id"]) == 16
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Type"] == "application/json; charset=utf-8"


def test_refusals_are_in_the_dialects_own_shape(client: FlaskClient) -> None:
    said = {
        ("GET", "/things/x"): (401, "who?"),
        ("GET", "/nowhere"): (404, "where?"),
        ("PUT", "/things"): (405, "how?"),
        ("GET", "/things?limit=0"): (400, "what?"),
    }
    for (method, path), (status, text) in said.items():
        response = client.open(path, method=method)
        assert (response.status_code, response.json["said"]) == (status, text)


def test_who_then_scope_then_gate_then_body(client: FlaskClient) -> None:
    assert client.get("/things/absent").status_code == 401
    assert client.post("/things", data="{", headers=key("r")).status_code == 403
    assert client.get("/things/absent", headers=key("r")).status_code == 404
    assert client.post("/things", json={"name": 1}, headers=key("b")).status_code == 400


def test_a_crash_is_told_by_its_request_and_logged_without_what_it_said(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = client.get("/things/broken", headers={**key("r"), "X-Request-Id": "abc"})
    assert (response.status_code, response.json["said"]) == (500, "sorry abc")
    assert "request=abc crash=RuntimeError at=toy.py:" in caplog.text
    assert "Acme" not in caplog.text


def test_a_line_is_written_for_each_request(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client.get("/picture/hush-hush")
    client.get("/things/x", headers=key("r"))
    client.open("/nowhere", method="EVIL\tMETHOD")
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0].startswith("door=toy method=GET path=/picture/<secret> status=200 ms=")
    assert lines[0].endswith("token=-")
    assert lines[1].endswith("token=key_r")
    assert "path=- status=4" in lines[2]
    assert "hush" not in caplog.text
    assert "EVIL" not in caplog.text


def test_a_good_answer_to_get_can_be_asked_for_again_cheaply(client: FlaskClient) -> None:
    first = client.get("/things")
    assert first.headers["ETag"].startswith('W/"')
    again = client.get("/things", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert "ETag" not in client.get("/nowhere").headers


def test_locations_come_from_the_settings_and_the_mount_never_from_the_host(client: FlaskClient) -> None:
    environ = {"SCRIPT_NAME": "/toy/api", "HTTP_HOST": "evil.example.com"}
    response = client.post("/things", json={"name": "a/b é"}, headers=key("b"), environ_overrides=environ)
    assert response.headers["Location"] == "https://rooms.example.org/toy/api/things/a%2Fb%20%C3%A9"


def test_a_body_over_the_routes_own_limit_is_refused(client: FlaskClient) -> None:
    response = client.post("/things", json={"name": "x" * 2000}, headers=key("b"))
    assert (response.status_code, response.json["said"]) == (413, "over 1000")


def test_options_is_answered_for_browsers_everywhere(client: FlaskClient) -> None:
    response = client.options("/no/such/thing")
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (204, "*")


def test_control_characters_in_a_path_are_nowhere(client: FlaskClient) -> None:
    assert client.get("/things/a%00b", headers=key("r")).status_code == 404
    assert client.get("/things/a%0Ab", headers=key("r")).status_code == 404


def test_an_answer_without_a_body_has_none(client: FlaskClient) -> None:
    response = client.delete("/things/x", headers=key("a"))
    assert (response.status_code, response.data) == (204, b"")


def test_a_route_without_a_scope_does_not_start() -> None:
    more = Routes("more")
    with pytest.raises(Undeclared, match="no scope declared"):

        @more("GET", "/open", summary="Open to all?", answers={200: str})
        def view(desk: toy.Desk, call: Call) -> str:
            return "oops"


@pytest.mark.parametrize("scope", ["", "everyone", "Public"])
def test_a_scope_nobody_knows_does_not_start(scope: str) -> None:
    with pytest.raises(Undeclared):
        Routes("more")("GET", "/open", scope=scope, summary="Open", answers={200: str})(toy.drop)


def test_a_view_that_takes_other_things_than_its_path_does_not_start() -> None:
    with pytest.raises(Undeclared, match="the view takes"):
        Routes("more")("GET", "/open/<other>", scope="read", summary="Open", answers={200: str})(toy.drop)


def test_a_route_declared_twice_does_not_start() -> None:
    with pytest.raises(Undeclared, match="declared twice"):
        toy.app(toy.routes)


def test_a_rule_added_behind_the_declarations_back_is_not_served() -> None:
    app = toy.app()
    app.add_url_rule("/secret", "secret", lambda: "all the money")
    response = app.test_client().get("/secret")
    assert (response.status_code, b"money" in response.data) == (500, False)


def test_an_undeclared_status_is_a_crash_not_an_answer() -> None:
    more = Routes("more")

    @more("GET", "/odd", scope="public", summary="Odd", answers={200: str})
    def odd(desk: toy.Desk, call: Call) -> Answer:
        return Answer("secret", 299)

    response = toy.app(more).test_client().get("/odd")
    assert (response.status_code, b"secret" in response.data) == (500, False)

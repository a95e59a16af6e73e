"""The local page: who may ask, what a wrong tap is told, and what goes out with every answer."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from kiosk.screen import app as app_
from kiosk.screen.app import make_app, read_words
from kiosk.screen.facts import Facts, Look

from .makers import booking
from .rig import Rig

Make = Callable[..., Rig]
SECRET = "s3cret"
HOST = {"Host": "127.0.0.1:8090"}
OURS = HOST | {"Origin": "http://127.0.0.1:8090", "X-Lintel-Secret": SECRET}


def page(it: Rig, *, language: str = "en", **more: Any) -> FlaskClient:
    agent = it.agent
    app = make_app(
        doors=agent.doors,
        perform=agent.acts.perform,
        glass=agent.glass,
        streams=agent.streams,
        facts=Facts(Look(language, 5.2, "light"), elapsed=it.machine.boottime),
        secret=SECRET,
        port=8090,
        **more,
    )
    return app.test_client()


@pytest.fixture
def it(rig: Make) -> Rig:
    return rig(booking("11:30", "12:00", host="</script><b>M. K.", title="Größe"))


@pytest.fixture
def client(it: Rig) -> FlaskClient:
    return page(it)


def book(client: FlaskClient, headers: dict[str, str], body: Any = None) -> Any:
    return client.post("/act", json=body or {"act": "book", "minutes": 15}, headers=headers)


def test_the_state_is_the_view(client: FlaskClient, it: Rig) -> None:
    answer = client.get("/state.json", headers=HOST)
    assert answer.json == it.view()
    assert list(json.loads(answer.data))[:4] == ["state", "sure", "until", "room"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_holds_the_first_view_and_no_names_that_could_run(client: FlaskClient) -> None:
    text = client.get("/", headers=HOST).text
    found = re.search(r'<script type="application/json" id="views">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    assert json.loads(found[1])[0]["next"]["host"] == "</script><b>M. K."
    assert "<b>M. K." not in text
    assert SECRET in text


def test_a_tap_from_our_page_is_done_and_answers_with_the_new_view(client: FlaskClient, it: Rig) -> None:
    answer = book(client, OURS)
    assert answer.status_code == 200
    assert (answer.json["outcome"], answer.json["error"], answer.json["view"]["state"]) == ("done", None, "busy")
    assert answer.json["op"] == it.view()["undo"]["op"]


def test_a_refused_tap_is_an_answer_and_not_an_error(client: FlaskClient, it: Rig) -> None:
    it.unplug()
    it.pass_(8)
    answer = book(client, OURS)
    assert (answer.status_code, answer.json["outcome"], answer.json["op"]) == (200, "refused", None)
    assert answer.json["error"]["code"] == "offline"


HOSTS = [
    "evil.example",
    "evil.example:8090",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.0.0.1:8091",
    "127.0.0.1.evil.example:8090",
    "127.0.0.2:8090",
    "localhost.evil.example:8090",
    "localhost",
    "0.0.0.0:8090",
    "[::]:8090",
    "lintel.local:8090",
    "",
    "127.0.0.1:8090@evil.example",
]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/", "/state.json", "/events", "/static/main.js", "/nowhere"])
def test_any_other_host_name_is_refused_everywhere(client: FlaskClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "barred")


@pytest.mark.parametrize("host", ["127.0.0.1:8090", "localhost:8090", "[::1]:8090", "LOCALHOST:8090"])
def test_loopback_by_any_of_its_names_is_let_in(client: FlaskClient, host: str) -> None:
    assert client.get("/state.json", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_page_may_lead_here_but_not_read_or_hold_anything(client: FlaskClient, site: str) -> None:
    asked = HOST | {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    for path in ("/", "/state.json", "/events", "/static/main.js"):
        assert client.get(path, headers=asked).status_code == 403
    assert client.get("/", headers=asked | {"Sec-Fetch-Mode": "navigate"}).status_code == 200
    assert client.get("/", headers=asked | {"Sec-Fetch-Site": "same-origin"}).status_code == 200


REFUSALS = {
    "no origin": HOST | {"X-Lintel-Secret": SECRET},
    "no secret": HOST | {"Origin": OURS["Origin"]},
    "neither": HOST,
    "a foreign origin": OURS | {"Origin": "http://evil.example"},
    "the null origin": OURS | {"Origin": "null"},
    "another port": OURS | {"Origin": "http://127.0.0.1:8091"},
    "another name of loopback than the host's": OURS | {"Origin": "http://localhost:8090"},
    "https": OURS | {"Origin": "https://127.0.0.1:8090"},
    "an origin that begins like ours": OURS | {"Origin": "http://127.0.0.1:8090.evil.example"},
    "a wrong secret": OURS | {"X-Lintel-Secret": "guess"},
    "an empty secret": OURS | {"X-Lintel-Secret": ""},
    "a longer secret": OURS | {"X-Lintel-Secret": SECRET + "x"},
    "a secret that is not ASCII": OURS | {"X-Lintel-Secret": "sécret"},
    "a foreign host with its own origin": {
        "Host": "evil.example:8090",
        "Origin": "http://evil.example:8090",
        "X-Lintel-Secret": SECRET,
    },
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_tap_from_anywhere_else_is_refused_and_nothing_is_sent(client: FlaskClient, it: Rig, case: str) -> None:
    answer = book(client, REFUSALS[case])
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "barred")
    assert "/device/v1/act" not in it.truth.asked


BAD = [
    ({}, "act"),
    ({"act": "dance"}, "act"),
    ({"act": 1}, "act"),
    ({"act": ["book"]}, "act"),
    ({"act": "book"}, "minutes"),
    ({"act": "book", "minutes": "15"}, "minutes"),
    ({"act": "book", "minutes": True}, "minutes"),
    ({"act": "book", "minutes": 15.0}, "minutes"),
    ({"act": "book", "minutes": 0}, "minutes"),
    ({"act": "book", "minutes": -15}, "minutes"),
    ({"act": "book", "minutes": 1441}, "minutes"),
    ({"act": "book", "minutes": None}, "minutes"),
    ({"act": "book", "minutes": 15, "room": "elm"}, "room"),
    ({"act": "book", "minutes": 15, "op": "x"}, "op"),
    ({"act": "book", "minutes": 15, "end": "soon"}, "end"),
    ({"act": "book", "minutes": 15, "end": "2026-11-20T10:57:00"}, "end"),
    ({"act": "book", "minutes": 15, "end": None}, "end"),
    ({"act": "check_in", "version": 1}, "booking"),
    ({"act": "check_in", "booking": "m"}, "version"),
    ({"act": "check_in", "booking": "m", "version": "1"}, "version"),
    ({"act": "check_in", "booking": "m", "version": -1}, "version"),
    ({"act": "check_in", "booking": "m", "version": 1, "start_now": "yes"}, "start_now"),
    ({"act": "check_in", "booking": "", "version": 1}, "booking"),
    ({"act": "check_in", "booking": "m" * 201, "version": 1}, "booking"),
    ({"act": "extend", "booking": "m", "version": 1}, "minutes"),
    ({"act": "end", "booking": ["m"], "version": 1}, "booking"),
    ({"act": "end", "booking": "m", "version": 1, "minutes": 5}, "minutes"),
    ({"act": "undo"}, "of"),
    ({"act": "undo", "of": "x"}, "of"),
    ({"act": "undo", "of": 5}, "of"),
]


@pytest.mark.parametrize(("body", "field"), BAD, ids=lambda value: json.dumps(value)[:60])
def test_a_wrong_tap_is_told_which_field_is_wrong(client: FlaskClient, it: Rig, body: Any, field: str) -> None:
    answer = client.post("/act", json=body, headers=OURS)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "invalid")
    assert list(answer.json["error"]["fields"]) == [field]
    assert "/device/v1/act" not in it.truth.asked


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"book"', b"\xff\xfe", b"[" * 3000, b"nan"])
def test_what_is_no_json_object_is_a_wrong_tap(client: FlaskClient, content: bytes) -> None:
    answer = client.post("/act", data=content, headers=OURS | {"Content-Type": "application/json"})
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "invalid")


def test_a_form_is_not_a_tap(client: FlaskClient) -> None:
    answer = client.post("/act", data={"act": "book", "minutes": "15"}, headers=OURS)
    assert answer.status_code == 400


def test_a_body_over_four_kilobytes_is_too_large(client: FlaskClient) -> None:
    for size in (4097, 10_000_000):
        answer = client.post("/act", data=b" " * size, headers=OURS | {"Content-Type": "application/json"})
        assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")


def test_every_answer_forbids_what_the_page_does_not_need(client: FlaskClient) -> None:
    for answer in (
        client.get("/", headers=HOST),
        client.get("/state.json", headers=HOST),
        client.get("/nowhere", headers=HOST),
        client.get("/", headers={"Host": "evil.example"}),
        client.get("/static/main.js", headers=HOST),
        client.delete("/act", headers=HOST),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_unknown_paths_and_methods_are_answered_in_the_same_shape(client: FlaskClient) -> None:
    for answer, status in (
        (client.get("/nowhere", headers=HOST), 404),
        (client.get("/act", headers=HOST), 405),
        (client.get("/static/../app.py", headers=HOST), 404),
        (client.post("/state.json", headers=OURS), 405),
    ):
        assert answer.status_code == status
        assert sorted(answer.json["error"]) == ["code", "fields", "message"]


def test_a_fault_of_ours_is_told_without_details(it: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    client = page(it)

    def broken() -> Any:
        raise RuntimeError("planted")

    monkeypatch.setattr(it.agent.panel, "view", broken)
    answer = client.get("/state.json", headers=HOST)
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "fault")
    assert "planted" not in answer.text


def test_a_language_without_a_word_falls_back_to_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "en.json").write_text('{"free": "FREE", "busy": "BUSY"}', "utf-8")
    (tmp_path / "words" / "de.json").write_text('{"free": "FREI"}', "utf-8")
    monkeypatch.setattr(app_, "HERE", tmp_path)
    assert read_words("de") == {"free": "FREI", "busy": "BUSY"}
    assert read_words("tlh") == {"free": "FREE", "busy": "BUSY"}


def test_the_page_says_that_it_paints_and_nobody_else_does(client: FlaskClient, it: Rig) -> None:
    assert client.post("/alive", json={"touch": "good"}, headers=HOST).status_code == 403
    wrongs = ({}, {"touch": "fine"}, [], "good", {"touch": ["good"]})
    ago = [{"touch": "good", "touched_ago": each} for each in ("1", -1, True, 1e10, [])]
    for wrong in (*wrongs, *ago):
        assert client.post("/alive", json=wrong, headers=OURS).status_code == 400
    assert it.agent.glass.seen().ago is None
    assert client.post("/alive", json={"touch": "suspect"}, headers=OURS).status_code == 204
    assert (it.agent.glass.seen().ago, it.agent.glass.seen().touch) == (0, "suspect")
    assert it.agent.glass.seen().touched_ago is None
    client.post("/alive", json={"touch": "good", "touched_ago": 12.7}, headers=OURS)
    it.machine.pass_(3)
    assert it.agent.glass.seen().touched_ago == 15

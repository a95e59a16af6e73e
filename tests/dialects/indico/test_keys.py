"""Who is let in at Indico's door: five modes by what is sent, signatures and their time, tokens, guests."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, request

from server.core.access import CLI, Actor
from server.core.clock import epoch
from server.core.people import Account
from server.dialects.indico.app import app
from server.dialects.indico.desk import Desk, Terms
from server.dialects.indico.keys import Mode, Stranger, who
from server.dialects.kit.rates import Buckets
from tests.dialects.indico.signing import Key, key_of
from tests.make import House, house, opened
from tests.people import person

PATH = "/export/room/Main/1.json"
NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Gate:
    """The house, who asks there, and a key of theirs."""

    house: House
    alice: int
    key: Key
    app: Flask

    @property
    def now(self) -> int:
        return epoch(self.house.clock.now())

    def let_in(self, url: str, *, terms: Terms | None = None, **more: Any) -> str:
        """The label of who is let in, or the status and the text of the refusal."""
        desk = Desk(self.house.engine, terms or Terms())
        with self.app.test_request_context(url, **more):
            try:
                return self.said(who(desk, request))
            except Stranger as no:
                return f"{no.status} {no.text}"

    def said(self, actor: Actor) -> str:
        return "alice" if actor.person == self.alice else actor.label


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with opened(f"sqlite:///{tmp_path_factory.mktemp('keys') / 'lintel.db'}") as store:
        it = house(store)
        alice = person(it, "alice").number
        yield Gate(it, alice, key_of(it, alice, persistent=True), Flask("gate"))


MISSING, UNSIGNED = "403 API key is missing", "403 Signature missing"


@pytest.mark.parametrize(
    ("mode", "nothing", "key_alone"),
    [
        (Mode.KEY, "guest", "alice"),
        (Mode.ONLY_KEY, MISSING, "alice"),
        (Mode.SIGNED, "guest", "guest"),
        (Mode.ONLY_KEY_SIGNED, MISSING, "guest"),
        (Mode.ALL_SIGNED, MISSING, UNSIGNED),
    ],
)
def test_the_mode_says_who_is_let_in(gate: Gate, mode: int, nothing: str, key_alone: str) -> None:
    terms = Terms(mode=mode)
    assert gate.let_in(PATH, terms=terms) == nothing
    for name in ("ak", "apikey"):
        assert gate.let_in(f"{PATH}?{name}={gate.key.ak}", terms=terms) == key_alone
    assert gate.let_in(gate.key.url(PATH, {"limit": "3"}, gate.now), terms=terms) == "alice"
    wrong = f"{PATH}?ak={gate.key.ak}&timestamp={gate.now}&signature={'0' * 40}"
    assert gate.let_in(wrong, terms=terms) == "403 Signature invalid"


@pytest.mark.parametrize(
    ("off", "said"),
    [
        (0, "alice"), (600, "alice"), (-600, "alice"),
        (601, "403 Signature invalid (bad timestamp)"), (-601, "403 Signature invalid (bad timestamp)"),
        (10**40, "403 Signature invalid (bad timestamp)"),
    ],
)  # fmt: skip
def test_a_signature_counts_for_its_time(gate: Gate, off: int, said: str) -> None:
    assert gate.let_in(gate.key.url(PATH, {}, gate.now + off)) == said
    if abs(off) == 600:
        assert "bad timestamp" in gate.let_in(gate.key.url(PATH, {}, gate.now + off), terms=Terms(ttl=599))


def test_one_without_a_time_counts_where_the_house_and_the_key_allow_it(gate: Gate) -> None:
    once = key_of(gate.house, gate.alice)
    refused = "403 Signature invalid (no timestamp)"
    assert gate.let_in(gate.key.url(PATH, {}, None)) == refused
    assert gate.let_in(once.url(PATH, {}, None), terms=Terms(persistent=True)) == refused
    assert gate.let_in(gate.key.url(PATH, {}, None), terms=Terms(persistent=True)) == "alice"
    late = gate.key.url(PATH, {}, gate.now - 601)
    assert "bad timestamp" in gate.let_in(late, terms=Terms(persistent=True)), "a time that is told must be right"
    for written in ("TIMESTAMP=", "Timestamp=&timestamp=", "timestamp=&TimeStamp="):
        begin, value = written.rsplit("&", 1) if "&" in written else ("", written)
        found = late.replace("timestamp=", f"{begin}&{value}" if begin else value)
        said = gate.let_in(found, terms=Terms(persistent=True))
        assert "bad timestamp" in said, "whoever finds one whose time is over cannot take its time away"


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/export/roomName/Main/Room 01.json", {"pretty": "yes"}),
        (PATH, {"bookedfor": "*Klein, M*", "from": "2026-06-15T09:00", "to": "+3d"}),
        (PATH, {"O": "1", "o": "end", "detail": "reservations"}),
        ("/export/roomName/Main/Größe.json", {"bf": "Zoë"}),
    ],
)
def test_what_is_signed_may_hold_anything(gate: Gate, path: str, params: dict[str, str]) -> None:
    assert gate.let_in(gate.key.url(path, params, gate.now), terms=Terms(mode=4)) == "alice"
    for php in (False, True):
        tilde = gate.key.url(path, {**params, "bookedfor": "~ann~"}, gate.now, php=php)
        assert gate.let_in(tilde, terms=Terms(mode=4)) == "alice"


def test_what_was_not_signed_cannot_be_added_or_changed(gate: Gate) -> None:
    url = gate.key.url(PATH, {"limit": "3"}, gate.now)
    assert gate.let_in(f"{url}&to=&_x=") == "alice", "what is empty takes no part"
    for bad in (f"{url}&to=today", url.replace("limit=3", "limit=4"), url.replace("/1.json", "/2.json")):
        assert gate.let_in(bad) == "403 Signature invalid"


def test_the_folder_it_is_mounted_in_may_be_signed_or_not(gate: Gate) -> None:
    terms = Terms(mode=4)
    for path in (PATH, f"/indico{PATH}"):
        asked = gate.key.url(path, {}, gate.now).removeprefix("/indico")
        assert gate.let_in(asked, terms=terms, environ_overrides={"SCRIPT_NAME": "/indico"}) == "alice"
    assert "invalid" in gate.let_in(gate.key.url(f"/other{PATH}", {}, gate.now).removeprefix("/other"), terms=terms)


def test_a_form_is_signed_as_a_query_is(gate: Gate) -> None:
    path = "/api/roomBooking/bookRoom.json"
    form = gate.key.signed(path, {"reason": "A~B & C", "from": "2026-06-15T11:00"}, gate.now)
    assert gate.let_in(path, method="POST", data=form, terms=Terms(mode=4)) == "alice"
    assert "invalid" in gate.let_in(path, method="POST", data={**form, "reason": "D"}, terms=Terms(mode=4))
    assert gate.let_in(f"{path}?{urlencode(form)}", method="POST") == "guest", "a POST is asked by its form"
    assert gate.let_in(path, method="POST", json={"ak": gate.key.ak}) == "guest"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("ak=no-uuid", "400 Malformed API key"),
        (f"ak={'1' * 5_000}", "400 Malformed API key"),
        (f"ak={NOBODY}", "403 Invalid API key"),
        ("ak=&apikey=", "guest"),
        ("oa=yes", "403 Not authenticated"),
        ("onlyauthed=YES", "403 Not authenticated"),
        ("oa=no", "guest"),
        ("ca=yes&csrftoken=x", "guest"),
    ],
)
def test_what_is_sent_instead_of_a_key(gate: Gate, sent: str, said: str) -> None:
    assert gate.let_in(f"{PATH}?{sent}") == said


def test_a_key_is_told_by_its_name_however_it_is_written_and_ak_goes_first(gate: Gate) -> None:
    bare = gate.key.ak.replace("-", "")
    assert gate.let_in(f"{PATH}?ak={bare.upper()}") == "alice"
    assert gate.let_in(f"{PATH}?apikey={NOBODY}&ak={gate.key.ak}") == "alice"
    assert gate.let_in(f"{PATH}?ak={gate.key.ak}&ak={NOBODY}") == "alice"


def test_a_key_that_is_sent_may_still_be_left_aside(gate: Gate) -> None:
    for name in ("op", "onlypublic"):
        assert gate.let_in(f"{PATH}?ak={gate.key.ak}&{name}=yes") == "guest"
    assert gate.let_in(f"{PATH}?ak={gate.key.ak}&op=yes&oa=yes") == "403 Not authenticated"
    assert gate.let_in(f"{PATH}?ak={NOBODY}&op=yes") == "403 Invalid API key"
    assert gate.let_in(PATH, terms=Terms(guests=False)) == "403 Guest access to this resource is forbidden."


def test_keys_that_open_nothing_any_more(gate: Gate) -> None:
    keys = gate.house.engine.api_keys
    shut, gone = key_of(gate.house, gate.alice), key_of(gate.house, gate.alice)
    keys.block(shut.number, CLI, blocked=True)
    keys.revoke(gone.number, CLI)
    assert gate.let_in(f"{PATH}?ak={shut.ak}") == "403 API key is blocked"
    assert gate.let_in(shut.url(PATH, {}, gate.now)) == "403 API key is blocked"
    assert gate.let_in(f"{PATH}?ak={gone.ak}") == "403 Invalid API key"
    bob = person(gate.house, "bob")
    left = key_of(gate.house, bob.number)
    gate.house.engine.people.change(bob.number, CLI, account=Account.INACTIVE)
    assert gate.let_in(f"{PATH}?ak={left.ak}") == "403 Invalid API key"


@pytest.mark.parametrize("at", ["x", "-1", "1.5", "٣", "1" * 70])
def test_a_time_that_is_none_is_said_to_be_none(gate: Gate, at: str) -> None:
    query = urlencode({"ak": gate.key.ak, "timestamp": at, "signature": "0" * 40})
    assert gate.let_in(f"{PATH}?{query}") == "400 timestamp must be whole seconds since 1970"


def test_tokens_are_ours_whatever_they_begin_with(gate: Gate) -> None:
    token, secret = gate.house.engine.tokens.create("display", "read", CLI)
    for sent in (secret, secret.replace("rvx_", "indp_"), secret.replace("rvx_", "indo_")):
        headers = {"Authorization": f"Bearer {sent}"}
        assert gate.let_in(PATH, headers=headers, terms=Terms(mode=4)) == token.prefix
        assert gate.let_in(f"{PATH}?op=yes", headers=headers) == "guest"
    refused = gate.let_in(f"{PATH}?ak={gate.key.ak}", headers={"Authorization": "Bearer indp_no"})
    assert refused == "400 OAuth error: the token is unknown, revoked or expired", "a wrong token is not overlooked"
    assert gate.let_in(f"{PATH}?ak={gate.key.ak}", headers={"Authorization": "Basic eDp5"}) == "alice"


def test_who_acts_is_the_person_with_all_that_they_may_by_this_door(gate: Gate) -> None:
    desk = Desk(gate.house.engine)
    with gate.app.test_request_context(f"{PATH}?ak={gate.key.ak}"):
        actor = who(desk, request)
    assert (actor.person, actor.scope, actor.source, actor.rooms) == (gate.alice, "admin", "indico", None)
    assert (actor.name, actor.label) == (f"key:{gate.key.number}", gate.key.ak[:8])
    with gate.app.test_request_context(PATH, environ_base={"REMOTE_ADDR": "192.0.2.9"}):
        guest = who(desk, request)
    assert guest == replace(guest, name="guest:192.0.2.9", scope="none", rooms=frozenset(), person=None)


def test_nobody_asks_too_often_guests_and_strangers_of_an_address_least(gate: Gate) -> None:
    made = app(gate.house.engine, rates=Buckets(0.001, 2)).test_client()
    path = "/export/roomName/Main/Oak.json"
    mine = {"REMOTE_ADDR": "192.0.2.1"}
    for query in ("", "?ak=x", f"?ak={gate.key.ak}"):
        seen = [made.get(path + query, environ_base=mine) for _ in range(3)]
        assert seen[0].status_code != 429
        assert (seen[2].status_code, seen[2].json) == (429, {"message": "Too many requests"})
        assert int(seen[2].headers["Retry-After"]) > 0
    assert made.get(path, environ_base={"REMOTE_ADDR": "192.0.2.2"}).status_code == 200


def test_the_log_knows_neither_key_nor_signature_nor_what_was_asked(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    made = app(gate.house.engine).test_client()
    with caplog.at_level("DEBUG"):
        made.get(gate.key.url(PATH, {"bookedfor": "Maria"}, gate.now))
        made.post("/api/roomBooking/bookRoom.json", data=gate.key.signed(PATH, {"reason": "Maria"}, gate.now))
    assert "path=/export/room/<location>/<ids>.<kind> status=200" in caplog.text
    assert f"token={gate.key.ak[:8]}\n" in caplog.text
    for secret in (gate.key.ak, gate.key.secret, "signature", "Maria"):
        assert secret not in caplog.text

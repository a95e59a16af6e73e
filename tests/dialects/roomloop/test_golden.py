"""Golden requests and answers, byte by byte, in the order of their names, against one school.

A file is `{"request": …, "answer": …}`, and `"seed"` where RoomLoop's own page has the answer. What nobody can know
before is written <res 1>, <res 2> … (reservations, in the order of their first appearance; <hook 1> and <msg 1> are
webhooks and their messages), <token> and <secret>.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from werkzeug.exceptions import HTTPException

from server.core.access import CLI
from server.dialects.roomloop.app import DIALECT
from server.dialects.roomloop.events import TYPES
from server.dialects.roomloop.google import Google
from server.dialects.roomloop.google_keys import Keys, Read, parsed
from server.dialects.roomloop.limits import Limits
from server.dialects.roomloop.session import SOURCE, fresh
from server.dialects.roomloop.voice import voice
from server.engine import engine_of
from server.engine.hooks import HookTerms
from tests.dialects.roomloop.door import Door
from tests.dialects.roomloop.door import door as door_of
from tests.dialects.roomloop.signing import CLIENT, jwks, token
from tests.make import Clock, house, opened, room

TAGS = ("authentication", "facilities", "reservations", "accounts", "reports", "webhooks")
Names = dict[str, list[str]]
GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.json"))
NOW = datetime(2026, 6, 8, 9, 14, tzinfo=UTC)
NAMED = re.compile(r"(res)_[0-9a-f]{6,12}|(hook)_[A-Za-z0-9]{12}\b|(msg)_[A-Za-z0-9]{24}\b")
SECRETS = {r"rls_[\w-]{43}": "<token>", r"whsec_[A-Za-z0-9+/]{43}=?": "<secret>"}
HEADERS = ("Content-Type", "Location", "WWW-Authenticate", "Allow", "Content-Disposition")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A lab, and a gym that asks for approval; Ada runs the school, Stan its rooms, Alice and Bob teach."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('golden') / 'lintel.db'}") as store:
        it = house(store, Clock(NOW))
        it.engine = engine_of(
            store, it.clock, hooks=HookTerms(voices={"roomloop": voice}, types={"roomloop": lambda: TYPES})
        )
        for slug in ("oak", "elm"):
            it.engine.rooms.remove(slug, CLI)
        lab: dict[str, Any] = {"name": "STEM Lab Alpha", "room_type": "lab", "building": "Science", "capacity": 24}
        it.engine.rooms.add(room("f1", facilities=("fume-hood", "sink"), **lab), CLI)
        it.engine.rooms.add(room("f2", name="Gym", room_type="gym", building="Sports", auto_accept=False), CLI)
        keys = Keys(lambda: Read(parsed(jwks("one")), 3600.0))
        door = door_of(it, google=Google(frozenset({CLIENT}), keys, it.clock), limits=Limits(0, 1))
        door.keys["session"] = it.engine.sign_in.open(door.people["alice"].number, source=SOURCE, make=fresh)[1]
        yield door


@pytest.fixture(scope="module")
def names() -> Names:
    """The reservations, webhooks and messages that were met so far."""
    return {"res": [], "hook": [], "msg": []}


def filled(text: str, names: Names) -> str:
    """A request's text with the names that were met and the token in it."""
    now = int(NOW.timestamp())
    text = text.replace("<id token>", token(iat=now, exp=now + 3600))
    return re.sub(r"<(res|hook|msg) (\d+)>", lambda it: names[it[1]][int(it[2]) - 1], text)


def plain(text: str, names: Names) -> str:
    """An answer's text with what nobody can know before left out."""
    for found in list(NAMED.finditer(text)):
        met, kind = found[0], found[found.lastindex or 0]
        if met not in names[kind]:
            names[kind].append(met)
        text = text.replace(met, f"<{kind} {names[kind].index(met) + 1}>")
    for pattern, shown in SECRETS.items():
        text = re.sub(pattern, shown, text)
    return text


@pytest.mark.parametrize("path", FILES, ids=lambda it: it.stem)
def test_every_answer_is_the_golden_one_to_the_byte(path: Path, school: Door, names: Names) -> None:
    it = json.loads(path.read_text(encoding="utf-8"))
    asked = json.loads(filled(json.dumps(it["request"]), names))
    sent: dict[str, Any] = {"json": asked["body"]} if "body" in asked else {}
    if "file" in asked:
        sent = {"data": {"file": (BytesIO(asked["file"].encode()), "accounts.csv")}}
    headers = {"X-Request-Id": "golden"}
    answer = school.ask(asked["method"], asked["path"], asked.get("by"), headers=headers, **sent)
    wanted = it["answer"]
    body = wanted.get("body")
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    assert plain(answer.text, names) == ("" if body is None else text)
    there = {name: plain(answer.headers[name], names) for name in HEADERS if name in answer.headers}
    assert (answer.status_code, there) == (wanted["status"], wanted["headers"])
    if "seed" in it:
        assert list(answer.json)[: len(it["seed"])] == list(it["seed"])
        assert {name: plain(json.dumps(answer.json[name]), names) for name in it["seed"]} == {
            name: re.sub(r"res_\w+", "<res 1>", json.dumps(value)) for name, value in it["seed"].items()
        }


def test_every_route_has_a_golden_answer(school: Door) -> None:
    met = set()
    for path in FILES:
        asked = json.loads(path.read_text(encoding="utf-8"))["request"]
        with suppress(HTTPException):
            urls = school.app.url_map.bind("")
            met.add(urls.match(asked["path"].partition("?")[0], method=asked["method"], return_rule=True)[0].endpoint)
    assert {f"{it.method} {it.path}" for it in DIALECT.all if it.tag in TAGS} <= met

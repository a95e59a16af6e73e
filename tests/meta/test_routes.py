"""The doors as a whole: every URL has one owner, every route is declared and documented."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from openapi_spec_validator import validate

from server.dialects import MOUNTS
from server.dialects.indico.app import DIALECT as INDICO
from server.dialects.indico.app import app as indico
from server.dialects.kit.app import Dialect
from server.dialects.kit.route import SCOPES
from server.dialects.librebooking.app import DIALECTS as LIBREBOOKING
from server.dialects.librebooking.app import app as librebooking
from server.dialects.librebooking.feeds import DIALECT as FEEDS
from server.dialects.librebooking.feeds import app as feeds
from server.dialects.roomloop.app import DIALECT as ROOMLOOP
from server.dialects.roomloop.app import app as roomloop
from server.dialects.roomloop.desk import Desk as RoomLoopDesk
from server.dialects.roomvox.app import DIALECT as ROOMVOX
from server.dialects.roomvox.app import app as roomvox
from server.engine import Engine
from tests.make import house, opened
from tests.meta.tree import ROOT


class Door(NamedTuple):
    """A dialect, how its app is made, and the page that describes it."""

    dialect: Dialect[Any]
    app: Callable[[Engine], Flask]
    manual: str


DOORS = {
    "roomvox": Door(ROOMVOX, roomvox, "docs/api-roomvox.md"),
    "indico": Door(INDICO, indico, "docs/api-indico.md"),
    "librebooking": Door(LIBREBOOKING["documented"], librebooking, "docs/api-librebooking.md"),
    "librebooking-feeds": Door(FEEDS, feeds, "docs/api-librebooking-feeds.md"),
    "roomloop": Door(ROOMLOOP, lambda engine: roomloop(RoomLoopDesk(engine)), "docs/api-roomloop.md"),
}
ROW = re.compile(r"^\| `([A-Z]+ /[^`]*)` \|", re.MULTILINE)
"""A route in a table of a manual."""


def test_no_two_rows_claim_a_path() -> None:
    claims = [row.claim.rstrip("/") for row in MOUNTS]
    assert [claim for claim in set(claims) if claims.count(claim) > 1] == []


def test_every_row_is_a_plain_path_and_its_root_lies_above_it() -> None:
    for row in MOUNTS:
        assert row.claim.startswith("/"), row
        assert "//" not in row.claim, row
        assert row.root is None or row.claim.startswith(row.root), row


def test_native_rows_have_an_always_on_twin() -> None:
    always = {row.app for row in MOUNTS if not row.native}
    assert {row.app for row in MOUNTS if row.native} <= always


@pytest.mark.parametrize("name", DOORS)
def test_every_rule_of_an_app_is_a_declared_route_with_a_scope(name: str, fresh_sqlite: str) -> None:
    door = DOORS[name]
    with opened(fresh_sqlite) as store:
        app = door.app(house(store).engine)
        rules = {rule.endpoint for rule in app.url_map.iter_rules()}
        validate(app.test_client().get("/openapi.json").json)
    declared = {f"{route.method} {route.path}" for route in door.dialect.all}
    front = {"GET /"} if door.dialect.front is not None else set()
    assert rules - declared == {"GET /openapi.json", "GET /docs"} | front
    assert declared <= rules
    assert {route.scope for route in door.dialect.all} <= set(SCOPES)


@pytest.mark.parametrize("name", DOORS)
def test_every_view_is_small(name: str) -> None:
    views = [route.view for route in DOORS[name].dialect.all]
    assert {view.__name__: lines for view in views if (lines := _body(inspect.getsource(view))) > 15} == {}


def _body(source: str) -> int:
    """Lines from `def` on."""
    lines = source.splitlines()
    return len(lines) - next(n for n, line in enumerate(lines) if line.lstrip().startswith("def "))


@pytest.mark.parametrize("name", DOORS)
def test_every_route_field_and_parameter_is_in_the_manual_and_nothing_else_is(name: str) -> None:
    it = DOORS[name].dialect
    text = Path(ROOT, DOORS[name].manual).read_text(encoding="utf-8")
    served = {f"{route.method} {route.template}" for route in it.all}
    assert set(ROW.findall(text)) == served
    missing = []
    for route in it.all:
        for model in (route.query, route.body):
            for field, info in model.model_fields.items() if model else ():
                if f"`{info.alias or field}`" not in text:
                    missing.append(f"{route.method} {route.template}: {info.alias or field}")
    assert missing == []


def test_every_mount_is_in_the_manual() -> None:
    text = Path(ROOT, "docs/dialects.md").read_text(encoding="utf-8")
    quiet = {"neutral", "console"}
    assert [row.claim for row in MOUNTS if row.app not in quiet and f"`{row.claim}`" not in text] == []

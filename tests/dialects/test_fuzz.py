"""Generated requests against the whole server: no crash, no undocumented status, no answer outside its schema."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from server import compose
from server.core.access import CLI
from server.core.model import Room
from server.settings import Settings

pytestmark = pytest.mark.timeout(300)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
]
CASES = int(os.environ.get("FUZZ_CASES", "50"))
MOUNTS = {"/roomvox/api/v1": CASES, "/roomvox-wire/api/v1": CASES // 5, "/device/v1": CASES}
"""Requests an operation; the wire's words are one table beside the same code."""


def fuzz(operation: Any, headers: dict[str, str], cases: int) -> int:
    """Sends that many generated requests of one operation; returns how many it were."""
    sent = 0

    @settings(max_examples=cases, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        nonlocal sent
        if "room" in (case.path_parameters or {}):
            case.path_parameters["room"] = "oak"  # a generated room is never there, and a 404 tries nothing
        case.call_and_validate(headers=headers, checks=CHECKS)
        sent += 1

    one()
    return sent


def fuzzed(mount: str, folder: Path, cases: int) -> dict[str, int]:
    """A whole server with two rooms, every operation of the mount tried; returns the requests sent by operation."""
    lintel = compose.compose(Settings(database_url=f"sqlite:///{folder / 'lintel.db'}", rate=0))
    for name in ("oak", "elm"):
        lintel.engine.rooms.add(Room(0, name, name.capitalize(), "Europe/Berlin"), CLI)
    _, secret = lintel.engine.tokens.create("fuzz", "admin", CLI)
    schema = schemathesis.openapi.from_wsgi(f"{mount}/openapi.json", lintel.app)
    operations = [found.ok() for found in schema.get_all_operations()]
    tried = {it.label: fuzz(it, {"Authorization": f"Bearer {secret}"}, cases) for it in operations}
    print(json.dumps({"gate": "fuzz", "mount": mount, "cases": sum(tried.values()), "operations": len(tried)}))
    return tried


@pytest.mark.heavy
@pytest.mark.parametrize("mount", MOUNTS)
def test_no_generated_request_breaks_the_server(mount: str, tmp_path: Path) -> None:
    assert min(fuzzed(mount, tmp_path, MOUNTS[mount]).values()) > 0


@pytest.mark.soak
@pytest.mark.parametrize("mount", MOUNTS)
def test_nor_does_any_of_very_many(mount: str, tmp_path: Path) -> None:
    assert min(fuzzed(mount, tmp_path, 40 * CASES).values()) > 0

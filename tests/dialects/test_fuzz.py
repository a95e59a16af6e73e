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
from tests.dialects.librebooking import fuzzing as librebooking
from tests.dialects.roomloop import fuzzing as roomloop

pytestmark = pytest.mark.timeout(300)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
]
CASES = int(os.environ.get("FUZZ_CASES", "50"))
MOUNTS = {
    "/roomvox/api/v1": CASES,
    "/roomvox-wire/api/v1": CASES // 5,
    "/device/v1": CASES,
    "/indico": CASES * 9 // 4,
    "/roomloop/v1": CASES * 7 // 10,
    "/librebooking/Web/Services": CASES * 2 // 5,
    "/librebooking-wire/Web/Services": CASES * 2 // 5,
}
"""Requests an operation; the wire's words are one table beside the same code. Of a door with few of them a thousand."""
HERE = ("/roomvox/api/v1", "/roomvox-wire/api/v1", "/indico")
"""Those of this file; the others are in test_fuzz_more.py, so that two processes share them."""
SOAKED = {
    "/indico": 560, "/roomloop/v1": 175, "/librebooking/Web/Services": 100, "/librebooking-wire/Web/Services": 100,
}  # fmt: skip
"""The same where there are very many: five thousand; of doors that are ours, forty times as many."""
UNASKED = {"/indico": {ignored_auth}}
"""Checks that a mount fails as it is meant to: at Indico's a wrong token is a 400 (test_matrix.py asks everybody)."""
THERE = {"room": "oak", "location": "Main", "locations": "Main", "ids": "1-2", "name": "o"}
KINDS = ("json", "jsonp", "xml", "ics")


def fuzz(operation: Any, headers: dict[str, str], cases: int, checks: list[Any], there: dict[str, str]) -> int:
    """Sends that many generated requests of one operation; `there`: variables of paths. Returns how many it were."""
    sent = 0

    @settings(max_examples=cases, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        nonlocal sent
        # What is generated is never there, and a 404 tries nothing.
        given = case.path_parameters or {}
        given |= {name: value for name, value in there.items() if name in given}
        given |= {"kind": KINDS[sent % 4]} if "kind" in given else {}
        if isinstance(case.body, dict) and isinstance(case.body.get("facility_id"), str) and sent % 4:
            case.body["facility_id"] = "oak"
        librebooking.mended(case.operation.path, case.body, sent)
        case.call_and_validate(headers=headers, checks=checks)
        sent += 1

    one()
    return sent


def fuzzed(mount: str, folder: Path, cases: int) -> dict[str, int]:
    """A whole server with two rooms, every operation of the mount tried; returns the requests sent by operation."""
    unbounded: dict[str, Any] = {"rate": 0, "roomloop__rate": 0, "roomloop__allow_http": True}
    lintel = compose.compose(Settings(database_url=f"sqlite:///{folder / 'lintel.db'}", **unbounded))
    for name in ("oak", "elm"):
        lintel.engine.rooms.add(Room(0, name, name.capitalize(), "Europe/Berlin"), CLI)
    _, secret = lintel.engine.tokens.create("fuzz", "admin", CLI)
    headers, there = {"Authorization": f"Bearer {secret}"}, THERE
    if mount == "/roomloop/v1":
        headers, there = roomloop.prepared(lintel.engine)
    if mount.startswith("/librebooking"):
        headers, there = librebooking.prepared(lintel.engine)
    schema = schemathesis.openapi.from_wsgi(f"{mount}/openapi.json", lintel.app)
    operations = sorted((found.ok() for found in schema.get_all_operations()), key=lambda it: it.method == "delete")
    checks = [check for check in CHECKS if check not in UNASKED.get(mount, ())]
    tried = {it.label: fuzz(it, headers, cases, checks, there) for it in operations}
    print(json.dumps({"gate": "fuzz", "mount": mount, "cases": sum(tried.values()), "operations": len(tried)}))
    return tried


@pytest.mark.heavy
@pytest.mark.parametrize("mount", HERE)
def test_no_generated_request_breaks_the_server(mount: str, tmp_path: Path) -> None:
    assert min(fuzzed(mount, tmp_path, MOUNTS[mount]).values()) > 0


@pytest.mark.soak
@pytest.mark.parametrize("mount", HERE)
def test_nor_does_any_of_very_many(mount: str, tmp_path: Path) -> None:
    assert min(fuzzed(mount, tmp_path, SOAKED.get(mount, 40 * CASES)).values()) > 0

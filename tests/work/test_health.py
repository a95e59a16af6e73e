"""What the server says of itself: that it lives, whether all is well, and its figures."""

import logging
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import Client

from server import compose
from server.compose import Lintel
from server.core.access import CLI
from server.core.errors import Later
from server.core.model import Room
from server.dialects.kit.meter import MOST, Meter
from server.engine import vitals
from server.health import SETTLED, Aside, Checks
from server.settings import Settings, load
from tests import make


@pytest.fixture
def lintel(fresh_sqlite: str) -> Iterator[Lintel]:
    it = compose.compose(Settings(database_url=fresh_sqlite, rate=0), clock=make.Clock())
    it.engine.rooms.add(Room(0, "oak", "Oak", make.BERLIN), CLI)
    yield it
    it.engine.store.close()


def figures(text: str) -> dict[tuple[str, ...], float]:
    """Each figure by its name and the values of its labels, in the order of the labels' names."""
    samples = (it for family in text_string_to_metric_families(text) for it in family.samples)
    return {(it.name, *it.labels.values()): it.value for it in samples}


def token(lintel: Lintel, scope: str = "admin", *rooms: str) -> dict[str, str]:
    _, secret = lintel.engine.tokens.create("key", scope, CLI, rooms=rooms)
    return {"Authorization": f"Bearer {secret}"}


def test_a_server_that_lives_says_so_whatever_else_is(lintel: Lintel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(lintel.engine.store), "pending", _gone)
    answer = Client(lintel.app).get("/healthz")
    assert (answer.status_code, answer.text) == (200, "alive\n")


def _gone(*_: object) -> None:
    raise Later(1)


def test_a_server_is_ready_while_all_is_well(lintel: Lintel) -> None:
    assert Client(lintel.app).get("/readyz").text == "ready\n"


def test_a_server_whose_database_is_away_is_not_ready(lintel: Lintel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(lintel.engine.store), "pending", _gone)
    answer = Client(lintel.app).get("/readyz")
    assert (answer.status_code, answer.text) == (503, "the database does not answer\n")


def test_rounds_are_missed_only_once_there_was_time_for_them(lintel: Lintel) -> None:
    seconds = [0.0]
    checks = Checks(lintel.engine, monotonic=lambda: seconds[0])
    assert checks.found() == []
    checks.begin()
    assert checks.found() == []
    seconds[0] = SETTLED
    assert checks.found() == [("work", "nobody makes the rounds")]
    lintel.engine.alive.beat()
    assert checks.found() == []


def test_a_clock_that_was_set_back_makes_it_unready(lintel: Lintel) -> None:
    lintel.engine.alive.beat()
    clock = lintel.engine.clock
    assert isinstance(clock, make.Clock)
    clock.forward(hours=-1)
    lintel.engine.alive.look()
    assert ("clock", "the clock is not to be trusted") in Checks(lintel.engine).found()


def test_a_full_disk_makes_it_unready(lintel: Lintel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.health.free", lambda folder: vitals.FULL - 1)
    assert Checks(lintel.engine, tmp_path).found() == [("disk", "the disk is full")]


def test_figures_are_for_administrators_of_the_whole_house(lintel: Lintel) -> None:
    client = Client(lintel.app)
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer rvx_wrong"}).status_code == 401
    assert client.get("/metrics", headers=token(lintel, "book")).status_code == 403
    assert client.get("/metrics", headers=token(lintel, "admin", "oak")).status_code == 403
    assert client.get("/metrics", headers=token(lintel)).status_code == 200


def test_each_answer_is_counted_once_by_its_template_also_one_that_was_kept(lintel: Lintel) -> None:
    client, key = Client(lintel.app), token(lintel)
    for _ in range(3):
        assert client.get("/roomvox/api/v1/rooms/oak/status", headers=key).status_code == 200
    assert client.get("/roomvox/api/v1/rooms/elm/status", headers=key).status_code == 404
    assert client.get("/sign-in").status_code == 200
    found = figures(client.get("/metrics", headers=key).text)
    path = "/rooms/<room>/status"
    counts = {it[1:]: value for it, value in found.items() if it[0] == "lintel_request_seconds_count"}
    assert counts["roomvox", "GET", path, "200"] == 3
    assert counts["roomvox", "GET", path, "404"] == 1
    assert counts["console", "GET", "/sign-in", "200"] == 1
    assert found["lintel_request_seconds_bucket", "roomvox", "+Inf", "GET", path, "200"] == 3


def test_figures_tell_what_waits_and_how_far_the_feed_is(lintel: Lintel) -> None:
    panel, _ = lintel.engine.devices.add("Panel", CLI, rooms=("oak",))
    found = figures(Client(lintel.app).get("/metrics", headers=token(lintel)).text)
    assert found["lintel_database_up",] == 1
    assert found["lintel_panels", "dark"] == 1
    assert found["lintel_panels", "online"] == 0
    assert found["lintel_devices", "never_heard"] == 1
    assert found["lintel_devices", "good"] == 0
    assert found["lintel_deliveries", "parked"] == 0
    assert found["lintel_feed_head",] > 0
    assert found["lintel_size_bytes", "database"] > 0
    assert found["lintel_write_wait_seconds_count",] > 0
    assert found["lintel_disk_free_bytes",] > 0
    assert panel.name not in str(found)


def test_what_the_process_knows_is_told_also_without_the_database(
    lintel: Lintel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.engine.vitals.Looking.now", _gone)
    found = figures(lintel.metrics.text().decode())
    assert found["lintel_database_up",] == 0
    assert ("lintel_write_wait_seconds_count",) in found


def test_sweeps_are_counted_and_each_run_has_a_name_in_the_log(
    lintel: Lintel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    lintel.work.prepare()
    found = figures(lintel.metrics.text().decode())
    assert found["lintel_sweep_runs_total", "done", "zones"] == 1
    assert found["lintel_sweep_runs_total", "failed", "zones"] == 0
    assert re.search(r"sweep=zones run=[0-9a-f]{16} ms=", caplog.text)


def test_the_loopback_address_of_the_figures_asks_for_no_token(lintel: Lintel) -> None:
    aside = Aside("127.0.0.1:0", lambda: (lintel.metrics.text(), "text/plain"))
    aside.start()
    try:
        at = f"http://127.0.0.1:{aside.port}"
        assert "lintel_database_up 1.0" in requests.get(f"{at}/metrics", timeout=10).text
        assert requests.get(f"{at}/", timeout=10).status_code == 404
    finally:
        aside.stop()


@pytest.mark.parametrize("address", ["0.0.0.0:9464", "192.0.2.1:9464", "9464", "localhost"])
def test_the_figures_are_put_on_no_address_that_others_reach(tmp_path: Path, address: str) -> None:
    found = load(tmp_path, environment={"LINTEL_METRICS_LISTEN": address})
    assert [it.name for it in found.complaints] == ["metrics.listen"]


def test_kinds_of_requests_are_bounded_whatever_is_asked() -> None:
    meter = Meter()
    for number in range(MOST + 500):
        meter.took("roomvox", "GET", f"/{number}", 200, 0.01)
    meter.took("roomvox", "BREW!" * 1_000, "-", 200, 0.01)
    kinds = {kind for kind, _, _ in meter.rows()}
    assert len(kinds) == MOST + 1
    assert sum(sum(counts) for _, counts, _ in meter.rows()) == MOST + 501
    assert all(len(method) < 8 for _, method, _, _ in kinds)


def test_nobody_uses_the_kinds_up_with_methods_of_their_own_making() -> None:
    meter = Meter()
    for method in ("GET", "POST", *("".join(letters) for letters in product("QRSTUVWXYZ", repeat=4))):
        meter.took("neutral", method, "-", 404, 0.01)
    assert {kind for kind, _, _ in meter.rows()} == {
        ("neutral", method, "-", 404) for method in ("GET", "POST", "other")
    }


@pytest.mark.parametrize(
    "path", ["/roomvox/api/v1/rooms/none", "/device/v1/feed", "/sign-in", "/nothing", "/v1/nothing"]
)
def test_every_answer_says_which_request_it_is_to(lintel: Lintel, path: str) -> None:
    answer = Client(lintel.app).get(path, headers={"X-Request-Id": "abc-1"})
    assert answer.headers["X-Request-Id"] == "abc-1"
    assert Client(lintel.app).get(path, headers={"X-Request-Id": "a b\tc"}).headers["X-Request-Id"] != "a b\tc"

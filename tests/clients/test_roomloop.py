"""A client that knows only RoomLoop's page, at a server as it really runs: from Google's sign-in to the webhook.

The keys that Google signs with are served here, over http; those of people are made by the command.
"""

import csv
import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest
from standardwebhooks import Webhook

from server.core.access import CLI
from server.core.people import Person, Role
from server.settings import environment
from tests.clients.roomloop import Refused, RoomLoop
from tests.dialects.roomloop.signing import CLIENT, jwks, token
from tests.make import House, house, opened, room
from tests.processes import start_server, stop
from tests.work.receivers import Receiver, receiving

pytestmark = pytest.mark.heavy


class School(NamedTuple):
    """A running server, Ada's key, who runs it, and Alice's, who teaches; who listens to its webhooks, and its data."""

    base: str
    ada: str
    alice: str
    receiver: Receiver
    folder: Path


def furnished(it: House) -> None:
    """A lab and a gym that asks for approval, Ada who runs the house, and Alice who teaches."""
    for slug in ("oak", "elm"):
        it.engine.rooms.remove(slug, CLI)
    lab = room("f1", name="STEM Lab Alpha", room_type="lab", building="Science", facilities=("sink",), capacity=24)
    it.engine.rooms.add(lab, CLI)
    it.engine.rooms.add(room("f2", name="Gym", room_type="gym", building="Sports", auto_accept=False), CLI)
    it.engine.people.add(Person(0, "ada@example.org", "", "Ada", "Head", role=Role.ADMIN), CLI)
    it.engine.people.add(Person(0, "alice@example.org", "", "Alice", "Adams", department="Science"), CLI)


def lintel(folder: Path, *arguments: str) -> str:
    """What the command prints, at the house whose data are in the folder."""
    command = [sys.executable, "-m", "server", *arguments, "--data", str(folder)]
    env = environment(LINTEL_DATABASE_URL=f"sqlite:///{folder / 'lintel.db'}")
    return subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True, text=True).stdout


def key_of(email: str, folder: Path) -> str:
    """A key of somebody's, as whoever runs the house makes it."""
    key: str = json.loads(lintel(folder, "key", "create", "--person", email, "--kind", "roomloop", "--json"))["key"]
    assert key.startswith("sk_live_")
    return key


@contextmanager
def google(*names: str) -> Iterator[str]:
    """Where Google tells the keys of these names, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(jwks(*names))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/certs"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def school(folder: Path, port: int) -> Iterator[School]:
    """The server, its settings in its folder, until the end of the block."""
    url = f"sqlite:///{folder / 'lintel.db'}"
    with opened(url) as store:
        furnished(house(store))
    ada, alice = (key_of(f"{name}@example.org", folder) for name in ("ada", "alice"))
    with receiving() as receiver, google("one") as certs:
        told = f'[hooks]\nallow = "127.0.0.0/8"\nports = "{receiver.port}"\nhttp = true\n'
        told += f'[roomloop]\ngoogle_clients = "{CLIENT}"\ngoogle_keys = "{certs}"\n'
        (folder / "lintel.toml").write_text(told, encoding="utf-8")
        process = start_server(url, folder, port)
        try:
            yield School(f"http://127.0.0.1:{port}", ada, alice, receiver, folder)
        finally:
            stop(process)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[School]:
    with school(tmp_path_factory.mktemp("school"), free_port()) as it:
        yield it


def refused(*call: object) -> tuple[int, str, str]:
    act, *args = call
    with pytest.raises(Refused) as found:
        act(*args)  # type: ignore[operator]
    return found.value.status, found.value.code, found.value.rule


def lesson_day(week: int = 0) -> str:
    """A Wednesday, at least a week ahead, or so many weeks after that."""
    day = date.today() + timedelta(days=8, weeks=week)
    return (day + timedelta(days=(2 - day.weekday()) % 7)).isoformat()


def test_a_teacher_signs_in_reserves_and_the_school_hears_of_it(there: School) -> None:
    now, day = int(time.time()), lesson_day()
    head = RoomLoop(there.base, there.ada)
    secret = head.register(there.receiver.url, "reservation.*", "account.*")["secret"]
    alice = RoomLoop(there.base)
    assert refused(alice.facilities) == (401, "unauthorized", "")
    assert refused(alice.sign_in, token(iat=now - 7200, exp=now - 3600)) == (401, "unauthorized", "")
    assert refused(alice.sign_in, token(by="two", iat=now, exp=now + 3600)) == (401, "unauthorized", "")
    assert refused(alice.sign_in, token(sub="2", email="eve@example.org", iat=now, exp=now + 60))[:2] == (
        403, "forbidden",
    )  # fmt: skip
    alice.sign_in(token(iat=now, exp=now + 3600))
    (lab,) = alice.facilities(type="lab", building="Science", status="available")
    assert (lab["id"], alice.facility("f1")["amenities"], lab["capacity"]) == ("f1", ["sink"], 24)
    assert refused(alice.update_facility, "f1")[:2] == (403, "forbidden")
    made, game = _reserved(alice, head, day)
    there.receiver.wait_for(4)
    assert refused(alice.delete, game["id"])[:2] == (403, "forbidden")
    head.delete(game["id"])
    there.receiver.wait_for(5)
    heard = [Webhook(secret).verify(body, headers) for headers, body in there.receiver.got]
    assert {it["type"] for it in heard} == {
        "reservation.created", "reservation.confirmed", "reservation.cancelled", "reservation.deleted",
    }  # fmt: skip
    (created,) = [it for it in heard if it["type"] == "reservation.created" and it["data"]["id"] == made["id"]]
    shared = ("id", "facility", "date", "slots", "created_at")
    assert {name: created["data"][name] for name in shared} == {name: made[name] for name in shared}
    alice.sign_out()
    assert refused(alice.facilities) == (401, "unauthorized", "")


def _reserved(alice: RoomLoop, head: RoomLoop, day: str) -> tuple[Any, Any]:
    """A reservation that is cancelled in the end, and one that is confirmed; between them some that are refused."""
    assert {2, 3} <= set(alice.free_slots("f1", day))
    made = alice.reserve("f1", day, 2, 3, "Grade 10 Chemistry — titration lab")
    assert made["status"] == "confirmed"
    assert made["facility"] == {"id": "f1", "name": "STEM Lab Alpha"}
    assert (made["date"], made["slots"]) == (day, ["10:00–10:50", "11:00–11:50"])
    assert refused(head.reserve, "f1", day, 3, 4, "Physics") == (409, "slot_conflict", "R-03")
    assert not {2, 3} & set(head.free_slots("f1", day))
    assert refused(alice.reserve, "f1", "2020-01-08", 2, 3, "Late")[:2] == (422, "rule_violation")
    assert refused(alice.reserve, "f1", "soon", 2, 3, "When")[:2] == (400, "validation_error")
    game = alice.reserve("f2", day, 5, 5, "Basketball")
    assert game["status"] == "pending"
    with pytest.raises(Refused, match="403 forbidden"):
        alice.change(game["id"], status="confirmed")
    assert head.change(game["id"], status="confirmed")["status"] == "confirmed"
    assert [it["id"] for it in alice.reservations(facility_id="f1", since=day, to=day)] == [made["id"]]
    rows = list(csv.DictReader(io.StringIO(head.download("/v1/reports/export.csv", **_range(day)).decode("utf-8-sig"))))
    assert {it["id"] for it in rows} >= {made["id"], game["id"]}
    page = openpyxl.load_workbook(io.BytesIO(head.download("/v1/reports/export.xlsx", **_range(day)))).active
    assert page is not None
    told = {row[0].value: {name.value: it.value for name, it in zip(page[1], row, strict=True)} for row in page}
    assert told[made["id"]]["starts_at"] == datetime.fromisoformat(f"{day} 10:00")
    assert told[made["id"]]["purpose"] == "Grade 10 Chemistry — titration lab"
    assert alice.change(made["id"], status="cancelled")["status"] == "cancelled"
    assert {2, 3} <= set(head.free_slots("f1", day))
    return made, game


def _range(day: str) -> dict[str, str]:
    return {"from": day, "to": day}


def test_a_school_provisions_its_teachers_one_by_one_and_by_file(there: School) -> None:
    head = RoomLoop(f"{there.base}/roomloop", there.ada)
    head.provision(name="Zoë Klein", email="zoe@example.org", department="Music")
    assert [it["email"] for it in head.accounts(department="Music")] == ["zoe@example.org"]
    head.bulk(b"name,email,department,role\nBo Ek,bo@example.org,Arts,teacher\n")
    exported = head.download("/v1/accounts/export")
    assert b"bo@example.org" in exported
    head.bulk(exported)
    assert head.download("/v1/accounts/export") == exported
    rows = csv.reader(io.StringIO(exported.decode()))
    saved = io.StringIO(newline="")  # as Excel saves it in a country of commas in numbers
    csv.writer(saved, delimiter=";").writerows(rows)
    assert head.bulk(b"\xef\xbb\xbf" + saved.getvalue().encode())["unchanged"] == 4
    assert head.download("/v1/accounts/export") == exported


def test_a_key_opens_both_addresses_and_they_are_one_school(there: School) -> None:
    day = lesson_day(week=1)
    here, beside = RoomLoop(there.base, there.alice), RoomLoop(f"{there.base}/roomloop", there.alice)
    made = here.reserve("f1", day, 6, 6, "Lab")
    assert made["user"]["name"] == "Alice Adams"
    assert refused(beside.reserve, "f1", day, 6, 6, "Lab") == (409, "slot_conflict", "R-03")
    assert beside.change(made["id"], status="cancelled")["status"] == "cancelled"
    assert beside.reserve("f1", day, 6, 6, "Lab")["id"] in {it["id"] for it in here.reservations(facility_id="f1")}
    assert refused(beside.accounts)[:2] == (403, "forbidden")
    (alices,) = json.loads(lintel(there.folder, "key", "list", "--person", "alice@example.org", "--json"))
    lintel(there.folder, "key", "revoke", str(alices["number"]))
    assert refused(here.facilities) == refused(beside.facilities) == (401, "unauthorized", "")

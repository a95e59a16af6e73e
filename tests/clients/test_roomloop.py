"""A client that knows only RoomLoop's page, at a server as it really runs: from Google's sign-in to the webhook."""

import csv
import io
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from standardwebhooks import Webhook

from server.core.access import CLI
from server.core.people import Person, Role
from tests.clients.roomloop import Refused, RoomLoop
from tests.dialects.roomloop.signing import CLIENT, jwks, token
from tests.make import House, house, opened, room
from tests.processes import start_server, stop
from tests.work.receivers import Receiver, receiving

pytestmark = pytest.mark.heavy


class School(NamedTuple):
    """A running server, an administrator's key, and who listens to its webhooks."""

    base: str
    key: str
    receiver: Receiver


def furnished(it: House) -> str:
    """A lab and a gym that asks for approval, Alice who teaches, and Ada's key."""
    for slug in ("oak", "elm"):
        it.engine.rooms.remove(slug, CLI)
    lab = room("f1", name="STEM Lab Alpha", room_type="lab", building="Science", facilities=("sink",), capacity=24)
    it.engine.rooms.add(lab, CLI)
    it.engine.rooms.add(room("f2", name="Gym", room_type="gym", building="Sports", auto_accept=False), CLI)
    ada = it.engine.people.add(Person(0, "ada@example.org", "", "Ada", "Head", role=Role.ADMIN), CLI)
    it.engine.people.add(Person(0, "alice@example.org", "", "Alice", "Adams", department="Science"), CLI)
    return it.engine.api_keys.create(ada.number, "roomloop", CLI).secret


@contextmanager
def school(folder: Path, port: int) -> Iterator[School]:
    """The server, its settings in its folder, until the end of the block."""
    url = f"sqlite:///{folder / 'lintel.db'}"
    with opened(url) as store:
        key = furnished(house(store))
    with receiving() as receiver:
        (folder / "google.json").write_bytes(jwks("one"))
        told = f'[hooks]\nallow = "127.0.0.0/8"\nports = "{receiver.port}"\nhttp = true\n'
        told += f'[roomloop]\ngoogle_clients = "{CLIENT}"\ngoogle_keys = "{folder / "google.json"}"\n'
        (folder / "lintel.toml").write_text(told, encoding="utf-8")
        process = start_server(url, folder, port)
        try:
            yield School(f"http://127.0.0.1:{port}", key, receiver)
        finally:
            stop(process)


def refused(*call: object) -> tuple[int, str, str]:
    act, *args = call
    with pytest.raises(Refused) as found:
        act(*args)  # type: ignore[operator]
    return found.value.status, found.value.code, found.value.rule


def lesson_day() -> str:
    """A Wednesday, at least a week ahead."""
    day = date.today() + timedelta(days=8)
    return (day + timedelta(days=(2 - day.weekday()) % 7)).isoformat()


def test_a_teacher_signs_in_reserves_and_the_school_hears_of_it(tmp_path: Path, free_port: Callable[[], int]) -> None:
    now, day = int(time.time()), lesson_day()
    with school(tmp_path, free_port()) as there:
        head = RoomLoop(there.base, there.key)
        secret = head.register(there.receiver.url, "reservation.*", "account.*")["secret"]
        alice = RoomLoop(there.base)
        assert refused(alice.facilities) == (401, "unauthorized", "")
        assert refused(alice.sign_in, token(iat=now - 7200, exp=now - 3600)) == (401, "unauthorized", "")
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
    assert zipfile.ZipFile(io.BytesIO(head.download("/v1/reports/export.xlsx", **_range(day)))).testzip() is None
    assert alice.change(made["id"], status="cancelled")["status"] == "cancelled"
    assert {2, 3} <= set(head.free_slots("f1", day))
    return made, game


def _range(day: str) -> dict[str, str]:
    return {"from": day, "to": day}


def test_a_school_provisions_its_teachers_one_by_one_and_by_file(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with school(tmp_path, free_port()) as there:
        head = RoomLoop(there.base, there.key)
        head.provision(name="Zoë Klein", email="zoe@example.org", department="Music")
        assert [it["email"] for it in head.accounts(department="Music")] == ["zoe@example.org"]
        head.bulk(b"name,email,department,role\nBo Ek,bo@example.org,Arts,teacher\n")
        exported = head.download("/v1/accounts/export")
        assert b"bo@example.org" in exported
        head.bulk(exported)
        assert head.download("/v1/accounts/export") == exported

"""A door display made from the guide of 2011, at a server as it really runs, with keys as `lintel key create` gives."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
import requests

from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.people import Person
from server.engine import engine_of, prepare
from server.settings import environment
from tests.clients.door.display import Display
from tests.clients.door.export import Export, Refused
from tests.cluster import free_port
from tests.make import opened, room
from tests.processes import start_server, stop

pytestmark = pytest.mark.heavy
HOUR = timedelta(hours=1)


class House(NamedTuple):
    """A running server with one room, Ann's keys (name and secret), one of them for lasting signatures, and its log.

    `now`: a minute of today, about noon in the zone of the room.
    """

    base: str
    now: datetime
    oak: int
    ann: tuple[str, str]
    lasting: tuple[str, str]
    bob: tuple[str, str]
    token: str
    log: Path

    def local(self, hours: float) -> datetime:
        """So many hours from then, on Oak's clock."""
        return self.now + hours * HOUR


def book(client: Export, house: House, since: float, to: float, reason: str, username: str = "ann") -> int:
    """Books Oak by hours from now."""
    begin, end = (f"{house.local(it):%Y-%m-%dT%H:%M}" for it in (since, to))
    return client.book(house.oak, begin, end, reason, username)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder, port = tmp_path_factory.mktemp("door"), free_port()
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    zone = f"Etc/GMT{now.hour - 12:+d}"  # where it is about noon, so that the next hours are of today
    url = f"sqlite:///{folder / 'lintel.db'}"
    (folder / "lintel.toml").write_text(f'zone = "{zone}"\n[indico]\npersistent = true\n', encoding="utf-8")
    with opened(url) as store:
        prepare(store, SystemClock())
        engine = engine_of(store, SystemClock())
        oak = engine.rooms.add(room("oak", zone=zone), CLI).number
        people = [
            engine.people.add(Person(0, f"{login}@example.org", login, name, "Adams"), CLI).number
            for login, name in (("ann", "Ann"), ("bob", "Bob"))
        ]
        bob = engine.api_keys.create(people[1], "indico", CLI)
        token = engine.tokens.create("vox", "book", CLI)[1]
    makers = [key(folder), key(folder, "--persistent")]
    process = start_server(url, folder, port)
    log = folder / f"server-{port}.log"
    try:
        ann, lasting = (told(it) for it in makers)
        base, then = f"http://127.0.0.1:{port}", now.astimezone(ZoneInfo(zone))
        yield House(base, then, oak, ann, lasting, (bob.ak, bob.secret), token, log)
    finally:
        stop(process)


def key(folder: Path, *more: str) -> subprocess.Popen[str]:
    """`lintel key create` for Ann."""
    command = [sys.executable, "-m", "server", "key", "create", "--data", str(folder), "--kind", "indico", "--json"]
    command += ["--person", "ann@example.org", *more]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)


def told(maker: subprocess.Popen[str]) -> tuple[str, str]:
    """The key that it made."""
    made = json.loads(maker.communicate(timeout=60)[0])
    return made["ak"], made["secret"]


def daily(house: House) -> None:
    """Somebody at RoomVox's door books three days in a row, and cancels the second."""
    told = {"title": "Stand-up", "start": house.local(4).isoformat(), "end": house.local(5).isoformat()}
    url, headers = f"{house.base}/api/v1/rooms/oak/bookings", {"Authorization": f"Bearer {house.token}"}
    asked = told | {"recurrence": ["RRULE:FREQ=DAILY;COUNT=3"]}
    made = requests.post(url, json=asked, headers=headers, timeout=10)
    assert made.status_code == 201, made.text
    listed = requests.get(url, headers=headers, timeout=10).json()
    second = [it for it in listed if it["title"] == "Stand-up"][1]
    gone = requests.delete(f"{url}/{second['occurrenceUid']}", headers=headers, timeout=10)
    assert gone.ok, gone.text


def test_a_display_shows_what_is_now_and_next_as_soon_as_it_is_booked(house: House) -> None:
    ann = Export(house.base, *house.ann)
    below = f"{house.base}/indico"
    hung = (
        Export(house.base, house.ann[0]),
        Export(below, house.ann[0]),
        ann,
        Export(below, *house.lasting, lasting=True),
    )
    screens = [Display(export, "Main", house.oak) for export in hung]
    for it in screens:
        assert it.poll()
        assert it.shows(house.local(0)) == "Oak: free\nnothing else"
        assert not it.poll(), "nothing is new"
    first, second = book(ann, house, 0, 1, "Planning"), book(ann, house, 1, 2, "Review")
    daily(house)
    for it in screens:
        assert it.poll(), "there is no cache of ten minutes"
        end = f"{house.local(1):%H:%M}"
        assert it.shows(house.local(0.5)) == f"Oak: Planning (Ann Adams) until {end}\nnext: {end} Review (Ann Adams)"
        assert it.shows(house.local(1)).startswith("Oak: Review (Ann Adams)"), "one ends where the next begins"
        assert it.shows(house.local(2)) == f"Oak: free\nnext: {house.local(4):%H:%M} booked", (
            "others' titles are not for Ann"
        )
        assert [each.starts for each in it.times[2:]] == [house.local(4), house.local(52)], (
            "a date that was cancelled is none"
        )
        assert it.shows(house.local(53)) == "Oak: free\nnothing else"
    filters(house, first, second)


def filters(house: House, first: int, second: int) -> None:
    """What each asks for, it gets."""

    def found(**asked: str) -> list[Any]:
        window = {"detail": "reservations", "from": "today", "to": "3d", **asked}
        [room] = Export(house.base, *house.ann).rooms("Main", house.oak, **window)
        return [it["id"] if it["id"] in (first, second) else "series" for it in room["reservations"]]

    assert found() == [first, second, "series"]
    assert found(recurring="yes") == found(rep="1") == ["series"]
    assert found(bookedfor="*DAMS") == found(bf="a?n") == found(recurring="no") == [first, second]
    assert found(cancelled="yes") == found(rej="yes") == found(confirmed="pending") == found(archival="yes") == []
    assert found(limit="1", offset="1") == found(n="1", O="1") == [second]
    assert found(descending="yes", limit="1") == ["series"]
    assert found(**{"from": f"{house.local(0):%Y-%m-%dT%H:%M}", "to": f"{house.local(1):%Y-%m-%dT%H:%M}"}) == [first]
    root = Export(house.base, *house.ann).document("/export/reservation/Main", {"from": "today", "to": "today"})
    assert [it.get("id") for it in root.iterfind("results/reservation")][:2] == [str(first), str(second)]
    assert [it["name"] for it in Export(house.base).named("Main", "oa")] == ["Oak"], "by name without a key"


def refused(client: Export, house: House) -> str:
    with pytest.raises(Refused) as told:
        client.rooms("Main", house.oak)
    return f"{told.value.status} {told.value.message}"


@pytest.mark.parametrize("mount", ["", "/indico"])
def test_who_has_no_right_key_or_signature_is_told_so(house: House, mount: str) -> None:
    base, (ak, secret) = house.base + mount, house.ann
    assert refused(Export(base), house) == "403 Guest access to this resource is forbidden."
    assert refused(Export(base, "nonsense"), house) == "400 Malformed API key"
    assert refused(Export(base, secret), house) == "403 Invalid API key", "a secret is no name"
    wrong = "403 Signature invalid"
    assert refused(Export(base, ak, "wrong"), house) == refused(Export(base, ak, house.bob[1]), house) == wrong
    assert refused(Export(base, ak, secret, late=700), house) == f"{wrong} (bad timestamp)"
    assert refused(Export(base, ak, secret, lasting=True), house) == f"{wrong} (no timestamp)"
    ann = Export(base, ak, secret)
    path = f"/export/room/Main/{house.oak}.json"
    mine = ann.signed(path, {"from": "today"})
    for changed in ({"from": "tomorrow"}, {"detail": "reservations"}, {"ak": house.bob[0]}):
        answer = requests.get(base + path, params=mine | changed, timeout=10)
        assert (answer.status_code, answer.json()) == (403, {"message": "Signature invalid"}), changed
    assert requests.get(base + path, params=mine | {"x": ""}, timeout=10).ok, "what is empty is not signed"


def test_nobody_books_what_is_taken_or_for_others_and_no_secret_is_logged(house: House) -> None:
    ann, bob = Export(house.base, *house.ann), Export(f"{house.base}/indico", *house.bob)
    book(ann, house, 7, 8, "Umläute ~ & <b>")
    for client, who, status, message in (
        (bob, "bob", 200, "Failed to create the booking: Reservation has no valid occurrences"),
        (bob, "ann", 403, "Access to this resource is restricted."),
    ):
        with pytest.raises(Refused) as told:
            book(client, house, 7.5, 8.5, "Mine", who)
        assert (told.value.status, told.value.message) == (status, message)
    text = house.log.read_text(encoding="utf-8")
    assert "bookRoom" in text
    for secret in (*house.ann, *house.lasting, *house.bob, house.token):
        assert secret not in text

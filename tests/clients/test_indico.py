"""A door display that knows only the guide of 2011, at a server as it really runs: unsigned, signed, and persistent."""

import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.core.access import CLI
from server.core.clock import SystemClock, whole
from server.core.people import Person
from server.core.zone import wall
from server.engine import engine_of, prepare
from server.engine.api_keys import Made
from tests.clients.indico import Indico, Meeting, Refused
from tests.make import BERLIN, ask, opened, room
from tests.processes import start_server, stop

pytestmark = pytest.mark.heavy
START = whole(datetime.now(UTC)).replace(hour=10, minute=0, second=0) + timedelta(days=2)
HOUR = timedelta(hours=1)


@contextmanager
def server(folder: Path, port: int, mode: int) -> Iterator[tuple[str, Made, int]]:
    """The server, its settings in its folder; its address, Ann's key and the number of Oak, where she has two hours."""
    url = f"sqlite:///{folder / 'lintel.db'}"
    with opened(url) as store:
        prepare(store, SystemClock())
        engine = engine_of(store, SystemClock())
        oak = engine.rooms.add(room("oak", building="500", floor="1", room_number="201"), CLI)
        ann = engine.people.add(Person(0, "ann@example.org", "ann", "Ann", "Adams"), CLI)
        made = engine.api_keys.create(ann.number, "indico", CLI, persistent=True)
        for n, title in enumerate(("Planning", "Review")):
            wish = ask(START + n * HOUR, START + (n + 1) * HOUR, title=title, owner=ann.number)
            engine.bookings.book(wish, CLI)
        gone = engine.bookings.book(ask(START + 3 * HOUR, START + 4 * HOUR, title="Gone"), CLI)
        engine.bookings.cancel(gone.uid, CLI)
    (folder / "lintel.toml").write_text(f"[indico]\nmode = {mode}\npersistent = true\n", encoding="utf-8")
    process = start_server(url, folder, port)
    try:
        yield f"http://127.0.0.1:{port}", made, oak.number
    finally:
        stop(process)


def shown(display: Indico, number: int) -> list[Meeting]:
    day, after = (f"{wall(at, BERLIN):%Y-%m-%d}" for at in (START, START + timedelta(days=1)))
    return display.meetings("Main", number, **{"from": day, "to": after})


WANTED = [
    Meeting(START, START + HOUR, "Planning", "Alice Adams", None),
    Meeting(START + HOUR, START + 2 * HOUR, "Review", "Alice Adams", None),
]


def test_a_display_shows_the_day_by_its_key_alone(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with server(tmp_path, free_port(), 1) as (base, key, number):
        display = Indico(base, key.ak)
        oak = display.room("Main", number)
        assert (oak["id"], oak["name"], oak["fullName"]) == (number, "Oak", "500-1-201 - Oak")
        assert shown(display, number) == WANTED
        assert shown(Indico(base + "/indico", key.ak), number) == WANTED
        with pytest.raises(Refused) as told:
            Indico(base, "").room("Main", number)
        assert (told.value.status, told.value.message) == (403, "API key is missing")
        page = oak["bookingUrl"] if oak["bookingUrl"].startswith("http") else base + oak["bookingUrl"]
        with urllib.request.urlopen(page, timeout=10) as answer:
            assert "/sign-in" in answer.url, "links lead to people's pages"


def test_a_display_signs_where_everything_must_be_signed(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with server(tmp_path, free_port(), 4) as (base, key, number):
        for display in (Indico(base, key.ak, key.secret), Indico(base, key.ak, key.secret, persistent=True)):
            assert shown(display, number) == WANTED
        for display, message in (
            (Indico(base, key.ak), "Signature missing"), (Indico(base, key.ak, "another secret"), "Signature invalid")
        ):  # fmt: skip
            with pytest.raises(Refused) as told:
                shown(display, number)
            assert (told.value.status, told.value.message) == (403, message)

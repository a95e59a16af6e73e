"""A client that knows only LibreBooking's documentation, at a server as it really runs, in both shapes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.core.access import CLI
from server.core.model import Ask
from server.core.people import Person, Role
from tests.clients.librebooking import LibreBooking, Refused
from tests.make import Clock, House, house, opened, room
from tests.processes import start_server, stop

pytestmark = pytest.mark.heavy
PASSWORD = "correct horse battery"
BASES = ("/librebooking/Web/Services/index.php", "/librebooking-wire/Web/Services")


def furnished(it: House, now: datetime) -> None:
    """A lab that asks who comes to check in, a hall that asks for approval, Alice, Ada; and Alice is in the lab now."""
    for slug in ("oak", "elm"):
        it.engine.rooms.remove(slug, CLI)
    it.engine.rooms.add(room("lab", name="Lab", zone="UTC"), CLI)
    it.engine.rooms.change("lab", CLI, rules={"check_in": True, "check_in_minutes": 60})
    it.engine.rooms.add(room("hall", name="Hall", zone="UTC", auto_accept=False), CLI)
    for name, role in (("ada", Role.ADMIN), ("alice", Role.MEMBER)):
        person = it.engine.people.add(Person(0, f"{name}@example.org", name, name.title(), "Adams", role=role), CLI)
        it.engine.credentials.set_password(person.number, CLI, PASSWORD)
    _, opened_ = it.engine.sign_in.open(person.number, source="cli")
    start = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    alice = it.engine.sign_in.actor(opened_, source="cli")
    it.engine.bookings.book(Ask(("lab",), start, start + timedelta(hours=1), title="Titration"), alice)


@contextmanager
def installation(folder: Path, port: int) -> Iterator[str]:
    """The server's address; the house was furnished an hour ago."""
    url, now = f"sqlite:///{folder / 'lintel.db'}", datetime.fromtimestamp(time.time(), UTC)
    with opened(url) as store:
        furnished(house(store, Clock(now - timedelta(hours=1))), now)
    process = start_server(url, folder, port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


def signed_in(base: str, name: str) -> LibreBooking:
    client = LibreBooking(base)
    assert client.sign_in(name, PASSWORD)
    return client


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def test_from_signing_in_to_signing_out(tmp_path: Path, free_port: Callable[[], int]) -> None:
    now = datetime.fromtimestamp(time.time(), UTC)
    with installation(tmp_path, free_port()) as address:
        for week, base in enumerate(BASES, 1):
            alice, ada = signed_in(address + base, "alice@example.org"), signed_in(address + base, "ada")
            assert not LibreBooking(address + base).sign_in("alice", "wrong")
            day = now.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=60 * week)
            _books_a_series(alice, ada, day)
            _asks_for_the_hall(alice, ada, day)
            if week == 1:
                _comes_and_goes(alice, now)
            alice.sign_out()
            with pytest.raises(Refused, match="401 You must be authenticated"):
                alice.resources()


def _books_a_series(alice: LibreBooking, ada: LibreBooking, day: datetime) -> None:
    """Three Mondays, of which one is in somebody's way and is then given up."""
    start, end, last = iso(day), iso(day + timedelta(hours=1)), iso(day + timedelta(days=15))
    assert {"Lab", "Hall"} <= set(alice.available(start))
    lab = next(it for it in alice.resources() if it["name"] == "Lab")
    rule = {"type": "weekly", "interval": 1, "weekdays": [], "monthlyType": None, "repeatTerminationDate": last}
    made = alice.reserve(lab["resourceId"], start, end, "Chemistry", recurrenceRule=rule)
    whole = alice.follow(made["links"], "get_reservation")
    assert (whole["title"], whole["isRecurring"]) == ("Chemistry", True)
    mine = alice.reservations(start, last, resourceId=lab["resourceId"])
    assert [it["title"] for it in mine] == ["Chemistry"] * 3
    assert "Lab" not in alice.available(iso(day + timedelta(days=7, minutes=30)))
    second = (iso(day + timedelta(days=7)), iso(day + timedelta(days=7, hours=1)))
    with pytest.raises(Refused) as refused:
        ada.reserve(lab["resourceId"], *second, "Physics")
    assert (refused.value.status, len(refused.value.errors)) == (400, 1)
    reserved = [it for it in alice.slots(lab["scheduleId"], lab["resourceId"], *second) if it["isReserved"]]
    assert [it["reservation"]["title"] for it in reserved] == ["Chemistry"]
    alice.delete(mine[1]["referenceNumber"], "this")
    assert len(alice.reservations(start, last, resourceId=lab["resourceId"])) == 2
    ada.reserve(lab["resourceId"], *second, "Physics")


def _asks_for_the_hall(alice: LibreBooking, ada: LibreBooking, day: datetime) -> None:
    """A reservation that waits until somebody who may approves it."""
    hall = next(it for it in alice.resources() if it["name"] == "Hall")
    made = alice.reserve(hall["resourceId"], iso(day), iso(day + timedelta(hours=2)), "Concert")
    reference = made["referenceNumber"]
    assert made["isPendingApproval"]
    with pytest.raises(Refused, match="401"):
        alice.act(reference, "Approval")
    ada.act(reference, "Approval")
    assert not alice.reservation(reference)["requiresApproval"]


def _comes_and_goes(alice: LibreBooking, now: datetime) -> None:
    """What is on now is checked in to and out of, and the rest of it is free."""
    (running,) = alice.reservations(iso(now), iso(now + timedelta(minutes=1)))
    reference = running["referenceNumber"]
    assert alice.reservation(reference)["isCheckInAvailable"]
    alice.act(reference, "CheckIn")
    assert alice.reservation(reference)["checkInDate"]
    alice.act(reference, "CheckOut")
    over = alice.reservation(reference)
    assert (over["endDate"] < over["originalEndDate"], bool(over["checkOutDate"])) == (True, True)
    with pytest.raises(Refused, match="400"):
        alice.act(reference, "CheckOut")

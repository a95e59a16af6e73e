"""One engine, many doors: what is booked at any of them is there at all others, in feeds and on the panel.

The house is in Berlin. It is Friday, 16 October 2026, nine days before the clocks change; Alice has a key to each door.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import recurring_ical_events
from icalendar import Calendar
from werkzeug.test import Client, TestResponse

from server import compose
from server.core.access import CLI, Actor
from server.core.zone import wall
from server.engine import Engine
from server.settings import Settings
from tests import make
from tests.race.doors import DOORS, HOUR, LESSON, Caller, callers

FRIDAY = date(2026, 10, 16)
MONDAY, LAST = FRIDAY + timedelta(days=3), FRIDAY + timedelta(days=13)
UNTIL = f"{LAST}T23:59:59"
WIRE = "/librebooking-wire/Web/Services"
HERE = {"REMOTE_ADDR": "127.0.0.1"}
Seen = set[tuple[datetime, datetime]]


@dataclass
class House:
    """The whole server, and Alice at its doors."""

    client: Client
    engine: Engine
    alice: Caller
    feeds: dict[str, str]
    panel: str

    def send(self, method: str, path: str, headers: Any, status: int = 200, **more: Any) -> TestResponse:
        answer = self.client.open(path, method=method, headers=dict(headers), environ_base=HERE, **more)
        assert answer.status_code == status, (path, answer.text)
        return answer

    def book(self, door: str, room: str, start: datetime) -> Any:
        """Books by a door; what it answered."""
        asked = self.alice.ask(door, room, start)
        answer = self.client.post(asked.path, data=asked.body, headers=dict(asked.headers), environ_base=HERE)
        assert asked.won(answer.status_code, answer.text), answer.text
        return answer.json

    @property
    def token(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.alice.token}"}

    @property
    def live(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.alice.live}"}

    def seen(self, room: str) -> dict[str, Seen]:
        """What each reader has in a room from now on, as instants; titles are Race wherever they are told."""
        number = self.alice.rooms[room]
        found = {name: reader(self, room, number) for name, reader in READERS.items()}
        for secret, path in (("room", "/api/v1/rooms/{room}/feed/{secret}/calendar.ics"),
                             ("room", "/Web/export/ical-subscribe.php?rid={number}&icskey={secret}")):  # fmt: skip
            url = path.format(room=room, number=number, secret=self.feeds[room])
            found[f"{secret} {path[:11]}"] = dates(self.send("GET", url, {}).text)
        return found


def pair(start: str, end: str) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(start).astimezone(UTC), datetime.fromisoformat(end).astimezone(UTC)


def dates(calendar: str, room: str = "") -> Seen:
    """The dates of a calendar that stand, expanded; of one room by its name."""
    whole = recurring_ical_events.of(Calendar.from_ical(calendar)).between(FRIDAY, LAST + timedelta(days=1))
    live = [it for it in whole if it.get("STATUS") != "CANCELLED" and str(it.get("LOCATION", "")).endswith(room)]
    assert {str(it["SUMMARY"]) for it in live} <= {"Race"}
    return {(it["DTSTART"].dt.astimezone(UTC), it["DTEND"].dt.astimezone(UTC)) for it in live}


def roomvox(house: House, room: str, number: int) -> Seen:
    rows = house.send("GET", f"/api/v1/rooms/{room}/bookings?from={FRIDAY}T00:00:00&to={UNTIL}", house.token).json
    assert {it["title"] for it in rows} <= {"Race"}
    return {pair(it["start"], it["end"]) for it in rows}


def librebooking(house: House, room: str, number: int, folder: str = "/Web/Services") -> Seen:
    query = urlencode({"resourceId": number, "startDateTime": f"{FRIDAY}T00:00:00", "endDateTime": UNTIL})
    rows = house.send("GET", f"{folder}/Reservations/?{query}", house.alice.session).json["reservations"]
    rows = list(rows.values()) if isinstance(rows, dict) else rows
    assert {it["title"] for it in rows} <= {"Race"}
    return {pair(it["startDate"], it["endDate"]) for it in rows}


def indico(house: House, room: str, number: int) -> Seen:
    query = urlencode({
        "ak": house.alice.ak, "detail": "reservations", "from": FRIDAY, "to": LAST, "occ": "yes", "cxl": "no",
        "rej": "no",
    })  # fmt: skip
    found = house.send("GET", f"/export/room/Main/{number}.json?{query}", {}).json["results"][0]["reservations"]
    assert {it["reason"] for it in found} <= {"Race"}
    live = [each for it in found for each in it["occurrences"] if not each["is_cancelled"]]
    return {(told(each["startDT"]), told(each["endDT"])) for each in live}


def told(it: dict[str, str]) -> datetime:
    """A wall time with its zone as an instant."""
    return make.at(it["time"], date.fromisoformat(it["date"]), it["tz"])


def roomloop(house: House, room: str, number: int) -> Seen:
    rows = house.send("GET", f"/v1/reservations?facility_id={room}&from={FRIDAY}&to={LAST}", house.live).json["data"]
    assert {it["purpose"] for it in rows} <= {"Race"}
    return {pair(it["starts_at"], it["ends_at"]) for it in rows if it["status"] != "cancelled"}


def panel(house: House, room: str, number: int) -> Seen:
    plan = house.send("GET", f"/device/v1/snapshot?room={room}", {"Authorization": f"Bearer {house.panel}"}).json
    return {pair(it["start"], it["end"]) for it in plan["bookings"]}


def in_calendars(path: str) -> Callable[[House, str, int], Seen]:
    return lambda house, room, number: dates(
        house.send("GET", path.format(room=room, ak=house.alice.ak), house.token).text, room.capitalize()
    )


READERS: dict[str, Callable[[House, str, int], Seen]] = {
    "roomvox": roomvox, "librebooking": librebooking, "indico": indico, "roomloop": roomloop, "panel": panel,
    "librebooking-wire": lambda house, room, number: librebooking(house, room, number, WIRE),
    "roomvox calendar": in_calendars("/api/v1/rooms/{room}/calendar.ics"),
    "roomvox calendar, expanded": in_calendars("/api/v1/rooms/{room}/calendar.ics?expand=yes"),
    "indico calendar": in_calendars("/export/reservation/Main.ics?ak={ak}&from=2026-10-16&to=2026-10-29"),
}  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One server for all; each test has a room of its own."""
    url = f"sqlite:///{tmp_path_factory.mktemp('together') / 'lintel.db'}"
    clock = make.Clock(make.at("10:00", FRIDAY))
    with make.opened(url):
        pass  # laid down with its schema
    whole = compose.compose(Settings(database_url=url, rate=0, zone=make.BERLIN, roomloop__rate=0), clock=clock)
    rooms = ("oak", "elm", "yew", "fir")
    for room in rooms:
        whole.engine.rooms.add(make.room(room), CLI)
    alice = callers(whole.engine, 1)[0]
    feeds = {room: whole.engine.rooms.feed(room, CLI, "enable") for room in rooms}
    me = Actor(f"person:{alice.number}", "admin", person=alice.number, role="member", levels={})
    feeds["alice"] = whole.engine.credentials.feed(alice.number, me, "enable")
    secret = whole.engine.devices.add("Panel", CLI, rooms=rooms)[1]
    yield House(Client(whole.app), whole.engine, alice, feeds, secret)
    whole.engine.store.close()


def local(day: date, hour: int) -> datetime:
    """A full hour of a day in Berlin, with its offset."""
    return wall(make.at(f"{hour:02}:00", day), make.BERLIN)


def utc(start: datetime, length: timedelta = HOUR) -> tuple[datetime, datetime]:
    return start.astimezone(UTC), (start + length).astimezone(UTC)


def same(found: dict[str, Seen], wanted: Seen) -> None:
    assert {name: seen for name, seen in found.items() if seen != wanted} == {}, wanted


def test_what_is_booked_at_any_door_is_seen_at_all_of_them(house: House) -> None:
    wanted: Seen = set()
    for hour, door in enumerate(DOORS, 9):
        house.book(door, "oak", local(MONDAY, hour))
        wanted.add(utc(local(MONDAY, hour), LESSON if door == "roomloop" else HOUR))
        same(house.seen("oak"), wanted)
    own = house.send("GET", f"/api/v1/people/feed/{house.feeds['alice']}/calendar.ics", {}).text
    assert wanted <= dates(own)
    sources = {it.source for it in house.engine.bookings.between("oak", CLI, None)}
    assert sources == set(DOORS)


def test_what_is_cancelled_at_one_door_is_gone_at_all_of_them(house: House) -> None:
    made = [house.book("indico", "elm", local(MONDAY, hour)) for hour in (9, 10, 11, 12)]
    whole = {utc(local(MONDAY, hour)) for hour in (9, 10, 11, 12)}
    same(house.seen("elm"), whole)
    uid = house.send("GET", f"/api/v1/rooms/elm/bookings?from={MONDAY}&to={MONDAY}T09:30", house.token).json[0]["uid"]
    house.send("DELETE", f"/api/v1/rooms/elm/bookings/{uid}", house.token)
    rows = house.send(
        "GET", f"/Web/Services/Reservations/?resourceId={house.alice.rooms['elm']}", house.alice.session
    ).json["reservations"]
    house.send("DELETE", f"/Web/Services/Reservations/{rows[0]['referenceNumber']}", house.alice.session)
    listed = house.send("GET", f"/v1/reservations?facility_id=elm&from={MONDAY}&to={MONDAY}", house.live).json["data"]
    third = next(it["id"] for it in listed if it["starts_at"].startswith(f"{MONDAY}T09"))
    house.send("PATCH", f"/v1/reservations/{third}", house.live, json={"status": "cancelled"})
    same(house.seen("elm"), {utc(local(MONDAY, 12))})
    gone = house.send("GET", f"/indico/rooms/booking/{made[0]['results']['reservationID']}", {}, 303)
    assert gone.headers["Location"].endswith(f"/rooms/booking/{made[0]['results']['reservationID']}")


@pytest.mark.parametrize(("door", "room"), [("roomvox", "yew"), ("librebooking", "fir")])
def test_a_series_over_the_change_of_the_clocks_is_the_same_everywhere_and_so_is_its_cancelled_date(
    house: House, door: str, room: str
) -> None:
    first, after = local(MONDAY, 9), local(MONDAY + timedelta(days=7), 9)
    recur(house, door, room, first)
    assert (first.utcoffset(), after.utcoffset()) == (timedelta(hours=2), timedelta(hours=1))
    same(house.seen(room), {utc(first), utc(after)})
    strike(house, door, room)
    same(house.seen(room), {utc(first)})


def recur(house: House, door: str, room: str, first: datetime) -> None:
    """Two Mondays, by the door."""
    end = first + HOUR
    if door == "roomvox":
        body: dict[str, Any] = {"title": "Race", "start": first.isoformat(), "end": end.isoformat()}
        body["recurrence"] = ["RRULE:FREQ=WEEKLY;COUNT=2"]
        house.send("POST", f"/api/v1/rooms/{room}/bookings", house.token, 201, json=body)
        return
    rule = {
        "type": "weekly",
        "interval": 1,
        "weekdays": [1],
        "repeatTerminationDate": f"{first + timedelta(days=8):%Y-%m-%d}",
    }
    body = {
        "resourceId": house.alice.rooms[room], "title": "Race", "startDateTime": f"{first:%Y-%m-%dT%H:%M:%S%z}",
        "endDateTime": f"{end:%Y-%m-%dT%H:%M:%S%z}", "recurrenceRule": rule,
    }  # fmt: skip
    house.send("POST", "/Web/Services/Reservations/", house.alice.session, 201, json=body)


def strike(house: House, door: str, room: str) -> None:
    """Cancels the second date, by the other of the two doors that know dates of series."""
    if door == "librebooking":
        rows = house.send("GET", f"/api/v1/rooms/{room}/bookings?from={FRIDAY}&to={UNTIL}", house.token).json
        query = urlencode({"recurrenceId": rows[1]["recurrenceId"], "scope": "this"})
        house.send("DELETE", f"/api/v1/rooms/{room}/bookings/{rows[1]['uid']}?{query}", house.token)
        return
    query = urlencode({"resourceId": house.alice.rooms[room], "startDateTime": f"{FRIDAY}", "endDateTime": UNTIL})
    rows = house.send("GET", f"/Web/Services/Reservations/?{query}", house.alice.session).json["reservations"]
    second = rows[1]["referenceNumber"]
    house.send("DELETE", f"/Web/Services/Reservations/{second}?updateScope=this", house.alice.session)

"""Calendars to subscribe to, by a secret address: iCalendar and Atom, as LibreBooking's pages of these names.

Facts: `rid` a resource, `sid` a schedule, `uid` a user, `rgid` a resource group; `icskey` opens it; from today for 30
days unless `pastDayCount` and `futureDayCount` say otherwise; a reservation's UID is its reference number. Decisions:
- The key is a room's feed secret (for that `rid` alone) or a person's (for all that the person sees, and as that person
  sees it; what is private stays a time). Who has it makes, rotates and ends it where such secrets are made.
- A wrong key, and a resource, schedule, group or user that is not there, are one answer: 404. An empty calendar, which
  LibreBooking sends then, would have clients drop what they know and nobody hear of it.
- Each date of a series is an event of its own. Pending reservations are tentative.
- METHOD is PUBLISH: a feed invites nobody.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from flask import Flask
from icalendar import Calendar
from pydantic import BeforeValidator, Field

from server.core.access import Actor
from server.core.errors import Unknown
from server.core.model import Booking, Room, Standing
from server.core.period import Period
from server.core.privacy import FEED
from server.core.zone import day_of, midnight, wall
from server.dialects.kit.app import Call, Dialect, build
from server.dialects.kit.auth import ANYONE
from server.dialects.kit.rates import Buckets
from server.dialects.kit.route import Answer, Media, Routes
from server.dialects.kit.throttle import Throttle
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.errors import ErrorBody, fail
from server.dialects.librebooking.periods import schedule_of
from server.dialects.librebooking.shape import Given, Number
from server.engine import Engine
from server.engine.ical.event import instants, line, location, vevent

ICS, ATOM = Media("text/calendar; charset=utf-8"), Media("application/atom+xml; charset=utf-8")
END = b"END:VCALENDAR\r\n"
XMLNS = "http://www.w3.org/2005/Atom"
SHOWN = frozenset({Standing.ACCEPTED, Standing.PENDING, Standing.AT_RISK})
MOST_DAYS = 366
routes = Routes("Feeds")
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Feeds(Desk):
    """What the views work with, and who guesses at keys."""

    guesses: Throttle = field(default_factory=lambda: Throttle(most=30, seconds=60))


def _blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


Days = Annotated[Annotated[int, Field(ge=0, le=MOST_DAYS)] | None, BeforeValidator(_blank)]


class FeedQuery(Given):
    """Of what, opened by which key, and how far back and ahead in days (0 to 366)."""

    rid: str | None = None
    sid: Number = None
    uid: Number = None
    rgid: Number = None
    icskey: str = ""
    pastDayCount: Days = None
    futureDayCount: Days = None


@routes(
    "GET", "/ical-subscribe.php", scope="public", summary="A calendar as iCalendar", answers={200: ICS},
    errors=(404, 429),
)  # fmt: skip
def subscribe_ical(desk: Feeds, call: Call, query: FeedQuery) -> Answer:
    found = _opened(desk, call, query)
    headers = {"Content-Disposition": 'inline; filename="reservations.ics"'}
    return Answer(ical(desk, found), headers=headers)


@routes(
    "GET", "/atom-subscribe.php", scope="public", summary="A calendar as an Atom feed", answers={200: ATOM},
    errors=(404, 429),
)  # fmt: skip
def subscribe_atom(desk: Feeds, call: Call, query: FeedQuery) -> Answer:
    return Answer(atom(desk, call, _opened(desk, call, query)))


class Shown:
    """What a feed shows: its name, and bookings by start with the rooms they are in."""

    def __init__(self, name: str, bookings: Iterable[Booking], rooms: dict[int, Room]) -> None:
        self.name = name
        self.rooms = rooms
        self.bookings = [it for it in bookings if it.standing in SHOWN]

    def where(self, it: Booking) -> Room:
        return next(self.rooms[number] for number in it.rooms if number in self.rooms)


def _opened(desk: Feeds, call: Call, query: FeedQuery) -> Shown:
    """What the key opens; whoever has guessed too often waits."""
    guesser = f"{call.request.remote_addr}/feeds"
    try:
        return _shown(desk, query)
    except Unknown:
        desk.guesses.check(guesser)
        desk.guesses.failed(guesser)
        raise


def _shown(desk: Desk, query: FeedQuery) -> Shown:
    house, window = desk.engine.house.now(), _window(desk, query)
    if query.rid is not None:
        actor, slug = _key_to_room(desk, query)
        numbers = [number for number, where in house.rooms.items() if where.slug == slug]
        return _planned(desk, actor, window, numbers, house.rooms[numbers[0]].slug)
    actor = desk.engine.sign_in.feed(query.icskey)
    if query.uid is not None:
        if query.uid != actor.person:
            raise Unknown("user", "")
        own = desk.engine.calendars.of_person(query.uid, window)
        return Shown("Reservations", own.shown, own.rooms)
    rooms = desk.engine.rooms.all(actor, active=True)
    if query.sid is not None:
        mine = [it.number for it in rooms if schedule_of(it, house.timetables) == query.sid]
    elif query.rgid is not None:
        mine = [it.number for it in rooms if query.rgid in house.rooms[it.number].within]
    else:
        mine = []
    if not mine:
        raise Unknown("feed", "")
    return _planned(desk, actor, window, mine, "Reservations")


def _key_to_room(desk: Desk, query: FeedQuery) -> tuple[Actor, str]:
    """Who reads a room's feed, and the room's slug: by the room's own secret, or by a person's."""
    house, said = desk.engine.house.now(), (query.rid or "").strip()
    slug = said
    if said.isascii() and said.isdecimal() and (where := house.rooms.get(int(said[:18]))) is not None:
        slug = where.slug
    try:
        room = desk.engine.rooms.by_feed_secret(slug, query.icskey)
        actor = Actor(FEED, "read", frozenset({room.number}), source=FEED)
    except Unknown:
        actor = desk.engine.sign_in.feed(query.icskey)
        if slug not in {it.id for it in desk.engine.rooms.all(actor)}:
            raise
    return actor, slug


def _planned(desk: Desk, actor: Actor, window: Period, numbers: list[int], name: str) -> Shown:
    found = desk.engine.listing.planned(window, actor, rooms=numbers)
    if len(numbers) == 1 and numbers[0] in found.rooms:
        name = found.rooms[numbers[0]].name
    return Shown(name, found.bookings, found.rooms)


def _window(desk: Desk, query: FeedQuery) -> Period:
    """From the begin of a day, by the house's clock, for whole days."""
    now = desk.now()
    start = day_of(now, desk.zone).start - timedelta(days=query.pastDayCount or 0)
    ahead = 30 if query.futureDayCount is None else query.futureDayCount
    return Period(start, midnight(wall(now, desk.zone).date() + timedelta(days=ahead + 1), desk.zone))


def ical(desk: Desk, found: Shown) -> bytes:
    """One VCALENDAR with an event for each booking."""
    out = Calendar()
    for name, value in (
        ("version", "2.0"), ("prodid", "-//Lintel//LibreBooking feeds//EN"), ("calscale", "GREGORIAN"),
        ("method", "PUBLISH"), ("x-wr-calname", line(found.name)),
    ):  # fmt: skip
        out.add(name, value)
    events = (_event(desk, it, found.where(it)) for it in found.bookings)
    return b"".join([bytes(out.to_ical()).removesuffix(END), *events, END])


def _event(desk: Desk, it: Booking, room: Room) -> bytes:
    uid, times = desk.engine.naming.reference(it), instants(it.starts, it.ends)
    status = "TENTATIVE" if it.standing is Standing.PENDING else ""
    where = line(location(room))
    return vevent(it, times, where, uid=uid, changed=it.changed_at, sequence=it.version - 1, status=status)


def atom(desk: Desk, call: Call, found: Shown) -> bytes:
    """An Atom feed (RFC 4287) with an entry for each booking; ids stay the same wherever the server is."""
    feed = ElementTree.Element("feed", {"xmlns": XMLNS})
    latest = max((it.changed_at for it in found.bookings), default=desk.now())
    _add(feed, "id", uuid5(NAMESPACE_URL, found.name).urn)
    _add(feed, "title", found.name)
    _add(feed, "updated", _written(latest))
    ElementTree.SubElement(_add(feed, "author", ""), "name").text = "Lintel"
    for it in found.bookings:
        entry, room = ElementTree.SubElement(feed, "entry"), found.where(it)
        reference = desk.engine.naming.reference(it)
        _add(entry, "id", uuid5(NAMESPACE_URL, reference).urn)
        _add(entry, "title", it.title or room.name)
        _add(entry, "updated", _written(it.changed_at))
        _add(entry, "published", _written(it.made_at))
        _add(entry, "link", "", href=call.links.to("/librebooking/Web/Services", "/Reservations/{}", reference))
        zone = room.zone
        span = " - ".join(wall(at, zone).isoformat(" ", "minutes") for at in (it.starts, it.ends))
        _add(entry, "summary", f"{room.name}, {span}")
        if it.description:
            _add(entry, "content", it.description, type="text")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(feed, "utf-8")


def _add(to: ElementTree.Element, name: str, text: str, **attributes: str) -> ElementTree.Element:
    made = ElementTree.SubElement(to, name, attributes)
    made.text = _NOT_XML.sub("", text) or None
    return made


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


DIALECT: Dialect[Feeds] = Dialect(
    name="librebooking-feeds",
    title="Lintel: LibreBooking calendar subscriptions",
    about="Calendars to subscribe to; `icskey` is the feed secret of a room or of a person.",
    routes=[routes],
    who=lambda desk, request: ANYONE,
    fail=fail,
    failure=ErrorBody,
    any_slashes=True,
)


def app(engine: Engine, *, public_url: str = "", zone: str = "UTC", rates: Buckets | None = None) -> Flask:
    """The feeds over the engine; `zone`: the house's, whose days count."""
    return build(DIALECT, Feeds(engine, "documented", zone), public_url=public_url, rates=rates)

"""A room's calendar to subscribe to: with a token, or with the secret in its address."""

from datetime import datetime, timedelta

from pydantic import BaseModel, Field

from server.core.access import Actor
from server.core.errors import Unknown
from server.core.model import Room, Standing
from server.core.period import Period
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Media, Routes
from server.dialects.roomvox import windows
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.ics import calendar, personal

routes = Routes("calendar")
ICS = Media("text/calendar; charset=utf-8")
SHOWN = frozenset({Standing.ACCEPTED, Standing.AT_RISK})
BACK, AHEAD = timedelta(days=365), timedelta(days=3 * 365)


class FeedQuery(BaseModel):
    """What of the calendar. Without from and to: a year back and three years ahead."""

    since: str | None = Field(default=None, alias="from")
    to: str | None = None
    expand: bool = Field(default=False, description="yes: a series as its single occurrences")


@routes(
    "GET", "/rooms/<room>/calendar.ics", scope="read", summary="The accepted bookings as iCalendar", answers={200: ICS},
    errors=(404,), detail="Series whole, with all their dates, where one of them touches the window.",
)  # fmt: skip
def get_calendar(desk: Desk, call: Call, room: Room, query: FeedQuery) -> Answer:
    return _calendar(desk, room, call.actor, query)


@routes(
    "GET", "/rooms/<room>/feed/<secret>/calendar.ics", scope="public", summary="The same, by a secret address",
    answers={200: ICS}, errors=(404, 429), detail="The address is the key; an admin makes, rotates and ends it.",
)  # fmt: skip
def get_feed(desk: Desk, call: Call, room: str, secret: str, query: FeedQuery) -> Answer:
    try:
        found = desk.engine.rooms.by_feed_secret(room, secret)
    except Unknown:
        # Only who guesses is slowed: behind a proxy all have one address, and one guesser would shut everybody out.
        guesser = f"{call.request.remote_addr}/{room}"
        desk.guesses.check(guesser)
        desk.guesses.failed(guesser)
        raise
    return _calendar(desk, found, Actor("feed", "read", frozenset({found.number}), source="feed"), query)


class PersonalQuery(BaseModel):
    """What of the calendar. Without from and to: a year back and three years ahead."""

    since: str | None = Field(default=None, alias="from")
    to: str | None = None


@routes(
    "GET", "/people/feed/<secret>/calendar.ics", scope="public", summary="Somebody's own bookings, by a secret address",
    answers={200: ICS}, errors=(404, 429), detail="The address is the key; who it is about makes, rotates and ends it.",
)  # fmt: skip
def get_own(desk: Desk, call: Call, secret: str, query: PersonalQuery) -> Answer:
    guesser = f"{call.request.remote_addr}/people"
    try:
        person = desk.engine.credentials.by_feed_secret(secret)
    except Unknown:
        desk.guesses.check(guesser)
        desk.guesses.failed(guesser)
        raise
    window = windows.window(query.since, query.to, desk.now(), person.zone or "UTC") or _usual(desk.now())
    found = desk.engine.calendars.of_person(person.number, window)
    data = personal(person.name, found.shown, found.rooms)
    return Answer(data, headers={"Content-Disposition": 'attachment; filename="bookings.ics"'})


def _calendar(desk: Desk, room: Room, actor: Actor, query: FeedQuery) -> Answer:
    window = windows.window(query.since, query.to, desk.now(), room.zone) or _usual(desk.now())
    if query.expand:
        data = calendar(room, desk.engine.bookings.between(room.id, actor, window, standings=SHOWN))
    else:
        found = desk.engine.calendars.of(room.id, actor, window)
        data = calendar(room, found.shown, found.wholes)
    return Answer(data, headers={"Content-Disposition": f'attachment; filename="roomvox-{room.id}.ics"'})


def _usual(now: datetime) -> Period:
    return Period(now - BACK, now + AHEAD)

"""One booking from door to disk: book, read, change, cancel, approve, decline. Read top to bottom."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from server.core import rules
from server.core.access import Actor, require
from server.core.clock import epoch, from_epoch, whole
from server.core.errors import Invalid, Objection, Refused, Unknown
from server.core.model import Ask, Booking, Edit, Room, Standing
from server.core.period import Period
from server.core.policy import LONGEST
from server.core.rules.kinds import Wish
from server.core.text import problems
from server.engine.desk import Desk, Request
from server.engine.law import judge, judge_as_is
from server.store import bookings, rooms, series
from server.store.database import Tx

TEXTS = {"title": 255, "organizer": 255, "organizer_email": 255, "description": 10_000, "uid": 255}
EARLIEST, LATEST = from_epoch(0), from_epoch(253_370_764_800)
"""1970 up to the year 9999, a year before Python's calendar ends: rules and zones look around a booking."""
SHOWN = frozenset({Standing.ACCEPTED, Standing.PENDING, Standing.DECLINED})


@dataclass(frozen=True, slots=True)
class Bookings:
    """The use cases of bookings. All raise Invalid, Unknown, Barred, Refused, Stale, Later or Full."""

    desk: Desk

    def book(
        self, ask: Ask, actor: Actor, *, key: str | None = None, walk_in: bool = False, said: tuple[Any, ...] = (),
        preview: bool = False,
    ) -> Booking:  # fmt: skip
        """Books; a walk-in counts as checked in, for its people stand at the door. Of a preview nothing stays.

        `said` is what the asker really sent, where the ask was filled in from the clock: a repeat is known by it.
        """
        check(ask)
        places = self.places(ask.rooms, actor)
        what = "walked_in" if walk_in else "booked"
        texts = (ask.title, ask.organizer, ask.organizer_email, ask.description)
        args = said or (sorted(ask.rooms), ask.starts, ask.ends, *texts, ask.uid)

        def compose(tx: Tx, now: datetime) -> Booking:
            current = [rooms.by_number(tx, room.number) for room in places]
            wish = Wish(Period(ask.starts, ask.ends))
            judge(tx, current, wish, rules.WALK_IN if walk_in else rules.BOOK, now)
            if ask.uid and taken(tx, ask.uid):
                raise Refused((Objection("uid_taken", ask.rooms[0]),))
            return self.fresh(ask, current, actor, now, present=walk_in)

        request = Request(what, actor, args, key)
        return self.desk.make(request, [room.number for room in places], compose, preview=preview)

    def places(self, slugs: tuple[str, ...], actor: Actor) -> list[Room]:
        """The rooms as they are now, where the actor may book. Raises Invalid, Unknown or Barred."""
        if not slugs or len(set(slugs)) != len(slugs):
            raise Invalid({"rooms": "name each room once"})
        require(actor, "book")
        with self.desk.store.reading() as tx:
            found = [(slug, rooms.by_slug(tx, slug)) for slug in slugs]
        for slug, room in found:
            if room is None:
                raise Unknown("room", slug)
            require(actor, "book", room.number)
        return [room for _, room in found if room is not None]

    def fresh(self, ask: Ask, places: list[Room], actor: Actor, now: datetime, *, present: bool) -> Booking:
        """What the ask becomes, not yet stored: accepted, or pending where a room asks for approval."""
        granted = all(room.auto_accept for room in places)
        return Booking(
            id=0,
            uid=ask.uid or f"{secrets.token_hex(8)}-{epoch(now)}@lintel",
            rooms=tuple(room.number for room in places),
            starts=ask.starts,
            ends=ask.ends,
            standing=Standing.ACCEPTED if granted else Standing.PENDING,
            title=ask.title,
            organizer=ask.organizer,
            organizer_email=ask.organizer_email,
            description=ask.description,
            source=actor.source,
            made_by=actor.name,
            made_at=now,
            changed_at=now,
            checked_in_at=now if present else None,
        )

    def get(self, uid: str, actor: Actor, *, room: str | None = None) -> Booking:
        """The booking as it stands; a cancelled one is Unknown."""
        it = self.desk.find(uid, actor, room=room)
        if it.standing is Standing.CANCELLED:
            raise Unknown("booking", uid)
        return it

    def between(
        self,
        slug: str,
        actor: Actor,
        window: Period | None,
        *,
        standings: Collection[Standing] = SHOWN,
        after: tuple[int, int] | None = None,
        limit: int | None = None,
    ) -> tuple[Booking, ...]:
        """A room's bookings that touch the window (all where None), by (start, id), from the cursor on."""
        require(actor, "read")
        with self.desk.store.reading() as tx:
            room = rooms.by_slug(tx, slug)
            if room is None:
                raise Unknown("room", slug)
            require(actor, "read", room.number)
            found = bookings.between(tx, room.number, window, standings=standings, after=after, limit=limit)
        return tuple(found)

    def change(
        self, uid: str, edit: Edit, actor: Actor, *, room: str | None = None, version: int | None = None,
        key: str | None = None, preview: bool = False,
    ) -> Booking:  # fmt: skip
        """Moves or renames. A moved booking of a room with approval waits for it again, unless staff moved it."""
        check_edit(edit)

        def decide(tx: Tx, it: Booking, places: list[Room], now: datetime) -> Booking:
            judgeable(it)
            to = Period(edit.starts or it.starts, edit.ends or it.ends)
            check_period(to.start, to.end)
            if to == it.period:
                judge_as_is(places, it, rules.RENAME, now)
            else:
                judge(tx, places, Wish(to, it.period), rules.CHANGE, now, own=it.id)
            return self._edited(it, edit, to, places, actor, now)

        request = Request("changed", actor, (uid, edit), key)
        return self.desk.act(request, uid, decide, room=room, version=version, preview=preview)

    def _edited(self, it: Booking, edit: Edit, to: Period, places: list[Room], actor: Actor, now: datetime) -> Booking:
        texts = {
            name: given
            for name in ("title", "organizer", "organizer_email", "description")
            if (given := getattr(edit, name)) is not None
        }
        if to == it.period:
            return replace(it, **texts)
        granted = actor.scope == "admin" or all(room.auto_accept for room in places)
        return replace(
            it,
            starts=to.start,
            ends=to.end,
            planned_end=None,
            checked_in_at=it.checked_in_at if to.start <= now else None,
            standing=it.standing if granted else Standing.PENDING,
            **texts,
        )

    def cancel(
        self, uid: str, actor: Actor, *, room: str | None = None, version: int | None = None, key: str | None = None,
        preview: bool = False,
    ) -> Booking:  # fmt: skip
        """Gives the room back. What is over stays as it was."""

        def decide(tx: Tx, it: Booking, places: list[Room], now: datetime) -> Booking:
            judge_as_is(places, it, rules.CANCEL, now)
            return replace(it, standing=Standing.CANCELLED)

        request = Request("cancelled", actor, (uid,), key)
        return self.desk.act(request, uid, decide, room=room, version=version, preview=preview)

    def approve(
        self, uid: str, actor: Actor, *, room: str | None = None, version: int | None = None, key: str | None = None
    ) -> Booking:
        """A pending booking becomes accepted. Scope admin."""
        return self._answer(Request("approved", actor, (uid,), key), Standing.ACCEPTED, uid, room, version)

    def decline(
        self, uid: str, actor: Actor, *, room: str | None = None, version: int | None = None, key: str | None = None
    ) -> Booking:
        """A pending booking is turned down and holds nothing any more. Scope admin."""
        return self._answer(Request("declined", actor, (uid,), key), Standing.DECLINED, uid, room, version)

    def _answer(self, request: Request, to: Standing, uid: str, room: str | None, version: int | None) -> Booking:
        def decide(tx: Tx, it: Booking, places: list[Room], now: datetime) -> Booking:
            if it.standing is not Standing.PENDING:
                raise Refused((Objection("not_pending", places[0].id),))
            if to is Standing.ACCEPTED:
                judge_as_is(places, it, rules.APPROVE, now)
            return replace(it, standing=to)

        return self.desk.act(request, uid, decide, room=room, version=version, scope="admin")


def taken(tx: Tx, uid: str) -> bool:
    """Whether a booking or a series has the uid."""
    return bookings.by_uid(tx, uid) is not None or series.by_uid(tx, uid) is not None


def judgeable(it: Booking) -> None:
    """Raises Refused where a declined booking is to be acted on."""
    if not it.standing.holding:
        raise Refused((Objection("declined", ""),))


def check(ask: Ask) -> None:
    """Raises Invalid for texts or times that no room could take."""
    bad = problems({name: (getattr(ask, name), limit) for name, limit in TEXTS.items()}, lines=("description",))
    if bad:
        raise Invalid(bad)
    check_period(ask.starts, ask.ends)


def check_edit(edit: Edit) -> None:
    """Raises Invalid for texts or instants that no booking could have."""
    given = {name: (getattr(edit, name), TEXTS[name]) for name in TEXTS if getattr(edit, name, None) is not None}
    bad = problems(given, lines=("description",))
    if bad:
        raise Invalid(bad)
    check_instants({"starts": edit.starts, "ends": edit.ends})


def check_period(starts: datetime, ends: datetime) -> None:
    """Raises Invalid unless the end is after the start; Refused("too_long") past LONGEST, before a rule expands it."""
    check_instants({"starts": starts, "ends": ends})
    if ends <= starts:
        raise Invalid({"ends": "must be after the start"})
    if ends - starts > LONGEST:
        raise Refused((Objection("too_long", "", {"minutes": LONGEST // timedelta(minutes=1)}),))


def check_instants(given: Mapping[str, datetime | None]) -> None:
    """Raises Invalid for an instant that no booking could have, under the name that it was given by."""
    for name, moment in given.items():
        if moment is not None and not EARLIEST <= moment < LATEST:
            raise Invalid({name: "is out of range"})
        if moment is not None and moment != whole(moment):
            raise Invalid({name: "whole seconds only"})

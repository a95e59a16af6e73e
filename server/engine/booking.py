"""One booking from door to disk: book, read, change, cancel, approve, decline. Read top to bottom."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from server.core import approval, rules
from server.core.access import Actor, require
from server.core.clock import epoch
from server.core.details import detail_problems, whole_edit
from server.core.errors import Invalid, Objection, Refused, Unknown
from server.core.model import Ask, Booking, Edit, Room, Standing
from server.core.people import Person
from server.core.period import Period
from server.core.privacy import FEED, for_actor
from server.core.rules.kinds import Wish
from server.core.waiting import OFFER
from server.engine.asking import EARLIEST, LATEST, check, check_edit, check_period, told, told_edit
from server.engine.counting import Case, given
from server.engine.desk import Desk, Request
from server.engine.owners import host_of, may_approve, may_be_owner, named_people, new_owner, speaks_for_self
from server.engine.scene import Placed, Scene
from server.store import bookings, gathering, rooms, series
from server.store.database import Tx

SHOWN = frozenset(set(Standing) - {Standing.CANCELLED})


@dataclass(frozen=True, slots=True)
class Bookings:
    """The use cases of bookings. All raise Invalid, Unknown, Barred, Refused, Stale, Later or Full."""

    desk: Desk

    def book(
        self, ask: Ask, actor: Actor, *, key: str | None = None, walk_in: bool = False, said: tuple[Any, ...] = (),
        preview: bool = False, direct: bool = False,
    ) -> Booking:  # fmt: skip
        """Books; a walk-in counts as checked in, for its people stand at the door. Of a preview nothing stays.

        `said` is what the asker really sent, where the ask was filled in from the clock: a repeat is known by it.
        `direct`: refused ("asks_first") rather than made to wait for approval.
        """
        check(ask)
        asked = self.asked(ask, actor)
        what = "walked_in" if walk_in else "booked"
        args = said or (sorted(ask.rooms), ask.starts, ask.ends, *told(ask))

        def compose(scene: Scene) -> Placed:
            may_be_owner(ask, scene)
            case = asked.case(ask, scene)
            wish = Wish(Period(ask.starts, ask.ends), title=ask.title, description=ask.description, details=ask.details)
            verdict = scene.judge(wish, rules.WALK_IN if walk_in else rules.BOOK, case)
            speaks_for_self(ask.organizer_email, scene, verdict.person)
            fresh = self.fresh(ask, scene, case.owner, verdict.person, present=walk_in)
            if direct and fresh.standing is Standing.PENDING:
                raise Refused((Objection("asks_first", scene.rooms[0].id),))
            return Placed(fresh, verdict.taking)

        request = Request(what, actor, args, key, at_risk=ask.at_risk)
        return self.desk.make(request, asked.numbers, compose, preview=preview)

    def asked(self, ask: Ask, actor: Actor) -> "Asked":
        """The rooms as they are now, where the actor may book, and whose booking it will be.

        Raises Invalid, Unknown or Barred.
        """
        slugs = ask.rooms
        if not slugs or len(set(slugs)) != len(slugs):
            raise Invalid({"rooms": "name each room once"})
        require(actor, "book")
        with self.desk.store.reading() as tx:
            found = gathering.named(tx, slugs, ask.organizer_email)
        by_slug = {room.id: room for room in found.rooms}
        for slug in slugs:
            if slug not in by_slug:
                raise Unknown("room", slug)
            require(actor, "book", by_slug[slug].number)
        return Asked(found.rooms, new_owner(ask, actor, found.person))

    def places(self, slugs: tuple[str, ...], actor: Actor) -> list[Room]:
        """The rooms as they are now, where the actor may book. Raises Invalid, Unknown or Barred."""
        return list(self.asked(Ask(slugs, EARLIEST, LATEST, ""), actor).rooms)

    def fresh(
        self, ask: Ask, scene: Scene, owner: int | None, person: Person | None, *, present: bool, series: bool = False
    ) -> Booking:  # fmt: skip
        """What the ask becomes, not yet stored: accepted, or pending where a room asks for approval."""
        stands = approval.stands(scene.rooms, scene.actor, series=series)
        name, email = host_of(ask, scene.actor, person)
        return Booking(
            id=0,
            uid=ask.uid or f"{secrets.token_hex(8)}-{epoch(scene.now)}@lintel",
            rooms=tuple(room.number for room in scene.places),
            starts=ask.starts,
            ends=ask.ends,
            standing=Standing.ACCEPTED if stands else Standing.PENDING,
            title=ask.title,
            organizer=name,
            organizer_email=email,
            description=ask.description,
            source=scene.actor.source,
            made_by=scene.actor.name,
            made_at=scene.now,
            changed_at=scene.now,
            checked_in_at=scene.now if present else None,
            owner=owner,
            details=ask.details,
        )

    def get(self, uid: str, actor: Actor, *, room: str | None = None, cancelled: bool = False) -> Booking:
        """The booking as it stands, as far as the actor may read it; a cancelled one is Unknown, unless wanted."""
        it = self.desk.find(uid, actor, room=room, act="see")
        if it.standing is Standing.CANCELLED and not cancelled:
            raise Unknown("booking", uid)
        return self.shown(it, actor)

    def shown(self, it: Booking, actor: Actor) -> Booking:
        """The booking without what the actor may not read of it."""
        if _reads_all(actor) and not it.details.attributes:
            return it
        with self.desk.store.reading() as tx:
            house, room = self.desk.house.at(tx), rooms.by_number(tx, it.rooms[0])
        return for_actor(actor, it, room, house.of("booking"))

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
        """A room's bookings that touch the window (all where None), by (start, id), from the cursor on.

        Of a combined room also those of its parts. Each as far as the actor may read it.
        """
        require(actor, "read")
        with self.desk.store.reading() as tx:
            room = rooms.by_slug(tx, slug)
            if room is None:
                raise Unknown("room", slug)
            require(actor, "read", room.number)
            numbers = (room.number, *room.parts)
            found = bookings.in_rooms(tx, numbers, window, standings=standings, after=after, limit=limit)
            if _reads_all(actor) and not any(it.details.attributes for it in found):
                return tuple(found)
            attributes = self.desk.house.at(tx).of("booking")
        return tuple(for_actor(actor, it, room, attributes) for it in found)

    def change(
        self, uid: str, edit: Edit, actor: Actor, *, room: str | None = None, version: int | None = None,
        key: str | None = None, preview: bool = False,
    ) -> Booking:  # fmt: skip
        """Moves or renames. A moved booking of a room with approval waits for it again, unless staff moved it."""
        check_edit(edit)

        def decide(it: Booking, scene: Scene) -> Booking | Placed:
            judgeable(it)
            to = Period(edit.starts or it.starts, edit.ends or it.ends)
            check_period(to.start, to.end)
            after = edited(it, completed(edit, it), scene)
            said = after.details if carries_new(it, after) else None
            wish = Wish(to, it.period, 1, after.title, after.description, said, it.details)
            case = given(scene.case(it), it, after)
            case = replace(case, newly=named_people(after) - named_people(it))
            if to != it.period:
                if (after.title, after.description) != (it.title, it.description):
                    scene.reword(replace(wish, period=it.period, details=after.details), rules.RENAME, case)
                verdict = scene.judge(wish, rules.CHANGE, case)
                return Placed(_moved(after, to, scene), verdict.taking)
            if said is not None:
                return Placed(after, scene.reword(wish, rules.REWORD, case).taking)
            scene.reword(replace(wish, details=it.details), rules.RENAME, case)
            return after

        request = Request("changed", actor, (uid, *told_edit(edit)), key)
        return self.desk.act(request, uid, decide, room=room, version=version, preview=preview)

    def cancel(
        self, uid: str, actor: Actor, *, room: str | None = None, version: int | None = None, key: str | None = None,
        preview: bool = False,
    ) -> Booking:  # fmt: skip
        """Gives the room back. What is over stays as it was."""

        def decide(it: Booking, scene: Scene) -> Booking:
            scene.as_is(it, rules.CANCEL)
            return replace(it, standing=Standing.CANCELLED, credits=kept_credits(it, scene.now))

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
        def decide(it: Booking, scene: Scene) -> Booking:
            if it.standing is not Standing.PENDING or it.source == OFFER:
                raise Refused((Objection("not_pending", scene.rooms[0].id),))
            if to is Standing.ACCEPTED:
                may_approve(it, scene.actor)
                scene.as_is(it, rules.APPROVE)
                return replace(it, standing=to)
            return replace(it, standing=to, credits=kept_credits(it, scene.now))

        return self.desk.act(request, uid, decide, room=room, version=version, act="approve")


@dataclass(frozen=True, slots=True)
class Asked:
    """The rooms that are asked for, and whose booking it will be (None: nobody's we know)."""

    rooms: tuple[Room, ...]
    owner: int | None

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the rooms, and of the parts of those that are combined."""
        return tuple(dict.fromkeys(number for room in self.rooms for number in (room.number, *room.parts)))

    def case(self, ask: Ask, scene: Scene) -> Case:
        """The case of what is asked for."""
        people = named_people(ask)
        return Case(scene.actor, scene.house, self.owner, ask.details, uid=ask.uid, newly=people)


def _reads_all(actor: Actor) -> bool:
    """Whether everything is told in full: to a key of the whole house, but at no secret address."""
    return actor.person is None and actor.rooms is None and actor.source != FEED


def completed(edit: Edit, it: Booking) -> Edit:
    """The edit with all that the booking is to carry. Raises Invalid where it cannot carry that."""
    found = whole_edit(edit, it.details)
    if edit.carry is not None and found.details is not None and (bad := detail_problems(found.details)):
        raise Invalid(bad)
    return found


def edited(it: Booking, edit: Edit, scene: Scene) -> Booking:
    """The booking with what is newly said of it; its time is as it was."""
    names = ("title", "organizer", "organizer_email", "description", "owner", "details")
    given: dict[str, Any] = {name: said for name in names if (said := getattr(edit, name)) is not None}
    after = replace(it, **given)
    may_be_owner(after, scene, before=it)
    if after.organizer_email != it.organizer_email:
        speaks_for_self(after.organizer_email, scene, None)
    return after


def carries_new(before: Booking, after: Booking) -> bool:
    """Whether the booking is to carry something else than before."""
    return (before.owner, before.details) != (after.owner, after.details)


def _moved(it: Booking, to: Period, scene: Scene) -> Booking:
    """A moved booking of a room with approval waits for it again, unless who moves it needs nobody's yes."""
    stands = approval.stands(scene.rooms, scene.actor, changing=True)
    return replace(
        it,
        starts=to.start,
        ends=to.end,
        planned_end=None,
        checked_in_at=it.checked_in_at if to.start <= scene.now else None,
        standing=it.standing if stands else Standing.PENDING,
    )


def kept_credits(it: Booking, now: datetime) -> int:
    """What a booking has cost once its rooms are given back: nothing, unless it is over."""
    return it.credits if it.ends <= now else 0


def taken(tx: Tx, uid: str) -> bool:
    """Whether a booking or a series has the uid."""
    return bookings.by_uid(tx, uid) is not None or series.by_uid(tx, uid) is not None


def judgeable(it: Booking) -> None:
    """Raises Refused where a declined booking is to be acted on."""
    if it.standing is Standing.DECLINED:
        raise Refused((Objection("declined", ""),))

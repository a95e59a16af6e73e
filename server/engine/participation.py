"""Who comes: people join and leave bookings that are open to them, and those who were asked say yes or no."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace

from server.core.access import Actor
from server.core.details import MOST_ATTENDEES
from server.core.errors import Barred, Objection, Refused
from server.core.model import Attendee, Booking, Details
from server.core.people import folded
from server.core.rules import Rule
from server.core.rules.kinds import Wish
from server.core.rules.notice import over
from server.core.rules.people import person_elsewhere, too_many_people
from server.engine.booking import judgeable
from server.engine.desk import Desk, Request
from server.engine.instance import Instance
from server.engine.scene import Placed, Scene

COMING: tuple[Rule, ...] = (over, too_many_people, person_elsewhere)
"""What is asked when somebody is to come: nothing else of the booking is new."""
CODE = 20
"""Letters of a guest's code, 80 bits."""
Attendees = tuple[Attendee, ...]


@dataclass(frozen=True, slots=True)
class Participation:
    """The use cases of those who come. All raise Unknown, Barred, Refused, Stale, Later or Full."""

    desk: Desk
    instance: Instance

    def join(self, uid: str, actor: Actor, *, room: str | None = None, key: str | None = None) -> Booking:
        """A person comes to a booking that people may join; who is there already stays."""
        person = _known(actor)

        def coming(it: Booking) -> Attendees:
            there = it.details.attendees
            if person in it.people:
                return there
            if not it.details.joinable and not _asked(there, person):
                raise Refused((Objection("not_joinable", ""),))
            others = tuple(each for each in there if each.person != person)
            return (*others, Attendee("participant", person))

        return self._act("joined", uid, actor, room, key, coming)

    def leave(self, uid: str, actor: Actor, *, room: str | None = None, key: str | None = None) -> Booking:
        """A person who joined does not come after all; one who was invited is said to have declined."""
        person = _known(actor)

        def coming(it: Booking) -> Attendees:
            there = it.details.attendees
            if not _asked(there, person):
                raise Refused((Objection("not_invited", ""),))
            stay = tuple(each for each in there if each.person != person or each.kind != "participant")
            return tuple(replace(each, answer="declined") if each.person == person else each for each in stay)

        return self._act("left", uid, actor, room, key, coming)

    def answer(
        self, uid: str, actor: Actor, *, accept: bool, room: str | None = None, key: str | None = None
    ) -> Booking:  # fmt: skip
        """Who was asked to come says yes or no."""
        person = _known(actor)

        def coming(it: Booking) -> Attendees:
            if not _asked(it.details.attendees, person):
                raise Refused((Objection("not_invited", ""),))
            return _answered(it.details, accept, lambda each: each.person == person)

        return self._act("answered", uid, actor, room, key, coming)

    def guest_code(self, it: Booking, email: str) -> str:
        """What a guest shows to answer: it follows from booking and e-mail, so nothing need be kept."""
        return self.instance.digest("guest", f"{it.uid}\n{folded(email)}")[:CODE]

    def answer_guest(self, uid: str, email: str, code: str, *, accept: bool, actor: Actor) -> Booking:
        """A guest says yes or no by the code from the invitation; `actor` is the door it comes through.

        Raises Barred("identity") for a wrong code, also where there is no such guest or booking.
        """
        wanted = self.instance.digest("guest", f"{uid}\n{folded(email)}")[:CODE]
        if not hmac.compare_digest(wanted.encode(), code.encode("utf-8", "surrogatepass")):
            raise Barred("identity")

        def coming(it: Booking) -> Attendees:
            if not any(folded(each.email) == folded(email) for each in it.details.attendees if each.email):
                raise Barred("identity")
            return _answered(it.details, accept, lambda each: bool(each.email) and folded(each.email) == folded(email))

        return self._act("answered", uid, actor, None, None, coming)

    def _act(
        self, what: str, uid: str, actor: Actor, room: str | None, key: str | None,
        coming: Callable[[Booking], Attendees],
    ) -> Booking:  # fmt: skip
        def decide(it: Booking, scene: Scene) -> Booking | Placed:
            judgeable(it)
            details = replace(it.details, attendees=coming(it))
            if details == it.details:
                return it
            if len(details.attendees) > MOST_ATTENDEES:
                numbers = {"people": len(details.attendees), "seats": MOST_ATTENDEES}
                raise Refused((Objection("too_many_people", scene.rooms[0].id, numbers),))
            after = replace(it, details=details)
            fresh = after.people - it.people
            wish = Wish(it.period, it.period, title=it.title, description=it.description, kept=details)
            case = replace(scene.case(it), details=details)
            asked = COMING if fresh else (over,)
            return Placed(after, replace(scene.reword(wish, asked, case).taking, credits=it.credits))

        return self.desk.act(Request(what, actor, (uid,), key), uid, decide, room=room, version=None, act="see")


def _known(actor: Actor) -> int:
    if actor.person is None:
        raise Barred("identity")
    if actor.scope not in ("book", "admin"):  # who is invited need not be allowed to book, but their key must write
        raise Barred("scope", need="book")
    return actor.person


def _asked(there: Attendees, person: int) -> bool:
    return any(each.person == person for each in there)


def _answered(details: Details, accept: bool, who: Callable[[Attendee], bool]) -> Attendees:
    said = "accepted" if accept else "declined"
    return tuple(replace(each, answer=said) if who(each) else each for each in details.attendees)

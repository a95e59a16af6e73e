"""Judges bookings that there are by rules that rooms do not have yet: what would a change refuse?

Decisions:
- Told is what the change alone refuses: what a booking already breaks by the rules of today is not its doing.
- A booking is judged as of when it was made, by what is kept of it. What it counted against (quotas, credits, stock,
  other people's time) and rights that somebody had then are not kept, so those rules are not asked.
- A walk-in is judged as one: nobody asks it for words or notice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from server.core.clock import epoch
from server.core.errors import Objection
from server.core.model import Booking, Room, Standing
from server.core.people import Person
from server.core.period import Period
from server.core.places import Timetable
from server.core.rules import AHEAD, LENGTHS, SERVICE, Rule, objections
from server.core.rules.gap import too_close
from server.core.rules.hours import outside_hours
from server.core.rules.kinds import Asker, Facts, Shared, Wish
from server.core.rules.people import not_your_department, not_your_group, not_your_role, too_many_people
from server.core.rules.service import no_walk_in
from server.core.rules.slots import off_slots, timetable_over
from server.core.rules.words import description_missing, terms_missing, title_missing
from server.store import bookings, people
from server.store.database import Tx

WHEN: tuple[Rule, ...] = (outside_hours, timetable_over, too_close)
COMING: tuple[Rule, ...] = (*SERVICE, *LENGTHS, *WHEN, off_slots, too_many_people)
PAST: tuple[Rule, ...] = (
    *SERVICE, not_your_role, not_your_department, not_your_group, *LENGTHS, *AHEAD, *WHEN, off_slots, title_missing,
    description_missing, terms_missing, too_many_people,
)  # fmt: skip
WALKED: tuple[Rule, ...] = (*SERVICE, no_walk_in, *LENGTHS, *WHEN)
HELD = frozenset({Standing.ACCEPTED, Standing.PENDING})
PAGE = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """A booking that the change would have refused in a room, and by which codes."""

    booking: Booking
    room: str
    codes: tuple[str, ...]


@dataclass(slots=True)
class Rejudging:
    """`changed`: rooms before and after. `window`: bookings that touch it. `past`: as they were made, else as they lie.

    `most` bookings are looked at; `whole` says whether those were all. `progress` is called with each count.
    """

    tx: Tx
    timetables: Mapping[int, Timetable]
    changed: Sequence[tuple[Room, Room]]
    window: Period
    now: datetime
    past: bool
    most: int = 100_000
    progress: Callable[[int], None] = lambda _: None
    looked: int = 0
    whole: bool = True
    _people: dict[int, Person] = field(default_factory=dict)

    def run(self) -> Iterator[Refusal]:
        """Each booking that the change refuses, room by room, by start."""
        for before, after in self.changed:
            if before != after:
                yield from self._room(before, after)

    def _room(self, before: Room, after: Room) -> Iterator[Refusal]:
        ends: list[datetime] = []  # of those that go on or are just over, where a lane each
        for it, last, following in _beside(self._stream(after.number)):
            ends = [end for end in ends if end > it.starts]
            crowd = len(ends) + 1
            ends.append(it.ends)
            codes = self._codes(it, after, last, following, crowd)
            if codes:
                known = set(self._codes(it, before, last, following, crowd))
                codes = [code for code in codes if code not in known]
            if codes:
                yield Refusal(it, after.id, tuple(codes))

    def _codes(
        self, it: Booking, room: Room, last: datetime | None, following: datetime | None, crowd: int
    ) -> list[str]:  # fmt: skip
        person = self._people.get(it.owner) if it.owner is not None else None
        walked = it.made_by.startswith("device:")
        rules = COMING if not self.past else WALKED if walked else PAST
        one = room.policy.lanes == 1
        facts = Facts(
            it.made_at if self.past else self.now, room, last if one else None, following if one else None,
            asker=Asker("device" if walked else str(person.role) if person is not None else "", person),
            shared=Shared(rooms=(room,), timetables=self.timetables),
        )  # fmt: skip
        wish = Wish(it.period, title=it.title, description=it.description, details=it.details)
        found: list[Objection] = list(objections(rules, wish, facts))
        return [each.code for each in found] + (["clash"] if crowd > room.policy.lanes else [])

    def _stream(self, room: int) -> Iterator[Booking]:
        """The room's bookings by start, a page at a time, up to the bound over all rooms."""
        after: tuple[int, int] | None = None
        while True:
            page = bookings.between(self.tx, room, self.window, standings=HELD, after=after, limit=PAGE)
            self._know(page)
            for it in page:
                if self.looked == self.most:
                    self.whole = False
                    return
                self.looked += 1
                yield it
            self.progress(len(page))
            if len(page) < PAGE:
                return
            after = (epoch(page[-1].starts), page[-1].id)

    def _know(self, page: Iterable[Booking]) -> None:
        missing = {it.owner for it in page if it.owner is not None} - self._people.keys()
        if missing:
            found: Mapping[int, Person] = people.by_numbers(self.tx, missing)
            self._people.update(found)


def _beside(them: Iterator[Booking]) -> Iterator[tuple[Booking, datetime | None, datetime | None]]:
    """Each with the end before it and the start after it."""
    last: datetime | None = None
    it = next(them, None)
    while it is not None:
        following = next(them, None)
        yield it, last, following.starts if following is not None else None
        last = it.ends if last is None else max(last, it.ends)
        it = following

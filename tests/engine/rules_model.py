"""An independent model of the rule book, written from docs/rules.md: what the engine refuses, and by which codes.

Time is minutes of the local clock since Monday, 00:00; nothing here knows the engine, its values or its zones.

The house: Oak has four seats, hours, a gap, a price and lets nobody be in two places; two bookings fit into Elm at
once; Fir, Ash and Bay keep a timetable; Yew wants approval and notice. There are two beamers, and whiteboards for Elm.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

DAY = 1_440
GRACE = 5
SEATS = {"oak": 4, "elm": 0, "fir": 3, "ash": 3, "bay": 3, "yew": 6}
TABLE = ("fir", "ash", "bay")
MOST_AT_ONCE, MOST_ROOMS = 2, 2
STARTS, SLOT = range(8 * 60, 18 * 60, 60), 50
OPENS, CLOSES, GAP = 7 * 60, 20 * 60, 10
SHORTEST, LONGEST, LANES = 15, 120, 2
NOTICE, LATE, HORIZON = 60, 120, 7 * DAY
PRICE, PEAK_PRICE, PEAK = 100, 200, range(12 * 60, 14 * 60)
BEAMERS, BEAMER, BEAMER_PEAK = 2, 50, 80
BOARDS = 2
DAY_MINUTES, WEEK_BOOKINGS = 360, 4


@dataclass(frozen=True)
class Span:
    """From a minute up to, not including, another."""

    start: int
    end: int

    def meets(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    def minutes_in(self, other: "Span") -> int:
        return max(0, min(self.end, other.end) - max(self.start, other.start))


@dataclass
class Booked:
    """A booking as the model knows it; `people` are the owner and who else of the house takes part."""

    rooms: tuple[str, ...]
    span: Span
    owner: str
    people: frozenset[str]
    guests: int
    beamers: int
    boards: int
    standing: str = "accepted"
    paid: int = 0

    @property
    def held(self) -> bool:
        return self.standing in ("accepted", "pending")


@dataclass
class Model:
    """The house as it should be. `balance` in hundredths of a credit."""

    now: int
    balance: dict[str, int]
    booked: dict[str, Booked] = field(default_factory=dict)
    shut: dict[int, tuple[str, Span]] = field(default_factory=dict)

    def others(self, own: str) -> list[Booked]:
        return [it for uid, it in self.booked.items() if it.held and uid != own]

    # what is asked

    def book(self, wish: Booked) -> set[str]:
        """The codes that refuse a new booking."""
        return self._asked(wish, None, "") | self._carries(wish)

    def move(self, uid: str, to: Span) -> set[str]:
        """The codes that refuse another time."""
        it = self.booked[uid]
        late = {"too_late_to_change"} if "yew" in it.rooms and it.span.start < self.now + LATE else set()
        if to == it.span:
            return self._over(it)
        moved = Booked(it.rooms, to, it.owner, it.people, it.guests, it.beamers, it.boards, it.standing, it.paid)
        return self._over(it) | late | self._asked(moved, it.span, uid) | self._carries(moved)

    def cancel(self, uid: str) -> set[str]:
        it = self.booked[uid]
        late = "yew" in it.rooms and it.span.start < self.now + LATE
        return self._over(it) | ({"too_late_to_cancel"} if late else set())

    def answer(self, uid: str, *, yes: bool) -> set[str]:
        it = self.booked[uid]
        if it.standing != "pending":
            return {"not_pending"}
        return self._over(it) if yes else set()

    def close(self, room: str, span: Span) -> set[str]:
        booked = any(room in it.rooms and it.span.meets(span) for it in self.others(""))
        shut = any(where == room and it.meets(span) for where, it in self.shut.values())
        return {"clash"} if booked or shut else set()

    # what comes of it

    def keep(self, uid: str, it: Booked) -> None:
        """It is booked, or moved: it costs what it costs now, and waits where Yew is in it."""
        before = self.booked.get(uid)
        price = self.price(it)
        self.balance[it.owner] -= price - (before.paid if before is not None else 0)
        it.paid = price
        if "yew" in it.rooms:
            it.standing = "pending"
        self.booked[uid] = it

    def give_back(self, uid: str, standing: str) -> None:
        it = self.booked[uid]
        if it.span.end > self.now:
            self.balance[it.owner] += it.paid
            it.paid = 0
        it.standing = standing

    # the rules of single rooms

    def _over(self, it: Booked) -> set[str]:
        return {"over"} if it.span.end <= self.now else set()

    def _asked(self, wish: Booked, former: Span | None, own: str) -> set[str]:
        """Time and rooms."""
        span, found = wish.span, set[str]()
        kept = former is not None and former.start == span.start
        if (not kept and span.start < self.now - GRACE) or span.end <= self.now:
            found.add("in_past")
        for room in wish.rooms:
            found |= set(self._in_room(room, span, self.others(own)))
            if room == "yew" and not kept and span.start < self.now + NOTICE:
                found.add("too_soon")
            if room == "yew" and not kept and span.start > self.now + HORIZON:
                found.add("too_far")
        return found | self._counted(wish, former, own)

    def _in_room(self, room: str, span: Span, others: list[Booked]) -> Iterator[str]:
        here = [it.span for it in others if room in it.rooms]
        if any(where == room and it.meets(span) for where, it in self.shut.values()):
            yield "closed"
        lanes = LANES if room == "elm" else 1
        if peak(((it, 1) for it in here), span) + 1 > lanes:
            yield "clash"
        if room == "oak":
            if not _within_hours(span):
                yield "outside_hours"
            if any(it.end <= span.start < it.end + GAP or it.start - GAP < span.end <= it.start for it in here):
                yield "too_close"
        if room == "elm" and span.end - span.start < SHORTEST:
            yield "too_short"
        if room == "elm" and span.end - span.start > LONGEST:
            yield "too_long"
        if room == "yew" and span.start // DAY != (span.end - 1) // DAY:
            yield "multi_day"
        if room in TABLE and not _on_slots(span):
            yield "off_slots"

    # the rules of the whole booking

    def _counted(self, wish: Booked, former: Span | None, own: str) -> set[str]:
        """What it counts against: timetable, stock, people, quotas, credits."""
        others, span, found = self.others(own), wish.span, set[str]()
        wanted = _in_table(wish)
        if wanted and peak(((it.span, _in_table(it)) for it in others), span) + wanted > MOST_AT_ONCE:
            found.add("timetable_full")
        if wish.beamers and peak(((it.span, it.beamers) for it in others), span) + wish.beamers > BEAMERS:
            found.add("out_of_stock")
        if "oak" in wish.rooms and any(it.people & wish.people and it.span.meets(span) for it in others):
            found.add("person_elsewhere")
        own_ones = [it for it in others if it.owner == wish.owner]
        if self._over_day(wish, former, own_ones) or self._over_week(wish, former, own_ones):
            found.add("over_quota")
        if self.price(wish) - wish.paid > max(0, self.balance[wish.owner]):
            found.add("too_few_credits")
        return found

    def _over_day(self, wish: Booked, former: Span | None, mine: list[Booked]) -> bool:
        """Minutes a day, in every room, what is over too."""
        for day in range(wish.span.start // DAY, (wish.span.end - 1) // DAY + 1):
            whole = Span(day * DAY, (day + 1) * DAY)
            wanted = wish.span.minutes_in(whole) * len(wish.rooms)
            had = former.minutes_in(whole) * len(wish.rooms) if former is not None else 0
            used = sum(it.span.minutes_in(whole) * len(it.rooms) for it in mine)
            if wanted > had and used + wanted > DAY_MINUTES:
                return True
        return False

    def _over_week(self, wish: Booked, former: Span | None, mine: list[Booked]) -> bool:
        """Bookings a week in Elm that are not over."""
        week = wish.span.start // (7 * DAY)
        if "elm" not in wish.rooms or (former is not None and former.start // (7 * DAY) == week):
            return False
        there = [it for it in mine if "elm" in it.rooms and it.span.end > self.now]
        return sum(it.span.start // (7 * DAY) == week for it in there) + 1 > WEEK_BOOKINGS

    def _carries(self, wish: Booked) -> set[str]:
        """Rooms at once, seats, and what goes with which room."""
        found = set()
        if ("yew" in wish.rooms and len(wish.rooms) > 1) or _in_table(wish) > MOST_ROOMS:
            found.add("too_many_rooms")
        seats = [SEATS[room] for room in wish.rooms]
        if "oak" in wish.rooms and all(seats) and len(wish.people) + wish.guests > sum(seats):
            found.add("too_many_people")
        if wish.boards and "elm" not in wish.rooms:
            found.add("accessory_not_here")
        if wish.boards > BOARDS and "elm" in wish.rooms:
            found.add("accessory_too_many")
        return found

    def price(self, it: Booked) -> int:
        """Oak by the hour begun, each beamer once; more where that begins at noon or the hour after on a workday."""
        hours = range(it.span.start, it.span.end, 60) if "oak" in it.rooms else ()
        rooms = sum(PEAK_PRICE if _at_peak(hour) else PRICE for hour in hours)
        dear = it.rooms[0] == "oak" and _at_peak(it.span.start)
        return rooms + it.beamers * (BEAMER_PEAK if dear else BEAMER)


def peak(uses: Iterable[tuple[Span, int]], over: Span) -> int:
    """The most that is in use at one instant of a time."""
    there = [(span, count) for span, count in uses if span.meets(over)]
    instants = {over.start, *(span.start for span, _ in there if over.start <= span.start < over.end)}
    return max(sum(count for span, count in there if span.start <= at < span.end) for at in instants)


def _in_table(it: Booked) -> int:
    return sum(room in TABLE for room in it.rooms)


def _at_peak(minute: int) -> bool:
    return minute // DAY % 7 < 5 and minute % DAY in PEAK


def _within_hours(span: Span) -> bool:
    day = span.start // DAY * DAY
    return day + OPENS <= span.start and span.end <= day + CLOSES


def _on_slots(span: Span) -> bool:
    workdays = span.start // DAY % 7 < 5 and span.end // DAY % 7 < 5
    return workdays and span.start % DAY in STARTS and span.end % DAY - SLOT in STARTS

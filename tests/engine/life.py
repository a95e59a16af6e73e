"""A long life at random: the engine and a small model of it are asked the same and must always agree.

The model is a list of bookings and a few lines of rules, written from the product's words, not from the engine's
code. Steps come from Hypothesis, which shrinks what fails to the shortest story.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from server.core.access import CLI
from server.core.errors import LintelError, Refused, Stale, Unknown
from server.core.model import Booking, Edit, Standing
from server.store import bookings
from tests import make
from tests.make import House

MINUTE = timedelta(minutes=1)
MAX, GAP = 120, 5
minutes = st.integers(-6, 90)
lengths = st.integers(1, 130)
rooms = st.sampled_from(["oak", "elm"])


@dataclass
class Known:
    """A booking as the model knows it."""

    room: str
    start: datetime
    end: datetime
    holds: bool = True
    cancelled: bool = False
    here: bool = False
    version: int = 1


@dataclass
class Shut:
    """A closure as the model knows it."""

    room: str
    start: datetime
    end: datetime


class Life(RuleBasedStateMachine):
    """Oak asks for nothing; Elm wants five minutes between meetings and none longer than two hours."""

    open: ClassVar[Any]
    made = Bundle("made")
    shut = Bundle("shut")
    keys = Bundle("keys")

    @initialize()
    def begin(self) -> None:
        self.house: House = make.house(type(self).open(), make.Clock())
        self.house.policy("elm", gap_minutes=GAP, max_minutes=MAX)
        self.known: dict[str, Known] = {}
        self.shuts: dict[int, Shut] = {}
        self.done: dict[str, tuple[str, Known | None, Known, datetime]] = {}
        self.acts: dict[str, tuple[Callable[[], Booking], Booking]] = {}
        self.booked_by: dict[str, str] = {}
        self.count = 0

    def teardown(self) -> None:
        if not hasattr(self, "house"):
            return
        for room in ("oak", "elm"):
            listed = self.house.engine.bookings.between(room, CLI, None, standings=tuple(Standing))
            assert {it.uid: it for it in listed} == {it.uid: it for it in self.stored() if self.told(it).room == room}
        self.house.store.close()

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def stands(self, room: str, start: datetime, end: datetime, own: str = "", *, gap: bool = True) -> bool:
        """True where something is in the way."""
        around = GAP * MINUTE if room == "elm" and gap else timedelta()
        return any(
            k.room == room and k.holds and uid != own and k.start < end + around and start - around < k.end
            for uid, k in self.known.items()
        ) or any(s.room == room and s.start < end and start < s.end for s in self.shuts.values())

    def too_long(self, room: str, start: datetime, end: datetime) -> bool:
        return room == "elm" and end - start > MAX * MINUTE

    def expect(self, good: bool, act: Any) -> Booking | None:
        """Does it; it must succeed exactly where the model says so."""
        refused: LintelError | None = None
        made: Booking | None = None
        try:
            made = act()
        except (Refused, Unknown, Stale) as error:
            refused = error
        assert (refused is None) is good, f"the model says {good}, the engine {refused!r}"
        return made

    def name(self) -> str:
        self.count += 1
        return f"key-{self.count}"

    def remember(self, key: str, uid: str, before: Known | None) -> None:
        self.done[key] = (uid, before, replace(self.known[uid]), self.now)

    # what people do

    @rule(target=made, room=rooms, start=minutes, length=lengths)
    def book(self, room: str, start: int, length: int) -> Any:
        begin = self.now + start * MINUTE
        end = begin + length * MINUTE
        good = (
            start >= -5 and end > self.now and not self.too_long(room, begin, end) and not self.stands(room, begin, end)
        )
        key = self.name()
        act = partial(self.house.book, begin, end, room=room, key=key)
        made = self.expect(good, act)
        if made is None:
            return multiple()
        self.acts[key] = act, made
        self.booked_by[made.uid] = key
        self.known[made.uid] = Known(room, begin, end)
        self.remember(key, made.uid, None)
        return made.uid

    @rule(uid=made, by=st.integers(-20, 30), length=lengths, seen=st.booleans())
    def change(self, uid: str, by: int, length: int, seen: bool) -> None:
        k = self.known[uid]
        begin = k.start + by * MINUTE
        end = begin + length * MINUTE
        same = (begin, end) == (k.start, k.end)
        good = (
            not k.cancelled
            and k.end > self.now
            and (
                same
                or (
                    (by == 0 or begin >= self.now - 5 * MINUTE)
                    and end > self.now
                    and not self.too_long(k.room, begin, end)
                    and not self.stands(k.room, begin, end, uid)
                )
            )
        )
        version = k.version if seen else None
        edit = Edit(starts=begin, ends=end)
        found = self.expect(
            good, lambda: self.house.engine.bookings.change(uid, edit, self.house.alice, version=version)
        )
        if found is not None and not same:
            here = k.here and begin <= self.now
            self.known[uid] = replace(k, start=begin, end=end, here=here, version=k.version + 1)

    @rule(uid=made)
    def cancel(self, uid: str) -> None:
        k = self.known[uid]
        found = self.expect(
            not k.cancelled and k.end > self.now, lambda: self.house.engine.bookings.cancel(uid, self.house.bob)
        )
        if found is not None:
            self.known[uid] = replace(k, holds=False, cancelled=True, version=k.version + 1)

    @rule(target=keys, uid=made, more=st.integers(1, 60))
    def extend(self, uid: str, more: int) -> Any:
        k, key = self.known[uid], self.name()
        end = k.end + more * MINUTE
        good = (
            not k.cancelled
            and k.end > self.now
            and not self.too_long(k.room, k.start, end)
            and not self.stands(k.room, k.start, end, uid)
        )
        act = partial(self.house.engine.presence.extend, uid, self.house.alice, minutes=more, key=key)
        answer = self.expect(good, act)
        if answer is None:
            return multiple()
        self.acts[key] = act, answer
        self.known[uid] = replace(k, end=end, version=k.version + 1)
        self.remember(key, uid, k)
        return key

    @rule(target=keys, uid=made)
    def end(self, uid: str) -> Any:
        k, key = self.known[uid], self.name()
        good = not k.cancelled and k.start <= self.now < k.end
        act = partial(self.house.engine.presence.end, uid, self.house.alice, key=key)
        answer = self.expect(good, act)
        if answer is None:
            return multiple()
        self.acts[key] = act, answer
        over = max(self.now, k.start + timedelta(seconds=1))
        if over != k.end:  # ended twice within its first second it has ended once
            self.known[uid] = replace(k, end=over, version=k.version + 1)
        self.remember(key, uid, k)
        return key

    @rule(target=keys, uid=made, start_now=st.booleans())
    def check_in(self, uid: str, start_now: bool) -> Any:
        k, key = self.known[uid], self.name()
        moves = start_now and k.start > self.now
        good = not k.cancelled and (
            k.here
            or (
                k.end > self.now
                and self.now >= k.start - 15 * MINUTE
                and not (moves and self.too_long(k.room, self.now, k.end))
                and not (moves and self.stands(k.room, self.now, k.end, uid))
            )
        )
        act = partial(self.house.engine.presence.check_in, uid, self.house.alice, start_now=start_now, key=key)
        answer = self.expect(good, act)
        if answer is None:
            return multiple()
        self.acts[key] = act, answer
        if not k.here:
            start = self.now if moves else k.start
            self.known[uid] = replace(k, here=True, start=start, version=k.version + 1)
        self.remember(key, uid, k)
        return key

    @rule(key=keys)
    def undo(self, key: str) -> None:
        uid, before, after, at = self.done[key]
        k = self.known[uid]
        good = not k.cancelled and k.version == after.version and self.now - at <= MINUTE
        if before is not None:
            good = good and not self.stands(before.room, before.start, before.end, uid)
        found = self.expect(good, partial(self.house.engine.presence.undo, key, self.house.alice))
        if found is not None and before is None:
            self.known[uid] = replace(k, holds=False, cancelled=True, version=k.version + 1)
        elif found is not None and before is not None and before != k:
            self.known[uid] = replace(before, version=k.version + 1)

    @rule(uid=made)
    def undo_the_booking_itself(self, uid: str) -> None:
        self.undo(self.booked_by[uid])

    @rule(key=keys)
    def say_it_again(self, key: str) -> None:
        act, answer = self.acts[key]
        assert act() == answer

    @rule(uid=made)
    def book_it_again(self, uid: str) -> None:
        self.say_it_again(self.booked_by[uid])

    @rule(target=shut, room=rooms, start=minutes, length=lengths)
    def close(self, room: str, start: int, length: int) -> Any:
        begin = self.now + start * MINUTE
        end = begin + length * MINUTE
        good = not self.stands(room, begin, end, gap=False)
        try:
            made = self.house.engine.rooms.close(room, CLI, begin, end, "Cleaning")
        except Refused:
            assert not good
            return multiple()
        assert good
        self.shuts[made.id] = Shut(room, begin, end)
        return made.id

    @rule(number=consumes(shut))
    def reopen(self, number: int) -> None:
        self.house.engine.rooms.reopen(number, CLI)
        del self.shuts[number]

    @rule(seconds=st.sampled_from([1, 20, 59, 60, 61, 300, 900, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.house.clock.forward(seconds=seconds)

    # what must always hold

    @invariant()
    def nothing_overlaps(self) -> None:
        if hasattr(self, "house"):
            assert self.house.overlaps() == []

    @invariant()
    def both_know_the_same(self) -> None:
        if not hasattr(self, "house"):
            return
        assert {it.uid: self.told(it) for it in self.stored()} == self.known

    def stored(self) -> list[Booking]:
        """Every booking there is, in one question; that the rooms' lists say the same is seen at the end of a life."""
        with self.house.store.reading() as tx:
            return [bookings.value(row) for row in tx.rows(f"SELECT {bookings.COLUMNS} FROM occurrence")]

    def told(self, b: Booking) -> Known:
        (room,) = (it.id for it in (self.house.oak, self.house.elm) if it.number in b.rooms)
        return Known(
            room, b.starts, b.ends, b.standing.holding, b.standing is Standing.CANCELLED,
            b.checked_in_at is not None, b.version,
        )  # fmt: skip

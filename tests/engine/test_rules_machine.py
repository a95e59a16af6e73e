"""Every rule at random: the engine and an independent model of the rule book refuse the same, by the same codes."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from hypothesis.stateful import run_state_machine_as_test as run

from server.core.access import CLI
from server.core.errors import Refused
from server.core.model import Ask, Attendee, Booking, Details, Edit, Standing
from server.core.people import Role
from server.core.places import Accessory, Quota, Slot, Timetable
from server.core.policy import Opening
from server.store import bookings, people
from server.store.database import Store
from tests import make
from tests.engine import rules_model as given
from tests.engine.rules_model import Booked, Model, Span
from tests.make import House, at
from tests.people import someone

MONDAY = at("00:00")
DAILY = frozenset(range(7))
# Mostly what may well fit, so that bookings come to lie beside each other; now and then what does not.
ROOMS = st.sampled_from(
    [("oak",)] * 5 + [("elm",)] * 5 + [("fir",), ("ash",), ("bay",), ("yew",)] * 2
    + [("oak", "elm"), ("elm", "oak"), ("fir", "ash"), ("oak", "yew"), ("fir", "ash", "bay"), ("oak", "fir")]
)  # fmt: skip
LENGTHS = st.sampled_from([50, 50, 50, 60, 60, 30, 110, 15, 120, 10, 14, 20, 61, 121, 180, 290, 900])
TIMES = st.one_of(
    st.integers(11, 15).map(lambda hour: hour * 60),
    st.integers(6, 20).map(lambda hour: hour * 60),
    st.tuples(st.integers(10, 16), st.sampled_from([5, 10, 15, 30, 50, 55])).map(lambda it: it[0] * 60 + it[1]),
)
DAYS = st.sampled_from([0, 0, 0, 0, 1, 1, 1, 2, 5, 7, 8])
SELDOM = st.sampled_from([False, False, False, True])


def furnished(store: Store) -> House:
    """The house of the model."""
    house = make.house(store, make.Clock())
    days = {day: tuple(Slot(start, start + given.SLOT) for start in given.STARTS) for day in range(5)}
    table = Timetable(0, "School", days=days, most_rooms=given.MOST_ROOMS, most_at_once=given.MOST_AT_ONCE)
    table = house.engine.catalogue.add(table, CLI)
    for slug in ("fir", "ash", "bay", "yew"):
        house.engine.rooms.add(make.room(slug), CLI)
    for slug, seats in given.SEATS.items():
        house.engine.rooms.change(slug, CLI, capacity=seats)
    for slug in given.TABLE:
        house.policy(slug, timetable=table.number)
    house.policy(
        "oak", opening=(Opening(DAILY, given.OPENS, given.CLOSES),), gap_minutes=given.GAP, credits=given.PRICE,
        peak_credits=given.PEAK_PRICE, peak=(Opening(frozenset(range(5)), given.PEAK.start, given.PEAK.stop),),
        person_once=True, capacity=True,
    )  # fmt: skip
    house.policy("elm", lanes=given.LANES, min_minutes=given.SHORTEST, max_minutes=given.LONGEST)
    house.policy(
        "yew", approval=True, notice_minutes=given.NOTICE, notice_change_minutes=given.LATE, max_rooms=1,
        notice_cancel_minutes=given.LATE, horizon_days=given.HORIZON // given.DAY, multi_day=False,
    )  # fmt: skip
    quotas = (
        Quota(0, "Minutes", "minutes", "day", given.DAY_MINUTES),
        Quota(0, "Elm", "bookings", "week", given.WEEK_BOOKINGS, room=house.elm.number, counts_over=False),
    )
    for quota in quotas:
        house.engine.catalogue.add(quota, CLI)
    return house


class Rules(RuleBasedStateMachine):
    """Anna is short of credits and Ben has plenty; Carla of the staff answers requests."""

    open: ClassVar[Any]
    made = Bundle("made")
    shut = Bundle("shut")

    @initialize()
    def begin(self) -> None:
        self.house = furnished(type(self).open())
        beamer = Accessory(0, "Beamer", given.BEAMERS, given.BEAMER, given.BEAMER_PEAK, "booking")
        board = Accessory(0, "Whiteboard", rooms={self.house.elm.number: (1, given.BOARDS)})
        self.beamer, self.board = (self.house.engine.catalogue.add(it, CLI).number for it in (beamer, board))
        balance = {"anna": 700, "ben": 100_000}
        self.people = {name: someone(self.house, name, credits=left) for name, left in balance.items()}
        self.actors = {name: it.actor for name, it in self.people.items()}
        self.carla = someone(self.house, "carla", Role.STAFF).actor
        self.model = Model(10 * 60, balance)

    def teardown(self) -> None:
        if not hasattr(self, "house"):
            return
        between = self.house.engine.bookings.between
        listed = [it for slug in given.SEATS for it in between(slug, CLI, None, standings=tuple(Standing))]
        assert _known(listed) == _known(self._stored())
        self.house.store.close()

    def same(self, said: set[str], act: Callable[[], Any]) -> Any:
        """What came of it; the engine refuses by the codes that the model says, or not at all."""
        try:
            done = act()
        except Refused as no:
            told = {it.code for it in no.objections} | {"clash" for _ in no.conflicts}
            assert told == said, f"the model says {sorted(said)}, the engine {sorted(told)}"
            return None
        assert not said, f"the model says {sorted(said)}, the engine does it"
        return done

    def when(self, day: int, minute: int, length: int) -> Span:
        start = (self.model.now // given.DAY + day) * given.DAY + minute
        return Span(start, start + length)

    @rule(
        target=made, who=st.sampled_from(["anna", "ben"]), rooms=ROOMS, day=DAYS, minute=TIMES, length=LENGTHS,
        guests=st.sampled_from([0, 0, 0, 2, 3, 4, 7]), both=SELDOM, beamers=st.sampled_from([0, 0, 0, 1, 1, 2, 3]),
        boards=st.sampled_from([0] * 9 + [2, 3]),
    )  # fmt: skip
    def book(
        self, who: str, rooms: tuple[str, ...], day: int, minute: int, length: int, guests: int, both: bool,
        beamers: int, boards: int,
    ) -> Any:  # fmt: skip
        there = frozenset(self.people if both else {who})
        return self.wished(Booked(rooms, self.when(day, minute, length), who, there, guests, beamers, boards))

    @rule(
        target=made, uid=made, who=st.sampled_from(["anna", "ben"]), rooms=st.none() | ROOMS, length=LENGTHS,
        off=st.sampled_from([0, 0, 5, 9, 10, 11, -1, -30]), where=st.sampled_from(["over", "over", "after", "before"]),
        beamers=st.sampled_from([1, 0, 2]),
    )  # fmt: skip
    def book_beside(
        self, uid: str, who: str, rooms: tuple[str, ...] | None, length: int, off: int, where: str, beamers: int
    ) -> Any:
        """In the same rooms or elsewhere, at the time of another booking, or just before or after it."""
        it = self.model.booked[uid].span
        start = {"over": it.start, "after": it.end + off, "before": it.start - off - length}[where]
        span = Span(start, start + length)
        return self.wished(Booked(rooms or self.model.booked[uid].rooms, span, who, frozenset({who}), 0, beamers, 0))

    def wished(self, wish: Booked) -> Any:
        attendees = [Attendee("guest", email=f"guest{number}@example.org") for number in range(wish.guests)]
        others = sorted(wish.people - {wish.owner})
        attendees += [Attendee("participant", self.people[name].person.number) for name in others]
        wanted = {self.beamer: wish.beamers, self.board: wish.boards}
        details = Details(attendees=tuple(attendees), accessories={it: many for it, many in wanted.items() if many})
        ask = Ask(wish.rooms, instant(wish.span.start), instant(wish.span.end), "Planning", details=details)
        actor = self.actors[wish.owner]
        done = self.same(self.model.book(wish), lambda: self.house.engine.bookings.book(ask, actor))
        if done is None:
            return multiple()
        self.model.keep(done.uid, wish)
        return done.uid

    @rule(uid=made, day=DAYS, minute=TIMES, length=LENGTHS, keep=st.booleans())
    def move(self, uid: str, day: int, minute: int, length: int, keep: bool) -> None:
        it = self.model.booked[uid]
        if not it.held:
            return
        span = Span(it.span.start, it.span.start + length) if keep else self.when(day, minute, length)
        edit = Edit(starts=instant(span.start), ends=instant(span.end))
        act = self.house.engine.bookings.change
        done = self.same(self.model.move(uid, span), lambda: act(uid, edit, self.actors[it.owner]))
        if done is not None and span != it.span:
            fresh = Booked(it.rooms, span, it.owner, it.people, it.guests, it.beamers, it.boards, it.standing, it.paid)
            self.model.keep(uid, fresh)

    @rule(uid=made)
    def cancel(self, uid: str) -> None:
        it = self.model.booked[uid]
        if it.held:
            act = self.house.engine.bookings.cancel
            if self.same(self.model.cancel(uid), lambda: act(uid, self.actors[it.owner])) is not None:
                self.model.give_back(uid, "cancelled")

    @rule(uid=made, yes=st.booleans())
    def answer(self, uid: str, yes: bool) -> None:
        it = self.model.booked[uid]
        if it.standing == "cancelled":
            return
        act = self.house.engine.bookings.approve if yes else self.house.engine.bookings.decline
        if self.same(self.model.answer(uid, yes=yes), lambda: act(uid, self.carla)) is not None:
            if yes:
                it.standing = "accepted"
            else:
                self.model.give_back(uid, "declined")

    @rule(target=shut, room=st.sampled_from(sorted(given.SEATS)), day=DAYS, minute=TIMES, length=LENGTHS)
    def close(self, room: str, day: int, minute: int, length: int) -> Any:
        span = self.when(day, minute, length)
        act = self.house.engine.rooms.close
        done = self.same(
            self.model.close(room, span), lambda: act(room, CLI, instant(span.start), instant(span.end), "x")
        )
        if done is None:
            return multiple()
        self.model.shut[done.id] = room, span
        return done.id

    @rule(number=consumes(shut))
    def reopen(self, number: int) -> None:
        self.house.engine.rooms.reopen(number, CLI)
        del self.model.shut[number]

    @rule(minutes=st.sampled_from([1, 5, 10, 30, 60, 60, 240, 600]))
    def time_passes(self, minutes: int) -> None:
        self.house.clock.forward(minutes=minutes)
        self.model.now += minutes

    @invariant()
    def both_know_the_same(self) -> None:
        if not hasattr(self, "model"):
            return
        assert self.house.overlaps() == []
        with self.house.store.reading() as tx:
            found = people.by_numbers(tx, [it.person.number for it in self.people.values()])
        left = {name: found[it.person.number].credits for name, it in self.people.items()}
        assert left == self.model.balance
        known = {uid: (it.standing, it.span, it.paid) for uid, it in self.model.booked.items()}
        assert _known(self._stored()) == known

    def _stored(self) -> list[Booking]:
        """Every booking there is, in one question: to ask for each room's list after each step took most of the time.

        That the lists say the same is seen at the end of each life.
        """
        with self.house.store.reading() as tx:
            return [bookings.value(row) for row in tx.rows(f"SELECT {bookings.COLUMNS} FROM occurrence")]


def instant(minute: int) -> make.datetime:
    """The instant of a minute of the model; no clock changes in its weeks."""
    return MONDAY + timedelta(minutes=minute)


def _known(some: Iterable[Booking]) -> dict[str, tuple[str, Span, int]]:
    return {it.uid: (it.standing.value, _span(it), it.credits) for it in some}


def _span(it: Booking) -> Span:
    return Span(*((moment - MONDAY) // timedelta(minutes=1) for moment in (it.starts, it.ends)))


def played(open_: Callable[[], Store], examples: int, steps: int) -> None:
    machine = type("RulesHere", (Rules,), {"open": staticmethod(open_)})
    told = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run(machine, settings=told)


def sqlite(tmp_path: Path) -> Callable[[], Store]:
    return lambda: make.begun(tmp_path)


def test_the_rule_book_and_the_model_say_the_same(tmp_path: Path) -> None:
    played(sqlite(tmp_path), examples=6, steps=50)


@pytest.mark.heavy
@pytest.mark.timeout(1_200)
def test_five_thousand_steps_on_sqlite(tmp_path: Path) -> None:
    played(sqlite(tmp_path), examples=100, steps=50)


@pytest.mark.heavy
@pytest.mark.timeout(1_200)
def test_half_as_many_on_postgresql(shared_postgres: Store) -> None:
    played(lambda: make.emptied(shared_postgres), examples=50, steps=50)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_two_hundred_thousand_steps(tmp_path: Path) -> None:
    played(sqlite(tmp_path), examples=2_000, steps=100)

"""Builders for the kiosk's tests: a plan for room Oak on 20 November 2026, Berlin time, and clocks to turn by hand."""

from dataclasses import replace
from typing import Any

from kiosk.instants import parse
from kiosk.plan import Booking, Policy, Room, Snapshot, Span

DAY_START = parse("2026-11-19T23:00:00Z")  # midnight in Berlin
OPENS, CLOSES = parse("2026-11-20T07:00:00Z"), parse("2026-11-20T17:00:00Z")
PLAN_END = parse("2026-12-03T23:00:00Z")

ROOM = Room("oak", "Oak", "Europe/Berlin", 8, "1", ("display",), True)
POLICY = Policy(
    walk_in=True,
    durations=(15, 30, 60),
    extend=True,
    extend_minutes=30,
    early_minutes=15,
    gap_minutes=0,
    max_minutes=None,
    min_minutes=None,
    act=True,
)


def at(clock: str, *, day: int = 20) -> int:
    """An instant of November 2026 by the wall clock in Berlin: `at("10:42")`, `at("10:42:37")`."""
    return parse(f"2026-11-{day:02}T{clock if clock.count(':') == 2 else clock + ':00'}+01:00")


def booking(start: str | int, end: str | int, **more: Any) -> Booking:
    """A plain accepted booking without check-in, by Berlin's wall clock or by instants."""
    begins = at(start) if isinstance(start, str) else start
    ends = at(end) if isinstance(end, str) else end
    plain = Booking(
        id=f"b-{begins}",
        version=1,
        start=begins,
        end=ends,
        host="M. K.",
        title="",
        state="accepted",
        check_in="none",
        check_in_from=None,
        check_in_by=None,
        checked_in_at=None,
        here=False,
    )
    return replace(plain, **more)


def awaited(start: str | int, end: str | int, **more: Any) -> Booking:
    """One that asks for check-in, from 15 minutes before its start until 10 minutes after."""
    plain = booking(start, end)
    window = {"check_in_from": plain.start - 900, "check_in_by": plain.start + 600}
    return replace(plain, **({"check_in": "asked"} | window | more))


def plan(*bookings: Booking, **more: Any) -> Snapshot:
    """A plan from midnight for two weeks, always open, unless said otherwise."""
    policy = {name: more.pop(name) for name in Policy.__slots__ if name in more}
    room = {name: more.pop(name) for name in ("active",) if name in more}
    whole = Snapshot(
        incarnation="life-1",
        seq=100,
        start=DAY_START,
        end=PLAN_END,
        room=replace(ROOM, **room),
        policy=replace(POLICY, **policy),
        offsets=((DAY_START, 3600),),
        open=None,
        closures=(),
        bookings=tuple(sorted(bookings, key=lambda one: (one.start, one.end, one.id))),
    )
    return replace(whole, **more)


def office_hours() -> tuple[Span, ...]:
    """08:00 to 18:00 on 20 and 21 November."""
    return (Span(OPENS, CLOSES), Span(OPENS + 86_400, CLOSES + 86_400))


class FakeMachine:
    """A machine whose clocks stand still until turned."""

    def __init__(self, *, boottime: float = 1000.0, wall: float = 0.0, boot_id: str = "boot-1") -> None:
        self.boottime_, self.wall_, self.boot_id_ = boottime, wall, boot_id

    def boottime(self) -> float:
        return self.boottime_

    def wall(self) -> float:
        return self.wall_

    def boot_id(self) -> str:
        return self.boot_id_

    def pass_(self, seconds: float) -> None:
        """Time goes by; both clocks move."""
        self.boottime_ += seconds
        self.wall_ += seconds

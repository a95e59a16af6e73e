"""What a door owns of its room's time: the versions of a grant, and what of them is reserved.

A device holds one version at a time, and the server cannot know which before it says so. So the server reserves what
any version holds that the device may have: all from the last one it acknowledged on. Growing is done by the server
first (the version is stored, then told), shrinking by the door first (a version is told, and what it lacks is nobody's
before the door has said that it holds it). Neither needs anybody's clock to be right; time only tells how much to give.

What each function here is given as `now` is the server's own clock. Instants are whole seconds since 1970.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from server.core.stretches import NONE, Times, joined, minus, union, within

MINUTE = 60
ASKED_FOR = 10
"""Seconds for which what was recalled is not given anew: who waits for it gets it."""
ASKED_BY_SWEEPS = 150
"""The same where nobody waits: what runs by itself comes again each minute, and finds it free then."""
MOST_HELD = 16
"""Versions that are kept apart. More of them become one that holds all: more is reserved than need be, never less."""
KEPT = 86_400
"""So many seconds after its time is past, what a device that has left may have promised of it still counts: its card
may yet come, and what somebody's wrong clock puts there meanwhile must not take it."""
FOREVER = 1 << 40

Asked = tuple[int, int, int]
"""Time that somebody waits for: from, to, and until when it is not given anew."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one device owns of one room's time.

    `held` are the versions that the device may hold with their times, by number: the last acknowledged one first, the
    newest, `version`, last. `asked` is what somebody waits for. `forced` is since when staff no longer wait for the
    device, None where nobody said so.
    """

    version: int = 0
    held: tuple[tuple[int, Times], ...] = ((0, NONE),)
    asked: tuple[Asked, ...] = ()
    forced: int | None = None

    @property
    def newest(self) -> Times:
        """The times of the newest version: what the device is told."""
        return self.held[-1][1]

    @property
    def acknowledged(self) -> int:
        """The number of the last version that the device said it holds."""
        return self.held[0][0]

    @property
    def settled(self) -> bool:
        """Whether the device has said that it holds the newest version."""
        return len(self.held) == 1

    @property
    def reserved(self) -> Times:
        """What nobody else is given: whatever any version holds that the device may have."""
        first, *more = (times for _, times in self.held)
        return joined(stretch for times in (first, *more) for stretch in times) if more else first


def grown(grant: Grant, free: Times, now: int, horizon: int) -> Grant:
    """A version with what of `free` lies in [now, horizon); the same grant where that changes nothing.

    A walk-in begins with the minute that runs: so that is given whole, as far as the room was free.

    `free` is all that the door may own: what nobody else has, with what this grant itself reserves, less what bookings
    and closures hold, also the device's own. So a version never has more than the room is free, whatever the one before
    it had. What somebody waits for is not given, and to a device that staff no longer wait for nothing is.
    """
    wanted = minus(within(free, now - now % MINUTE, horizon), _waited_for(grant.asked, now))
    if grant.forced is not None or within(wanted, now, FOREVER) == within(grant.newest, now, FOREVER):
        return grant
    return _next(grant, wanted, now)


def recalled(grant: Grant, start: int, end: int, now: int, *, lasting: int = ASKED_FOR) -> Grant:
    """A version without [start, end), which stays asked for; of a newest one that lacks it already only the latter."""
    left = minus(grant.newest, ((start, end),))
    asked = (
        *(each for each in grant.asked if each[2] > now and each[:2] != (start, end)),
        (start, end, now + lasting),
    )
    if left == grant.newest:
        return replace(grant, asked=asked[-MOST_HELD:])
    return replace(_next(grant, left, now), asked=asked[-MOST_HELD:])


def acknowledged(grant: Grant, version: int, *, head: int, applied: int) -> Grant:
    """The device says it holds `version`, and that its journal goes up to `head`, of which the server has `applied`.

    It counts only where the server has the whole journal, for what is still to come may be a promise out of an older
    version, and where it is one that the device may hold. Then all older ones are given up. A device that holds the
    newest is one that staff can wait for again.
    """
    if applied < head or all(number != version for number, _ in grant.held):
        return grant
    held = tuple(each for each in grant.held if each[0] >= version)
    forced = None if version == grant.version else grant.forced
    return grant if (held, forced) == (grant.held, grant.forced) else replace(grant, held=held, forced=forced)


@dataclass(frozen=True, slots=True)
class Said:
    """What a device says of its grant of one room: the version that it holds and of which life of the server, whether
    it wants any, and how far its journal goes. `trusted` is false where two speak with one key: which of them is this?
    """

    incarnation: str
    version: int
    want: bool = True
    head: int = 0
    trusted: bool = True


def answered(
    grant: Grant, said: Said, *, incarnation: str, applied: int, owns: Times | None, now: int, horizon: int
) -> Grant:
    """The grant after a device has asked for it: what it is told next.

    `owns` is all that the door may own (as `free` of `grown`), None where it may own nothing. A device that holds a
    version of this life that was never issued is believed to hold all that it might, until it says it holds less.
    """
    if said.incarnation == incarnation and said.trusted:
        if said.version > grant.version:
            held = ((said.version, union(grant.reserved, owns or NONE)),)
            grant = replace(grant, version=said.version, held=held)
        grant = acknowledged(grant, said.version, head=said.head, applied=applied)
    if not said.want or owns is None or not said.trusted:
        return given_back(grant, now)
    return grown(grant, owns, now, horizon)


def given_back(grant: Grant, now: int) -> Grant:
    """A version without times; the same grant where the newest has none."""
    return _next(grant, NONE, now) if grant.newest else grant


def forced(grant: Grant, now: int) -> Grant:
    """All is recalled, and the device is no longer waited for: bookings into what it may hold are made at risk."""
    return replace(given_back(grant, now), forced=now if grant.forced is None else grant.forced)


def assumed(free: Times) -> Grant:
    """What a device may hold after a backup was put back: all that a door could ever own of it."""
    return Grant(0, ((0, free),))


def laid(grant: Grant, busy: Times) -> Times:
    """What is held for the door in the room: what is reserved less what bookings and closures hold."""
    return minus(grant.reserved, busy)


def over(grant: Grant, now: int) -> bool:
    """Whether all that it reserves is past."""
    return not within(grant.reserved, now, FOREVER)


def _waited_for(asked: Iterable[Asked], now: int) -> Times:
    return joined((start, end) for start, end, until in asked if until > now)


def _next(grant: Grant, times: Times, now: int) -> Grant:
    version = grant.version + 1
    asked = tuple(each for each in grant.asked if each[2] > now)
    return replace(grant, version=version, held=_bounded((*grant.held, (version, times))), asked=asked)


def _bounded(held: tuple[tuple[int, Times], ...]) -> tuple[tuple[int, Times], ...]:
    """At most so many versions: the two oldest after the acknowledged one become one, under the higher number."""
    if len(held) <= MOST_HELD:
        return held
    first, (_, older), (number, younger), *rest = held
    return (first, (number, union(older, younger)), *rest)

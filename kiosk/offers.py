"""What can be done at the glass now: the buttons, each with the exact time it leads to, and why one is off.

Decisions:
- The end on a button is what gets booked: now rounded down to the minute plus the length. A length that does not
  fit before the next booking (less the gap), the closing time or a closure is not offered; the time that is left
  is, as one button "until 14:30".
- The server decides, this only spares people a tap that would be refused. So what needs the server is off (`why`)
  as soon as the server is not heard, and never missing, so that people see what the door can do.
- That people are here needs nobody's leave and is as true later: checking in stays on without the server, is kept and
  sent on (acts.py).
- Cut off, the door may take a walk-in by its own word (`Promises`), and the button says with which `grade`: confirmed
  where the door owns the whole time, else not confirmed. A grade of None leaves it to the server. A longer end is taken
  only inside what the door owns, since those inside have nowhere to go if it fails, and not of a meeting that has other
  rooms as well, for it owns nothing of those; an end, of what was made here.
"""

from typing import Any

from kiosk import agenda
from kiosk.agenda import Timeline
from kiosk.escrow import CONFIRMED, Promises
from kiosk.instants import EARLIEST, iso, parse
from kiosk.plan import Booking, Policy, Snapshot, coming

SHORTEST = 5  # minutes: less is not a meeting
EXTENSIONS = (15, 30)
ASKED_BEFORE = 15 * 60  # seconds that must be left for "Nobody here?"
ANSWER = 5 * 60  # seconds that those inside have
WISHED = 30  # minutes that who asks would take at most
AWAY = ("offline", "clock", "quarantined")  # people being here is kept all the same

Offer = dict[str, Any]


def offers(
    plan: Snapshot, line: Timeline, now: int, *, off: str | None, promises: Promises | None = None
) -> list[Offer]:
    """The actions for the state at `now`. `off` turns all of them off and says why (offline, clock, pending).

    Where it is "offline" and `promises` may be made, what the door can do by its own word stays on.
    """
    off = off if plan.policy.act else "read_only"
    moment = line[agenda.at(line, now)]
    found: list[Offer] = []
    if moment.state == "free":
        found += _walk_ins(plan, line, now)
    elif moment.state == "reserved" and moment.booking:
        found.append(_check_in(moment.booking, early=False, start_now=False))
    elif moment.state == "busy" and moment.booking:
        found += _inside(plan, line, moment.booking, now)
    if moment.state in ("free", "reserved", "busy"):
        found += _early(plan, line, now, away=off in AWAY)
    if promises and promises.may and off == "offline":
        return [_by_itself(offer, plan, line, now, promises=promises) for offer in found]
    return [_unless(off, offer) for offer in found]


def _by_itself(offer: Offer, plan: Snapshot, line: Timeline, now: int, *, promises: Promises) -> Offer:
    """The offer as it stands where the door alone can answer it."""
    act, held = offer["act"], line[agenda.at(line, now)].booking
    if not offer["enabled"] or act == "end":
        return offer
    if act == "book":
        return offer | {"grade": promises.grade(walk_in_start(plan, line, now), parse(offer["end"]))}
    ours = held if held and held.confirmed and not held.joined else None
    if act == "extend" and ours and promises.grade(ours.end, parse(offer["end"])) == CONFIRMED:
        return offer | {"grade": CONFIRMED}
    return _unless("offline", offer)


def _unless(off: str | None, offer: Offer) -> Offer:
    """What is off for a reason of its own stays off for that: the reason outlives the outage."""
    return offer | {"enabled": False, "why": off} if _stopped(offer, off) else offer


def stays(act: str, start_now: bool) -> bool:
    """Whether what somebody does is as true later as now: that they are here."""
    return act == "here" or (act == "check_in" and not start_now)


def _stopped(offer: Offer, off: str | None) -> bool:
    kept = off in AWAY and stays(offer["act"], offer.get("start_now", False))
    return bool(off) and offer["enabled"] and not kept


def _inside(plan: Snapshot, line: Timeline, booking: Booking, now: int) -> list[Offer]:
    """What those inside can do, and whoever doubts that there are any."""
    if booking.ask and booking.ask.open:
        return [_on(_meant("here", booking))]
    asking = [_ask(plan, line, booking, now)] if _askable(plan, booking, now) else []
    return [*_extensions(plan, line, booking), *asking, _end(booking)]


def _askable(plan: Snapshot, booking: Booking, now: int) -> bool:
    """Once in a meeting's life, and only while there is something to win."""
    asked = booking.ask is not None or booking.state == "pending" or booking.here
    return plan.policy.nobody_here and not asked and booking.end - now >= ASKED_BEFORE


def _ask(plan: Snapshot, line: Timeline, booking: Booking, now: int) -> Offer:
    """With the longest of the usual lengths that there will be time for."""
    limit = max(booking.end, _limit(plan, line, booking.end))
    room = max(SHORTEST, (limit - now - ANSWER) // 60)
    lengths = [minutes for minutes in _lengths(plan.policy) if minutes <= min(room, WISHED)]
    return _on(_meant("ask_here", booking) | {"minutes": max(lengths, default=min(room, WISHED))})


def walk_in_start(plan: Snapshot, line: Timeline, now: int) -> int:
    """When a walk-in made now begins: the minute that runs, but not before the room was free."""
    begins = max(_minute(now), line[agenda.at(line, now)].at)
    return max(begins, free_from(plan, now))


def free_from(plan: Snapshot, now: int) -> int:
    """The end of the gap after the last booking; the beginning of time where there was none."""
    ends = [booking.end for booking in plan.bookings if booking.end <= now]
    return max(ends) + plan.policy.gap_minutes * 60 if ends else EARLIEST


def _minute(now: int) -> int:
    return now - now % 60


def _limit(plan: Snapshot, line: Timeline, since: int) -> int:
    """Until when the room could be held from `since` on: the next thing in the plan, less the gap to a booking."""
    index = agenda.at(line, since)
    if line[index].state != "free":
        return since
    limit = line[index + 1].at if index + 1 < len(line) else since
    return min([limit, *(booking.start - plan.policy.gap_minutes * 60 for booking in coming(plan, since - 1))])


def _walk_ins(plan: Snapshot, line: Timeline, now: int) -> list[Offer]:
    policy, limit = plan.policy, _limit(plan, line, now)
    start, minute = walk_in_start(plan, line, now), _minute(now)
    room = max(0, (limit - minute) // 60)
    lengths = _lengths(policy)
    found = [_book(minutes, _end_of(start, minute, minutes, policy)) for minutes in lengths]
    found = [offer for offer in found if parse(offer["end"]) <= limit]
    # Some length did not fit because something comes: offer what is left, unless a button has just that end.
    rest = _book(room, minute + room * 60) | {"until_next": True}
    if room and len(found) < len(lengths) and all(offer["end"] != rest["end"] for offer in found):
        long_enough = minute + room * 60 - start >= (policy.min_minutes or 0) * 60 and room >= SHORTEST
        found.append(rest if long_enough else rest | {"enabled": False, "why": "short"})
    why = None
    if not policy.walk_in:
        why = "policy"
    elif free_from(plan, now) > now:
        why = "gap"
    return [offer | {"enabled": False, "why": why} for offer in found] if why else found


def _end_of(start: int, minute: int, minutes: int, policy: Policy) -> int:
    """The end of a walk-in of so many minutes; a minute later where it begins late and would be too short."""
    end = minute + minutes * 60
    return end if end - start >= (policy.min_minutes or 0) * 60 else end + 60


def _lengths(policy: Policy) -> list[int]:
    """The lengths on the buttons, in minutes; where none of them is allowed, the longest or shortest that is."""
    shortest, longest = policy.min_minutes or 0, policy.max_minutes
    allowed = [m for m in policy.durations if m >= shortest and (longest is None or m <= longest)]
    if allowed or not policy.durations:
        return allowed
    return [longest or shortest]


def _book(minutes: int, end: int) -> Offer:
    return _on({"act": "book", "minutes": minutes, "end": iso(end), "grade": None})


def _extensions(plan: Snapshot, line: Timeline, booking: Booking) -> list[Offer]:
    policy = plan.policy
    if not policy.extend or not policy.extend_minutes or booking.state != "accepted" or booking.ended:
        return []
    limit = _limit(plan, line, booking.end)
    if policy.max_minutes is not None:
        limit = min(limit, booking.start + policy.max_minutes * 60)
    room = max(0, (limit - booking.end) // 60)
    wanted = [minutes for minutes in EXTENSIONS if minutes <= policy.extend_minutes] or [policy.extend_minutes]
    found = [_extend(booking, minutes) for minutes in wanted if minutes <= room]
    if SHORTEST <= room <= policy.extend_minutes and room not in wanted and any(minutes > room for minutes in wanted):
        found.append(_extend(booking, room) | {"until_next": True})
    return found


def _extend(booking: Booking, minutes: int) -> Offer:
    end = iso(booking.end + minutes * 60)
    return _on(_meant("extend", booking) | {"minutes": minutes, "end": end, "grade": None})


def _end(booking: Booking) -> Offer:
    """Anyone may end a walk-in made here; somebody else's meeting takes a known person, which is built later."""
    offer = _on(_meant("end", booking))
    return offer if booking.here else offer | {"enabled": False, "why": "identity"}


def _early(plan: Snapshot, line: Timeline, now: int, *, away: bool) -> list[Offer]:
    """The next meeting's people may check in before its start; where nothing is in between they may start at once.

    With the server `away` they can still say that they are here, but nobody can give them the time before.
    """
    index = agenda.at(line, now)
    for booking in coming(plan, now):
        since = booking.check_in_from
        since = booking.start - plan.policy.early_minutes * 60 if since is None else since
        if booking.awaited and since <= now:
            free = not away and line[index].state == "free" and agenda.until(line, index) == booking.start
            return [_check_in(booking, early=True, start_now=free and free_from(plan, now) <= now)]
    return []


def _check_in(booking: Booking, *, early: bool, start_now: bool) -> Offer:
    return _on(_meant("check_in", booking) | {"start": iso(booking.start), "early": early, "start_now": start_now})


def _meant(act: str, booking: Booking) -> Offer:
    """Every action carries the booking it means, and which version of it people saw."""
    return {"act": act, "booking": booking.id, "version": booking.version}


def _on(offer: Offer) -> Offer:
    return offer | {"enabled": True, "why": None}

"""What the glass shows at one instant, as the dict `/state.json` answers with. Pure: it only looks up now.

Decisions about how sure (`sure`, `online`, `quiet`):
- `online` is the plain truth: the server has confirmed within the last 5 s that this plan is its newest. With it go
  `sure` ("live") and every promise that is the server's: from that second on only what the door can answer by itself
  is left (offers.py), and what else there is is off (`why` "offline").
- `sure` is "held" where the room is free and the time from now on is the door's own (`owned_until`): nobody else can
  take it, so this FREE is as good as a live one. Where the door owns nothing, or its clock is in doubt, it is "plan".
- `quiet` says that the glass should not show it yet: offline for under 30 s, after having been live, and nobody has
  tapped. Renderers draw the offline look when `not online and not quiet`.
- A server that refuses this panel (token revoked, room taken away) is treated like a lost one at first, because
  tokens are also changed by mistake; after ten minutes of refusals the plan is no longer ours to show.
- What the server alone decides, that a room was given back or to whom, is said only while it is heard. Offline nothing
  is given back (the server waits for what we have), so no warning is shown either; `doubt` says what is not known.
- Outside the plan an unverified clock is named as the reason, since the plan may well be right and the clock wrong.
"""

from dataclasses import dataclass
from typing import Any

from kiosk import agenda, days
from kiosk.agenda import Moment, Timeline
from kiosk.escrow import Promises
from kiosk.instants import iso, iso_or_none
from kiosk.offers import offers
from kiosk.plan import Booking, Conflict, Snapshot, coming

View = dict[str, Any]

ENDING = 5 * 60  # seconds before the end of a meeting that its people are told


@dataclass(frozen=True, slots=True)
class Trust:
    """What is known about the link and the clock at one instant."""

    live: bool  # the server confirmed the plan within 5 s
    quiet: bool  # not live, but too shortly to say so on the glass
    verified: bool  # the clock comes from the server
    as_of: int | None  # when the server last confirmed the plan
    refused: bool = False  # the server has been refusing this panel for long
    quarantined: bool = False  # another device speaks with our key


@dataclass(frozen=True, slots=True)
class Taps:
    """What people did at this glass lately; each part as it stands in the view."""

    pending: dict[str, Any] | None = None
    last: dict[str, Any] | None = None
    undo: dict[str, Any] | None = None
    unconfirmed: int = 0


def view(
    plan: Snapshot | None,
    line: Timeline,
    now: int,
    *,
    trust: Trust,
    taps: Taps,
    language: str,
    promises: Promises | None = None,
) -> View:
    """What to show. The first twelve keys are a public contract, the rest is for our own page.

    `promises`: what the door can promise by its own word; None where nothing.
    """
    shown = None if trust.refused else plan
    index = agenda.at(line, now)
    moment = _moment(line[index], trust)
    known = moment.state != "unknown"
    return {
        "state": moment.state,
        "sure": _sure(moment, now, trust, promises) if known else None,
        "until": iso_or_none(agenda.until(line, index)) if known else None,
        "room": _room(plan),
        "current": _booking(moment.booking),
        "next": _next(shown, moment, now) if known else None,
        "day": days.strip(shown, line, now) if shown else [],
        "actions": offers(shown, line, now, off=_off(trust, taps), promises=promises) if shown and known else [],
        "online": trust.live,
        "as_of": iso_or_none(trust.as_of),
        "clock": "verified" if trust.verified else "unverified",
        "unconfirmed": taps.unconfirmed,
        **_rest(shown, line, now, index=index, moment=moment, trust=trust),
        "owned_until": iso_or_none(promises.until(now)) if promises and known else None,
        "conflicts": [_conflict(shown, one) for one in shown.conflicts if one.end > now] if shown else [],
        "undo": taps.undo,
        "pending": taps.pending,
        "last": taps.last,
        "language": language,
    }


def _rest(
    plan: Snapshot | None, line: Timeline, now: int, *, index: int, moment: Moment, trust: Trust
) -> dict[str, Any]:
    day = days.day_of(plan.offsets, now) if plan else (None, None)
    reserved = moment.booking if moment.state == "reserved" else None
    inside = moment.booking if moment.state == "busy" else None
    return {
        "now": iso(now),
        "reason": moment.reason,
        "reason_text": moment.text or None,
        "quiet": trust.quiet,
        "quarantined": trust.quarantined,
        "day_from": iso_or_none(day[0]),
        "day_to": iso_or_none(day[1]),
        "offsets": [{"from": iso(since), "seconds": seconds} for since, seconds in plan.offsets] if plan else [],
        "opens": iso_or_none(agenda.opens(line, index)) if moment.state == "closed" else None,
        "check_in_by": iso_or_none(reserved.check_in_by) if reserved else None,
        "release": _release(reserved, now, heard=trust.live or trust.quiet) if reserved else None,
        "ask": _ask(inside, heard=trust.live or trust.quiet) if inside else None,
        "ending": bool(inside and inside.end - now <= ENDING),
    }


def _release(booking: Booking, now: int, *, heard: bool) -> dict[str, Any] | None:
    """How far it is with giving the room back: `warned` until `until`, `released` and held until then, or `doubt`."""
    release = booking.release
    if release is None or now < release.warn_at:
        return None
    if not heard:
        return {"phase": "doubt", "until": None} if release.released_at or now >= release.at else None
    if release.released_at is not None:
        return {"phase": "released", "since": iso(release.released_at), "until": iso(release.until)}
    return {"phase": "warned", "since": iso(release.warn_at), "until": iso(release.at)}


def _ask(booking: Booking, *, heard: bool) -> dict[str, Any] | None:
    """Somebody asks whether anybody is inside: until when they wait for an answer."""
    return {"until": iso(booking.ask.until)} if booking.ask and booking.ask.open and heard else None


def _moment(moment: Moment, trust: Trust) -> Moment:
    """The moment, or "unknown" for a reason that has nothing to do with the plan."""
    if trust.refused:
        return Moment(moment.at, "unknown", reason="not_paired")
    if moment.state == "unknown" and not trust.verified:
        return Moment(moment.at, "unknown", reason="clock")
    return moment


def _sure(moment: Moment, now: int, trust: Trust, promises: Promises | None) -> str:
    if trust.live:
        return "live"
    owns = promises is not None and promises.until(now) is not None
    return "held" if owns and moment.state == "free" and not trust.quarantined else "plan"


def _off(trust: Trust, taps: Taps) -> str | None:
    """Why nothing can be done at all at the moment."""
    if trust.quarantined:
        return "quarantined"
    if not trust.live:
        return "offline"
    if not trust.verified:
        return "clock"
    return "pending" if taps.pending else None


def _room(plan: Snapshot | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    room = plan.room
    return {
        "id": room.id,
        "name": room.name,
        "zone": room.zone,
        "capacity": room.capacity,
        "floor": room.floor,
        "facilities": list(room.facilities),
    }


def _next(plan: Snapshot | None, moment: Moment, now: int) -> dict[str, Any] | None:
    if plan is None:
        return None
    following = (booking for booking in coming(plan, now) if booking is not moment.booking)
    return _booking(next(following, None))


def _booking(booking: Booking | None) -> dict[str, Any] | None:
    if booking is None:
        return None
    return {
        "id": booking.id,
        "version": booking.version,
        "start": iso(booking.start),
        "end": iso(booking.end),
        "host": booking.host,
        "title": booking.title,
        "state": booking.state,
        "check_in": booking.check_in,
        "check_in_by": iso_or_none(booking.check_in_by),
        "here": booking.here,
        "checked_in_at": iso_or_none(booking.checked_in_at),
        "confirmed": booking.confirmed,
        "synced": booking.synced,
    }


def _conflict(plan: Snapshot, conflict: Conflict) -> dict[str, Any]:
    """`booking` gave way to `other` from `from` up to `to`: where the two meet, as far as is known."""
    others = [one for one in plan.bookings if one.id == conflict.other]
    met = [(max(conflict.start, one.start), min(conflict.end, one.end)) for one in others]
    start, end = next(((start, end) for start, end in met if start < end), (conflict.start, conflict.end))
    return {
        "id": conflict.id,
        "kind": conflict.kind,
        "from": iso(start),
        "to": iso(end),
        "booking": conflict.booking,
        "host": conflict.host,
        "other": conflict.other,
        "other_host": conflict.other_host,
    }

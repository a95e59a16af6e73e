"""Reads the protocol's JSON into the records of `plan`, and writes a snapshot back for the cache.

Decisions:
- Reading is strict. One booking that cannot be read spoils the whole answer (`Malformed`): leaving it out would
  show its time as free, and free must never come out of a fault.
- Words we do not know yet stay harmless: a `check_in` we have never heard of counts as "not asked", so the room
  shows busy, and unknown fields are ignored.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from kiosk.instants import iso, iso_or_none, parse
from kiosk.plan import Asked, Booking, Conflict, News, Policy, Release, Room, Snapshot, Span, by_start

T = TypeVar("T")


class Malformed(ValueError):
    """The answer is not what the protocol says."""


def snapshot_from(data: object) -> Snapshot:
    """The snapshot in the protocol's JSON. Raises Malformed."""
    return _reading(_snapshot, data)


def news_from(data: object) -> News:
    """The answer of the feed. Raises Malformed."""
    return _reading(_news, data)


def booking_from(data: object) -> Booking:
    """One booking. Raises Malformed."""
    return _reading(_booking, data)


def snapshot_json(plan: Snapshot) -> dict[str, Any]:
    """What `snapshot_from` reads back as an equal plan."""
    return {
        "incarnation": plan.incarnation,
        "seq": plan.seq,
        "from": iso(plan.start),
        "to": iso(plan.end),
        "room": _record(plan.room),
        "policy": _record(plan.policy),
        "offsets": [{"from": iso(since), "seconds": seconds} for since, seconds in plan.offsets],
        "open": None if plan.open is None else [_span_json(span) for span in plan.open],
        "closures": [_span_json(span) for span in plan.closures],
        "bookings": [_booking_json(booking) for booking in plan.bookings],
        "conflicts": [_conflict_json(conflict) for conflict in plan.conflicts],
    }


def _record(one: Room | Policy | Booking) -> dict[str, Any]:
    """The fields by name, with lists where JSON has them."""
    values = {name: getattr(one, name) for name in one.__slots__}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _reading(read: Callable[[Any], T], data: object) -> T:
    try:
        return read(data)
    except KeyError as error:
        raise Malformed(f"missing {error}") from None
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        # Without its message: that may quote a name, and this text goes to the log.
        raise Malformed(type(error).__name__) from None


def _snapshot(data: Any) -> Snapshot:
    start, end = parse(data["from"]), parse(data["to"])
    if end <= start:
        raise ValueError("a plan that ends before it begins")
    opening = data["open"]
    return Snapshot(
        incarnation=_text(data["incarnation"]),
        seq=_whole(data["seq"]),
        start=start,
        end=end,
        room=_room(data["room"]),
        policy=_policy(data["policy"]),
        offsets=_offsets(data["offsets"]),
        open=None if opening is None else _spans(opening),
        closures=_spans(data["closures"]),
        bookings=by_start(_booking(booking) for booking in _list(data["bookings"])),
        conflicts=_conflicts(data.get("conflicts") or []),
    )


def _news(data: Any) -> News:
    return News(
        incarnation=_text(data["incarnation"]),
        seq=_whole(data["seq"]),
        bookings=tuple(_booking(booking) for booking in _list(data["bookings"])),
        gone=tuple(_text(id_) for id_ in _list(data["gone"])),
        reload=_flag(data["reload"]),
        conflicts=_or_none(_conflicts, data.get("conflicts")),
    )


def _room(data: Any) -> Room:
    return Room(
        id=_text(data["id"]),
        name=_text(data["name"]),
        zone=_text(data["zone"]),
        capacity=_whole(data.get("capacity") or 0),
        floor=_text(data.get("floor") or ""),
        facilities=tuple(_text(one) for one in _list(data.get("facilities") or [])),
        active=_flag(data["active"]),
    )


def _policy(data: Any) -> Policy:
    durations = {_whole(minutes) for minutes in _list(data["durations"])}
    return Policy(
        walk_in=_flag(data["walk_in"]),
        durations=tuple(sorted(minutes for minutes in durations if minutes > 0)),
        extend=_flag(data["extend"]),
        extend_minutes=_whole(data["extend_minutes"]),
        early_minutes=_whole(data["early_minutes"]),
        gap_minutes=_whole(data.get("gap_minutes") or 0),
        max_minutes=_or_none(_whole, data.get("max_minutes")),
        min_minutes=_or_none(_whole, data.get("min_minutes")),
        act=_flag(data["act"]),
        nobody_here=_flag(data.get("nobody_here", False)),
        door_minutes=_or_none(_whole, data.get("door_minutes")),
        walk_ins_per_hour=_or_none(_whole, data.get("walk_ins_per_hour")),
        walk_ins_in_row=_or_none(_whole, data.get("walk_ins_in_row")),
        walk_in_pause_minutes=_whole(data.get("walk_in_pause_minutes") or 0),
    )


def _booking(data: Any) -> Booking:
    start, end = parse(data["start"]), parse(data["end"])
    if end < start:
        raise ValueError("a booking that ends before it begins")
    check_in = _text(data["check_in"])
    return Booking(
        id=_text(data["id"]),
        version=_whole(data["version"]),
        start=start,
        end=end,
        host=_text(data["host"]),
        title=_text(data["title"]),
        state=_text(data["state"]),
        check_in=check_in if check_in in ("asked", "done") else "none",
        check_in_from=_or_none(parse, data.get("check_in_from")),
        check_in_by=_or_none(parse, data.get("check_in_by")),
        checked_in_at=_or_none(parse, data.get("checked_in_at")),
        here=_flag(data.get("here", False)),
        ended=_flag(data.get("ended", False)),
        release=_or_none(_release, data.get("release")),
        ask=_or_none(_asked, data.get("ask")),
        follows=_or_none(_text, data.get("follows")),
        proof=_text(data.get("proof") or ""),
        joined=tuple(_text(one) for one in _list(data.get("joined") or [])),
    )


def _conflicts(data: Any) -> tuple[Conflict, ...]:
    found = (
        Conflict(
            id=_whole(one["id"]),
            kind=_text(one["kind"]),
            start=parse(one["from"]),
            end=parse(one["to"]),
            booking=_or_none(_text, one.get("booking")),
            host=_text(one.get("host") or ""),
            other=_or_none(_text, one.get("other")),
            other_host=_text(one.get("other_host") or ""),
        )
        for one in _list(data)
    )
    return tuple(sorted(found, key=lambda one: (one.start, one.id)))


def _conflict_json(conflict: Conflict) -> dict[str, Any]:
    rest = {name: getattr(conflict, name) for name in ("id", "kind", "booking", "host", "other", "other_host")}
    return rest | {"from": iso(conflict.start), "to": iso(conflict.end)}


def _release(data: Any) -> Release:
    released = _or_none(parse, data["released_at"])
    return Release(parse(data["warn_at"]), parse(data["at"]), released, parse(data["until"]))


def _asked(data: Any) -> Asked:
    return Asked(parse(data["until"]), _flag(data["open"]))


def _booking_json(booking: Booking) -> dict[str, Any]:
    data = _record(booking)
    del data["confirmed"], data["synced"]  # of what is shown, not of the plan
    release, ask = booking.release, booking.ask
    if release:
        data["release"] = {name: iso_or_none(getattr(release, name)) for name in Release.__slots__}
    if ask:
        data["ask"] = {"until": iso(ask.until), "open": ask.open}
    instants = ("start", "end", "check_in_from", "check_in_by", "checked_in_at")
    return data | {name: iso_or_none(data[name]) for name in instants}


def _spans(data: Any) -> tuple[Span, ...]:
    spans = (Span(parse(one["from"]), parse(one["to"]), _text(one.get("reason") or "")) for one in _list(data))
    return tuple(sorted((one for one in spans if one.end > one.start), key=lambda one: (one.start, one.end)))


def _span_json(span: Span) -> dict[str, str]:
    return {"from": iso(span.start), "to": iso(span.end), "reason": span.reason}


def _offsets(data: Any) -> tuple[tuple[int, int], ...]:
    offsets = [(parse(one["from"]), _signed(one["seconds"])) for one in _list(data)]
    if not offsets or any(abs(seconds) >= 86_400 for _, seconds in offsets):
        raise ValueError("offsets that are none")
    return tuple(sorted(offsets))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def _signed(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a whole number")
    return value


def _whole(value: Any) -> int:
    if _signed(value) < 0:
        raise ValueError("a number below zero")
    return int(value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _or_none(read: Callable[[Any], T], value: Any) -> T | None:
    return None if value is None else read(value)

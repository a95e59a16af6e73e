"""The one table from every kind of refusal to RoomVox's words: `{"error": "<English text>"}` and what we
add to it.

RoomVox's own texts are exact, and ranked as there: not active, then 409 for a clash, then the rules. Our
additions: `codes` names every rule that objects, `conflicts` what is in the way, `fields` what is wrong
with which parameter.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Request, g
from pydantic import BaseModel, Field

from server.core.errors import (
    Barred,
    Conflict,
    Full,
    Invalid,
    Later,
    LintelError,
    Objection,
    Refused,
    Stale,
    Unknown,
    Unnamed,
)
from server.core.model import Room
from server.core.zone import wall
from server.dialects.kit.faults import Crash, Fault, Lost, TooLarge, WrongMethod
from server.dialects.kit.route import Answer

BOOKED = "Room is already booked during this time"
SENTENCES = {
    "inactive": "Room is not active and cannot be booked",
    "out_of_service": "Room is out of service: {reason}",
    "hidden": "Room cannot be booked",
    "not_your_role": "Room can only be booked by: {roles}",
    "not_your_department": "Room can only be booked by people of: {departments}",
    "not_your_group": "Room can only be booked by people of certain groups",
    "no_series": "Room does not take bookings that recur",
    "too_many_dates": "A series in this room may have {most} dates at most",
    "overlaps_itself": "Dates of the series overlap each other",
    "exception_lost": "Changes of single dates would be lost; dropExceptions gives them up",
    "door_silent": "The panel at the door owns this time and cannot be asked now",
    "in_past": "Booking starts in the past",
    "outside_hours": "Booking is outside available hours",
    "too_far": "Booking exceeds maximum booking horizon",
    "ends_too_far": "Booking must end within the next {days} days",
    "closed": "Room is closed during this time: {reason}",
    "too_short": "Booking is shorter than the minimum of {minutes} minutes",
    "too_long": "Booking is longer than the maximum of {minutes} minutes",
    "multi_day": "Booking must not go over midnight",
    "too_soon": "Booking must be made at least {minutes} minutes ahead",
    "too_late_to_change": "Booking can only be changed up to {minutes} minutes before its start",
    "too_late_to_cancel": "Booking can only be cancelled up to {minutes} minutes before its start",
    "off_slots": "Booking must begin and end with the slots of the timetable",
    "timetable_over": "Room cannot be booked by its timetable on these dates",
    "too_close": "At least {minutes} minutes must lie between two bookings of this room",
    "title_missing": "A title is required",
    "description_missing": "A description is required",
    "terms_missing": "The terms of the room must be agreed to",
    "attribute_missing": "Required: {label}",
    "attribute_bad": "Field {label}: {why}",
    "too_many_people": "There are not enough seats: {seats} for {people} people",
    "too_many_rooms": "At most {most} rooms can be in one booking",
    "timetable_full": "At most {most} rooms can be in use at once",
    "accessory_unknown": "There is no accessory {accessory}",
    "accessory_not_here": "Accessory cannot be had with this room: {name}",
    "accessory_too_few": "Too few of an accessory: {name}, at least {least}",
    "accessory_too_many": "Too many of an accessory: {name}, at most {most}",
    "out_of_stock": "Accessory is out at this time: {name}, {left} left",
    "person_elsewhere": "Somebody is in another room at this time",
    "over_quota": "Quota is used up: {name}, {most} {unit} per {per} at most, {used} used",
    "too_few_credits": "Not enough credits",
    "over": "Booking is already over",
    "no_walk_in": "Room cannot be booked on the spot",
    "too_many_walk_ins": "At most {most} bookings an hour can be made on the spot",
    "too_many_in_row": "After {most} bookings made on the spot the room stays open for others for {minutes} minutes",
    "no_asking": "Nobody asks in this room whether anybody is here",
    "asked_already": "It was asked already whether anybody is here",
    "ends_soon": "Booking ends soon",
    "emergency": "There is an emergency",
    "key_reused": "Idempotency-Key was used for another request",
    "uid_taken": "A booking with this uid exists already",
    "asks_first": "Bookings of the room wait for approval",
    "not_pending": "Booking is not waiting for approval",
    "not_joinable": "Booking is not open for everybody to join",
    "not_invited": "You have not been invited",
    "not_approved": "Booking is still waiting for approval",
    "declined": "Booking was declined",
    "not_certain": "Booking is at risk: the panel at the door has not confirmed it yet",
    "in_conflict": "Booking is in conflict with another",
    "not_started": "Booking has not started yet",
    "needs_approval": "An approved booking is extended by at most {minutes} minutes; ask for a change instead",
    "not_yet": "Check-in opens in {minutes} minutes",
    "not_checked_in": "Booking is not checked in",
    "message_gone": "It is no longer known what this message said",
    "hook_ended": "The webhook has ended; resume it first",
    "too_many_hooks": "There may be {most} webhooks at most",
    "device_revoked": "The device's key was revoked",
    "device_quarantined": "Two devices speak with this key; look at them, then release or revoke it",
    "too_many_orders": "There are {most} orders open already",
    "conflict_settled": "It was decided already",
    "conflict_gone": "One of the two was cancelled meanwhile",
    "conflict_unplaced": "Nobody can tell when it was, so there is nothing to give or to take",
    "begun": "Booking had begun before its series was changed; name a later date",
    "nothing_left": "Not one date of the series can be booked",
}
"""What people read. The order is the rank: of several objections the first one here is the error text."""

_NAMES = {"starts": "start", "ends": "end", "organizer_email": "organizerEmail", "op": "Idempotency-Key"}


class ConflictBody(BaseModel):
    """A booking in the way (uid null: a closure, or time of the panel at the door); in the room's local offset."""

    uid: str | None
    start: str
    end: str
    organizer: str
    occurrenceUid: str | None = Field(default=None, description="Its own uid, where it is of a series")
    recurrenceId: str | None = Field(default=None, description="The date asked for that it is in the way of")


class DateBody(BaseModel):
    """A date of a series, and what stands in its way."""

    recurrenceId: str
    codes: list[str]


class RefusedDate(DateBody):
    """A date of a series that cannot be as it was asked for."""

    changes: list[str] = Field(default=[], description="What was changed for it alone and would be lost")


class ErrorBody(BaseModel):
    """Every refusal. Only `error` is always there."""

    error: str
    fields: dict[str, str] = {}
    codes: list[str] = []
    conflicts: list[ConflictBody] = []
    dates: list[RefusedDate] = Field(default=[], description="Of a series: each date that cannot be")
    door: str | None = Field(
        default=None, description="silent: nothing but a panel that owns the time and cannot be asked is in the way"
    )
    version: int | None = None
    requestId: str = ""


class Unfit(Invalid):
    """A 400 in RoomVox's own words."""

    def __init__(self, text: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(fields or {})
        self.text = text


def fail(error: LintelError | Fault, request: Request) -> Answer:
    """The answer to any refusal: total over the engine's kinds and the HTTP faults."""
    match error:
        case Unnamed():
            text = "Missing or invalid Authorization header" if error.missing else "Invalid or expired API token"
            return Answer(ErrorBody(error=text), 401, {"WWW-Authenticate": 'Bearer realm="rooms"'})
        case Barred():
            return Answer(ErrorBody(error=_barred(error)), 403)
        case Invalid():
            return Answer(_invalid(error), 400)
        case Unknown():
            return Answer(ErrorBody(error=f"{error.what.capitalize()} not found"), 404)
        case Refused():
            return _refused(error)
        case Stale():
            text = "Booking was changed in the meantime"
            return Answer(ErrorBody(error=text, version=error.current), 412 if "If-Match" in request.headers else 409)
        case Later():
            wait = {"Retry-After": str(error.retry_after)}
            if error.too_many:
                return Answer(ErrorBody(error="Too many requests, please wait a little"), 429, wait)
            return Answer(ErrorBody(error="Too busy, please try again"), 503, wait)
        case Full():
            return Answer(ErrorBody(error="Nothing can be saved: the server's disk is full"), 507)
    return _fault(error)


def _fault(error: LintelError | Fault) -> Answer:
    match error:
        case Lost():
            return Answer(ErrorBody(error="Not found"), 404)
        case WrongMethod():
            return Answer(ErrorBody(error="Method not allowed"), 405, {"Allow": ", ".join(error.allow)})
        case TooLarge():
            mib = error.limit // (1024 * 1024)
            text = "File too large (max 5MB)" if mib == 5 else f"Request too large (max {mib}MB)"
            return Answer(ErrorBody(error=text), 413)
        case Crash():
            return Answer(ErrorBody(error="Internal server error", requestId=error.request_id), 500)
    return Answer(ErrorBody(error="Internal server error"), 500)


def _barred(error: Barred) -> str:
    if error.need == "others":
        return "Only who manages the room books for somebody else"
    if error.why == "room":
        return "Token does not have access to this room"
    if error.why == "scope":
        return f"Insufficient permissions. Required scope: {error.need}"
    return "Insufficient permissions"


def _invalid(error: Invalid) -> ErrorBody:
    fields = {_NAMES.get(name, name): why for name, why in error.fields.items()}
    if isinstance(error, Unfit):
        text = error.text
    else:
        text = "; ".join(f"{name}: {why}" for name, why in fields.items()) or "Invalid request"
    return ErrorBody(error=text, fields=fields) if fields else ErrorBody(error=text)


def _refused(error: Refused) -> Answer:
    objections = sorted(error.objections, key=_rank)
    codes = list(dict.fromkeys(objection.code for objection in objections))
    dates = _dates(error)
    more: dict[str, Any] = {"dates": dates} if dates else {}
    more |= {"door": "silent"} if error.wants else {}
    if error.conflicts and "inactive" not in codes:
        conflicts = [_conflict(conflict) for conflict in error.conflicts]
        text = SENTENCES["door_silent"] if error.wants else BOOKED  # nothing is booked then
        return Answer(ErrorBody(error=text, codes=["clash", *codes], conflicts=conflicts, **more), 409)
    text = sentence(objections[0]) if objections else BOOKED
    return Answer(ErrorBody(error=text, codes=codes + ["clash"] * bool(error.conflicts), **more), 422)


def _dates(error: Refused) -> list[RefusedDate]:
    """The dates of a series that something stands in the way of, in order, each once."""
    codes: dict[datetime, list[str]] = {}
    changes: dict[datetime, list[str]] = {}
    for at, code in [*((c.at, "clash") for c in error.conflicts), *((o.at, o.code) for o in error.objections)]:
        if at is not None and code not in codes.setdefault(at, []):
            codes[at].append(code)
    for objection in error.objections:
        if objection.at is not None and "kinds" in objection.numbers:
            changes[objection.at] = str(objection.numbers["kinds"]).split()
    return [
        RefusedDate(recurrenceId=_local(at), codes=codes[at], **({"changes": changes[at]} if at in changes else {}))
        for at in sorted(codes)
    ]


def _rank(objection: Objection) -> int:
    known = list(SENTENCES)
    return known.index(objection.code) if objection.code in SENTENCES else len(known)


def sentence(objection: Objection) -> str:
    """What people read of one objection; a code we have no words for is shown as it is."""
    words = SENTENCES.get(objection.code, f"Refused: {objection.code}")
    try:
        return words.format(**objection.numbers).removesuffix(": ")
    except KeyError:
        return words.partition("{")[0].rstrip(" :")


def _conflict(conflict: Conflict) -> ConflictBody:
    more = {"occurrenceUid": conflict.uid} if conflict.series_uid is not None else {}
    if conflict.at is not None:
        more["recurrenceId"] = _local(conflict.at)
    return ConflictBody(
        uid=conflict.series_uid or conflict.uid, start=_local(conflict.starts), end=_local(conflict.ends),
        organizer=conflict.organizer, **more,
    )  # fmt: skip


def _local(moment: datetime) -> str:
    room: Room | None = g.get("room")  # left there by the gate; every booking route has one
    return wall(moment, room.zone if room is not None else "UTC").isoformat()

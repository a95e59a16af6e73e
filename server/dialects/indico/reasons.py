"""Why a booking was refused, in a sentence: Indico's own where it has one, else ours after its beginning."""

from server.core.errors import Objection, Refused

CLASH = "Reservation has no valid occurrences"
FAILED = "Failed to create the booking: {why}"
WHOLE = {
    "in_past": "You cannot make bookings in the past",
    "asks_first": "The API only supports direct bookings but this room only allows pre-bookings.",
}
"""Sentences that stand alone."""
SENTENCES = {
    "inactive": "The room is not active",
    "out_of_service": "The room is out of service: {reason}",
    "hidden": "The room cannot be booked",
    "not_your_role": "The room can only be booked by: {roles}",
    "not_your_department": "The room can only be booked by people of: {departments}",
    "not_your_group": "The room can only be booked by people of certain groups",
    "closed": CLASH,
    "outside_hours": CLASH,
    "off_slots": "A booking must begin and end with the slots of the timetable",
    "timetable_over": "The room cannot be booked by its timetable on this date",
    "too_close": "At least {minutes} minutes must lie between two bookings of this room",
    "too_far": "The date is too far in the future",
    "ends_too_far": "The booking must end within the next {days} days",
    "too_short": "The booking is shorter than {minutes} minutes",
    "too_long": "The booking is longer than {minutes} minutes",
    "too_soon": "The booking must be made at least {minutes} minutes ahead",
    "description_missing": "A longer reason is required",
    "terms_missing": "The terms of the room must be agreed to, which cannot be done here",
    "attribute_missing": "Required, which cannot be said here: {label}",
    "too_many_people": "There are not enough seats: {seats} for {people} people",
    "timetable_full": "At most {most} rooms can be in use at once",
    "person_elsewhere": "Somebody is in another room at this time",
    "over_quota": "The quota is used up: {name}, {most} {unit} per {per} at most, {used} used",
    "too_few_credits": "There are not enough credits",
    "emergency": "There is an emergency",
    "key_reused": "Idempotency-Key was used for another request",
}
"""Of several the first one here is told. What only stands in the way of other requests than ours has none."""


def message(error: Refused) -> str:
    """The whole message."""
    codes = {it.code: it for it in reversed(error.objections)}
    for code, text in WHOLE.items():
        if code in codes:
            return text
    return FAILED.format(why=reason(error))


def reason(error: Refused) -> str:
    """What follows the beginning; a clash goes before the rules, but for what keeps the room shut altogether."""
    ranked = sorted(error.objections, key=_rank)
    if error.conflicts and not (ranked and ranked[0].code in ("inactive", "out_of_service", "hidden")):
        return CLASH
    return sentence(ranked[0]) if ranked else CLASH


def sentence(objection: Objection) -> str:
    """One objection in words; a code without any as it is, readable."""
    words = SENTENCES.get(objection.code, f"Refused: {objection.code.replace('_', ' ')}")
    try:
        return words.format(**objection.numbers).removesuffix(": ")
    except KeyError:
        return words.partition("{")[0].rstrip(" :")


def _rank(objection: Objection) -> int:
    known = list(SENTENCES)
    return known.index(objection.code) if objection.code in SENTENCES else len(known)

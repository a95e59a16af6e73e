"""What comes in about reservations, and what it means to the engine.

Decisions:
- What was read may be sent back as it is: `startDate` beside `startDateTime`, people and resources as objects, an
  object of them by number, `quantityReserved`, `id` and `value` of attributes. Zeros and blanks are nothing.
- All that is missing or cannot be read is told at once, before anything is looked up; the times have no seconds.
- The recurrence is wall time of who asks, as there.
- An update replaces title, description, people, accessories, reminders and attributes; what the asker cannot see of
  them stays. Whose the reservation is stays where no userId is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from server.core.details import EMAIL, MOST_ACCESSORIES
from server.core.errors import Invalid
from server.core.model import Attendee, Booking, Series
from server.core.period import Period
from server.core.recurrence import Pattern
from server.core.zone import wall
from server.dialects.librebooking.dates import moment
from server.dialects.librebooking.errors import Unfit
from server.dialects.librebooking.recurrence import pattern_of
from server.dialects.librebooking.shape import Choice, Given, Number, Numbers
from server.dialects.librebooking.values import AttributeAsk, values_of

MOST_GUESTS = 500
MINUTES = {"minutes": 1, "hours": 60, "days": 1440}
SKIP = "skipconflicts"
YES = ("true", "1", "yes")


def _numbers(*names: str) -> Any:
    """Numbers, objects that have one by one of these names, or an object of either by number."""

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            value = [_named(it, names) if isinstance(it, Mapping) else key for key, it in value.items()]
        if not isinstance(value, list):
            return value
        return [_named(it, names) if isinstance(it, Mapping) else it for it in value]

    return BeforeValidator(plain)


def _named(it: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((it[name] for name in names if name in it), None)


def _texts(value: Any) -> Any:
    if value is None or value == "":
        return []
    return [it for it in value if str(it).strip() not in ("", "0", "None")] if isinstance(value, list) else value


def _list(value: Any) -> Any:
    return [] if value is None or value == "" else value


def _or_nothing(value: Any) -> Any:
    """null, "", false, 0 and the empty list are nothing."""
    return value or None


def _reminded(value: Any) -> Any:
    """A number alone is minutes, as lists tell them."""
    return {"value": value, "interval": "minutes"} if isinstance(value, int) and value else value or None


People = Annotated[Numbers, _numbers("userId", "id")]
Guests = Annotated[list[str], BeforeValidator(_texts), Field(max_length=MOST_GUESTS)]


class AccessoryAsk(Given):
    """So many of an accessory."""

    accessoryId: Number = Field(default=None, validation_alias=AliasChoices("accessoryId", "id"))
    quantityRequested: Number = Field(
        default=None, validation_alias=AliasChoices("quantityRequested", "quantityReserved")
    )


class ReminderAsk(Given):
    """So many minutes, hours or days before."""

    value: Number = None
    interval: str | None = None


class RetryAsk(Given):
    """What to do about what is in the way: `skipconflicts` "true" leaves those dates of a series out."""

    name: str | None = None
    value: str | None = None


Accessories = Annotated[list[AccessoryAsk], BeforeValidator(_list), Field(max_length=200)]
Attributes = Annotated[list[AttributeAsk], BeforeValidator(_list), Field(max_length=400)]
Retries = Annotated[list[RetryAsk], BeforeValidator(_list), Field(max_length=50)]


class ReservationAsk(Given):
    """A reservation. Needed are the resource, begin and end."""

    resourceId: Number = None
    resources: Annotated[Numbers, _numbers("id", "resourceId")] = Field(default_factory=list)
    startDateTime: str | None = Field(default=None, validation_alias=AliasChoices("startDateTime", "startDate"))
    endDateTime: str | None = Field(default=None, validation_alias=AliasChoices("endDateTime", "endDate"))
    title: str | None = None
    description: str | None = None
    userId: Number = None
    participants: People = Field(default_factory=list)
    invitees: People = Field(default_factory=list)
    participatingGuests: Guests = Field(default_factory=list)
    invitedGuests: Guests = Field(default_factory=list)
    accessories: Annotated[list[AccessoryAsk], BeforeValidator(_list), Field(max_length=200)] = Field(
        default_factory=list
    )
    customAttributes: Annotated[list[AttributeAsk], BeforeValidator(_list), Field(max_length=400)] = Field(
        default_factory=list
    )
    recurrenceRule: Annotated[dict[str, Any] | None, BeforeValidator(_or_nothing)] = None
    startReminder: Annotated[ReminderAsk | None, BeforeValidator(_reminded)] = None
    endReminder: Annotated[ReminderAsk | None, BeforeValidator(_reminded)] = None
    allowParticipation: Choice = None
    retryParameters: Annotated[list[RetryAsk], BeforeValidator(_list), Field(max_length=50)] = Field(
        default_factory=list
    )
    termsAccepted: Choice = None

    @property
    def skips(self) -> bool:
        """Whether dates that conflict are to be left out."""
        return any(it.name == SKIP and (it.value or "").strip().lower() in YES for it in self.retryParameters)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The resources that are asked for, the first one first, each once."""
        return tuple(dict.fromkeys((self.resourceId or 0, *self.resources)))


@dataclass(slots=True)
class Wanted:
    """What a request comes to: when, by what it recurs (None: not at all), and what it carries, by Details' names."""

    period: Period
    pattern: Pattern | None
    carried: dict[str, Any] = field(default_factory=dict)


def wanted(body: ReservationAsk, zone: str, of: Series | None = None) -> Wanted:
    """What is asked for, by the clock of `zone`; Unfit with all that is missing or wrong.

    `of`: the series that it is of, which goes by a clock of its own.
    """
    wrong: list[str] = []
    if not body.resourceId:
        wrong.append("Missing or invalid resourceId")
    starts = _moment("startDateTime", body.startDateTime, zone, wrong)
    ends = _moment("endDateTime", body.endDateTime, zone, wrong)
    if starts is not None and ends is not None and ends <= starts:
        wrong.append("The end date and time must be after the start date and time")
    pattern = _pattern(body, starts, of.zone if of is not None else zone, of, wrong) if starts is not None else None
    carried = _carried(body, wrong)
    if wrong or starts is None or ends is None:
        raise Unfit(*wrong)
    return Wanted(Period(starts, ends), pattern, carried)


def _pattern(
    body: ReservationAsk, starts: datetime, zone: str, of: Series | None, wrong: list[str]
) -> Pattern | None:  # fmt: skip
    try:
        start, current = wall(starts, zone).replace(tzinfo=None, fold=0), of.pattern if of is not None else None
        return pattern_of(body.recurrenceRule, start, zone, current=current)
    except Invalid as no:
        wrong += [f"{name} {why}" for name, why in no.fields.items()]
    except OverflowError:
        wrong.append("Missing or invalid startDateTime")
    return None


def _moment(name: str, text: str | None, zone: str, wrong: list[str]) -> datetime | None:
    try:
        if text and text.strip():
            return moment(text, zone).replace(second=0, microsecond=0)
    except (ValueError, OverflowError):
        pass
    wrong.append(f"Missing or invalid {name}")
    return None


def _carried(body: ReservationAsk, wrong: list[str]) -> dict[str, Any]:
    accessories: dict[int, int] = {}
    for it in body.accessories:
        if it.accessoryId and it.quantityRequested:
            accessories[it.accessoryId] = it.quantityRequested
    if len(accessories) > MOST_ACCESSORIES:
        wrong.append(f"accessories must be at most {MOST_ACCESSORIES}")
    for name in ("participatingGuests", "invitedGuests"):
        if not all(EMAIL.fullmatch(it.strip()) for it in getattr(body, name)):
            wrong.append(f"{name} must be e-mail addresses")
    return {
        "attendees": tuple(_attendees(body)),
        "accessories": accessories,
        "attributes": values_of(body.customAttributes),
        "remind_start": _reminder("startReminder", body.startReminder, wrong),
        "remind_end": _reminder("endReminder", body.endReminder, wrong),
        "joinable": bool(body.allowParticipation),
        "terms": bool(body.termsAccepted),
    }


def _attendees(body: ReservationAsk) -> Iterable[Attendee]:
    """Each person once, as a participant where both are said; guests by e-mail, whatever its case."""
    named = dict.fromkeys(body.invitees, "invitee") | dict.fromkeys(body.participants, "participant")
    for number, kind in named.items():
        yield Attendee(kind, number)
    guests = {it.strip().casefold(): (it.strip(), "") for it in body.invitedGuests}
    guests |= {it.strip().casefold(): (it.strip(), "accepted") for it in body.participatingGuests}
    for email, answer in guests.values():
        yield Attendee("guest", email=email, answer=answer)


def _reminder(name: str, it: ReminderAsk | None, wrong: list[str]) -> tuple[int, ...]:
    if it is None or it.value is None:
        return ()
    unit = MINUTES.get((it.interval or "").strip().lower())
    if unit is None or it.value < 0:
        wrong.append(f"{name} must have a value of 0 or more and an interval of minutes, hours or days")
        return ()
    return (it.value * unit,)


def replacing(carried: Mapping[str, Any], it: Booking) -> dict[str, Any]:
    """What an update carries in place of what a booking does: answers stay, and an attribute that is not said goes.

    `it` as the asker reads it, so that what he cannot see is left alone.
    """
    answers = {each.person: each.answer for each in it.details.attendees if each.person is not None}
    attendees = tuple(
        Attendee(each.kind, each.person, each.email, each.name, answers.get(each.person, each.answer))
        if each.person is not None and each.kind == "invitee"
        else each
        for each in carried["attendees"]
    )
    gone = dict.fromkeys(it.details.attributes, "")
    terms = carried["terms"] or it.details.terms
    return {**carried, "attendees": attendees, "attributes": {**gone, **carried["attributes"]}, "terms": terms}

"""What a booking carries beside RoomVox's fields: one object `details`, the same coming in and going out."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from server.core.details import LONGEST_REMINDER, MOST_ACCESSORIES, MOST_ATTENDEES, MOST_ATTRIBUTES, MOST_REMINDERS
from server.core.model import Attendee, Booking, Details

Number = Annotated[int, Field(strict=True, ge=1, lt=1 << 31)]
Key = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}$", description="A number")]
Count = Annotated[int, Field(strict=True, ge=0, le=10_000)]
Minutes = Annotated[int, Field(strict=True, ge=0, le=LONGEST_REMINDER)]
Line = Annotated[str, Field(max_length=255)]


class AttendeeBody(BaseModel):
    """Somebody who is to be there: a person of the house by number, or anybody by e-mail or name."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["participant", "invitee", "guest"] = "participant"
    person: Number | None = None
    email: Line = ""
    name: Line = ""
    answer: Literal["", "accepted", "declined"] = Field(default="", description="What they said; empty: nothing yet")


class DetailsAsk(BaseModel):
    """What a booking is to carry; what is absent is as it was, or as usual where the booking is new."""

    model_config = ConfigDict(extra="forbid")
    publicTitle: Line | None = Field(default=None, description="The title that the lobby may show")
    link: Annotated[str, Field(max_length=2_000)] | None = Field(default=None, description="Of an online meeting")
    privacy: Literal["public", "private", "confidential"] | None = None
    color: Annotated[str, Field(max_length=7)] | None = Field(default=None, description="#rrggbb")
    bookedFor: Number | None = Field(default=None, description="The person that it is for, where not the owner")
    attendees: list[AttendeeBody] | None = Field(default=None, max_length=MOST_ATTENDEES)
    reminders: list[Minutes] | None = Field(
        default=None, max_length=MOST_REMINDERS, description="Minutes before the start"
    )
    endReminders: list[Minutes] | None = Field(
        default=None, max_length=MOST_REMINDERS, description="Minutes before the end"
    )
    attributes: dict[Key, Annotated[str, Field(max_length=10_000)]] | None = Field(
        default=None, max_length=MOST_ATTRIBUTES, description="By number; those that are absent stay, empty ones go"
    )
    accessories: dict[Key, Count] | None = Field(
        default=None, max_length=MOST_ACCESSORIES, description="How many, by number"
    )
    termsAccepted: bool | None = None
    joinable: bool | None = Field(default=None, description="People may join by themselves")


class DetailsBody(BaseModel):
    """What a booking carries, as far as the asker may read it."""

    publicTitle: str
    link: str
    privacy: str
    color: str
    bookedFor: int | None
    attendees: list[AttendeeBody]
    reminders: list[int]
    endReminders: list[int]
    attributes: dict[int, str]
    accessories: dict[int, int]
    termsAccepted: bool
    joinable: bool
    owner: int | None = Field(description="The person whose booking it is; null where nobody is known")
    credits: float = Field(description="What it costs its owner")


_NAMES = {
    "publicTitle": "public_title", "bookedFor": "booked_for", "reminders": "remind_start", "endReminders": "remind_end",
    "termsAccepted": "terms",
}  # fmt: skip


def parts_of(body: DetailsAsk | None) -> Mapping[str, Any] | None:
    """The fields of core's Details that were said; None where none was."""
    said = {} if body is None else {name: getattr(body, name) for name in body.model_fields_set}
    parts = {_NAMES.get(name, name): value for name, value in said.items() if value is not None or name == "bookedFor"}
    for name in ("attributes", "accessories"):
        if name in parts:
            parts[name] = {int(number): value for number, value in parts[name].items()}
    for name in ("remind_start", "remind_end"):
        if name in parts:
            parts[name] = tuple(parts[name])
    if "attendees" in parts:
        each = (it.model_dump() for it in parts["attendees"])
        parts["attendees"] = tuple(Attendee(**one) for one in each)
    return parts or None


def details_of(body: DetailsAsk | None) -> Details:
    """What a new booking carries."""
    return Details(**(parts_of(body) or {}))


def details_body(it: Booking) -> DetailsBody:
    """The details of a booking as they travel."""
    own = it.details
    return DetailsBody(
        publicTitle=own.public_title, link=own.link, privacy=own.privacy, color=own.color, bookedFor=own.booked_for,
        attendees=[
            AttendeeBody.model_construct(
                kind=each.kind, person=each.person, email=each.email, name=each.name, answer=each.answer
            )
            for each in own.attendees
        ],
        reminders=list(own.remind_start), endReminders=list(own.remind_end), attributes=dict(own.attributes),
        accessories=dict(own.accessories), termsAccepted=own.terms, joinable=own.joinable, owner=it.owner,
        credits=it.credits / 100,
    )  # fmt: skip

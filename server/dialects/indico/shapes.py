"""The shapes of rooms and reservations, for the document: `wire.py` writes them, and tests hold the two together."""

from pydantic import BaseModel, Field


class DateTime(BaseModel):
    """A wall time in a zone."""

    date: str = Field(description="2026-06-15")
    tz: str = Field(description="IANA name of the room's zone")
    time: str = Field(description="09:00:00")


class OccurrenceBody(BaseModel):
    """One date of a reservation."""

    startDT: DateTime
    endDT: DateTime
    is_cancelled: bool
    is_rejected: bool


class RoomRef(BaseModel):
    """The room of a reservation."""

    type: str = Field(alias="_type")
    fossil: str = Field(alias="_fossil")
    id: int
    fullName: str


class ReservationBody(BaseModel):
    """A single booking or a series, as it stands in the window."""

    type: str = Field(alias="_type", description="Reservation; ReservationCERN as in 2011")
    fossil: str = Field(alias="_fossil", description="roomReservationMetadata, or reservationMetadata with its room")
    id: int = Field(description="Of a series one for all its dates")
    startDT: DateTime = Field(description="The start of its first date, wherever the window is")
    endDT: DateTime = Field(description="The end of its last date")
    reason: str
    bookedForName: str | None = Field(description="As much as the asker may read")
    booked_for_user_email: str | None
    bookingUrl: str
    isConfirmed: bool = Field(description="It is accepted")
    isValid: bool = Field(description="The same")
    is_cancelled: bool
    is_rejected: bool
    repeatability: str | None = Field(
        description="daily, weekly, everyTwoWeeks, everyThreeWeeks, monthly, periodically; null for a single one"
    )
    repeat_frequency: str = Field(description="NEVER, DAY, WEEK or MONTH")
    repeat_interval: int
    usesAVC: bool
    needsAVCSupport: bool
    needs_assistance: bool
    vcList: list[str]
    location: str
    room: RoomRef | None = Field(default=None, description="Where reservations are asked for by location")
    occurrences: list[OccurrenceBody] | None = Field(default=None, description="Where they are asked for")


class RoomBody(BaseModel):
    """A room."""

    type: str = Field(alias="_type", description="Room; RoomCERN as in 2011")
    fossil: str = Field(alias="_fossil", description="roomMetadata, or roomMetadataWithReservations")
    id: int
    name: str
    fullName: str = Field(description="500-1-201 - Mezzanine")
    location: str = Field(description="The site, as addresses have it")
    building: str | int = Field(description="A number as in 2011, where it has digits alone")
    floor: str
    roomNr: str
    bookingUrl: str
    avc: bool = Field(description="Has equipment for sound or pictures")
    vcList: list[str] = Field(description="What it has for video conferences")
    equipment: list[str]
    longitude: float | None
    latitude: float | None
    reservations: list[ReservationBody] | None = Field(default=None, description="With detail=reservations")

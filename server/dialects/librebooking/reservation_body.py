"""What reservations look like as they go out: a row of a list, one of them whole, and what acts on them answer.

Of a list each row is a reservation in one resource. What the reader may not see is null there, with no people; the
owner of one reservation is then called "Private".
"""

from typing import Annotated

from server.dialects.librebooking.resource_body import AttributeValue, Credits
from server.dialects.librebooking.shape import (
    DOCUMENTED_ONLY,
    Id,
    Interval,
    Keyed,
    Link,
    Model,
    Names,
    Part,
    Ready,
    Said,
    Shaped,
    Stamp,
)

FirstLink = Annotated[
    list[Link], Shaped(lambda it: it, lambda it: it[:1], lambda inner: inner, lambda inner: inner, deep=True)
]
"""Links; on the wire only the first."""


class ReservationItem(Model):
    """A reservation in one resource. Dates are UTC, reminders minutes; `requiresApproval`: it is waiting for it."""

    referenceNumber: str
    startDate: Stamp
    endDate: Stamp
    firstName: str | None
    lastName: str | None
    resourceName: str
    title: str | None
    description: str | None
    requiresApproval: bool
    isRecurring: bool
    scheduleId: Id
    userId: Id | None
    resourceId: Id
    duration: str
    bufferTime: Interval
    bufferedStartDate: Stamp
    bufferedEndDate: Stamp
    participants: Names
    invitees: Names
    participatingGuests: list[str]
    invitedGuests: list[str]
    startReminder: int | None
    endReminder: int | None
    color: str
    textColor: str
    checkInDate: Stamp
    checkOutDate: Stamp
    originalEndDate: Stamp
    isCheckInEnabled: bool
    autoReleaseMinutes: int | None
    resourceStatusId: Id | None
    creditsConsumed: Credits | None


class ReservationList(Model):
    """Reservations by start. The dates of the request are told where there is any."""

    reservations: Annotated[list[ReservationItem], Ready()]
    startDateTime: str | None = None
    endDateTime: str | None = None


class Somebody(Model):
    """A person of a reservation."""

    userId: Id | None
    firstName: str | None
    lastName: str | None
    emailAddress: str | None


class ReservedResource(Model):
    """A resource of a reservation."""

    id: Id
    name: str
    type: str | None = None
    groups: list[Id] | None = None


class ReservedAccessory(Model):
    """An accessory of a reservation; `quantityAvailable` null: as many as anybody wants."""

    id: Id
    name: str
    quantityAvailable: int | None
    quantityReserved: int


class Attachment(Part):
    """A file of a reservation; to be had with the same session."""

    url: str


class RecurrenceBody(Part):
    """By what a reservation recurs; `weekdays` from 0, Sunday. `repeatTerminationDate` is its last day."""

    type: str
    interval: int | None
    monthlyType: str | None
    weekdays: list[int]
    repeatTerminationDate: Stamp


class Reminder(Part):
    """How long before: minutes, hours or days."""

    value: int
    interval: str


class ReservationBody(Model):
    """One reservation. Begin and end are on the asker's clock, all other dates UTC."""

    referenceNumber: str
    startDate: Stamp
    endDate: Stamp
    title: str | None
    description: str | None
    requiresApproval: bool
    isRecurring: bool
    scheduleId: Id
    resourceId: Id
    owner: Somebody
    participants: list[Somebody]
    invitees: list[Somebody]
    participatingGuests: Annotated[list[str], DOCUMENTED_ONLY]
    invitedGuests: Annotated[list[str], DOCUMENTED_ONLY]
    customAttributes: list[AttributeValue]
    recurrenceRule: RecurrenceBody
    attachments: list[Attachment]
    resources: Keyed[ReservedResource]
    accessories: list[ReservedAccessory]
    startReminder: Reminder | None
    endReminder: Reminder | None
    allowParticipation: bool
    checkInDate: Stamp
    checkOutDate: Stamp
    originalEndDate: Stamp
    isCheckInAvailable: bool
    isCheckoutAvailable: bool
    autoReleaseMinutes: int | None


class Created(Model):
    """A reservation that was made."""

    referenceNumber: str
    isPendingApproval: bool
    message: Said = "The reservation was created"


class Updated(Model):
    """A reservation that was changed."""

    links: FirstLink
    referenceNumber: str
    isPendingApproval: bool
    message: Said = "The reservation was updated"


class Done(Model):
    """A reservation to which something was done."""

    links: FirstLink
    referenceNumber: str
    isPendingApproval: Annotated[bool, DOCUMENTED_ONLY]
    message: Said


class DeletedReservation(Model):
    """It is not there any more."""

    message: str | None = "The item was deleted"

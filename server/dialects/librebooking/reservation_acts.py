"""What is done to a reservation: approved, checked in to, checked out of; and its files.

Decisions:
- An approval is the whole series', as there, where a date of it is approved that still waits.
- Check-in and check-out are for the reservation's people and who manages its resources, not for anybody who has an
  account; a second check-out is refused, so that the first end that was planned is kept.
- A file is had by its URL with the session, by those who may read all of the reservation.
"""

from server.core.access import Actor
from server.core.errors import Unknown
from server.core.model import Booking, Standing
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Media, Routes
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.errors import Unfit
from server.dialects.librebooking.links import links
from server.dialects.librebooking.reservation_body import Done
from server.dialects.librebooking.reservation_whole import EARLY
from server.dialects.librebooking.rooms import rooms_at

routes = Routes("Reservations")
ERRORS = (400, 404, 503)
FILE = "application/octet-stream"


@routes(
    "POST", "/Reservations/<reference>/Approval", scope="book", summary="Approves a reservation", answers={200: Done},
    errors=ERRORS, detail="Of a series all that wait.",
)  # fmt: skip
def approve_reservation(desk: Desk, call: Call, reference: str) -> Done:
    it = desk.engine.naming.referenced(reference, call.actor)
    if it.series is None:
        after = desk.engine.bookings.approve(it.uid, call.actor)
    else:
        after = desk.engine.series.answer(it.uid, call.actor, accept=True).first
    return _done(call, reference, after, "approved")


@routes(
    "POST", "/Reservations/<reference>/CheckIn", scope="book", summary="Checks in to a reservation",
    answers={200: Done}, errors=ERRORS, detail="From five minutes before its begin, unless the house says otherwise.",
)  # fmt: skip
def check_in_reservation(desk: Desk, call: Call, reference: str) -> Done:
    it = desk.engine.naming.referenced(reference, call.actor)
    _asking(desk, call.actor, it)
    after = desk.engine.presence.check_in(it.uid, call.actor, how="api", early=EARLY)
    return _done(call, reference, after, "checked in")


@routes(
    "POST", "/Reservations/<reference>/CheckOut", scope="book", summary="Checks out of a reservation",
    answers={200: Done}, errors=ERRORS, detail="It ends now; the rest of its time is free.",
)  # fmt: skip
def check_out_reservation(desk: Desk, call: Call, reference: str) -> Done:
    it = desk.engine.naming.referenced(reference, call.actor)
    after = desk.engine.presence.check_out(it.uid, call.actor)
    return _done(call, reference, after, "checked out")


@routes(
    "GET", "/Reservations/<reference>/Attachments/<number>", scope="read", summary="A file of a reservation",
    answers={200: Media(FILE)}, errors=(404,),
)  # fmt: skip
def get_attachment(desk: Desk, call: Call, reference: str, number: int) -> Answer:
    it = desk.engine.naming.referenced(reference, call.actor)
    known = {file.number for file in desk.engine.files.all("booking", it.uid, call.actor)}
    if number not in known:
        raise Unknown("file", str(number))
    file, data = desk.engine.files.get(number, call.actor)
    name = file.name.encode("ascii", "replace").decode()  # a plain one: it has neither quotes nor slashes
    return Answer(data, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _asking(desk: Desk, actor: Actor, it: Booking) -> None:
    """Raises Unfit where nobody asks for a check-in."""
    if not any(room.policy.check_in for room in rooms_at(desk, actor, it.rooms)):
        raise Unfit("This reservation does not require check in")


def _done(call: Call, reference: str, after: Booking, what: str) -> Done:
    return Done(
        links=links(call, "get_reservation update_reservation", reference), referenceNumber=reference,
        isPendingApproval=after.standing is Standing.PENDING, message=f"The reservation was {what}",
    )  # fmt: skip

"""The one table from every kind of refusal to LibreBooking's words.

What cannot be done is 400 with one sentence for each thing that is wrong, all of them; who is not signed in, or not
allowed to, is 401; what is not there is 404. The bodies are the JSON of the 2026 server, which all clients understand;
the 2.8 server answers many of them with a page or with nothing.
"""

from collections.abc import Mapping
from types import MappingProxyType

from flask import Request, g
from pydantic import BaseModel

from server.core.errors import (
    Barred,
    Conflict,
    Full,
    Invalid,
    Later,
    LintelError,
    Refused,
    Stale,
    Unknown,
    Unnamed,
)
from server.dialects.kit.faults import Crash, Fault, Lost, TooLarge, WrongMethod
from server.dialects.kit.route import Answer
from server.dialects.librebooking.dates import written
from server.dialects.librebooking.sentences import CONFLICT, sentence
from server.dialects.librebooking.shape import Link

ERRORS = "There were errors processing your request"
SIGN_IN = "You must be authenticated in order to access this service."
NO_ACCESS = "You do not have access to the requested resource"
NOT_FOUND = "The requested resource was not found"

_NAMES = {
    "first_name": "firstName", "last_name": "lastName", "email": "emailAddress", "login": "userName",
    "zone": "timezone", "color": "reservationColor", "account": "statusId", "current": "currentPassword",
    "automatic": "isDefault", "attendees": "participants", "people": "participants", "remind_start": "startReminder",
    "remind_end": "endReminder", "starts": "startDateTime", "ends": "endDateTime", "recurrence": "recurrenceRule",
    "window": "startDateTime to endDateTime",
}  # fmt: skip
"""Theirs for our names of fields."""
_PLAIN = frozenset({"is", "are", "must", "cannot", "has", "contains", "not"})


class ErrorBody(BaseModel):
    """Every refusal. `errors` is there where the request itself is wrong: one sentence for each thing."""

    links: list[Link] = []
    message: str | None = None
    errors: list[str] = []


class Unfit(Invalid):
    """A 400 with sentences that are whole already; `sentences` in the order in which they go out."""

    def __init__(self, *sentences: str) -> None:
        super().__init__({str(place): it for place, it in enumerate(sentences)})
        self.sentences = sentences


def fail(error: LintelError | Fault, request: Request) -> Answer:
    """The answer to any refusal: total over the engine's kinds and the HTTP faults."""
    match error:
        case Unnamed():
            return _sign_in(request)
        case Barred():
            # Who runs the house alone may ask some routes; LibreBooking tells the others to sign in.
            return _sign_in(request) if _admins_route() else _told(NO_ACCESS, 401)
        case Unfit():
            return _wrong(*error.sentences)
        case Invalid():
            return _wrong(*(_field(name, why) for name, why in error.fields.items()))
        case Unknown():
            return _told(NOT_FOUND, 404)
        case Refused():
            return _wrong(*refused(error))
        case Stale():
            return _wrong("It was changed in the meantime")
        case Later():
            told = "Too many requests, please wait a little" if error.too_many else "Too busy, please try again"
            return _told(told, 429 if error.too_many else 503, {"Retry-After": str(error.retry_after)})
        case Full():
            return _told("Nothing can be saved: the server's disk is full", 503, {"Retry-After": "60"})
    return _fault(error)


def _fault(error: LintelError | Fault) -> Answer:
    match error:
        case Lost():
            return _told("Not found", 404)
        case WrongMethod():
            return _told("Method not allowed", 405, {"Allow": ", ".join(error.allow)})
        case TooLarge():
            return _told(f"Request too large (max {error.limit // (1024 * 1024)}MB)", 413)
        case Crash():
            return _told(f"Exception was logged. Request {error.request_id}", 500)
    return _told("Exception was logged.", 500)


def _field(name: str, why: str) -> str:
    """firstName is required."""
    shown = _NAMES.get(name, name.replace("attributes.", "customAttributes."))
    return f"{shown} {why}" if why.partition(" ")[0] in _PLAIN else f"{shown}: {why}"


def refused(error: Refused, names: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """A sentence for each rule that objects, each once, and one for each booking in the way; `names` of rooms by id."""
    told = [sentence(it) for it in error.objections]
    told += [_conflict(it, names.get(it.room, it.room)) for it in error.conflicts]
    return list(dict.fromkeys(told)) or [NO_ACCESS]


def _conflict(it: Conflict, room: str) -> str:
    return CONFLICT.format(room=room, start=written(it.starts), end=written(it.ends))


def _admins_route() -> bool:
    return getattr(g.get("route"), "scope", "") == "admin"


def _sign_in(request: Request) -> Answer:
    login = g.links.to(request.script_root, "/Authentication/Authenticate")
    return Answer(ErrorBody(links=[Link(href=login, title="login")], message=SIGN_IN), 401)


def _wrong(*sentences: str) -> Answer:
    return Answer(ErrorBody(links=[], message=ERRORS, errors=list(sentences)), 400)


def _told(message: str, status: int, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(ErrorBody(links=[], message=message), status, headers or {})

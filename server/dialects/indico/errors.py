"""The one table from every kind of refusal to Indico's words: `{"message": "<English text>"}`, in the format asked for.

Indico's own texts are exact where it has one. A refusal that it would not know (too many requests, a full disk) says
what it is. `Said` is a refusal in the very words and with the very status that Indico has.
"""

from typing import Any

from flask import Request, g
from pydantic import BaseModel, Field

from server.core.errors import Barred, Full, Invalid, Later, LintelError, Refused, Stale, Unknown, Unnamed
from server.dialects.indico import formats
from server.dialects.indico.desk import GUEST
from server.dialects.indico.keys import Stranger
from server.dialects.indico.reasons import message
from server.dialects.kit.faults import Crash, Fault, Lost, TooLarge, WrongMethod
from server.dialects.kit.route import Answer

NO_GUESTS = "Guest access to this resource is forbidden."
RESTRICTED = "Access to this resource is restricted."


class ErrorBody(BaseModel):
    """Every refusal."""

    message: str = Field(description="What is wrong, in English")


class Said(Fault):
    """A refusal in Indico's words."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def fail(error: LintelError | Fault, request: Request) -> Answer:
    """The answer to any refusal: total over the engine's kinds and the HTTP faults."""
    status, text, headers = _said(error)
    return told(request, text, status, headers)


def told(request: Request, text: str, status: int, headers: dict[str, str] | None = None) -> Answer:
    """A message in the format asked for; JSON where that is a calendar, or none of ours."""
    body: dict[str, Any] = {"message": text}
    data, media = formats.written(formats.asked(request), body, request)
    return Answer(data, status, headers or {}, media)


def _said(error: LintelError | Fault) -> tuple[int, str, dict[str, str]]:
    match error:
        case Said():
            return error.status, error.text, {}
        case Stranger():
            return error.status, error.text, {}
        case Unnamed():
            return 403, "API key is missing" if error.missing else "Invalid API key", {}
        case Barred():
            return 403, NO_GUESTS if g.get("token") == GUEST.label else RESTRICTED, {}
        case Invalid():
            text = "; ".join(f"{name}: {why}" for name, why in error.fields.items())
            return 400, text or "Invalid request", {}
        case Unknown():
            return 404, f"{error.what.capitalize()} not found", {}
        case Refused():
            return 409, message(error), {}
        case Stale():
            return 409, "The booking was changed in the meantime", {}
        case Later():
            text = "Too many requests" if error.too_many else "The server is busy, please try again"
            return 429 if error.too_many else 503, text, {"Retry-After": str(error.retry_after)}
        case Full():
            return 507, "Nothing can be saved: the server's disk is full", {}
    return _faulty(error)


def _faulty(error: LintelError | Fault) -> tuple[int, str, dict[str, str]]:
    match error:
        case Lost():
            return 404, "Not found", {}
        case WrongMethod():
            return 405, "Method not allowed", {"Allow": ", ".join(error.allow)}
        case TooLarge():
            return 413, f"The request has more than {error.limit} bytes", {}
        case Crash():
            return 500, f"Internal server error ({error.request_id})", {}
    return 500, "Internal server error", {}

"""The one table from every kind of refusal to RoomLoop's words: `{"error": {"code", "message", …}}`.

Decisions:
- The precedence is 401, 429, 403, 404, 400, 422, 409: a conflict is told only of an otherwise legal request.
- The page names six codes; not_found, method_not_allowed, precondition_failed, too_large, internal_error, unavailable
  and storage_full are ours, for statuses that it leaves out. The message is for people, the code for programs.
- What a path names is looked up by the view; only a 400 asks beforehand whether it is there (`g.there`), so that it
  costs nothing where all is well.
- A 403 names the capability that would do: the resource and what was to be done with it ("facilities.update").
"""

from typing import Any

from flask import Request, g
from pydantic import BaseModel, Field

from server.core.errors import Barred, Full, Invalid, Later, LintelError, Refused, Stale, Unknown, Unnamed
from server.dialects.kit.faults import Crash, Fault, Lost, TooLarge, WrongMethod
from server.dialects.kit.route import Answer
from server.dialects.roomloop.rules import CLASH, TITLES, broken, rule_of

CODES = {
    400: "validation_error",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "slot_conflict",
    412: "precondition_failed",
    413: "too_large",
    422: "rule_violation",
    429: "rate_limited",
    500: "internal_error",
    503: "unavailable",
    507: "storage_full",
}
"""The code of each status."""
VERBS = {"GET": "read", "POST": "create", "PATCH": "update", "DELETE": "delete"}
_KINDS = {"room": "facility", "booking": "reservation", "person": "account", "hook": "webhook"}
_NAMES = {
    "starts": "start_slot", "ends": "end_slot", "title": "purpose", "owner": "user_id", "people": "user_id",
    "rooms": "facility_id", "first_name": "name", "last_name": "name", "account": "status", "login": "email",
}  # fmt: skip
TOLD = 5
"""Fields that the message tells of; `fields` has all."""


class FieldBody(BaseModel):
    """What is wrong with one field."""

    path: str
    message: str


class RuleBody(BaseModel):
    """A rule that objects; `reason` is the house's own code of it."""

    rule: str
    reason: str
    message: str


class Failure(BaseModel):
    """A refusal. Only code, message and request_id are always there."""

    code: str
    message: str
    rule: str = Field(default="", description="The first rule that objects, of a slot_conflict or a rule_violation")
    rules: list[RuleBody] = Field(default=[], description="All rules that object")
    fields: list[FieldBody] = Field(default=[], description="Of a validation_error: what is wrong with which field")
    capability: str = Field(default="", description="Of a forbidden: what the role lacks")
    details: dict[str, Any] = {}
    request_id: str


class ErrorBody(BaseModel):
    """Every refusal."""

    error: Failure


class Plain(Barred):
    """Asked over plain http from another machine."""

    def __init__(self) -> None:
        super().__init__("http")


def wrong(**fields: str) -> Invalid:
    """A 400 that names the fields."""
    return Invalid(fields)


def fail(error: LintelError | Fault, request: Request) -> Answer:
    """The answer to any refusal: total over the engine's kinds and the HTTP faults."""
    error = _first(error)
    match error:
        case Unnamed():
            return _unnamed(error, request)
        case Plain():
            return said(403, "RoomLoop's API is served over https only")
        case Barred():
            return _barred(error, request)
        case Invalid():
            fields = [FieldBody(path=_NAMES.get(path, path), message=why) for path, why in error.fields.items()]
            text = "; ".join(f"{it.path}: {it.message}" for it in fields[:TOLD]) or "The request cannot be understood"
            return said(400, text, fields=fields)
        case Unknown():
            return said(404, f"There is no such {_KINDS.get(error.what, error.what)}")
        case Refused():
            return _refused(error)
        case Stale():
            return said(412, "It was changed in the meantime", details={"version": error.current})
        case Later():
            status, text = (429, "Too many requests") if error.too_many else (503, "Too busy, please try again")
            return said(status, text, headers={"Retry-After": str(error.retry_after)})
        case Full():
            return said(507, "Nothing can be saved: the server's disk is full")
    return _fault(error)


def _first(error: LintelError | Fault) -> LintelError | Fault:
    """What comes before a 400, where something does: what the path names is looked for before what is wrong is told."""
    if isinstance(error, Invalid) and (there := g.pop("there", None)) is not None:
        try:
            there()
        except LintelError as sooner:
            return sooner
    return error


def said(status: int, message: str, *, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    """An answer of that status; what is empty is left out."""
    given = {name: value for name, value in more.items() if value}
    body = Failure(code=CODES[status], message=message, **given, request_id=f"req_{g.request_id}")
    return Answer(ErrorBody(error=body), status, headers or {})


def _fault(error: LintelError | Fault) -> Answer:
    match error:
        case Lost():
            return said(404, "There is no such address")
        case WrongMethod():
            return said(405, "The address does not know this method", headers={"Allow": ", ".join(error.allow)})
        case TooLarge():
            return said(413, f"The body may have {error.limit} bytes at most")
        case Crash():
            return said(500, "Something went wrong here; it is in the log under request_id")
    return said(500, "Something went wrong here")


def _unnamed(error: Unnamed, request: Request) -> Answer:
    text = "A bearer token is needed" if error.missing else "The bearer token is unknown, revoked or expired"
    if request.endpoint == "POST /auth/google":
        text = "The ID token is none that Google gave for this house, or it has expired"
    challenge = 'Bearer realm="roomloop"' + ("" if error.missing else ', error="invalid_token"')
    return said(401, text, headers={"WWW-Authenticate": challenge})


def _barred(error: Barred, request: Request) -> Answer:
    if error.why == "identity" and error.need in _STRANGERS:
        return said(403, _STRANGERS[error.need])
    if error.why == "reports":
        text = f"People are not compared here; the setting {error.need} would allow it"
        return said(403, text, capability="reports.compare")
    needed = "reservations.create_for_others" if error.need == "others" else capability(request)
    return said(403, f"Your role lacks the capability {needed}", capability=needed)


_STRANGERS = {
    "off": "Signing in with Google is not set up here",
    "email": "Google has not verified the e-mail address",
    "unknown": "There is no account for this address",
    "domain": "This Google account is of another domain",
    "inactive": "The account is not active",
    "awaiting": "The account is not active yet",
    "group": "The account is not active",
}
"""Why somebody whom Google knows may not come in."""


def capability(request: Request) -> str:
    """What a role needs for a request: the resource and what is to be done with it, "facilities.update"."""
    if needed := g.get("capability"):
        return str(needed)
    path = (request.endpoint or "").partition(" ")[2]
    return f"{path.split('/')[1] if path else 'api'}.{VERBS.get(request.method, 'read')}"


def _refused(error: Refused) -> Answer:
    found = broken(error.objections, error.conflicts)
    rules = [RuleBody(rule=rule, reason=code, message=TITLES[rule]) for rule, code in found]
    first = rules[0].rule if rules else CLASH
    status = 409 if first == CLASH else 422
    details = {} if first != CLASH else dict(g.get("conflict") or {})
    return said(status, _sentence(error, first), rule=first, rules=rules, details=details)


def _sentence(error: Refused, first: str) -> str:
    numbers = next((it.numbers for it in error.objections if rule_of(it.code) == first), {})
    more = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in numbers.items() if value != "")
    return f"{first}: {TITLES[first]}" + (f" ({more})" if more else "")

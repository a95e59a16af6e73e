"""From the kinds of refusal to this protocol's answers: one total table."""

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
from server.dialects.device.instants import instant
from server.dialects.device.wire import ErrorBody, Failure
from server.dialects.kit.faults import Crash, Fault, Lost, TooLarge, WrongMethod
from server.dialects.kit.route import Answer

OWN_CODES = {"key_reused": "op_reused", "expired": "expired"}


def fail(error: LintelError | Fault) -> Answer:
    """Status, body and headers of an error."""
    match error:
        case Invalid():
            return _answer(400, "invalid", "Some fields are wrong", fields=error.fields)
        case Unnamed():
            headers = {"WWW-Authenticate": "Bearer"}
            return _answer(401, "unnamed", "The token is missing, unknown, revoked or expired", headers=headers)
        case Barred():
            message = {
                "scope": f"The token needs the scope {error.need}",
                "room": "The token does not open this room",
                "identity": "This needs a known person",
                "quarantined": "Another device speaks with the same key; staff have to look",
            }
            code = error.why if error.why in ("identity", "quarantined") else "barred"
            return _answer(403, code, message.get(error.why, "Not allowed"))
        case Unknown():
            return _answer(404, "unknown", f"There is no such {error.what}")
        case Refused():
            return _refused(error)
        case Stale():
            return _answer(409, "stale", f"The booking has changed; its version is {error.current}")
        case Later():
            headers = {"Retry-After": str(error.retry_after)}
            if error.too_many:
                return _answer(429, "too_many", "Too many requests; wait a little", headers=headers)
            return _answer(503, "later", "Busy; try again", headers=headers)
        case Full():
            return _answer(507, "full", "The server cannot save")
        case Lost():
            return _answer(404, "unknown", "There is no such address")
        case WrongMethod():
            return _answer(405, "method", "Not with this method", headers={"Allow": ", ".join(error.allow)})
        case TooLarge():
            return _answer(413, "too_large", f"The body is larger than {error.limit} bytes")
        case Crash():
            return _answer(500, "crash", f"Something broke; it is logged as {error}")
    raise TypeError(f"no answer for {type(error).__name__}")


def _refused(error: Refused) -> Answer:
    conflicts = [_conflict(conflict) for conflict in error.conflicts]
    objections = [{"code": o.code, "numbers": dict(o.numbers)} for o in error.objections]
    if conflicts:
        return _answer(409, "clash", "The time is taken", objections=objections, conflicts=conflicts)
    first = error.objections[0].code if error.objections else ""
    return _answer(
        422, OWN_CODES.get(first, "refused"), "The rules of the room stand in the way", objections=objections
    )


def _conflict(it: Conflict) -> dict[str, str]:
    # Not who: the answer is shown at a door, and privacy is the room's policy, which knows the booking by its id.
    return {"start": instant(it.starts), "end": instant(it.ends), "id": it.uid or ""}


def _answer(status: int, code: str, message: str, *, headers: dict[str, str] | None = None, **parts: object) -> Answer:
    body = Failure(error=ErrorBody(code=code, message=message, **parts))  # type: ignore[arg-type]
    return Answer(body, status=status, headers=headers or {})

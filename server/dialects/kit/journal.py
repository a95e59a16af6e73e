"""One line per request: method, path template, status, time, request id, token prefix; never what was said.

The template stands for the path, so neither a feed's secret nor a booking's id reaches the log. Of a crash
the kind and the place are logged, not the message: messages quote values, and values are titles and names.
"""

import logging
import re
import secrets
import traceback

from flask import Request

_SANE = re.compile(r"[A-Za-z0-9._:-]{1,64}")


requests = logging.getLogger("lintel.requests")
crashes = logging.getLogger("lintel.crashes")


def request_id(request: Request) -> str:
    """What the asker calls this request in X-Request-Id, where that is sane; a new name otherwise."""
    return sane(request.headers.get("X-Request-Id", ""))


def sane(given: str) -> str:
    """The given name of a request, or a new one where it is none."""
    return given if _SANE.fullmatch(given) else secrets.token_hex(8)


def line(dialect: str, method: str, path: str, status: int, seconds: float, request: str, token: str) -> None:
    """Writes the line of one request; finished, where the log takes finished lines (logs.py)."""
    if not requests.isEnabledFor(logging.INFO):
        return
    shown = method if method.isalpha() and len(method) < 12 else "-"
    text = (
        f"door={dialect} method={shown} path={path} status={status} ms={seconds * 1000:.1f} "
        f"request={request} token={token or '-'}"
    )
    take = getattr(requests.handlers[0], "take", None) if requests.handlers else None
    if take is None:
        requests.info("%s", text)
    else:
        take(text)


def crash(error: BaseException, request: str) -> None:
    """Writes what broke and where, without the values that were at hand."""
    places = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{p.filename.rpartition('/')[2]}:{p.lineno}:{p.name}" for p in reversed(places))
    crashes.error("request=%s crash=%s at=%s", request, type(error).__name__, where)

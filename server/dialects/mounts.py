"""Where URLs hang: a dispatcher over a table of rows, longest claim first.

A row claims a path and everything below it for one app, and says how much of it is the app's root: RoomLoop
and OpenTalk share /v1, so "/v1/facilities" is claimed but SCRIPT_NAME is "/v1". What nobody claims gets a
neutral JSON 404.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.dialects.kit import journal
from server.dialects.kit.meter import TOOK

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


NEUTRAL = "neutral"
"""The app of rows that answer 404 in nobody's shape."""


@dataclass(frozen=True, slots=True)
class Mount:
    """`claim` goes to `app`; `root` (default: the whole claim) becomes SCRIPT_NAME; `native` can be off."""

    claim: str
    app: str
    root: str | None = None
    native: bool = False


class Mounts:
    """One WSGI application out of many, by the table's rows; rows whose app is not there are left out."""

    def __init__(self, rows: Iterable[Mount], apps: "Mapping[str, WSGIApplication]") -> None:
        self._rows: dict[str, tuple[int, WSGIApplication]] = {}
        claimed: set[str] = set()
        for row in rows:
            claim = row.claim.rstrip("/")
            if claim in claimed:
                raise ValueError(f"two mounts claim {row.claim}")
            claimed.add(claim)
            app = neutral if row.app == NEUTRAL else apps.get(row.app)
            if app is not None:
                root = row.claim if row.root is None else row.root
                self._rows[claim] = (len(root.rstrip("/")), app)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        claim = path.rstrip("/")
        while claim not in self._rows and claim:
            claim = claim[: claim.rfind("/")] if "/" in claim else ""
        length, app = self._rows.get(claim, (0, neutral))
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + path[:length]
        environ["PATH_INFO"] = path[length:] or "/"
        return app(environ, start_response)


def neutral(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """The 404 of nobody's URL, in no dialect's shape."""
    body = b'{"error":"Not found"}'
    request = journal.sane(environ.get("HTTP_X_REQUEST_ID", ""))
    headers = [("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response("404 Not Found", [*headers, ("X-Request-Id", request)])
    method = environ.get("REQUEST_METHOD", "-")
    journal.line(NEUTRAL, method, "-", 404, 0.0, request, "")
    if (took := environ.get(TOOK)) is not None:
        took(NEUTRAL, method, "-", 404, 0.0)
    return [body]

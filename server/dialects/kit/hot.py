"""Answers kept as bytes: a small WSGI layer before Flask for what a thousand panels ask again and again.

A view says how long its answer holds and for which room (`call.hold`); until then the bytes are sent again to whoever
shows the same key and asks the same, as long as nothing was committed that concerns the room or any key. Whether
something was committed is asked of the database on every request (two microseconds), so a kept answer is never staler
than a computed one; where the database does not answer, the request goes on to the app, which says so. What was true
at a time that is still to come (the clock was set back) is not told either.

Decision: the key is the Authorization header itself, so a kept answer reaches nobody but those who were allowed it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from server.core.access import Actor
from server.core.clock import monotonic
from server.core.errors import LintelError
from server.dialects.kit import journal
from server.dialects.kit.conditional import TIME
from server.dialects.kit.meter import TOOK
from server.dialects.kit.rates import Buckets
from server.engine import Engine

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST_BYTES = 32 * 1024 * 1024
ENTRY = 2048
"""What an entry takes besides its key and its body, roughly."""
HOLD = "lintel.hold"
_OWN = ("x-request-id", "content-length")


@dataclass(frozen=True, slots=True)
class Hold:
    """A view's word: the answer is true of the room (None: of all rooms) until then, for this actor, at this path."""

    room: int | None
    until: datetime
    actor: Actor
    door: str
    path: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it goes out; `tail` follows the present time, where the answer tells it."""

    hold: Hold
    since: datetime
    generation: int
    stamp: tuple[int, int]
    headers: list[tuple[str, str]]
    head: bytes
    tail: bytes | None


Key = tuple[str, str, str, str]


class Hot:
    """The layer. Safe for many threads: entries are replaced whole."""

    def __init__(self, engine: Engine, inner: "WSGIApplication", rates: Buckets) -> None:
        self._engine = engine
        self._inner = inner
        self._rates = rates
        self._kept: dict[Key, Kept] = {}
        self._bytes = 0

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET" or "HTTP_AUTHORIZATION" not in environ or _has_body(environ):
            return self._inner(environ, start_response)
        begun, since = monotonic(), self._engine.clock.now()
        key = (
            environ["HTTP_AUTHORIZATION"],
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
            environ.get("HTTP_IF_NONE_MATCH", ""),
        )
        try:
            generation = self._engine.news()
            kept = self._valid(key, generation, since)
        except LintelError:
            return self._inner(environ, start_response)
        # Where its bucket is empty the app says so in its own words; it takes from the bucket in vain once more.
        if kept is not None and not self._rates.take(kept.hold.actor.name):
            return self._again(kept, environ, start_response, begun)
        return self._fresh(key, generation, since, environ, start_response)

    def _valid(self, key: Key, generation: int, now: datetime) -> Kept | None:
        kept = self._kept.get(key)
        if kept is None or not kept.since <= now < kept.hold.until:
            return None
        if kept.generation != generation:
            if self._engine.rooms.stamp(kept.hold.room) != kept.stamp:
                return None
            kept = replace(kept, generation=generation)
            self._kept[key] = kept
        return kept

    def _again(
        self, kept: Kept, environ: "WSGIEnvironment", start_response: "StartResponse", begun: float
    ) -> Iterable[bytes]:
        now = self._engine.clock.now()
        body = kept.head
        if kept.tail is not None:
            time = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            body = b'%b"time":"%b"%b' % (kept.head, time.encode(), kept.tail)
        self._engine.tokens.note_actor(kept.hold.actor, now)
        request = journal.sane(environ.get("HTTP_X_REQUEST_ID", ""))
        start_response("200 OK", [*kept.headers, ("X-Request-Id", request), ("Content-Length", str(len(body)))])
        spent = monotonic() - begun
        journal.line(kept.hold.door, "GET", kept.hold.path, 200, spent, request, kept.hold.actor.label)
        if (took := environ.get(TOOK)) is not None:
            took(kept.hold.door, "GET", kept.hold.path, 200, spent)
        return [body]

    def _fresh(
        self, key: Key, generation: int, since: datetime, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def listen(status: str, headers: list[tuple[str, str]], *rest: object) -> Callable[[bytes], object]:
            said.append((status, headers))
            return start_response(status, headers, *rest)  # type: ignore[arg-type]

        answer = self._inner(environ, listen)
        hold = environ.get(HOLD)
        if not isinstance(hold, Hold) or not said or not said[-1][0].startswith("200"):
            return answer
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        self._keep(key, hold, since, generation, said[-1][1], body)
        return [body]

    def _keep(
        self, key: Key, hold: Hold, since: datetime, generation: int, headers: list[tuple[str, str]], body: bytes
    ) -> None:
        # The stamp is read after the answer: what was committed in between makes the generation differ, and the
        # stamp of an answer that is older than its stamp could pass for new. So only an undisturbed answer is kept.
        try:
            stamp = self._engine.rooms.stamp(hold.room)
            if self._engine.news() != generation:
                return
        except LintelError:
            return
        told = TIME.search(body)
        head, tail = (body, None) if told is None else (body[: told.start()], body[told.end() :])
        plain = [(name, value) for name, value in headers if name.lower() not in _OWN]
        size = len(body) + sum(map(len, key)) + ENTRY  # a query may be longer than its answer
        self._bytes += size
        if self._bytes > MOST_BYTES:
            self._kept, self._bytes = {}, size
        self._kept[key] = Kept(hold, since, generation, stamp, plain, head, tail)


def _has_body(environ: "WSGIEnvironment") -> bool:
    # A dialect may read parameters from a body, even that of a GET, and no key tells one body from another.
    return environ.get("CONTENT_LENGTH", "") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ

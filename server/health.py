"""`/healthz`, `/readyz` and `/metrics`, before everything else; and the request's counter, for whoever answers.

Decisions:
- `/healthz` says that the process answers, and asks nobody. `/readyz` says whether all is well: it is for whoever
  watches, not for whoever restarts, for a server with a full disk still shows every room.
- `/metrics` on the server wants an administrator's token of the house. On a loopback address of its own it asks for
  none: who is on this machine may read the database as well.
"""

import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import TCPServer
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from server.core.access import Actor, require_everywhere
from server.core.clock import monotonic
from server.core.errors import LintelError, Unnamed
from server.dialects.kit.meter import TOOK, Took
from server.engine import Engine
from server.engine.vitals import FULL, free

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PLAIN = "text/plain; charset=utf-8"
SETTLED = 90.0
"""Seconds after the start from which on rounds are missed."""
Text = Callable[[], tuple[bytes, str]]


@dataclass(slots=True)
class Checks:
    """What has to be well for the server to be ready. `begin` when it starts to serve: then rounds are expected."""

    engine: Engine
    folder: Path | None = None
    monotonic: Callable[[], float] = monotonic
    _since: float | None = field(default=None)

    def begin(self) -> None:
        self._since = self.monotonic()

    def found(self) -> list[tuple[str, str]]:
        """What is not well: what it is about, and a sentence."""
        try:
            missing = self.engine.ready()
            rounds = self._since is None or self.monotonic() - self._since < SETTLED or self.engine.vitals.rounds()
        except LintelError:
            return [("database", "the database does not answer")]
        if missing:
            return [("database", "migrations are missing")]
        out = []
        if not rounds:
            out.append(("work", "nobody makes the rounds"))
        if not self.engine.alive.trusted():
            out.append(("clock", "the clock is not to be trusted"))
        space = free(self.folder) if self.folder is not None else None
        if space is not None and space < FULL:
            out.append(("disk", "the disk is full"))
        return out


class Health:
    """The layer. `text`: the metrics and their media type, None where there are none; `took` counts requests."""

    def __init__(
        self, checks: Checks, inner: "WSGIApplication", *, text: Text | None = None, took: Took | None = None
    ) -> None:
        self._checks = checks
        self._inner = inner
        self._text = text
        self._took = took

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == "/healthz":
            return _answer(start_response, "200 OK", b"alive\n")
        if path == "/readyz":
            return self._ready(start_response)
        if path == "/metrics" and self._text is not None:
            return self._metrics(environ, start_response, self._text)
        if self._took is not None:
            environ[TOOK] = self._took
        return self._inner(environ, start_response)

    def _ready(self, start_response: "StartResponse") -> Iterable[bytes]:
        found = self._checks.found()
        if not found:
            return _answer(start_response, "200 OK", b"ready\n")
        return _answer(start_response, "503 Service Unavailable", "".join(f"{why}\n" for _, why in found).encode())

    def _metrics(self, environ: "WSGIEnvironment", start_response: "StartResponse", text: Text) -> Iterable[bytes]:
        try:
            require_everywhere(self._who(environ), "admin")
        except Unnamed:
            more = [("WWW-Authenticate", 'Bearer realm="lintel"')]
            return _answer(start_response, "401 Unauthorized", b"an administrator's token is needed\n", *more)
        except LintelError:
            return _answer(start_response, "403 Forbidden", b"an administrator's token is needed\n")
        body, media = text()
        return _answer(start_response, "200 OK", body, media=media)

    def _who(self, environ: "WSGIEnvironment") -> Actor:
        kind, _, secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "bearer":
            raise Unnamed(missing=True)
        return self._checks.engine.tokens.actor(secret.strip(), source="metrics")


def _answer(
    start_response: "StartResponse", status: str, body: bytes, *more: tuple[str, str], media: str = PLAIN
) -> Iterable[bytes]:
    headers = [("Content-Type", media), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response(status, [*headers, ("X-Content-Type-Options", "nosniff"), *more])
    return [body]


class _Quiet(WSGIRequestHandler):
    """A request for the figures; nothing of it is logged, and who says nothing is not waited for."""

    timeout = 10

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Local(WSGIServer):
    """Asks nobody what this machine is called."""

    def server_bind(self) -> None:
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]
        self.setup_environ()


class _LocalSixth(_Local):
    address_family = socket.AF_INET6


class Aside:
    """The metrics on an address of their own, in a thread. Raises OSError where the address cannot be had."""

    def __init__(self, listen: str, text: Text) -> None:
        host, _, port = listen.rpartition(":")
        host = host.strip("[]")
        self._text = text
        kind = _LocalSixth if ":" in host else _Local
        self._server = make_server(host, int(port), self._serve, server_class=kind, handler_class=_Quiet)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") != "/metrics":
            return _answer(start_response, "404 Not Found", b"only /metrics is here\n")
        body, media = self._text()
        return _answer(start_response, "200 OK", body, media=media)

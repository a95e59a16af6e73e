"""Receivers of webhooks on loopback, and a house whose hooks may reach them."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

from server.core.addresses import Guard, networks
from server.core.hooks import Hook
from server.dialects.roomvox.voice import voice
from server.engine import engine_of
from server.engine.hooks import HookTerms
from server.work.deliver import Deliver
from server.work.outgoing import Outgoing, lookup
from tests.make import House

Behave = Callable[[BaseHTTPRequestHandler], None]
HERE = "127.0.0.0/8, ::1/128"


@dataclass
class Receiver:
    """What came in, as (headers, body), and what it answers: a status, or whatever `behave` does with the handler."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    behave: Behave | None = None
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?of=lintel"

    def events(self) -> list[str]:
        """The webhook-ids, in order."""
        return [headers["webhook-id"] for headers, _ in self.got]

    def wait_for(self, count: int, seconds: float = 60) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.got) >= count, seconds), f"{len(self.got)} of {count} came"


@contextmanager
def receiving(*, tls: ssl.SSLContext | None = None, **how: Any) -> Iterator[Receiver]:
    """A receiver that listens until the end of the block."""
    it = Receiver(**how)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with it.came:
                it.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                it.came.notify_all()
            if it.behave is not None:
                return it.behave(self)
            self.send_response(it.status)
            for name, value in it.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Whoever hangs up in the middle is part of the test."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    it.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield it
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def guard(*receivers: Receiver) -> Guard:
    """Lets these receivers be reached."""
    return Guard(networks(HERE), frozenset(it.port for it in receivers), http=True)


def listening(house: House, *receivers: Receiver, chance: float = 0.5) -> House:
    """The house with hooks that may reach these, and jitter that is always the same."""

    class Even(Random):
        def random(self) -> float:
            return chance

    terms = HookTerms(guard(*receivers), lookup, {"roomvox": voice})
    house.engine = engine_of(house.store, house.clock, hooks=terms, random=Even())
    house.engine.outbox.begin()
    return house


def hook(house: House, receiver: Receiver, *patterns: str, **more: Any) -> tuple[Hook, str]:
    """A hook of the house to a receiver; of everything, unless said otherwise."""
    return house.engine.hooks.add(receiver.url, patterns or ("*",), house.ada, **more)


def sender(house: House, *receivers: Receiver, **outgoing: Any) -> Deliver:
    """What sends, not started: `step` and `wait` are called by the test."""
    return Deliver(house.engine.delivering, Outgoing(guard(*receivers), **outgoing))


def drain(house: House, deliver: Deliver) -> None:
    """Tells the feed on, and sends all that is due now."""
    house.engine.outbox.run()
    while house.engine.delivering.due():
        deliver.step()
        deliver.wait()


def state(house: House, it: Hook) -> list[tuple[str, str, int, int | None]]:
    """(type, state, tries, status) of a hook's deliveries, oldest first."""
    found = house.engine.hooks.deliveries(it.id, house.ada, limit=200)
    return [(each.type, each.state, each.tries, each.status) for each in reversed(found)]

"""A server of the push stream on loopback: says what it is told to, on every connection that is open."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any

from .server_double import TOKEN


def event(name: str, data: Any, id_: str = "") -> bytes:
    head = f"id: {id_}\n" if id_ else ""
    return f"{head}event: {name}\ndata: {json.dumps(data)}\n\n".encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "PushServer"

    def do_GET(self) -> None:
        self.close_connection = True
        server = self.server
        server.asked.put(self.path)
        status = server.status if self.headers["Authorization"] == f"Bearer {TOKEN}" else 401
        self.send_response(status)
        self.send_header("Content-Type", "text/event-stream" if status == 200 else "application/json")
        self.send_header("Connection", "close")
        if status == 503:
            self.send_header("Retry-After", "20")
        self.end_headers()
        if status == 200:
            self._tell(server.line())

    def _tell(self, line: "Queue[bytes | None]") -> None:
        with contextlib.suppress(OSError, Empty):
            while part := line.get(timeout=20):
                self.wfile.write(part)
                self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


class PushServer(ThreadingHTTPServer):
    """`asked` gets the path of every request; `say` reaches every open connection, `cut` ends them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: Queue[str] = Queue()
        self.status = 200
        self.closed = False  # no connection stays from now on
        self.url = f"http://127.0.0.1:{self.server_address[1]}/push"
        self._lines: list[Queue[bytes | None]] = []
        self._opened = threading.Condition()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def line(self) -> "Queue[bytes | None]":
        made: Queue[bytes | None] = Queue()
        if self.closed:
            made.put(None)
        with self._opened:
            self._lines.append(made)
            self._opened.notify_all()
        return made

    def opened(self, number: int) -> None:
        """Return when so many connections were made in all."""
        with self._opened:
            assert self._opened.wait_for(lambda: len(self._lines) >= number, 20)

    def say(self, *parts: bytes) -> None:
        for line in self._lines:
            for part in parts:
                line.put(part)

    def cut(self) -> None:
        for line in self._lines:
            line.put(None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is part of the tests."""

    def stop(self) -> None:
        self.cut()
        self.shutdown()
        self.server_close()

"""A small real server that lets panels in by the protocol, over plain HTTP on loopback or over TLS."""

import contextlib
import hashlib
import json
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kiosk.instants import iso

from .authorities import tls

BEGAN = 1_800_000_000
CODES = ("BCDFGHJK", "LMNPQRST", "VWXZBCDF")


@dataclass
class House:
    """What the server knows. `states`: by digest; a panel begins by `first`. `refuse` answers everything so."""

    states: dict[str, str] = field(default_factory=dict)
    me: dict[str, Any] = field(default_factory=dict)
    authorities: list[str] = field(default_factory=list)
    first: str = "waiting"
    worth: int = 600
    refuse: int = 0
    page: str = "https://lintel.example/pair?code={code}"
    begun: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)  # each Authorization that came
    asked: list[str] = field(default_factory=list)

    def let_in(self, **me: Any) -> None:
        """Whoever waits."""
        self.me |= me
        self.states = dict.fromkeys(self.states, "paired")


def me_json(**more: Any) -> dict[str, Any]:
    plain = {
        "number": 7,
        "name": "Panel at Oak",
        "kind": "panel",
        "rooms": ["oak"],
        "state": "good",
        "settings": {},
        "why": {},
        "authorities": [],
        "push": None,
        "digest": "d1",
        "incarnation": "life-1",
        "time": iso(BEGAN),
        "clock": "sure",
    }
    return plain | more


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536  # an answer in one packet
    house: House

    def do_GET(self) -> None:
        house, path = self.house, self.path
        house.asked.append(path)
        if path == "/device/v1/me":
            key = self.headers.get("Authorization", "")
            house.keys.append(key)
            digest = hashlib.sha256(key.removeprefix("Bearer ").encode()).hexdigest()
            if house.states.get(digest) != "paired":
                return self._send(401, {"error": {"code": "unnamed", "message": ""}})
            return self._send(200, me_json(authorities=house.authorities) | house.me)
        state = house.states.get(path.removeprefix("/device/v1/pairing/"))
        if state is None:
            return self._send(404, {"error": {"code": "unknown", "message": ""}})
        return self._send(200, {"state": state, "time": iso(BEGAN)})

    def do_POST(self) -> None:
        house = self.house
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        house.asked.append(self.path)
        if house.refuse:
            return self._send(house.refuse, {"error": {"code": "later", "message": ""}})
        house.begun.append(body)
        state = house.states.setdefault(body["digest"], house.first)
        code = CODES[(len(house.begun) - 1) % len(CODES)]
        answer = {"state": state, "authorities": house.authorities, "time": iso(BEGAN)}
        if state == "waiting":
            answer |= {"code": f"{code[:4]}-{code[4:]}", "expires": iso(BEGAN + house.worth)}
            answer |= {"url": house.page.format(code=code)}
        return self._send(200, answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def _send(self, status: int, answer: Any) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Gate(ThreadingHTTPServer):
    """On a free loopback port; with `shown` (a certificate and its key, PEM) over TLS."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, house: House, *, shown: bytes | None = None, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), type("Handler", (Handler,), {"house": house}))
        self.house, self.port = house, self.server_address[1]
        if shown is not None:
            self.socket = tls(shown).wrap_socket(self.socket, server_side=True)
        self._lines: set[socket.socket] = set()
        self.url = f"http{'s' if shown else ''}://127.0.0.1:{self.port}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A panel that does not believe us is part of the tests."""

    def process_request(self, request: Any, client_address: Any) -> None:
        self._lines.add(request)
        super().process_request(request, client_address)

    def stop(self) -> None:
        """Dead at once, kept connections too."""
        self.shutdown()
        self.server_close()
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

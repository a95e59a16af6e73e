"""A small real HTTP server that speaks the device protocol, and can be made to misbehave in the ways servers do.

It keeps the rules the panel relies on (op ids, expiry, cursors, incarnations), not the rules of booking.
"""

import contextlib
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from kiosk import wire
from kiosk.instants import iso, parse
from kiosk.plan import Snapshot

TOKEN = "rvx_test"


@dataclass
class Truth:
    """What the server knows. `fault` names how it misbehaves: see Handler._misbehave."""

    snapshot: dict[str, Any]
    now: Any = time.time
    token: str = TOKEN
    fault: str | None = None
    fault_on: str = ""  # only on paths that end so
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    ops: dict[str, tuple[Any, int, Any]] = field(default_factory=dict)
    log: list[tuple[int, str, Any]] = field(default_factory=list)  # (seq, booking id, new state or None)
    oldest: int = 0
    clock: str = "sure"
    old: bool = False  # it speaks version 1
    me: dict[str, Any] = field(default_factory=lambda: {"number": 0, "rooms": ["oak"], "state": "good", "digest": "d"})
    orders: list[Any] = field(default_factory=list)
    grants: dict[str, dict[str, Any]] = field(default_factory=dict)  # by room: version, times, why
    acked: list[tuple[str, int]] = field(default_factory=list)
    journal: dict[tuple[str, int], Any] = field(default_factory=dict)  # by epoch and number
    attested: list[Any] = field(default_factory=list)
    torn: list[Any] = field(default_factory=list)
    others: dict[str, "Truth"] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.RLock)

    def of(self, room: str | None) -> "Truth":
        """What it knows of one room: its own, or one of the `others`."""
        known = self.others | {self.snapshot["room"]["id"]: self}
        if room is not None and room not in known:
            raise Refused(403, "barred")
        return known[room] if room else self

    def own(self, *times: tuple[int, int], room: str = "oak") -> None:
        """From now on the door is to hold another version, of these times."""
        version = self.grants.get(room, {"version": 0})["version"] + 1
        spans = [{"from": iso(start), "to": iso(end)} for start, end in times]
        self.grants[room] = {"version": version, "times": spans, "why": ""}

    def applied(self, epoch: str) -> int:
        """How much of that journal is here."""
        return max((seq for known, seq in self.journal if known == epoch), default=0)

    def change(self, id_: str, state: dict[str, Any] | None) -> int:
        """Somebody elsewhere adds, changes or (None) removes a booking."""
        with self.lock:
            self.snapshot["seq"] += 1
            rest = [one for one in self.snapshot["bookings"] if one["id"] != id_]
            self.snapshot["bookings"] = rest + ([state] if state else [])
            self.log.append((self.snapshot["seq"], id_, state))
            return int(self.snapshot["seq"])


def truth_of(plan: Snapshot, **more: Any) -> Truth:
    return Truth(wire.snapshot_json(plan) | {"protocol": 1, "number": 1, "hash": "x"}, **more)


def booking_json(start: int, end: int, **more: Any) -> dict[str, Any]:
    plain = {
        "id": str(uuid4()),
        "version": 1,
        "start": iso(start),
        "end": iso(end),
        "host": "A. B.",
        "title": "",
        "state": "accepted",
        "check_in": "none",
        "check_in_from": None,
        "check_in_by": None,
        "checked_in_at": None,
        "here": False,
        "made_at": iso(start),
    }
    return plain | more


class Refused(Exception):
    def __init__(self, status: int, code: str, **more: Any) -> None:
        super().__init__(code)
        self.status, self.error = status, {"code": code, "message": "no"} | more


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536  # an answer in one packet
    truth: Truth
    here: Truth  # of the room that the request names

    def do_GET(self) -> None:
        self._serve(None)

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def _serve(self, body: Any) -> None:
        truth, url = self.truth, urlsplit(self.path)
        truth.asked.append(url.path)
        truth.bodies.append(body)
        fault = truth.fault if url.path.endswith(truth.fault_on) else None
        if fault and fault != "lose the answer" and self._misbehave(fault):
            return
        try:
            if self.headers["Authorization"] != f"Bearer {truth.token}":
                raise Refused(401, "unnamed")
            status, answer = self._answer(url.path, parse_qs(url.query), body)
        except Refused as refused:
            status, answer = refused.status, {"error": refused.error}
        if fault == "lose the answer":
            self.close_connection = True
            return
        self._send(status, json.dumps(answer).encode())

    def _answer(self, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        truth = self.truth
        with truth.lock:
            stamp = {"time": self._time(), "clock": truth.clock, "incarnation": truth.snapshot["incarnation"]}
            if path == "/device/v1/heartbeat" and truth.old:
                return 200, {"time": stamp["time"], "incarnation": stamp["incarnation"], "seq": truth.snapshot["seq"]}
            if path == "/device/v1/heartbeat":
                told = {"rooms": {one["id"]: truth.of(one["id"]).snapshot["seq"] for one in body["rooms"]}}
                versions = {room: one["version"] for room, one in truth.grants.items()}
                return 200, stamp | told | {"me": truth.me["digest"], "orders": truth.orders, "grants": versions}
            if path == "/device/v1/me":
                return 200, stamp | truth.me
            if path == "/device/v1/grants":
                return 200, stamp | self._grants(body)
            if path == "/device/v1/journal":
                return 200, stamp | self._journal(body)
            if path == "/device/v1/journal/torn":
                truth.torn.append(body)
                return 200, stamp
            self.here = truth.of(body["room"] if body else query.get("room", [None])[0])
            if path == "/device/v1/snapshot":
                return 200, self.here.snapshot | stamp
            if path == "/device/v1/feed":
                del stamp["clock"]  # it is not said here
                return 200, stamp | self._news(int(query["after"][0]), query["incarnation"][0])
            if path == "/device/v1/attest":
                truth.attested.append(body)
                return 200, stamp | {"known": 0, "recovered": len(body["bookings"]), "refused": 0}
            if path == "/device/v1/act":
                if truth.me["state"] == "quarantined":
                    raise Refused(403, "quarantined")
                return self._act(body)
        raise Refused(404, "unknown")

    def _time(self) -> str:
        now = self.truth.now()
        return iso(now)[:-1] + f".{int(now % 1 * 1000):03}Z"

    def _news(self, after: int, incarnation: str) -> dict[str, Any]:
        seq = self.here.snapshot["seq"]
        if incarnation != self.here.snapshot["incarnation"] or not self.here.oldest <= after <= seq:
            raise Refused(410, "resync")
        latest = {id_: state for number, id_, state in self.here.log if number > after}
        return {
            "seq": seq,
            "bookings": [state for state in latest.values() if state],
            "gone": [id_ for id_, state in latest.items() if state is None],
            "reload": False,
        }

    def _grants(self, body: Any) -> dict[str, Any]:
        truth, head = self.truth, body["journal"]
        applied = truth.applied(head["epoch"])
        for one in body["rooms"]:
            grant = truth.grants.setdefault(one["id"], {"version": 1, "times": [], "why": ""})
            if not one["want"] and grant["times"]:
                truth.own(room=one["id"])
            same = one["incarnation"] == truth.snapshot["incarnation"]
            if same and one["version"] == truth.grants[one["id"]]["version"] and applied >= head["head"]:
                truth.acked.append((one["id"], one["version"]))
        return {"applied": applied, "grants": {one["id"]: truth.grants[one["id"]] for one in body["rooms"]}}

    def _journal(self, body: Any) -> dict[str, Any]:
        truth, epoch = self.truth, body["epoch"]
        applied = truth.applied(epoch)
        if body["ops"] and body["ops"][0]["seq"] > max(applied + 1, body["first"]):
            raise Refused(409, "gap", fields={"applied": applied})
        results = []
        for one in body["ops"]:
            truth.journal[epoch, one["seq"]] = one
            results.append({"seq": one["seq"], "op": one["op"], "conflict": None} | self._take(one))
        seqs = {known.snapshot["room"]["id"]: known.snapshot["seq"] for known in (truth, *truth.others.values())}
        return {"seq": seqs, "applied": truth.applied(epoch), "results": results}

    def _take(self, entry: Any) -> dict[str, Any]:
        """Walk-ins become bookings, and are undone and ended by their op; nothing else has an effect."""
        truth = self.truth
        self.here = truth.of(entry["room"])
        if entry["act"] == "book" and entry["op"] not in truth.ops:
            booking = booking_json(parse(entry["start"]), parse(entry["end"]), here=True, host="")
            self.here.change(booking["id"], booking)
            truth.ops[entry["op"]] = (None, 201, {"booking": booking, "gone": False})
        known = truth.ops.get(entry.get("of", entry["op"]))
        if known is None:
            return {"outcome": "nothing", "booking": None}
        booking = known[2]["booking"]
        if entry["act"] in ("undo", "end"):
            self.here.change(booking["id"], None if entry["act"] == "undo" else booking | {"end": entry["wall"]})
        return {"outcome": "accepted", "booking": booking}

    def _act(self, body: Any) -> tuple[int, Any]:
        op = body["op"]
        if op in self.truth.ops:
            known, status, answer = self.truth.ops[op]
            if known != body:
                raise Refused(422, "op_reused")
            return status, answer
        if parse(body["expires"]) <= self.truth.now():
            raise Refused(422, "expired")
        booking, gone = getattr(self, "_" + body["act"])(body)
        seq = self.here.change(booking["id"], None if gone else booking)
        answer = {"booking": booking, "gone": gone, "time": self._time(), "clock": self.truth.clock, "seq": seq}
        answer["incarnation"] = self.truth.snapshot["incarnation"]
        status = 201 if body["act"] == "book" else 200
        self.truth.ops[op] = (body, status, answer)
        return status, answer

    def _book(self, body: Any) -> tuple[Any, bool]:
        start, end = parse(body["start"]), parse(body["end"])
        for other in self.here.snapshot["bookings"]:
            if parse(other["start"]) < end and parse(other["end"]) > start:
                taken = {"start": other["start"], "end": other["end"], "host": other["host"]}
                raise Refused(409, "clash", conflicts=[taken])
        return booking_json(start, end, here=True, host=""), False

    def _meant(self, body: Any) -> Any:
        for one in self.here.snapshot["bookings"]:
            if one["id"] == body["booking"]:
                if one["version"] != body["version"]:
                    raise Refused(409, "stale")
                return one | {"version": one["version"] + 1}
        raise Refused(404, "unknown")

    def _check_in(self, body: Any) -> tuple[Any, bool]:
        return self._meant(body) | {"check_in": "done", "checked_in_at": iso(self.truth.now())}, False

    def _here(self, body: Any) -> tuple[Any, bool]:
        one, gone = self._check_in(body)
        return one | {"ask": one["ask"] | {"open": False}}, gone

    def _ask_here(self, body: Any) -> tuple[Any, bool]:
        until = iso(self.truth.now() + 300)
        return self._meant(body) | {"version": body["version"], "ask": {"until": until, "open": True}}, False

    def _extend(self, body: Any) -> tuple[Any, bool]:
        one = self._meant(body)
        return one | {"end": iso(parse(one["end"]) + body["minutes"] * 60)}, False

    def _end(self, body: Any) -> tuple[Any, bool]:
        return self._meant(body) | {"end": iso(self.truth.now())}, False

    def _undo(self, body: Any) -> tuple[Any, bool]:
        done = self.truth.ops[body["of"]][2]["booking"]
        return done | {"version": done["version"] + 1}, True

    def _misbehave(self, fault: str) -> bool:
        if fault == "slam":
            self.close_connection = True
        elif fault == "hang":
            time.sleep(3)
            self.close_connection = True
        elif fault == "html":
            self._send(200, b"<!doctype html><title>Log in to the guest network</title>")
        elif fault == "half":
            self._send(200, b'{"incarnation": "life-1", "se')
        elif fault == "short":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{}")
            self.close_connection = True
        elif fault == "redirect":
            self._send(302, b"", ("Location", f"http://{self.headers['Host']}/device/v1/snapshot?room=oak"))
        elif fault == "flood":
            self._flood()
        elif fault == "drip":
            self._drip()
        elif fault.isdecimal():
            codes = {"401": "unnamed", "403": "barred", "410": "resync", "503": "later", "507": "full"}
            error = {"error": {"code": codes.get(fault, "oops"), "message": ""}}
            self._send(int(fault), json.dumps(error).encode(), ("Retry-After", "7"))
        return True

    def _flood(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n")
        self.wfile.write(b" " * 9_000_000)

    def _drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n")
        for _ in range(40):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.1)

    def _send(self, status: int, content: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    """On a free loopback port, or again on one that it had."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, truth: Truth, port: int = 0) -> None:
        handler = type("Handler", (Handler,), {"truth": truth})
        super().__init__(("127.0.0.1", port), handler)
        self.truth = truth
        self.port = self.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._sockets: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is part of the tests."""

    def process_request(self, request: Any, client_address: Any) -> None:
        self._sockets.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        self._sockets.discard(request)
        super().close_request(request)

    def stop(self) -> None:
        """Dead at once, kept connections too, as after a kill."""
        self.shutdown()
        self.server_close()
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._thread.join(2)

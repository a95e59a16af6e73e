"""What is said on a line: the events of docs/device-protocol.md, "Push", as bytes; and HTTP around them."""

import json
from collections.abc import Mapping
from datetime import datetime

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
)
REASONS = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    408: "Request Timeout", 431: "Request Header Fields Too Large", 503: "Service Unavailable",
}  # fmt: skip
ME = b"event: me\ndata: {}\n\n"
ORDERS = b"event: orders\ndata: {}\n\n"
GRANTS = b"event: grants\ndata: {}\n\n"


def hello(incarnation: str, rooms: Mapping[str, int], me: str, time: datetime) -> bytes:
    """The first: every room with its newest change."""
    return _event("hello", {"incarnation": incarnation, "rooms": dict(rooms), "me": me, "time": instant(time)})


def news(room: str, seq: int, newest: int) -> bytes:
    """Something changed there; `newest` of all rooms."""
    return b"id: %d\n" % newest + _event("news", {"rooms": {room: seq}})


def beat(time: datetime) -> bytes:
    """All there was to tell up to then has been told."""
    return _event("beat", {"time": instant(time)})


def end(why: str) -> bytes:
    """The last: the key is no good any more."""
    return _event("end", {"why": why})


def _event(name: str, data: Mapping[str, object]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def instant(time: datetime) -> str:
    """As the protocol writes `time`: ISO 8601 in UTC, with milliseconds."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def opened(*, chunked: bool) -> bytes:
    """The head of a stream that goes on until the connection ends."""
    return HEAD + (b"Transfer-Encoding: chunked\r\n" if chunked else b"") + b"Connection: close\r\n\r\n"


def refusal(status: int, code: str, message: str, headers: Mapping[str, str]) -> bytes:
    """A whole answer that says no, in the words of the devices' protocol."""
    error = {"code": code, "message": message, "fields": {}, "objections": [], "conflicts": []}
    body = json.dumps({"error": error}, separators=(",", ":")).encode()
    told = {
        "Content-Type": "application/json", "Content-Length": str(len(body)), "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff", "Connection": "close", **headers,
    }  # fmt: skip
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

"""A load generator quicker than what it measures: one thread, epoll, kept connections, no parsing but the length.

Pinned to the first core, the server to the last: with both on one core a figure tells of neither.
"""

import os
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Result:
    """What came of a run: answers by status, each answer's seconds, and the run's."""

    seconds: float
    statuses: dict[int, int] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.waits) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the answers came."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


@dataclass(slots=True)
class Client:
    """One kept connection."""

    socket: socket.socket
    sent: float = 0.0
    buffer: bytes = b""


def request(method: str, path: str, token: str = "", body: bytes = b"", extra: str = "") -> bytes:
    """The bytes of a request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{extra}"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def run(
    ports: list[int], requests: Callable[[], bytes | None], *, clients: int, seconds: float, core: int | None = 0
) -> Result:
    """Keeps `clients` connections busy, spread over the ports, until the time is up or `requests()` gives None."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        return _run(ports, requests, clients, seconds)
    finally:
        os.sched_setaffinity(0, before)


def _run(ports: list[int], requests: Callable[[], bytes | None], clients: int, seconds: float) -> Result:
    result = Result(0.0)
    selector = selectors.DefaultSelector()
    busy = 0
    for number in range(clients):
        client = Client(_connect(ports[number % len(ports)]))
        selector.register(client.socket, selectors.EVENT_READ, (client, ports[number % len(ports)]))
        busy += _send(client, requests)
    begun = time.perf_counter()
    while busy and time.perf_counter() - begun < seconds:
        for key, _ in selector.select(1):
            client, port = key.data
            status, closing = _receive(client)
            if status is None:
                continue
            result.statuses[status] = result.statuses.get(status, 0) + 1
            result.waits.append(time.perf_counter() - client.sent)
            if closing:
                selector.unregister(client.socket)
                client.socket.close()
                client.socket = _connect(port)
                selector.register(client.socket, selectors.EVENT_READ, (client, port))
            busy -= not _send(client, requests)
    result.seconds = time.perf_counter() - begun
    for key in list(selector.get_map().values()):
        key.fileobj.close()  # type: ignore[union-attr]
    return result


def _connect(port: int) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=10)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _send(client: Client, requests: Callable[[], bytes | None]) -> bool:
    data = requests()
    if data is None:
        return False
    client.buffer = b""
    client.sent = time.perf_counter()
    client.socket.sendall(data)
    return True


def _receive(client: Client) -> tuple[int | None, bool]:
    part = client.socket.recv(262_144)
    if not part:
        raise ConnectionError("the server closed a connection in the middle of an answer")
    client.buffer += part
    head, found, rest = client.buffer.partition(b"\r\n\r\n")
    if not found:
        return None, False
    lower = head.lower()
    at = lower.find(b"content-length:")
    length = int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    if len(rest) < length:
        return None, False
    return int(head[9:12]), b"connection: close" in lower


def always(data: bytes) -> Callable[[], bytes]:
    """The same request again and again."""
    return lambda: data


def each(data: Iterator[bytes]) -> Callable[[], bytes | None]:
    """One request after the other, until there are no more."""
    return lambda: next(data, None)

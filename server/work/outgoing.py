"""One POST to a foreign server through a guarded socket: it goes to the very address that was looked at, or nowhere.

Decisions:
- The name is resolved once, here, and every address it stands for is looked at; the socket is opened to one of those
  and its peer is looked at again. So a name that means something else a moment later leads nowhere else.
- No redirects, no proxies and nothing from the environment: the bytes are written and read here. Of the answer the
  status counts and one header; the rest is read as far as is polite, and nobody is shown it.
- 5 s to connect and 10 s in all (reliability T15; Standard Webhooks would allow 15 to 30 s). The end is one instant for
  all of it, so that an answer that drips does not hold anybody up either.
"""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from queue import Empty, SimpleQueue

from server.core.addresses import Address, Guard, Target, address
from server.core.clock import monotonic
from server.engine.delivering import Answer

CONNECT, TOTAL, POLITE = 5.0, 10.0, 1.0
"""Seconds: to connect (names and TLS too), for all of it, and for reading what follows the header."""
MOST_READ = 64 * 1024
MOST_ADDRESSES = 4
"""So many addresses of a name are tried."""
MOST_LOOKUPS = 64
STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r?\n")
RETRY = re.compile(rb"\nretry-after:[ \t]*([\x20-\x7e]{1,64}?)[ \t]*\r?\n", re.IGNORECASE)
Resolve = Callable[[str, int], list[str]]
_LOOKUPS = threading.BoundedSemaphore(MOST_LOOKUPS)


class Failed(Exception):
    """There is no answer; `args[0]` says why in one word."""


def lookup(host: str, port: int, *, seconds: float = CONNECT) -> list[str]:
    """The addresses of a host name; empty where nobody knows it in time.

    The system's resolver cannot be hurried, so that it runs in a thread that is left behind where it hangs.
    """
    found: SimpleQueue[list[str]] = SimpleQueue()
    if not _LOOKUPS.acquire(blocking=False):
        return []

    def look() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.put(list(dict.fromkeys(str(row[4][0]) for row in rows)))
        except (OSError, UnicodeError):
            found.put([])
        finally:
            _LOOKUPS.release()

    threading.Thread(target=look, name="lookup", daemon=True).start()
    try:
        return found.get(timeout=seconds)
    except Empty:
        return []


@cache
def trusted() -> ssl.SSLContext:
    """TLS 1.2 or later with whom the system trusts; read when it is first needed."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Sends. Safe for many threads. `connect` and `total` are seconds; tests shorten them."""

    guard: Guard
    resolve: Resolve = lookup
    agent: str = "Lintel"
    tls: Callable[[], ssl.SSLContext] = trusted
    connect: float = CONNECT
    total: float = TOTAL

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Sends a body of JSON; what came of it. Never raises for what the network or the other side does."""
        end = monotonic() + self.total
        target = self.guard.target(url)
        if isinstance(target, str):
            return Answer(None, "not_allowed")
        try:
            with self._connected(target, monotonic() + self.connect) as connection:
                return _exchange(connection, self._request(target, headers, body), end)
        except Failed as error:
            return Answer(None, str(error))
        except TimeoutError:
            return Answer(None, "timeout")
        except ssl.SSLError:
            return Answer(None, "tls")
        except (OSError, ValueError):
            return Answer(None, "broken_off")

    def _connected(self, target: Target, end: float) -> socket.socket:
        """A socket to one of the target's addresses, each of which may be reached."""
        last: Exception = Failed("unreachable")
        for it in self._addresses(target)[:MOST_ADDRESSES]:
            try:
                return self._opened(target, it, end)
            except ConnectionRefusedError:
                last = Failed("refused")
            except TimeoutError as error:
                raise Failed("connect_timeout") from error
            except ssl.SSLError:
                raise
            except OSError:
                last = Failed("unreachable")
        raise last

    def _addresses(self, target: Target) -> list[Address]:
        if target.address is not None:
            return [target.address]
        texts = self.resolve(target.host, target.port)
        there = [address(text) for text in texts]
        found = [it for it in there if it is not None]
        if not texts:
            raise Failed("name_unknown")
        if len(found) < len(texts) or not all(map(self.guard.allows, found)):
            raise Failed("not_allowed")
        return found

    def _opened(self, target: Target, to: Address, end: float) -> socket.socket:
        family = socket.AF_INET6 if to.version == 6 else socket.AF_INET
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(_left(end))
            plain.connect((str(to), target.port))
            peer = address(str(plain.getpeername()[0]))
            if peer != to or not self.guard.allows(peer):
                raise Failed("not_allowed")
            if not target.secure:
                return plain
            plain.settimeout(_left(end))
            return self.tls().wrap_socket(plain, server_hostname=target.host)
        except BaseException:
            plain.close()
            raise

    def _request(self, target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
        lines = {
            "Host": target.named, "User-Agent": self.agent, "Content-Type": "application/json", "Accept": "*/*",
            "Content-Length": str(len(body)), "Connection": "close", **headers,
        }  # fmt: skip
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"POST {target.path} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _exchange(connection: socket.socket, request: bytes, end: float) -> Answer:
    connection.settimeout(_left(end))
    connection.sendall(request)  # less than a socket's buffer, so that it does not wait for the other side
    seen, left = b"", MOST_READ  # of all of it: interim answers could go on for ever
    while True:
        head, whole, rest = _split(seen)
        if not whole:
            piece = _more(connection, end, left)
            seen, left = seen + piece, left - len(piece)
            continue
        status = STATUS.match(head)
        if status is None:
            raise Failed("bad_answer")
        if not status[1].startswith(b"1"):
            break
        seen = rest  # an interim answer; the real one follows
    _read_on(connection, min(end, monotonic() + POLITE), left)
    asked = RETRY.search(head)
    return Answer(int(status[1]), "", asked[1].decode("ascii") if asked else "")


def _split(seen: bytes) -> tuple[bytes, bool, bytes]:
    """The header, whether it is whole, and what follows it."""
    for mark in (b"\r\n\r\n", b"\n\n"):
        head, found, rest = seen.partition(mark)
        if found:
            return head + b"\r\n", True, rest
    if seen and not b"HTTP/1.".startswith(seen[:7]):
        raise Failed("bad_answer")
    return seen, False, b""


def _more(connection: socket.socket, end: float, most: int) -> bytes:
    if most <= 0:
        raise Failed("bad_answer")
    # What has come by now counts also where we are late ourselves: a process that was stopped must not send it again.
    connection.settimeout(max(0.0, end - monotonic()))
    try:
        piece = connection.recv(min(most, 16_384))
    except (BlockingIOError, ssl.SSLWantReadError) as error:
        raise TimeoutError from error
    if not piece:
        raise Failed("broken_off")
    return piece


def _read_on(connection: socket.socket, end: float, most: int) -> None:
    """Reads what follows, so that the other side need not stumble over a closed connection; whatever it is."""
    try:
        while most > 0:
            connection.settimeout(_left(end))
            piece = connection.recv(min(most, 16_384))
            if not piece:
                return
            most -= len(piece)
    except OSError:
        return


def _left(end: float) -> float:
    left = end - monotonic()
    if left <= 0:
        raise TimeoutError
    return left

"""Sends the audit trail to a syslog receiver over TLS (RFC 5425), and goes on where it stopped.

Decision: TLS tells nobody that a message was taken. What counts as sent is what went over a connection that the
receiver has closed in order, so after a fault up to PART changes are sent once more; their seq shows it.
"""

import itertools
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import click

from server.engine.trail import Told, framed, message

PART = 10_000
"""Changes that go over one connection."""
SECONDS = 30
USUAL_PORT = 6514


class Unsent(click.ClickException):
    """The receiver did not take it; exit 1."""


def target(text: str) -> tuple[str, int]:
    """Host and port of tls://HOST:PORT; a usage error for anything else."""
    try:
        parts = urlsplit(text)
        port = parts.port or USUAL_PORT
    except ValueError as error:
        raise click.UsageError("--to must be tls://HOST:PORT") from error
    if parts.scheme != "tls" or not parts.hostname or parts.path not in ("", "/") or parts.query or parts.username:
        raise click.UsageError("--to must be tls://HOST:PORT")
    return parts.hostname, port


def trusting(ca: Path | None) -> ssl.SSLContext:
    """Whom we believe that they are the receiver: whoever these authorities vouch for, the machine's own otherwise."""
    try:
        context = ssl.create_default_context(cafile=str(ca) if ca is not None else None)
    except (OSError, ssl.SSLError) as error:
        raise click.UsageError(f"--ca: {ca} cannot be read as certificates in PEM") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def send(changes: Iterable[Told], to: tuple[str, int], trust: ssl.SSLContext) -> Iterator[tuple[int, int]]:
    """Sends part by part; of each, once it has been taken, how many it were and the seq of its last."""
    host = socket.gethostname()
    left = iter(changes)
    while part := list(itertools.islice(left, PART)):
        try:
            _send(b"".join(framed(message(it, host)) for it in part), to, trust)
        except (OSError, ssl.SSLError) as error:
            raise Unsent(f"{to[0]}:{to[1]} did not take it: {_why(error)}") from error
        yield len(part), part[-1].seq


def _send(data: bytes, to: tuple[str, int], trust: ssl.SSLContext) -> None:
    with (
        socket.create_connection(to, timeout=SECONDS) as plain,
        trust.wrap_socket(plain, server_hostname=to[0]) as wrapped,
    ):
        wrapped.sendall(data)
        with suppress(ssl.SSLEOFError, ssl.SSLZeroReturnError):  # closed in answer, as some do without a word
            wrapped.unwrap()


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted ({error.verify_message})"
    return error.strerror or str(error) or type(error).__name__

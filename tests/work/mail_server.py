"""A mail server on loopback that does as a test says: aiosmtpd, with TLS, sign-in, and refusals."""

import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[[str], str]
TAKEN = "250 OK"


def taken(_: str) -> str:
    return TAKEN


@dataclass
class Inbox:
    """What came in, and what the server answers: to an address (`rcpt`) and to a letter to that address (`data`)."""

    rcpt: Answer = taken
    data: Answer = taken
    mails: list[tuple[str, bytes]] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)
    sessions: set[int] = field(default_factory=set)
    came: threading.Condition = field(default_factory=threading.Condition)
    port: int = 0

    @property
    def letters(self) -> list[EmailMessage]:
        found = [message_from_bytes(raw, policy=default) for _, raw in self.mails]
        return [it for it in found if isinstance(it, EmailMessage)]

    def wait_for(self, count: int, seconds: float = 60) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.mails) >= count, seconds), f"{len(self.mails)} of {count} came"

    # what aiosmtpd asks

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        answer = self.rcpt(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        to = envelope.rcpt_tos[0]
        answer = self.data(to)
        if answer == "vanish":
            server.transport.abort()
            return "421 gone"
        if answer.startswith("250"):
            with self.came:
                assert isinstance(envelope.content, bytes)
                self.mails.append((to, envelope.content))
                self.options.append(list(envelope.mail_options))
                self.sessions.add(id(session))
                self.came.notify_all()
        return answer


@contextmanager
def receiving(**how: Any) -> Iterator[Inbox]:
    """A server that listens until the end of the block. `tls`: a context; `user` and `password`: sign-in is asked for;
    `implicit`: TLS from the first byte."""
    settings: dict[str, Any] = {}
    tls, user, implicit = how.pop("tls", None), how.pop("user", ""), how.pop("implicit", False)
    password = how.pop("password", "")
    if tls is not None and not implicit:
        settings |= {"tls_context": tls, "require_starttls": how.pop("must", True)}
    if user:

        def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
            right = isinstance(data, LoginPassword) and data == LoginPassword(user.encode(), password.encode())
            return AuthResult(success=right, handled=False)

        settings |= {"authenticator": check, "auth_required": True, "auth_require_tls": tls is not None}
    it = Inbox(**how)
    controller = _Listening(
        it, hostname="127.0.0.1", port=0, ssl_context=tls if implicit else None, enable_SMTPUTF8=True, **settings
    )
    controller.start()
    it.port = controller.port
    try:
        yield it
    finally:
        controller.stop(no_assert=True)


class _Listening(Controller):
    """On a port that the system gives; the library looks for itself on the one that was asked for."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@dataclass(frozen=True)
class Authority:
    """A house's own authority, and a server's certificate by it for 127.0.0.1."""

    file: Path
    context: ssl.SSLContext


def authority(folder: Path) -> Authority:
    """Made anew; good for a day around now."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "House")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / "house.pem", folder / "house.key"
    cert.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, secret)
    return Authority(cert, context)

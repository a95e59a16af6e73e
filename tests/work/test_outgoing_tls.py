"""Over TLS the certificate has to be the name's, whatever address was looked up; the name is asked for by SNI."""

import datetime
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.core.addresses import Guard, networks
from server.work.outgoing import Outgoing
from tests.work.receivers import Receiver, receiving

NAME = "hooks.example"


def certificate(folder: Path, *names: str, days: int = 1) -> Path:
    """A file with a key and a certificate for these names, signed by itself; `days` until it is over."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=10))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "it.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@contextmanager
def secure(file: Path) -> Iterator[tuple[Receiver, Callable[[], ssl.SSLContext], list[str | None]]]:
    """A receiver that speaks TLS, who trusts it, and the names that it was asked for."""
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    trust = ssl.create_default_context(cafile=str(file))
    with receiving(tls=context) as receiver:
        yield receiver, lambda: trust, asked


def outgoing(receiver: Receiver, tls: Callable[[], ssl.SSLContext]) -> Outgoing:
    guard = Guard(networks("127.0.0.1/32"), frozenset({receiver.port}))
    return Outgoing(guard, lambda host, port: ["127.0.0.1"], tls=tls)


def test_the_certificate_of_the_name_is_good_at_the_address_that_was_looked_up(tmp_path: Path) -> None:
    with secure(certificate(tmp_path, NAME)) as (receiver, tls, asked):
        answer = outgoing(receiver, tls).post(f"https://{NAME}:{receiver.port}/a?b=c", {"webhook-id": "msg_1"}, b"{}")
        assert answer.status == 200
        assert asked == [NAME]
        assert receiver.got[0][0]["host"] == f"{NAME}:{receiver.port}"


@pytest.mark.parametrize(("names", "days"), [(("other.example",), 1), (("127.0.0.1",), 1), ((NAME,), -1)])
def test_any_other_certificate_is_none(tmp_path: Path, names: tuple[str, ...], days: int) -> None:
    with secure(certificate(tmp_path, *names, days=days)) as (receiver, tls, _):
        answer = outgoing(receiver, tls).post(f"https://{NAME}:{receiver.port}/", {}, b"{}")
        assert (answer.status, answer.error) == (None, "tls")
        assert receiver.got == []


def test_who_is_not_trusted_hears_nothing(tmp_path: Path) -> None:
    with secure(certificate(tmp_path, NAME)) as (receiver, _, _):
        answer = outgoing(receiver, ssl.create_default_context).post(f"https://{NAME}:{receiver.port}/", {}, b"{}")
        assert (answer.error, receiver.got) == ("tls", [])

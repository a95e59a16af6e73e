"""A syslog receiver over TLS (RFC 5425) on loopback, and the authority that vouches for it."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Receiver:
    """What has arrived. `closing`: whether it ends connections in order; `taken` waits for so many messages."""

    port: int = 0
    ca: Path = Path()
    closing: bool = True
    messages: list[str] = field(default_factory=list)

    def answer(self, connection: ssl.SSLSocket) -> None:
        """Reads one connection to its end; the messages count only where it was ended in order."""
        data = b""
        with connection:
            if not self.closing:
                connection.recv(10)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                return
            while part := connection.recv(65_536):
                data += part
            self.messages += unframed(data)
            with suppress(OSError):
                connection.unwrap()


def unframed(data: bytes) -> list[str]:
    """The messages of a stream with octet counting."""
    found = []
    while data:
        length, _, data = data.partition(b" ")
        found.append(data[: int(length)].decode())
        data = data[int(length) :]
    return found


@contextmanager
def receiving(folder: Path) -> Iterator[Receiver]:
    """A receiver that runs; its authority's certificate lies in the folder."""
    it = Receiver(ca=folder / "ca.pem")
    certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        it.port = listening.getsockname()[1]
        thread = threading.Thread(target=_serve, args=(it, listening, context), daemon=True)
        thread.start()
        yield it
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _serve(it: Receiver, listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        with suppress(OSError):  # one that does not trust us, or breaks off
            it.answer(context.wrap_socket(plain, server_side=True))


def certificate(folder: Path) -> None:
    """A new authority, and a certificate of it for 127.0.0.1."""
    now, no = dt.datetime.now(dt.UTC), [False] * 4
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "server")}
    names = {name: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in keys}
    for name, key in keys.items():
        built = (
            x509.CertificateBuilder().subject_name(names[name]).issuer_name(names["ca"]).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=name == "ca", path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys["ca"].public_key()), False)
            .add_extension(x509.KeyUsage(name != "ca", *no[:4], name == "ca", *no[:3]), True)
            .sign(keys["ca"], hashes.SHA256())
        )  # fmt: skip
        (folder / f"{name}.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))
        form = serialization.PrivateFormat.PKCS8
        secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        (folder / f"{name}.key").write_bytes(secret)

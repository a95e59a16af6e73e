"""Certificates for tests: authorities that sign, and servers on loopback that show what they signed."""

import ipaddress
import ssl
import tempfile
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey
DAY = 86_400


@dataclass(frozen=True)
class Authority:
    """One that may vouch for a server; `year` is the first of the ten in which its certificate is valid."""

    name: str = "House CA"
    year: int = 2026
    key: Key = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def pem(self) -> str:
        begins = datetime(self.year, 1, 1, tzinfo=UTC)
        name = _named(self.name)
        made = _begun(name, name, self.key, begins, begins + timedelta(days=3650))
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return _pem(made.sign(self.key, hashes.SHA256()))

    def renewed(self, year: int) -> "Authority":
        """The same key in a newer certificate."""
        return Authority(self.name, year, self.key)

    def issue(self, *, host: str = "127.0.0.1", begins: float = 0, ends: float = 0) -> bytes:
        """A server's certificate and key (PEM), valid from `begins` to `ends` (seconds since 1970), else now."""
        now = datetime.now(UTC)
        start = datetime.fromtimestamp(begins, UTC) if begins else now - timedelta(days=1)
        end = datetime.fromtimestamp(ends, UTC) if ends else now + timedelta(days=30)
        key = ec.generate_private_key(ec.SECP256R1())
        other: x509.GeneralName = x509.DNSName(host)
        if host[0].isdigit():
            other = x509.IPAddress(ipaddress.ip_address(host))
        made = _begun(_named(host), _named(self.name), key, start, end)
        made = made.add_extension(x509.SubjectAlternativeName([other]), critical=False)
        return _pem(made.sign(self.key, hashes.SHA256())).encode() + _key(key)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: Key, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return made.serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key(key: Key) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


@cache
def authority(name: str = "House CA") -> Authority:
    """One authority for all tests that only need some."""
    return Authority(name)


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append(self.headers.get("Authorization", ""))  # type: ignore[attr-defined]
        self.send_response(302 if self.path == "/elsewhere" else 200)
        self.send_header("Location", "/there")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class TlsServer(ThreadingHTTPServer):
    """Says "ok" to everybody who believes its certificate; `asked` is what reached it."""

    daemon_threads = True

    def __init__(self, shown: bytes, *, least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Answering)
        self.asked: list[str] = []
        self.socket = tls(shown, least=least).wrap_socket(self.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that refuses us is part of the tests."""

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


def tls(shown: bytes, *, least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> ssl.SSLContext:
    """The server's side of TLS with this certificate and key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = least
    if least < ssl.TLSVersion.TLSv1_2:
        context.maximum_version = least
        context.set_ciphers("ALL:@SECLEVEL=0")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.pem"
        path.write_bytes(shown)
        context.load_cert_chain(path)
    return context

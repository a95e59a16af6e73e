"""Tokens and keys as Google makes them, made by keys of our own."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import RSAKey

from server.core.clock import epoch
from tests.make import NOW

CLIENT = "lintel.apps.example.org"
Change = dict[str, object]


@cache
def private(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


def key(name: str = "one") -> RSAKey:
    return RSAKey.import_key(private(name), {"kid": name})


def token(*, by: str = "one", header: Change | None = None, **claims: object) -> str:
    """An ID token of Alice's as Google makes them; a claim that is None is left out."""
    now = epoch(NOW)
    usual = {
        "iss": "https://accounts.google.com", "aud": CLIENT, "azp": "app", "sub": "1234", "iat": now, "exp": now + 3600,
        "email": "alice@example.org", "email_verified": True, "hd": "example.org", "name": "Alice Adams",
    }  # fmt: skip
    told = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": by, "typ": "JWT"} | (header or {}), told, key(by))


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def jwks(*names: str) -> bytes:
    return json.dumps({"keys": [key(name).as_dict(private=False) | {"use": "sig"} for name in names]}).encode()


def certificate(name: str) -> str:
    day = timedelta(days=1)
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "test")])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(private(name).public_key())
    when = datetime(2026, 1, 1, tzinfo=UTC)
    made = made.serial_number(1).not_valid_before(when).not_valid_after(when + 3650 * day)
    return made.sign(private(name), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def public(name: str) -> str:
    return private(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

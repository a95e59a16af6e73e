"""Whom the panel believes to be its server: a session of `requests` that trusts exactly the authorities it was given.

Decisions:
- With authorities, nobody else is believed: not the machine's certificates, not those that `requests` brings along. An
  authority is the certificate of one who may vouch for the server, and it is its key that counts: the same key in a
  newer certificate is the same authority. Its own dates do not matter, its successor comes by `/me`.
- The dates of the server's certificate are judged by the trusted time alone, with a day of grace, and not at all while
  there is none: the machine's date may be 1970, and a panel that slept through a renewal must find home. OpenSSL, which
  would ask the machine, is told not to look.
- The name of the host is always checked, TLS 1.2 is the least, redirects, proxies and .netrc are not followed or read,
  and plain HTTP goes to this machine only.
- `any=True` believes whoever answers. It is there for the two calls with which a new panel begins its pairing; nothing
  secret may be sent over it.
"""

import hashlib
import re
import ssl
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from socket import create_connection
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import DEFAULT_POOLSIZE, HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import disable_warnings
from urllib3.exceptions import InsecureRequestWarning

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which the standard library does not name
GRACE = 86_400.0  # seconds before and after the dates of a certificate
CONNECT = 3.0  # seconds
MOST, LONGEST = 8, 16 * 1024  # authorities, and letters of one

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----")

Trusted = Callable[[], float | None]


def session(
    authorities: Sequence[str], *, ca_file: str | None = None, any: bool = False, trusted: Trusted = lambda: None
) -> requests.Session:
    """A session that believes `authorities` (PEM), without any those of `ca_file`, else the machine's own.

    `trusted` gives the time in seconds since 1970, or None while it is not verified. Raises ValueError for an authority
    that is no certificate, and OSError for a file that cannot be read.
    """
    if any:
        disable_warnings(InsecureRequestWarning)
    return _session(Source(authorities, ca_file=ca_file, any=any, trusted=trusted).get)


class Trust:
    """Whom to believe from now on; sessions that were made here follow when that changes. For several threads."""

    def __init__(
        self,
        authorities: Sequence[str],
        *,
        before: Sequence[str] = (),
        ca_file: str | None = None,
        trusted: Trusted = lambda: None,
    ) -> None:
        """`before`: authorities that are believed beside the others. Raises as `session`."""
        self._ca_file, self._trusted = ca_file, trusted
        self.become(authorities, before=before)

    def become(self, authorities: Sequence[str], *, before: Sequence[str] = ()) -> None:
        """Believe these. Connections that stand are judged by it when they are made anew, which is at once."""
        self._source = Source(authorities, ca_file=self._ca_file, trusted=self._trusted, before=before)

    def session(self) -> requests.Session:
        """For one thread, as all of `requests`."""
        return _session(lambda: self._source.get())

    def reaches(self, server: str, authorities: Sequence[str]) -> bool:
        """Whether the server is believed by these authorities alone, just now."""
        parts = urlsplit(server)
        host, context = parts.hostname or "", _context(authorities, ca_file=self._ca_file, trusted=self._trusted)
        try:
            with (
                create_connection((host, parts.port or 443), timeout=CONNECT) as line,
                context.wrap_socket(line, server_hostname=host),
            ):
                return True
        except OSError:
            return False


class Source:
    """One context. The machine's own certificates are many, and are read only when they are needed: never for HTTP."""

    def __init__(self, authorities: Sequence[str], *, ca_file: str | None, **more: Any) -> None:
        self._make = partial(_context, tuple(authorities), ca_file=ca_file, **more)
        self._lock = Lock()
        self._made = self._make() if authorities or ca_file is not None else None

    def get(self) -> "_Context":
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


def _session(context: Callable[[], "_Context"]) -> requests.Session:
    made = _Session()
    made.trust_env = False
    made.headers["User-Agent"] = "lintel-kiosk"
    made.mount("https://", _Adapter(context))
    made.mount("http://", _Here())
    return made


def certificates(texts: Iterable[object]) -> tuple[str, ...]:
    """The certificates (PEM) in the texts, each once. Raises ValueError for what is none, and for too many."""
    found: dict[str, None] = {}
    for text in texts:
        if not isinstance(text, str) or len(text) > LONGEST or not _PEM.search(text):
            raise ValueError("not a certificate")
        found |= dict.fromkeys(_PEM.findall(text))
    if len(found) > MOST:
        raise ValueError(f"more than {MOST} authorities")
    for one in found:
        try:  # as it will be used: one that OpenSSL cannot read would spoil every session that is to believe it
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=one)
        except ssl.SSLError:
            raise ValueError("not a certificate") from None
    return tuple(found)


def digest_of(certificate: str) -> str:
    """The SHA-256 of a certificate (PEM) in hex, as the fingerprint takes it. Raises ValueError."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


class _Session(requests.Session):
    """Answers as they came: whoever sends us elsewhere sends our key elsewhere."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class _Context(ssl.SSLContext):
    """Looks at the dates of what it has just believed, by the trusted time."""

    trusted: Trusted = staticmethod(lambda: None)

    def wrap_socket(self, *args: Any, **more: Any) -> ssl.SSLSocket:
        wrapped = super().wrap_socket(*args, **more)
        try:
            self._check_dates(wrapped.getpeercert() or {})
        except ssl.SSLError:
            wrapped.close()
            raise
        return wrapped

    def _check_dates(self, certificate: dict[str, Any]) -> None:
        now = self.trusted()
        if now is None or not certificate:  # with `any` there is nothing to look at
            return
        if now > ssl.cert_time_to_seconds(certificate["notAfter"]) + GRACE:
            raise ssl.SSLCertVerificationError("certificate has expired by the trusted time")
        if now < ssl.cert_time_to_seconds(certificate["notBefore"]) - GRACE:
            raise ssl.SSLCertVerificationError("certificate is not valid yet by the trusted time")


def _context(
    authorities: Sequence[str],
    *,
    ca_file: str | None,
    trusted: Trusted,
    any: bool = False,
    before: Sequence[str] = (),
) -> _Context:
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)  # which checks names and asks for a certificate
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
    context.trusted = trusted  # type: ignore[method-assign]
    if any:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if authorities or before:
        # One that another has signed is believed by itself.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata="\n".join((*authorities, *before)))
    if authorities:
        return context
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    else:
        _load_machines_own(context)
    return context


def _load_machines_own(context: ssl.SSLContext) -> None:
    """Those of the system; where it has none, those that come with `requests`."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and next(Path(paths.capath).iterdir(), None)):
        context.load_default_certs()
    else:
        context.load_verify_locations(cafile=DEFAULT_CA_BUNDLE_PATH)


class _Adapter(HTTPAdapter):
    """Our context and nothing besides: `requests` would load its own certificates into it."""

    def __init__(self, source: Callable[[], _Context]) -> None:
        self._source = source
        self._context: _Context | None = None
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more, ssl_context=self._context)  # type: ignore[no-untyped-call]

    def get_connection_with_tls_context(self, *args: Any, **more: Any) -> Any:
        if (context := self._source()) is not self._context:
            self._context = context
            self.poolmanager.clear()
            self.init_poolmanager(DEFAULT_POOLSIZE, DEFAULT_POOLSIZE)
        return super().get_connection_with_tls_context(*args, **more)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, True)
        known = self._source().verify_mode == ssl.CERT_REQUIRED
        return host, {
            "cert_reqs": "CERT_REQUIRED" if known else "CERT_NONE",
            "assert_hostname": None if known else False,
        }

    def cert_verify(self, *args: Any) -> None:
        """Not here: the context has it all."""


class _Here(HTTPAdapter):
    """Plain HTTP, to this machine only."""

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        if not is_loopback(urlsplit(request.url or "").hostname):
            raise requests.exceptions.InvalidSchema("http:// is for loopback only")
        return super().send(request, *args, **more)

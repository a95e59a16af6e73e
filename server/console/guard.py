"""What keeps the pages safe: headers, cookies, where a form must come from, and where one may be sent on to.

- A form is taken only from our own origin, and with the token that belongs to the browser's own cookie and session.
- Over https every cookie is a `__Host-` one, which no other host of the domain can set; on loopback, plain.
- Referrer-Policy of pages is same-origin: nothing is told to others, and browsers name our origin when a form is sent
  (with no-referrer they send "Origin: null").
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Request
from werkzeug.wrappers import Response

PERSON, FORM, PENDING, LANGUAGE = "lintel", "lintel-form", "lintel-oidc", "lintel-language"
MONTH = 30 * 86_400
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; require-trusted-types-for 'script'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_LOCAL = re.compile(r"/(?![/\\])[A-Za-z0-9/._~!$&'()*+,;=:@%?-]{0,500}")
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Cookies:
    """Our cookies, for pages that people reach at `base` (scheme and host)."""

    base: str

    @property
    def secure(self) -> bool:
        return self.base.startswith("https://")

    def name(self, plain: str) -> str:
        return f"__Host-{plain}" if self.secure else plain

    def read(self, request: Request, plain: str) -> str:
        """The cookie's value, "" where there is none or one that cannot be ours."""
        value = request.cookies.get(self.name(plain), "")
        return value if len(value) <= 4000 and value.isascii() and value.isprintable() else ""

    def give(self, answer: Response, plain: str, value: str, *, seconds: int | None = None) -> None:
        """Sets a cookie; `seconds` None: until the browser is closed."""
        answer.set_cookie(
            self.name(plain), value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="Lax"
        )

    def take(self, answer: Response, plain: str) -> None:
        """Removes a cookie."""
        answer.delete_cookie(self.name(plain), path="/", secure=self.secure, httponly=True, samesite="Lax")


def fresh() -> str:
    """A new value of the form's cookie."""
    return secrets.token_hex(32)


def token(cookie: str, session: str) -> str:
    """The token of a browser's forms: of no use with another cookie, or in another session."""
    if not _HEX.fullmatch(cookie):
        return ""
    return hmac.new(bytes.fromhex(cookie), session.encode(), hashlib.sha256).hexdigest()


def own_form(request: Request, base: str, cookie: str, session: str) -> bool:
    """Whether a form comes from our own page, in the browser that was given it."""
    expected = token(cookie, session)
    given = request.form.get("token", "")
    return own_origin(request, base) and bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def own_origin(request: Request, base: str) -> bool:
    """Whether the browser names our origin: the one that people know us by, or the loopback name it has asked for."""
    origin = request.headers.get("Origin", "").lower()
    host = request.headers.get("Host", "").lower()
    known = {base.lower()}
    if urlsplit(f"//{host}").hostname in ("127.0.0.1", "localhost", "::1"):
        known.add(f"http://{host}")
    return origin in known and request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")


def local(path: str) -> str:
    """The path to go on to; "/you" for whatever has a scheme or a host, or what a browser might read as one."""
    if not _LOCAL.fullmatch(path) or path.startswith(("/sign-in", "/sign-out")) or "/.." in path:
        return "/you"
    return path

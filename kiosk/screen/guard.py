"""Who may ask the local page for what.

The page is open to this machine's loopback and to nobody who reaches it by a name: a Host header that is not loopback
with our port is refused (DNS rebinding), and so is what another site's page asks for. A tap needs besides the Origin
of our own page and the secret that was drawn at this start and is embedded in the page: no other site in the same
browser can press a button.
"""

import hmac
from collections.abc import Callable, Mapping

from flask import Request

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def may_ask(port: int) -> Callable[[Request], bool]:
    """Whether the request names us by loopback, and no other site's page asks in the background."""
    hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
    return lambda request: request.headers.get("Host", "").lower() in hosts and not _from_elsewhere(request)


def _from_elsewhere(request: Request) -> bool:
    """What a browser says of itself; opening our page from anywhere is no harm, reading or holding its streams is."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    return site not in ("none", "same-origin") and request.headers.get("Sec-Fetch-Mode") != "navigate"


def may_tap(request: Request, secret: str) -> bool:
    """Whether the request comes from our own page. Its Host has been judged before."""
    origin = request.headers.get("Origin", "")
    given = request.headers.get("X-Lintel-Secret", "")
    own = f"http://{request.headers.get('Host', '').lower()}"
    return origin.lower() == own and hmac.compare_digest(given.encode(), secret.encode())

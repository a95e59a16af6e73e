"""Reading who asks out of a request. What a secret is worth, the engine says."""

from flask import Request

from server.core.access import Actor
from server.core.errors import Unnamed

ANYONE = Actor("anyone", "none", frozenset(), label="-")
"""Who asks where a route is public."""


def bearer(request: Request) -> str:
    """The secret of `Authorization: Bearer …`, the scheme in any case; Unnamed(missing=True) without one."""
    scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise Unnamed(missing=True)
    return secret

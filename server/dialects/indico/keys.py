"""Who asks at Indico's door: bearer tokens."""

from flask import Request

from server.core.access import Actor
from server.dialects.indico.desk import GUEST, Desk
from server.dialects.kit.auth import bearer


def who(desk: Desk, request: Request) -> Actor:
    """The actor of the token; a guest without one."""
    if "Authorization" not in request.headers:
        return GUEST
    return desk.engine.tokens.actor(bearer(request))

"""Who asks: a session token and the number of the person whose it is, each in a header of its own.

Decision: both are wanted, and the number is compared as the text that it is; a token with somebody else's number opens
nothing. The session slides by every request that it opens (engine/sign_in.py), and says so nowhere, as there.
"""

import re

from flask import Request, g

from server.core.access import Actor
from server.core.errors import Unnamed
from server.dialects.librebooking.desk import Desk

TOKEN, PERSON = "X-Booked-SessionToken", "X-Booked-UserId"
SOURCE = "librebooking"
TOKENS = re.compile("[0-9a-f]{50}")
SECURITY = {
    "sessionToken": {"type": "apiKey", "in": "header", "name": TOKEN},
    "userId": {"type": "apiKey", "in": "header", "name": PERSON},
}


def who(desk: Desk, request: Request) -> Actor:
    """The person of the session; Unnamed where there is none, or it is not this person's."""
    token, person = request.headers.get(TOKEN, "").strip(), request.headers.get(PERSON, "").strip()
    if not token or not person:
        raise Unnamed(missing=True)
    if not TOKENS.fullmatch(token):  # the sessions of other doors are none here
        raise Unnamed(missing=False)
    actor, me = desk.engine.sign_in.visitor(token, source=SOURCE)
    if str(actor.person) != person:
        raise Unnamed(missing=False)
    g.me = me
    return actor

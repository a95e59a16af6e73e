"""Authentication: a session for a name and a password, and its end.

A wrong name or password is 200 with `isAuthenticated` false, as clients expect; who has been wrong too often is told to
wait (429). Signing out is always fine, also of what is no session: nobody is told which tokens there are.
"""

import secrets
from datetime import datetime
from typing import Any

from server.core.errors import Unnamed
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.librebooking.auth import SOURCE
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.links import links
from server.dialects.librebooking.shape import Given, Id, Model, Stamp

VERSION = "2.9"
"""Of the API that is spoken, as LibreBooking counts; clients show it."""
FAILED = "Login failed. Invalid username or password."


class Credentials(Given):
    """A user name or e-mail address, and the password."""

    username: str | None = None
    password: str | None = None


class Session(Given):
    """A session to end; both may be missing, or anything."""

    userId: Any = None
    sessionToken: Any = None


class Authenticated(Model):
    """A session; `sessionExpires` is when it ends if it is not used."""

    sessionToken: str | None = None
    sessionExpires: Stamp | None = None
    userId: Id | None = None
    isAuthenticated: bool
    version: str | None = None


class SignedOut(Model):
    """The session has ended."""

    signedOut: bool = True


routes = Routes("Authentication")


@routes(
    "POST",
    "/Authentication/Authenticate",
    scope="public",
    summary="Authenticates a user",
    answers={200: Authenticated},
    errors=(429, 503),
)
def authenticate(desk: Desk, call: Call, body: Credentials) -> Authenticated:
    """Opens a session."""
    try:
        person, token = desk.engine.sign_in.sign_in(
            body.username or "", body.password or "", source=SOURCE, address=call.request.remote_addr or "",
            make=token_of,
        )  # fmt: skip
    except Unnamed:
        return Authenticated(isAuthenticated=False, message=FAILED)
    ends: datetime = desk.engine.sign_in.until(token)
    return Authenticated(
        links=links(call, "logout"), sessionToken=token, sessionExpires=ends, userId=person.number,
        isAuthenticated=True, version=VERSION,
    )  # fmt: skip


def token_of() -> str:
    """50 hexadecimal digits, as there: 200 random bits."""
    return secrets.token_hex(25)


def signing_out(shape: str) -> Routes:
    """The route that ends a session: as documented it answers nothing, on the wire that it is done."""
    found = Routes("Authentication")

    @found(
        "POST",
        "/Authentication/SignOut",
        scope="public",
        summary="Ends a session",
        answers={200: SignedOut} if shape == "wire" else {204: None},
        errors=(503,),
    )
    def sign_out(desk: Desk, call: Call, body: Session) -> SignedOut | Answer:
        if isinstance(body.sessionToken, str) and body.sessionToken:
            desk.engine.sign_in.sign_out(body.sessionToken)
        return SignedOut() if shape == "wire" else Answer(status=204)

    return found

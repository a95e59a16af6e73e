"""Signing in with Google, and out again: `POST /auth/google` and `POST /auth/logout`.

Decisions:
- A session is one of the house's own: it ends when it is not used for a while (setting `session.idle_minutes`), and at
  once where the account does. Its secret begins with `rls_`, so that no other door's session is taken for one of ours.
- Somebody is who Google's `sub` says, never who an e-mail says (engine/identities.py). Accounts are not made by signing
  in, unless the setting `roomloop.google_create` says so.
- An API key is no session and cannot sign out: it is revoked where keys are.
"""

import secrets

from pydantic import BaseModel, Field

from server.core.errors import Barred
from server.dialects.kit.app import Call
from server.dialects.kit.auth import bearer
from server.dialects.kit.route import Answer, Routes
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.errors import wrong
from server.dialects.roomloop.pages import Strict
from server.dialects.roomloop.roles import word
from server.dialects.roomloop.wire import account_id, stamp

routes = Routes("authentication")
SESSION, KEY = "rls_", "sk_live_"
SOURCE = "roomloop"


class Token(Strict):
    """Google's word on who somebody is."""

    id_token: str = Field(min_length=1, max_length=16_384, description="The ID token that Google gave (RS256)")


class SignedIn(BaseModel):
    """Who has signed in."""

    id: str
    name: str
    email: str
    role: str = Field(description="admin, staff or teacher")


class SessionBody(BaseModel):
    """A new session. The token is told this once."""

    token: str
    expires_at: str = Field(description="When it ends if it is not used")
    account: SignedIn


def fresh() -> str:
    """A new secret of a session."""
    return SESSION + secrets.token_urlsafe(32)


@routes(
    "POST", "/auth/google", scope="public", summary="Exchange a Google ID token for a session",
    answers={200: SessionBody}, errors=(401, 403, 429, 503, 507), limit=64 * 1024,
)  # fmt: skip
def sign_in(desk: Desk, call: Call, body: Token) -> SessionBody:
    if desk.google is None:
        raise Barred("identity", need="off")
    engine = desk.engine
    person = engine.identities.recognise(desk.google.told(body.id_token), desk.google.terms)
    _, token = engine.sign_in.open(person.number, source=SOURCE, label="RoomLoop", make=fresh)
    actor = engine.sign_in.actor(token, source=SOURCE)
    account = SignedIn(id=account_id(person.number), name=person.name, email=person.email, role=word(actor.role))
    return SessionBody(token=token, expires_at=stamp(engine.sign_in.until(token)), account=account)


@routes("POST", "/auth/logout", scope="read", summary="Revoke the current session", answers={204: None}, errors=(400,))
def sign_out(desk: Desk, call: Call) -> Answer:
    token = bearer(call.request)
    if not token.startswith(SESSION):
        raise wrong(Authorization="is an API key, which is revoked where keys are made, and no session")
    desk.engine.sign_in.sign_out(token)
    return Answer(status=204)

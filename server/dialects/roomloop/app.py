"""RoomLoop as a dialect: its routes, who may ask and how often, and the course its checks take.

Decisions: a bearer is an API key (`sk_live_…`) or a session (`rls_…`); both act as a person. Plain http is refused but
on this machine itself: what stands before us as a proxy says by X-Forwarded-Proto how it was asked, where the setting
`trusted_proxy` names it (serving.py); `roomloop.allow_http` lets all through.
"""

from ipaddress import ip_address
from typing import Any

from flask import Flask, Request, g, request

from server.core.access import Actor
from server.core.errors import Unnamed
from server.core.model import Room
from server.dialects.kit.app import Call, Dialect, build
from server.dialects.kit.auth import bearer
from server.dialects.kit.rates import Buckets
from server.dialects.roomloop import (
    accounts,
    availability,
    bulk,
    exports,
    facilities,
    meaning,
    reservations,
    session,
    usage,
    webhooks,
)
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.errors import ErrorBody, Plain, fail
from server.dialects.roomloop.pages import plain
from server.dialects.roomloop.session import KEY, SESSION, SOURCE

ABOUT = (
    "A clean, predictable JSON API: facilities and their slots, reservations under coded rules, accounts, reports and "
    "webhooks, after the RoomLoop REST API v1. Send `Authorization: Bearer sk_live_…`, or the token of a session. "
    "Dates and slots are the facility's local time; instants are UTC."
)
PARTS = (session, facilities, availability, reservations, accounts, bulk, usage, exports, webhooks)


def app(desk: Desk, *, public_url: str = "", rates: Buckets | None = None) -> Flask:
    """The app over what its views work with."""
    made = build(DIALECT, desk, public_url=public_url, rates=rates)
    made.before_request(lambda: _over_https(desk))
    made.after_request(desk.limits.told)
    return made


def _over_https(desk: Desk) -> None:
    """Raises Plain where the request came in the open from another machine."""
    if not (desk.allow_http or request.is_secure or _loopback(request.remote_addr)):
        raise Plain


def _loopback(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False


def who(desk: Desk, asked: Request) -> Actor:
    """The person of the key or the session; then, what is left of its bucket. Unnamed, Later."""
    secret = bearer(asked)
    if secret.startswith(KEY):
        keys = desk.engine.api_keys
        actor = keys.actor(keys.by_roomloop(secret), source=SOURCE)
    elif secret.startswith(SESSION):
        actor = desk.engine.sign_in.actor(secret, source=SOURCE)
    else:
        raise Unnamed(missing=False)
    desk.limits.take_token(secret)
    return actor


def gate(desk: Desk, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """Turns {facility} into the room before anything else is read; who has no token yet is counted by address."""
    if call.route.path == "/auth/google":
        desk.limits.take_address(call.request.remote_addr or "")
    g.there = lambda: _there(desk, call, args)
    if call.route.hints.get("facility") is Room:
        g.room = desk.engine.rooms.get(args["facility"], call.actor, call.route.scope)
        args = {**args, "facility": g.room}
    if call.route.scope != "public":
        plain(call)
    return args


def _there(desk: Desk, call: Call, args: dict[str, Any]) -> None:
    """Raises what is told before a 400: that there is nothing that the path names, or that it is not theirs."""
    if "reservation_id" in args:
        meaning.there(desk, call, args["reservation_id"])
    if "account" in args:
        desk.engine.people.get(accounts.named(args["account"]), call.actor)
    if "hook" in args:
        webhooks.ours(desk, call, args["hook"])


DIALECT = Dialect(
    name="roomloop",
    title="Lintel: RoomLoop REST API v1",
    about=ABOUT,
    routes=[part.routes for part in PARTS],
    who=who,
    gate=gate,
    fail=fail,
    failure=ErrorBody,
)

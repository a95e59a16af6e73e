"""A small dialect to try the kit on: two things to read and one to write, with an error shape of its own."""

from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Request
from pydantic import BaseModel, Field

from server.core.access import Actor
from server.core.errors import Invalid, LintelError, Unknown, Unnamed
from server.dialects.kit.app import Call, Dialect, build
from server.dialects.kit.auth import bearer
from server.dialects.kit.conditional import version_tag, wanted_version
from server.dialects.kit.faults import Crash, Fault, Lost, TooLarge, WrongMethod
from server.dialects.kit.reading import Source, separate
from server.dialects.kit.route import Answer, Media, Routes
from server.dialects.kit.text import Line

KEYS = {"r": "read", "b": "book", "a": "admin"}
routes = Routes("things")


@dataclass
class Desk:
    """What the views work with: a list of what was stored."""

    stored: list[str] = field(default_factory=list)


class Thing(BaseModel):
    name: Line
    size: int = Field(default=1, ge=1, le=9)


class Search(BaseModel):
    limit: int = Field(default=10, ge=1, le=200)


class Failure(BaseModel):
    said: str
    why: dict[str, str] = {}


@routes("GET", "/things/<thing>", scope="read", summary="One thing", answers={200: Thing}, errors=(404,))
def one(desk: Desk, call: Call, thing: str) -> Answer:
    if thing == "broken":
        raise RuntimeError("Merger with Acme")
    version = wanted_version(call.request, lambda: 3)
    return Answer(Thing(name=thing, size=version or 1), headers={"ETag": version_tag(3)})


@routes("GET", "/things", scope="public", summary="All things", answers={200: list[Thing]})
def several(desk: Desk, call: Call, query: Search) -> list[Thing]:
    return [Thing(name=name) for name in desk.stored[: query.limit]]


@routes("POST", "/things", scope="book", summary="A new thing", answers={201: Thing}, limit=1000)
def make(desk: Desk, call: Call, body: Thing) -> Answer:
    desk.stored.append(body.name)
    return Answer(body, 201, {"Location": call.link("/things/{}", body.name)})


@routes("GET", "/picture/<secret>", scope="public", summary="A picture", answers={200: Media("image/png")})
def picture(desk: Desk, call: Call, secret: str) -> Answer:
    return Answer(b"png")


@routes("DELETE", "/things/<thing>", scope="admin", summary="Away with it", answers={204: None})
def drop(desk: Desk, call: Call, thing: str) -> Answer:
    return Answer(None, 204)


def fail(error: LintelError | Fault, request: Request) -> Answer:
    match error:
        case Unnamed():
            return Answer(Failure(said="who?"), 401)
        case Invalid():
            return Answer(Failure(said="what?", why=error.fields), 400)
        case Lost() | Unknown():
            return Answer(Failure(said="where?"), 404)
        case WrongMethod():
            return Answer(Failure(said="how?"), 405, {"Allow": ", ".join(error.allow)})
        case TooLarge():
            return Answer(Failure(said=f"over {error.limit}"), 413)
        case Crash():
            return Answer(Failure(said=f"sorry {error.request_id}"), 500)
    return Answer(Failure(said=type(error).__name__.lower()), 403)


def who(desk: Desk, request: Request) -> Actor:
    secret = bearer(request)
    if secret not in KEYS:
        raise Unnamed(missing=False)
    return Actor(f"key:{secret}", KEYS[secret], label=f"key_{secret}")


def gate(desk: Desk, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    if args.get("thing") == "absent":
        raise Unknown("thing", "absent")
    return args


def app(*more: Routes, source: Source = separate) -> Flask:
    dialect = Dialect(
        name="toy", title="Toy", about="For the tests.", routes=(routes, *more), who=who, fail=fail,
        failure=Failure, gate=gate, source=source, headers={"X-Toy": "yes"},
        preflight={"Access-Control-Allow-Origin": "*"},
    )  # fmt: skip
    return build(dialect, Desk(), public_url="https://rooms.example.org/")

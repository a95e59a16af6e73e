"""RoomVox's door for tests: a furnished house, keys of each kind, and a client that checks every answer it gets.

Every JSON answer is held against the schema that the app's own OpenAPI document gives for that route and status, so
each test of this folder is also a test of the document.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import jsonschema
from flask import Flask
from werkzeug.test import TestResponse

from server.core.access import CLI
from server.core.model import Room
from server.core.policy import Policy
from server.dialects import roomvox
from tests.make import House, room

AMSTERDAM = "Europe/Amsterdam"
DOCUMENT: dict[str, Any] = {}
VALIDATORS: dict[tuple[str, str, int], Any] = {}
"""What the app says of itself, asked once: it is declared, and so the same over every house."""
ERRORS = {401, 403, 404, 405, 409, 412, 413, 422, 500, 503, 507, 400}


@dataclass
class Door:
    """The app over a house, and secrets by name: read, book, admin, and elm (book, for Elm alone)."""

    house: House
    app: Flask
    keys: dict[str, str]
    seen: set[tuple[str, str, int]] = field(default_factory=set)

    def ask(
        self, method: str, path: str, *, key: str | None = "book", headers: Any = None, **more: Any
    ) -> TestResponse:
        """One request; `key` names a secret (None: no header)."""
        sent = dict(headers or {})
        if key is not None:
            sent.setdefault("Authorization", f"Bearer {self.keys.get(key, key)}")
        response = self.app.test_client().open(path, method=method, headers=sent, **more)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        if response.mimetype == "application/json":
            self.judge(method, path, response)
        return response

    def judge(self, method: str, path: str, response: TestResponse) -> None:
        """Fails where the answer is not what the document says."""
        if response.status_code in ERRORS:
            assert next(iter(response.json)) == "error", response.json
            assert response.json["error"]
        adapter = self.app.url_map.bind("")
        try:
            rule, _ = adapter.match(
                path.partition("?")[0], method="GET" if method == "HEAD" else method, return_rule=True
            )
        except Exception:
            return  # no such route: there is nothing documented
        place = (
            rule.endpoint.partition(" ")[2].replace("<", "{").replace(">", "}"),
            method.lower(),
            response.status_code,
        )
        if response.status_code != 304 and place[0] not in ("/openapi.json", "/docs") and method != "HEAD":
            self.seen.add(place)
            self.validator(place).validate(response.json)

    def validator(self, place: tuple[str, str, int]) -> Any:
        if place not in VALIDATORS:
            if not DOCUMENT:
                DOCUMENT.update(self.app.test_client().get("/openapi.json").json)
            path, method, status = place
            responses = DOCUMENT["paths"][path][method]["responses"]
            assert str(status) in responses, f"{method} {path} answered {status}, which is not documented"
            schema = responses[str(status)]["content"]["application/json"]["schema"]
            whole = {**schema, "components": DOCUMENT["components"]}
            VALIDATORS[place] = jsonschema.Draft202012Validator(whole)
        return VALIDATORS[place]

    def get(self, path: str, **more: Any) -> Any:
        """The JSON of a GET that must answer 200."""
        response = self.ask("GET", path, **more)
        assert response.status_code == 200, response.text
        return response.json

    def book(self, start: str, end: str, *, room: str = "oak", status: int = 201, **more: Any) -> Any:
        """The JSON of a booking by wall times of the Monday ("11:00") or full dates."""
        times = {"start": whole(start), "end": whole(end)}
        body = {"title": "Planning", "organizer": "Alice Adams", **times, **more.pop("json", {})}
        response = self.ask("POST", f"/rooms/{room}/bookings", json=body, **more)
        assert response.status_code == status, response.text
        return response.json

    def add(self, slug: str, policy: Policy | None = None, **fields: Any) -> Room:
        """Another room."""
        return self.house.engine.rooms.add(room(slug, policy, **fields), CLI)

    def change(self, slug: str, **fields: Any) -> Room:
        return self.house.engine.rooms.change(slug, CLI, anyway=True, **fields)

    def policy(self, slug: str, **fields: Any) -> Room:
        return self.change(slug, policy=replace(self.house.engine.rooms.get(slug, CLI).policy, **fields))

    def set(self, moment: datetime | str) -> None:
        self.house.clock.set(moment)


def whole(time: str) -> str:
    return f"2026-06-15T{time}" if len(time) <= 8 else time


def door(house: House, **more: Any) -> Door:
    """The door of a house."""
    make: Callable[..., tuple[Any, str]] = house.engine.tokens.create
    keys = {scope: make(scope, scope, CLI)[1] for scope in ("read", "book", "admin")}
    keys["elm"] = make("elm", "book", CLI, rooms=("elm",))[1]
    return Door(house, roomvox.app(house.engine, public_url="https://rooms.example.org", **more), keys)

"""RoomLoop's door of a house, and people with keys at it.

Every JSON answer is held against the schema that the app's own document gives for that route and status, so each test
of this folder is also a test of the document.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from server.core.access import CLI
from server.core.people import Person, Role
from server.dialects.kit.openapi import document
from server.dialects.roomloop.app import DIALECT, app
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.limits import Limits
from tests import people
from tests.make import House

HEAD = "https://rooms.example.org"
MOUNT = "/roomloop/v1"
BASE = HEAD + MOUNT


@dataclass
class Door:
    """The app, its client, and who has a key: by name."""

    house: House
    app: Flask
    client: FlaskClient
    people: dict[str, Person] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, role: Role = Role.MEMBER, **fields: object) -> Person:
        """A new person with a key: Name Nobody, name@example.org."""
        it = self.people[name] = people.person(self.house, name, role, **fields)
        self.keys[name] = self.house.engine.api_keys.create(it.number, "roomloop", CLI).secret
        return it

    def ask(self, method: str, path: str, by: str | None = "ada", **more: Any) -> TestResponse:
        """The answer to a request of somebody's; `by=None`: of nobody's."""
        headers = {**({"Authorization": f"Bearer {self.keys.get(by, by)}"} if by else {}), **more.pop("headers", {})}
        answer = self.client.open(
            path, method=method, headers=headers, environ_overrides={"SCRIPT_NAME": MOUNT}, **more
        )
        if answer.mimetype == "application/json":
            self.judge(method, path, answer)
        return answer

    def judge(self, method: str, path: str, answer: TestResponse) -> None:
        """Fails where the answer is not what the document says."""
        try:
            rule, _ = self.app.url_map.bind("").match(path.partition("?")[0], method=method, return_rule=True)
        except HTTPException:
            return  # no such route: there is nothing documented
        template = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.endpoint.partition(" ")[2])
        if answer.status_code != 304 and template != "/openapi.json":
            validator(template, method.lower(), answer.status_code).validate(answer.json)

    def get(self, path: str, by: str | None = "ada", status: int = 200) -> Any:
        """The JSON of a GET."""
        return self.told("GET", path, by, status)

    def post(self, path: str, body: Any = None, by: str | None = "ada", status: int = 201) -> Any:
        """The JSON of a POST."""
        return self.told("POST", path, by, status, json=body)

    def patch(self, path: str, body: Any = None, by: str | None = "ada", status: int = 200) -> Any:
        """The JSON of a PATCH."""
        return self.told("PATCH", path, by, status, json=body)

    def told(self, method: str, path: str, by: str | None, status: int, **more: Any) -> Any:
        """The JSON of an answer of that status."""
        answer = self.ask(method, path, by, **more)
        assert answer.status_code == status, answer.text
        return answer.json

    def refused(self, method: str, path: str, status: int, body: Any = None, by: str | None = "ada") -> Any:
        """The error of a request that is refused with that status."""
        return self.told(method, path, by, status, **({} if body is None else {"json": body}))["error"]

    def bad(self, method: str, path: str, body: Any = None, by: str | None = "ada") -> dict[str, str]:
        """What is wrong with which field of a request that is refused with 400."""
        error = self.refused(method, path, 400, body, by)
        assert error["code"] == "validation_error"
        return {it["path"]: it["message"] for it in error["fields"]}


@cache
def validator(template: str, method: str, status: int) -> Any:
    """What judges the answers of a route, made from the document."""
    whole = document(DIALECT)
    responses = whole["paths"][template][method]["responses"]
    assert str(status) in responses, f"{method} {template} answered {status}, which is not documented"
    schema = responses[str(status)]["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator({**schema, "components": whole["components"]})


def door(house: House, like: Door | None = None, **desk: Any) -> Door:
    """The door of a house. Ada (admin), Stan (staff), Alice and Bob (teachers) have keys; any number of requests.

    `like` keeps another one's people.
    """
    made = app(Desk(house.engine, **({"limits": Limits(0, 1)} | desk)), public_url=HEAD)
    it = Door(house, made, made.test_client())
    if like is not None:
        it.people, it.keys = like.people, like.keys
        return it
    it.add("ada", Role.ADMIN)
    it.add("stan", Role.STAFF)
    it.add("alice", department="Science")
    it.add("bob", department="Arts")
    return it

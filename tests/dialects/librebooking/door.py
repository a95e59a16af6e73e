"""LibreBooking's door of a house, in one shape or the other, and people who have signed in at it.

Every JSON answer is held against the schema that the shape's own document gives for that route and status, so each test
of this folder is also a test of the document.
"""

import re
import secrets
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from server.core.people import Person, Role
from server.dialects.kit.openapi import document
from server.dialects.librebooking.app import DIALECTS, app
from server.dialects.librebooking.auth import PERSON, SOURCE, TOKEN
from tests import people
from tests.accounts import QUICK
from tests.make import House

HEAD = "https://rooms.example.org"
MOUNT = "/librebooking/Web/Services/index.php"
BASE = HEAD + MOUNT


@dataclass
class Door:
    """The app of a shape, its client, and who has signed in: by name."""

    house: House
    shape: str
    app: Flask
    client: FlaskClient
    people: dict[str, Person] = field(default_factory=dict)
    sessions: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, name: str, role: Role = Role.MEMBER, **fields: object) -> Person:
        """A new person who has signed in: Name Nobody, name@example.org."""
        self.people[name] = people.person(self.house, name, role, **fields)
        self.sessions[name] = self.signed_in(self.people[name])
        return self.people[name]

    def signed_in(self, it: Person) -> dict[str, str]:
        """The headers of a new session of somebody's."""
        _, token = self.house.engine.sign_in.open(it.number, source=SOURCE, make=lambda: secrets.token_hex(25))
        return {TOKEN: token, PERSON: str(it.number)}

    def ask(self, method: str, path: str, by: str | None = "ada", **more: Any) -> TestResponse:
        """The answer to a request of somebody's; `by=None`: of nobody's."""
        headers = {**(self.sessions[by] if by else {}), **more.pop("headers", {})}
        answer = self.client.open(
            path, method=method, headers=headers, environ_overrides={"SCRIPT_NAME": MOUNT}, **more
        )
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        if answer.mimetype == "application/json":
            self.judge(method, path, answer)
        return answer

    def judge(self, method: str, path: str, answer: TestResponse) -> None:
        """Fails where the answer is not what the document says."""
        plain = re.sub("//+", "/", path.partition("?")[0]).rstrip("/") or "/"
        try:
            rule, _ = self.app.url_map.bind("").match(plain, method=method, return_rule=True)
        except HTTPException:
            return  # no such route: there is nothing documented
        template = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.endpoint.partition(" ")[2])
        if answer.status_code != 304 and template != "/openapi.json":
            validator(self.shape, template, method.lower(), answer.status_code).validate(answer.json)

    def get(self, path: str, by: str | None = "ada", status: int = 200) -> Any:
        """The JSON of a GET."""
        answer = self.ask("GET", path, by)
        assert answer.status_code == status, answer.text
        return answer.json

    def post(self, path: str, body: Any = None, by: str | None = "ada", status: int = 200) -> Any:
        """The JSON of a POST."""
        answer = self.ask("POST", path, by, json=body)
        assert answer.status_code == status, answer.text
        return answer.json

    def delete(self, path: str, by: str | None = "ada", status: int = 200) -> Any:
        """The JSON of a DELETE."""
        answer = self.ask("DELETE", path, by)
        assert answer.status_code == status, answer.text
        return answer.json

    def errors(self, path: str, body: Any = None, by: str | None = "ada", method: str = "POST") -> list[str]:
        """The sentences of a request that is refused with 400."""
        answer = self.ask(method, path, by, json=body)
        assert answer.status_code == 400, answer.text
        found: list[str] = (answer.json or {})["errors"]
        return found


@cache
def validator(shape: str, template: str, method: str, status: int) -> Any:
    """What judges the answers of a route, made from the shape's document."""
    whole = document(DIALECTS[shape])
    responses = whole["paths"][template][method]["responses"]
    assert str(status) in responses, f"{method} {template} answered {status}, which is not documented"
    schema = responses[str(status)]["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator({**schema, "components": whole["components"]})


def door(house: House, shape: str = "documented", like: Door | None = None) -> Door:
    """The door of a house. Ada (administrator), Stan (staff), Alice and Bob have signed in; `like` keeps another's."""
    object.__setattr__(house.engine.sign_in.passwords, "hasher", QUICK)
    made = app(house.engine, public_url=HEAD, shape=shape, zone="Europe/Berlin")
    it = Door(house, shape, made, made.test_client())
    if like is not None:
        it.people, it.sessions = like.people, like.sessions
        return it
    it.add("ada", Role.ADMIN, zone="Europe/Berlin")
    it.add("stan", Role.STAFF)
    it.add("alice", zone="America/New_York")
    it.add("bob")
    return it

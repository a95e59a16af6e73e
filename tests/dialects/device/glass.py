"""A panel for tests: its app over a furnished house, keys of each kind, and a client that checks every answer.

Each JSON answer is held against the schema that the app's own OpenAPI document gives for its route and status, so that
every test here is also a test of the document.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jsonschema
from flask import Flask
from werkzeug.test import TestResponse

from server.core.access import CLI
from server.dialects.device.app import app
from server.dialects.kit.rates import Buckets
from tests.make import House

DOCUMENT: dict[str, Any] = {}
"""What the app says of itself, asked once."""
ROUTES = {("get", "/snapshot"), ("get", "/feed"), ("post", "/heartbeat"), ("post", "/act"),
          ("post", "/orders/{number}"), ("post", "/pairing"), ("get", "/pairing/{digest}"), ("get", "/me"),
          ("post", "/grants"), ("post", "/attest"), ("post", "/journal"), ("post", "/journal/torn")}  # fmt: skip


@dataclass
class Glass:
    """The app, and secrets by name: panel (at Oak), elm (a panel there), both (a panel of the two), read, book."""

    house: House
    app: Flask
    keys: dict[str, str]
    ops: int = 0

    def ask(
        self, method: str, path: str, *, key: str | None = "panel", headers: Any = None, **more: Any
    ) -> TestResponse:
        """One request; `key` names a secret, or is one (None: no header)."""
        sent = dict(headers or {})
        if key is not None:
            sent.setdefault("Authorization", f"Bearer {self.keys.get(key, key)}")
        response = self.app.test_client().open(path, method=method, headers=sent, **more)
        self.judge(method.lower(), path.partition("?")[0], response)
        return response

    def snapshot(self, **more: Any) -> Any:
        return self.ask("GET", "/snapshot", **more).json

    def feed(self, after: int, incarnation: str, **more: Any) -> TestResponse:
        return self.ask("GET", "/feed", query_string={"after": after, "incarnation": incarnation}, **more)

    def act(self, act: str, *, key: str = "panel", op: str = "", wait: int = 60, **fields: Any) -> TestResponse:
        """An act that expires in `wait` seconds, under a new op unless one is given."""
        self.ops += 1
        expires = self.house.clock.now() + timedelta(seconds=wait)
        body = {"op": op or f"op-{self.ops:08}", "act": act, "expires": expires.isoformat(), **fields}
        return self.ask("POST", "/act", key=key, json=body)

    def judge(self, method: str, path: str, response: TestResponse) -> None:
        """Fails where the answer is not what the document says."""
        if response.status_code == 304 or not path.startswith(tuple(known for _, known in ROUTES)):
            return
        assert response.mimetype == "application/json"
        if response.status_code >= 400:
            assert set(response.json) == {"error"}
            assert response.json["error"]["message"]
        if (method, path) not in ROUTES:
            return
        if not DOCUMENT:
            DOCUMENT.update(self.app.test_client().get("/openapi.json").get_json())
        responses = DOCUMENT["paths"][path][method]["responses"]
        assert str(response.status_code) in responses, f"{method} {path}: {response.status_code} is not documented"
        schema = responses[str(response.status_code)]["content"]["application/json"]["schema"]
        whole = {**schema, "components": DOCUMENT["components"]}
        jsonschema.Draft202012Validator(whole).validate(response.json)


def glass(house: House, rates: Buckets | None = None) -> Glass:
    """The panels' app over a house."""
    tokens = house.engine.tokens
    keys = {
        "panel": house.panel()[1],
        "both": house.panel("oak", "elm")[1],
        "elm": house.panel("elm")[1],
        "read": tokens.create("r", "read", CLI)[1],
        "book": tokens.create("b", "book", CLI)[1],
    }
    return Glass(house, app(house.engine, rates=rates), keys)


def code(response: TestResponse) -> tuple[int, str]:
    """Status and code of a refusal."""
    return response.status_code, response.get_json()["error"]["code"]

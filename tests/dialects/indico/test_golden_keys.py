"""Who is let in, bookings and the user: requests and their whole answers, byte for byte, in the order of their names.

In an answer `<id>` stands for a reservation's number. The key's secret is that of the protocol's own sample.
"""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from server.core.access import CLI
from server.dialects.indico.app import app
from tests.dialects.indico.cern import KEY, TERMS, Cern

GOLDEN = sorted(Path(__file__).parent.joinpath("golden_keys").glob("*.json"))
NUMBER = re.compile(r'(?<="reservationID":)\d+|(?<=<reservationID>)\d+')


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Cern:
    """The house of 2011, where the administrator's key signs with zeros and another of theirs is blocked."""
    it = Cern(tmp_path_factory.mktemp("cern"))
    keys = it.engine.api_keys
    sealed = keys.instance.seal("api_key", KEY)
    it.engine.store.writing(lambda tx: tx.run("UPDATE api_key SET sealed_secret = ?, persistent = 1", (sealed,)))
    keys.block(keys.all(CLI)[1].number, CLI, blocked=True)
    return it


def played(house: Cern, asked: dict[str, Any]) -> dict[str, Any]:
    """What a request is answered: status, type and body, line by line."""
    made = app(house.engine, replace(TERMS, **asked.get("terms", {})), public_url="https://indico.server")
    url = asked["path"] + (f"?{urlencode(asked['query'])}" if asked.get("query") else "")
    headers = dict(asked.get("headers", {}))
    if "token" in asked:
        headers["Authorization"] = f"Bearer {house.engine.tokens.create('golden', asked['token'], CLI)[1]}"
    answer = made.test_client().open(url, method=asked["method"], data=asked.get("form"), headers=headers)
    body = NUMBER.sub("<id>", answer.get_data().decode())
    return {
        "status": answer.status_code, "type": answer.headers["Content-Type"], "answer": body.splitlines(keepends=True)
    }  # fmt: skip


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_an_answer_is_what_it_was(house: Cern, path: Path) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    assert played(house, told.pop("request")) == told


def test_every_message_of_the_protocol_is_among_them() -> None:
    answers = ["".join(json.loads(path.read_text(encoding="utf-8"))["answer"]) for path in GOLDEN]
    said = {json.loads(text).get("message") for text in answers if text.startswith('{"message"')}
    assert said >= {
        "Malformed API key", "Invalid API key", "API key is blocked", "API key is missing", "Signature missing",
        "Signature invalid", "Signature invalid (bad timestamp)", "Signature invalid (no timestamp)",
        "Guest access to this resource is forbidden.", "Access to this resource is restricted.", "Not authenticated",
        "from/to must be on the same day", "to must be after from", "You cannot make bookings in the past",
        "No username provided", "Username does not exist", "Required params missing: room_id, reason",
        "A room with this ID does not exist",
        "The API only supports direct bookings but this room only allows pre-bookings.",
        "Failed to create the booking: Reservation has no valid occurrences",
    }  # fmt: skip

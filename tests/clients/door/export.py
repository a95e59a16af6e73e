"""Indico's room export as a client sees it who has read the guide of 2011 and how Indico signs, and nothing of ours.

It knows `requests` alone. A request is signed by HMAC-SHA1 with the secret over the path as people read it and, behind
a `?`, all parameters in the order of their names; of a form, over the form.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import requests

SECONDS = 10
"""How long an answer may take."""


class Refused(Exception):
    """Nothing but a message, with whatever status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message


class Export:
    """One key at one server. `secret`: requests are signed; `lasting`: without a time; `late`: so many seconds off."""

    def __init__(self, base: str, ak: str = "", secret: str = "", *, lasting: bool = False, late: int = 0) -> None:
        self.base, self.ak, self.secret, self.lasting, self.late = base, ak, secret, lasting, late
        self.session = requests.Session()

    def rooms(self, location: str, *ids: int, **asked: str) -> list[Any]:
        """Rooms by number."""
        return self.results(f"/export/room/{location}/{'-'.join(map(str, ids))}", asked)

    def named(self, location: str, name: str, **asked: str) -> list[Any]:
        """Rooms by a part of their name."""
        return self.results(f"/export/roomName/{location}/{name}", asked)

    def reservations(self, *locations: str, **asked: str) -> list[Any]:
        """The reservations of locations."""
        return self.results(f"/export/reservation/{'-'.join(locations)}", asked)

    def results(self, path: str, asked: Mapping[str, str]) -> list[Any]:
        """What the envelope holds; Refused where there is none."""
        told = read(self.get(f"{path}.json", asked))
        assert told["_type"] == "HTTPAPIResult"
        assert told["count"] == len(told["results"])
        return list(told["results"])

    def document(self, path: str, asked: Mapping[str, str]) -> ElementTree.Element:
        """The same in XML."""
        answer = self.get(f"{path}.xml", asked)
        assert answer.headers["Content-Type"].startswith("text/xml")
        return ElementTree.fromstring(answer.content)

    def get(self, path: str, asked: Mapping[str, str], *, headers: Mapping[str, str] | None = None) -> Any:
        """The bare answer."""
        params = self.signed(path, asked)
        return self.session.get(self.base + quote(path), params=params, timeout=SECONDS, headers=headers)

    def book(self, room: int, since: str, to: str, reason: str, username: str) -> int:
        """Books, and tells the number."""
        path = "/api/roomBooking/bookRoom.json"
        form = {
            "location": "Main", "roomid": str(room), "from": since, "to": to, "reason": reason, "username": username,
        }  # fmt: skip
        answer = self.session.post(self.base + path, data=self.signed(path, form), timeout=SECONDS)
        return int(read(answer)["results"]["reservationID"])

    def signed(self, path: str, params: Mapping[str, str]) -> dict[str, str]:
        """The parameters with the key and what proves that it is ours."""
        told = dict(params) | ({"ak": self.ak} if self.ak else {})
        if not self.secret:
            return told
        if not self.lasting:
            told["timestamp"] = str(int(time.time()) - self.late)
        text = f"{path}?{urlencode(sorted((name.lower(), value) for name, value in told.items()))}"
        told["signature"] = hmac.new(self.secret.encode(), text.encode(), hashlib.sha1).hexdigest()
        return told


def read(answer: requests.Response) -> Any:
    """What an answer holds; Refused where it is a message."""
    told = answer.json()
    if "results" not in told:
        raise Refused(answer.status_code, told["message"])
    assert answer.status_code == 200
    return told

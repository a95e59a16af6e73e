"""A door display's client of Indico's room export, written from the guide of 2011 alone: the standard library only.

The guide shows the rooms' chapter; how a request is signed is told in its first: HMAC-SHA1 over path and sorted query.
"""

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo


class Refused(Exception):
    """An answer that is no result: its status, and the message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message


class Meeting(NamedTuple):
    """What the display shows of a reservation."""

    starts: datetime
    ends: datetime
    reason: str
    host: str
    repeats: str | None


class Indico:
    """One user's key at one server; `secret`: sign every request, `persistent`: without a time."""

    def __init__(self, base: str, key: str, secret: str = "", *, persistent: bool = False) -> None:
        self.base = base.rstrip("/")
        self.key = key
        self.secret = secret
        self.persistent = persistent

    def room(self, location: str, number: int) -> Any:
        """The metadata of a room."""
        return self.export(f"/export/room/{location}/{number}.json", {})[0]

    def meetings(self, location: str, number: int, **window: str) -> list[Meeting]:
        """What is booked and stands, by start."""
        params = {"detail": "reservations", "cancelled": "no", "rejected": "no", **window}
        room = self.export(f"/export/room/{location}/{number}.json", params)[0]
        found = [
            Meeting(at(it["startDT"]), at(it["endDT"]), it["reason"], it["bookedForName"], it["repeatability"])
            for it in room["reservations"]
            if it["isConfirmed"] and it["isValid"]
        ]
        return sorted(found)

    def export(self, path: str, params: dict[str, str]) -> list[Any]:
        """The results of a request; they must be as many as the envelope says."""
        answer = self.ask(path, params)
        if answer["_type"] != "HTTPAPIResult" or answer["count"] != len(answer["results"]):
            raise ValueError(answer)
        return list(answer["results"])

    def ask(self, path: str, params: dict[str, str]) -> Any:
        """The answer to a request; Refused where there is only a message."""
        try:
            with urllib.request.urlopen(self.base + self.signed(path, params), timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(error.code, json.load(error)["message"]) from None

    def signed(self, path: str, params: dict[str, str]) -> str:
        """Path and query, with the key and, where there is a secret, the time and the signature."""
        items = [*params.items(), ("apikey", self.key)]
        if self.secret:
            if not self.persistent:
                items.append(("timestamp", str(int(time.time()))))
            items.sort(key=lambda it: it[0].lower())
            text = f"{path}?{urlencode(items)}"
            items.append(("signature", hmac.new(self.secret.encode(), text.encode(), hashlib.sha1).hexdigest()))
        return f"{path}?{urlencode(items)}"


def at(it: dict[str, str]) -> datetime:
    """A date, a time and a zone as an instant."""
    return datetime.fromisoformat(f"{it['date']}T{it['time']}").replace(tzinfo=ZoneInfo(it["tz"]))

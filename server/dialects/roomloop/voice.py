"""RoomLoop's voice: what webhooks are told, in the shapes that its routes answer with.

Decisions:
- A reservation is told as its GET shows it to whoever the webhook is; an account likewise. What has been deleted is
  told by its id, a deleted reservation also by its facility and date.
- Several dates of a series that one act touched are one message: the first of them, and in `occurrences` how many.
"""

from collections.abc import Mapping
from typing import Any

from server.core.hook_events import Event
from server.core.model import STRUCK, Booking
from server.dialects.roomloop.accounts import account_body
from server.dialects.roomloop.events import ACCOUNTS, RESERVATIONS
from server.dialects.roomloop.shown import body_of
from server.dialects.roomloop.wire import account_id

ON_TIME = "finished"
"""An end that came as it was planned, which changes nothing."""
Told = tuple[str, Mapping[str, Any]]


def voice(event: Event) -> Told | None:
    """The type and the data of the message; JSON values only."""
    kind, _, word = event.type.partition(".")
    if kind == "person":
        return _account(event, ACCOUNTS.get(word, ""))
    if kind in ("booking", "series") and event.booking is not None and event.places:
        return _reservation(event, event.booking, RESERVATIONS.get(word, ""))
    return None


def _reservation(event: Event, it: Booking, word: str) -> Told | None:
    if not word or event.more.get("what") == ON_TIME or (it.source == STRUCK and word != "deleted"):
        return None
    body = body_of(it, event.places, event.owner, event.timetable, event.name)
    names = {"id", "facility", "date"} if word == "deleted" else None
    more = {"recurring": True, "occurrences": event.count} if event.type.startswith("series.") else {}
    return f"reservation.{word}", {**body.model_dump(mode="json", by_alias=True, include=names), **more}


def _account(event: Event, word: str) -> Told | None:
    if not word:
        return None
    if word == "imported":
        counts = {"created": "created", "updated": "updated", "deactivated": "left"}
        return "account.imported", {name: event.more.get(ours, 0) for name, ours in counts.items()}
    if event.person is None or word == "deleted":
        return f"account.{word}", {"id": account_id(event.number or 0)}
    return f"account.{word}", account_body(event.person).model_dump(mode="json")

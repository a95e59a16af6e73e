"""Desks of dialects that have settings of their own, put together of these; what is heavy is imported when needed."""

from pathlib import Path

from server.dialects.roomloop.desk import Desk as RoomLoopDesk
from server.dialects.roomloop.limits import Limits
from server.engine import Engine
from server.engine.identities import Terms
from server.settings import Settings


def roomloop_desk(engine: Engine, settings: Settings) -> RoomLoopDesk:
    """What RoomLoop's door works with; Google's sign-in only where a client id is set."""
    clients = _named(settings.roomloop__google_clients)
    limits = Limits(settings.roomloop__rate, settings.roomloop__burst)
    if not clients:
        return RoomLoopDesk(engine, limits=limits, allow_http=settings.roomloop__allow_http)
    from server.dialects.roomloop import google_keys
    from server.dialects.roomloop.google import Google

    place = settings.roomloop__google_keys
    keys = google_keys.of_file(Path(place)) if place.startswith("/") else google_keys.of_url(place)
    domains = frozenset(it.lower() for it in _named(settings.roomloop__google_domains))
    google = Google(clients, keys, engine.clock, domains, Terms(create=settings.roomloop__google_create))
    return RoomLoopDesk(engine, google, limits, settings.roomloop__allow_http)


def _named(text: str) -> frozenset[str]:
    return frozenset(it.strip() for it in text.split(",") if it.strip())

"""What LibreBooking's views work with: the engine, the shape of this app, and the clocks of those who ask."""

from dataclasses import dataclass
from datetime import datetime

from flask import g

from server.core.access import Actor
from server.core.clock import whole
from server.core.people import Person
from server.core.zone import wall
from server.engine import Engine


@dataclass(frozen=True, slots=True)
class Desk:
    """One per app. `shape`: "documented" or "wire"; `zone` is the house's, for people who have said none."""

    engine: Engine
    shape: str
    zone: str = "UTC"

    def now(self) -> datetime:
        """The present instant in whole seconds, UTC."""
        return whole(self.engine.clock.now())

    def me(self, actor: Actor) -> Person:
        """The person who asks, as the session was read. The actor of a route that is not public always is one."""
        if "me" not in g:
            g.me = self.engine.people.get(actor.person or 0, actor)
        me: Person = g.me
        return me

    def zone_of(self, actor: Actor) -> str:
        """The zone of the person who asks: what a date without an offset means, and how local dates go out."""
        return self.me(actor).zone or self.zone

    def local(self, instant: datetime, actor: Actor) -> datetime:
        """The instant on the clock of the person who asks."""
        return wall(instant, self.zone_of(actor))

"""What Indico's views work with: the engine, the house's terms for this door, and who asks without a key."""

from dataclasses import dataclass, field
from datetime import datetime

from server.core.access import Actor
from server.core.clock import whole
from server.dialects.kit.rates import Buckets
from server.engine import Engine

GUEST = Actor("guest", "none", frozenset(), source="indico", label="guest")
"""Who asks without a key, where the mode lets them: only what is everybody's is told to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the settings say. `zone`: in which times without a zone are read.

    `mode` 0 to 4: key, only key, signed, only key signed, all signed. `ttl`: seconds for which a signature counts.
    `persistent`: one without a time counts, where the key allows it. `guests`: rooms may be looked up by name without a
    key. `legacy`: buildings are numbers, and types and addresses those of 2011. `honest_status`: a refusal of a booking
    is not a 200. `uid_domain`: what follows the @ in calendars.
    """

    zone: str = "UTC"
    mode: int = 0
    ttl: int = 600
    persistent: bool = False
    guests: bool = True
    legacy: bool = False
    honest_status: bool = False
    uid_domain: str = "lintel"


@dataclass(frozen=True, slots=True)
class Desk:
    """One per app."""

    engine: Engine
    terms: Terms = field(default_factory=Terms)
    rates: Buckets = field(default_factory=lambda: Buckets(0, 0))

    def now(self) -> datetime:
        """The present instant in whole seconds."""
        return whole(self.engine.clock.now())

"""What RoomLoop's views work with: the engine, Google's word (where it is asked), and how often a token may ask."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from server.core.clock import whole
from server.dialects.roomloop.downloads import Downloads
from server.dialects.roomloop.limits import Limits
from server.engine import Engine

if TYPE_CHECKING:
    from server.dialects.roomloop.google import Google  # weighs 9 MiB, which a house without it need not have


@dataclass(frozen=True, slots=True)
class Desk:
    """One per app. `google` None: nobody signs in with Google here. `allow_http`: plain http from other machines."""

    engine: Engine
    google: "Google | None" = None
    limits: Limits = field(default_factory=Limits)
    allow_http: bool = False
    downloads: Downloads = field(default_factory=Downloads)

    def now(self) -> datetime:
        """The present instant in whole seconds."""
        return whole(self.engine.clock.now())

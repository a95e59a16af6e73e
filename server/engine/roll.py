"""The roll of the house put together: who comes onto it, by files and by a provider, and who goes from it."""

from dataclasses import dataclass

from server.core.clock import Clock
from server.engine.booking import Bookings
from server.engine.erasing import Leaving
from server.engine.identities import Identities
from server.engine.passwords import Passwords
from server.engine.people_files import PeopleFiles
from server.engine.retention import Periods, Retention
from server.engine.sealing import Sealing
from server.engine.series import Recurring
from server.store.database import Store


@dataclass(frozen=True, slots=True)
class Roll:
    """The use cases of coming and going."""

    identities: Identities
    people_files: PeopleFiles
    sealing: Sealing
    leaving: Leaving
    retention: Retention


def roll_of(
    store: Store, clock: Clock, bookings: Bookings, series: Recurring, passwords: Passwords, periods: Periods
) -> Roll:
    """The use cases over a store; `periods`: how long what is over is kept."""
    leaving = Leaving(store, clock, bookings, series)
    return Roll(
        identities=Identities(store, clock),
        people_files=PeopleFiles(store, clock),
        sealing=Sealing(store, clock, passwords),
        leaving=leaving,
        retention=Retention(store, clock, leaving, periods),
    )

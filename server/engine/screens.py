"""Everything about the screens at the doors put together: letting them in, how well they are, what they are told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from server.engine.booking import Bookings
from server.engine.desk import Desk
from server.engine.device_keys import DeviceKeys
from server.engine.devices import Devices
from server.engine.enrolment import Enrolments
from server.engine.fleet import Fleet
from server.engine.hearing import PAUSE, Hearing
from server.engine.intake import Intake
from server.engine.lives import Lives
from server.engine.orders import Orders
from server.engine.pairing import Pairing
from server.engine.panel_settings import PanelSettings
from server.engine.presence import Presence
from server.engine.pushing import Address, Pushing
from server.engine.settling import Conflicts
from server.engine.throttle import Throttle
from server.engine.tokens import Aside, Tokens, at_once


def no_authorities() -> tuple[str, ...]:
    """Devices believe whom their machines believe."""
    return ()


@dataclass(frozen=True, slots=True)
class Screens:
    """The use cases of panels and boards."""

    devices: Devices
    pairing: Pairing
    lives: Lives
    pushing: Pushing
    fleet: Fleet
    panel_settings: PanelSettings
    intake: Intake
    conflicts: Conflicts


def screens_of(
    desk: Desk, tokens: Tokens, bookings: Bookings, presence: Presence, throttle: Throttle, aside: Aside,
    authorities: Callable[[], tuple[str, ...]], lately: dict[int, datetime],
) -> Screens:  # fmt: skip
    """The use cases over a desk. `authorities`: certificates (PEM) of those whom devices believe. In `lately` is noted
    when devices are heard."""
    store, clock = desk.store, desk.clock
    hearing = Hearing(store, clock, aside, 0.0 if aside is at_once else PAUSE, lately=lately)
    settings, address = PanelSettings(store, clock, desk.house), Address()
    kept = DeviceKeys(store, clock, desk.house, tokens, settings, authorities, lambda: address.url)
    devices = Devices(store, clock, tokens, bookings, presence, kept)
    return Screens(
        devices=devices,
        pairing=Pairing(store, clock, throttle, Enrolments(store, clock, desk.house), authorities, aside),
        lives=Lives(store, clock, aside),
        pushing=Pushing(store, clock, devices, desk.house, address),
        fleet=Fleet(store, clock, hearing, Orders(store, clock)),
        panel_settings=settings,
        intake=Intake(desk),
        conflicts=Conflicts(desk),
    )

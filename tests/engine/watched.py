"""A house in which people are looked for: Oak asks for check-in, and its panel has seen everything."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from server.core.access import Actor
from server.core.clock import epoch
from server.core.model import Booking
from server.store import releases
from server.store.database import Tx
from server.store.releases import Course
from tests.make import House, at

LONG_AGO = at("00:00")


def asks(house: House, slug: str = "oak", **policy: object) -> None:
    """The room asks for check-in and gives back what nobody comes to."""
    house.policy(slug, **{"check_in": True, "release": "on", **policy})


def panel(house: House, *rooms: str) -> Actor:
    """A panel that has painted since this morning and whose touch is sound."""
    device, _, actor = house.panel(*rooms)
    tell(house, device.number, painted_since=LONG_AGO, touch="good")
    return actor


def tell(
    house: House, number: int, *, painted_since: datetime | None = None, settled_at: datetime | None = None,
    touch: str | None = None,
) -> None:  # fmt: skip
    """What a panel has said of itself."""
    cells: dict[str, object] = {}
    if painted_since is not None:
        cells["painted_since"] = epoch(painted_since)
    if settled_at is not None:
        cells["settled_at"] = epoch(settled_at)
    if touch is not None:
        cells["touch"] = touch
    names = ", ".join(f"{name} = ?" for name in cells)
    house.store.writing(lambda tx: tx.run(f"UPDATE device SET {names} WHERE id = ?", (*cells.values(), number)))


def sweep(house: House, *, heard: bool = True) -> dict[str, int]:
    """A round; where `heard`, all panels have just said that nothing is owed."""
    if heard:
        now = epoch(house.clock.now())
        house.store.writing(lambda tx: tx.run("UPDATE device SET settled_at = ?", (now,)))
    return dict(house.engine.attendance.run())


def rounds(house: House, until: datetime | str, *, every: int = 30, heard: bool = True) -> dict[str, int]:
    """A round every so many seconds up to an instant; what they did in all."""
    last = at(until) if isinstance(until, str) else until
    done: dict[str, int] = {}
    for moment in _steps(house.clock.now(), last, every):
        house.clock.set(moment)
        for name, count in sweep(house, heard=heard).items():
            done[name] = done.get(name, 0) + count
    return done


def _steps(first: datetime, last: datetime, every: int) -> Iterator[datetime]:
    moment = first
    while moment < last:
        yield moment
        moment += timedelta(seconds=every)
    yield last


def course(house: House, it: Booking) -> Course | None:
    """How far its release has come."""
    with house.store.reading() as tx:
        return releases.courses(tx, [it.id]).get(it.id)


def again(house: House, it: Booking) -> Booking:
    """The booking as it is now."""
    return house.engine.bookings.get(it.uid, house.ada)


def notes(house: House, it: Booking, *whats: str) -> list[tuple[str, str]]:
    """What happened to a booking, with its codes; only of these kinds where some are named."""

    def rows(tx: Tx) -> list[tuple[str, str]]:
        found = tx.rows(
            "SELECT what, codes FROM change WHERE subject = ? AND room_id IS NOT NULL ORDER BY seq", (it.id,)
        )
        return [(what, codes) for what, codes in found if not whats or what in whats]

    with house.store.reading() as tx:
        return rows(tx)


def alive(house: House, since: datetime | str, until: datetime | str) -> None:
    """The server did its rounds in that time."""
    low, high = (epoch(at(it) if isinstance(it, str) else it) for it in (since, until))
    house.store.writing(lambda tx: tx.run("INSERT INTO alive (since, until) VALUES (?,?)", (low, high)))

"""A tap whose answer was lost comes twice at once, as an act and in the journal: one effect, one answer (R11, I4)."""

import threading
from collections.abc import Callable, Iterator

import pytest

from server.core.access import Actor
from server.core.model import Booking
from server.engine import Engine, engine_of
from server.engine.intake import Batch
from server.engine.tapping import Act
from server.store.database import open_store
from tests import make
from tests.engine.card import Card, owns
from tests.make import House, at

pytestmark = pytest.mark.heavy
ROOMS = 8


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """Eight rooms beside Oak and Elm, each with a panel that owns its next hours."""
    with make.opened(database_url) as store:
        it = make.house(store)
        for number in range(ROOMS):
            it.engine.rooms.add(make.room(f"r{number}"), it.ada)
        yield it


def at_once(*works: Callable[[], Booking | None]) -> list[Booking | None]:
    """All of it begun together; what each answered, or raises what one raised."""
    ready, found, wrong = threading.Barrier(len(works)), dict[int, Booking | None](), list[BaseException]()

    def run(place: int) -> None:
        ready.wait()
        try:
            found[place] = works[place]()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if wrong:
        raise wrong[0]
    return [found[place] for place in range(len(works))]


def test_an_act_and_the_journal_at_once_have_one_effect(house: House, database_url: str) -> None:
    stores = [open_store(database_url) for _ in range(2)]
    first, second, third = house.engine, *(engine_of(store, house.clock) for store in stores)
    for number in range(ROOMS):
        slug = f"r{number}"
        actor = house.panel(slug)[2]
        owns(house, actor, at("10:00"), at("12:00"), slug)
        card = Card(house, actor, epoch=f"an-epoch-{number}")
        op = card.walk_in(room=slug, grade="confirmed")
        batch = Batch(card.epoch, 1, card.boot, card.mono, tuple(card.said))
        answers = at_once(
            lambda op=op, slug=slug, actor=actor: acted(first, op, slug, actor),  # type: ignore[misc]
            lambda actor=actor, batch=batch: taken(second, actor, batch),  # type: ignore[misc]
            lambda actor=actor, batch=batch: taken(third, actor, batch),  # type: ignore[misc]
        )
        assert len({it.id for it in answers if it is not None}) == 1
        assert None not in answers
        assert house.day(slug) == [(at("10:00"), at("10:30"))]
        assert house.engine.conflicts.count(house.ada) == 0
    for store in stores:
        store.close()


def acted(engine: Engine, op: str, slug: str, actor: Actor) -> Booking:
    return engine.devices.act(Act(op, "book", slug, at("10:05"), start=at("10:00"), end=at("10:30")), actor)


def taken(engine: Engine, actor: Actor, batch: Batch) -> Booking | None:
    told = engine.intake.take(actor, batch)
    assert [it.outcome for it in told.results] == ["accepted"]
    return told.results[0].booking

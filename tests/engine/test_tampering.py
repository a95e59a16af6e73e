"""Whatever is altered, added, taken away or moved in the audit trail is found, and what was cut by a head elsewhere."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from server.core.access import CLI
from server.core.heads import Head
from server.engine.audit import Verdict
from server.store.database import Store, Tx
from tests import make
from tests.engine import tampering


class Within:
    """The store as one open transaction sees it."""

    def __init__(self, store: Store, tx: Tx) -> None:
        self.postgres, self._tx = store.postgres, tx

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        yield self._tx


def found(house: make.House, times: int, seed: int) -> Counter[str]:
    """Tampers so often, each time anew, and counts what was not found, by kind."""
    tampering.life(house)
    head = house.engine.audit.head(house.clock.now())
    assert head is not None
    house.book("17:00", "17:30")
    ways = [*tampering.KINDS, tampering.linked_anew(house.store, head.seq)]
    missed: Counter[str] = Counter()

    def work(tx: Tx) -> None:
        audit = replace(house.engine.audit, store=Within(house.store, tx))  # type: ignore[arg-type]

        def verdict(elsewhere: tuple[Head, ...] = ()) -> Verdict:
            return audit.verify(CLI, elsewhere=elsewhere)

        assert verdict((head,)).found is None
        for number in range(times):
            chance = random.Random(seed + number)
            way = ways[number % len(ways)]
            elsewhere = (head,) if way is ways[-1] else ()
            told = tampering.undone(tx, way, chance, lambda _: verdict(elsewhere))  # noqa: B023 - called at once
            assert isinstance(told, Verdict)
            if told.found is None:
                missed[f"{way.__name__} {seed + number}"] += 1
        assert verdict((head,)).found is None

    house.store.writing(work)
    return missed


def test_whatever_is_done_to_the_trail_is_found(house: make.House) -> None:
    assert found(house, 340, seed=1) == Counter()


@pytest.mark.heavy
def test_ten_thousand_ways_to_tamper_are_all_found(house: make.House) -> None:
    assert found(house, 2_000 if house.store.postgres else 10_000, seed=10_000) == Counter()

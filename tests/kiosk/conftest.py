"""What the kiosk's tests share: a server that speaks the protocol, on a real port."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .makers import booking, plan
from .rig import Rig
from .server_double import Server, Truth, truth_of


@pytest.fixture
def truth() -> Truth:
    """What the server knows: room Oak, always open, in real time, with one meeting in two hours."""
    now = int(time.time())
    start = now - now % 86_400 - 3600
    return truth_of(
        plan(
            booking(now + 7200, now + 9000, id="later", host="L. R."),
            start=start,
            end=start + 15 * 86_400,
            offsets=((start, 3600),),
        )
    )


@pytest.fixture
def server(truth: Truth) -> Iterator[Server]:
    it = Server(truth)
    yield it
    it.stop()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Makes an agent with its server: `rig(booking(...), gap_minutes=5)`."""
    made: list[Rig] = []

    def make(*bookings: Any, **more: Any) -> Rig:
        made.append(Rig(tmp_path / f"data-{len(made)}", *bookings, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()

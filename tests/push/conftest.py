"""A push over a furnished house, and ears that are closed at the end."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from server.push.hub import Bounds
from server.push.together import Push
from server.store.database import Store
from tests import make
from tests.cluster import Cluster
from tests.push.ears import Ear

Pushed = Callable[..., Push]
QUICK = Bounds(beat=0.2, slots=4)


@pytest.fixture(scope="module")
def kept_postgres(postgres_cluster: Cluster) -> Iterator[Store]:
    url = postgres_cluster.create()
    with make.opened(url) as store:
        yield store
    postgres_cluster.drop(url)


@pytest.fixture(scope="module")
def kept_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path: Path = tmp_path_factory.mktemp("push") / "lintel.db"
    with make.opened(f"sqlite:///{path}") as store:
        yield store


@pytest.fixture
def sqlite_house(kept_sqlite: Store) -> make.House:
    return make.house(make.emptied(kept_sqlite))


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest) -> make.House:
    """Oak and Elm and the cast, once on each kind of database."""
    kept: Store = request.getfixturevalue({"sqlite": "kept_sqlite", "postgresql": "kept_postgres"}[request.param])
    return make.house(make.emptied(kept))


@pytest.fixture
def pushed() -> Iterator[Pushed]:
    """Starts the push of a house; `bounds=` as the test needs them."""
    running: list[Push] = []

    def start(house: make.House, bounds: Bounds = QUICK) -> Push:
        me = lambda actor: house.engine.devices.me(actor).digest  # noqa: E731
        push = Push(house.engine.pushing, "127.0.0.1:0", me=me, bounds=bounds, random=Random(1))
        push.bind()
        push.start()
        running.append(push)
        return push

    yield start
    for push in running:
        push.stop()


@pytest.fixture
def ear() -> Iterator[Callable[[Push], Ear]]:
    """Connects to a push."""
    made: list[Ear] = []

    def connect(push: Push) -> Ear:
        made.append(Ear(push.port))
        return made[-1]

    yield connect
    for each in made:
        each.close()

"""A furnished house on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.engine.rezoning import Rezoned
from server.store.database import Store
from tests import make
from tests.cluster import Cluster
from tests.engine.zone_data import USUAL, Install, zone_files


@pytest.fixture(scope="session")
def shared_postgres(postgres_cluster: Cluster) -> Iterator[Store]:
    """A store over one PostgreSQL database for all engine tests, emptied before each."""
    url = postgres_cluster.create()
    with make.opened(url) as store:
        yield store
    postgres_cluster.drop(url)


@pytest.fixture
def sqlite_house(fresh_sqlite: str) -> Iterator[make.House]:
    with make.opened(fresh_sqlite) as store:
        yield make.house(store)


@pytest.fixture
def postgres_house(shared_postgres: Store) -> make.House:
    return make.house(make.emptied(shared_postgres))


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest) -> make.House:
    """Oak and Elm and the cast; a test that asks for it runs once on each kind of database."""
    name = {"sqlite": "sqlite_house", "postgresql": "postgres_house"}[request.param]
    found: make.House = request.getfixturevalue(name)
    return found


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Install]:
    """Puts zone data in the place of this machine's; at first what Berlin is used to."""
    with zone_files(tmp_path / "zoneinfo") as found:
        found(USUAL)
        yield found


@pytest.fixture
def kept(install: Install, house: make.House) -> make.House:
    """The house in a year in which Berlin does what it is used to, and that is kept."""
    assert house.engine.zones.run() == Rezoned()
    return house

"""A store with its schema on each kind of database, and the drivers themselves for hand-typed SQL."""

from collections.abc import Callable, Iterator
from typing import Any

import apsw
import psycopg
import pytest

from server.store.database import Store
from tests import make
from tests.cluster import Cluster

Typed = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def shared_postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """One PostgreSQL database for all store tests that do not ask for a fresh one."""
    url = postgres_cluster.create()
    yield url
    postgres_cluster.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of the database that `store` opens."""
    found: str = request.getfixturevalue({"sqlite": "fresh_sqlite", "postgresql": "shared_postgres_url"}[request.param])
    return found


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty database with the schema, once of each kind."""
    with make.opened(url) as opened:
        yield make.emptied(opened)


@pytest.fixture
def typed(url: str, store: Store) -> Iterator[Typed]:
    """Runs a statement as somebody at a prompt would, past all of Lintel's own code."""
    connection: Any
    if store.postgres:
        connection = psycopg.connect(url, autocommit=True)
    else:
        connection = apsw.Connection(url.removeprefix("sqlite:///"))
        connection.execute("PRAGMA foreign_keys = on").fetchall()

    def run(statement: str) -> list[tuple[Any, ...]]:
        cursor = connection.execute(statement)
        return list(cursor.fetchall()) if not store.postgres or cursor.description else []

    yield run
    connection.close()

"""The door of a fresh house; `door` on SQLite, `any_door` once on each kind of database."""

from collections.abc import Iterator

import pytest

from tests.dialects.roomvox import door as doors
from tests.make import house, opened


@pytest.fixture
def door(fresh_sqlite: str) -> Iterator[doors.Door]:
    """RoomVox's door on SQLite."""
    with opened(fresh_sqlite) as store:
        yield doors.door(house(store))


@pytest.fixture
def any_door(database_url: str) -> Iterator[doors.Door]:
    """RoomVox's door, once on each database."""
    with opened(database_url) as store:
        yield doors.door(house(store))

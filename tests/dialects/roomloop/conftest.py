"""RoomLoop's door of a fresh house: `door` on SQLite, `any_door` on each database."""

import pytest

from tests.dialects.roomloop import door as doors
from tests.engine.conftest import house, postgres_house, shared_postgres, sqlite_house
from tests.make import House

__all__ = ["house", "postgres_house", "shared_postgres", "sqlite_house"]


@pytest.fixture
def door(sqlite_house: House) -> doors.Door:
    """RoomLoop's door on SQLite."""
    return doors.door(sqlite_house)


@pytest.fixture
def any_door(house: House) -> doors.Door:
    """RoomLoop's door, once on each database."""
    return doors.door(house)

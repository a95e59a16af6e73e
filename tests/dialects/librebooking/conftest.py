"""LibreBooking's doors of a fresh house: `door` as documented, `wire` as on the wire, `any_door` on each database."""

from collections.abc import Iterator

import pytest

from tests import make
from tests.dialects.librebooking import door as doors
from tests.engine.conftest import house, postgres_house, shared_postgres, sqlite_house
from tests.make import House

__all__ = ["house", "postgres_house", "shared_postgres", "sqlite_house"]


@pytest.fixture
def door(sqlite_house: House) -> doors.Door:
    """The door as it is documented."""
    return doors.door(sqlite_house)


@pytest.fixture
def wire(door: doors.Door) -> doors.Door:
    """The same house as on the wire."""
    return doors.door(door.house, "wire", door)


@pytest.fixture(params=["documented", "wire"])
def either(request: pytest.FixtureRequest, sqlite_house: House) -> doors.Door:
    """Each shape in turn."""
    return doors.door(sqlite_house, request.param)


@pytest.fixture
def any_door(house: House) -> doors.Door:
    """The documented door, once on each database."""
    return doors.door(house)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[doors.Door]:
    """A door as it is documented, of one house for all tests of a file that change nothing in it."""
    with make.opened(f"sqlite:///{tmp_path_factory.mktemp('shared') / 'lintel.db'}") as store:
        yield doors.door(make.house(store))

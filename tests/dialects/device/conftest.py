"""The panels' app over Oak and Elm, on SQLite: the engine has its tests on both databases."""

from collections.abc import Iterator

import pytest

from tests import make
from tests.dialects.device.glass import Glass, glass


@pytest.fixture
def it(fresh_sqlite: str) -> Iterator[Glass]:
    with make.opened(fresh_sqlite) as store:
        yield glass(make.house(store))

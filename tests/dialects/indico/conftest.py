"""The house of 2011, furnished once; tests that change it furnish one of their own."""

from pathlib import Path

import pytest

from tests.dialects.indico.cern import Cern


@pytest.fixture(scope="session")
def cern(tmp_path_factory: pytest.TempPathFactory) -> Cern:
    """The house; nobody changes it."""
    return Cern(tmp_path_factory.mktemp("cern"))


@pytest.fixture
def fresh_cern(tmp_path: Path) -> Cern:
    """A house to change."""
    return Cern(tmp_path)

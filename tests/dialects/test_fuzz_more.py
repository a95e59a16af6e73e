"""Generated requests against the other doors of the server (test_fuzz.py)."""

from pathlib import Path

import pytest

from tests.dialects.test_fuzz import CASES, HERE, MOUNTS, SOAKED, fuzzed

pytestmark = pytest.mark.timeout(300)
OTHERS = [mount for mount in MOUNTS if mount not in HERE]


@pytest.mark.heavy
@pytest.mark.parametrize("mount", OTHERS)
def test_no_generated_request_breaks_these_either(mount: str, tmp_path: Path) -> None:
    assert min(fuzzed(mount, tmp_path, MOUNTS[mount]).values()) > 0


@pytest.mark.soak
@pytest.mark.parametrize("mount", OTHERS)
def test_nor_do_very_many(mount: str, tmp_path: Path) -> None:
    assert min(fuzzed(mount, tmp_path, SOAKED.get(mount, 40 * CASES)).values()) > 0

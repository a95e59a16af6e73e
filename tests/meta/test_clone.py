"""A clone of the last commit needs nothing but Python, make and the package index to run."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.meta import tree

MOST_SECONDS = 120


@pytest.mark.heavy
@pytest.mark.timeout(400)
def test_a_fresh_clone_runs_from_its_lock_within_two_minutes(tmp_path: Path) -> None:
    if not (tree.ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("no git history here to clone")
    clone = tmp_path / "lintel"
    subprocess.run(["git", "clone", "--quiet", str(tree.ROOT), str(clone)], check=True)
    began = time.monotonic()
    subprocess.run(["make", "--no-print-directory", ".venv/.ready-to-run"], cwd=clone, check=True)
    took = time.monotonic() - began
    for program in ("lintel", "lintel-kiosk"):
        done = subprocess.run([clone / ".venv/bin" / program, "--help"], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
    assert took < MOST_SECONDS

"""Which files belong to the project: what git tracks, or everything below the root where there is no git."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "build"}


@cache
def files(*suffixes: str) -> tuple[Path, ...]:
    """The project's files as paths relative to the root, all or those with one of the suffixes."""
    found = _tracked() if (ROOT / ".git").exists() else _lying_about()
    return tuple(path for path in found if not suffixes or path.suffix in suffixes)


def text(path: Path) -> str | None:
    """What stands in the file; None for a picture or other binary."""
    raw = (ROOT / path).read_bytes()
    return None if b"\0" in raw else raw.decode("utf-8")


def _tracked() -> list[Path]:
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _lying_about() -> list[Path]:
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return sorted(path for path in paths if not MADE & set(path.parts))

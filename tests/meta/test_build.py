"""Makefile, pins and linters are what they claim: a planted violation makes each of them fail."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.meta import checks, tree

BIN = Path(sys.executable).parent
LOCKS = ("dev", "server", "kiosk")
TARGETS = {"help", "venv", "demo", "test", "ci", "check", "fmt", "lock", "bench", "soak"}


def lock(name: str) -> dict[str, str]:
    text = tree.text(Path(f"requirements/{name}.txt")) or ""
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE))


def configuration() -> dict[str, Any]:
    return tomllib.loads(tree.text(Path("pyproject.toml")) or "")


def ruff(text: str, name: str) -> str:
    command = [str(BIN / "ruff"), "check", "--output-format=concise", "--stdin-filename", name, "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, cwd=tree.ROOT)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_every_make_target_has_help_and_none_is_missing() -> None:
    makefile = tree.text(Path("Makefile")) or ""
    assert checks.helpless_targets(makefile) == []
    assert set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)) >= TARGETS


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_is_an_exact_version_with_hashes(name: str) -> None:
    path = Path(f"requirements/{name}.txt")
    assert checks.unpinned(path, tree.text(path) or "") == []
    assert lock(name)


def test_the_small_locks_agree_with_the_large_one() -> None:
    whole = lock("dev").items()
    assert lock("server").items() <= whole
    assert lock("kiosk").items() <= whole


def test_every_declared_requirement_is_locked_and_the_build_backend_too() -> None:
    project = configuration()
    extras = project["project"]["optional-dependencies"]
    for name, wanted in {"server": ["server", "postgres"], "kiosk": ["kiosk"], "dev": list(extras)}.items():
        declared = [line for extra in wanted for line in extras[extra]]
        declared += project["project"]["dependencies"] + project["build-system"]["requires"]
        names = {re.split(r"[\[<>=~! ]", line)[0] for line in declared}
        assert names - set(lock(name)) == set()


def test_a_panel_has_no_heavy_library() -> None:
    heavy = {"pydantic", "pydantic-core", "peewee", "cryptography", "psycopg", "apsw", "icalendar"}
    assert heavy & set(lock("kiosk")) == set()


@pytest.mark.parametrize(
    ("lines", "banned"),
    [
        ("from datetime import UTC, datetime\n\nx = datetime.now(UTC)\n", "datetime.datetime.now"),
        ("import datetime as dt\n\nx = dt.datetime.utcnow()\n", "datetime.datetime.utcnow"),
        ("import datetime\n\nx = datetime.date.today()\n", "datetime.date.today"),
        ("import time\n\nx = time.time()\n", "time.time"),
        ("from time import time as now\n\nx = now()\n", "time.time"),
        ("import os\n\nx = os.environ['A']\n", "os.environ"),
        ("from os import getenv\n\nx = getenv('A')\n", "os.getenv"),
    ],
)
def test_clock_and_environment_are_out_of_bounds(lines: str, banned: str) -> None:
    for name in ("server/engine/booking.py", "server/cli.py", "kiosk/agenda.py", "server/console/clock.py"):
        assert f"TID251 `{banned}` is banned" in ruff(lines, name)
    home = "settings.py" if banned.startswith("os.") else "clock.py"
    assert "TID251" not in ruff(lines, f"kiosk/{home}")
    assert "TID251" not in ruff(lines, f"server/{home}" if home == "settings.py" else f"server/core/{home}")


def test_print_is_for_the_command_line_alone() -> None:
    assert "T201" in ruff("print(1)\n", "server/engine/booking.py")
    assert "T201" not in ruff("print(1)\n", "server/cli.py")


# A tree in small in which every contract is broken.
PLANTED = {
    "server/compose.py": "",
    "server/core/planted.py": "import flask, os",
    "server/store/planted.py": "import server.engine, flask",
    "server/engine/planted.py": "import peewee, playhouse, apsw, psycopg, sqlite3",
    "server/dialects/roomvox/planted.py": "import server.store, server.dialects.device, kiosk, apscheduler",
    "server/dialects/device/planted.py": "",
    "server/console/planted.py": "",
    "server/dialects/roomloop/google.py": "",
    "server/dialects/roomloop/google_keys.py": "",
    "server/push/planted.py": "import asyncio",
    "server/work/planted.py": "import asyncio, authlib, joserfc, prometheus_client, xlsxwriter",
    "server/health.py": "",
    "server/metrics.py": "",
    "server/engine/tables.py": "",
    "server/engine/table_stream.py": "",
    "kiosk/planted.py": "import pydantic",
    "kiosk/agenda.py": "import requests",
}


def lint_imports(folder: Path) -> "subprocess.CompletedProcess[str]":
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", code, "--no-cache", "--no-logo"]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


def test_every_contract_of_the_layers_breaks_when_it_is_broken(tmp_path: Path) -> None:
    shutil.copy(tree.ROOT / "pyproject.toml", tmp_path)
    for name, line in PLANTED.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(line + "\n")
        for folder in Path(name).parents[:-1]:
            (tmp_path / folder / "__init__.py").touch()
    done = lint_imports(tmp_path)
    contracts = configuration()["tool"]["importlinter"]["contracts"]
    assert done.returncode == 1, done.stdout + done.stderr
    assert [one["name"] for one in contracts if f"{one['name']} BROKEN" not in done.stdout] == []


def test_the_contracts_know_no_exceptions() -> None:
    contracts = configuration()["tool"]["importlinter"]["contracts"]
    assert [one["name"] for one in contracts if "ignore_imports" in one or "exhaustive_ignores" in one] == []

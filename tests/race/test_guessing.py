"""Guesses from several processes at once, on each kind of database: together they have no more tries than one."""

import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from server.core.access import CLI
from server.engine import engine_of, prepare
from tests import make
from tests.accounts import PASSWORD, QUICK, add

ROOT = Path(__file__).resolve().parents[2]
GUESSER = textwrap.dedent("""
    import sys
    from server.core.clock import SystemClock
    from server.core.errors import Later, Unnamed
    from server.engine import engine_of
    from server.store.database import open_store

    engine = engine_of(open_store(sys.argv[1]), SystemClock())
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(5):
        try:
            engine.sign_in.sign_in("eva", "guess guess", source="console", address="203.0.113.7")
        except Unnamed:
            print("wrong")
        except Later as error:
            print("later" if error.too_many else "busy")
""")


@pytest.mark.race
def test_processes_that_guess_at_once_have_five_tries_together_and_a_new_one_has_none(database_url: str) -> None:
    with make.opened(database_url) as store:
        house = make.house(store)
        object.__setattr__(house.engine.sign_in.passwords, "hasher", QUICK)
        add(house, "eva", password=PASSWORD)
    first = [start(database_url) for _ in range(3)]
    for process in first:
        go(process)
    told = Counter(line for process in first for line in finish(process))
    assert told == {"wrong": 5, "later": 10}
    late = start(database_url)
    go(late)
    assert set(finish(late)) == {"later"}
    with make.opened(database_url) as store:
        prepare(store, make.Clock())
        engine = engine_of(store, make.Clock())
        assert engine.people.unlock(engine.people.find("eva", CLI).number, CLI) > 0


def start(url: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", GUESSER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def finish(process: "subprocess.Popen[str]") -> list[str]:
    """What came of each guess."""
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out.split()

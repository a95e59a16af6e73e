"""`python -m tests.sim.hunt`: which seed and step finds each planted bug first; exits 1 where one lives."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.sim.planted import PLANTED, planted
from tests.sim.run import run
from tests.sim.seeds import FURTHER, LOTS, STEPS, lot


@dataclass(frozen=True, slots=True)
class Kill:
    """Where a bug was found; `law` is "" where it lives. `steps`: all that were played for it."""

    bug: str
    seed: int
    step: int
    law: str
    steps: int

    def row(self) -> str:
        found = f"{self.law} at step {self.step} of seed {self.seed}" if self.law else "LIVES"
        return f"{self.bug:<62} {found}"


def kill(bug: str, seeds: Iterable[int], steps: int = STEPS) -> Kill:
    """Plays the seeds with the bug in place until a law is broken, or until something falls over."""
    played, seed = 0, 0
    with planted(bug):
        for seed in seeds:
            try:
                report = run(seed, steps)
            except (AssertionError, LookupError, TypeError, ValueError) as error:
                return Kill(bug, seed, 0, type(error).__name__, played)
            played += report.steps
            if report.broke:
                return Kill(bug, seed, report.steps, report.broke, played)
    return Kill(bug, seed, 0, "", played)


def seeds() -> Iterator[int]:
    for number in range(LOTS):
        yield from lot(number)
    yield from FURTHER


def main(bugs: Sequence[str]) -> int:
    logging.disable()
    begun = time.perf_counter()
    kills = []
    for bug in bugs or PLANTED:
        kills.append(kill(bug, seeds()))
        print(kills[-1].row(), flush=True)
    alive = sum(1 for it in kills if not it.law)
    print(f"planted={len(kills)} lives={alive} steps={sum(it.steps for it in kills)} "
          f"seconds={time.perf_counter() - begun:.1f}")  # fmt: skip
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Twenty million steps of simulated houses (`make soak`): a line a minute, and how many were really played."""

import os
import time
from collections import Counter
from itertools import count

import pytest

from tests.sim.run import code, run, summary
from tests.sim.seeds import STEPS

STEPS_IN_ALL = 20_000_000
FIRST = 1_000_000
MINUTE = 60.0


@pytest.mark.soak
def test_twenty_million_steps_break_no_law() -> None:
    """`SIM_STEPS` and `SIM_MINUTES` in the environment set how many steps, and after how many minutes it ends."""
    wanted = int(os.environ.get("SIM_STEPS", STEPS_IN_ALL))
    last = time.monotonic() + MINUTE * float(os.environ.get("SIM_MINUTES", 120))
    done, told, broken = 0, time.monotonic(), []
    counts: Counter[str] = Counter()
    for seed in count(FIRST):
        report = run(seed, STEPS)
        done += report.steps
        counts += report.counts
        broken += [report.line()] if report.broke else []
        if time.monotonic() > told + MINUTE:
            told = time.monotonic()
            print(f"steps={done} seeds={seed - FIRST + 1} violations={len(broken)}", *broken[-1:], flush=True)
        if done >= wanted or time.monotonic() > last:
            break
    print(f"steps={done} of={wanted} violations={len(broken)} code={code()}; {summary(counts)}")
    assert broken == []

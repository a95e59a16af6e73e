"""`python -m tests.sim --seed N --steps M` plays a seed, or K of them (`--seeds K`); exits 1 where one breaks a law."""

import argparse
import logging
import sys
import time
from collections import Counter

from tests.sim.run import code, run, summary


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5_000)
    parser.add_argument("--story", metavar="WORD", help="print what happened where it has that word; 'all' for all")
    said = parser.parse_args()
    logging.disable()  # a panel that is broken on purpose says so
    begun, steps, broken = time.perf_counter(), 0, 0
    counts: Counter[str] = Counter()
    for seed in range(said.seed, said.seed + said.seeds):
        story: list[str] | None = [] if said.story else None
        report = run(seed, said.steps, story)
        for line in story or ():
            if said.story in ("all", *line.split()) or said.story in line:
                print(line)
        steps += report.steps
        counts += report.counts
        if report.broke:
            broken += 1
            print(report.line())
    spent = time.perf_counter() - begun
    print(summary(counts))
    rate = f"seconds={spent:.1f} rate={steps / spent:.0f}/s"
    print(f"seeds={said.seeds} steps={steps} violations={broken} {rate} code={code()}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

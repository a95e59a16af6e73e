"""Runs one seed: so many steps, then everything is healed, and what was told to people is looked at.

A run that breaks a law tells so in one line (seed, step, law, version of the code), and does the same again with the
same seed.
"""

import logging
import subprocess
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate

from tests.sim.faults import Faults, quiet
from tests.sim.people import People
from tests.sim.promises import Violation
from tests.sim.world import World

Act = Callable[[], None]


@dataclass(slots=True)
class Report:
    """What came of a seed. `broke`: the law that did not hold, at step `steps`; "" for none."""

    seed: int
    steps: int
    broke: str = ""
    what: str = ""
    counts: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        """One line, enough to see it again."""
        return f"seed={self.seed} step={self.steps} broke={self.broke} code={code()} what={self.what[:600]}"


@cache
def code() -> str:
    """The version of the code that runs; empty outside a repository."""
    ran = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return ran.stdout.strip()


class Game:
    """A world with what may happen in it, and how often."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed)
        self.people, self.faults = People(self.world), Faults(self.world)
        rng = self.world.rng
        rare = rng.choice((0.3, 1.0, 1.0, 3.0))
        people, faults = self.people, self.faults
        acts: list[tuple[Act, float]] = [
            (self.world.deliver, 40.0), (self.think, 34.0), (people.tap, rng.choice((3, 6, 12))),
            (people.book, rng.choice((0.5, 1, 3))), (people.cancel, rng.choice((0.5, 1.5, 3))), (people.move, 0.7),
            (people.shut, 0.05), (people.policy, 0.05), (people.force, 0.05 * rare), (people.decide, 0.3),
            (faults.part, 0.25 * rare), (faults.jam, 0.6 * rare), (faults.swizzle, 0.02 * rare),
            (faults.cut, 0.2 * rare), (faults.power, 1.0), (faults.restart, 0.2 * rare),
            (faults.shaky, 0.1 * rare), (faults.full, 0.05 * rare),
            (faults.clock, 0.1 * rare), (faults.lost_plan, 0.03 * rare), (faults.swap, 0.02 * rare), (faults.pair, 0.2),
            (faults.clone, rng.choice((0.0, 0.0, 0.06))), (faults.reassign, 0.02 * rare), (faults.night, 0.05),
            (faults.back_up, 0.1), (faults.restore, 0.03 * rng.choice((0.0, 1.0, 2.0))), (self.sweep, 0.3),
        ]  # fmt: skip
        self.acts = [act for act, _ in acts]
        self.bounds = list(accumulate(weight for _, weight in acts))

    def think(self) -> None:
        self.world.think(self.world.rng.choice(self.world.units))

    def sweep(self) -> None:
        self.world.server.swept()

    def draw(self) -> Act:
        return self.acts[bisect(self.bounds, self.world.rng.random() * self.bounds[-1])]

    def play(self, steps: int) -> None:
        """Raises Violation."""
        world = self.world
        for _ in range(steps):
            world.step(self.draw())
            if world.waiting:
                self.people.look()
        self.settle()

    def settle(self) -> None:
        """Heal, let half a minute pass in which everything arrives, and see what people were told (I3, I7)."""
        world = self.world
        quiet(world)
        for _ in range(60):
            self.faults.pair()
            self._second()
        world.laws.everything()
        world.laws.settled()

    def _second(self) -> None:
        world = self.world
        world.turn(1)
        for unit in world.units:
            for _ in range(3):
                world.think(unit)
                while world.net.ready:
                    world.deliver()
        if world.waiting:
            self.people.look()
        world.laws.after_step()


def run(seed: int, steps: int, story: list[str] | None = None) -> Report:
    """Plays a seed to its end, or to the step at which a law is broken. `story` gets what happened."""
    game = Game(seed)
    game.world.laws.story = story
    report = Report(seed, 0)
    try:
        game.play(steps)
    except Violation as broken:
        report.broke, report.what = broken.law, broken.what
    report.steps, report.counts = game.world.steps, game.world.counts
    return report


def played(seeds: Iterable[int], steps: int | Mapping[int, int]) -> list[Report]:
    """All these seeds, with a line on what was done to them; `steps` of all, or of each."""
    logging.disable()  # a panel that is broken on purpose says so
    try:
        reports = [run(seed, steps if isinstance(steps, int) else steps[seed]) for seed in seeds]
    finally:
        logging.disable(logging.NOTSET)
    counts: Counter[str] = Counter()
    for report in reports:
        counts += report.counts
    broken = sum(1 for report in reports if report.broke)
    done = sum(report.steps for report in reports)
    print(f"steps={done} seeds={len(reports)} violations={broken} code={code()}; {summary(counts)}")
    return reports


def summary(counts: Mapping[str, int]) -> str:
    """What was done, how often."""
    return "; ".join(f"{name} {number}" for name, number in sorted(counts.items()))

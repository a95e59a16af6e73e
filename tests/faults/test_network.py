"""Bad networks, each between one server and a panel of its own: no panel promises what it cannot know.

In each a room that was free is booked while the network is bad. Whatever the panel shows, at every look: it never says
that the room is free and that it knows so once the news is five seconds old, it is never without an answer, and its
plan is still there. Where news get through at all they are shown; when the network heals all panels are right again
within thirty seconds, of the booking and of its end.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from .proxy import NONE, Faults
from .site import Panel, Site, State, brief, live, site

HOURS = 2.0  # of the long run

BAD = 16.0  # seconds
PROMISE = 5.0 + 2.0  # after that nobody says that he knows of what is no more; two for looks on a loaded machine
CONVERGED = 30.0
LOGIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 25\r\n\r\n<html>Sign in here</html>"


@dataclass(frozen=True)
class Bad:
    """A network: what is wrong with it, with its push where that is something else, and whether news come through."""

    faults: Faults
    push: Faults | None = None
    through: bool = False
    flaps: float = 0.0


NETWORKS = {
    "two_seconds_there_and_back": Bad(Faults(latency=1.0), through=True),
    "uneven": Bad(Faults(jitter=1.5), through=True),
    "a_fifth_lost": Bad(Faults(latency=0.2, loss=0.2), through=True),
    "half_open": Bad(Faults(deaf=True, mute=True)),
    "answers_get_lost": Bad(Faults(mute=True)),
    "refused": Bad(Faults(refuse=True, reset_after=0)),
    "reset_in_the_answer": Bad(Faults(reset_after=40)),
    "cut_short": Bad(Faults(cut_after=200)),
    "dripping": Bad(Faults(drip=20)),
    "somebody_else_answers": Bad(Faults(says=LOGIN, reset_after=0)),
    "only_the_push_is_dead": Bad(NONE, push=Faults(mute=True), through=True),
    "the_push_is_kept_back": Bad(Faults(mute=True), push=Faults(hold=12)),
    "comes_and_goes": Bad(Faults(deaf=True, mute=True), flaps=3.0),
}


@dataclass
class Told:
    """What came of one: since when the room was taken, all looks from then on, and how long it took to be right."""

    booked: float
    healed: float
    looks: list[tuple[float, State | None]]
    shown: float
    free_again: float


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told | BaseException]]:
    with site(tmp_path_factory.mktemp("networks")) as it:
        panels = {name: it.add(name.replace("_", "-")) for name in NETWORKS}
        for panel in panels.values():
            panel.until(live("free"), within=60)
        with ThreadPoolExecutor(len(panels)) as pool:
            running = {name: pool.submit(go_through, it, panel, NETWORKS[name]) for name, panel in panels.items()}
            yield {name: each.exception() or each.result() for name, each in running.items()}


def go_through(it: Site, panel: Panel, bad: Bad, seconds: float = BAD) -> Told:
    """The network turns bad, the room is booked, the network heals, the booking is cancelled."""
    panel.suffer(bad.faults, push=bad.push)
    time.sleep(1.0)
    uid = it.book(panel.room)
    booked = time.monotonic()
    while (left := booked + seconds - time.monotonic()) > 0:
        time.sleep(min(left, bad.flaps or left))
        if bad.flaps:
            panel.suffer(bad.faults if panel.proxy.faults == NONE else NONE)
    panel.heal(cut=bool(bad.faults.says))
    healed = time.monotonic()
    shown = panel.until(live("busy"), within=CONVERGED)
    looks = panel.since(booked)
    it.cancel(uid)
    return Told(booked, healed, looks, shown, panel.until(live("free"), within=CONVERGED))


@pytest.mark.heavy
@pytest.mark.parametrize("name", NETWORKS)
def test_the_panel_is_right_in(results: dict[str, Told | BaseException], name: str) -> None:
    told = results[name]
    if isinstance(told, BaseException):
        raise told
    honest(told)
    if NETWORKS[name].through:
        known = next((at for at, state in told.looks if state is not None and state["state"] == "busy"), told.healed)
        assert known < told.healed, "the news would have come through"
    print(f"{name}: right {told.shown:.1f} s after it healed, and of the end {told.free_again:.1f} s after that")


def honest(told: Told) -> None:
    """At no look did it say that it knew what was not so, nor had it nothing to say."""
    for at, state in told.looks:
        said = f"{at - told.booked:.1f} s after: {brief(state)}"
        assert state is not None, said
        assert state["state"] in ("free", "busy"), f"the plan is gone, {said}"
        assert state["room"] is not None, said
        if state["sure"] == "live" and at > told.booked + PROMISE:
            assert state["state"] == "busy", f"it says that it knows, {said}"


@pytest.mark.soak
def test_six_panels_are_right_through_hours_of_networks_of_all_kinds(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        panels = [it.add(f"room-{number}") for number in range(6)]
        end = time.monotonic() + HOURS * 3600

        def suffer(panel: Panel) -> int:
            random, done = Random(panel.room), 0
            while time.monotonic() < end:
                bad = NETWORKS[random.choice(sorted(NETWORKS))]
                honest(go_through(it, panel, bad, random.uniform(2, 60)))
                done += 1
                panel.seen.clear()
            return done

        for panel in panels:
            panel.until(live("free"), within=60)
        with ThreadPoolExecutor(len(panels)) as pool:
            print(f"{sum(pool.map(suffer, panels))} bad networks, all of them survived")

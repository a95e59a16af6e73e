"""Everybody changes the house at once: each room is where it says, and has the policy that its levels come to."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from server.core.access import CLI
from server.core.errors import Invalid, Later, Refused, Unknown
from server.core.levels import INHERIT, Tree
from server.core.model import Room
from server.core.places import HOUSE, Place
from server.core.policy import Policy
from server.engine.places import over_rooms
from tests import make
from tests.make import House

THREADS = 4
FIELDS = ("gap_minutes", "early_minutes", "offer_minutes")


def up(tree: Tree, number: int) -> list[Place]:
    """The place and all above it, the plain way."""
    found = [tree.places[number]]
    while (parent := found[-1].parent) is not None:
        found.append(tree.places[parent])
    return found


def coming_to(room: Room, tree: Tree) -> dict[str, Any]:
    """What the levels come to, worked out by walking up from each place anew, the plain way."""
    groups: dict[int, int] = {}
    for group in tree.groups.get(room.number, ()):
        way = up(tree, group)
        groups.update({it.number: len(way) - n for n, it in enumerate(way) if it.kind == "group"})
    found: dict[str, Any] = {}
    for place in reversed(up(tree, room.place)):
        found.update(place.policy)
    for _, number in sorted((depth, number) for number, depth in groups.items()):
        found.update(tree.places[number].policy)
    found.update(room.own_policy)
    return found


def sound(house: House) -> None:
    """Every room says where it is and has what its levels come to; no group reaches into another place."""
    tree, rooms = house.engine.places.tree(CLI), house.engine.rooms.all(CLI)
    for room in rooms:
        assert room.policy == replace(Policy(), **coming_to(room, tree)), room.id
        names = {"site": "", "building": "", "floor": ""}
        for it in up(tree, room.place):
            names[it.kind] = it.name
        path = {it.number for it in up(tree, room.place)}
        for group in tree.groups.get(room.number, ()):
            assert next(it for it in up(tree, group) if it.kind != "group").number in path
        if room.place != HOUSE:
            assert (room.site, room.building, room.floor) == (names["site"], names["building"], names["floor"])


def act(house: House, dice: random.Random, slug: str) -> None:
    """One random change of the house; `slug` is that of a room there may be need for."""
    engine, name, value = house.engine, dice.choice(FIELDS), dice.randint(1, 90)
    room, site = dice.choice(("oak", "elm")), dice.choice(("Main", "North", "South"))
    match dice.randrange(6):
        case 0:
            engine.policies.set(site, {name: dice.choice((value, INHERIT))}, CLI)
        case 1:
            engine.policies.set("house", {name: value}, CLI)
        case 2:
            engine.policies.set(f"room:{room}", {name: value}, CLI)
        case 3:
            engine.rooms.change(room, CLI, site=site)
        case 4:
            engine.rooms.add(make.room(slug, site=site, floor=str(value % 3)), CLI)
        case 5:
            engine.places.change(engine.places.find(f"{site}/1", CLI).number, CLI, name=f"1 {value}")


def acts(house: House, seed: int, many: int) -> int:
    """So many random changes, each tried until it is done or refused; how many were done."""
    dice, done = random.Random(seed), 0
    for turn in range(many):
        for _ in range(50):
            try:
                act(house, dice, f"r-{seed}-{turn}")
                done += 1
            except Later:
                continue
            except (Invalid, Refused, Unknown):
                pass  # such as a floor that was renamed meanwhile
            break
    return done


def test_rooms_and_levels_agree_whoever_changes_them_meanwhile(house: House) -> None:
    for name in ("North", "South"):
        house.engine.places.add(Place(0, HOUSE, "site", name), CLI)
    gate = Barrier(THREADS)

    def work(seed: int) -> int:
        gate.wait(30)
        return acts(house, seed, 12)

    with ThreadPoolExecutor(THREADS) as pool:
        done = [it.result() for it in [pool.submit(work, seed) for seed in range(THREADS)]]
    assert sum(done) > 6 * THREADS
    sound(house)


def test_a_room_that_comes_while_its_site_changes_has_what_the_site_says(house: House) -> None:
    engine = house.engine
    with ThreadPoolExecutor(3) as pool:
        for turn in range(1, 21):
            gate = Barrier(3)

            def add(turn: int = turn, gate: Barrier = gate) -> None:
                gate.wait(30)
                engine.rooms.add(make.room(f"r-{turn}"), CLI)

            def change(turn: int = turn, gate: Barrier = gate) -> None:
                gate.wait(30)
                engine.policies.set("Main", {"gap_minutes": turn}, CLI)

            def move(turn: int = turn, gate: Barrier = gate) -> None:
                gate.wait(30)
                engine.rooms.change("oak", CLI, site=("North", "Main")[turn % 2])

            for it in [pool.submit(work) for work in (add, change, move)]:
                it.result()
            sound(house)


class Furnishing(RuleBasedStateMachine):
    """Random trees of places and groups with random rules; after each step all rooms are as a plain walk up says."""

    house: House

    def __init__(self) -> None:
        super().__init__()
        make.emptied(self.house.store)
        self.now = make.house(self.house.store, self.house.clock)
        self.names = 0

    def _place(self, pick: int, kinds: tuple[str, ...] = ()) -> Place:
        tree = self.now.engine.places.tree(CLI).places
        fit = [it for it in tree.values() if not kinds or it.kind in kinds]
        return fit[pick % len(fit)] if fit else tree[HOUSE]

    def _try(self, act: Callable[[], object]) -> None:
        with suppress(Invalid, Refused):
            act()

    @rule(pick=st.integers(0, 50), kind=st.sampled_from(["site", "building", "floor", "group", "group"]))
    def add(self, pick: int, kind: str) -> None:
        self.names += 1
        parent = self._place(pick).number
        self._try(lambda: self.now.engine.places.add(Place(0, parent, kind, f"P{self.names}"), CLI))

    @rule(pick=st.integers(0, 50), into=st.integers(0, 50))
    def move(self, pick: int, into: int) -> None:
        place, parent = self._place(pick), self._place(into)
        self._try(lambda: self.now.engine.places.change(place.number, CLI, parent=parent.number))

    @rule(pick=st.integers(0, 50))
    def remove(self, pick: int) -> None:
        self._try(lambda: self.now.engine.places.remove(self._place(pick).number, CLI))

    @rule(slug=st.sampled_from(["oak", "elm"]), pick=st.integers(0, 50))
    def carry(self, slug: str, pick: int) -> None:
        place = self._place(pick, ("site", "building", "floor"))
        self._try(lambda: self.now.engine.rooms.change(slug, CLI, place=place.number))

    @rule(slug=st.sampled_from(["oak", "elm"]), picks=st.sets(st.integers(0, 50), max_size=3))
    def group(self, slug: str, picks: set[int]) -> None:
        groups = {self._place(pick, ("group",)).number for pick in picks}
        self._try(lambda: self.now.engine.rooms.change(slug, CLI, groups=groups))

    @rule(pick=st.integers(0, 50), name=st.sampled_from(FIELDS), value=st.integers(1, 90) | st.just(INHERIT))
    def set(self, pick: int, name: str, value: Any) -> None:
        self._try(lambda: self.now.engine.policies.set(f"#{self._place(pick).number}", {name: value}, CLI))

    @rule(slug=st.sampled_from(["oak", "elm"]), name=st.sampled_from(FIELDS), value=st.integers(1, 90))
    def own(self, slug: str, name: str, value: int) -> None:
        self._try(lambda: self.now.engine.rooms.change(slug, CLI, rules={name: value}))

    @invariant()
    def all_agree(self) -> None:
        sound(self.now)


def test_any_tree_with_any_rules_comes_to_what_a_walk_up_says(sqlite_house: House) -> None:
    Furnishing.house = sqlite_house
    run_state_machine_as_test(
        Furnishing,
        settings=settings(
            max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_rooms_that_come_meanwhile_are_locked_before_anything_is_written(sqlite_house: House) -> None:
    seen = iter([set[int](), {1}, {1}, {1}])
    done: list[int] = []
    over_rooms(sqlite_house.store, lambda tx, tree: next(seen), lambda tx, tree: done.append(1))
    assert (done, list(seen)) == ([1], [])
    growing = count()
    with pytest.raises(Later):
        over_rooms(sqlite_house.store, lambda tx, tree: {next(growing)}, lambda tx, tree: done.append(2))
    assert done == [1]

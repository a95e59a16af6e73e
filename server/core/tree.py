"""The tree of places: what may lie in what, where a place is in words, and which place such words mean."""

from collections.abc import Iterable, Mapping

from server.core.house import above
from server.core.places import HOUSE, KINDS, Place

DEEPEST = 12
"""Levels below the house."""
MOST = 10_000
LIES_IN = {
    "site": ("house",),
    "building": ("site",),
    "floor": ("building", "site"),
    "group": ("house", "site", "building", "floor", "group"),
}
NAMES = {"house": 255, "site": 255, "building": 255, "floor": 64, "group": 255}
"""How long a name may be, by kind of place."""
WORDS = ("site", "building", "floor")
"""The kinds of places that a room names in words."""


def below(places: Mapping[int, Place], number: int) -> set[int]:
    """The place and everything in it."""
    inside: dict[int | None, list[int]] = {}
    for it in places.values():
        inside.setdefault(it.parent, []).append(it.number)
    found, left = {number}, [number]
    while left:
        for each in inside.get(left.pop(), ()):
            if each not in found:
                found.add(each)
                left.append(each)
    return found


def words(places: Mapping[int, Place], number: int) -> dict[str, str]:
    """The site, building and floor that a place is (in), by kind; "" for those there are not."""
    found = dict.fromkeys(WORDS, "")
    for each in above(places, number):
        if places[each].kind in found:
            found[places[each].kind] = places[each].name
    return found


def address(places: Mapping[int, Place], number: int) -> str:
    """Where a place is: "Berlin/Timber House/2"; the house is called by its own name."""
    path = [places[each] for each in reversed(above(places, number))]
    return "/".join(it.name for it in path[1:]) or path[0].name


def spoken_of(places: Mapping[int, Place], text: str, among: Iterable[Place] | None = None) -> list[Place]:
    """The places that an address means: from the house down, else from anywhere; their names in any case.

    "house" is the house, "#7" the place of that number; a kind in front ("floor:Berlin/2") leaves those of that kind.
    `among`: where it is known that it can only be one of these (`tail`).
    """
    text = text.strip()
    if text.startswith("#"):
        digits = text[1:]
        known = places.get(int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
        return [known] if known is not None else []
    kind, colon, rest = text.partition(":")
    kinds = (kind,) if colon and kind in KINDS else KINDS
    wanted = (rest if len(kinds) == 1 else text).casefold().strip()
    if wanted in ("", "house"):
        return [places[HOUSE]] if "house" in kinds and wanted else []
    those = places.values() if among is None else among
    fit = [it for it in those if it.kind in kinds and it.number != HOUSE]
    from_house = [it for it in fit if address(places, it.number).casefold() == wanted]
    return from_house or [it for it in fit if f"/{address(places, it.number)}".casefold().endswith(f"/{wanted}")]


def tail(text: str) -> str:
    """What the address of a place and the end of its name have in common, for an index of names."""
    return text.rpartition("/")[2].rpartition(":")[2].casefold().strip()


def misfits(places: Mapping[int, Place], it: Place) -> dict[str, str]:
    """Why the place cannot lie where it says it does, given all others and what is in it; empty where it can."""
    if it.kind == "house":
        return {"parent": "the house lies in nothing"} if it.parent is not None else {}
    if it.kind not in LIES_IN:
        return {"kind": "site, building, floor or group"}
    if it.name.strip().casefold() == "house" or it.name.strip().startswith("#"):
        return {"name": '"house" is the house itself, and "#" begins a number'}
    parent = places.get(it.parent or 0)
    if parent is None or parent.kind not in LIES_IN[it.kind]:
        return {"parent": f"a {it.kind} lies in a {' or '.join(LIES_IN[it.kind])}"}
    inside = below(places, it.number) if it.number in places else {it.number}
    if parent.number in inside:
        return {"parent": "it would lie in itself"}
    height = max(len(above(places, each)) for each in inside) - len(above(places, it.number))
    if len(above(places, parent.number)) + height > DEEPEST:
        return {"parent": f"too deep (max {DEEPEST} levels)"}
    return {}


def namesake(places: Iterable[Place], it: Place) -> Place | None:
    """Another place of the same kind and name, whatever its case, in the same place."""
    key = (it.parent, it.kind, it.name.casefold())
    return next((o for o in places if (o.parent, o.kind, o.name.casefold()) == key and o.number != it.number), None)

"""Our own columns of a room file, beside RoomVox's: read from cells, and written to them so that they are read again.

`groups` are addresses and `parts` ids, split by semicolons; `plan` is "250,700" or none; `attribute.<Label>` and
`policy.<rule>` have one column each. "inherit" in a column of a rule leaves it to the level above.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from server.core.levels import INHERIT, Tree
from server.core.model import Room
from server.core.places import Attribute
from server.core.policy_words import FIELDS, read, said, value
from server.core.tree import address

TEXTS = {"status": "status", "statusreason": "status_reason", "color": "color"}
COLUMNS = ("id", "status", "statusReason", "color", "plan", "walk", "groups", "parts")
POLICY, ATTRIBUTE = "policy.", "attribute."


@dataclass(frozen=True, slots=True)
class Ours:
    """What our columns say of a room: fields by name, rules of its own, attributes by label, and what is wrong.

    `groups` and `parts` None: nothing is said of them.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] | None = None
    parts: tuple[str, ...] | None = None
    errors: tuple[str, ...] = ()


def ours(data: Mapping[str, str]) -> Ours:
    """What the cells of a row, by lower-case column, say beside RoomVox's."""
    errors: list[str] = []
    given: dict[str, Any] = {name: data[column] for column, name in TEXTS.items() if data.get(column)}
    if walk := data.get("walk", ""):
        if walk.isascii() and walk.isdigit() and len(walk) < 10:
            given["walk"] = int(walk)
        else:
            errors.append("Walk must be a number")
    if plan := data.get("plan", ""):
        spots = [part.strip() for part in plan.split(",")]
        if plan == "none":
            given["plan"] = None
        elif len(spots) == 2 and all(it.isascii() and it.isdigit() and len(it) < 6 for it in spots):
            given["plan"] = (int(spots[0]), int(spots[1]))
        else:
            errors.append("Plan must be two numbers, such as 250,700")
    rules: dict[str, Any] = {}
    attributes: dict[str, str] = {}
    for column, cell in data.items():
        if cell and column.startswith(POLICY):
            _rule(column.removeprefix(POLICY), cell, rules, errors)
        elif cell and column.startswith(ATTRIBUTE):
            attributes[column.removeprefix(ATTRIBUTE).strip().casefold()] = cell
    return Ours(given, rules, attributes, _listed(data.get("groups")), _listed(data.get("parts")), tuple(errors))


NOTHING = Ours()


def _rule(name: str, cell: str, rules: dict[str, Any], errors: list[str]) -> None:
    if name not in FIELDS:
        errors.append(f"policy.{name[:40]}: there is no such rule")
        return
    try:
        rules[name] = INHERIT if cell == "inherit" else read(name, cell)
    except ValueError as error:
        errors.append(f"policy.{name}: {error}")


def _listed(cell: str | None) -> tuple[str, ...] | None:
    """The parts of a cell; None where it is empty, no parts where it says none."""
    if not cell:
        return None
    return () if cell == "none" else tuple(part.strip() for part in cell.split(";") if part.strip())


def filled(room: Room, it: Ours, attributes: Mapping[str, Attribute]) -> tuple[Room, list[str]]:
    """The room with the fields and attributes that are said; and what is wrong with them."""
    unknown = [f"there is no attribute {label[:40]!r}" for label in it.attributes if label not in attributes]
    said_of = {attributes[label].number: cell for label, cell in it.attributes.items() if label in attributes}
    return replace(room, **it.fields, attributes={**room.attributes, **said_of}), unknown


def columns(rooms: Sequence[Room], attributes: Iterable[Attribute]) -> list[str]:
    """Our columns for these rooms: always the plain ones, and of rules and attributes those that one of them has."""
    rules = {name for room in rooms for name in room.own_policy}
    used = {number for room in rooms for number in room.attributes}
    found = [*COLUMNS, *(f"{ATTRIBUTE}{it.label}" for it in attributes if it.number in used)]
    return found + [f"{POLICY}{name}" for name in FIELDS if name in rules]


def cells(
    room: Room, named: Sequence[str], tree: Tree, slugs: Mapping[int, str], labels: Mapping[str, int]
) -> list[str]:
    """The room under our columns; `labels` gives the number of each attribute."""
    groups = sorted(tree.groups.get(room.number, ()))
    plain = {
        "id": room.id, "status": room.status, "statusReason": room.status_reason, "color": room.color,
        "plan": ",".join(map(str, room.plan)) if room.plan else "none", "walk": str(room.walk),
        "groups": "; ".join(address(tree.places, group) for group in groups) or "none",
        "parts": "; ".join(slugs[part] for part in room.parts if part in slugs) or "none",
    }  # fmt: skip
    return [plain[name] if name in plain else _cell(room, name, labels) for name in named]


def _cell(room: Room, column: str, labels: Mapping[str, int]) -> str:
    if column.startswith(ATTRIBUTE):
        return room.attributes.get(labels[column.removeprefix(ATTRIBUTE)], "")
    name = column.removeprefix(POLICY)
    return said(name, value(name, room.own_policy[name])) if name in room.own_policy else "inherit"

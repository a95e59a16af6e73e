"""docs/rules.md says every rule, every action and every field of the policy, and nothing that is not there."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from server.core import rules
from server.core.access import Level
from server.core.model import Room
from server.core.places import Accessory, Attribute, Quota, Timetable
from server.core.policy import Policy

TEXT = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
ACTIONS = (
    "BOOK", "CHANGE", "RENAME", "REWORD", "CANCEL", "CHECK_IN", "EXTEND", "END", "APPROVE", "WALK_IN", "SERIES",
    "CARRY", "RESTORE",
)  # fmt: skip
KNOWN = {it.name for kind in (Policy, Room, Timetable, Attribute, Accessory, Quota) for it in fields(kind)}


def table(title: str) -> dict[str, list[str]]:
    """The rows of the table under a heading: first cell, without backticks, to the others."""
    part = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert part is not None, title
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in part[1].splitlines() if line[:2] == "| "
    ]
    return {row[0].strip("| `"): row[1:] for row in rows[1:]}


def marked(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def test_every_rule_is_in_the_table_and_nothing_else_is() -> None:
    assert set(table("The rules")) == rules.CODES


@pytest.mark.parametrize("code", sorted(rules.CODES))
def test_of_each_rule_it_says_what_it_refuses_by_what_and_for_whom(code: str) -> None:
    refuses, by, off, serves = table("The rules")[code]
    assert refuses
    assert serves.strip("| ")
    assert set(marked(by)) <= KNOWN
    assert off == {"too_long": "in part"}.get(code, "no" if code in rules.ALWAYS else "yes")


def test_every_action_asks_the_rules_that_are_written_in_their_order() -> None:
    told = table("Which action asks what")
    assert set(told) == set(ACTIONS)
    for action in ACTIONS:
        codes = marked(told[action][0])
        if "and all that BOOK asks" in told[action][0]:
            codes += marked(told["BOOK"][0])
        assert codes == [rules.code_of(rule) for rule in getattr(rules, action)], action


def test_no_action_is_forgotten() -> None:
    asked = {rule for action in ACTIONS for rule in getattr(rules, action)}
    assert asked == rules.RULES


def test_every_rule_of_the_whole_booking_is_said_to_be_one() -> None:
    part = TEXT.partition("## Of a room, or of the whole booking")[2].partition("\n## ")[0]
    words = {
        "words": rules.WORDS[:3],
        "attributes": rules.WORDS[3:],
        "accessories": (*rules.ACCESSORIES, *rules.TAKEN[1:2]),
    }
    said = {code for code in marked(part) if code in rules.CODES}
    said |= {rules.code_of(rule) for word, several in words.items() if word in part for rule in several}
    assert said == {rules.code_of(rule) for rule in rules.ONCE}


def test_every_field_of_the_policy_is_in_its_table() -> None:
    assert list(table("Policy")) == [it.name for it in fields(Policy)]


def test_every_level_is_said() -> None:
    assert list(table("Who may")) == [level.name.lower() for level in Level]

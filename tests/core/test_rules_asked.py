"""Which rules are asked: switched off, exempt by role, once for a booking, and those that nobody can switch off."""

import ast
from pathlib import Path

import pytest

from server.core import rules
from server.core.model import Details
from server.core.policy import LONGEST, Policy
from server.core.rules.kinds import Facts, Shared, Wish
from tests.core.asked import MINUTE, SECOND, codes, elm, oak
from tests.make import NOW, span

FOLDER = Path(rules.__file__).parent
NOON = span("11:00", "12:00")
SHORT = Policy(max_minutes=30)


def yields(rule: rules.Rule) -> set[str]:
    """The codes of the objections in a rule's own text."""
    module = FOLDER / f"{rule.__module__.rpartition('.')[2]}.py"
    functions = {it.name: it for it in ast.walk(ast.parse(module.read_text())) if isinstance(it, ast.FunctionDef)}
    found = set()
    for it in ast.walk(functions[rules.code_of(rule)]):
        if isinstance(it, ast.Call) and isinstance(it.func, ast.Name) and it.func.id == "Objection":
            assert isinstance(it.args[0], ast.Constant)
            found.add(str(it.args[0].value))
    return found


@pytest.mark.parametrize("rule", sorted(rules.RULES, key=rules.code_of), ids=rules.code_of)
def test_a_rule_is_called_as_the_code_it_yields(rule: rules.Rule) -> None:
    assert yields(rule) == {rules.code_of(rule)}


def test_no_rule_lies_about_that_no_action_asks() -> None:
    written = set()
    for module in FOLDER.glob("*.py"):
        for it in ast.walk(ast.parse(module.read_text())):
            if isinstance(it, ast.Call) and isinstance(it.func, ast.Name) and it.func.id == "Objection":
                assert isinstance(it.args[0], ast.Constant)
                written.add(str(it.args[0].value))
    assert written == rules.CODES


def test_a_policy_can_switch_a_rule_off() -> None:
    assert codes(rules.BOOK, NOON, oak(SHORT)) == ["too_long"]
    assert codes(rules.BOOK, NOON, oak(Policy(max_minutes=30, off=("too_long",)))) == []
    assert codes(rules.BOOK, NOON, oak(Policy(max_minutes=30, off=("too_short",)))) == ["too_long"]


@pytest.mark.parametrize("role", ["admin", "staff", "manager", "member", "device", ""])
def test_a_role_can_be_exempt_and_no_role_is_by_itself(role: str) -> None:
    assert codes(rules.BOOK, NOON, oak(SHORT), role=role) == ["too_long"]
    exempt = Policy(max_minutes=30, exempt={role or "key": ("too_long",)})
    assert codes(rules.BOOK, NOON, oak(exempt), role=role) == []
    assert codes(rules.BOOK, NOON, oak(exempt), role="staff" if role != "staff" else "member") == ["too_long"]


def test_what_the_asker_is_may_differ_from_room_to_room() -> None:
    lax = Policy(max_minutes=30, exempt={"manager": ("too_long",)})
    shared = Shared(roles={1: "manager", 2: "member"})
    both = (oak(lax), elm(lax))
    assert codes(rules.BOOK, NOON, both[0], rooms=both, shared=shared) == []
    assert codes(rules.BOOK, NOON, both[1], rooms=both, shared=shared, first=False) == ["too_long"]


@pytest.mark.parametrize("code", sorted(rules.ALWAYS))
def test_some_rules_cannot_be_switched_off(code: str) -> None:
    policy = Policy(off=(code,), exempt={"member": (code,)})
    was = span("08:00", "09:00")
    too_long = NOON if code != "too_long" else type(NOON)(NOON.start, NOON.start + LONGEST + SECOND)
    place = oak(policy, active=code != "inactive")
    former = was if code == "over" else None
    assert code in codes((*rules.BOOK, *rules.CANCEL), too_long, place, former=former)


def test_no_booking_is_longer_than_the_longest_though_too_long_be_off() -> None:
    place = oak(Policy(max_minutes=30, off=("too_long",)))
    for more, said in [(0 * SECOND, []), (SECOND, ["too_long"])]:
        assert codes(rules.EXTEND, type(NOON)(NOW, NOW + LONGEST + more), place) == said


def test_what_is_about_the_whole_booking_is_asked_once() -> None:
    both = (oak(Policy(description_needed=True)), elm(Policy(description_needed=True, max_minutes=30)))
    assert codes(rules.BOOK, NOON, both[0], rooms=both) == ["description_missing"]
    assert codes(rules.BOOK, NOON, both[1], rooms=both, first=False) == ["too_long"]


def test_what_is_about_the_whole_booking_is_dropped_where_no_room_asks() -> None:
    off = Policy(description_needed=True, off=("description_missing",))
    assert codes(rules.BOOK, NOON, rooms=(oak(off), elm(off))) == []
    assert codes(rules.BOOK, NOON, rooms=(oak(off), elm())) == []
    assert codes(rules.BOOK, NOON, rooms=(oak(off), elm(Policy(description_needed=True)))) == ["description_missing"]


def test_a_plain_room_objects_to_nothing_that_can_be_done_with_it() -> None:
    wish = Wish(NOON, details=Details())
    for which in (rules.BOOK, rules.WALK_IN, rules.CARRY, rules.SERIES, rules.RESTORE):
        assert rules.objections(which, wish, Facts(NOW, oak())) == ()
    told = Wish(NOON, NOON, details=Details())
    acts = (
        rules.CHANGE,
        rules.RENAME,
        rules.REWORD,
        rules.CANCEL,
        rules.CHECK_IN,
        rules.EXTEND,
        rules.APPROVE,
        rules.END,
    )
    for which in acts:
        assert rules.objections(which, told, Facts(NOW, oak())) == ()


def test_a_title_alone_is_judged_as_a_title() -> None:
    place = oak(Policy(title_needed=True, terms="Be kind", min_minutes=600))
    assert codes(rules.RENAME, NOON, place, former=NOON) == ["title_missing"]
    assert codes(rules.REWORD, NOON, place, former=NOON) == ["title_missing", "terms_missing"]
    assert codes(rules.RENAME, NOON, place, former=NOON, now=NOON.end - MINUTE, wish={"details": None}) == []

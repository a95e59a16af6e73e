"""What a door owns, as the protocol writes it."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.device.glass import Glass, code
from tests.make import span


def ask(it: Glass, version: int = 0, incarnation: str = "", *, key: str = "panel", **more: Any) -> Any:
    """What the device is told that says it holds that of Oak."""
    held = {"id": "oak", "incarnation": incarnation, "version": version, "want": True}
    answer = it.ask("POST", "/grants", key=key, json={"rooms": [held], "journal": {"epoch": "", "head": 0}} | more)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_a_panel_is_told_what_it_owns_and_says_that_it_holds_it(it: Glass) -> None:
    life = it.snapshot()["incarnation"]
    told = {"incarnation": life, "time": "2026-06-15T08:00:00.000Z", "clock": "sure", "applied": 0}
    owned = {"version": 1, "times": [{"from": "2026-06-15T08:00:00Z", "to": "2026-06-15T10:15:00Z"}], "why": ""}
    assert ask(it) == told | {"grants": {"oak": owned}}
    assert ask(it, 1, life) == told | {"grants": {"oak": owned}}
    beat = it.ask("POST", "/heartbeat", json={"rooms": []}).json
    assert beat["grants"] == {"oak": 1}


def test_what_is_recalled_is_another_version_in_the_heartbeat(it: Glass) -> None:
    life = ask(it)["incarnation"]
    ask(it, 1, life)
    it.house.engine.escrow.recall({it.house.oak.number: [span("11:00", "11:30")]}, False)
    assert it.ask("POST", "/heartbeat", json={"rooms": []}).json["grants"] == {"oak": 2}
    assert [time["from"][11:16] for time in ask(it, 1, life)["grants"]["oak"]["times"]] == ["08:00", "09:30"]


def test_a_key_that_is_no_panel_owns_nothing(it: Glass) -> None:
    assert ask(it, key="book")["grants"]["oak"] == {"version": 0, "times": [], "why": "token"}


def test_only_its_own_rooms_are_told(it: Glass) -> None:
    rooms = [{"id": name} for name in ("oak", "elm", "cellar", "")]
    assert list(ask(it, rooms=rooms)["grants"]) == ["oak"]


def test_what_asks_for_too_much_is_invalid(it: Glass) -> None:
    many = [{"id": f"r{number}"} for number in range(501)]
    for body in (
        {}, {"rooms": many}, {"rooms": [{"id": "oak", "version": -1}]}, {"rooms": [{"id": "oak", "version": 2**60}]},
        {"rooms": [], "journal": {"epoch": "x" * 65}}, {"rooms": [], "journal": {"epoch": "\0"}},
    ):  # fmt: skip
        answer = it.ask("POST", "/grants", json=body)
        assert code(answer) == (400, "invalid"), body


WORDS = st.one_of(st.text(max_size=20), st.sampled_from(["oak", "elm", "0f0c"]))
NUMBERS = st.one_of(st.integers(-1, 2**54), st.integers(0, 5))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rooms=st.lists(
        st.fixed_dictionaries(
            {"id": WORDS}, optional={"incarnation": WORDS, "version": NUMBERS, "want": st.booleans()}
        ),
        max_size=4,
    ),
    journal=st.fixed_dictionaries({}, optional={"epoch": WORDS, "head": NUMBERS}),
    known=st.booleans(),
)
def test_whatever_a_device_says_it_is_answered(it: Glass, rooms: Any, journal: Any, known: bool) -> None:
    if known:
        life = it.snapshot()["incarnation"]
        rooms = [held | {"incarnation": life} for held in rooms]
    answer = it.ask("POST", "/grants", json={"rooms": rooms, "journal": journal})
    assert answer.status_code in (200, 400)
    assert it.house.overlaps() == []

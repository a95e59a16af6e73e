"""The event stream: what comes down it, when, and how many there may be."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kiosk.screen.facts import Look, Who
from kiosk.screen.stream import STREAMS, Streams

from .makers import at, booking
from .rig import Rig
from .test_screen import HOST, page

Make = Callable[..., Rig]


@pytest.fixture
def it(rig: Make) -> Rig:
    return rig(booking("11:30", "12:00"))


def events(stream: Iterator[bytes], number: int) -> list[bytes]:
    return [next(stream) for _ in range(number)]


def view_of(event: bytes) -> dict[str, Any]:
    assert event.startswith(b"event: view\ndata: ")
    assert event.endswith(b"\n\n")
    view: dict[str, Any] = json.loads(event.removeprefix(b"event: view\ndata: "))
    return view


def opened(it: Rig) -> Iterator[bytes]:
    stream = it.agent.streams.open(lambda: False)
    assert stream is not None
    assert next(stream) == b"retry: 1000\n\n"
    assert next(stream).startswith(b"event: facts\ndata: ")
    return stream


def test_the_stream_begins_with_the_view(it: Rig) -> None:
    assert view_of(next(opened(it))) == it.view()


def test_a_change_comes_down_the_stream_at_once(it: Rig) -> None:
    stream = opened(it)
    next(stream)
    it.tap(act="book", minutes=15)
    assert view_of(next(stream))["state"] == "busy"


def test_a_boundary_comes_down_the_stream_without_any_news(it: Rig) -> None:
    stream = opened(it)
    next(stream)
    it.machine.pass_(at("11:30") - it.now())
    assert view_of(next(stream))["state"] == "busy"


def test_every_new_minute_comes_down_the_stream(it: Rig) -> None:
    stream = opened(it)
    next(stream)
    it.machine.pass_(60)
    it.pass_(0)
    assert view_of(next(stream))["now"] == "2026-11-20T09:43:00Z"


def test_when_nothing_happens_there_is_a_comment_every_two_seconds(it: Rig) -> None:
    stream = opened(it)
    next(stream)
    it.pass_(2.1)
    assert next(stream) == b": \n\n"


def test_there_are_at_most_three_streams_and_one_that_ends_makes_room(it: Rig) -> None:
    streams = [it.agent.streams.open(lambda: False) for _ in range(STREAMS)]
    assert it.agent.streams.open(lambda: False) is None
    answer = page(it).get("/events", headers=HOST)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "later")
    assert streams[0] is not None
    streams[0].close()  # type: ignore[attr-defined]
    streams[0].close()  # type: ignore[attr-defined]
    assert it.agent.streams.open(lambda: False) is not None
    assert it.agent.streams.open(lambda: False) is None


def test_a_stream_whose_browser_is_gone_or_whose_agent_ends_ends(it: Rig) -> None:
    gone = it.agent.streams.open(lambda: True)
    assert gone is not None
    assert list(gone) == [b"retry: 1000\n\n"]
    stream = opened(it)
    next(stream)
    it.agent.streams.stop()
    assert list(stream) == []


def test_streams_are_counted_by_themselves_and_not_by_the_app(it: Rig) -> None:
    assert (
        Streams(it.agent.doors, it.agent.facts, elapsed=it.machine.boottime, now=it.now).open(lambda: False) is not None
    )


def facts_of(event: bytes) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(event.removeprefix(b"event: facts\ndata: "))
    return facts


def test_what_the_device_is_and_how_it_looks_comes_first_and_again_when_it_changes(it: Rig) -> None:
    stream = it.agent.streams.open(lambda: False)
    assert stream is not None
    _, first, _view = events(stream, 3)
    assert (facts_of(first)["language"], facts_of(first)["state"]) == ("en", "good")
    it.agent.facts.become(Look("de", None, "dark", hour_clock=12), Who(7, "Panel at Oak", state="quarantined"))
    told = facts_of(next(stream))
    assert (told["theme"], told["hour_clock"], told["number"], told["state"]) == ("dark", 12, 7, "quarantined")


def test_a_device_shows_itself_for_as_long_as_it_is_asked_to(it: Rig) -> None:
    stream = opened(it)
    next(stream)
    it.agent.facts.identify(30)
    assert facts_of(next(stream))["identify"] == 30
    it.machine.pass_(29.5)
    assert it.agent.facts.told()["identify"] == 1
    it.machine.pass_(0.6)
    later = next(event for event in stream if event.startswith(b"event: facts"))
    assert facts_of(later)["identify"] is None
    it.agent.facts.identify(100_000)
    assert it.agent.facts.told()["identify"] == 600


def test_several_rooms_come_whole_for_a_panel_in_brief_for_a_board_and_none_for_a_device_that_waits(it: Rig) -> None:
    it.agent.doors.set(("oak", "elm"))
    stream = opened(it)
    told = json.loads(next(stream).removeprefix(b"event: views\ndata: "))
    assert [each["id"] for each in told["rooms"]] == ["oak", "elm"]
    assert told["rooms"][0]["actions"]
    assert told["rooms"][1]["state"] == "unknown"
    it.agent.facts.become(who=Who(kind="board"))
    facts, views = events(stream, 2)
    assert facts_of(facts)["kind"] == "board"
    brief = json.loads(views.removeprefix(b"event: views\ndata: "))["rooms"][0]
    assert brief["state"] == "free"
    assert not {"day", "actions"} & set(brief)
    it.agent.doors.set(())
    assert next(stream) == b'event: views\ndata: {"rooms":[]}\n\n'


def test_one_room_of_several_has_a_stream_of_its_own(it: Rig) -> None:
    it.agent.doors.set(("oak", "elm"))
    stream = it.agent.streams.open(lambda: False, "elm")
    assert stream is not None
    assert view_of(events(stream, 3)[-1])["state"] == "unknown"
    assert page(it).get("/events?room=ash", headers=HOST).status_code == 404

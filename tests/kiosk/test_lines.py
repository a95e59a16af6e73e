"""Server-Sent Events in whatever parts a network brings them, and never without bounds."""

import pytest

from kiosk.lines import EVENT, LINE, Event, Lines, TooLong

STREAM = (
    ': a sign of life\n\nid: 7\nevent: news\ndata: {"rooms":\ndata: {}}\n\n'
    "event: beat\r\ndata:x\r\n\r\nevent: nothing\n\ndata: plain\nother: field\nretry: 5\n\nevent: \N{SNOWMAN}\rdata\r\r"
).encode()
EVENTS = [
    Event("news", '{"rooms":\n{}}', "7"),
    Event("beat", "x", "7"),
    Event("message", "plain", "7"),
    Event("\N{SNOWMAN}", "", "7"),
]


def read(*parts: bytes) -> list[Event]:
    lines = Lines()
    return [event for part in parts for event in lines.feed(part)]


def test_events_are_the_same_however_the_stream_is_cut() -> None:
    assert read(STREAM + b"\n") == EVENTS
    assert read(*(bytes([one]) for one in STREAM + b"\n")) == EVENTS
    for at in range(len(STREAM)):
        assert read(STREAM[:at], STREAM[at:], b"\n") == EVENTS


def test_an_event_that_has_not_ended_is_none() -> None:
    assert read(b"event: news\ndata: {}\n") == []


def test_a_line_and_an_event_without_end_are_refused() -> None:
    for part in (b"data: aaaaaaaaaa", b"data: aaaaaaaaaa\n"):
        with pytest.raises(TooLong):
            read(*[part] * (2 * EVENT // len(part)))
    with pytest.raises(TooLong):
        read(b"x" * (LINE + 1) + b"\n")


def test_what_is_no_text_is_no_crash() -> None:
    assert read(b"event: \xff\xfe\ndata: \xff\n\n") == [Event("\ufffd\ufffd", "\ufffd", "")]

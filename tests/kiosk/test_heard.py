"""The small file beside the plans: the anchor, the lower bound, how new each plan is; how often it is written."""

import json
import os
from pathlib import Path

import pytest

from kiosk import durable
from kiosk.clock import Anchor
from kiosk.heard import EVERY, SOON, Heard, HeardFile, Known

from .makers import at

ANCHOR = Anchor("boot-1", 1000.5, at("10:42") + 0.25, 0.01)
ROOMS = {"oak": Known(at("10:41"), "life-1", 101), "elm": Known(None, "life-1", 7)}
HEARD = Heard(ANCHOR, at("10:42") + 0.5, ROOMS)


def later(minute: str) -> Heard:
    return Heard(ANCHOR, at(minute), {"oak": Known(at(minute), "life-1", 101)})


def test_what_was_heard_comes_back_with_the_rooms_in_their_order(tmp_path: Path) -> None:
    for it in (HEARD, Heard(None, 5.0)):
        HeardFile(tmp_path, source="s").keep(it, elapsed=0)
        found = HeardFile(tmp_path, source="s").load()
        assert found == it
        assert list(found.rooms) == list(it.rooms)


def test_what_another_server_said_and_what_cannot_be_read_is_nothing(tmp_path: Path) -> None:
    assert HeardFile(tmp_path, source="s").load() is None
    HeardFile(tmp_path, source="s").keep(HEARD, elapsed=0)
    assert HeardFile(tmp_path, source="other").load() is None
    for data in ([], {}, {"source": "s"}, {"source": "s", "anchor": 7, "at_least": 0, "rooms": {}}):
        durable.write(tmp_path / "heard.json", json.dumps(data).encode())
        assert HeardFile(tmp_path, source="s").load() is None
    (tmp_path / "heard.json").write_bytes(b"torn")
    assert HeardFile(tmp_path, source="s").load() is None


def test_it_is_written_every_five_minutes_sooner_with_the_server_gone_and_at_the_end(tmp_path: Path) -> None:
    file = HeardFile(tmp_path, source="s")

    def written(minute: str, elapsed: float, **how: bool) -> bool:
        file.keep(later(minute), elapsed=elapsed, **how)
        return HeardFile(tmp_path, source="s").load() == later(minute)

    assert written("10:00", 0)
    assert not written("10:01", EVERY - 1)
    assert written("10:02", EVERY)
    assert not written("10:03", EVERY + SOON - 1, now=True)
    assert written("10:04", EVERY + SOON, now=True)
    assert not written("10:05", EVERY + SOON, now=True)
    assert written("10:06", EVERY + SOON, last=True)


def test_a_full_card_is_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    HeardFile(tmp_path, source="s").keep(HEARD, elapsed=0)
    assert list(tmp_path.iterdir()) == []

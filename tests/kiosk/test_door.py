"""The agent at the real server: what our double of it promises, kept by the real one."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from kiosk.instants import iso
from tests.processes import start_server, stop

from .process import ROOT, Panel, environment


class Door:
    """A server with room Oak, and the panel at its door."""

    def __init__(self, folder: Path, ports: Callable[[], int]) -> None:
        self.folder, self.port, self.panel_port = folder / "server", ports(), ports()
        self._lintel("init")
        self._lintel("room", "add", "oak", "--name", "Oak", "--zone", "Europe/Berlin", "--min-minutes", "15")
        self.token = self._lintel("token", "create", "--name", "door", "--scope", "book").strip()
        self.server = self._serve()
        self.panel = self.start_panel()

    def _lintel(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "server", *arguments, "--data", str(self.folder)]
        done = subprocess.run(
            command, env=environment(), cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
        )
        return done.stdout

    def _serve(self) -> subprocess.Popen[bytes]:
        return start_server(f"sqlite:///{self.folder / 'lintel.db'}", self.folder, self.port)

    def start_panel(self) -> Panel:
        url = f"http://127.0.0.1:{self.port}"
        return Panel(self.folder.parent / "panel", url, self.panel_port, token=self.token)

    def restart_server(self) -> None:
        self.server = self._serve()

    def book(self, start: int, end: int) -> requests.Response:
        """Somebody else books by the API."""
        return requests.post(
            f"http://127.0.0.1:{self.port}/api/v1/rooms/oak/bookings",
            json={"title": "Merger talks", "organizer": "max.k@example.org", "start": iso(start), "end": iso(end)},
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=10,
        )

    def close(self) -> None:
        self.panel.close()
        if self.server.poll() is None:
            stop(self.server, hard=True)


@pytest.fixture
def door(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Door]:
    it = Door(tmp_path, free_port)
    it.panel.until(lambda state: state["online"])
    yield it
    it.close()


def act(state: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in state["actions"] if one["act"] == name)


def test_book_extend_end_and_undo_do_at_the_server_what_the_buttons_say(door: Door) -> None:
    panel = door.panel
    offer = act(panel.state(), "book")
    booked = panel.tap(act="book", minutes=offer["minutes"], end=offer["end"])
    assert (booked["outcome"], booked["view"]["until"]) == ("done", offer["end"])
    now = int(time.time())
    assert door.book(now + 60, now + 600).status_code == 409

    offer = act(booked["view"], "extend")
    extended = panel.tap(act="extend", booking=offer["booking"], version=offer["version"], minutes=offer["minutes"])
    assert (extended["outcome"], extended["view"]["until"]) == ("done", offer["end"])
    undone = panel.tap(act="undo", of=extended["op"])
    assert undone["view"]["until"] == booked["view"]["until"]

    offer = act(undone["view"], "end")
    ended = panel.tap(act="end", booking=offer["booking"], version=offer["version"])
    assert (ended["outcome"], ended["view"]["state"]) == ("done", "free")
    # And again in the same minute: the length on the button must not be too short for the room.
    again = act(ended["view"], "book")
    assert panel.tap(act="book", minutes=again["minutes"], end=again["end"])["outcome"] == "done"


def test_what_others_book_shows_masked_and_the_panel_stays_right_through_a_dead_server(door: Door) -> None:
    soon = int(time.time()) + 8
    assert door.book(soon, soon + 1800).status_code == 201
    state = door.panel.until(lambda state: state["next"] is not None)
    assert (state["next"]["host"], state["next"]["title"]) == ("M. K.", "")
    stop(door.server, hard=True)
    state = door.panel.until(lambda state: state["state"] == "busy", within=20)
    assert state["now"] >= iso(soon)
    state = door.panel.until(lambda state: not state["online"])
    door.panel.end()
    door.panel = door.start_panel()
    after = door.panel.until(lambda state: True)
    same = ("state", "sure", "until", "current", "as_of", "clock", "day")
    assert {key: after[key] for key in same} == {key: state[key] for key in same}
    assert door.panel.tap(act="end", booking=after["current"]["id"], version=1)["error"]["code"] == "offline"
    door.restart_server()
    door.panel.until(lambda state: state["online"], within=12)


def test_a_token_that_only_reads_shows_and_offers_nothing_and_once_revoked_is_not_live(door: Door) -> None:
    door.token = door._lintel("token", "create", "--name", "sign", "--scope", "read").strip()
    door.panel.end()
    door.panel = door.start_panel()
    state = door.panel.until(lambda state: state["online"])
    assert {one["why"] for one in state["actions"]} == {"read_only"}
    assert door.panel.tap(act="book", minutes=15)["error"]["code"] == "read_only"
    tokens = json.loads(door._lintel("token", "list", "--json"))
    door._lintel("token", "revoke", str(next(one["id"] for one in tokens if one["name"] == "sign")))
    state = door.panel.until(lambda state: not state["online"], within=15)
    assert (state["sure"], state["state"]) == ("plan", "free")

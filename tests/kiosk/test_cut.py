"""A real server, real agents and a network that is cut: nobody who said that they are here loses their room.

Server and panels go by one clock that is turned by hand; between them runs HTTP on loopback. The server looks all
the time for rooms to give back, also while a panel cannot be heard.
"""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from kiosk.compose import Agent
from kiosk.panel import Outcome
from kiosk.settings import Settings
from kiosk.taps import tap_from
from server.core.model import Booking
from server.dialects.device.app import app
from tests import make
from tests.make import House, at

from .makers import FakeMachine


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


class Panel:
    """An agent at Oak with a page that paints."""

    def __init__(self, folder: Path, url: str, secret: str, machine: FakeMachine) -> None:
        self.settings = Settings(
            server=url, data=folder, host="127.0.0.1", port=8090, token=secret, rooms=("oak",), language="en",
            density=None, theme="light", ca_file=None,
        )  # fmt: skip
        self.machine = machine
        self.touch = "good"
        self.paints = True
        self.agent = Agent(self.settings, machine=machine)

    def restart(self) -> None:
        """The agent dies and comes back with what is on its card."""
        self.agent.drop()
        self.agent = Agent(self.settings, machine=self.machine)

    def step(self) -> None:
        if self.paints:
            self.agent.glass.painted(self.touch)
        self.agent.sync.step()

    def view(self) -> dict[str, Any]:
        return self.agent.panel.view()

    def come(self) -> Outcome:
        """Somebody taps the giant button."""
        offer = next(one for one in self.view()["actions"] if one["act"] in ("check_in", "here"))
        fields = {name: offer[name] for name in ("act", "booking", "version", "start_now") if name in offer}
        return self.agent.acts.perform(tap_from(fields))


class Site:
    """A house with Oak, release on, from shortly before check-in opens on; `panels` at its door."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.folder = house, folder
        house.policy(check_in=True, release="on")
        house.clock.set("09:43")
        self.machine = FakeMachine(boottime=5_000.0, wall=house.clock.now().timestamp())
        self.port = 0
        self.server: BaseWSGIServer | None = None
        self.plug()
        self.panels: list[Panel] = []

    def add(self) -> Panel:
        url = f"http://127.0.0.1:{self.port}"
        folder = self.folder / f"panel-{len(self.panels)}"
        self.panels.append(Panel(folder, url, self.house.panel()[1], self.machine))
        return self.panels[-1]

    def plug(self) -> None:
        mounted = DispatcherMiddleware(Flask("nothing"), {"/device/v1": app(self.house.engine)})
        self.server = make_server("127.0.0.1", self.port, mounted, request_handler=Quiet)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def cut(self) -> None:
        """The panels cannot reach the server any more; it goes on doing its rounds."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
        for panel in self.panels:
            for client in (panel.agent.sync._client, panel.agent.acts._client):
                client.close()

    def until(self, wall: str) -> None:
        """Time goes by in steps of 25 seconds, the last minute in steps of five; everybody does what is due."""
        while (left := (at(wall) - self.house.clock.now()).total_seconds()) > 0:
            seconds = 25 if left > 60 else min(5, left)
            self.house.clock.forward(seconds=seconds)
            self.machine.pass_(seconds)
            for panel in self.panels:
                panel.step()
            self.house.engine.attendance.run()

    def now(self, booking: Booking) -> Booking:
        return self.house.engine.bookings.get(booking.uid, self.house.alice)

    def told(self) -> list[str]:
        """What happened to bookings, but for their making."""
        return [what for what in self.house.changes() if what not in ("booked", "rooms_changed")]

    def close(self) -> None:
        self.cut()
        for panel in self.panels:
            panel.agent.drop()


@pytest.fixture
def site(fresh_sqlite: str, tmp_path: Path) -> Iterator[Site]:
    with make.opened(fresh_sqlite) as store:
        it = Site(make.house(store), tmp_path)
        yield it
        it.close()


@pytest.fixture
def meeting(site: Site) -> Booking:
    return site.house.book("10:00", "11:00")


def test_where_nobody_comes_it_is_warned_released_and_given_back_and_the_door_says_each(
    site: Site, meeting: Booking
) -> None:
    panel = site.add()
    site.until("10:08:10")
    assert (panel.view()["state"], panel.view()["release"]["phase"]) == ("reserved", "warned")
    site.until("10:10:30")
    assert panel.view()["release"]["phase"] == "released"
    site.until("10:15:45")
    assert panel.view()["state"] == "free"
    ended = site.now(meeting)
    assert ended.planned_end == at("11:00")
    assert at("10:15") <= ended.ends <= at("10:15:45")


def test_who_comes_within_five_minutes_of_the_release_keeps_the_room(site: Site, meeting: Booking) -> None:
    panel = site.add()
    site.until("10:12")
    assert panel.view()["release"]["phase"] == "released"
    assert panel.come().outcome == "done"
    site.until("10:20")
    assert (site.now(meeting).ends, panel.view()["state"]) == (at("11:00"), "busy")
    assert "freed" not in site.told()


def test_who_came_while_the_network_was_cut_is_never_released(site: Site, meeting: Booking) -> None:
    panel = site.add()
    site.until("09:59")
    site.cut()
    site.until("10:05")
    assert panel.come().outcome == "kept"
    assert (panel.view()["state"], panel.view()["unconfirmed"]) == ("busy", 1)
    site.until("10:14")
    panel.restart()
    site.until("10:20")
    site.plug()
    site.until("10:21")
    assert site.now(meeting).checked_in_at is not None
    site.until("10:30")
    assert site.now(meeting).ends == at("11:00")
    assert {"released", "freed"}.isdisjoint(site.told())


def test_where_nobody_came_nothing_is_released_before_the_panel_is_back(site: Site, meeting: Booking) -> None:
    panel = site.add()
    site.until("09:59")
    site.cut()
    site.until("10:20")
    assert {"released", "freed"}.isdisjoint(site.told())
    assert (panel.view()["state"], panel.view()["sure"]) == ("reserved", "plan")
    assert panel.view()["release"]["phase"] == "doubt"
    site.plug()
    site.until("10:27")
    assert site.told().count("released") == 1
    assert site.now(meeting).ends < at("10:27")
    assert panel.view()["state"] == "free"


@pytest.mark.parametrize("fault", ["dark", "deaf", "one of two"])
def test_a_glass_that_was_dark_or_deaf_gives_nothing_away(site: Site, fault: str) -> None:
    meeting = site.house.book("10:00", "10:30")
    panels = [site.add(), *([site.add()] if fault == "one of two" else [])]
    site.until("10:04")
    panels[-1].paints = fault == "deaf"
    site.until("10:06")
    panels[-1].paints = True
    panels[-1].touch = "suspect" if fault == "deaf" else "good"
    site.until("10:16")  # with less than a quarter of an hour left nothing is released any more
    assert {"released", "freed"}.isdisjoint(site.told())
    assert site.now(meeting).ends == at("10:30")


def test_a_check_in_at_one_panel_shows_at_the_other_and_counts_for_both(site: Site, meeting: Booking) -> None:
    one, other = site.add(), site.add()
    site.until("10:01")
    stale = other.view()["actions"][0]["version"]
    assert one.come().outcome == "done"
    offer = {"act": "check_in", "booking": meeting.uid, "version": stale, "start_now": False}
    assert other.agent.acts.perform(tap_from(offer)).outcome == "done"  # at the same moment, with what it showed
    site.until("10:01:10")
    assert [panel.view()["state"] for panel in (one, other)] == ["busy", "busy"]
    assert site.now(meeting).checked_in_at is not None


def test_who_asks_whether_anybody_is_there_gets_the_room_and_an_answer_at_the_other_panel_keeps_it(
    site: Site, meeting: Booking
) -> None:
    one, other = site.add(), site.add()
    second = site.house.book("11:00", "12:00")
    site.until("10:01")
    one.come()
    site.until("10:20")

    def ask(minutes: int = 30) -> Outcome:
        booking, version = one.view()["current"]["id"], one.view()["current"]["version"]
        body = {"act": "ask_here", "booking": booking, "version": version, "minutes": minutes}
        return one.agent.acts.perform(tap_from(body))

    assert ask().outcome == "done"
    site.until("10:20:10")
    assert [panel.view()["ask"]["until"] for panel in (one, other)] == ["2026-06-15T08:25:00Z"] * 2
    site.until("10:25:45")
    assert at("10:25") <= site.now(meeting).ends < at("10:25:45")
    assert (other.view()["state"], other.view()["current"]["end"]) == ("busy", "2026-06-15T08:55:00Z")
    site.until("11:01")
    other.come()
    site.until("11:05")
    assert ask().outcome == "done"
    site.until("11:06")
    assert other.come().outcome == "done"  # "We are here"
    site.until("11:30")
    assert (site.now(second).ends, one.view()["ask"]) == (at("12:00"), None)

"""What the panel knows about itself, as the heartbeat tells the server."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from kiosk.glass import Seen
from kiosk.instants import iso
from kiosk.view import View


def program_version() -> str:
    """The installed version, or "unknown" for a tree that was never installed."""
    try:
        return version("lintel")
    except PackageNotFoundError:
        return "unknown"


def report(
    view: View, *, room: str, seq: int, program: str, glass: Seen, settled: bool, heard: float | None
) -> dict[str, Any]:
    """The body of a heartbeat. How long ago, not when: the server trusts no clock of ours.

    `settled`: nothing done at this glass is owed to the server; `heard` is the server's own time in the last answer
    that we had got before that was looked at. So it knows up to which instant it has everything.
    """
    return {
        "room": room,
        "seq": seq,
        "state": view["state"],
        "painted_ago": glass.ago,
        "painted_for": glass.length,
        "touch": glass.touch,
        "settled": settled,
        "heard": None if heard is None else iso(int(heard)),
        "as_of": view["as_of"],
        "clock": view["clock"],
        "version": program,
        "unconfirmed": view["unconfirmed"],
    }

"""What the panel knows about itself, as the heartbeat tells the server."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from kiosk.view import View


def program_version() -> str:
    """The installed version, or "unknown" for a tree that was never installed."""
    try:
        return version("lintel")
    except PackageNotFoundError:
        return "unknown"


def report(view: View, *, room: str, seq: int, program: str) -> dict[str, Any]:
    """The body of a heartbeat.

    `painted_at` is empty until the page itself reports its frames: that somebody reads our stream does not prove
    that anybody sees it, and releases will depend on this.
    """
    return {
        "room": room,
        "seq": seq,
        "state": view["state"],
        "painted_at": None,
        "as_of": view["as_of"],
        "clock": view["clock"],
        "version": program,
        "unconfirmed": view["unconfirmed"],
    }

"""The page of a panel that nobody has let in yet: its code, as letters and for a phone, and what to compare.

It is the panel's page for as long as this takes, so it answers to the same names: `/` and `/state.json`, `/alive` for
the frames that it has painted, and `/keeper`. The page asks once a second; as soon as another page answers in its
place it loads that.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, render_template, request

from kiosk.glass import Glass
from kiosk.pairing import Shown
from kiosk.screen import keeping
from kiosk.screen.app import guarded, read_words
from kiosk.screen.facts import Look

HERE = Path(__file__).parent
LARGEST = 4 * 1024
WORDS = ("pair.", "unknown.", "minutes", "hours")
SIZE = re.compile(r"[1-9][0-9]{1,4}x[1-9][0-9]{1,4}", re.ASCII)


def make_pairing_app(
    *,
    shown: Callable[[], Shown],
    size: Callable[[str], None],
    glass: Glass,
    look: Look,
    secret: str,
    port: int,
    keeper: keeping.Keeping | None = None,
) -> Flask:
    """The WSGI app for one loopback port. `size` is told how large the page is."""
    app = Flask(__name__, static_folder=str(HERE / "static"), template_folder=str(HERE / "templates"))
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.json.sort_keys = False  # type: ignore[attr-defined]
    guarded(app, port=port, secret=secret)
    if keeper is not None:
        keeping.routes(app, keeper)

    @app.get("/")
    def page() -> str:
        words = {key: word for key, word in read_words(look.language).items() if key.startswith(WORDS)}
        return render_template("pairing.html", secret=secret, look=look, words=words, told=told(shown()))

    @app.get("/pairing.json")
    def pairing() -> Response:
        return jsonify(told(shown()))

    @app.get("/state.json")
    def state() -> Response:
        return jsonify(_unknown(shown()))

    @app.get("/events")
    def events() -> Response:
        # A panel's page that was opened before the panel was sent away: it looks again, and finds this page.
        return Response(": \n\n", mimetype="text/event-stream")

    @app.post("/alive")
    def alive() -> tuple[str, int]:
        said = request.get_json(silent=True)
        said = said if isinstance(said, dict) else {}
        glass.painted("none")
        if isinstance(said.get("size"), str) and SIZE.fullmatch(said["size"]):
            size(said["size"])
        return "", 204

    return app


def told(shown: Shown) -> dict[str, Any]:
    """What the page gets: what is shown, and the picture that a phone reads."""
    names = ("state", "host", "serial", "code", "fingerprint", "silent", "why")
    side, path = matrix(shown.url) if shown.url else (0, "")
    return {name: getattr(shown, name) for name in names} | {"url": _said(shown.url), "side": side, "path": path}


@lru_cache(maxsize=2)
def matrix(text: str) -> tuple[int, str]:
    """The QR code of a text: its modules a side, and the dark ones as an SVG path in units of a module."""
    from qrcode.constants import ERROR_CORRECT_M  # here: a panel that is let in never needs it
    from qrcode.main import QRCode

    code = QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(text)
    code.make(fit=True)
    path = []
    for y, row in enumerate(code.modules):
        line = "".join("#" if dark else "." for dark in row)
        path += [f"M{run.start()} {y}h{len(run[0])}v1h-{len(run[0])}z" for run in re.finditer("#+", line)]
    return len(code.modules), "".join(path)


def _said(url: str) -> str:
    """The address as somebody types it: without the code, which is typed after it."""
    return url.partition("?")[0].partition("://")[2]


def _unknown(shown: Shown) -> dict[str, Any]:
    """`/state.json` in the shape it always has."""
    nothing: dict[str, Any] = dict.fromkeys(("sure", "until", "room", "current", "next"))
    pairing = {name: getattr(shown, name) for name in ("state", "code", "fingerprint", "serial", "host")}
    return (
        {"state": "unknown"}
        | nothing
        | {
            "day": [],
            "actions": [],
            "online": False,  # no plan is confirmed
            "as_of": None,
            "clock": "unverified",
            "unconfirmed": 0,
            "reason": "not_paired",
            "pairing": pairing,
        }
    )

"""A stand-in for the agent: the real template, scripts and words, with the views a test wants.

It speaks the agent's local contract (GET /, GET /events, POST /act) and nothing behind it, so that a test decides what
the panel is told and when. It can also fall silent with its sockets open, as a hung agent would. By hand, for looking:
`python -m tests.browser.page_server`, then /?view=busy&lang=de&theme=dark&mm=5.9 on the URL it prints; several rooms
with ?view=free,busy,reserved, a board with ?board=24, and any fact with ?large_type=1&hour_clock=12&touch=0.
"""

import json
import logging
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, jsonify, render_template, request
from werkzeug.serving import make_server

from tests.browser import views

SCREEN = Path(__file__).parents[2] / "kiosk" / "screen"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def words(language: str) -> dict[str, str]:
    return dict(json.loads((SCREEN / "words" / f"{language}.json").read_text(encoding="utf-8")))


class PageServer:
    """`view` is what the page is told; `answer` makes the reply to a tap from its body; `taps` are the bodies seen.

    `alive` is what pages said of themselves.
    """

    def __init__(self) -> None:
        self.view: views.View = views.free() | {"edition": 0}
        self.several: list[views.View] | None = None
        self.facts: views.View = views.facts()
        self.answer: Any = lambda body: {"outcome": "done", "op": "op-1", "error": None, "view": self.view}
        self.taps: list[Any] = []
        self.alive: list[Any] = []
        self.boots = 0
        self.secret = ""
        self.silent = False
        self.density: float | None = None
        self._news = threading.Condition()
        self._number = 0
        self._closed = False
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def show(self, view: views.View) -> None:
        """Sends a view to every open page, as the agent does at a change."""
        with self._news:
            self._number += 1
            self.several = None
            self.view = view | {"edition": self._number}
            self.facts |= {"language": view["language"]}
            self._news.notify_all()

    def show_all(self, several: list[views.View]) -> None:
        """Sends the views of several rooms, or of none."""
        with self._news:
            self._number += 1
            self.several = [each | {"edition": self._number} for each in several]
            self._news.notify_all()

    def tell(self, **facts: Any) -> None:
        """Sends what else the page is told: which device it is on, and how it is to look."""
        with self._news:
            self.facts |= facts
            self._news.notify_all()

    def reset(self) -> None:
        """As new, for the next test: no taps seen, awake, FREE; and a secret of its own.

        A page that was closed may have a tap on its way: without the new secret it counts in the test that follows.
        """
        self.boots += 1
        self.__dict__.update(taps=[], alive=[], secret=f"the-secret-of-boot-{self.boots}", silent=False, density=None)
        self.answer = lambda body: {"outcome": "done", "op": "op-1", "error": None, "view": self.view}
        self.facts = views.facts()
        self.show(views.free())

    def close(self) -> None:
        self._closed = True
        with self._news:
            self._news.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def _app(self) -> Flask:
        app = Flask(__name__, template_folder=str(SCREEN / "templates"), static_folder=str(SCREEN / "static"))
        app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600  # the scripts do not change during the tests

        @app.after_request
        def guard(response: Response) -> Response:
            response.headers["Content-Security-Policy"] = POLICY
            if request.endpoint != "static":
                response.headers["Cache-Control"] = "no-store"
            return response

        @app.get("/")
        def page() -> str:
            self._wanted()
            self.facts |= self._looks()
            return render_template(
                "panel.html",
                secret=self.secret,
                words=words(self.facts["language"]),
                views=self._views(),
                facts=self.facts,
            )

        @app.get("/events")
        def events() -> Response:
            if self.silent:
                abort(503)
            return Response(self._events(), mimetype="text/event-stream")

        @app.post("/act")
        def act() -> Response:
            if request.headers.get("X-Lintel-Secret") != self.secret:
                abort(403)
            body = request.get_json()
            self.taps.append(body)
            told = self.answer(body)
            if "edition" in told["view"]:  # one that was shown before
                return jsonify(told)
            if self.several is not None:
                view = told["view"] | {"edition": self._number + 1}
                self.show_all([view if each["id"] == view["id"] else each for each in self.several])
                return jsonify(told | {"view": view})
            self.show(told["view"])
            return jsonify(told | {"view": self.view})

        @app.post("/alive")
        def alive() -> tuple[str, int]:
            if request.headers.get("X-Lintel-Secret") == self.secret:  # not of a page that is gone
                self.alive.append(request.get_json())
            return "", 204

        return app

    def _wanted(self) -> None:
        """Sets what the URL asks for by name (/?view=busy&lang=de), for looking at the page by hand."""
        name, language = request.args.get("view"), request.args.get("lang")
        if "board" in request.args:
            self.facts |= {"kind": "board", "name": "Timber House"}
            self.show_all(views.many(int(request.args["board"])))
        elif name and "," in name:
            self.show_all(views.beside(*(views.ALL[each]() for each in name.split(","))))
        elif name or language:
            view = views.ALL[name]() if name else self.view
            self.show(view | ({"language": language} if language else {}))
        if language:
            self.facts |= {"language": language}

    def _looks(self) -> dict[str, Any]:
        """What of the looks is in the URL."""
        asked = request.args
        looks: dict[str, Any] = {"theme": asked.get("theme", self.facts["theme"])}
        looks |= {name: asked[name] == "1" for name in ("large_type", "touch") if name in asked}
        looks |= {name: int(asked[name]) for name in ("hour_clock", "identify", "flash") if name in asked}
        looks |= {name: asked[name] for name in ("state", "name") if name in asked}
        return looks | {"density": float(asked["mm"]) if "mm" in asked else self.density}

    def _views(self) -> list[views.View]:
        return [self.view] if self.several is None else self.several

    def _events(self) -> Iterator[str]:
        seen, told = -1, None
        while not self._closed:
            with self._news:
                if seen == self._number and told == self.facts and not self._closed:
                    self._news.wait(timeout=1)
                number, shown, facts = self._number, self._views(), dict(self.facts)
                alone = self.several is None
            if self.silent:
                time.sleep(0.1)
                continue
            if facts != told:
                yield event("facts", facts)
            if number != seen:
                yield event("view", shown[0]) if alone else event("views", {"rooms": shown})
            elif facts == told:
                yield ": beat\n\n"
            seen, told = number, facts


def event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


if __name__ == "__main__":
    server = PageServer()
    sys.stdout.write(f"{server.url}/?view=free   views: {' '.join(views.ALL)}\n")
    while True:
        time.sleep(60)

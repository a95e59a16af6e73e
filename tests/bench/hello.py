"""The references: the least a bare waitress, and a bare Flask on it, can do on this machine with the server's settings.

Run as `python -m tests.bench.hello waitress|flask PORT`.
"""

import logging
import sys
from collections.abc import Callable, Iterable

from flask import Flask
from waitress import serve

from server.serving import pin, waitress
from server.settings import Settings

BODY = b'{"hello":"world"}'


def bare(environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))])
    return [BODY]


def flask() -> Flask:
    app = Flask("hello")

    @app.get("/")
    def hello() -> dict[str, str]:
        return {"hello": "world"}

    return app


if __name__ == "__main__":
    kind, port = sys.argv[1:]
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # as the server does: a line each would cost it dear
    plain = Settings()
    pin(plain.pin_core)
    serve(flask() if kind == "flask" else bare, listen=f"127.0.0.1:{port}", _quiet=True, **waitress(plain))

"""A process that sends letters: `python -m tests.work.sender DATABASE PORT MINUTES` (its clock goes so much ahead)."""

import sys
from datetime import datetime, timedelta

from server.core.clock import SystemClock
from server.engine.post import Post
from server.store.database import open_store
from server.work.letters.message import Sender
from server.work.mail import Envelope, Mail
from server.work.smtp import Server


class Ahead:
    """The machine's clock, put forward."""

    def __init__(self, minutes: int) -> None:
        self._by = timedelta(minutes=minutes)

    def now(self) -> datetime:
        return SystemClock().now() + self._by


def main(url: str, port: str, minutes: str) -> None:
    post = Post(open_store(url), Ahead(int(minutes)))
    envelope = Envelope(Server("127.0.0.1", int(port), "none"), Sender("rooms@example.org"))
    print(dict(Mail(post, envelope).run()))


if __name__ == "__main__":
    main(*sys.argv[1:])

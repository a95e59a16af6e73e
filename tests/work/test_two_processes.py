"""Two processes do the work of a house in which much is due; one stands still in the middle, and goes on later."""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from server import compose
from server.core.access import CLI
from server.core.clock import SystemClock, epoch
from server.core.model import Booking, Details
from server.dialects.roomvox.voice import voice
from server.engine import Engine, engine_of
from server.engine.hooks import HookTerms
from server.engine.leases import Leases
from server.settings import Settings, environment
from server.work.outgoing import lookup
from tests import make
from tests.processes import stop
from tests.work import mail_server, receivers

MANY = 1_000
LATEST = 240
"""Seconds; a loaded machine takes its time."""
UNDER_WAY = 16
"""Messages that one process has on their way at once: of those it cannot be known whether they arrived."""
ALICE = make.Actor("token:1", "book", None, "roomvox", "alice")


def settings(folder: Path, receiver: receivers.Receiver, inbox: mail_server.Inbox) -> None:
    (folder / "lintel.toml").write_text(
        'public_url = "https://rooms.example.org"\n'
        f'[hooks]\nallow = "127.0.0.0/8"\nports = "{receiver.port}"\nhttp = true\n'
        f'[mail]\nhost = "127.0.0.1"\nport = {inbox.port}\nsecurity = "none"\nfrom = "rooms@example.org"\n'
        'kinds = "reminder"\n'
    )


@contextmanager
def working(url: str, folder: Path, name: str) -> "Iterator[subprocess.Popen[bytes]]":
    """`lintel serve --role work`, with its log in folder/NAME.log."""
    command = [sys.executable, "-m", "server", "serve", "--role", "work", "--data", str(folder)]
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command, env=environment(LINTEL_DATABASE_URL=url, LINTEL_PIN_CORE="-2"), stderr=log, stdout=log
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        stop(process)


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + LATEST
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def furnished(url: str) -> tuple[Engine, list[Booking], list[Booking]]:
    """A house whose bookings run and wait for their people, who were warned; and others that begin soon."""
    now = SystemClock().now().replace(microsecond=0)
    engine = compose.engine(Settings(database_url=url))
    clock = make.Clock(now - timedelta(hours=1))
    early = engine_of(engine.store, clock)
    early.policies.set("House", {"check_in": True, "release": "on"}, CLI)
    running, coming = [], []
    for n in range(MANY):
        early.rooms.add(make.room(f"room{n:04}"), CLI)
        mail = {"room": f"room{n:04}", "organizer_email": f"person{n:04}@example.org"}
        wish = make.ask(now - timedelta(minutes=12), now + timedelta(minutes=48), **mail)
        running.append(early.bookings.book(wish, ALICE))
        wish = make.ask(now + timedelta(minutes=60), now + timedelta(minutes=90), **mail)
        wish = replace(wish, details=Details(remind_start=(70,)))
        coming.append(early.bookings.book(wish, ALICE))
    engine.store.writing(
        lambda tx: tx.run("INSERT INTO alive (since, until) VALUES (?,?)", (epoch(clock.now()), epoch(now)))
    )
    clock.set(now - timedelta(minutes=3))
    assert early.attendance.run() == {"warned": MANY}
    engine.store.writing(lambda tx: tx.run("UPDATE outbox SET seq = (SELECT seq FROM change_end)"))
    return engine, running, coming


def subjects(engine: Engine, what: str) -> Counter[int]:
    with engine.store.reading() as tx:
        return Counter(row[0] for row in tx.rows("SELECT subject FROM change WHERE what = ?", (what,)))


@pytest.mark.heavy
@pytest.mark.timeout(400)
def test_each_effect_is_there_once_though_one_of_two_stood_still_in_the_middle(
    fresh_postgres: str, tmp_path: Path
) -> None:
    with receivers.receiving() as receiver, mail_server.receiving() as inbox:
        settings(tmp_path, receiver, inbox)
        engine, running, coming = furnished(fresh_postgres)
        terms = HookTerms(receivers.guard(receiver), lookup, {"roomvox": voice})
        engine_of(engine.store, SystemClock(), hooks=terms).hooks.add(receiver.url, ("booking.released",), CLI)
        leases = Leases(engine.store, SystemClock(), "")

        def holder() -> str:
            return next((it.holder for it in leases.all() if it.name == "release"), "")

        with working(fresh_postgres, tmp_path, "one") as one:
            until(lambda: bool(holder()), "nobody took the lease")
            first = holder()
            with working(fresh_postgres, tmp_path, "two"):
                until(lambda: bool(subjects(engine, "released")), "nothing was released")
                one.send_signal(signal.SIGSTOP)
                until(lambda: holder() not in ("", first), "nobody took over")
                until(lambda: len(subjects(engine, "reminded_start")) > 0, "nobody was reminded")
                one.send_signal(signal.SIGCONT)
                until(lambda: len(subjects(engine, "released")) == MANY, "not all were released")
                until(lambda: len(subjects(engine, "reminded_start")) == MANY, "not all were reminded")
                until(lambda: len(set(receiver.events())) >= MANY, "not all was delivered")
                until(lambda: len({to for to, _ in inbox.mails}) >= MANY, "not all was mailed")
                time.sleep(3)  # whatever came twice would come now
    assert subjects(engine, "released") == Counter(it.id for it in running)
    assert subjects(engine, "reminded_start") == Counter(it.id for it in coming)
    assert len(set(receiver.events())) == MANY
    assert len(receiver.events()) - MANY <= UNDER_WAY
    mails = Counter(to for to, _ in inbox.mails)
    assert set(mails) == {it.organizer_email for it in coming}
    assert sum(mails.values()) - MANY <= 1
    assert engine.outbox.stuck() == []
    engine.store.close()

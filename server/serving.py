"""Listening: a server that was put together answers until it is told to end, or does the work and answers nobody."""

import logging
import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from waitress import create_server

from server.compose import Lintel, push_address
from server.core.errors import LintelError
from server.health import Aside
from server.metrics import MEDIA
from server.settings import Settings, Supervisor
from server.streams import begin_at_once
from server.watchdog import PUSH, WEB, WORK, Life, Notify, Watchdog, Web

MOST_BODY = 16 * 1024 * 1024
"""Waitress takes bodies up to this size before an app sees them, so that each dialect refuses in its own words."""


def waitress(settings: Settings) -> dict[str, Any]:
    """How Waitress is to run; the references of the benches run it alike.

    `send_bytes`: answers are handed to the main loop whole. With the default each thread sends by itself, the main loop
    sees its channel half sent and spins on Python's lock that the thread waits for: measured at eight clients, 275
    answers a second instead of 5,200.
    """
    told = {"x-forwarded-for", "x-forwarded-proto"}
    proxied: dict[str, Any] = {"trusted_proxy_count": 1, "trusted_proxy_headers": told}
    return {
        "threads": settings.threads,
        "ident": "Lintel",
        "connection_limit": settings.connection_limit,
        "asyncore_use_poll": True,
        "send_bytes": 262_144,
        "max_request_body_size": MOST_BODY,
        "max_request_header_size": 65_536,
        "clear_untrusted_proxy_headers": True,
        **(proxied | {"trusted_proxy": settings.trusted_proxy} if settings.trusted_proxy else {}),
    }


PATIENCE = 1.0
"""Seconds until it is looked again whether to end."""
SPARE_FILES = 512


class CannotListen(Exception):
    """The address is taken or not ours; the text says which and why."""


def serve(lintel: Lintel, role: str = "all", supervisor: Supervisor = Supervisor()) -> None:  # noqa: B008
    """Listens until SIGTERM or SIGINT; then finishes what is under way and returns. Raises CannotListen.

    `role`: "all" also does the rounds, "web" leaves them to others; "work" and "push" do nothing else. `supervisor` is
    told when it is ready, and from then on that it lives.
    """
    watchdog = Watchdog(Notify(supervisor.notify), lives(lintel, role), patience=supervisor.patience)
    with _beside(lintel):
        if role == "work":
            _work(lintel, watchdog)
        elif role == "push":
            _push(lintel, watchdog)
        else:
            _listen(lintel, role, watchdog)
    lintel.engine.tokens.flush()
    lintel.engine.fleet.hearing.flush()
    lintel.engine.accounts.flush()
    with suppress(LintelError):
        lintel.engine.lineage.keep()


def lives(lintel: Lintel, role: str) -> dict[str, tuple[Life, float]]:
    """What has to live in a process of that role, and how late it may be (server/watchdog.py)."""
    host, _, port = lintel.settings.listen.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))
    parts: dict[str, tuple[Life, float]] = {
        "web": (Web(host, int(port)), WEB), "work": (lintel.work.lived, WORK), "push": (lintel.push.lived, PUSH),
    }  # fmt: skip
    here = {"all": ("web", "work", "push"), "web": ("web", "push")}.get(role, (role,))
    return {name: parts[name] for name in here}


@contextmanager
def _beside(lintel: Lintel) -> Iterator[None]:
    """The metrics on an address of their own, where the settings have one."""
    listen = lintel.settings.metrics__listen
    if not listen:
        yield
        return
    try:
        aside = Aside(listen, lambda: (lintel.metrics.text(), MEDIA))
    except OSError as error:
        raise CannotListen(f"{listen} cannot be used: {error.strerror or error}") from error
    aside.start()
    try:
        yield
    finally:
        aside.stop()


def _work(lintel: Lintel, watchdog: Watchdog) -> None:
    ended = _ending()
    logging.getLogger("lintel").info("working pid=%d", os.getpid())
    try:
        lintel.work.prepare()
        lintel.work.start()
        watchdog.start()
        _until(ended)
    finally:
        watchdog.stop()
        lintel.work.stop()


def _push(lintel: Lintel, watchdog: Watchdog) -> None:
    ended = _ending()
    pin(lintel.settings.pin_core)
    with _pushing(lintel):
        watchdog.start()
        _until(ended)
        watchdog.stop()


def _ending() -> threading.Event:
    """Set when the process is told to end."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    return ended


def _until(ended: threading.Event) -> None:
    while not ended.wait(PATIENCE):
        pass  # a signal may come to another thread (after SIGSTOP it does), and wakes nobody here by itself


@contextmanager
def _pushing(lintel: Lintel) -> Iterator[None]:
    """Devices are told of news, where the settings want that; and where they find it is known."""
    settings, push, port = lintel.settings, lintel.push, 0
    if settings.push__listen:
        _descriptors(settings.connection_limit + settings.push__connections)
        try:
            port = push.bind()
        except OSError as error:
            raise CannotListen(f"{settings.push__listen} cannot be used: {error.strerror or error}") from error
        push.start()
        host = settings.push__listen.rpartition(":")[0]
        logging.getLogger("lintel").info("pushing=%s:%d pid=%d", host, port, os.getpid())
    lintel.engine.pushing.address.url = push_address(settings, port)
    try:
        yield
    finally:
        push.stop()


def _descriptors(connections: int) -> None:
    """Lets this process hold so many connections beside its files, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _listen(lintel: Lintel, role: str, watchdog: Watchdog) -> None:
    settings = lintel.settings
    host, _, port = settings.listen.rpartition(":")
    pin(settings.pin_core)
    try:
        server = begin_at_once(create_server(lintel.app, host=host.strip("[]"), port=int(port), **waitress(settings)))
    except OSError as error:
        raise CannotListen(f"{settings.listen} cannot be used: {error.strerror or error}") from error
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ended)
    logging.getLogger("lintel").info("listening=%s pid=%d", settings.listen, os.getpid())
    work = lintel.work
    try:
        work.prepare()  # who has connected by now waits for it
        lintel.checks.begin()
        if role == "all":
            work.start()
        with _pushing(lintel):
            watchdog.start()
            server.run()  # until SystemExit; then it waits for the threads to finish what they are at
    finally:
        watchdog.stop()
        server.close()
        work.stop()


def _ended(*_: object) -> None:
    raise SystemExit


def pin(core: int) -> None:
    """Keeps this process on one core: with Python's one lock, two cores make a threaded server three times slower."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if core == -2 or len(cores) < 2:
        return
    chosen = cores[-1] if core == -1 or core not in cores else core
    for thread in threading.enumerate():  # those that are started from now on have the core of the one that starts them
        os.sched_setaffinity(thread.native_id or 0, {chosen})

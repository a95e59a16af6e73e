"""The only composition root: settings → clock, store, engine, apps, server. No globals, no import side effects.

Decision: the doors are imported when a server is put together. They and their libraries weigh 20 MiB and half a second,
which a command that only asks the engine need not have.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from waitress import create_server

from server.core.addresses import Guard, networks, port_numbers
from server.core.clock import Clock, SystemClock
from server.core.letters import kinds_named
from server.dialects import MOUNTS
from server.dialects.kit.hot import Hot
from server.dialects.kit.meter import Meter
from server.dialects.kit.rates import Buckets
from server.dialects.mounts import Mounts
from server.engine import Engine, engine_of, prepare
from server.engine.accounts import AccountTerms
from server.engine.audit_outlets import HeadTerms
from server.engine.hooks import HookTerms
from server.engine.identities import Terms
from server.engine.post import arrange
from server.engine.retention import Periods
from server.engine.tokens import Aside, at_once
from server.health import Aside as MetricsAside
from server.health import Checks, Health
from server.metrics import MEDIA, Metrics, Sources
from server.settings import Settings
from server.store.database import open_store
from server.work.deliver import Deliver
from server.work.outgoing import Outgoing, lookup
from server.work.scheduler import Work
from server.work.together import work_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from server.console.desk import Desk
    from server.core.hook_events import Event
    from server.work.letters.message import Sender
    from server.work.mail import Mail
    from server.work.smtp import Server

MOST_BODY = 16 * 1024 * 1024
"""Waitress takes bodies up to this size before an app sees them, so that each dialect refuses in its own words."""

PERSONAL = "/roomvox/api/v1/people/feed/{}/calendar.ics"
"""Where people's own calendars are."""


@dataclass(frozen=True, slots=True)
class Lintel:
    """A server put together but not yet listening."""

    settings: Settings
    engine: Engine
    app: "WSGIApplication"
    work: Work
    checks: Checks
    metrics: Metrics


def engine(settings: Settings, *, clock: Clock | None = None, migrate: bool = True, aside: Aside = at_once) -> Engine:
    """The engine over the settings' database, its schema brought up to date."""
    store = open_store(settings.database_url)
    clock = clock or SystemClock()
    if migrate:
        prepare(store, clock)
    terms = AccountTerms(
        settings.people__registration, timedelta(minutes=settings.session__idle_minutes), settings.auth__local
    )
    horizon = timedelta(days=settings.series_months * 731 / 24)
    periods = Periods(
        settings.retention__bookings_days, settings.retention__sign_ins_days, settings.retention__people_days,
        settings.retention__op_days, settings.retention__tickets_days,
    )  # fmt: skip
    hooks = HookTerms(guard(settings), lookup, {"roomvox": _in_roomvox}, settings.public_url)
    made = engine_of(
        store, clock, aside=aside, horizon=horizon, accounts=terms, periods=periods, hooks=hooks,
        report_people=settings.reports__people, patience=timedelta(hours=settings.tickets__request_hours),
        heads=heads(settings), ballast=settings.disk__ballast_mb * 1024 * 1024,
    )  # fmt: skip
    if migrate:
        made.outbox.begin()
    return made


def _in_roomvox(event: "Event") -> tuple[str, Mapping[str, Any]] | None:
    from server.dialects.roomvox.voice import voice

    return voice(event)


def heads(settings: Settings) -> HeadTerms:
    """Where the audit's signed heads go."""
    addresses = tuple(it.strip() for it in settings.audit__mail_to.split(",") if it.strip())
    return HeadTerms(frozenset(settings.audit__heads.split(",")), addresses, settings.zone)


def guard(settings: Settings) -> Guard:
    """Where webhooks may lead."""
    return Guard(networks(settings.hooks__allow), port_numbers(settings.hooks__ports), settings.hooks__http)


def deliver(engine: Engine, settings: Settings) -> Deliver:
    """What sends to the webhooks; not yet started."""
    return Deliver(engine.delivering, Outgoing(guard(settings), agent=f"Lintel/{version('lintel')}"))


def mail(engine: Engine, settings: Settings) -> "Mail":
    """What sends the letters; not yet started."""
    from server.work.mail import Envelope, Mail  # its libraries weigh 20 MiB, which a house without mail need not have

    return Mail(
        engine.post, Envelope(mail_server(settings), sender(settings), origin(settings) if settings.public_url else "")
    )


def mail_server(settings: Settings) -> "Server":
    """How the house's mail server is reached."""
    from server.work.smtp import Server

    return Server(
        settings.mail__host, settings.mail__port, settings.mail__security, settings.mail__user, settings.mail__password,
        settings.mail__ca,
    )  # fmt: skip


def sender(settings: Settings) -> "Sender":
    """Whose letters they are."""
    from server.work.letters.message import Sender

    return Sender(settings.mail__from, settings.mail__name, settings.mail__reply_to)


def migrate(settings: Settings) -> list[str]:
    """Brings the database's schema up to date; returns the steps that were applied."""
    return prepare(open_store(settings.database_url), SystemClock())


def compose(settings: Settings, *, clock: Clock | None = None) -> Lintel:
    """The whole server over its database; first start makes the schema."""
    from server.console.app import app as console
    from server.dialects.device.app import app as device
    from server.dialects.roomvox.app import app as roomvox

    it = engine(settings, clock=clock, aside=_aside)
    rates = Buckets(settings.rate, settings.burst)
    shared: dict[str, Any] = {"public_url": settings.public_url, "rates": rates}
    apps: dict[str, Any] = {
        "roomvox": roomvox(it, words=settings.roomvox__words, **shared),
        "roomvox-wire": roomvox(it, words="wire", **shared),
        "device": device(it, **shared),
        "console": console(people_desk(it, settings)),
    }
    rows = [row for row in MOUNTS if settings.native_roots or not row.native]
    arrange(it.store, kinds_named(settings.mail__kinds) if settings.mail__host else (), settings.mail__language)
    threads = (deliver(it, settings), *((mail(it, settings),) if settings.mail__host else ()))
    work = work_of(it, process=os.getpid(), zone=settings.zone, threads=threads)
    meter = Meter()
    metrics = Metrics(Sources(it, meter, it.store.folder, work, version("lintel")))
    checks = Checks(it, it.store.folder)
    app = Health(checks, Hot(it, Mounts(rows, apps), rates), text=lambda: (metrics.text(), MEDIA), took=meter.took)
    return Lintel(settings, it, app, work, checks, metrics)


def people_desk(engine: Engine, settings: Settings) -> "Desk":
    """What the pages for people work with. Without a public address they are for this machine's own browsers."""
    from server.console.desk import Desk

    provider, base = None, origin(settings)
    if settings.oidc__issuer:
        from server.console.oidc import Client, Provider  # its libraries weigh 9 MiB

        client = Client(
            settings.oidc__issuer, settings.oidc__client_id, settings.oidc__client_secret, settings.oidc__groups_claim
        )
        provider = Provider(client, engine.clock)
    terms = Terms(
        settings.oidc__admin_group, settings.oidc__staff_group, settings.oidc__required_group, settings.oidc__create
    )
    return Desk(
        engine, base, provider=provider, provider_name=settings.oidc__name, terms=terms, local=settings.auth__local,
        registration=engine.people.registration if settings.auth__local else "off", feed=f"{base}{PERSONAL}",
    )  # fmt: skip


def origin(settings: Settings) -> str:
    """Scheme and host of the public address, as browsers spell our origin."""
    parts = urlsplit(settings.public_url)
    if not parts.hostname:
        return f"http://{settings.listen}"
    host = parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
    host = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, usual) else "")


def waitress(settings: Settings) -> dict[str, Any]:
    """How Waitress is to run; the references of the benches run it alike.

    `send_bytes`: answers are handed to the main loop whole. With the default each thread sends by itself, the main loop
    sees its channel half sent and spins on Python's lock that the thread waits for: measured at eight clients, 275
    answers a second instead of 5,200.
    """
    proxied: dict[str, Any] = {"trusted_proxy_count": 1, "trusted_proxy_headers": {"x-forwarded-for"}}
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


class CannotListen(Exception):
    """The address is taken or not ours; the text says which and why."""


def serve(lintel: Lintel, role: str = "all") -> None:
    """Listens until SIGTERM or SIGINT; then finishes what is under way and returns. Raises CannotListen.

    `role`: "all" also does the rounds, "web" leaves them to others, "work" does nothing else (and does not listen).
    """
    with _beside(lintel):
        if role == "work":
            _work(lintel)
        else:
            _listen(lintel, role)
    lintel.engine.tokens.flush()
    lintel.engine.accounts.flush()


@contextmanager
def _beside(lintel: Lintel) -> Iterator[None]:
    """The metrics on an address of their own, where the settings have one."""
    listen = lintel.settings.metrics__listen
    if not listen:
        yield
        return
    try:
        aside = MetricsAside(listen, lambda: (lintel.metrics.text(), MEDIA))
    except OSError as error:
        raise CannotListen(f"{listen} cannot be used: {error.strerror or error}") from error
    aside.start()
    try:
        yield
    finally:
        aside.stop()


def _work(lintel: Lintel) -> None:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    logging.getLogger("lintel").info("working pid=%d", os.getpid())
    try:
        lintel.work.prepare()
        lintel.work.start()
        ended.wait()
    finally:
        lintel.work.stop()


def _listen(lintel: Lintel, role: str) -> None:
    settings = lintel.settings
    host, _, port = settings.listen.rpartition(":")
    pin(settings.pin_core)
    try:
        server = create_server(lintel.app, host=host.strip("[]"), port=int(port), **waitress(settings))
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
        server.run()  # until SystemExit; then it waits for the threads to finish what they are at
    finally:
        server.close()
        work.stop()


def _aside(work: Callable[[], None]) -> None:
    # Once a minute and short, so a thread each is simplest; a request that reads never waits for the writers' turn.
    threading.Thread(target=work, name="aside", daemon=True).start()


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

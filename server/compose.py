"""The only composition root: settings → clock, store, engine, apps, work. No globals, no import side effects.

Decision: the doors are imported when a server is put together. They and their libraries weigh 20 MiB and half a second,
which a command that only asks the engine need not have.
"""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from server.authorities import Authorities
from server.core.access import Actor
from server.core.addresses import Guard, networks, port_numbers
from server.core.clock import Clock, SystemClock
from server.core.keeping import keep_of
from server.core.letters import kinds_named
from server.dialects import MOUNTS
from server.dialects.kit.hot import Hot
from server.dialects.kit.meter import Meter
from server.dialects.kit.rates import Buckets
from server.dialects.mounts import Mount, Mounts
from server.engine import Engine, engine_of, prepare
from server.engine.accounts import AccountTerms
from server.engine.audit_outlets import HeadTerms
from server.engine.copies import Terms as KeptBy
from server.engine.hooks import HookTerms
from server.engine.identities import Terms
from server.engine.post import arrange
from server.engine.retention import Periods
from server.engine.tokens import Aside, at_once
from server.health import Checks, Health
from server.metrics import MEDIA, Metrics, Sources
from server.settings import Settings
from server.store import beside
from server.store.database import open_store
from server.work.deliver import Deliver
from server.work.outgoing import Outgoing, lookup
from server.work.scheduler import Work
from server.work.together import work_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from server.console.desk import Desk
    from server.core.hook_events import Event
    from server.dialects.indico.desk import Terms as IndicoTerms
    from server.push.together import Push
    from server.work.letters.message import Sender
    from server.work.mail import Mail
    from server.work.smtp import Server

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
    push: "Push"


def engine(
    settings: Settings, *, clock: Clock | None = None, migrate: bool = True, aside: Aside = at_once,
    folder: Path | None = None,
) -> Engine:  # fmt: skip
    """The engine over the settings' database, its schema brought up to date. `folder`: the data folder."""
    store = open_store(settings.database_url)
    clock = clock or SystemClock()
    if migrate:
        prepare(store, clock)
    terms = AccountTerms(
        settings.people__registration,
        timedelta(minutes=settings.session__idle_minutes),
        settings.auth__local,
        {"librebooking": timedelta(minutes=settings.librebooking__session_minutes)},
    )
    horizon = timedelta(days=settings.series_months * 731 / 24)
    periods = Periods(
        settings.retention__bookings_days, settings.retention__sign_ins_days, settings.retention__people_days,
        settings.retention__op_days, settings.retention__tickets_days, settings.retention__door_ops_days,
    )  # fmt: skip
    hooks = HookTerms(
        guard(settings), lookup, {"roomvox": _in_roomvox, "roomloop": _in_roomloop},
        settings.public_url, {"roomloop": _of_roomloop},
    )  # fmt: skip
    made = engine_of(
        store, clock, aside=aside, horizon=horizon, accounts=terms, periods=periods, hooks=hooks,
        report_people=settings.reports__people, patience=timedelta(hours=settings.tickets__request_hours),
        heads=heads(settings), ballast=settings.disk__ballast_mb * 1024 * 1024,
        authorities=Authorities(Path(settings.devices__authorities) if settings.devices__authorities else None),
        beside=beside.place(settings.database_url, folder),
    )  # fmt: skip
    if migrate:
        made.lineage.begin()
        made.outbox.begin()
    return made


def _in_roomvox(event: "Event") -> tuple[str, Mapping[str, Any]] | None:
    from server.dialects.roomvox.voice import voice

    return voice(event)


def _in_roomloop(event: "Event") -> tuple[str, Mapping[str, Any]] | None:
    from server.dialects.roomloop.voice import voice

    return voice(event)


def _of_roomloop() -> frozenset[str]:
    from server.dialects.roomloop.events import TYPES

    return TYPES


def heads(settings: Settings) -> HeadTerms:
    """Where the audit's signed heads go."""
    addresses = tuple(it.strip() for it in settings.audit__mail_to.split(",") if it.strip())
    return HeadTerms(frozenset(settings.audit__heads.split(",")), addresses, settings.zone)


def kept_by(settings: Settings) -> KeptBy | None:
    """Where backups that are taken by themselves go; None where none are."""
    if not settings.backup__folder or not settings.backup__key:
        return None
    return KeptBy(Path(settings.backup__folder), settings.backup__key, keep_of(settings.backup__keep))


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


def compose(settings: Settings, *, clock: Clock | None = None, folder: Path | None = None) -> Lintel:
    """The whole server over its database; first start makes the schema. `folder`: the data folder."""
    from server.console.app import app as console
    from server.dialects.device.app import app as device
    from server.dialects.indico.app import app as indico
    from server.dialects.librebooking.app import app as librebooking
    from server.dialects.librebooking.feeds import app as librebooking_feeds
    from server.dialects.roomloop.app import app as roomloop
    from server.dialects.roomvox.app import app as roomvox
    from server.doors import roomloop_desk

    it = engine(settings, clock=clock, aside=_aside, folder=folder)
    rates = Buckets(settings.rate, settings.burst)
    shared: dict[str, Any] = {"public_url": settings.public_url, "rates": rates}
    apps: dict[str, Any] = {
        "roomvox": roomvox(it, words=settings.roomvox__words, **shared),
        "roomvox-wire": roomvox(it, words="wire", **shared),
        "indico": indico(it, indico_terms(settings), **shared),
        "roomloop": roomloop(roomloop_desk(it, settings), **shared),
        "librebooking": librebooking(it, zone=settings.zone, **shared),
        "librebooking-wire": librebooking(it, shape="wire", zone=settings.zone, **shared),
        "librebooking-feeds": librebooking_feeds(it, zone=settings.zone, **shared),
        "device": device(it, **shared),
        "console": console(people_desk(it, settings)),
    }
    arrange(it.store, kinds_named(settings.mail__kinds) if settings.mail__host else (), settings.mail__language)
    threads = (deliver(it, settings), *((mail(it, settings),) if settings.mail__host else ()))
    work = work_of(it, process=os.getpid(), zone=settings.zone, threads=threads,
                   backups=kept.folder if (kept := kept_by(settings)) is not None else None)  # fmt: skip
    meter = Meter()
    push = push_of(it, settings)
    metrics = Metrics(Sources(it, meter, it.store.folder, work, version("lintel"), push.counts))
    checks = Checks(it, it.store.folder)
    hot = Hot(it, Mounts(rows(settings), apps), rates)
    app = Health(checks, hot, text=lambda: (metrics.text(), MEDIA), took=meter.took)
    return Lintel(settings, it, app, work, checks, metrics, push)


def indico_terms(settings: Settings) -> "IndicoTerms":
    """What the settings say of Indico's door."""
    from server.dialects.indico.desk import Terms

    return Terms(
        zone=settings.zone, mode=settings.indico__mode, ttl=settings.indico__signature_ttl,
        persistent=settings.indico__persistent, guests=settings.indico__guests, legacy=settings.indico__legacy,
        honest_status=settings.indico__honest_status,
        uid_domain=settings.indico__uid_domain or urlsplit(settings.public_url).hostname or "lintel",
    )  # fmt: skip


def rows(settings: Settings) -> list[Mount]:
    """The mounts that are served: the vendors' own unless they are off, LibreBooking's in the shape that is wanted."""
    shape = {"librebooking": "librebooking-wire"} if settings.librebooking__shape == "wire" else {}
    served = [row for row in MOUNTS if settings.native_roots or not row.native]
    return [replace(row, app=shape.get(row.app, row.app)) if row.native else row for row in served]


def push_of(engine: Engine, settings: Settings) -> "Push":
    """What tells devices of news; not yet started."""
    from server.push.hub import Bounds
    from server.push.together import Push

    def me(actor: Actor) -> str:
        return engine.devices.me(actor).digest

    return Push(engine.pushing, settings.push__listen, me=me, bounds=Bounds(most=settings.push__connections))


def push_address(settings: Settings, port: int) -> str | None:
    """What devices are told of it; `port`: that which was had, 0 where this process does not push."""
    if settings.push__url:
        return settings.push__url
    host, _, wanted = settings.push__listen.rpartition(":")
    if settings.public_url and int(wanted or 0):
        return "/push"  # whoever stands before us joins both
    if urlsplit(settings.public_url).scheme == "https":
        return None  # nobody joins a port that is another at each start, and a device's own loopback is not ours
    return f"http://{host}:{port}/push" if port else None


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


def _aside(work: Callable[[], None]) -> None:
    # Once a minute and short, so a thread each is simplest; a request that reads never waits for the writers' turn.
    threading.Thread(target=work, name="aside", daemon=True).start()

"""The use cases: each opens the transaction, asks the clock once, and calls core and store. No HTTP words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from secrets import token_hex
from uuid import uuid4

from server.core.clock import Clock
from server.engine.accounts import Accounts, AccountTerms, accounts_of
from server.engine.alarms import Alarms
from server.engine.alive import Alive
from server.engine.answers import Answers
from server.engine.api_keys import ApiKeys
from server.engine.attendance import Attendance, attendance_of
from server.engine.attesting import Attesting, Proofs
from server.engine.audit import Audit
from server.engine.audit_outlets import HeadTerms
from server.engine.booking import Bookings
from server.engine.booking_pages import BookingPages
from server.engine.calendar_files.importing import CalendarFiles
from server.engine.calendars import Calendars
from server.engine.carrying import Carrying
from server.engine.catalogue import Catalogue
from server.engine.closure_carrying import ClosureCarrying
from server.engine.closures import Closures
from server.engine.credentials import Credentials
from server.engine.delivering import Delivering
from server.engine.desk import Desk
from server.engine.devices import Devices
from server.engine.disk import Disk
from server.engine.emergencies import Emergencies
from server.engine.engagements import Engagements
from server.engine.enrolment import Enrolments
from server.engine.erasing import Leaving
from server.engine.escrow import Escrow
from server.engine.exports import Exports
from server.engine.figures import Figures
from server.engine.files import Files
from server.engine.finding import Finding
from server.engine.fleet import Fleet
from server.engine.going_out import GoingOut, going_out
from server.engine.groups import Groups
from server.engine.hooks import Hooks, HookTerms
from server.engine.house import House
from server.engine.identities import Identities
from server.engine.imports import Imports
from server.engine.instance import KEY_BYTES, Instance
from server.engine.intake import Intake
from server.engine.lineage import Lineage
from server.engine.listing import Listing
from server.engine.lives import Lives
from server.engine.naming import Naming
from server.engine.outbox import Outbox
from server.engine.pairing import Pairing
from server.engine.panel_settings import PanelSettings
from server.engine.participation import Participation
from server.engine.passing import PATIENCE, Passing
from server.engine.people import People
from server.engine.people_files import PeopleFiles
from server.engine.places import Places
from server.engine.policies import Policies
from server.engine.post import Post
from server.engine.presence import Presence
from server.engine.pushing import Pushing
from server.engine.recasting import Recasting
from server.engine.receivers import Receivers
from server.engine.recoveries import Recoveries
from server.engine.reminders import Reminders
from server.engine.reports import Reports
from server.engine.retention import Periods, Retention
from server.engine.rights import Rights
from server.engine.roll import Roll, roll_of
from server.engine.rooms import Rooms
from server.engine.screens import Screens, no_authorities, screens_of
from server.engine.sealing import Sealing
from server.engine.series import Recurring
from server.engine.series_list import SeriesList
from server.engine.settling import Conflicts
from server.engine.sign_in import SignIn
from server.engine.striking import Striking
from server.engine.tickets import Tickets
from server.engine.tokens import Aside, Tokens, at_once
from server.engine.trying import Trying
from server.engine.vacancies import Vacancies
from server.engine.vitals import Looking
from server.engine.waiting import Waiting
from server.engine.watching import Watching
from server.engine.zones import Zones
from server.store import changes, meta
from server.store.database import Store, Tx

HORIZON = timedelta(days=731)
"""24 months."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that can be asked of Lintel. Built by `engine_of`; safe for many threads."""

    store: Store
    clock: Clock
    rooms: Rooms
    bookings: Bookings
    series: Recurring
    series_list: SeriesList
    carrying: Carrying
    closures: Closures
    closure_carrying: ClosureCarrying
    trying: Trying
    waiting: Waiting
    finding: Finding
    vacancies: Vacancies
    zones: Zones
    calendars: Calendars
    places: Places
    policies: Policies
    files: Files
    presence: Presence
    attendance: Attendance
    emergencies: Emergencies
    participation: Participation
    house: House
    rights: Rights
    catalogue: Catalogue
    accounts: Accounts
    roll: Roll
    tokens: Tokens
    devices: Devices
    escrow: Escrow
    screens: Screens
    reports: Reports
    figures: Figures
    imports: Imports
    exports: Exports
    calendar_files: CalendarFiles
    audit: Audit
    proofs: Proofs
    attesting: Attesting
    recoveries: Recoveries
    recasting: Recasting
    listing: Listing
    engagements: Engagements
    booking_pages: BookingPages
    striking: Striking
    naming: Naming
    lineage: Lineage
    disk: Disk
    alive: Alive
    out: GoingOut

    @property
    def pairing(self) -> Pairing:
        return self.screens.pairing

    @property
    def lives(self) -> Lives:
        return self.screens.lives

    @property
    def pushing(self) -> Pushing:
        return self.screens.pushing

    @property
    def fleet(self) -> Fleet:
        return self.screens.fleet

    @property
    def panel_settings(self) -> PanelSettings:
        return self.screens.panel_settings

    @property
    def intake(self) -> Intake:
        return self.screens.intake

    @property
    def conflicts(self) -> Conflicts:
        return self.screens.conflicts

    @property
    def enrolments(self) -> Enrolments:
        return self.pairing.enrolments

    @property
    def people(self) -> People:
        return self.accounts.people

    @property
    def groups(self) -> Groups:
        return self.accounts.groups

    @property
    def sign_in(self) -> SignIn:
        return self.accounts.sign_in

    @property
    def credentials(self) -> Credentials:
        return self.accounts.credentials

    @property
    def api_keys(self) -> ApiKeys:
        return self.accounts.api_keys

    @property
    def identities(self) -> Identities:
        return self.roll.identities

    @property
    def people_files(self) -> PeopleFiles:
        return self.roll.people_files

    @property
    def sealing(self) -> Sealing:
        return self.roll.sealing

    @property
    def leaving(self) -> Leaving:
        return self.roll.leaving

    @property
    def retention(self) -> Retention:
        return self.roll.retention

    @property
    def outbox(self) -> Outbox:
        return self.out.outbox

    @property
    def post(self) -> Post:
        return self.out.post

    @property
    def answers(self) -> Answers:
        return self.out.answers

    @property
    def reminders(self) -> Reminders:
        return self.out.reminders

    @property
    def passing(self) -> Passing:
        return self.out.passing

    @property
    def tickets(self) -> Tickets:
        return self.out.tickets

    @property
    def receivers(self) -> Receivers:
        return self.out.receivers

    @property
    def alarms(self) -> Alarms:
        return self.out.alarms

    @property
    def watching(self) -> Watching:
        return self.out.watching

    @property
    def hooks(self) -> Hooks:
        return self.out.hooks

    @property
    def delivering(self) -> Delivering:
        return self.out.delivering

    @property
    def vitals(self) -> Looking:
        return Looking(self.store, self.clock, self.alive)

    def ready(self) -> list[str]:
        """What is missing before requests can be answered: steps of the schema; raises Later where nothing answers."""
        return self.store.pending()

    def clock_trusted(self) -> bool:
        """Whether the machine's clock is plausible; nothing is done for good by one that is not."""
        return self.alive.trusted()

    def news(self) -> int:
        """A number that differs whenever something has changed since it was last asked."""
        return self.store.generation()


def engine_of(
    store: Store, clock: Clock, *, aside: Aside = at_once, horizon: timedelta = HORIZON,
    accounts: AccountTerms = AccountTerms(), periods: Periods = Periods(),  # noqa: B008 - values that cannot change
    hooks: HookTerms = HookTerms(), random: Random | None = None,  # noqa: B008
    report_people: str = "off", patience: timedelta = PATIENCE,
    heads: HeadTerms = HeadTerms(), ballast: int = 0,  # noqa: B008
    authorities: Callable[[], tuple[str, ...]] = no_authorities, beside: Path | None = None,
) -> Engine:  # fmt: skip
    """The engine over a store. `aside` does what an answer need not wait for; at once unless said otherwise.

    `horizon`: how far ahead the dates of a series are booked; `periods`: how long what is over is kept.
    `report_people`: off, departments or people. `heads`: where the audit's go; `ballast`: bytes beside the database.
    `authorities`: certificates (PEM) of those who may vouch for this server before its devices. `beside`: the file that
    says outside of the database which life of the house it is.
    """
    house, alive = House(store), Alive(store, clock)
    escrow, proofs = Escrow(store, clock), Proofs(Instance(store))
    desk = Desk(store, clock, house, escrow)
    rooms, bookings, presence = Rooms(store, clock), Bookings(desk), Presence(desk)
    rights, naming = Rights(store, clock, house), Naming(store, bookings, Instance(store))
    tokens = Tokens(store, clock, rights, aside)
    series, access = Recurring(desk, bookings, horizon), accounts_of(store, clock, rights, aside, accounts)
    screens = screens_of(desk, tokens, bookings, presence, access.sign_in.throttle, aside, authorities, escrow.lately)
    return Engine(
        store=store, clock=clock, house=house, rooms=rooms, bookings=bookings, series=series, presence=presence,
        rights=rights, accounts=access, tokens=tokens,
        series_list=SeriesList(store, clock),
        carrying=Carrying(store, clock, house, horizon, escrow),
        closures=Closures(desk, house, horizon),
        closure_carrying=ClosureCarrying(desk, house, horizon),
        trying=Trying(store, clock, house, Policies(store, clock)),
        waiting=Waiting(desk, bookings, rights),
        finding=Finding(store, clock, house), vacancies=Vacancies(store, clock, house),
        zones=Zones(store, clock), calendars=Calendars(store), places=Places(store, clock),
        policies=Policies(store, clock), files=Files(store, clock),
        attendance=attendance_of(desk, bookings, rights),
        emergencies=Emergencies(store, clock, house),
        participation=Participation(desk, Instance(store)),
        catalogue=Catalogue(store, clock, house),
        roll=roll_of(store, clock, bookings, series, access.credentials.passwords, periods),
        devices=screens.devices,
        escrow=escrow,
        screens=screens,
        reports=Reports(store, clock),
        figures=Figures(store, clock, house, report_people),
        imports=Imports(store, clock, house, escrow),
        exports=Exports(store),
        calendar_files=CalendarFiles(store, clock, house, horizon, escrow),
        audit=Audit(store, clock, Instance(store), heads.outlets, logged="log" in heads.to),
        proofs=proofs,
        attesting=Attesting(store, clock, house, proofs, escrow),
        recoveries=Recoveries(store, clock, house),
        recasting=Recasting(desk, series),
        listing=Listing(store, house), engagements=Engagements(store), booking_pages=BookingPages(store, house),
        striking=Striking(desk, series), naming=naming,
        lineage=Lineage(store, clock, beside), disk=Disk(store, clock, ballast), alive=alive,
        out=going_out(desk, rights, series, hooks, random or Random(), patience, alive.trusted, naming),
    )  # fmt: skip


def prepare(store: Store, clock: Clock) -> list[str]:
    """Brings the schema up to date and names this life of the database; returns the steps that were applied."""
    applied = store.migrate(clock.now())
    if applied:
        store.writing(changes.adopt)
    key = token_hex(KEY_BYTES)

    def begin(tx: Tx) -> None:
        meta.put_once(tx, "incarnation", str(uuid4()))
        meta.put_once(tx, "instance_key", key)  # so that every backup has it, and knows what panels were told

    store.writing(begin)
    return applied

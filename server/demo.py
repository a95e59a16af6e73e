"""`lintel demo`: a sample building with a real server and one real panel, on loopback, in a fresh temporary folder.

Decision: the building stands where it is mid-morning now, so that whoever tries it sees a working day whatever the
hour. The day is booked through the engine with a clock that stands at that day's beginning, so it obeys every rule.
Each part is a process of its own: one can be killed to see what the others do.
"""

import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click

from server import compose
from server.core.access import CLI, Actor
from server.core.clock import SystemClock, whole
from server.core.model import Ask, Edit, Room
from server.core.people import Person, Role, parted
from server.core.policy import Opening, Policy
from server.core.recurrence import parse
from server.core.zone import midnight, wall
from server.engine import Engine
from server.settings import environment, load

ZONES = (
    "Pacific/Auckland", "Australia/Sydney", "Asia/Tokyo", "Asia/Singapore", "Asia/Dhaka", "Asia/Dubai", "Europe/Athens",
    "Europe/Berlin", "Europe/Lisbon", "Atlantic/Azores", "America/Sao_Paulo", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu",
)  # fmt: skip
BIN = Path(sys.executable).parent
MID_MORNING = timedelta(hours=10, minutes=30)
DEMO = Actor("demo", "admin", source="demo")
HOURS = (Opening(frozenset(range(7)), 7 * 60, 20 * 60),)
PEOPLE = (
    "Maria Klein", "Jan de Vries", "Aiko Tanaka", "Luc Moreau", "Ines García", "Tom Baker", "Noor Haddad",
    "Eva Lindqvist",
)  # fmt: skip
TITLES = (
    "Interview", "Design review", "Budget 2027", "Supplier call", "Onboarding", "Quarterly review", "Site meeting",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A clock that stands still, for booking a day that has begun already."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True)
class Part:
    """A process of the demo."""

    name: str
    process: subprocess.Popen[bytes]


def run(port: int, zone: str) -> int:
    """Runs until Ctrl-C (or SIGTERM); returns the exit code."""
    for wanted in (port, port + 10):
        if not _free(wanted):
            click.echo(f"Port {wanted} is taken; say another with --port.", err=True)
            return 1
    with tempfile.TemporaryDirectory(prefix="lintel-demo-") as folder:
        data = Path(folder)
        place = zone or mid_morning()
        tokens, key, logins = furnish(data, place)
        _written(data, port, key)
        parts = [_server(data)]
        if not _answers(f"http://127.0.0.1:{port}/readyz", parts[0]):
            click.echo("The server did not start; what it said stands above.", err=True)
            return _end(parts, 1)
        parts.append(_panel(data))
        if not _answers(f"http://127.0.0.1:{port + 10}/state.json", parts[1]):
            click.echo("The panel did not start; what it said stands above.", err=True)
            return _end(parts, 1)
        _tell(data, port, place, tokens, logins, parts)
        return _wait(parts)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def mid_morning() -> str:
    """The zone of the list where the local time is nearest to half past ten."""
    now = SystemClock().now()

    def distance(zone: str) -> timedelta:
        local = wall(now, zone)
        return abs(timedelta(hours=local.hour, minutes=local.minute) - MID_MORNING)

    return min(ZONES, key=distance)


def furnish(data: Path, zone: str) -> tuple[dict[str, str], str, dict[str, str]]:
    """Makes the building and its day; returns a token of each scope, the panel's key, and a password by log-in."""
    settings = load(data, environment={}).settings
    real = compose.engine(settings)
    now = whole(real.clock.now())
    start = midnight(wall(now, zone).date(), zone)
    early = compose.engine(settings, clock=Standing(start))
    for room in rooms(zone):
        early.rooms.add(room, CLI)
    book_day(early, now, zone)
    tokens = {scope: real.tokens.create(f"demo {scope}", scope, CLI)[1] for scope in ("read", "book", "admin")}
    _, key = real.devices.add("Panel at Oak", CLI, rooms=("oak",))
    logins = accounts(real, zone)
    real.store.close()
    return tokens, key, logins


def accounts(engine: Engine, zone: str) -> dict[str, str]:
    """Somebody of each role; returns their passwords, which are others at every run."""
    logins = {}
    for role, name in zip(Role, PEOPLE, strict=False):
        made = engine.people.add(Person(0, email_of(name), role.value, *parted(name), role, zone=zone), CLI)
        logins[made.login] = engine.credentials.generate_password(made.number, CLI)
    return logins


def email_of(name: str) -> str:
    """The e-mail of one of PEOPLE."""
    return name.lower().replace(" ", ".").replace("í", "i") + "@example.com"


def rooms(zone: str) -> list[Room]:
    """Six rooms on two floors, each with something of its own."""
    plain = Policy(opening=HOURS)

    def room(id_: str, floor: str, seats: int, policy: Policy, facilities: tuple[str, ...], **more: bool) -> Room:
        return Room(
            0, id_, id_.capitalize(), zone, f"{id_}@lintel.local", seats, f"{floor}.{seats:02}", "meeting-room",
            facilities, building="Timber House", floor=floor, policy=policy, auto_accept=more.get("auto_accept", True),
        )  # fmt: skip

    asks = Policy(opening=HOURS, check_in=True)
    return [
        room("oak", "1", 8, plain, ("display", "videoconf")),
        room("elm", "1", 4, asks, ("whiteboard",)),
        room("ash", "1", 2, plain, ("display",)),
        room("birch", "2", 12, plain, ("projector", "whiteboard", "wheelchair"), auto_accept=False),
        room("cedar", "2", 6, Policy(opening=HOURS, gap_minutes=10), ("display", "audio")),
        room(
            "maple",
            "2",
            20,
            Policy(opening=HOURS, max_minutes=240, door_host="full", door_title=True),
            ("projector",),
        ),
    ]


def book_day(engine: Engine, now: datetime, zone: str) -> None:
    """Believable bookings around now: Oak is free for a good hour, Elm and Birch are busy, the rest is mixed."""
    quarter = now - timedelta(minutes=now.minute % 15, seconds=now.second)
    plan = {
        "oak": [(-150, 60), (-75, 45), (75, 60), (150, 30), (240, 90)],
        "elm": [(-120, 60), (-15, 60), (60, 60), (180, 60)],
        "ash": [(-90, 30), (45, 30), (120, 60)],
        "birch": [(-60, 120), (120, 60), (210, 60)],
        "cedar": [(-180, 60), (-45, 75), (60, 45), (150, 60)],
        "maple": [(-120, 90), (30, 120), (240, 60)],
    }
    series = {
        ("oak", 150): ("Weekly planning", "FREQ=WEEKLY"),
        ("elm", 60): ("Retrospective", "FREQ=WEEKLY;INTERVAL=2"),
        ("ash", 45): ("Stand-up", "FREQ=DAILY;COUNT=60"),
    }
    count = 0
    for id_, day in plan.items():
        for offset, length in day:
            starts = quarter + timedelta(minutes=offset)
            host = PEOPLE[(count * 5) % len(PEOPLE)]
            title, rule = series.get((id_, offset), (TITLES[(count * 3) % len(TITLES)], ""))
            ask = Ask((id_,), starts, starts + timedelta(minutes=length), title, host, email_of(host))
            if rule:
                _recur(engine, ask, rule, zone)
            else:
                _book(engine, ask, approve=count % 3 > 0)
            count += 1


def _book(engine: Engine, ask: Ask, *, approve: bool) -> None:
    booking = engine.bookings.book(ask, DEMO)
    if booking.standing == "pending" and approve:
        engine.bookings.approve(booking.uid, CLI)


def _recur(engine: Engine, ask: Ask, rule: str, zone: str) -> None:
    """A series, of which the second date begins half an hour later than the others."""
    pattern = parse((rule,), wall(ask.starts, zone).replace(tzinfo=None), zone)
    made = engine.series.book(ask, pattern, DEMO, zone=zone).series
    second = engine.series.whole(made.uid, CLI).rows[1]
    later = timedelta(minutes=30)
    engine.bookings.change(second.uid, Edit(starts=second.starts + later, ends=second.ends + later), DEMO)


def _written(data: Path, port: int, key: str) -> None:
    """The settings of both programs as files, so that either can be started again by hand with --data alone."""
    base = f"http://127.0.0.1:{port}"
    settings = f'listen = "127.0.0.1:{port}"\npublic_url = "{base}"\nlog_level = "warning"\n'
    (data / "lintel.toml").write_text(settings, encoding="utf-8")
    panel = data / "panel"
    panel.mkdir(mode=0o700)
    (panel / "key").touch(mode=0o600)
    (panel / "key").write_text(key, encoding="utf-8")
    settings = f'server = "{base}"\nlisten = "127.0.0.1:{port + 10}"\nroom = "oak"\ntoken_file = "{panel / "key"}"\n'
    (panel / "kiosk.toml").write_text(settings, encoding="utf-8")


def _server(data: Path) -> Part:
    return _part("server", "server", "serve", data)


def _panel(data: Path) -> Part:
    return _part("panel", "kiosk", "run", data / "panel")


def _part(name: str, module: str, command: str, data: Path) -> Part:
    return Part(name, subprocess.Popen([sys.executable, "-m", module, command, "--data", str(data)], env=environment()))


def _answers(url: str, part: Part, *, tries: int = 150) -> bool:
    for _ in range(tries):
        if part.process.poll() is not None:
            return False
        try:
            with urllib.request.urlopen(url, timeout=2):
                return True
        except OSError:
            time.sleep(0.1)
    return False


def _tell(data: Path, port: int, zone: str, keys: dict[str, str], logins: dict[str, str], parts: list[Part]) -> None:
    base = f"http://127.0.0.1:{port}"
    local = wall(SystemClock().now(), zone)
    lines = [
        "",
        f"  Timber House stands in {zone}, where it is {local:%H:%M}. Six rooms, a day of bookings.",
        "",
        f"  Panel at Oak   http://127.0.0.1:{port + 10}/",
        f"  API            {base}/api/v1/rooms   (page: {base}/roomvox/api/v1/docs)",
        f"  Sign in        {base}/sign-in",
        "",
        *(f"  log in as {login:6} with password {password}" for login, password in logins.items()),
        "",
        *(f"  token {scope:6} {token}" for scope, token in keys.items()),
        "",
        f"  curl -H 'Authorization: Bearer {keys['read']}' {base}/api/v1/rooms/oak/status",
        "",
        *(f"  {part.name:6} pid {part.process.pid}" for part in parts),
        "",
        "  Kill either and watch the other. In another terminal, to have it back:",
        f"    {BIN / 'lintel'} serve --data {data}",
        f"    {BIN / 'lintel-kiosk'} run --data {data / 'panel'}",
        "",
        "  Ctrl-C ends it all.",
        "",
    ]
    click.echo("\n".join(lines))
    sys.stdout.flush()


def _wait(parts: list[Part]) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    gone: set[str] = set()
    while not stop.wait(0.5):
        for part in parts:
            if part.process.poll() is not None and part.name not in gone:
                gone.add(part.name)
                click.echo(f"The {part.name} has ended.", err=True)
    return _end(parts, 0)


def _end(parts: list[Part], code: int) -> int:
    for part in parts:
        if part.process.poll() is None:
            part.process.terminate()
    for part in parts:
        try:
            part.process.wait(10)
        except subprocess.TimeoutExpired:
            part.process.kill()
    return code

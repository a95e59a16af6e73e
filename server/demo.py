"""`lintel demo`: a sample building with a real server and two real panels, on loopback, in a fresh temporary folder.

Decision: the building (sample.py) stands where it is mid-morning now, so that whoever tries it sees a working day
whatever the hour. Each part is a process of its own: one can be killed to see what the others do.
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
from datetime import timedelta
from pathlib import Path

import click

from server.core.clock import SystemClock
from server.core.zone import wall
from server.sample import PANELS, Sample, furnish
from server.settings import environment

ZONES = (
    "Pacific/Auckland", "Australia/Sydney", "Asia/Tokyo", "Asia/Singapore", "Asia/Dhaka", "Asia/Dubai", "Europe/Athens",
    "Europe/Berlin", "Europe/Lisbon", "Atlantic/Azores", "America/Sao_Paulo", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu",
)  # fmt: skip
BIN = Path(sys.executable).parent
MID_MORNING = timedelta(hours=10, minutes=30)


@dataclass(frozen=True, slots=True)
class Part:
    """A process of the demo."""

    name: str
    process: subprocess.Popen[bytes]


def run(port: int, zone: str) -> int:
    """Runs until Ctrl-C (or SIGTERM); returns the exit code."""
    panels = {id_: port + 10 * (1 + i) for i, id_ in enumerate(PANELS)}
    for wanted in (port, *panels.values()):
        if not _free(wanted):
            click.echo(f"Port {wanted} is taken; say another with --port.", err=True)
            return 1
    with tempfile.TemporaryDirectory(prefix="lintel-demo-") as folder:
        data = Path(folder)
        place = zone or mid_morning()
        sample = furnish(data, place)
        _written(data, port)
        parts = [_part("server", "server", "serve", data)]
        if not _answers(f"http://127.0.0.1:{port}/readyz", parts[0]):
            click.echo("The server did not start; what it said stands above.", err=True)
            return _end(parts, 1)
        for id_, there in panels.items():
            folder_of = _panel_written(data, port, id_, there, sample.panels[id_])
            parts.append(_part(f"panel at {id_.capitalize()}", "kiosk", "run", folder_of))
        for part, there in zip(parts[1:], panels.values(), strict=True):
            if not _answers(f"http://127.0.0.1:{there}/state.json", part):
                click.echo(f"The {part.name} did not start; what it said stands above.", err=True)
                return _end(parts, 1)
        _tell(data, port, place, sample, parts)
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


def _written(data: Path, port: int) -> None:
    """The settings of the server as a file, so that it can be started again by hand with --data alone."""
    settings = f'listen = "127.0.0.1:{port}"\npublic_url = "http://127.0.0.1:{port}"\nlog_level = "warning"\n'
    (data / "lintel.toml").write_text(settings, encoding="utf-8")


def _panel_written(data: Path, port: int, room: str, there: int, key: str) -> Path:
    """The same for a panel; returns its folder."""
    panel = data / f"panel-{room}"
    panel.mkdir(mode=0o700)
    (panel / "key").touch(mode=0o600)
    (panel / "key").write_text(key, encoding="utf-8")
    lines = (
        f'server = "http://127.0.0.1:{port}"', f'listen = "127.0.0.1:{there}"', f'room = "{room}"',
        f'token_file = "{panel / "key"}"', "",
    )  # fmt: skip
    (panel / "kiosk.toml").write_text("\n".join(lines), encoding="utf-8")
    return panel


def _part(name: str, module: str, command: str, data: Path) -> Part:
    around = environment(LINTEL_DISK_BALLAST_MB="0")  # it is over soon
    return Part(name, subprocess.Popen([sys.executable, "-m", module, command, "--data", str(data)], env=around))


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


def _tell(data: Path, port: int, zone: str, sample: Sample, parts: list[Part]) -> None:
    keys, lintel = sample.tokens, BIN / "lintel"
    base = f"http://127.0.0.1:{port}"
    local = wall(SystemClock().now(), zone)
    lines = [
        "",
        f"  Timber House stands in {zone}, where it is {local:%H:%M}. Six rooms, a day of bookings.",
        "",
        f"  Panel at Oak   http://127.0.0.1:{port + 10}/   free: one tap books it",
        f"  Panel at Elm   http://127.0.0.1:{port + 20}/   reserved: its people have not come yet",
        f"  API            {base}/api/v1/rooms   (page: {base}/roomvox/api/v1/docs)",
        f"  Sign in        {base}/sign-in",
        f"  Devices        {base}/devices   (a panel counts as dark until somebody opens its page)",
        "",
        *(f"  log in as {login:6} with password {password}" for login, password in sample.logins.items()),
        "",
        *(f"  token {scope:6} {token}" for scope, token in keys.items()),
        "",
        f"  curl -H 'Authorization: Bearer {keys['read']}' {base}/api/v1/rooms/oak/status",
        "",
        f"  What staff have to see to:  {lintel} ticket list --data {data}",
        "",
        *(f"  {part.name:12} pid {part.process.pid}" for part in parts),
        "",
        "  Kill one and watch the others. In another terminal, to have it back:",
        f"    {lintel} serve --data {data}",
        f"    {BIN / 'lintel-kiosk'} run --data {data / 'panel-oak'}",
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

"""What is right and what is wrong with this panel: the server, its certificate, the clock, the card, the screen.

Each check gives findings: an id that does not change, whether it is well, what was found, and a hint where it is not.
A check that cannot be made is no complaint unless the panel needs what it looks for. Nothing is changed here, but that
a file is written to the card and removed.
"""

import http.client
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from kiosk import browser, durable
from kiosk.card import Cards
from kiosk.reboots import RUN
from kiosk.screen.keeping import HEADER, PATH, SECRET
from kiosk.trust import session
from kiosk.vitals import Vitals

ANSWER = 5.0  # seconds
HOT = 80.0  # °C: a Raspberry Pi slows down from there
SILENT = 20  # seconds since the page last painted
UNITS = ("lintel-kiosk.service", "lintel-screen.service", "lintel-kiosk-reboot.path")

Run = Callable[[list[str]], str | None]


@dataclass(frozen=True, slots=True)
class Finding:
    id: str
    ok: bool
    text: str
    hint: str = ""


def run(command: list[str]) -> str | None:
    """What a program prints; None where it is not there, fails or does not end."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


class Doctor:
    """Of the panel with its data in `folder` and its page at `listen`. `root` stands for / in tests."""

    def __init__(
        self,
        folder: Path,
        *,
        listen: str,
        server: str | None,
        ca_file: str | None,
        environ: Mapping[str, str],
        run: Run = run,
        root: Path = Path("/"),
    ) -> None:
        self._folder, self._listen, self._server, self._ca_file = folder, listen, server, ca_file
        self._environ, self._run, self._root = environ, run, root
        self._state = self._ask("/state.json")

    def findings(self) -> Iterator[Finding]:
        yield from self._agent()
        yield from self._reached()
        yield from self._card()
        yield from self._machine()
        yield from self._screen()
        yield from self._units()

    # The agent, and what it says of itself

    def _agent(self) -> Iterator[Finding]:
        if self._state is None:
            hint = "systemctl status lintel-kiosk; or begin it with lintel-kiosk run"
            yield Finding("agent.running", False, f"no panel answers at {self._listen}", hint)
            return
        yield Finding("agent.running", True, f"answers at {self._listen}")
        views = self._state.get("rooms") or [self._state]
        heard = all(view.get("online") for view in views)
        yield Finding(
            "agent.heard",
            heard,
            "the server confirms the plan" if heard else "the glass shows the plan only",
            "" if heard else "see server.* below; lintel-kiosk status says more",
        )
        sure = all(view.get("clock") == "verified" for view in views)
        text = "verified by the server" if sure else "not verified: the server has not been heard since the start"
        yield Finding("clock.verified", sure, text, "" if sure else "nothing is promised until it is")

    def _reached(self) -> Iterator[Finding]:
        card = Cards(self._folder).load()
        server = (card.server if card else None) or self._server
        if not server:
            yield Finding("server.known", False, "no server is set", "server = in kiosk.toml, or pair the panel")
            return
        authorities = card.authorities + card.before if card else ()
        by = f"{len(authorities)} authorities of its pairing" if authorities else self._ca_file or "the machine's own"
        try:
            with session(authorities, ca_file=self._ca_file) as line:
                answer = line.get(server + "/healthz", timeout=ANSWER, allow_redirects=False)
        except requests.exceptions.SSLError as error:
            hint = "another certificate than it was paired with, or somebody between: do not pair before you know"
            yield Finding("server.trusted", False, f"{server} is not believed by {by}: {_why(error)}", hint)
            return
        except (requests.RequestException, OSError, ValueError) as error:
            yield Finding("server.reached", False, f"{server}: {_why(error)}", "cable, WLAN, name, firewall")
            return
        well = answer.status_code == 200
        yield Finding("server.reached", well, f"{server} answers {answer.status_code}", "" if well else "see its log")
        plain = urlsplit(server).scheme == "http"
        yield Finding("server.trusted", True, "this machine, without TLS" if plain else f"believed by {by}")

    # The card and the machine

    def _card(self) -> Iterator[Finding]:
        if not self._folder.is_dir():
            yield Finding("card.folder", False, f"{self._folder} is not there", "--data DIR; begin the panel once")
            return
        try:
            durable.replace(self._folder / "doctor", b"")
            (self._folder / "doctor").unlink()
            yield Finding("card.writes", True, f"{self._folder} can be written")
        except OSError as error:
            hint = "full, worn out, read-only, or another user's: what is done at this glass may be lost"
            yield Finding("card.writes", False, f"{self._folder}: {error.strerror}", hint)
        opened = [each.name for each in sorted(self._folder.iterdir()) if _others_may_read(each)]
        text = ", ".join(opened) or "nobody else can read it"
        yield Finding("card.private", not opened, text, f"chmod -R go= {self._folder}" if opened else "")

    def _machine(self) -> Iterator[Finding]:
        vitals = Vitals(self._folder, root=self._root).read()
        if "disk_free_mb" in vitals:
            well = vitals["disk"] == "good"
            text = f"{vitals['disk']}, {vitals['disk_free_mb']} MB free"
            yield Finding("card.space", well, text, "" if well else "make room, or a new card")
        if "wear" in vitals:
            yield Finding("card.wear", vitals["wear"] < 90, f"{vitals['wear']} % of its life", "plan for a new one")
        if "temperature" in vitals:
            cool = vitals["temperature"] < HOT
            yield Finding("machine.heat", cool, f"{vitals['temperature']} °C", "" if cool else "sun, case, dust")
        if "undervoltage" in vitals:
            short = vitals["undervoltage"] or vitals.get("throttled", False)
            text = "under-voltage or throttled since boot" if short else "enough"
            yield Finding("machine.power", not short, text, "another power supply or cable" if short else "")

    # The screen

    def _screen(self) -> Iterator[Finding]:
        found = browser.program(self._environ.get("PATH"))
        hint = "" if found else "apt install chromium"
        yield Finding("screen.browser", found is not None, found or "no browser in PATH", hint)
        fonts = self._run(["fc-list", ":lang=ja", "family"])
        if fonts is not None:
            hint = "" if fonts else "apt install fonts-droid-fallback, or any with kanji"
            yield Finding("screen.fonts", bool(fonts), "Japanese is there" if fonts else "no Japanese glyphs", hint)
        try:
            secret = (self._folder / SECRET).read_text("ascii").strip()
        except (OSError, ValueError):
            return
        told = self._ask(PATH, secret)
        if told is None:
            return
        ago = told.get("painted_ago")
        paints = ago is not None and ago <= SILENT
        text = "the page has never painted" if ago is None else f"the page painted {int(ago)} s ago"
        hint = "" if paints else "systemctl status lintel-screen"
        yield Finding("screen.paints", paints, text, hint)

    # What systemd is to do

    def _units(self) -> Iterator[Finding]:
        if not (self._root / "run/systemd/system").is_dir():
            yield Finding("units.there", False, "no systemd runs here", "nobody begins the panel anew when it ends")
            return
        for unit in UNITS:
            said = self._run(["systemctl", "show", unit, "--property=UnitFileState,ActiveState", "--value"])
            words = (said or "").split()
            well = "enabled" in words and "active" in words
            hint = "" if well else f"systemctl enable --now {unit}"
            yield Finding(f"units.{unit.removeprefix('lintel-')}", well, ", ".join(words) or "not there", hint)
        fed = self._run(["systemctl", "show", UNITS[0], "--property=WatchdogUSec", "--value"])
        well = fed not in (None, "", "0", "infinity")
        yield Finding("watchdog.agent", well, fed or "off", "" if well else "WatchdogSec= in lintel-kiosk.service")
        if (self._root / "dev/watchdog").exists():
            board = self._run(["systemctl", "show", "--property=RuntimeWatchdogUSec", "--value"])
            well = board not in (None, "", "0", "infinity")
            hint = "" if well else "lintel-watchdog.conf to /etc/systemd/system.conf.d/"
            yield Finding("watchdog.board", well, board or "off", hint)
        there = (self._root / RUN.relative_to("/")).is_dir()
        yield Finding("reboot.possible", there, str(RUN), "" if there else "begin lintel-kiosk.service")

    def _ask(self, path: str, secret: str = "") -> dict[str, Any] | None:
        host, _, port = self._listen.rpartition(":")
        line = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=ANSWER)
        try:
            line.request("GET", path, headers={HEADER: secret})
            answer = line.getresponse()
            told = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            line.close()
        return told if answer.status == 200 and isinstance(told, dict) else None


def _others_may_read(path: Path) -> bool:
    return bool(path.lstat().st_mode & 0o077) and not path.is_symlink()


def _why(error: Exception) -> str:
    """The last and most telling part of what a library says, without the objects in it."""
    inner: Any = error
    while (reason := getattr(inner, "reason", None) or (inner.args[0] if inner.args else None)) is not inner:
        if not isinstance(reason, Exception):
            return str(reason or type(error).__name__).rpartition(": ")[2][:120]
        inner = reason
    return type(error).__name__

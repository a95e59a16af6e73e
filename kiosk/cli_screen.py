"""The commands about the screen and the machine: `lintel-kiosk screen` and `lintel-kiosk doctor`."""

import json
import logging
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import Any

import click

from kiosk import browser as browser_
from kiosk import doctor as doctor_
from kiosk import settings as settings_
from kiosk.clock import LinuxMachine
from kiosk.keeper import AgentLine, Keeper
from kiosk.watchdog import Notify


@click.command()
@click.option("--data", metavar="DIR", help="Where the panel's keeper.secret (and kiosk.toml) is.")
@click.option("--url", metavar="URL", help="The agent's page; by default where kiosk.toml says that it listens.")
@click.option("--browser", "program", metavar="FILE", help="The browser. [chromium, as found in PATH]")
@click.option("--headless", is_flag=True, help="Without a display, to try it out.")
@click.option("--flag", "flags", metavar="FLAG", multiple=True, help="One more flag for the browser; may be repeated.")
def screen(data: str | None, url: str | None, program: str | None, headless: bool, flags: tuple[str, ...]) -> None:
    """Keep the browser on the glass showing the panel.

    Exits with 75 when the compositor is to be started anew, too; systemd does that.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    try:
        folder = _folder(data)
        address = url or f"http://{settings_.listen_of({'data': data})}/"
    except settings_.BadSetting as error:
        raise click.UsageError(str(error)) from None
    around = settings_.around()
    names = (program,) if program else browser_.PROGRAMS
    found = browser_.program(around.environ.get("PATH"), names=names)
    if found is None:
        raise click.ClickException(f"no browser here: none of {', '.join(names)} can be run")
    machine = LinuxMachine()
    signal.signal(signal.SIGTERM, _ended)
    with tempfile.TemporaryDirectory(prefix="lintel-screen-") as temporary:
        run = around.run or Path(temporary)
        glass = browser_.Browser(
            page=address,
            program=found,
            folder=run / "browser",
            environ=around.environ,
            elapsed=machine.boottime,
            wayland=around.wayland is not None and not headless,
            headless=headless,
            flags=flags,
        )
        keeper = Keeper(
            glass,
            AgentLine(address, folder),
            elapsed=machine.boottime,
            boot=machine.boot_id(),
            kept=(around.run or folder) / "ladder.json",
            notify=Notify(around.notify),
        )
        sys.exit(keeper.run(Event().wait))


def _folder(data: str | None) -> Path:
    """Raises BadSetting."""
    folder = settings_.folder_of(data)
    if folder is None:
        raise settings_.BadSetting("say where the panel keeps its data: --data DIR")
    return folder


def _ended(number: int, frame: Any) -> None:
    raise SystemExit(0)


@click.command()
@click.option("--data", metavar="DIR", help="Where the panel keeps its data.")
@click.option("--listen", metavar="HOST:PORT", help="Loopback address of the page. [127.0.0.1:8090]")
@click.option("--server", metavar="URL", help="The server, where neither its card nor kiosk.toml names it.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(data: str | None, as_json: bool, **flags: str | None) -> None:
    """Look at everything that a panel needs, and say what is wrong. Exits 1 when something is."""
    try:
        folder = _folder(data)
        values, _ = settings_.read_values(flags, data=folder)
    except settings_.BadSetting as error:
        raise click.UsageError(str(error)) from None
    panel = doctor_.Doctor(
        folder,
        listen=values["listen"],
        server=values["server"],
        ca_file=values["ca_file"],
        environ=settings_.around().environ,
    )
    found = list(panel.findings())
    wrong = [one for one in found if not one.ok]
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        for one in found:
            hint = f" ({one.hint})" if one.hint and not one.ok else ""
            click.echo(f"{'ok   ' if one.ok else 'WRONG'}  {one.id:<22}  {one.text}{hint}")
    click.echo("Nothing is wrong" if not wrong else f"{len(wrong)} wrong", err=True)
    sys.exit(1 if wrong else 0)

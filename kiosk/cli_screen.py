"""The commands about the screen and the machine: `lintel-kiosk screen` and `lintel-kiosk doctor`."""

import logging
import signal
import sys
import tempfile
from pathlib import Path
from threading import Event
from typing import Any

import click

from kiosk import browser as browser_
from kiosk import settings as settings_
from kiosk.clock import LinuxMachine
from kiosk.keeper import AgentLine, Keeper
from kiosk.watchdog import Notify

DATA = ("LINTEL_KIOSK_DATA", "LINTEL_DATA")


@click.command()
@click.option("--data", metavar="DIR", envvar=DATA, help="Where the panel's keeper.secret (and kiosk.toml) is.")
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
        address = url or f"http://{settings_.listen_of({'data': data})}/"
    except settings_.BadSetting as error:
        raise click.UsageError(str(error)) from None
    if data is None:
        raise click.UsageError("say where the panel keeps its data: --data DIR")
    folder, around = Path(data), settings_.around()
    found = program or browser_.program(around.environ.get("PATH"))
    if found is None:
        raise click.ClickException(f"no browser here: none of {', '.join(browser_.PROGRAMS)} is in PATH")
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


def _ended(number: int, frame: Any) -> None:
    raise SystemExit(0)

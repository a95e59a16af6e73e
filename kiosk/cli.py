"""The command `lintel-kiosk`: run a panel, ask a running one what it shows, or let it forget its house.

Exits 0 when all is well, 1 when it is refused, 2 for wrong usage. Results go to stdout, talk to stderr.
"""

import json
import logging
import os
import sys
from typing import Any

import click
import requests

from kiosk import excerpt as excerpt_
from kiosk import settings as settings_
from kiosk.card import Cards
from kiosk.cli_screen import doctor, screen
from kiosk.compose import CannotStart, lock_folder
from kiosk.excerpt import Excerpt, Plain
from kiosk.ledger import Ledger
from kiosk.stages import Program


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The panel at a meeting room's door."""


main.add_command(screen)
main.add_command(doctor)


@main.command()
@click.option("--server", metavar="URL", help="The server this panel belongs to; https, or http on loopback.")
@click.option("--data", metavar="DIR", help="Where the plan, the ledger and kiosk.toml are kept.")
@click.option("--listen", metavar="HOST:PORT", help="Loopback address of the page. [127.0.0.1:8090]")
@click.option("--token", metavar="T", help="Better given by LINTEL_KIOSK_TOKEN or LINTEL_KIOSK_TOKEN_FILE.")
@click.option(
    "--room", metavar="ID", multiple=True, help="A room, again for each; may be left out when the token says which."
)
@click.option("--enrolment", metavar="KEY", help="A key of the site, or a file with one: the panel lets itself in.")
@click.option("--language", metavar="LANG", help="Language of the page. [en]")
@click.option("--density", metavar="PX_PER_MM", type=float, help="Pixels per millimetre of the glass.")
@click.option("--theme", metavar="NAME", help="light, dark or contrast. [light]")
def run(**flags: Any) -> None:
    """Run the panel until it is told to end. Without a token it shows a code, and waits until staff let it in.

    Every option may also stand in DIR/kiosk.toml or in the environment as LINTEL_KIOSK_<NAME>. Exits with 75 when it is
    to be started again; systemd does that.
    """
    handler, excerpt = logging.StreamHandler(sys.stderr), Excerpt()
    handler.setFormatter(Plain("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    excerpt_.listen(excerpt)
    logging.getLogger("waitress").setLevel(logging.ERROR)  # a page that goes away and a queue are no news
    try:
        chosen = settings_.read(flags)
    except settings_.BadSetting as error:
        raise click.UsageError(str(error)) from None
    try:
        code = Program(chosen, excerpt=excerpt).serve()
    except CannotStart as error:
        raise click.ClickException(str(error)) from None
    sys.exit(code)


@main.command()
@click.option("--data", metavar="DIR", help="Where the panel's kiosk.toml is, for its address.")
@click.option("--listen", metavar="HOST:PORT", help="Loopback address of the page. [127.0.0.1:8090]")
@click.option("--json", "as_json", is_flag=True, help="Print the whole state as JSON.")
def status(as_json: bool, **flags: Any) -> None:
    """Say what a running panel shows. Exits 1 when none is running."""
    try:
        listen = settings_.listen_of(flags)
    except settings_.BadSetting as error:
        raise click.UsageError(str(error)) from None
    session = requests.Session()
    session.trust_env = False
    try:
        state, given = (
            session.get(f"http://{listen}{path}", timeout=(2, 5)) for path in ("/state.json", "/settings.json")
        )
        known = state.json() | ({"settings": given.json()} if given.status_code == 200 else {})
        text = json.dumps(known) if as_json else _told(known)
    except (requests.RequestException, ValueError, KeyError, TypeError):
        raise click.ClickException(f"no panel answers at {listen}") from None
    click.echo(text)


@main.command()
@click.option("--data", metavar="DIR", help="Where the panel keeps its data.")
@click.option("--force", is_flag=True, help="Also while something that was done at this glass is owed to the server.")
def forget(data: str | None, *, force: bool) -> None:
    """Take the panel's key, plans and settings off the card; it asks to be let in when it is run again.

    What is owed to the server stays. Refused while the panel runs.
    """
    folder = settings_.folder_of(data)
    if folder is None:
        raise click.UsageError("say where the panel keeps its data: --data DIR")
    if not folder.is_dir():
        raise click.ClickException(f"{folder} is not there")
    try:
        lock = lock_folder(folder)
        owed = len(Ledger(folder).unsettled())
        if owed and not force:
            raise click.ClickException(f"{owed} acts are still owed to the server; --force keeps them all the same")
        Cards(folder).forget()
        os.close(lock)
    except (CannotStart, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo("forgotten", err=True)


def _told(state: dict[str, Any]) -> str:
    """For people: each room, and each setting with where it comes from."""
    lines = [line for room in state.get("rooms", [state]) for line in _room_told(room)]
    for name, one in state.get("settings", {}).items():
        value = {None: "as it comes", True: "on", False: "off"}.get(one["value"], one["value"])
        lines.append(f"{name}: {value} ({one['why']})")
    return "\n".join(lines)


def _room_told(state: dict[str, Any]) -> list[str]:
    room = state["room"]["name"] if state["room"] else "no room"
    lines = [
        f"room: {room}",
        f"state: {state['state']}" + (f" until {state['until']}" if state["until"] else ""),
        f"sure: {state['sure'] or 'no'}" + (f", plan as of {state['as_of']}" if state["as_of"] else ""),
        f"clock: {state['clock']}",
    ]
    if "pairing" not in state:
        lines.append(f"server: {'heard' if state['online'] else 'not heard'}")
    if state["reason"]:
        lines.append(f"because: {state['reason']}")
    if state["unconfirmed"]:
        lines.append(f"unconfirmed: {state['unconfirmed']}")
    if pairing := state.get("pairing"):
        lines += [f"{name}: {pairing[name]}" for name in ("code", "fingerprint", "serial", "host") if pairing[name]]
    return lines

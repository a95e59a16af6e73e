"""The command `lintel-kiosk`: run the panel of one door, or ask a running one what it shows.

Exits 0 when all is well, 1 when it is refused, 2 for wrong usage. Results go to stdout, talk to stderr.
"""

import json
import logging
import sys
from typing import Any

import click
import requests

from kiosk import settings as settings_
from kiosk.cli_screen import screen
from kiosk.compose import Agent, CannotStart


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The panel at a meeting room's door."""


main.add_command(screen)


@main.command()
@click.option("--server", metavar="URL", help="The server this panel belongs to; https, or http on loopback.")
@click.option("--data", metavar="DIR", help="Where the plan, the ledger and kiosk.toml are kept.")
@click.option("--listen", metavar="HOST:PORT", help="Loopback address of the page. [127.0.0.1:8090]")
@click.option("--token", metavar="T", help="Better given by LINTEL_KIOSK_TOKEN or LINTEL_KIOSK_TOKEN_FILE.")
@click.option(
    "--room", metavar="ID", multiple=True, help="A room, again for each; may be left out when the token says which."
)
@click.option("--language", metavar="LANG", help="Language of the page. [en]")
@click.option("--density", metavar="PX_PER_MM", type=float, help="Pixels per millimetre of the glass.")
@click.option("--theme", metavar="NAME", help="light, dark or contrast. [light]")
def run(**flags: Any) -> None:
    """Run the panel until it is told to end.

    Every option may also stand in DIR/kiosk.toml or in the environment as LINTEL_KIOSK_<NAME>.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("waitress").setLevel(logging.ERROR)  # a page that goes away and a queue are no news
    try:
        chosen = settings_.read(flags)
    except settings_.BadSetting as error:
        raise click.UsageError(str(error)) from None
    if chosen.token is None:
        raise click.UsageError("this panel has no token, and pairing is not built yet: give one with --token")
    try:
        Agent(chosen).serve()
    except CannotStart as error:
        raise click.ClickException(str(error)) from None


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
        state = session.get(f"http://{listen}/state.json", timeout=(2, 5)).json()
        text = json.dumps(state) if as_json else _told(state)
    except (requests.RequestException, ValueError, KeyError, TypeError):
        raise click.ClickException(f"no panel answers at {listen}") from None
    click.echo(text)


def _told(state: dict[str, Any]) -> str:
    room = state["room"]["name"] if state["room"] else "no room"
    lines = [
        f"room: {room}",
        f"state: {state['state']}" + (f" until {state['until']}" if state["until"] else ""),
        f"sure: {state['sure'] or 'no'}" + (f", plan as of {state['as_of']}" if state["as_of"] else ""),
        f"clock: {state['clock']}",
        f"server: {'heard' if state['online'] else 'not heard'}",
    ]
    if state["reason"]:
        lines.append(f"because: {state['reason']}")
    if state["unconfirmed"]:
        lines.append(f"unconfirmed: {state['unconfirmed']}")
    return "\n".join(lines)

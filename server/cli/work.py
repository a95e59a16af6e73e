"""`lintel work`: what the server does by itself, and `lintel clock`: whether it believes the machine's clock."""

from datetime import datetime
from typing import Any

import click

from server.cli.setup import Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.engine.leases import Leases
from server.engine.rounds import Rounds
from server.settings import Loaded


@click.group(cls=Group)
def work() -> None:
    """What the server does by itself."""


@work.command("list")
@with_data
@as_json
def list_(loaded: Loaded, as_json: bool) -> None:
    """Who does which sweep, when each job was done last, how far the feed has been told on, and what is stuck."""
    engine = opened(loaded)
    leases = Leases(engine.store, engine.clock, "")
    rounds = Rounds(engine.store, engine.clock, leases)
    rows = [_row("sweep", it.name, it.holder or "nobody", it.renewed, f"fence {it.fence}") for it in leases.all()]
    for run in rounds.last():
        state = "done" if run.ended is not None else run.error or "begun"
        rows.append(_row("job", run.name, state, run.ended or run.began, f"due {_said(run.due)}"))
    for it in engine.outbox.waiting():
        rows.append(_row("listener", it.listener, f"{it.behind} behind", None, f"told up to {it.seq}"))
    for each in engine.outbox.stuck():
        rows.append(_row("stuck", each.listener, each.error, each.next, f"act {each.act}, {each.tries} tries"))
    if failing := engine.reminders.failing():
        rows.append(_row("stuck", "reminders", f"{failing} failing", None, ""))
    show(rows, as_json)


@work.command()
@with_data
def retry(loaded: Loaded) -> None:
    """Try what is stuck again within seconds, and not when it would be tried by itself."""
    engine = opened(loaded)
    click.echo(f"{engine.outbox.retry() + engine.reminders.retry()} to be tried again", err=True)


@click.group(cls=Group)
def clock() -> None:
    """Whether the machine's clock is believed."""


@clock.command("show")
@with_data
@as_json
def show_(loaded: Loaded, as_json: bool) -> None:
    """The machine's clock, the last time the server wrote down, and whether the one is plausible after the other."""
    engine = opened(loaded)
    last = engine.alive.last()
    row = {
        "now": _said(engine.clock.now()),
        "last": None if last is None else _said(last.end),
        "believed": engine.alive.right(),
    }
    show([row], as_json)


@clock.command()
@with_data
def accept(loaded: Loaded) -> None:
    """Say that the machine's clock is right as it is: what waited for that goes on."""
    click.echo(_said(opened(loaded).alive.accept(CLI)))


def _row(kind: str, name: str, state: str, at: datetime | None, more: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "state": state, "at": None if at is None else _said(at), "more": more}


def _said(at: datetime) -> str:
    return at.isoformat(timespec="seconds")

"""`lintel audit`: who did what, and the proof that nobody has changed what is written of it."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from server.cli import audit_sending
from server.cli.bar import Bar
from server.cli.setup import Group, as_json, opened, show, with_data
from server.cli.words import many
from server.core.access import CLI
from server.core.audit import Wanted
from server.core.heads import Head, read
from server.core.proof import Break
from server.engine import Engine
from server.engine.audit import LISTED, Verdict
from server.engine.trail import Told, line, message, stamp, told
from server.settings import Loaded

SAID = {
    "altered": "the changes {where} do not follow from those before: one was altered, added, taken away or moved",
    "text": "the text of the change {last} is not the one that was written",
    "loose_text": "there is a text for the change {last}, which is not there",
    "end": "the trail does not end where it is said to: see the changes {where}",
    "cut": "the changes {where} are gone: head {number} speaks of them",
    "head": "head {number} says something else of the changes up to {last} than is there now",
    "head_missing": "head {number} is gone, which was signed after the change {before}",
    "signature": "head {number}, of the change {last}, was not signed by this key, or was altered since",
}


@click.group(cls=Group)
def audit() -> None:
    """Who did what, and the proof that nobody has changed what is written of it."""


def chosen(command: Any) -> Any:
    """Adds the options that say which changes."""
    for option in (
        click.option("--room", metavar="ID", help="Only of this room."),
        click.option("--person", metavar="EMAIL", help="Only by this person, their keys, or about them."),
        click.option("--what", multiple=True, help="Only this kind, such as booked; repeat for several."),
        click.option("--until", metavar="TIME", help="Only before: a date, or an instant with offset."),
        click.option("--since", metavar="TIME", help="Only from then on: a date (UTC), or an instant with offset."),
    ):
        command = option(command)
    return command


@audit.command()
@with_data
def key(loaded: Loaded) -> None:
    """The public key that verifies heads (Ed25519, hex). Keep it with them."""
    click.echo(opened(loaded).audit.public_key())


@audit.command()
@with_data
def head(loaded: Loaded) -> None:
    """Sign where the trail ends now and print the head, to be kept elsewhere; the server does so each hour."""
    engine = opened(loaded)
    found = replace(engine.audit, logged=False).head(engine.clock.now())
    if found is None:
        raise click.ClickException("nothing has happened yet")
    click.echo(found.line)


@audit.command()
@with_data
@click.option("--heads", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Lines with heads that were kept elsewhere, such as a log.")  # fmt: skip
@click.option("--key", default="", metavar="HEX", help="The public key that was kept elsewhere.")
@as_json
def verify(loaded: Loaded, file: Path | None, key: str, as_json: bool) -> None:
    """Prove the whole trail; exit 1 with the first place where it breaks."""
    engine = opened(loaded)
    kept = list(_heads(file)) if file is not None else []
    if file is not None and not kept:
        raise click.UsageError(f"--heads: there is no head in {file}")
    with Bar("Proving") as bar:
        found = engine.audit.verify(CLI, elsewhere=kept, key=key, told=bar.tell)
    if as_json:
        show_verdict(found)
    elif found.found is None:
        texts, heads = many(found.texts, "text"), many(found.heads, "head")
        more = f" and {many(found.elsewhere, 'head')} kept elsewhere" if kept else ""
        click.echo(f"{many(found.changes, 'change')}, {texts}, {heads}{more}: all is as it was written")
    else:
        click.echo(f"Broken: {words(found.found)} ({found.found.code}). {many(found.changes, 'change')} proven before")
    sys.exit(1 if found.found else 0)


def words(it: Break) -> str:
    """The first break, for people."""
    where = f"{it.first} to {it.last}" if it.first != it.last else f"{it.last} to {it.last}"
    return SAID[it.code].format(where=where, first=it.first, last=it.last, number=it.number, before=it.first - 1)


def show_verdict(it: Verdict) -> None:
    """The verdict as JSON."""
    found = it.found
    broken = {"code": found.code, "first": found.first, "last": found.last, "words": words(found)} if found else None
    click.echo(json.dumps({"changes": it.changes, "texts": it.texts, "heads": it.heads, "elsewhere": it.elsewhere,
                           "broken": broken}, indent=2))  # fmt: skip


@audit.command("list")
@with_data
@chosen
@click.option("--limit", type=click.IntRange(1, LISTED), default=50, show_default=True, help="The newest so many.")
@as_json
def list_(loaded: Loaded, limit: int, as_json: bool, **options: Any) -> None:
    """The newest changes, the last at the end; instants in UTC."""
    engine = opened(loaded)
    names = {room.number: room.id for room in engine.rooms.all(CLI)}
    found = [told(row) for row in engine.audit.newest(CLI, _wanted(engine, **options), limit)]
    show([_row(it, names, as_json=as_json) for it in found], as_json)


@audit.command()
@with_data
@chosen
@click.option("--format", "form", type=click.Choice(["jsonl", "rfc5424"]), default="jsonl", show_default=True)
@click.option("--after", type=click.IntRange(0), default=0, help="Only changes with a higher seq than this.")
@click.option("--to", metavar="tls://HOST:PORT", help="Send there (syslog over TLS), from where that stopped last.")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The receiver's authority, PEM; the machine's own otherwise.")  # fmt: skip
def export(loaded: Loaded, form: str, after: int, to: str | None, ca: Path | None, **options: Any) -> None:
    """All changes, with what people wrote where that is still there."""
    if ca is not None and to is None:
        raise click.UsageError("--ca goes with --to")
    engine = opened(loaded)
    which = _wanted(engine, **options)
    if to is None:
        for row in engine.audit.changes(CLI, which, after=after):
            click.echo(line(told(row)) if form == "jsonl" else message(told(row), "-"))
        return
    _send(engine, which, to, ca, after)


def _send(engine: Engine, which: Wanted, to: str, ca: Path | None, after: int) -> None:
    address, trust = audit_sending.target(to), audit_sending.trusting(ca)
    name = to.rstrip("/") + (f" {which}" if which != Wanted() else "")
    begun = max(after, engine.audit.sent(name))
    count = 0
    for part, seq in audit_sending.send(map(told, engine.audit.changes(CLI, which, after=begun)), address, trust):
        engine.audit.keep_sent(name, seq)
        count += part
    click.echo(f"{many(count, 'change')} sent", err=True)


def _wanted(engine: Engine, *, since: str | None, until: str | None, what: tuple[str, ...], person: str | None,
            room: str | None) -> Wanted:  # fmt: skip
    return Wanted(
        _moment(since, "--since"), _moment(until, "--until"), what,
        engine.people.find(person, CLI).number if person else None,
        engine.rooms.get(room, CLI).number if room else None,
    )  # fmt: skip


def _moment(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        if len(text) == len("2026-01-31"):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise click.UsageError(f"{option} must be a date, or an instant with offset such as 2026-06-15T09:00+02:00")


def _heads(file: Path) -> Iterator[Head]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        for each in lines:
            if (found := read(each)) is not None:
                yield found


def _row(it: Told, names: dict[int, str], *, as_json: bool) -> dict[str, Any]:
    if as_json:
        row: dict[str, Any] = json.loads(line(it))
        return row
    room = names.get(it.room, it.room) if it.room is not None else ""
    moved = "; ".join(
        f"{name} {_short(it.before.get(name))} → {_short(it.after.get(name))}" for name in {**it.before, **it.after}
    )
    return {
        "seq": it.seq, "at": stamp(it.at), "what": it.what, "room": room, "subject": it.subject, "actor": it.actor,
        "door": it.source, "codes": ",".join(it.codes), "before and after": moved,
    }  # fmt: skip


def _short(value: Any) -> str:
    return "-" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

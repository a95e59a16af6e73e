"""`lintel mail`: the letters that went out, a trial of the mail server, and what comes back."""

import sys

import click

from server import compose
from server.cli.setup import NUMBER, Group, as_json, opened, show, sound, with_data
from server.core.access import CLI
from server.core.clock import SystemClock
from server.core.errors import Barred, Unknown
from server.core.letters import STATES, Kept, Letter
from server.core.people import EMAIL, LANGUAGES
from server.engine import Engine
from server.settings import Loaded


@click.group(cls=Group)
def mail() -> None:
    """Letters: what went out, and what comes back."""


@mail.command("list")
@with_data
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True)
@as_json
def list_(loaded: Loaded, state: str | None, limit: int, as_json: bool) -> None:
    """The letters, newest first."""
    show([_row(it) for it in opened(loaded).post.listed(CLI, state=state, limit=limit)], as_json)


@mail.command("show")
@with_data
@click.argument("number", type=NUMBER, metavar="LETTER")
@as_json
def show_(loaded: Loaded, number: int, as_json: bool) -> None:
    """One letter, and what the mail server said; what it told is forgotten once it is sent."""
    it = opened(loaded).post.find(number, CLI)
    more = {"language": it.letter.language, "message": it.message_id, "next": it.next_at.isoformat()}
    show([_row(it) | more], as_json)


@mail.command()
@with_data
@click.argument("numbers", type=NUMBER, metavar="LETTER", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that were refused, parked or came back.")
def retry(loaded: Loaded, numbers: tuple[int, ...], every: bool) -> None:
    """Send letters again that came to nothing; prints how many."""
    if bool(numbers) == every:
        raise click.UsageError("name letters, or say --all")
    engine = opened(loaded)
    if every:
        lost = ("refused", "parked", "bounced")
        numbers = tuple(it.number for state in lost for it in engine.post.listed(CLI, state=state, limit=500))
    click.echo(engine.post.retry(numbers, CLI))


@mail.command()
@with_data
@click.argument("address")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
def test(loaded: Loaded, address: str, language: str) -> None:
    """Send a letter to ADDRESS at once, and say what the mail server answered."""
    settings = sound(loaded).settings
    if not settings.mail__host:
        raise click.UsageError("there is no mail.host")
    if not EMAIL.fullmatch(address):
        raise click.UsageError(f"{address} is not an e-mail address")
    from server.work.letters.message import routed, written  # only here: its libraries weigh 20 MiB
    from server.work.letters.wording import trial
    from server.work.smtp import Away, Conversation, Later, Never

    now = SystemClock().now()
    letter = Letter("report", address, language, settings.zone, {}, "test")
    kept = Kept(0, letter, "waiting", now, now, 0, f"{int(now.timestamp()):032x}")
    message = written(kept, trial(letter), compose.sender(settings), now)
    try:
        with Conversation(compose.mail_server(settings)) as conversation:
            conversation.send(message, settings.mail__from, routed(address))
    except (Away, Later, Never) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{settings.mail__host} took it")


@mail.command()
@with_data
def take(loaded: Loaded) -> None:
    """Read one message on stdin, as a mail server hands it over: a letter that came back, or an answer to a ticket."""
    from server.work.letters.incoming import LARGEST, Bounce, NotOurs, read

    engine = opened(loaded)
    raw = sys.stdin.buffer.read(LARGEST + 1)
    try:
        found = read(raw)
        if isinstance(found, Bounce):
            said = f"letter {engine.post.bounced(found.message, found.status)} came back"
        else:
            said = _answered(engine, found.messages, found.sender)
    except NotOurs as error:
        raise click.ClickException(f"not taken: {error}") from error
    except (Unknown, Barred) as error:
        raise click.ClickException("not taken: not about a letter of ours, or not from its reader") from error
    click.echo(said)


def _answered(engine: Engine, messages: tuple[str, ...], sender: str) -> str:
    ticket, address = engine.post.answered(messages)
    if sender.casefold() != address.casefold():
        raise Barred("identity")
    closed = engine.tickets.close_from(ticket, address)
    return "closed " + (", ".join(f"#{it.number}" for it in closed) or "nothing: it was closed already")


def _row(it: Kept) -> dict[str, object]:
    return {
        "letter": it.number, "kind": it.letter.kind, "to": it.letter.address, "state": it.state, "tries": it.tries,
        "made": it.made_at.isoformat(), "ended": it.ended_at.isoformat() if it.ended_at else None, "error": it.error,
    }  # fmt: skip

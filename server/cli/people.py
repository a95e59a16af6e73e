"""`lintel person`: accounts, and what opens the house to them."""

from dataclasses import replace
from typing import Any

import click

from server.cli.person_options import fields, group_names, group_numbers, hundredths, profile, row, typed
from server.cli.setup import Group, as_json, opened, show, with_data
from server.core.access import CLI
from server.core.people import Account, Filters, Person, Role
from server.settings import Loaded


@click.group(cls=Group)
def person() -> None:
    """Accounts: people who book, staff, administrators."""


password_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")


@person.command()
@with_data
@click.argument("email")
@profile
@password_stdin
def add(loaded: Loaded, email: str, password_stdin: bool, groups: tuple[str, ...], **told: Any) -> None:
    """Make an account; prints its number. Without --password-stdin it has no password."""
    password = typed() if password_stdin else None
    engine = opened(loaded)
    it = replace(Person(0, email, ""), **fields(engine, told))
    made = engine.people.add(it, CLI, groups=group_numbers(engine, groups), password=password)
    click.echo(made.number)


@person.command()
@with_data
@click.argument("who", metavar="EMAIL")
@click.option("--email", help="A new e-mail address.")
@profile
def change(loaded: Loaded, who: str, email: str | None, groups: tuple[str, ...], **told: Any) -> None:
    """Change what is given and leave the rest; --group puts them into just these groups. Prints the version."""
    engine = opened(loaded)
    it = engine.people.find(who, CLI)
    if groups:
        engine.people.set_groups(it.number, CLI, group_numbers(engine, groups))
    changes = fields(engine, told) | ({"email": email} if email else {})
    if "attributes" in changes:
        changes["attributes"] = {**it.attributes, **changes["attributes"]}
    click.echo(engine.people.change(it.number, CLI, **changes).version)


@person.command("list")
@with_data
@click.option("--contains", default="", metavar="TEXT", help="In any name, e-mail, login, phone, department …")
@click.option("--role", type=click.Choice([it.value for it in Role]), default=None)
@click.option("--status", type=click.Choice([it.value for it in Account]), default=None)
@click.option("--department", default="")
@click.option("--group", default="", metavar="NAME")
@as_json
def list_(
    loaded: Loaded, contains: str, role: str | None, status: str | None, department: str, group: str, as_json: bool
) -> None:
    """Everybody with an account, or those that fit."""
    engine = opened(loaded)
    number = engine.groups.find(group, CLI).number if group else None
    filters = Filters(anything=contains, role=role or "", account=status or "", department=department, group=number)
    names = group_names(engine)
    found: list[Person] = []
    while part := engine.people.page(filters, CLI, after=found[-1].number if found else 0):
        found += part
    show([row(it, names, brief=not as_json) for it in found], as_json)


@person.command("show")
@with_data
@click.argument("who", metavar="EMAIL")
@as_json
def show_(loaded: Loaded, who: str, as_json: bool) -> None:
    """One account, by e-mail, login or number."""
    engine = opened(loaded)
    told = row(engine.people.find(who, CLI), group_names(engine), brief=False)
    if as_json:
        show([told], as_json)
    else:
        show([{"what": name, "value": value} for name, value in told.items()], False)


@person.command()
@with_data
@click.argument("who", metavar="EMAIL")
@password_stdin
@click.option("--generate", is_flag=True, help="Make one up and print it, this once.")
def password(loaded: Loaded, who: str, password_stdin: bool, generate: bool) -> None:
    """Set a password; ends the person's sessions."""
    if password_stdin == generate:
        raise click.UsageError("say --password-stdin or --generate")
    fresh = typed() if password_stdin else ""
    engine = opened(loaded)
    number = engine.people.find(who, CLI).number
    if generate:
        click.echo(engine.credentials.generate_password(number, CLI))
    else:
        engine.credentials.set_password(number, CLI, fresh)


@person.command()
@with_data
@click.argument("who", metavar="EMAIL")
@click.option("--pin-stdin", is_flag=True, help="Read the PIN (4 to 8 digits) from the first line of stdin.")
@click.option("--remove", is_flag=True, help="Take the PIN away.")
def pin(loaded: Loaded, who: str, pin_stdin: bool, remove: bool) -> None:
    """Set the PIN that somebody uses at the doors."""
    if pin_stdin == remove:
        raise click.UsageError("say --pin-stdin or --remove")
    fresh = typed() if pin_stdin else None
    engine = opened(loaded)
    engine.credentials.set_pin(engine.people.find(who, CLI).number, CLI, fresh)


@person.command()
@with_data
@click.argument("who", metavar="EMAIL")
@click.option("--add", "number", metavar="NUMBER", help="What a reader types when the badge is held to it.")
@click.option("--label", default="", help="What is shown of the new badge.")
@click.option("--remove", metavar="ID", help="End a badge.")
@as_json
def badge(loaded: Loaded, who: str, number: str | None, label: str, remove: str | None, as_json: bool) -> None:
    """Badges of somebody's: give one, end one, or (without options) list them."""
    engine = opened(loaded)
    of = engine.people.find(who, CLI).number
    if remove:
        engine.credentials.remove_badge(of, CLI, remove)
    if number:
        click.echo(engine.credentials.add_badge(of, CLI, number, label=label).id)
    if not remove and not number:
        found = engine.credentials.badges(of, CLI)
        show([{"id": it.id, "label": it.label, "made": it.made_at.isoformat()} for it in found], as_json)


@person.command()
@with_data
@click.argument("who", metavar="EMAIL")
@click.option("--rotate", "action", flag_value="rotate", help="End the old secret and make a new one.")
@click.option("--disable", "action", flag_value="disable", help="End the secret.")
@click.option("--enable", "action", flag_value="enable", help="Make a secret.")
def feed(loaded: Loaded, who: str, action: str | None) -> None:
    """Make the secret of somebody's own calendar feed; prints it alone, this once."""
    if action is None:
        raise click.UsageError("give --enable, --rotate or --disable")
    engine = opened(loaded)
    secret = engine.credentials.feed(engine.people.find(who, CLI).number, CLI, action)
    if secret:
        click.echo(secret)


@person.command()
@with_data
@click.argument("who", metavar="EMAIL")
def deactivate(loaded: Loaded, who: str) -> None:
    """Shut an account; its sessions, tokens, keys and badges end at once."""
    _set(loaded, who, Account.INACTIVE)


@person.command()
@with_data
@click.argument("who", metavar="EMAIL")
def activate(loaded: Loaded, who: str) -> None:
    """Open an account that is inactive or awaits it."""
    _set(loaded, who, Account.ACTIVE)


@person.command()
@with_data
@click.argument("who", metavar="EMAIL")
def unlock(loaded: Loaded, who: str) -> None:
    """Forget somebody's wrong passwords and PINs, so that they may try again at once."""
    engine = opened(loaded)
    engine.people.unlock(engine.people.find(who, CLI).number, CLI)


@person.command()
@with_data
@click.argument("who", metavar="EMAIL")
@click.option("--set", "to", type=float, help="So many there are from now on.")
@click.option("--add", "by", type=float, help="So many more; below zero, fewer.")
def credits(loaded: Loaded, who: str, to: float | None, by: float | None) -> None:
    """Somebody's credits; prints what there are."""
    engine = opened(loaded)
    it = engine.people.find(who, CLI)
    left = it.credits
    if to is not None or by is not None:
        left = engine.people.credits(
            it.number, CLI, to=hundredths(to) if to is not None else None, by=hundredths(by or 0)
        )
    click.echo(f"{left / 100:.2f}")


@person.command()
@with_data
@click.argument("who", metavar="EMAIL")
@as_json
def sessions(loaded: Loaded, who: str, as_json: bool) -> None:
    """Where somebody is signed in."""
    engine = opened(loaded)
    found = engine.sign_in.sessions(engine.people.find(who, CLI).number, CLI)
    show(
        [
            {"id": it.id[:12], "by": it.source, "with": it.label, "made": it.made_at.isoformat(),
             "used": it.seen_at.isoformat()}
            for it in found
        ],
        as_json,
    )  # fmt: skip


@person.command("end-sessions")
@with_data
@click.argument("who", metavar="EMAIL")
def end_sessions(loaded: Loaded, who: str) -> None:
    """Sign somebody out everywhere; prints how many sessions that were."""
    engine = opened(loaded)
    click.echo(engine.sign_in.end_all(engine.people.find(who, CLI).number, CLI))


def _set(loaded: Loaded, who: str, account: Account) -> None:
    engine = opened(loaded)
    engine.people.change(engine.people.find(who, CLI).number, CLI, account=account)

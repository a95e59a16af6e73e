"""The command `lintel`: results on stdout, talk on stderr; exits 0 fine, 1 refused, 2 wrong usage."""

import sys
from dataclasses import replace

import click

from server import compose, serving
from server.cli import (
    api_keys,
    audit,
    backup,
    bookings,
    catalogue,
    closures,
    conflicts,
    devices,
    doctor,
    emergencies,
    equipment,
    files,
    finding,
    fleet,
    groups,
    hooks,
    imports,
    limits,
    mail,
    people,
    people_files,
    policy,
    recovered,
    release,
    report,
    rights,
    rooms,
    series,
    sites,
    tickets,
    tokens,
    trying,
    waiting,
    work,
)
from server.cli.setup import Group, sound, with_data
from server.core.access import CLI
from server.core.people import Person, Role
from server.logs import log
from server.settings import Loaded, supervisor

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lintel", prog_name="lintel")
def main() -> None:
    """Lintel: the booking server behind the displays at the doors."""


@main.command()
@with_data
@click.option("--admin", metavar="EMAIL", default="", help="Make an account for this administrator, too.")
def init(loaded: Loaded, admin: str) -> None:
    """Make a data folder and its database; prints the administrator's password (or a token, without --admin) once."""
    sound(loaded)
    loaded.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = compose.engine(loaded.settings, folder=loaded.data)
    if engine.tokens.all(CLI) or any(engine.people.all(CLI)):
        raise click.ClickException(f"{loaded.data} is set up already; go on with: lintel person, lintel token")
    if admin:
        made = engine.people.add(Person(0, admin, "", role=Role.ADMIN), CLI)
        secret = engine.credentials.generate_password(made.number, CLI)
        click.echo(f"Made {loaded.data}. The password of {made.email} is shown once:", err=True)
    else:
        _, secret = engine.tokens.create("administrator", "admin", CLI)
        click.echo(f"Made {loaded.data}. This administrator's token is shown once:", err=True)
    click.echo(secret)


@main.command()
@with_data
@click.option("--listen", help="HOST:PORT; the setting `listen` otherwise.")
@click.option(
    "--role",
    type=click.Choice(["all", "web", "work", "push"]),
    default="all",
    help="Answer requests and push (web), do what is done by itself (work), only push, or all; less needs PostgreSQL.",
)
@click.option("--insecure-http", is_flag=True, help="Allow plain HTTP on an address that others can reach.")
def serve(loaded: Loaded, listen: str | None, role: str, insecure_http: bool) -> None:
    """Run the server."""
    settings = replace(sound(loaded).settings, **({"listen": listen} if listen else {}))
    host, _, port = settings.listen.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535 or not host:
        raise click.UsageError("--listen must be HOST:PORT")
    if role == "push" and not settings.push__listen:
        raise click.UsageError("--role push: the setting push.listen is empty")
    held = settings.push__listen.rpartition(":")[0]
    host = next((it for it in (host, held) if it and it.strip("[]") not in LOOPBACK), host)
    if host.strip("[]") not in LOOPBACK and not insecure_http:
        raise click.UsageError(f"{host} can be reached by others and this is plain HTTP: put a TLS proxy in front and "
                               "listen on 127.0.0.1, or say --insecure-http")  # fmt: skip
    if settings.database_url.startswith("sqlite"):
        if role != "all":
            raise click.UsageError(f"--role {role}: SQLite is for one process, which does all of it; several of them "
                                   "need a PostgreSQL database (database_url)")  # fmt: skip
        loaded.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    log(settings.log_level)
    try:
        serving.serve(compose.compose(settings, folder=loaded.data), role, supervisor())
    except serving.CannotListen as error:
        raise click.ClickException(str(error)) from error


@main.command()
@with_data
def migrate(loaded: Loaded) -> None:
    """Bring the database's schema up to date."""
    for name in compose.migrate(sound(loaded).settings) or ["nothing to do"]:
        click.echo(name)


@main.command("demo")
@click.option(
    "--port",
    type=click.IntRange(1, 65_000),
    default=8080,
    show_default=True,
    help="The server's port; the panels' are 10 and 20 more.",
)
@click.option("--zone", default="", help="Where the sample building stands; by default where it is mid-morning now.")
def demo_(port: int, zone: str) -> None:
    """Run a sample building: server and two real panels on loopback, in a fresh temporary folder."""
    from server import demo

    sys.exit(demo.run(port, zone))


main.add_command(doctor.doctor)
main.add_command(rooms.room)
main.add_command(sites.site)
main.add_command(policy.policy)
policy.policy.add_command(trying.try_)
main.add_command(files.file)
main.add_command(tokens.token)
for command in fleet.COMMANDS:
    devices.device.add_command(command)
main.add_command(devices.device)
main.add_command(fleet.panel)
main.add_command(rights.right)
main.add_command(bookings.booking)
main.add_command(series.series)
main.add_command(imports.import_)
main.add_command(closures.closure)
main.add_command(finding.find)
main.add_command(waiting.waiting)
main.add_command(recovered.recovered)
main.add_command(tickets.ticket)
main.add_command(tickets.receiver)
main.add_command(conflicts.conflict)
main.add_command(catalogue.attribute)
main.add_command(catalogue.accessory)
main.add_command(equipment.equipment)
main.add_command(equipment.reason)
main.add_command(limits.timetable)
main.add_command(limits.quota)
for command in people_files.COMMANDS:
    people.person.add_command(command)
main.add_command(people.person)
main.add_command(groups.group)
main.add_command(api_keys.key)
main.add_command(hooks.hook)
main.add_command(audit.audit)
main.add_command(report.report)
for command in backup.COMMANDS:
    main.add_command(command)
main.add_command(work.work)
main.add_command(work.clock)
main.add_command(mail.mail)
main.add_command(emergencies.emergency)
main.add_command(release.release)

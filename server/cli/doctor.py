"""`lintel doctor`: every setting and where it came from, and what is wrong with the settings or with the house."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from server import compose
from server.authorities import read
from server.cli.setup import as_json, show, with_data
from server.core.errors import LintelError
from server.engine import Engine
from server.engine.copies import unwell
from server.engine.disk import given_up
from server.engine.examining import examine
from server.settings import Complaint, Loaded, Settings, shown

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command()
@with_data
@click.option("--free-ballast", is_flag=True, help="First give up the file that keeps room for a full disk.")
@as_json
def doctor(loaded: Loaded, free_ballast: bool, as_json: bool) -> None:
    """Show every setting, where it came from, and what is wrong."""
    if free_ballast:
        click.echo(f"{given_up(loaded.settings.database_url):,} bytes of ballast given up", err=True)
    rows = [_row(loaded, name, source) for name, source in loaded.sources.items()]
    found = [*loaded.complaints, *addresses(loaded.settings), *authorities(loaded.settings)]
    try:
        engine = compose.engine(loaded.settings, migrate=False, folder=loaded.data)
        rows.append({"name": "database", "value": engine.store.version(), "source": "found"})
        missing = engine.ready()
        found += [Complaint("database.migration", step, "run lintel migrate") for step in missing]
        if not missing:
            found += house(loaded, engine)
    except (LintelError, RuntimeError) as error:
        found.append(Complaint("database.away", "database_url", str(error) or "it does not answer"))
    if as_json:
        told = [{"id": it.id, "name": it.name, "hint": it.hint} for it in found]
        click.echo(json.dumps({"settings": rows, "complaints": told}, indent=2))
    else:
        show(rows, False)
        for it in found:
            click.echo(f"{it.id}  {it.name}: {it.hint}", err=True)
        click.echo("Nothing is wrong" if not found else f"{len(found)} wrong", err=True)
    sys.exit(1 if found else 0)


def house(loaded: Loaded, engine: Engine) -> Iterator[Complaint]:
    """What is wrong with the house behind the settings."""
    if not loaded.settings.auth__local and not engine.sealing.there():
        hint = "off, and no account is sealed for the day the provider is down: lintel person seal EMAIL"
        yield Complaint("auth.sealed", "auth.local", hint)
    if (known := engine.lineage.behind()) is not None:
        hint = f"has come less far than {known.seq:,} changes: a copy was put back; the server begins a new life by it"
        yield Complaint("database.behind", "database_url", hint)
    for which in unwell(engine.store):
        about = "the newest is too old" if which == "taken" else "none was proven lately"
        yield Complaint(f"backup.{which}", "backup.folder", f"{about}; run lintel backup, and see what it says")
    for it in examine(engine.store, engine.clock, loaded.data, engine.vitals.now):
        yield Complaint(it.id, it.about, it.hint)


def authorities(it: Settings) -> Iterator[Complaint]:
    """What is wrong with the certificates that devices are told to believe."""
    if it.devices__authorities:
        try:
            read(Path(it.devices__authorities))
        except (OSError, ValueError) as error:
            yield Complaint("devices.authorities", "devices.authorities", str(error))


def addresses(it: Settings) -> Iterator[Complaint]:
    """What is wrong with the address that people reach us by, where links are built from it."""
    parts = urlsplit(it.public_url)
    outward = bool(it.mail__host or it.oidc__issuer)
    if not it.public_url:
        if it.mail__host:
            yield Complaint("public_url.missing", "public_url", "empty, and the links in letters are built from it")
    elif not parts.hostname or parts.query or parts.fragment or parts.username:
        yield Complaint("public_url.form", "public_url", "must be like https://rooms.example.org")
    elif parts.hostname in LOOPBACK:
        if outward:
            yield Complaint("public_url.loopback", "public_url", "only this machine gets there; letters link to it")
    elif parts.scheme != "https":
        yield Complaint("public_url.plain", "public_url", "is plain http: passwords and links can be read on the way")


def _row(loaded: Loaded, name: str, source: str) -> dict[str, Any]:
    value = getattr(loaded.settings, name.replace(".", "__"))
    shut = bool(value) and hidden(name)
    return {"name": name, "value": "…" if shut else without_password(value), "source": source}


def hidden(name: str) -> bool:
    """Whether all of a setting's value is a secret; a database's URL is one only in part."""
    about = next(it.metadata for it in fields(Settings) if shown(it.name) == name)
    return bool(about["secret"]) and not name.endswith("url")


def without_password(value: Any) -> Any:
    """A setting's value for people; the password of a database URL is not for them."""
    if not isinstance(value, str):
        return value
    return re.sub(r"([?&]password=)[^&]*", r"\1…", re.sub(r"(://[^:/@]*):.*@", r"\1:…@", value))

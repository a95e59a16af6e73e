"""A consistent copy of a PostgreSQL database by its own programs, and putting such a copy in its place.

Decisions:
- `pg_dump` reads one snapshot while others write. The password goes to the programs by their environment, since what
  stands on a command line can be read by everybody on the machine.
- A copy is unpacked into a database of its own and checked there. Only then the two change names, which PostgreSQL does
  for no database that anybody is connected to. What was there keeps its rows under another name.
"""

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from server.store.sqlite_copy import CopyFailed, settled

Told = Callable[[int, int], None]
Environment = Mapping[str, str]
"""The environment in which the programs run: `PATH` above all."""
DUMPED = re.compile(r'dumping contents of table "')
RESTORED = re.compile(r'processing data for table "')
COUNT_TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"


def copy(url: str, target: Path, told: Told, around: Environment) -> None:
    """Dumps the database to a new file with the rights 0600, over what is there. Raises CopyFailed, OSError."""
    part = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            tables = connection.execute(COUNT_TABLES).fetchall()[0][0]
        command = ["--format=custom", "--no-owner", "--no-privileges", "--verbose", f"--file={part}"]
        _run("pg_dump", command, url, around, told, tables, DUMPED)
        os.fsync(handle)
        part.replace(target)
        settled(target.parent)
    finally:
        os.close(handle)
        with suppress(FileNotFoundError):
            part.unlink()


@contextmanager
def unpacked(url: str, file: Path, told: Told, around: Environment) -> Iterator[str]:
    """The address of a database of its own with what the file holds; it is gone afterwards, unless it was renamed."""
    name = f"lintel_restoring_{secrets.token_hex(4)}"
    fresh = _at(url, name)
    with _admin(url) as admin:
        _create(admin, name)
    try:
        _run("pg_restore", ["--no-owner", "--exit-on-error", "--verbose", str(file)], fresh, around, told, 50, RESTORED)
        yield fresh
    finally:
        with _admin(url) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def replace(url: str, fresh: str) -> str:
    """Gives the database of `fresh` the name of the other, which is kept; returns the name that it has from now on.

    Raises CopyFailed("in_use") while anybody is connected to either.
    """
    name, other = database(url), database(fresh)
    with _admin(fresh, to="postgres") as admin:
        kept = _free_name(admin, name)
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        try:
            admin.execute(rename.format(sql.Identifier(name), sql.Identifier(kept)))
        except psycopg.errors.ObjectInUse as error:
            raise CopyFailed("in_use") from error
        try:
            admin.execute(rename.format(sql.Identifier(other), sql.Identifier(name)))
        except psycopg.Error:
            admin.execute(rename.format(sql.Identifier(kept), sql.Identifier(name)))
            raise
    return kept


def in_use(url: str) -> bool:
    """Whether anybody else is connected to the database."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        rows = connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend' LIMIT 1"
        ).fetchall()
    return bool(rows)


def database(url: str) -> str:
    """The name of the database of an address."""
    parts = urlsplit(url)
    return unquote(parts.path.lstrip("/")) or unquote(parts.username or "")


def _at(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def _admin(url: str, *, to: str = "") -> Iterator[psycopg.Connection]:
    with psycopg.connect(_at(url, to) if to else url, autocommit=True, connect_timeout=5) as connection:
        yield connection


def _create(admin: psycopg.Connection, name: str) -> None:
    try:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise CopyFailed("no_right", "the database's user may not create databases (ALTER USER … CREATEDB)") from error


def _free_name(admin: psycopg.Connection, name: str) -> str:
    taken = {row[0] for row in admin.execute("SELECT datname FROM pg_database").fetchall()}
    number, found = 1, f"{name}_before_restore"
    while found in taken:
        number += 1
        found = f"{name}_before_restore_{number}"
    return found


def _run(
    program: str, options: list[str], url: str, around: Environment, told: Told, of: int, done: re.Pattern[str]
) -> None:
    """Runs one of PostgreSQL's programs on that database; raises CopyFailed with the last it said where it fails."""
    path = shutil.which(program, path=around.get("PATH"))
    if path is None:
        raise CopyFailed("no_program", program)
    told_of = conninfo_to_dict(url)
    password = told_of.pop("password", None)
    secret = {"PGPASSWORD": str(password)} if password else {}
    command = [path, f"--dbname={make_conninfo('', **told_of)}", "--no-password", *options]
    last, count = "", 0
    with subprocess.Popen(command, env={**around, **secret, "LC_ALL": "C"}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:  # fmt: skip
        for text in process.stderr or ():
            last = text.strip() if "error:" in text or not last else last
            if done.search(text):
                count += 1
                told(min(count, of), of)
    if process.returncode:
        raise CopyFailed("program_failed", last.removeprefix(f"{program}: "))

"""People: reading and writing rows. One person, with their groups and what these make of them, is one statement.

Decisions: what people are searched by is kept case-folded in one column, so that "contains" means the same on both
databases whatever the alphabet; which field it was found in is looked at afterwards. Credits are written by their own
statements alone: whoever changes a name must not undo a booking's charge.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from server.core.clock import epoch, from_epoch
from server.core.people import SEARCHED, Account, Filters, Person, Role, folded
from server.store.database import Row, Tx
from server.store.fields import attributes_text, attributes_value, instant, seconds, storable

PLAIN = (
    "email", "login", "first_name", "last_name", "role", "account", "department", "language", "zone", "phone",
    "organization", "position", "color", "attributes", "sealed", "made_at", "seen_at", "erased_at", "version",
    "unproven",
)  # fmt: skip
DERIVED = ("email_key", "login_key", "folded")
COLUMNS = (
    ", ".join(f"p.{name}" for name in ("id", *PLAIN, "credits"))
    + ", (SELECT string_agg(CAST(m.team_id AS TEXT), ',') FROM membership m WHERE m.person_id = p.id)"
    + ", (SELECT string_agg(t.roles, ',') FROM membership m JOIN team t ON t.id = m.team_id "
    "WHERE m.person_id = p.id AND t.roles <> '')"
)
ADMINS_LOCK = 0x4C494E0A
MOST_AT_ONCE = 200
"""Rows that one INSERT writes; SQLite takes 32,766 values in one statement."""


def value(row: Row) -> Person:
    """The person of a row of COLUMNS."""
    number, email, login, first, last, role, account, *rest = row
    texts, (attributes, sealed, made, seen, erased, version, unproven, *more) = rest[:7], rest[7:]
    credits, groups, roles = more
    begin = (number, email, login, first, last, Role(role), Account(account), *texts)
    joined = frozenset(int(part) for part in groups.split(",")) if groups else frozenset()
    given = frozenset(roles.split(",")) if roles else frozenset()
    end = (bool(sealed), from_epoch(made), instant(seen), instant(erased), version, bool(unproven))
    fields: Row = (*begin, credits, attributes_value(attributes), joined, given, *end)
    return Person(*fields)


def _one(tx: Tx, column: str, wanted: object) -> Person | None:
    row = tx.one(f"SELECT {COLUMNS} FROM person p WHERE p.{column} = ?", (wanted,))
    return value(row) if row else None


def by_number(tx: Tx, number: int) -> Person | None:
    return _one(tx, "id", number)


def by_email(tx: Tx, email: str) -> Person | None:
    """Whatever its case."""
    return _one(tx, "email_key", folded(email)) if storable(email) else None


def by_login(tx: Tx, login: str) -> Person | None:
    """Whatever its case. A login with an @ is ever the person's own e-mail, so the two never name two people."""
    return _one(tx, "login_key", folded(login)) if storable(login) else None


def taken(tx: Tx, it: Person) -> tuple[bool, bool]:
    """Whether somebody else has the person's e-mail, and their login: as of one instant, so that both are told."""
    row = tx.one(
        "SELECT max(CASE WHEN email_key = ? THEN 1 ELSE 0 END), max(CASE WHEN login_key = ? THEN 1 ELSE 0 END) "
        "FROM person WHERE (email_key = ? OR login_key = ?) AND id <> ?",
        (*[folded(it.email), folded(it.login)] * 2, it.number),
    )
    return (bool(row[0]), bool(row[1])) if row else (False, False)


def by_numbers(tx: Tx, numbers: Iterable[int]) -> dict[int, Person]:
    """Those there are, by number; one statement for any number of them."""
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    low, high = wanted[0], wanted[-1]
    if len(wanted) > 1000:  # a long list of marks costs more than the rows between
        rows = tx.rows(f"SELECT {COLUMNS} FROM person p WHERE p.id BETWEEN ? AND ?", (low, high))
        return {it.number: it for it in map(value, rows) if it.number in set(wanted)}
    marks = ",".join("?" * len(wanted))
    return {
        it.number: it for it in map(value, tx.rows(f"SELECT {COLUMNS} FROM person p WHERE p.id IN ({marks})", wanted))
    }


def by_emails(tx: Tx, emails: Iterable[str]) -> dict[str, Person]:
    """Those there are, by folded e-mail; for whole files of people."""
    wanted, found = sorted({folded(email) for email in emails if storable(email)}), {}
    for start in range(0, len(wanted), 1000):
        part = wanted[start : start + 1000]
        marks = ",".join("?" * len(part))
        for row in tx.rows(f"SELECT {COLUMNS} FROM person p WHERE p.email_key IN ({marks})", part):
            it = value(row)
            found[folded(it.email)] = it
    return found


def every(tx: Tx) -> Iterator[Person]:
    """Everybody who is not erased, by number."""
    for row in tx.rows(f"SELECT {COLUMNS} FROM person p WHERE p.erased_at IS NULL ORDER BY p.id"):
        yield value(row)


def page(tx: Tx, filters: Filters, *, after: int = 0, limit: int = 50) -> list[Person]:
    """At most `limit` people with a number above `after`, by number."""
    where, values = _where(filters)
    found: list[Person] = []
    while len(found) < limit:
        rows = tx.rows(
            f"SELECT {COLUMNS} FROM person p WHERE {where} AND p.id > ? ORDER BY p.id LIMIT ?", [*values, after, limit]
        )
        found += [it for it in map(value, rows) if _fits(it, filters)]
        if len(rows) < limit:
            break
        after = rows[-1][0]
    return found[:limit]


def count(tx: Tx) -> int:
    """How many people there are, the erased left out."""
    row = tx.one("SELECT count(*) FROM person WHERE erased_at IS NULL")
    return int(row[0]) if row else 0


def _where(filters: Filters) -> tuple[str, list[object]]:
    parts, values = ["p.erased_at IS NULL"], list[object]()
    for text in (*filters.texts.values(), filters.anything):
        if text:
            parts.append("p.folded LIKE ? ESCAPE '!'")
            values.append("%" + _literal(folded(text)) + "%")
    for column in ("role", "account", "department"):
        if wanted := getattr(filters, column):
            parts.append(f"p.{column} = ?")
            values.append(wanted)
    if filters.group is not None:
        parts.append("p.id IN (SELECT m.person_id FROM membership m WHERE m.team_id = ?)")
        values.append(filters.group)
    return " AND ".join(parts), values


def _literal(text: str) -> str:
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return text.replace("\0", "\n\n")  # no field holds it, and PostgreSQL takes no NUL


def _fits(it: Person, filters: Filters) -> bool:
    fields = all(folded(text) in folded(getattr(it, name)) for name, text in filters.texts.items())
    return fields and all(
        folded(text) in folded(it.attributes.get(number, "")) for number, text in filters.attributes.items()
    )


def _cells(it: Person) -> list[object]:
    return [
        it.email, it.login, it.first_name, it.last_name, it.role.value, it.account.value, it.department, it.language,
        it.zone, it.phone, it.organization, it.position, it.color, attributes_text(it.attributes), int(it.sealed),
        seconds(it.made_at), seconds(it.seen_at), seconds(it.erased_at), it.version, int(it.unproven), folded(it.email),
        folded(it.login),
        "\n".join(folded(getattr(it, name)) for name in SEARCHED),
    ]  # fmt: skip


def insert(tx: Tx, it: Person) -> Person:
    """Writes somebody new, without groups; returns them with their number. `made_at` must be set."""
    return insert_all(tx, [it])[0]


def insert_all(tx: Tx, people: Sequence[Person]) -> list[Person]:
    """Writes many new people, without groups; returns them with their numbers, in the order given."""
    names, numbers = (*PLAIN, *DERIVED, "credits"), dict[str, int]()
    marks = "(" + ",".join("?" * len(names)) + ")"
    for start in range(0, len(people), MOST_AT_ONCE):
        part = people[start : start + MOST_AT_ONCE]
        values = [cell for it in part for cell in (*_cells(it), it.credits)]
        rows = tx.rows(
            f"INSERT INTO person ({', '.join(names)}) VALUES {', '.join([marks] * len(part))} RETURNING email_key, id",
            values,
        )
        numbers |= dict(rows)
    return [replace(it, number=numbers[folded(it.email)]) for it in people]


def update(tx: Tx, it: Person) -> None:
    """Writes everything of the person but number, groups and credits."""
    update_all(tx, [it])


def update_all(tx: Tx, people: Sequence[Person]) -> None:
    """Writes everything of each but number, groups and credits."""
    marks = ", ".join(f"{name} = ?" for name in (*PLAIN, *DERIVED))
    tx.many(f"UPDATE person SET {marks} WHERE id = ?", [[*_cells(it), it.number] for it in people])


def lock(tx: Tx, number: int) -> None:
    """Keeps others from changing the person until the end; on SQLite there is one writer anyway."""
    if tx.postgres:
        tx.rows("SELECT 1 FROM person WHERE id = ? FOR UPDATE", (number,))


def hold(tx: Tx, numbers: Iterable[int]) -> dict[int, int]:
    """Locks many people, until the end; their versions by number."""
    wanted, found = sorted(numbers), dict[int, int]()
    for start in range(0, len(wanted), 1000):
        part = wanted[start : start + 1000]
        sql = f"SELECT id, version FROM person WHERE id IN ({','.join('?' * len(part))}) ORDER BY id"
        found |= dict(tx.rows(sql + (" FOR UPDATE" if tx.postgres else ""), part))
    return found


def set_credits(tx: Tx, number: int, hundredths: int) -> None:
    tx.run("UPDATE person SET credits = ? WHERE id = ?", (hundredths, number))


def add_credits(tx: Tx, number: int, hundredths: int) -> int:
    """Adds (or, below zero, takes) credits; returns what there is then."""
    row = tx.one("UPDATE person SET credits = credits + ? WHERE id = ? RETURNING credits", (hundredths, number))
    return int(row[0]) if row else 0


def touch(tx: Tx, number: int, at: datetime) -> None:
    """Notes when somebody was last seen; never set back."""
    tx.run("UPDATE person SET seen_at = ? WHERE id = ? AND coalesce(seen_at, 0) < ?", (epoch(at), number, epoch(at)))


def admins(tx: Tx) -> int:
    """How many active administrators there are, by their own role or by a group's."""
    row = tx.one(
        "SELECT count(*) FROM (SELECT id FROM person "
        "WHERE role = 'admin' AND account = 'active' AND erased_at IS NULL "
        "UNION SELECT id FROM person WHERE account = 'active' AND erased_at IS NULL AND id IN "
        "(SELECT person_id FROM membership WHERE team_id IN "
        "(SELECT id FROM team WHERE (',' || roles || ',') LIKE '%,admin,%'))) AS admins"
    )
    return int(row[0]) if row else 0


def lock_admins(tx: Tx) -> None:
    """Two who could each take the other's rights take turns; on SQLite there is one writer anyway."""
    if tx.postgres:
        tx.run(f"SELECT pg_advisory_xact_lock({ADMINS_LOCK})")


# What opens the house to them


def secret_of(tx: Tx, number: int, kind: str) -> str | None:
    """The digest of somebody's "password", "pin" or "feed_digest"."""
    row = tx.one(f"SELECT {_kind(kind)} FROM person WHERE id = ?", (number,))
    return row[0] if row else None


def set_secret(tx: Tx, number: int, kind: str, digest: str | None) -> None:
    tx.run(f"UPDATE person SET {_kind(kind)} = ? WHERE id = ?", (digest, number))


def by_feed(tx: Tx, digest: str) -> Person | None:
    return _one(tx, "feed_digest", digest)


def _kind(kind: str) -> str:
    if kind not in ("password", "pin", "feed_digest"):
        raise KeyError(kind)
    return kind


def disown(tx: Tx, it: Person, at: datetime) -> Person:
    """Takes an account from whoever made it and gives it, empty of secrets, to whose e-mail it proves to be."""
    end_access(tx, it.number, at)
    for kind in ("password", "pin"):
        set_secret(tx, it.number, kind, None)
    after = replace(it, unproven=False, version=it.version + 1)
    update(tx, after)
    return after


def end_access(tx: Tx, number: int, at: datetime) -> None:
    """Ends what opens the house to somebody: sessions, badges and the feed are gone, keys and tokens revoked."""
    tx.run("DELETE FROM session WHERE person_id = ?", (number,))
    tx.run("DELETE FROM badge WHERE person_id = ?", (number,))
    tx.run("UPDATE api_key SET revoked_at = ? WHERE person_id = ? AND revoked_at IS NULL", (epoch(at), number))
    tx.run("UPDATE token SET revoked_at = ? WHERE person_id = ? AND revoked_at IS NULL", (epoch(at), number))
    set_secret(tx, number, "feed_digest", None)

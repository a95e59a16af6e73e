"""What a row of a file of people means: who it is about, what it would make of them, and what is wrong with it.

A row is matched by e-mail. An empty cell says nothing: somebody new gets the default, somebody known keeps what they
have. A cell that says what is there already, but for blanks around it, is no change. Passwords are never read from
files.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from server.core.people import MOST_GROUPS, Account, Group, Person, Role, folded, full_name, parted, person_problems
from server.engine.sheet import Row, Sheet

CREATE, UPDATE, SAME, SKIP, LEAVE = "create", "update", "same", "skip", "leave"
COLUMNS = (
    "firstName", "lastName", "email", "login", "department", "role", "groups", "language", "zone", "phone",
    "organization", "position", "status",
)  # fmt: skip
TEXTS = {
    "firstname": "first_name", "lastname": "last_name", "email": "email", "login": "login", "department": "department",
    "language": "language", "zone": "zone", "phone": "phone", "organization": "organization", "position": "position",
}  # fmt: skip


ROLES: Mapping[str, Role] = {it.value: it for it in Role}
"""What the house calls its roles."""
ACCOUNTS = {it.value: it for it in Account}


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """A row and what comes of it. `after` is the person as they would be; `groups` None: the row says nothing of them.

    `line` 0: nobody's row, somebody who is not in the file.
    """

    line: int
    email: str
    action: str
    errors: tuple[str, ...] = ()
    before: Person | None = None
    after: Person | None = None
    groups: frozenset[int] | None = None
    new_groups: tuple[str, ...] = ()


@dataclass(slots=True)
class Known:
    """Who and what there is already, to match rows with, and what the file calls the roles."""

    people: Iterable[Person]
    groups: Sequence[Group]
    make_groups: bool = False
    roles: Mapping[str, Role] = field(default_factory=lambda: ROLES)
    by_email: dict[str, Person] = field(default_factory=dict)
    by_login: dict[str, Person] = field(default_factory=dict)
    by_name: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for it in self.people:
            self.by_email[folded(it.email)] = self.by_login[folded(it.login)] = it
        self.by_name = {folded(it.name): it.number for it in self.groups}


def readable(sheet: Sheet) -> bool:
    """Whether the columns say who each row is about."""
    return "email" in {name.lower() for name in sheet.columns}


def plan(sheet: Sheet, known: Known, *, update: bool) -> tuple[PlannedPerson, ...]:
    """What would come of each row."""
    mails, logins, out = dict[str, int](), dict[str, int](), []
    for row in sheet.rows:
        it = _planned(row, known, update=update)
        errors = [*it.errors]
        if it.after is not None and not errors:
            for what, text, seen in (("email", it.after.email, mails), ("login", it.after.login, logins)):
                if (first := seen.setdefault(folded(text), row.line)) != row.line:
                    errors.append(f"Duplicate {what} in CSV (line {first})")
        out.append(replace(it, errors=tuple(errors)) if errors else it)
    return tuple(out)


def cells(it: Person, names: Mapping[int, str], roles: Mapping[Role, str]) -> dict[str, str]:
    """The person by columns: COLUMNS and `name`. `names` of the groups by number, `roles` what they are called."""
    return {
        "name": full_name(it), "firstName": it.first_name, "lastName": it.last_name, "email": it.email,
        "login": it.login, "department": it.department, "role": roles[it.role],
        "groups": ";".join(sorted(names[number] for number in it.groups)), "language": it.language, "zone": it.zone,
        "phone": it.phone, "organization": it.organization, "position": it.position, "status": it.account.value,
    }  # fmt: skip


def _planned(row: Row, known: Known, *, update: bool) -> PlannedPerson:
    data, email = row.cells, row.cells.get("email", "")
    if row.problem or not email:
        return PlannedPerson(row.line, email, CREATE, (row.problem or "Email is required",))
    before = known.by_email.get(folded(email))
    after, errors = _filled(before or Person(0, email, data.get("login", "") or email), data, known.roles)
    groups, new, unknown = _groups(data.get("groups", ""), known)
    errors += [f"Unknown group {name}" for name in unknown]
    errors += [f"Group name {name[:20]!r} is too long" for name in new if len(name) > 100]
    if groups is not None and len(groups) + len(new) > MOST_GROUPS:
        errors.append(f"More than {MOST_GROUPS} groups")
    errors += [f"{name}: {why}" for name, why in person_problems(after).items()]
    other = known.by_login.get(folded(after.login))
    if other is not None and other is not before:
        errors.append("Login is taken")
    action = CREATE if before is None else UPDATE if update else SKIP
    if action == UPDATE and after == before and (groups is None or (groups == after.groups and not new)):
        action = SAME
    return PlannedPerson(row.line, email, action, tuple(errors), before, after, groups, new)


def _filled(person: Person, data: Mapping[str, str], roles: Mapping[str, Role]) -> tuple[Person, list[str]]:
    told = {ours: data[name] for name, ours in TEXTS.items() if data.get(name)}
    given: dict[str, Any] = {ours: text for ours, text in told.items() if text != getattr(person, ours).strip()}
    whole = "" if data.get("firstname") or data.get("lastname") else data.get("name", "")
    if whole and whole != full_name(person):
        given["first_name"], given["last_name"] = parted(whole)
    errors = []
    if "email" in given and folded(given["email"]) == folded(person.email) and person.number:
        del given["email"]  # it is how the row was found; another case is no change
    for column, kind, name in (("role", roles, "role"), ("status", ACCOUNTS, "account")):
        if word := data.get(column, "").lower():
            if word in kind:
                given[name] = kind[word]
            else:
                errors.append(f"{column}: one of {', '.join(kind)}")
    if "language" in given:
        given["language"] = given["language"].lower()
    return replace(person, **given), errors


def _groups(cell: str, known: Known) -> tuple[frozenset[int] | None, tuple[str, ...], list[str]]:
    """The numbers of the groups that a cell names, the names of those to be made, and of those that there are not."""
    if not cell:
        return None, (), []
    names = [cell] if folded(cell) in known.by_name else re.split("[;|]" if re.search("[;|]", cell) else ",", cell)
    names = [name.strip() for name in names if name.strip()]
    missing = [name for name in names if folded(name) not in known.by_name]
    there = frozenset(known.by_name[folded(name)] for name in names if folded(name) in known.by_name)
    return there, tuple(missing) if known.make_groups else (), [] if known.make_groups else missing

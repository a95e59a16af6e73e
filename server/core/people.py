"""People and groups of them: who somebody is, as values. Nothing here is secret."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from server.core.guessing import easy
from server.core.text import problem, problems
from server.core.zone import zone

LANGUAGES = ("en", "de", "fr", "es", "nl", "ja")
GROUP_ROLES = frozenset({"group_admin", "admin", "room_admin", "timetable_admin"})
TEXTS = {
    "email": 254, "login": 254, "first_name": 100, "last_name": 100, "department": 100, "phone": 50,
    "organization": 100, "position": 100,
}  # fmt: skip
EMAIL = re.compile(r"[^\s@<>(),;:\"\\\[\]]{1,64}@(?:[\w-]{1,63}\.)*[\w-]{1,63}")
LOGIN = re.compile(r"[^\s@]{1,85}")
COLOR = re.compile(r"#[0-9a-fA-F]{6}")
SEARCHED = ("login", "email", "first_name", "last_name", "phone", "organization", "position", "department")
"""What a text may be looked for in, in the order of the lines of the column `folded`."""
MOST_GROUPS = 100
"""So many groups one person may be in."""


class Role(StrEnum):
    """What somebody is to the house. Who manages a room, a site or a group is so by a right, not by a role."""

    ADMIN = "admin"
    STAFF = "staff"
    MEMBER = "member"


class Account(StrEnum):
    """Whether somebody may sign in: only where active. Awaiting: registered, not yet let in."""

    ACTIVE = "active"
    AWAITING = "awaiting"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account. `number` is never reused; `email` and `login` are unique whatever their case.

    `credits` are hundredths. `attributes` maps numbers of custom attributes to values. `groups` are numbers of groups,
    `group_roles` the roles that these give (see Group).
    `sealed`: the break-glass account, which may use its password where local passwords are off. An erased person keeps
    the number and nothing else. `unproven`: whoever made the account only said that the e-mail is theirs.
    """

    number: int
    email: str
    login: str
    first_name: str = ""
    last_name: str = ""
    role: Role = Role.MEMBER
    account: Account = Account.ACTIVE
    department: str = ""
    language: str = "en"
    zone: str = ""
    phone: str = ""
    organization: str = ""
    position: str = ""
    color: str = ""
    credits: int = 0
    attributes: Mapping[int, str] = field(default_factory=dict, hash=False)
    groups: frozenset[int] = frozenset()
    group_roles: frozenset[str] = frozenset()
    sealed: bool = False
    made_at: datetime | None = None
    seen_at: datetime | None = None
    erased_at: datetime | None = None
    version: int = 1
    unproven: bool = False

    @property
    def name(self) -> str:
        """First and last name, else what stands before the @ of the e-mail."""
        return full_name(self) or self.email.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Group:
    """People with something in common. `automatic`: everybody who is added joins it.

    `roles`: group_admin (of the groups it leads), admin (the house), room_admin, timetable_admin (LibreBooking's four).
    `led_by` is the group whose group_admins manage this one; `external` its name at the sign-in provider.
    """

    number: int
    name: str
    automatic: bool = False
    roles: frozenset[str] = frozenset()
    led_by: int | None = None
    external: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Filters:
    """Whom a list is asked for: all that are given must hold.

    `texts`: what a field of SEARCHED must contain, in any case; `anything`: what any of them must contain;
    `attributes`: the same for custom attributes by number. `group`: a group's number. The erased are never listed.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    anything: str = ""
    attributes: Mapping[int, str] = field(default_factory=dict)
    role: str = ""
    account: str = ""
    department: str = ""
    group: int | None = None


def folded(text: str) -> str:
    """What e-mails, logins and names are told apart by: without case, and without the ways to write one letter."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def effective_role(person: Person, groups: Iterable[Group] = ()) -> Role:
    """What somebody is to the house: admin also where a group of theirs says so. `groups`: with newer roles, if any."""
    theirs = person.group_roles.union(*(group.roles for group in groups if group.number in person.groups))
    return Role.ADMIN if "admin" in theirs else person.role


def person_problems(it: Person) -> dict[str, str]:
    """Why somebody cannot be so, by field. A login is the person's own e-mail or has no @: it never names another."""
    bad = problems({name: (getattr(it, name), limit) for name, limit in TEXTS.items()})
    if "email" not in bad and not EMAIL.fullmatch(it.email):
        bad["email"] = "must be an e-mail address"
    if folded(it.login) == folded(it.email):
        bad.pop("login", None)
    elif not LOGIN.fullmatch(it.login):
        bad["login"] = "1 to 85 characters without spaces and @, or the e-mail address"
    if it.language not in LANGUAGES:
        bad["language"] = f"one of {', '.join(LANGUAGES)}"
    if it.color and not COLOR.fullmatch(it.color):
        bad["color"] = "#rrggbb"
    if it.zone:
        try:
            zone(it.zone)
        except ValueError:
            bad["zone"] = "not a known time zone"
    if len(it.attributes) > 200 or any(problem(text, 1000, lines=True) for text in it.attributes.values()):
        bad["attributes"] = "up to 200 values of up to 1000 characters"
    return bad


def group_problems(it: Group) -> dict[str, str]:
    """Why a group cannot be so, by field."""
    bad = problems({"name": (it.name, 100), "external": (it.external, 255)})
    if not it.name.strip():
        bad["name"] = "is required"
    if not it.roles <= GROUP_ROLES:
        bad["roles"] = f"some of {', '.join(sorted(GROUP_ROLES))}"
    return bad


def password_problem(text: str, person: Person) -> str | None:
    """Why that may not be somebody's password, or None."""
    if (why := problem(text, 256)) is not None:
        return why
    if len(text) < 10:
        return "at least 10 characters"
    own = {folded(word) for word in (person.email, person.login, person.name, person.email.partition("@")[0])}
    if easy(folded(text)) or folded(text) in own:
        return "too easy to guess"
    return None


def parted(name: str) -> tuple[str, str]:
    """First and last name of a whole one: the last word is the last name, unless there is only one."""
    first, _, last = name.strip().rpartition(" ")
    return (first.strip(), last) if first else (last, "")


def full_name(it: Person) -> str:
    """First and last name, "" where neither is known."""
    return f"{it.first_name} {it.last_name}".strip()


def in_words(fields: Mapping[str, object]) -> tuple[dict[str, Role | Account], dict[str, str]]:
    """Role and account among the fields as what the words stand for, and why others of them are none."""
    known: dict[str, type[Role] | type[Account]] = {"role": Role, "account": Account}
    said, bad = dict[str, Role | Account](), dict[str, str]()
    for name in set(known) & set(fields):
        try:
            said[name] = known[name](str(fields[name]))
        except ValueError:
            bad[name] = f"one of {', '.join(known[name])}"
    return said, bad

"""People and groups of them: who somebody is, as values. Nothing here is secret."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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
    the number and nothing else.
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
    attributes: Mapping[int, str] = field(default_factory=dict)
    groups: frozenset[int] = frozenset()
    group_roles: frozenset[str] = frozenset()
    sealed: bool = False
    made_at: datetime | None = None
    seen_at: datetime | None = None
    erased_at: datetime | None = None
    version: int = 1

    @property
    def name(self) -> str:
        """First and last name, else what stands before the @ of the e-mail."""
        return f"{self.first_name} {self.last_name}".strip() or self.email.partition("@")[0]


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


def folded(text: str) -> str:
    """What e-mails, logins and names are told apart by: without case, and without the ways to write one letter."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def effective_role(person: Person, groups: Iterable[Group] = ()) -> Role:
    """What somebody is to the house: admin also where a group of theirs says so. `groups`: with newer roles, if any."""
    theirs = person.group_roles.union(*(group.roles for group in groups if group.number in person.groups))
    return Role.ADMIN if "admin" in theirs else person.role

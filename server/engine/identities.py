"""Whom a sign-in provider names: found by its own name for them, linked or made at the first time, kept as it tells.

Decisions:
- Somebody is (issuer, subject). An e-mail alone never opens an account: at the first time it links to the account of
  the same e-mail, where the provider says that it is verified; the sealed account is never linked. One
  that somebody registered in that name, unproven, loses password, sessions and keys then.
- The provider's groups become memberships (source "oidc") of the groups that carry these external names; memberships
  made by hand stay. Where `admin_group` or `staff_group` is set, the provider's word decides about these roles.
- Who is not in the required group (any more) is barred: the account ends, with sessions, tokens, keys and badges.
- The last administrator keeps the role and the account, whatever a provider says by mistake.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from server.core.audit_facts import moved
from server.core.clock import Clock, whole
from server.core.errors import Barred
from server.core.people import MOST_GROUPS, Account, Person, Role, effective_role, person_problems
from server.engine.people import keeping_an_admin
from server.store import groups, identities, people
from server.store.database import Note, Store, Tx

SOURCE = "oidc"


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider says of somebody. `groups` None: it did not say (not the same as none)."""

    issuer: str
    subject: str
    email: str = ""
    verified: bool = False
    first_name: str = ""
    last_name: str = ""
    groups: frozenset[str] | None = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a provider's word is worth: names of its groups ("" for none), whether unknown people get an account."""

    admin_group: str = ""
    staff_group: str = ""
    required_group: str = ""
    create: bool = True


@dataclass(frozen=True, slots=True)
class Identities:
    """The use case of signing in by a provider. Raises Barred("identity", need=why), Refused, Later or Full."""

    store: Store
    clock: Clock

    def recognise(self, told: Told, terms: Terms) -> Person:
        """The person the provider names, as they are from now on; they may sign in. Barred where they may not.

        `need` is email (none that is verified), unknown (no account, none is made), group (not in the required
        one), inactive or awaiting.
        """
        now = whole(self.clock.now())
        if not 0 < len(told.subject) <= 255:
            raise Barred("identity", need="token")

        def work(tx: Tx) -> tuple[Person | None, str]:
            with keeping_an_admin(tx):
                return judged(tx)

        def judged(tx: Tx) -> tuple[Person | None, str]:
            person = self._found(tx, told, now)
            barred = _barred(told, terms)
            if person is None:
                return (None, barred) if barred else self._made(tx, told, terms, now)
            if barred:
                _bar(tx, person, told, now)
                return person, barred
            if person.account is not Account.ACTIVE:
                return person, person.account.value
            return _kept(tx, person, told, terms, now), ""

        person, why = self.store.writing(work)
        if why or person is None:
            raise Barred("identity", need=why)
        return person

    def _found(self, tx: Tx, told: Told, now: datetime) -> Person | None:
        number = identities.person_of(tx, told.issuer, told.subject)
        if number is not None:
            return people.by_number(tx, number)
        person = people.by_email(tx, told.email) if told.verified and told.email else None
        if person is None or person.sealed or identities.linked(tx, person.number, told.issuer):
            return None  # who is another person at this provider already is not this one
        identities.link(tx, told.issuer, told.subject, person.number, now)
        tx.note(Note(now, "identity_linked", None, person.number, f"person:{person.number}", codes=(SOURCE,)))
        return people.disown(tx, person, now) if person.unproven else person

    def _made(self, tx: Tx, told: Told, terms: Terms, now: datetime) -> tuple[Person | None, str]:
        if not (told.verified and told.email):
            return None, "email"
        if not terms.create or people.by_email(tx, told.email) is not None:
            return None, "unknown"
        fresh = Person(
            0, told.email, told.email, told.first_name[:100], told.last_name[:100], made_at=now, account=Account.ACTIVE
        )
        if person_problems(fresh):
            return None, "email"
        person = people.insert(tx, fresh)
        tx.note(Note(now, "person_added", None, person.number, SOURCE, after=moved(None, person)[1]))
        identities.link(tx, told.issuer, told.subject, person.number, now)
        groups.join(tx, [(it.number, person.number) for it in groups.every(tx) if it.automatic], "automatic")
        return _kept(tx, person, told, terms, now), ""


def _barred(told: Told, terms: Terms) -> str:
    if not terms.required_group:
        return ""
    return "" if told.groups is not None and terms.required_group in told.groups else "group"


def _bar(tx: Tx, person: Person, told: Told, now: datetime) -> None:
    """Ends what somebody has here, where the provider did say their groups; the last administrator is left alone."""
    if told.groups is None or person.account is not Account.ACTIVE or person.sealed or _last(tx, person):
        return
    after = replace(person, account=Account.INACTIVE, version=person.version + 1)
    people.update(tx, after)
    people.end_access(tx, person.number, now)
    was, then = moved(person, after)
    codes = ("required_group",)
    tx.note(Note(now, "person_deactivated", None, person.number, SOURCE, codes, before=was, after=then))


def _kept(tx: Tx, person: Person, told: Told, terms: Terms, now: datetime) -> Person:
    """The person with what the provider says of them."""
    follow_groups(tx, person.number, told.groups, SOURCE)
    named = people.by_number(tx, person.number) or person
    if named.groups != person.groups:
        codes = tuple(str(group) for group in sorted(named.groups ^ person.groups))
        was, then = moved(person, named)
        tx.note(Note(now, "person_groups", None, person.number, SOURCE, codes, before=was, after=then))
    changed = replace(named, role=_role(tx, named, told, terms))
    if told.first_name or told.last_name:
        changed = replace(changed, first_name=told.first_name, last_name=told.last_name)
    if told.verified and told.email and people.by_email(tx, told.email) is None:
        login = told.email if named.login == named.email else named.login
        changed = replace(changed, email=told.email, login=login)
    if person_problems(changed):
        changed = replace(named, role=changed.role)
    if changed != named:
        changed = replace(changed, version=named.version + 1)
        people.update(tx, changed)
        codes = tuple(name for name in ("role", "email", "first_name", "last_name") if _differs(changed, named, name))
        was, then = moved(named, changed)
        tx.note(Note(now, "person_changed", None, person.number, SOURCE, codes, before=was, after=then))
    return changed


def _differs(one: Person, other: Person, name: str) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def _role(tx: Tx, person: Person, told: Told, terms: Terms) -> Role:
    """The role by the provider's groups; as it was where these say nothing of roles."""
    role = person.role
    if told.groups is None or person.sealed:
        return role
    if terms.admin_group and terms.admin_group in told.groups:
        return Role.ADMIN
    if terms.admin_group and role is Role.ADMIN and not _last(tx, person):
        role = Role.MEMBER
    if terms.staff_group and role is not Role.ADMIN:
        role = Role.STAFF if terms.staff_group in told.groups else Role.MEMBER
    return role


def _last(tx: Tx, person: Person) -> bool:
    return effective_role(person) is Role.ADMIN and person.account is Account.ACTIVE and people.admins(tx) <= 1


def follow_groups(tx: Tx, person: int, told: frozenset[str] | None, source: str) -> None:
    """Makes somebody's memberships of one source those of the groups with these external names; None: as they are."""
    if told is None:
        return
    named: Callable[[str], bool] = told.__contains__
    wanted = {it.number for it in groups.every(tx) if it.external and named(it.external)}
    has = groups.sources(tx, person)
    ends = [(number, person) for number, made in has.items() if made == source and number not in wanted]
    groups.leave(tx, ends)
    room = MOST_GROUPS - (len(has) - len(ends))
    groups.join(tx, [(number, person) for number in sorted(wanted - set(has))[:room]], source)

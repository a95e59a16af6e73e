"""Files of people: taken in, given out, or followed as the whole truth about who belongs to the house.

Decisions:
- A file is judged as a whole before anything is locked; what was judged is written in one transaction, which first
  looks whether anybody was changed meanwhile (then it is judged again). With `partial` the good rows are written a
  thousand at a time, so that bookings get their turns between.
- Following a file (`sync`): new ones are added, known ones changed, absent ones deactivated, with sessions, tokens,
  keys and badges ended, all or nothing. A bad row refuses the file, for whoever it is about would count as absent; so
  does one by which more than a fifth would leave, unless that was said. The sealed account and those who are inactive
  are left alone; bookings stay.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.core.access import Actor, require
from server.core.audit_facts import moved
from server.core.clock import Clock, whole
from server.core.errors import Invalid, Objection, Refused
from server.core.people import Account, Group, Person, Role, folded
from server.engine import people_rows
from server.engine.people import keeping_an_admin
from server.engine.people_rows import COLUMNS, CREATE, LEAVE, ROLES, SKIP, UPDATE, Known, PlannedPerson
from server.engine.sheet import ROWS, Sheet, read, write
from server.store import groups, people
from server.store.database import Note, Store, Tx

SOURCE = "sync"
PART = 1000
Progress = Callable[[int, int], None]
Stamp = tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a file; `written` False where nothing was changed."""

    rows: tuple[PlannedPerson, ...]
    written: bool

    def count(self, action: str) -> int:
        """Good rows of which that came."""
        return sum(row.action == action and not row.errors for row in self.rows)

    @property
    def bad(self) -> int:
        return sum(bool(row.errors) for row in self.rows)


def silent(done: int, of: int) -> None:
    """Tells nobody how far it is."""


@dataclass(frozen=True, slots=True)
class PeopleFiles:
    """The use cases of files of people, for administrators. All raise Invalid, Barred, Refused, Later or Full."""

    store: Store
    clock: Clock

    def take(
        self, data: bytes, actor: Actor, *, update: bool = False, partial: bool = False, preview: bool = False,
        make_groups: bool = False, progress: Progress = silent, roles: Mapping[str, Role] = ROLES, most: int = ROWS,
    ) -> Taken:  # fmt: skip
        """Adds the people of a file; `update` changes those who are there, too. `partial` keeps the good rows.

        `roles`: what the file calls them; `most`: so many rows it may have.
        """
        require(actor, "people")
        sheet = _sheet(data, most)
        judge = _Judge(sheet, update, make_groups, roles)
        stamp, rows = self._judged(judge)
        if preview or (any(row.errors for row in rows) and not partial):
            return Taken(rows, written=False)
        if not partial:
            return self._written(judge, stamp, rows, actor, progress)
        good = [row for row in rows if not row.errors]
        for start in range(0, len(good), PART):
            part = good[start : start + PART]
            self.store.writing(lambda tx, part=part: self._write(tx, part, actor, silent))  # type: ignore[misc]
            progress(min(start + PART, len(good)), len(good))
        return Taken(rows, written=True)

    def sync(
        self, data: bytes, actor: Actor, *, most_leave: int | None = None, preview: bool = False,
        make_groups: bool = False, progress: Progress = silent,
    ) -> Taken:  # fmt: skip
        """Makes the house's people those of the file.

        Refused("too_many_leave", {leave, of, most}) where more than a fifth of the active ones (or `most_leave`) would.
        """
        require(actor, "people")
        sheet = _sheet(data)

        def look(tx: Tx) -> tuple[PlannedPerson, ...]:
            known = list(people.every(tx))
            rows = people_rows.plan(sheet, Known(known, groups.every(tx), make_groups), update=True)
            return (*rows, *_leaving(rows, known))

        with self.store.reading() as tx:
            rows = look(tx)
            active = sum(it.account is Account.ACTIVE for it in people.every(tx))
        leave, most = sum(map(_leaves, rows)), active // 5 if most_leave is None else most_leave
        if preview or any(row.errors for row in rows):
            return Taken(rows, written=False)
        if leave > most:
            raise Refused((Objection("too_many_leave", "", {"leave": leave, "of": active, "most": most}),))

        def work(tx: Tx) -> Taken:
            now = look(tx)
            if sum(map(_leaves, now)) > most or any(row.errors for row in now):
                raise Refused((Objection("changed_meanwhile", ""),))
            self._write(tx, now, actor, progress, source=SOURCE)
            return Taken(now, written=True)

        return self.store.writing(work)

    def export(self, actor: Actor, *, columns: Sequence[str] = COLUMNS, roles: Mapping[str, Role] = ROLES) -> str:
        """Everybody as a file that `take` reads; never a password. `columns`: those that are wanted."""
        require(actor, "people")
        words = {role: next(word for word, it in roles.items() if it is role) for role in Role}
        with self.store.reading() as tx:
            names = {it.number: it.name for it in groups.every(tx)}
            told = (people_rows.cells(it, names, words) for it in people.every(tx))
            return write(columns, [[cells[name] for name in columns] for cells in told])

    def _judged(self, judge: "_Judge") -> tuple[Stamp, tuple[PlannedPerson, ...]]:
        with self.store.reading() as tx:
            return _stamp(tx), judge.plan(tx)

    def _written(
        self, judge: "_Judge", stamp: Stamp, rows: tuple[PlannedPerson, ...], actor: Actor, progress: Progress
    ) -> Taken:
        def work(tx: Tx) -> Taken:
            now = rows if _stamp(tx) == stamp else judge.plan(tx)
            if any(row.errors for row in now):
                return Taken(now, written=False)
            self._write(tx, now, actor, progress)
            return Taken(now, written=True)

        return self.store.writing(work)

    def _write(
        self, tx: Tx, rows: Sequence[PlannedPerson], actor: Actor, progress: Progress, *, source: str = ""
    ) -> None:
        with keeping_an_admin(tx):
            _Writing(tx, actor, whole(self.clock.now()), source, progress).all(rows)


@dataclass(frozen=True, slots=True)
class _Judge:
    """How a file is read."""

    sheet: Sheet
    update: bool
    make_groups: bool
    roles: Mapping[str, Role]

    def plan(self, tx: Tx) -> tuple[PlannedPerson, ...]:
        known = Known(people.every(tx), groups.every(tx), self.make_groups, self.roles)
        return people_rows.plan(self.sheet, known, update=self.update)


@dataclass(slots=True)
class _Writing:
    """One file's people on their way into the database."""

    tx: Tx
    actor: Actor | str
    now: datetime
    source: str
    progress: Progress
    made: dict[str, int] = field(default_factory=dict)

    def all(self, rows: Sequence[PlannedPerson]) -> None:
        """Writes what came of the rows."""
        self._make_groups(rows)
        new = [row for row in rows if row.action == CREATE]
        known = [row for row in rows if row.action == UPDATE]
        gone = [row for row in rows if row.action == LEAVE]
        self._hold([*known, *gone])
        steps, done = len(new) + len(known) + len(gone), 0
        self.progress(0, steps)
        for part in _parts(new):
            self._add(part)
            done += len(part)
            self.progress(done, steps)
        for part in _parts(known):
            self._change(part)
            done += len(part)
            self.progress(done, steps)
        self._end(gone)
        if steps:
            told = {"created": len(new), "updated": len(known), "left": len(gone)}
            self.tx.note(Note(self.now, "people_imported", None, None, self.actor, after=told))
        self.progress(steps, steps)

    def _hold(self, rows: Iterable[PlannedPerson]) -> None:
        """Locks those who are to be changed; Refused("changed_meanwhile") where somebody is not as the row saw them."""
        seen = {row.before.number: row.before.version for row in rows if row.before is not None}
        if people.hold(self.tx, seen) != seen:
            raise Refused((Objection("changed_meanwhile", ""),))

    def _make_groups(self, rows: Iterable[PlannedPerson]) -> None:
        for name in dict.fromkeys(name for row in rows if row.action != SKIP for name in row.new_groups):
            there = groups.by_name(self.tx, name)
            if there is not None:
                self.made[folded(name)] = there.number
            else:
                number = self.made[folded(name)] = groups.insert(self.tx, Group(0, name))
                self.tx.note(Note(self.now, "group_added", None, number, self.actor))

    def _add(self, rows: list[PlannedPerson]) -> None:
        automatic = {it.number for it in groups.every(self.tx) if it.automatic}
        fresh = [replace(row.after, made_at=self.now, version=1) for row in rows if row.after is not None]
        made = people.insert_all(self.tx, fresh)
        for it in made:
            _, told = moved(None, it)
            self.tx.note(Note(self.now, "person_added", None, it.number, self.actor, (it.role.value,), after=told))
        pairs = [(number, it.number) for row, it in zip(rows, made, strict=True) for number in self._wanted(row)]
        groups.join(self.tx, pairs, self.source)
        groups.join(self.tx, [(number, it.number) for it in made for number in automatic], "automatic")

    def _change(self, rows: list[PlannedPerson]) -> None:
        changed = []
        for row in rows:
            if row.after is None or row.before is None:
                continue
            it = replace(row.after, version=row.before.version + 1)
            changed.append(it)
            if it.account is not Account.ACTIVE and row.before.account is Account.ACTIVE:
                people.end_access(self.tx, it.number, self.now)
            was, now = moved(row.before, it)
            codes = _differences(row)
            self.tx.note(Note(self.now, "person_changed", None, it.number, self.actor, codes, before=was, after=now))
            self._regroup(row)
        people.update_all(self.tx, changed)

    def _regroup(self, row: PlannedPerson) -> None:
        """The groups that the row names, and no others; following a file, memberships made by others stay."""
        if row.groups is None or row.before is None:
            return
        wanted, there = self._wanted(row), row.before.groups
        if self.source:
            made = groups.sources(self.tx, row.before.number)
            there = frozenset(number for number, source in made.items() if source == self.source)
        number = row.before.number
        groups.leave(self.tx, [(group, number) for group in sorted(there - wanted)])
        groups.join(self.tx, [(group, number) for group in sorted(wanted - there)], self.source)

    def _end(self, rows: Sequence[PlannedPerson]) -> None:
        for row in rows:
            if row.after is not None:
                people.end_access(self.tx, row.after.number, self.now)
                self.tx.note(
                    Note(self.now, "person_changed", None, row.after.number, self.actor, codes=("account", "inactive"))
                )
        people.update_all(self.tx, [replace(row.after, version=row.after.version + 1) for row in rows if row.after])

    def _wanted(self, row: PlannedPerson) -> frozenset[int]:
        return (row.groups or frozenset()) | {self.made[folded(name)] for name in row.new_groups}


def _sheet(data: bytes, most: int = ROWS) -> Sheet:
    sheet = read(data, most=most)
    if not people_rows.readable(sheet):
        raise Invalid({"file": "needs the column email"})
    return sheet


def _stamp(tx: Tx) -> Stamp:
    """Equal where nobody and no group has been added or changed in between."""
    return tuple(tx.one(f"SELECT count(*), sum(version), max(id) FROM {table}") or () for table in ("person", "team"))


def _leaving(rows: Iterable[PlannedPerson], known: Iterable[Person]) -> Iterator[PlannedPerson]:
    there = {row.before.number for row in rows if row.before is not None}
    for it in known:
        if it.number not in there and it.account is not Account.INACTIVE and not it.sealed:
            yield PlannedPerson(0, it.email, LEAVE, (), it, replace(it, account=Account.INACTIVE))


def _leaves(row: PlannedPerson) -> bool:
    """Whether somebody who may sign in may not any more by that row."""
    if row.before is None or row.after is None:
        return False
    return row.before.account is Account.ACTIVE and row.after.account is not Account.ACTIVE


def _differences(row: PlannedPerson) -> tuple[str, ...]:
    names = (*people_rows.TEXTS.values(), "role", "account")
    return tuple(sorted({name for name in names if getattr(row.before, name) != getattr(row.after, name)}))


def _parts(rows: list[PlannedPerson]) -> Iterator[list[PlannedPerson]]:
    for start in range(0, len(rows), PART):
        yield rows[start : start + PART]

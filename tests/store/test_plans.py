"""No question that is asked all day reads a whole table: the database says how it would answer, and it is by index.

The room has twenty thousand bookings, so that a plan which reads them all would be seen and would be chosen if it were
cheaper. The cost in numbers is for the benches; here the shape of the plan is fixed on both databases.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

import peewee
import pytest

from server.core.clock import epoch
from server.core.model import Standing
from server.core.period import Period
from server.store import bookings, changes, keys, ops, reports, rooms
from server.store.database import Row, Store, Tx
from server.store.tables import ROOM
from tests import make

MANY = 20_000
WINDOW = make.span("00:00", "24:00")
WEEK = Period(WINDOW.start, WINDOW.start + timedelta(days=7))
WISH = make.span("10:00", "11:00")
SERIES = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) "
HOLDING, IDLE = (Standing.ACCEPTED, Standing.PENDING), (Standing.DECLINED, Standing.CANCELLED)


def filled(tx: Tx) -> None:
    start = epoch(make.NOW) - MANY // 2 * 43200
    for room in (1, 2):
        marks = ", ".join("?" * len(ROOM))
        it = make.room(f"r{room}")
        tx.run(f"INSERT INTO room ({', '.join(ROOM)}) VALUES ({marks})", [room, *rooms._columns(it)])
    tx.run(
        SERIES + "INSERT INTO occurrence (id, uid, rooms, starts, ends, standing, title, organizer, organizer_email, "
        "description, source, made_by, made_at, changed_at, version) "
        f"SELECT i, 'uid-' || i, '1', {start} + CAST(i AS BIGINT) * 43200, {start} + CAST(i AS BIGINT) * 43200 + 1800, "
        "CASE i % 10 WHEN 0 THEN 'declined' ELSE 'accepted' END, 't', 'o', 'e', '', 's', 'm', 0, 0, 1 FROM n"
    )
    tx.run(
        SERIES + "INSERT INTO hold (occurrence_id, room_id, held_from, held_to, active) SELECT i, 1, "
        f"{start} + CAST(i AS BIGINT) * 43200, {start} + CAST(i AS BIGINT) * 43200 + 1800, "
        "CASE i % 10 WHEN 0 THEN 0 ELSE 1 END FROM n"
    )
    tx.run(SERIES + "INSERT INTO closure (room_id, starts, ends, reason) SELECT 2, i, i + 1, 'Cleaning' FROM n")
    tx.run(
        SERIES + "INSERT INTO change (at, what, room_id, subject, actor, codes, digest) "
        "SELECT 0, 'booked', i % 2 + 1, i, 'a', '', '' FROM n"
    )
    tx.run(
        SERIES
        + "INSERT INTO op (actor, op_key, digest, at, what, after) SELECT 'a', 'k' || i, '', 0, 'booked', '[]' FROM n"
    )


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def large(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('plans') / 'lintel.db'}"
    else:
        url = request.getfixturevalue("postgres_cluster").create()
    with make.opened(url) as store:
        store.migrate(make.NOW)
        store.writing(filled)
        store.writing(lambda tx: tx.run("ANALYZE"))
        yield store


@dataclass(slots=True)
class Asking(Tx):
    """A transaction that asks for the plan of each statement before it runs it."""

    plans: list[str] = field(default_factory=list)

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        how = "EXPLAIN " if self.postgres else "EXPLAIN QUERY PLAN "
        self.plans += [f"{row[-1]}   -- {sql}" for row in Tx.rows(self, how + sql, params)]
        return Tx.rows(self, sql, params)

    def query(self, query: peewee.BaseQuery) -> list[Row]:
        sql, params = self.database.get_sql_context().sql(query).query()
        return self.rows(sql.replace("%s", "?").replace("%%", "%"), params)


def between(*standings: Standing) -> Callable[[Tx], object]:
    return lambda tx: bookings.between(tx, 1, WINDOW, standings=standings)


QUESTIONS: dict[str, Callable[[Tx], object]] = {
    "clash": lambda tx: bookings.around(tx, 1, WISH, timedelta()),
    "clash with a gap": lambda tx: bookings.around(tx, 1, WISH, timedelta(minutes=30)),
    "clash in an empty room": lambda tx: bookings.around(tx, 2, WISH, timedelta()),
    "a day": lambda tx: bookings.holding(tx, 1, WINDOW),
    "what waits for a door": lambda tx: bookings.at_risk(tx, 1, WINDOW),
    "what holds": between(*HOLDING),
    "what holds nothing": between(*IDLE),
    "all of a day": between(*HOLDING, *IDLE),
    "a page": lambda tx: bookings.between(
        tx, 1, None, standings=(*HOLDING, *IDLE), after=(epoch(make.NOW), 5), limit=20
    ),
    "one": lambda tx: bookings.by_uid(tx, "uid-77"),
    "some": lambda tx: bookings.by_ids(tx, [5, 50, 500]),
    "head": lambda tx: changes.head(tx),
    "head of a room": lambda tx: changes.head(tx, 1),
    "general head": lambda tx: changes.general_head(tx),
    "news": lambda tx: changes.after(tx, 1, MANY - 40, 500),
    "op": lambda tx: ops.find(tx, "b", "k77"),
    "key": lambda tx: keys.token_by_digest(tx, "x"),
    "panel": lambda tx: keys.device_by_digest(tx, "x"),
    "tally of a day": lambda tx: reports.tally(tx, 1, WINDOW),
}  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_by_index(large: Store, question: str) -> None:
    with large.reading() as tx:
        asking = Asking(**{f.name: getattr(tx, f.name) for f in fields(Tx)})
        QUESTIONS[question](asking)
    assert asking.plans
    assert [plan for plan in asking.plans if scans(plan, large.postgres)] == []


SMALL = ("token", "device", "door_grant")
FEW = (
    "SCAN (subquery", "SCAN a", "SCAN b", "SCAN CONSTANT", "SCAN occurrence USING COVERING INDEX occurrence_at_risk",
)  # fmt: skip


def scans(plan: str, postgres: bool) -> bool:
    """True where the plan reads a table or an index from end to end, or sorts what an index could have given."""
    if postgres:
        return "Seq Scan on" in plan and not any(f"Seq Scan on {small}" in plan for small in SMALL)
    told = plan.partition("   -- ")[0]
    return told.startswith("SCAN ") and not told.startswith(FEW)


def test_a_plan_that_reads_the_whole_table_would_be_seen(large: Store) -> None:
    with large.reading() as tx:
        asking = Asking(**{f.name: getattr(tx, f.name) for f in fields(Tx)})
        asking.rows("SELECT * FROM hold WHERE room_id = 1 AND held_to > 5 AND held_from + 1 < 9")
    assert any(scans(plan, large.postgres) for plan in asking.plans)


def test_the_answers_are_those_of_reading_everything(large: Store) -> None:
    with large.reading() as tx:
        every = [b for b in bookings.by_ids(tx, range(1, MANY + 1)) if b.period.overlaps(WEEK)]
        found = bookings.between(tx, 1, WEEK, standings=tuple(Standing))
        assert found == sorted(every, key=lambda b: b.starts)
        assert len(found) == 14
        assert bookings.holding(tx, 1, WEEK) == [b for b in found if b.standing.holding]
        edge = Period(found[3].starts + timedelta(minutes=10), found[4].starts + timedelta(minutes=1))
        assert [h.starts for h in bookings.around(tx, 1, edge, timedelta())] == [
            b.starts for b in found[3:5] if b.standing.holding
        ]

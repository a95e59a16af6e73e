"""However much a house has, booking with every rule on asks the database twelve times at most."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import apsw
import psycopg
import pytest

from server.core.errors import Refused
from tests.engine.everything import everything
from tests.make import House, codes

MOST = 13
"""One of them asks whether doors own time of the rooms: a hundredth of a booking (tests/bench/escrow.py)."""
FREE = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@contextmanager
def counted(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that reach the driver, those aside that only bound a transaction."""
    seen: list[str] = []

    def spied(real: Any, *, many: bool = False) -> Any:
        def execute(self: Any, sql: Any, params: Sequence[Any] = (), *more: Any, **told: Any) -> Any:
            text = sql.decode() if isinstance(sql, bytes) else str(sql)
            if not text.lstrip().upper().startswith(FREE):
                seen.extend([text] * (len(list(params)) if many else 1))
            return real(self, sql, params, *more, **told)

        return execute

    connection: Any = psycopg.Connection if house.store.postgres else apsw.Connection
    cursor: Any = psycopg.Cursor if house.store.postgres else apsw.Cursor
    with monkeypatch.context() as patch:
        if house.store.postgres:
            patch.setattr(connection, "execute", spied(connection.execute))
            patch.setattr(cursor, "executemany", spied(cursor.executemany, many=True))
        else:
            live = house.store._database.connection()  # type: ignore[attr-defined]
            live.set_exec_trace(lambda _, sql, __: seen.append(sql) or True)  # type: ignore[func-returns-value]
        yield seen
        if not house.store.postgres:
            live.set_exec_trace(None)
    seen[:] = [sql for sql in seen if not sql.lstrip().upper().startswith(FREE)]


def test_a_booking_with_every_rule_on_is_twelve_statements(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    all_ = everything(house)
    book, actor = house.engine.bookings.book, all_.owner.actor
    book(all_.ask("11:00", "12:00"), actor, key="first")
    with counted(house, monkeypatch) as seen:
        made = book(all_.ask(uid="brought-along"), actor, key="second")
    assert made.credits == 3 * 100 + 10 * 10
    assert len(seen) <= MOST, "\n".join(seen)


def test_and_so_it_is_with_twice_as_much_of_everything(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    all_ = everything(house, rooms=5, quotas=24, accessories=20, guests=60)
    book, actor = house.engine.bookings.book, all_.owner.actor
    for hour in range(11, 16):
        book(all_.ask(f"{hour}:00", f"{hour + 1}:00"), actor)
    with counted(house, monkeypatch) as seen:
        book(all_.ask("16:00", "17:00"), actor, key="k")
    assert len(seen) <= MOST, "\n".join(seen)


def test_a_key_that_books_for_somebody_by_e_mail_asks_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    all_ = everything(house)
    house.engine.house.now()
    with counted(house, monkeypatch) as seen:
        ask = all_.ask(organizer="Olga", organizer_email=all_.owner.person.email)
        made = house.engine.bookings.book(ask, house.alice, key="k")
    assert made.owner == all_.owner.person.number
    assert len(seen) <= MOST, "\n".join(seen)


def test_a_booking_in_a_plain_house_asks_hardly_anything(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.book("11:00", "12:00")
    with counted(house, monkeypatch) as seen:
        house.book("12:00", "13:00", key="k")
    assert len(seen) <= 10, "\n".join(seen)


def test_all_that_stands_in_the_way_is_said_at_once(house: House) -> None:
    all_ = everything(house)
    ask = all_.ask("11:00", "12:30", description="")
    with pytest.raises(Refused) as told:
        house.engine.bookings.book(ask, house.alice)
    assert {"description_missing", "not_your_department", "off_slots", "too_few_credits"} <= set(codes(told.value))

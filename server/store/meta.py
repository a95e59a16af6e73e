"""Facts about the database itself."""

from server.store.database import Tx


def get(tx: Tx, name: str) -> str | None:
    row = tx.one("SELECT value FROM meta WHERE name = ?", (name,))
    return row[0] if row else None


def put_once(tx: Tx, name: str, value: str) -> None:
    """Sets a fact unless it is set; of two processes at once one wins, and both find its value."""
    tx.run("INSERT INTO meta (name, value) VALUES (?,?) ON CONFLICT (name) DO NOTHING", (name, value))


def put(tx: Tx, name: str, value: str) -> None:
    """Sets a fact, whatever it was."""
    tx.run("INSERT INTO meta (name, value) VALUES (?,?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
           (name, value))  # fmt: skip


def drop(tx: Tx, name: str) -> None:
    """Forgets a fact."""
    tx.run("DELETE FROM meta WHERE name = ?", (name,))


def exchange(tx: Tx, name: str, former: str, value: str) -> bool:
    """Sets a fact that still is what it was; of two processes at once one does, and the other is told False."""
    row = tx.one("UPDATE meta SET value = ? WHERE name = ? AND value = ? RETURNING name", (value, name, former))
    return row is not None


COUNTED = ("occurrence", "series")
"""Tables whose ids are told to others as numbers and names."""


def leap(tx: Tx, by: int) -> None:
    """The next ids of COUNTED are so much greater than they would have been."""
    for table in COUNTED:
        if tx.postgres:
            tx.rows(f"SELECT setval(s, nextval(s) + ?) FROM pg_get_serial_sequence('{table}', 'id') AS s", (by,))
        else:
            tx.run(f"INSERT INTO sqlite_sequence (name, seq) SELECT '{table}', 0 "
                   f"WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '{table}')")  # fmt: skip
            tx.run(f"UPDATE sqlite_sequence SET seq = seq + ? WHERE name = '{table}'", (by,))

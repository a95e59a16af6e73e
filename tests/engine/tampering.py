"""Ways to change what is written of what was done, behind everybody's back."""

import random
from collections.abc import Callable

from server.core.audit import CELLS, link
from server.core.heads import Head
from server.engine.instance import Instance
from server.store.database import Row, Store, Tx
from tests import make

NUMBERS = ("seq", "at", "act", "room_id", "subject")
COLUMNS = (*CELLS, "chain")
Tampering = Callable[[Tx, random.Random], None]


def _seqs(tx: Tx) -> list[int]:
    return [row[0] for row in tx.rows("SELECT seq FROM change ORDER BY seq")]


def _cell(tx: Tx, chance: random.Random) -> None:
    """Any cell of any change."""
    seq, column = chance.choice(_seqs(tx)), chance.choice([name for name in COLUMNS if name != "seq"])
    ((was,),) = tx.rows(f"SELECT {column} FROM change WHERE seq = ?", (seq,))
    tx.run(f"UPDATE change SET {column} = ? WHERE seq = ?", (_other(was, column, chance), seq))


def _other(was: object, column: str, chance: random.Random) -> object:
    if column in NUMBERS:
        choices: list[object] = [chance.randrange(2**40), (was or 0) + chance.choice((-1, 1))]  # type: ignore[operator]
        if column in ("room_id", "subject"):
            choices.append(None)
    else:
        text = str(was)
        at = chance.randrange(len(text) + 1)
        choices = [text[:at] + chance.choice(("x", "0", ",", " ", ":", "ü")) + text[at:], "", text + "0", text[:-1]]
        choices += [text[:at] + text[at + 1 :], "f" * 64]
    return chance.choice([it for it in choices if it != was])


def _renumber(tx: Tx, chance: random.Random) -> None:
    """A change somewhere else, also before the first."""
    seqs = _seqs(tx)
    seq = chance.choice(seqs)
    tx.run("UPDATE change SET seq = ? WHERE seq = ?", (chance.choice((seqs[-1] + 1, 0, -3, -(2**63), 2**62)), seq))


def _delete(tx: Tx, chance: random.Random) -> None:
    seqs = _seqs(tx)
    start = chance.randrange(len(seqs))
    for seq in seqs[start : start + chance.choice((1, 1, 2, 5))]:
        tx.run("DELETE FROM change WHERE seq = ?", (seq,))


def _insert(tx: Tx, chance: random.Random) -> None:
    """A change that never was, linked to the newest or not."""
    row = _row(tx, chance.choice(_seqs(tx)))
    fresh = chance.choice((_seqs(tx)[-1] + 1, 0, -1, -(2**63)))
    ((chain,),) = tx.rows("SELECT chain FROM change_end")
    cells = dict(zip(CELLS, row, strict=True)) | {"seq": fresh, "act": fresh}
    _put(tx, tuple(cells[name] for name in CELLS), link(chain, cells.values()))


def _swap(tx: Tx, chance: random.Random) -> None:
    """Two changes in each other's place, with or without their links."""
    one, two = chance.sample(_seqs(tx), 2)
    rows = {seq: _row(tx, seq) for seq in (one, two)}
    if rows[one][1:] == rows[two][1:]:
        return _delete(tx, chance)
    links = {seq: tx.rows("SELECT chain FROM change WHERE seq = ?", (seq,))[0][0] for seq in (one, two)}
    if chance.random() < 0.5:
        links = {one: links[two], two: links[one]}
    for seq in (one, two):
        tx.run("DELETE FROM change WHERE seq = ?", (seq,))
    _put(tx, (one, *rows[two][1:]), links[one])
    return _put(tx, (two, *rows[one][1:]), links[two])


def _reorder(tx: Tx, chance: random.Random) -> None:
    """Several in another order."""
    seqs = _seqs(tx)
    start = chance.randrange(len(seqs) - 3)
    part = seqs[start : start + 4]
    rows = [_row(tx, seq)[1:] for seq in part]
    turned = rows[1:] + rows[:1]
    if turned == rows:
        return _delete(tx, chance)
    for seq in part:
        tx.run("DELETE FROM change WHERE seq = ?", (seq,))
    for seq, row in zip(part, turned, strict=True):
        _put(tx, (seq, *row), "")
    return None


def _cut(tx: Tx, chance: random.Random) -> None:
    """The newest changes gone, and the row that says where it ends moved back or not."""
    seqs = _seqs(tx)
    seq = seqs[-chance.randrange(2, 6)]
    _cut_after(tx, seq)
    if chance.random() < 0.5:
        tx.run("UPDATE change_end SET seq = ?", (seq,))


def _text(tx: Tx, chance: random.Random) -> None:
    seqs = [row[0] for row in tx.rows("SELECT seq FROM change_text")]
    tx.run("UPDATE change_text SET body = body || ? WHERE seq = ?", (chance.choice("x }1"), chance.choice(seqs)))


def _shifted_text(tx: Tx, chance: random.Random) -> None:
    """The beginning of a text as the end of its salt, or the other way: together they are the same."""
    seq, salt, body = chance.choice(tx.rows("SELECT seq, salt, body FROM change_text"))
    at = len(salt) + chance.choice((-len(salt), -3, -1, 1, 5, len(body) - 1, len(body)))
    both = salt + body
    tx.run("UPDATE change_text SET salt = ?, body = ? WHERE seq = ?", (both[:at], both[at:], seq))


def _salt(tx: Tx, chance: random.Random) -> None:
    seqs = [row[0] for row in tx.rows("SELECT seq FROM change_text")]
    tx.run("UPDATE change_text SET salt = ? WHERE seq = ?", (f"{chance.getrandbits(64):016x}", chance.choice(seqs)))


def _moved_text(tx: Tx, chance: random.Random) -> None:
    """A text at another change, or at none."""
    seqs = [row[0] for row in tx.rows("SELECT seq FROM change_text")]
    there = set(seqs)
    free = [seq for seq in _seqs(tx) if seq not in there] + [10**9, -5, 0]
    tx.run("UPDATE change_text SET seq = ? WHERE seq = ?", (chance.choice(free), chance.choice(seqs)))


def _new_text(tx: Tx, chance: random.Random) -> None:
    there = {row[0] for row in tx.rows("SELECT seq FROM change_text")}
    free = [seq for seq in _seqs(tx) if seq not in there]
    tx.run("INSERT INTO change_text (seq, salt, body) VALUES (?, 'a', '{}')", (chance.choice(free),))


def _end(tx: Tx, chance: random.Random) -> None:
    name = chance.choice(("seq", "chain", "gone", "twice"))
    if name == "seq":
        tx.run("UPDATE change_end SET seq = seq + ?", (chance.choice((-1, 1, -5, 100)),))
    elif name == "chain":
        tx.run("UPDATE change_end SET chain = ?", (chance.choice(("", "f" * 64)),))
    else:
        tx.run("DELETE FROM change_end" if name == "gone" else "INSERT INTO change_end (seq, chain) VALUES (0, '')")


def _head(tx: Tx, chance: random.Random) -> None:
    """Any cell of any head."""
    number = chance.choice(_heads(tx))
    column = chance.choice(("number", "incarnation", "seq", "at", "chain", "count", "signature"))
    if column in ("number", "seq", "at", "count"):
        tx.run(
            f"UPDATE audit_head SET {column} = {column} + ? WHERE number = ?", (chance.choice((1000, -1000)), number)
        )
    else:
        ((was,),) = tx.rows(f"SELECT {column} FROM audit_head WHERE number = ?", (number,))
        tx.run(f"UPDATE audit_head SET {column} = ? WHERE number = ?", (_other(was, column, chance), number))


def _no_head(tx: Tx, chance: random.Random) -> None:
    tx.run("DELETE FROM audit_head WHERE number = ?", (chance.choice(_heads(tx)),))


KINDS: tuple[Tampering, ...] = (
    _cell, _cell, _cell, _renumber, _delete, _insert, _swap, _reorder, _cut, _text, _salt, _shifted_text, _moved_text,
    _new_text, _end, _head, _no_head,
)  # fmt: skip
"""What is found by looking at the database alone."""


def linked_anew(store: Store, covered: int) -> Tampering:
    """Whoever has the whole database alters what is covered by a head (up to that seq), links everything anew and signs
    new heads: only the head that was kept elsewhere shows it."""
    instance = Instance(store)
    instance.public_key("audit head")

    def work(tx: Tx, chance: random.Random) -> None:
        if chance.random() < 0.5:
            _cut_after(tx, covered - chance.randrange(1, 9))
        else:
            tx.run("UPDATE change SET actor = 'token:9' WHERE seq = ?", (chance.choice(_seqs(tx)[:covered]),))
        former, ends = "", dict[int, tuple[str, int]]()
        for count, cells in enumerate(tx.rows(f"SELECT {', '.join(CELLS)} FROM change ORDER BY seq"), 1):
            former = link(former, cells)
            ends[cells[0]] = (former, count)
            tx.run("UPDATE change SET chain = ? WHERE seq = ?", (former, cells[0]))
        tx.run("UPDATE change_end SET seq = ?, chain = ?", (max(ends), former))
        for number, incarnation, seq, at in tx.rows("SELECT number, incarnation, seq, at FROM audit_head"):
            head = Head(number, incarnation, seq, at, *ends.get(seq, ("", 0)))
            signature = instance.sign("audit head", head.signed)
            tx.run("UPDATE audit_head SET chain = ?, count = ?, signature = ? WHERE number = ?",
                   (head.chain, head.count, signature, number))  # fmt: skip
        tx.run("DELETE FROM audit_head WHERE seq > ?", (max(ends),))

    return work


def undone(tx: Tx, work: Tampering, chance: random.Random, look: Callable[[Tx], object]) -> object:
    """What `look` says while the tampering is there; then all is as it was."""
    tx.run("SAVEPOINT tampering")
    work(tx, chance)
    try:
        return look(tx)
    finally:
        tx.run("ROLLBACK TO SAVEPOINT tampering")
        tx.run("RELEASE SAVEPOINT tampering")


def _heads(tx: Tx) -> list[int]:
    return [row[0] for row in tx.rows("SELECT number FROM audit_head ORDER BY number")]


def _row(tx: Tx, seq: int) -> Row:
    return tx.rows(f"SELECT {', '.join(CELLS)} FROM change WHERE seq = ?", (seq,))[0]


def _put(tx: Tx, cells: tuple[object, ...], chain: str) -> None:
    marks = ",".join("?" * (len(CELLS) + 1))
    tx.run(f"INSERT INTO change ({', '.join(CELLS)}, chain) VALUES ({marks})", (*cells, chain))


def _cut_after(tx: Tx, seq: int) -> None:
    tx.run("DELETE FROM change_text WHERE seq > ?", (seq,))
    tx.run("DELETE FROM change WHERE seq > ?", (seq,))


def life(house: make.House) -> None:
    """Some life in a trail, and a head signed after each part of it."""
    for number in range(6):
        it = house.book(make.at(f"{9 + number:02}:00", 1), make.at(f"{9 + number:02}:30", 1), title=f"Talk {number}")
        house.engine.bookings.cancel(it.uid, house.alice)
        house.clock.forward(hours=1)
        house.engine.audit.head(house.clock.now())

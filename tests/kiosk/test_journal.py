"""The journal of a door: a chain that shows every tear, a card that fails at any call, and the server's word on it."""

import hashlib
import json
from itertools import count
from pathlib import Path

import pytest

from kiosk import chain
from kiosk.chain import Chapter, Entry
from kiosk.journal import FILE, TORN, Journal
from kiosk.ledger import CannotSave
from kiosk.storage import Folder

DAY = 86_400
NOW = 1_795_000_000


def draft(number: int, act: str = "book") -> Entry:
    return Entry(
        op=f"00000000-0000-4000-8000-{number:012}",
        act=act,
        room="oak",
        start=NOW + number,
        end=NOW + number + 900,
        grade="confirmed",
        incarnation="life-1",
        version=3,
        boot="boot-1",
        mono=12.25,
        wall=NOW + number,
        clock="verified",
    )


class Memory:
    """A card whose calls are counted. From `fails` on every one fails; `half` of a failing append is there."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.calls = 0
        self.fails: float = float("inf")
        self.half = False

    def read(self, name: str) -> bytes:
        if name not in self.files:
            raise FileNotFoundError(name)
        return self.files[name]

    def append(self, name: str, data: bytes) -> None:
        self._call(lambda: self._set(name, self.files.get(name, b"") + data[: len(data) // 2]))
        self._set(name, self.files.get(name, b"") + data)

    def replace(self, name: str, data: bytes) -> None:
        self._call(lambda: None)
        self._set(name, data)

    def _set(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def _call(self, torn: object) -> None:
        self.calls += 1
        if self.calls >= self.fails:
            if self.half and callable(torn):
                torn()
            raise OSError(28, "No space left on device")


def opened(card: Memory) -> Journal:
    numbers = count(sum(line.startswith(b'{"epoch"') for line in card.files.get(FILE, b"").splitlines()) + 1)
    return Journal(card, draw=lambda: f"epoch-{next(numbers)}")


def ops(journal: Journal) -> list[str]:
    return [entry.op for chapter in journal.chapters for entry in chapter.entries]


def filled(*numbers: int) -> tuple[Memory, Journal]:
    card = Memory()
    journal = opened(card)
    for number in numbers:
        journal.add(draft(number))
    return card, journal


def test_entries_are_chained_and_read_back_as_they_were() -> None:
    card, journal = filled(1, 2, 3)
    (chapter,) = journal.chapters
    assert [entry.seq for entry in chapter.entries] == [1, 2, 3]
    assert [entry.prev for entry in chapter.entries] == ["", *(entry.hash for entry in chapter.entries[:2])]
    assert opened(card).chapters == journal.chapters
    assert journal.newest == ("epoch-1", 3)


def test_the_hash_is_of_what_is_sent() -> None:
    said = chain.entry_json(chain.chained(draft(1), (), "e"))
    rest = {name: value for name, value in said.items() if name != "hash"}
    assert said["hash"] == hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    assert "booking" not in said
    assert "of" not in said
    assert chain.entry_from(said) == chain.chained(draft(1), (), "e")


def test_it_is_on_the_real_card_before_it_is_said(tmp_path: Path) -> None:
    Journal(Folder(tmp_path)).add(draft(1))
    again = Journal(Folder(tmp_path))
    assert ops(again) == [draft(1).op]
    again.add(draft(2))
    assert ops(Journal(Folder(tmp_path))) == [draft(1).op, draft(2).op]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_cut_at_any_byte_the_whole_entries_stay_and_numbers_are_not_used_again() -> None:
    card, journal = filled(1, 2, 3)
    content = card.files[FILE]
    ends = [0]
    for line in content.splitlines(keepends=True):
        ends.append(ends[-1] + len(line))
    for size in range(len(content) + 1):
        cut = Memory()
        cut.files[FILE] = content[:size]
        found = opened(cut)
        whole = max(0, sum(end <= size for end in ends) - 2)
        assert ops(found) == ops(journal)[:whole]
        entry = found.add(draft(9))
        torn = size not in ends
        assert (entry.prev == "") == (torn or whole == 0)
        assert (TORN[0] in cut.files) == torn
        assert ops(opened(cut)) == [*ops(journal)[:whole], draft(9).op]


def test_any_byte_that_changes_is_noticed_and_what_is_whole_behind_it_is_brought_under_a_new_epoch() -> None:
    card, journal = filled(1, 2, 3)
    content = card.files[FILE]
    for place in range(len(content)):
        spoilt = Memory()
        spoilt.files[FILE] = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        found = opened(spoilt)
        assert spoilt.files[TORN[0]] == content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        assert len(ops(found)) >= 2 or content[place : place + 1] == b"\n"
        for chapter in found.chapters:
            assert chapter.epoch == "epoch-1" or chapter.entries[0].seq == 1
        known = {entry for chapter in journal.chapters for entry in chapter.entries}
        firsts = [chapter for chapter in found.chapters if chapter.epoch == "epoch-1"]
        assert all(entry in known for chapter in firsts for entry in chapter.entries)


def test_a_torn_file_is_uploaded_once_and_never_deleted() -> None:
    card, _ = filled(1)
    card.files[FILE] += b"half a li"
    raw = card.files[FILE]
    journal = opened(card)
    assert journal.torn() == (TORN[0], raw)
    journal.uploaded(TORN[0])
    assert journal.torn() is None
    assert opened(card).torn() is None
    assert card.files[TORN[0]] == raw


def test_a_torn_file_that_cannot_be_set_aside_is_not_written_over() -> None:
    card, _ = filled(1)
    card.files[FILE] += b"half a li"
    raw = card.files[FILE]
    card.fails = card.calls + 1
    journal = opened(card)
    with pytest.raises(CannotSave):
        journal.add(draft(2))
    assert card.files[FILE] == raw
    card.fails = float("inf")
    journal.add(draft(2))
    assert card.files[TORN[0]] == raw
    assert ops(opened(card)) == [draft(1).op, draft(2).op]


def test_a_card_that_cannot_be_read_just_now_is_not_written_over_and_promises_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    card, journal = filled(1, 2)
    before = dict(card.files)
    with monkeypatch.context() as patched:

        def broken(name: str) -> bytes:
            raise OSError(5, "Input/output error")

        patched.setattr(card, "read", broken)
        again = opened(card)
        assert not again.readable
        with pytest.raises(CannotSave):
            again.add(draft(3))
    assert card.files == before
    again.read()
    assert (again.readable, ops(again)) == (True, ops(journal))
    assert again.add(draft(3)).seq == 3


@pytest.mark.parametrize("half", [False, True])
def test_what_the_card_did_not_take_is_not_there_and_the_next_one_is_whole(half: bool) -> None:
    for fails in range(1, 4):
        card = Memory()
        card.half = half
        journal = opened(card)
        said: list[str] = []
        card.fails = fails
        for number in range(1, 4):
            try:
                said.append(journal.add(draft(number)).op)
            except CannotSave:
                card.fails = float("inf")
        assert len(said) == 2
        assert ops(opened(card)) == ops(journal) == said


def test_the_server_s_word_says_what_is_offered_next() -> None:
    card, journal = filled(*range(1, 251))
    batch = journal.batch()
    assert batch
    assert [entry.seq for entry in batch.entries] == list(range(1, 101))
    journal.took("epoch-1", "life-1", 100, seqs={"oak": 7}, now=NOW)
    batch = journal.batch()
    assert batch
    assert batch.entries[0].seq == 101
    journal.took("epoch-1", "life-1", 250, seqs={"oak": 9}, now=NOW)
    assert journal.batch() is None
    assert journal.waiting() == []
    # After a start it is asked for again, for a card's memory of receipts is no receipt.
    again = opened(card)
    batch = again.batch()
    assert batch
    assert batch.entries == ()
    again.took("epoch-1", "life-2", 40, seqs={}, now=NOW)
    batch = again.batch()
    assert batch
    assert batch.entries[0].seq == 41


def test_a_word_in_passing_only_ever_lowers_what_the_server_has() -> None:
    _, journal = filled(1, 2, 3)
    journal.took("epoch-1", "life-1", 2, seqs={"oak": 7}, now=NOW)
    journal.reminded("epoch-1", "life-1", 3)
    assert [entry.seq for entry in journal.waiting()] == [3]
    journal.reminded("epoch-1", "life-1", 1)
    assert [entry.seq for entry in journal.waiting()] == [2, 3]
    journal.reminded("epoch-1", "life-2", 1)
    assert [entry.seq for entry in journal.waiting()] == [1, 2, 3], "what it has may be another card's"


def test_a_server_that_has_more_than_the_card_ends_the_epoch() -> None:
    card, journal = filled(1, 2)
    journal.took("epoch-1", "life-1", 5, seqs={}, now=NOW)
    for one in (journal, opened(card)):
        entry = one.add(draft(9))
        assert (entry.seq, entry.prev) == (1, "")
    assert journal.newest == ("epoch-2", 1)


def test_an_entry_is_kept_for_thirty_days_after_it_was_taken_and_the_chain_goes_on() -> None:
    card, journal = filled(1, 2, 3, 4)
    journal.took("epoch-1", "life-1", 2, seqs={}, now=NOW)
    journal.took("epoch-1", "life-1", 3, seqs={}, now=NOW + 5 * DAY)
    journal.tidy(NOW + 30 * DAY - 1)
    assert len(ops(journal)) == 4
    journal.tidy(NOW + 30 * DAY)
    assert [entry.seq for entry in journal.chapters[0].entries] == [3, 4]
    again = opened(card)
    assert again.chapters == journal.chapters
    assert again.add(draft(5)).seq == 5


def test_the_newest_entry_is_never_let_go_for_the_next_is_chained_to_it() -> None:
    card, journal = filled(1)
    journal.took("epoch-1", "life-1", 1, seqs={}, now=NOW)
    journal.tidy(NOW + 99 * DAY)
    assert opened(card).add(draft(2)).seq == 2


def test_what_was_never_taken_is_never_let_go() -> None:
    entries = chain.with_entry((), "e", chain.chained(draft(1), (), "e"))
    assert chain.kept(entries, {}, NOW + 999 * DAY) == entries
    assert chain.kept((*entries, Chapter("f", entries[0].entries)), {"e": ((1, NOW),)}, NOW + 30 * DAY)[0].epoch == "f"


def test_what_another_card_with_the_same_numbers_has_brought_is_not_taken_for_ours() -> None:
    card, journal = filled(1, 2)
    journal.took("epoch-1", "life-1", 2, seqs={}, now=NOW, brought=2)
    for place, one in ((3, journal), (4, journal)):
        one.add(draft(place))
    copy = opened(card)
    copy.took("epoch-1", "life-1", 9, seqs={}, now=NOW, brought=0)
    assert [entry.seq for entry in copy.waiting()] == [3, 4]
    copy.took("epoch-1", "life-1", 9, seqs={}, now=NOW, brought=4)
    assert copy.waiting() == []
    copy.took("epoch-1", "life-2", 9, seqs={}, now=NOW, brought=0)
    assert len(copy.waiting()) == 4, "a backup may have the other card's entries and not ours"
    copy.took("epoch-1", "life-3", 9, seqs={}, now=NOW, brought=4, after=2)
    assert len(copy.waiting()) == 4, "nor does what began behind them say that it has ours before that"
    copy.took("epoch-1", "life-3", 9, seqs={}, now=NOW, brought=4, after=0)
    assert copy.waiting() == []


def test_only_a_walk_in_made_a_booking() -> None:
    _, journal = filled(1)
    end = journal.add(draft(2, act="end"))
    book = journal.entries()[0][0]
    journal.took("epoch-1", "life-1", 2, seqs={}, now=NOW, made={book.op: "b-1", end.op: "b-1"})
    assert journal.made == {book.op: "b-1"}
    assert Journal(journal._card).made == {book.op: "b-1"}, "also after a restart: what it is named by may come later"

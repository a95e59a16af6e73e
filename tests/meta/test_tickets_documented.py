"""docs/tickets.md names every category of tickets, what opens it and what closes it; and every kind of fault."""

import re

from server.core.tickets import CATEGORIES, FAULTS
from tests.meta.tree import ROOT

PAGE = ROOT / "docs" / "tickets.md"


def test_every_category_says_when_it_opens_and_closes() -> None:
    rows = [row.split("|")[1:4] for row in PAGE.read_text(encoding="utf-8").splitlines() if row.startswith("| `")]
    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row[0])) == sorted(CATEGORIES)
    assert all(cell.strip() for row in rows for cell in row)


def test_every_kind_of_fault_is_named() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [kind for kind in FAULTS if kind.replace("_", " ") not in text] == []

"""A large export takes as little memory as a small one, in a process of its own; `make bench` measures a million."""

from pathlib import Path

import pytest

from tests.bench import reports

STORED = 60_000


@pytest.mark.heavy
def test_sixty_thousand_bookings_are_written_in_little_memory(database_url: str, tmp_path: Path) -> None:
    reports.fill(database_url, STORED)
    for what, rate in (("csv", reports.CSV_RATE), ("xlsx", reports.XLSX_RATE)):
        found = reports.measured(database_url, tmp_path, what)
        assert found["rows"] == STORED + (what == "csv")
        assert found["memory"] <= reports.MEMORY
        assert found["rows"] / found["processor"] > rate / 4  # processor time stretches, too, where many share it

"""Five thousand devices on one process: what holds for a thousand holds for them, in proportion."""

from pathlib import Path

import pytest

from tests.bench import push


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_five_thousand_devices_hear_in_time(fresh_sqlite: str, tmp_path: Path) -> None:
    rows = push.push(fresh_sqlite, tmp_path, "SQLite", 5_000, all_doors=1_250, left=0.5)
    for row in rows:
        print(row.line())
    assert [row.name for row in rows if not row.holds] == []

"""What panels brought back after a restore, for those who manage the rooms."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from server.core.access import CLI
from server.dialects.roomvox.app import app
from server.store import recovered
from server.store.recovered import Recovered
from tests import make


@pytest.fixture
def house(fresh_sqlite: str) -> Any:
    with make.opened(fresh_sqlite) as store:
        it = make.house(store)
        panel, _, _ = it.panel("oak")
        for number, slug in enumerate(("oak", "elm", "oak")):
            made = it.book(f"1{number + 1}:00", f"1{number + 1}:30", room=slug)
            row = Recovered(0, "life", made.rooms[0], made.uid, panel.number if slug == "oak" else None, 1, made.starts,
                            made.ends, "made", made.id, None, make.NOW)  # fmt: skip
            it.store.writing(lambda tx, row=row: recovered.put(tx, row))
        yield it


def asker(house: make.House, scope: str = "admin", rooms: tuple[str, ...] = ()) -> tuple[FlaskClient, dict[str, str]]:
    secret = house.engine.tokens.create("t", scope, CLI, rooms=rooms)[1]
    return app(house.engine).test_client(), {"Authorization": f"Bearer {secret}"}


def test_it_is_listed_until_somebody_has_looked(house: make.House) -> None:
    client, headers = asker(house)
    rows = client.get("/recovered", headers=headers).json
    assert [row["room"]["id"] for row in rows] == ["oak", "elm", "oak"]
    first = rows[0]
    assert (first["outcome"], first["status"], first["title"], first["device"]) == (
        "made", "accepted", "Planning", "Panel",
    )  # fmt: skip
    assert (first["start"], first["seen"]) == ("2026-06-15T13:00:00+02:00", None)
    for _ in range(2):
        seen = client.post(f"/recovered/{first['number']}/seen", headers=headers)
        assert seen.json["seen"] == "2026-06-15T10:00:00+02:00"
    left = client.get("/recovered?seen=false", headers=headers).json
    assert [row["number"] for row in left] == [row["number"] for row in rows[1:]]
    assert len(client.get("/recovered?room=elm", headers=headers).json) == 1


def test_by_pages(house: make.House) -> None:
    client, headers = asker(house)
    page = client.get("/recovered?limit=2", headers=headers)
    rest = client.get(f"/recovered?limit=2&cursor={page.headers['X-Next-Cursor']}", headers=headers)
    assert [row["room"]["id"] for row in (*page.json, *rest.json)] == ["oak", "elm", "oak"]


def test_who_manages_other_rooms_sees_nothing_of_it(house: make.House) -> None:
    client, headers = asker(house, rooms=("elm",))
    assert [row["room"]["id"] for row in client.get("/recovered", headers=headers).json] == ["elm"]
    oak = house.engine.recoveries.page(CLI, room="oak")[0].it.id
    assert client.post(f"/recovered/{oak}/seen", headers=headers).status_code == 403
    assert client.get("/recovered?room=oak", headers=headers).status_code == 403
    client, headers = asker(house, "book")
    assert client.get("/recovered", headers=headers).status_code == 403


@pytest.mark.parametrize("number", ["0", "77", "x", "9" * 30])
def test_what_is_not_there(house: make.House, number: str) -> None:
    client, headers = asker(house)
    assert client.post(f"/recovered/{number}/seen", headers=headers).status_code == 404

"""Sixty-four clients want the same hour at the same moment: one gets it, each time, whatever the database."""

from collections import Counter
from pathlib import Path

import pytest

from tests.race.clients import HOUR, TOMORROW, Site, Wish, site

CLIENTS = 64
KINDS = [("fresh_sqlite", 1), ("fresh_postgres", 2)]


def race(place: Site, rounds: int) -> None:
    """Each round is one hour; every status and every stored booking is accounted for."""
    won: dict[int, str] = {}
    for slot in range(rounds):
        answers = place.ask([Wish(slot, f"{slot}-{client}") for client in range(CLIENTS)])
        assert Counter(answer.status for answer in answers) == {201: 1, 409: CLIENTS - 1}
        won[slot] = next(answer.body["uid"] for answer in answers if answer.status == 201)
    start = int(TOMORROW.timestamp())
    hour = int(HOUR.total_seconds())
    assert place.stored() == [(start + n * hour, start + n * hour + hour, won[n]) for n in range(rounds)]
    place.sound()


@pytest.mark.race
@pytest.mark.parametrize(("url", "servers"), KINDS)
def test_one_of_sixty_four_gets_the_room(
    url: str, servers: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with site(request.getfixturevalue(url), tmp_path, servers=servers) as place:
        race(place, rounds=10)


@pytest.mark.race
@pytest.mark.heavy
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("url", "servers"), KINDS)
def test_one_of_sixty_four_gets_the_room_fifty_times(
    url: str, servers: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with site(request.getfixturevalue(url), tmp_path, servers=servers) as place:
        race(place, rounds=50)

"""`kill -9` of the server among two hundred concurrent bookings: what was confirmed is there, what was not is whole.

After each kill the server is started again, and every client that heard nothing asks again under the same key and is
told what became of its first request.
"""

import random
import threading
from pathlib import Path

import pytest

from tests import make
from tests.processes import stop
from tests.race.clients import Answer, Site, Wish, site

CLIENTS, SLOTS = 200, 150
READY_SECONDS = 5


def kept(place: Site) -> dict[str, str]:
    """The uid that each idempotency key got."""
    with make.opened(place.url) as store, store.reading() as tx:
        return dict(tx.rows("SELECT p.op_key, o.uid FROM op p JOIN change c ON c.what = 'booked' "
                            "JOIN occurrence o ON o.id = c.subject WHERE o.title = 'by ' || p.op_key"))  # fmt: skip


def struck(place: Site, wishes: list[Wish], after: int) -> list[Answer]:
    """All wishes at once; the first server dies when so many have been confirmed."""
    confirmed = threading.Semaphore(0)
    answers: list[Answer] = []

    def hear(answer: Answer) -> None:
        if answer.status == 201:
            confirmed.release()

    asking = threading.Thread(target=lambda: answers.extend(place.ask(wishes, hear)))
    asking.start()
    for _ in range(after):
        confirmed.acquire(timeout=30)
    stop(place.processes[0], hard=True)
    asking.join(timeout=120)
    assert len(answers) == len(wishes)
    return answers


def kill_again_and_again(place: Site, times: int) -> None:
    chance = random.Random(11)
    confirmed: dict[str, str] = {}
    cut_off = 0
    for strike in range(times):
        wishes = [Wish(strike * SLOTS + n % SLOTS, f"{strike}-{n}") for n in range(CLIENTS)]
        chance.shuffle(wishes)
        answers = struck(place, wishes, after=chance.randint(1, SLOTS - 20))
        assert {answer.status for answer in answers} <= {201, 409, None}
        confirmed |= {answer.wish.key: answer.body["uid"] for answer in answers if answer.status == 201}
        silent = [answer.wish for answer in answers if answer.status is None]
        cut_off += len(silent)

        place.start(0)
        place.sound()
        there = kept(place)
        assert confirmed.items() <= there.items()

        for wish in silent:
            again = place.send(wish, place.ports[0])
            if wish.key in there:
                assert (again.status, again.body["uid"]) == (201, there[wish.key])
            else:
                assert again.status in (201, 409)
                confirmed |= {wish.key: again.body["uid"]} if again.status == 201 else {}
        place.sound()
        assert confirmed.items() <= kept(place).items()
        assert len(place.stored()) == (strike + 1) * SLOTS  # every hour was wanted, so every hour is taken, once
    assert cut_off > 0, "no kill ever cut anybody off"
    first, *again_ready = place.starts[-times - 1 :]
    assert max(again_ready) < max(READY_SECONDS, 3 * first)  # a busy machine is slow at the first start too


@pytest.mark.race
@pytest.mark.timeout(180)
def test_nothing_confirmed_is_lost_when_the_server_is_killed(fresh_sqlite: str, tmp_path: Path) -> None:
    with site(fresh_sqlite, tmp_path) as place:
        kill_again_and_again(place, times=4)


@pytest.mark.heavy
@pytest.mark.race
@pytest.mark.timeout(180)
def test_nor_when_one_of_two_servers_on_postgresql_is(fresh_postgres: str, tmp_path: Path) -> None:
    with site(fresh_postgres, tmp_path, servers=2) as place:
        kill_again_and_again(place, times=4)


@pytest.mark.race
@pytest.mark.soak
def test_nothing_confirmed_is_lost_in_twenty_kills(fresh_sqlite: str, tmp_path: Path) -> None:
    with site(fresh_sqlite, tmp_path) as place:
        kill_again_and_again(place, times=20)


@pytest.mark.race
@pytest.mark.soak
def test_nor_in_twenty_on_postgresql(fresh_postgres: str, tmp_path: Path) -> None:
    with site(fresh_postgres, tmp_path, servers=2) as place:
        kill_again_and_again(place, times=20)

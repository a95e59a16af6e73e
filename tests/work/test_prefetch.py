"""A program that opens every link of every letter, as mail filters do, changes nothing; a press of a button does."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.console.app import app
from server.console.desk import Desk
from server.core.access import CLI, Actor
from server.core.letters import kinds_named
from server.core.people import Person
from server.core.tickets import Receiver
from server.engine import post
from server.work.mail import Envelope, Mail
from server.work.smtp import Server
from tests.engine.watched import asks, panel, sweep
from tests.make import House
from tests.work.mail_server import Inbox, receiving
from tests.work.test_mail import BASE, SENDER

TABLES = ("occurrence", "hold", "wait", "link", "ticket", "letter", "change", "release", "session", "op")


def everything(house: House) -> dict[str, list[Any]]:
    with house.store.reading() as tx:
        return {name: tx.rows(f"SELECT * FROM {name} ORDER BY 1") for name in TABLES}


def person(house: House, name: str) -> Actor:
    """Somebody with an account, as who acts."""
    it = house.engine.people.add(Person(0, f"{name}@example.org", name, name.title(), "Test"), CLI)
    with house.store.reading() as tx:
        found = house.engine.rights.actor(tx, it, source="console")
    assert found is not None
    return found


def furnish(house: House) -> None:
    """A request, an offer, a meeting to which nobody has come, and a fault."""
    engine = house.engine
    post.arrange(house.store, kinds_named("usual"), "en")
    engine.outbox.begin()
    engine.receivers.add(Receiver(0, 1, "*", "mail", "desk@example.org"), CLI)
    engine.tickets.report_at(1, "sound", CLI)
    engine.rooms.change("elm", CLI, auto_accept=False, contact="desk@example.org")
    house.book("15:00", "16:00", room="elm")
    asks(house, waiting=True)
    panel(house)
    taken = house.book("13:00", "14:00")
    wanda = person(house, "wanda")
    engine.waiting.join(("oak",), taken.starts, taken.ends, "Mine", wanda)
    engine.bookings.cancel(taken.uid, CLI)
    engine.waiting.run()
    house.book("10:00", "11:00")
    house.clock.set("10:08")
    sweep(house)


def send(house: House, inbox: Inbox) -> list[str]:
    """Every link of every letter, in text and page."""
    house.engine.alarms.run()
    house.engine.outbox.run()
    Mail(house.engine.post, Envelope(Server("127.0.0.1", inbox.port, "none"), SENDER, BASE)).run()
    texts = [part.get_content() for it in inbox.letters for part in it.walk() if part.get_content_maintype() == "text"]
    return sorted({path for text in texts for path in re.findall(rf"{re.escape(BASE)}(/answer/[\w-]+)", text)})


def press(client: FlaskClient, path: str) -> int:
    page = client.get(path, base_url=BASE).get_data(as_text=True)
    token = re.search(r'name="token" value="([0-9a-f]+)"', page)
    assert token is not None, page
    answer = client.post(path, base_url=BASE, data={"token": token[1]}, headers={"Origin": BASE})
    return answer.status_code


@pytest.mark.parametrize("agent", ["Mozilla/5.0", "Mail-Filter/1.0"])
def test_opening_every_link_twice_changes_nothing(sqlite_house: House, agent: str) -> None:
    house = sqlite_house
    site = app(Desk(house.engine, BASE))
    with receiving() as inbox:
        furnish(house)
        paths = send(house, inbox)
        kinds = {it.letter.kind for it in house.engine.post.listed(CLI)}
        assert {"request", "offer", "warned", "ticket"} <= kinds
        with house.store.reading() as tx:
            purposes = {row[0] for row in tx.rows("SELECT purpose FROM link")}
        assert purposes == {"approve", "decline", "accept_offer", "decline_offer", "here", "close_ticket"}
        before = everything(house)
        for path in paths:
            for method in ("GET", "HEAD", "GET", "HEAD"):
                got = site.test_client().open(path, method=method, base_url=BASE, headers={"User-Agent": agent})
                assert got.status_code == 200
        assert everything(house) == before
        done = [press(site.test_client(), path) for path in paths]
        # Of each pair (approve or decline, take or leave) only the first is still to be answered.
        assert sorted(done) == [200, 200, 200, 200, 409, 409]
        assert everything(house) != before

"""From a fault at a room to the letter in an inbox, and back: its link and a reply close what it tells of."""

import re
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from server.core.access import CLI
from server.core.letters import KINDS
from server.core.tickets import Receiver
from server.engine import post
from server.work.letters.incoming import Answer, read
from server.work.letters.message import Sender
from server.work.mail import Envelope, Mail
from server.work.smtp import Server
from tests.make import House
from tests.work.mail_server import Inbox, receiving

DESK = "desk@example.org"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with receiving() as it:
        yield it


def sent(house: House, inbox: Inbox) -> EmailMessage:
    """The newest letter, after what is due has been told and sent."""
    house.engine.alarms.run()
    server = Server("127.0.0.1", inbox.port, security="none", timeout=20.0)
    sender = Sender("rooms@example.org", "Timber House", "rooms@example.org")
    Mail(house.engine.post, Envelope(server, sender, "https://rooms.example.org")).run()
    return inbox.letters[-1]


def told(house: House) -> None:
    """Two faults on the floor of Oak, and somebody who hears of them in German."""
    post.arrange(house.store, KINDS, "en")
    house.engine.receivers.add(Receiver(0, 1, "*", "mail", DESK, language="de"), CLI)
    house.engine.tickets.report("oak", "too_cold", house.alice, note="Das Fenster klemmt")
    house.engine.tickets.report("oak", "light", house.alice)


def open_now(house: House) -> int:
    return len(house.engine.tickets.page(CLI, state="open"))


def test_the_link_in_the_letter_closes_all_that_it_tells_of(house: House, inbox: Inbox) -> None:
    told(house)
    letter = sent(house, inbox)
    assert letter["To"] == DESK
    body = letter.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    numbers = (f"#{it.ticket.number}" for it in house.engine.tickets.page(CLI, state="open"))
    for word in ("Oak", "Das Fenster klemmt", *numbers):
        assert word in text
    secret = re.search(r"https://rooms\.example\.org/answer/(\S+)", text)
    assert secret is not None
    house.engine.answers.look(secret[1])
    assert open_now(house) == 2
    house.engine.answers.give(secret[1])
    assert open_now(house) == 0
    house.clock.forward(minutes=11)
    assert "Alles" in str(sent(house, inbox)["Subject"]), "and then a letter says that all is well"


def test_a_reply_closes_it_from_that_address_alone(house: House, inbox: Inbox) -> None:
    told(house)
    letter = sent(house, inbox)
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = DESK, str(letter["Reply-To"]), f"Re: {letter['Subject']}"
    reply["In-Reply-To"] = str(letter["Message-ID"])
    reply.set_content("Erledigt.")
    found = read(reply.as_bytes())
    assert isinstance(found, Answer)
    ticket, address = house.engine.post.answered(found.messages)
    assert (address, found.sender) == (DESK, DESK)
    assert len(house.engine.tickets.close_from(ticket, address)) == 2
    assert open_now(house) == 0

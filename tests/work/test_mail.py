"""Letters go through a real mail server: what arrives, what is refused, and that nothing goes out twice."""

import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from icalendar import Calendar

from server.core.access import CLI
from server.core.letters import KINDS, WAITS, Kept, Letter, kinds_named
from server.core.model import Attendee, Details
from server.core.people import LANGUAGES, Person
from server.engine import post
from server.work.letters.message import Sender
from server.work.mail import Envelope, Mail
from server.work.smtp import Conversation, Lost, Server
from tests.make import House
from tests.work.mail_server import Authority, Inbox, authority, receiving

BASE = "https://rooms.example.org"
SENDER = Sender("rooms@example.org", "Timber House", "desk@example.org")


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with receiving() as it:
        yield it


def mail(house: House, port: int, **server: Any) -> Mail:
    """The sender over the house, to a server on loopback; plain unless said otherwise."""
    how: dict[str, Any] = {"security": "none", "timeout": 20.0} | server
    return Mail(house.engine.post, Envelope(Server("127.0.0.1", port, **how), SENDER, BASE))


def put(house: House, *addresses: str, key: str = "one", **data: Any) -> None:
    """A letter to each of these."""
    post.arrange(house.store, KINDS, "en")
    said = {"what": "opened", "ticket": 7, "groups": [], **data}
    for address in addresses:
        letter = Letter("ticket", address, "en", "UTC", said, f"{key}:{address}")
        assert house.store.writing(lambda tx, letter=letter: post.queue(tx, letter, house.clock.now()))


def kept(house: House) -> dict[str, Kept]:
    """The letters by address."""
    return {it.letter.address: it for it in house.engine.post.listed(CLI)}


def states(house: House) -> dict[str, str]:
    return {address: it.state for address, it in kept(house).items()}


def booked(house: House, inbox: Inbox, **more: Any) -> list[EmailMessage]:
    """What arrives when Oak is booked."""
    post.arrange(house.store, kinds_named("usual"), "en")
    house.engine.outbox.begin()
    house.book("11:00", "12:00", **more)
    house.engine.outbox.run()
    mail(house, inbox.port).run()
    return inbox.letters


def part(message: EmailMessage, kind: str) -> EmailMessage:
    found = [it for it in message.walk() if it.get_content_type() == kind]
    assert len(found) == 1, [it.get_content_type() for it in message.walk()]
    assert isinstance(found[0], EmailMessage)
    return found[0]


def test_a_confirmation_arrives_as_text_page_and_event(house: House, inbox: Inbox) -> None:
    (it,) = booked(house, inbox, title="Plänchen für Größe")
    assert it["From"] == "Timber House <rooms@example.org>"
    assert it["To"] == "Alice Adams <alice@example.org>"
    assert it["Reply-To"] == "desk@example.org"
    assert it["Auto-Submitted"] == "auto-generated"
    assert it["Subject"] == "Booked: Oak, Mon 15 Jun, 11:00"
    text = part(it, "text/plain").get_content()
    assert "Meeting: Plänchen für Größe" in text
    assert "When: Mon, 15 Jun 2026, 11:00–12:00" in text
    assert "Plänchen für Größe" in part(it, "text/html").get_content()
    calendar = part(it, "text/calendar")
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    event = Calendar.from_ical(calendar.get_content()).walk("VEVENT")[0]
    assert event["ORGANIZER"] == "mailto:rooms@example.org"
    assert event["ORGANIZER"].params["CN"] == "Alice Adams"
    assert event["ATTENDEE"] == "mailto:alice@example.org"
    assert (event["SUMMARY"], event["LOCATION"], event["STATUS"]) == ("Plänchen für Größe", "Oak", "CONFIRMED")
    attached = part(it, "application/ics")
    assert attached.get_filename() == "invite.ics"
    assert attached.get_content() == calendar.get_content().encode().replace(b"\n", b"\r\n").replace(b"\r\r", b"\r")


def test_a_series_arrives_with_rule_exceptions_and_zone(sqlite_house: House, inbox: Inbox) -> None:
    house = sqlite_house
    post.arrange(house.store, kinds_named("usual"), "en")
    house.engine.outbox.begin()
    made = house.recur("11:00", "12:00", details=Details(privacy="private"))
    house.engine.outbox.run()
    mail(house, inbox.port).run()
    event = Calendar.from_ical(part(inbox.letters[0], "text/calendar").get_content())
    assert [it["TZID"] for it in event.walk("VTIMEZONE")] == ["Europe/Berlin"]
    (whole,) = event.walk("VEVENT")
    assert (whole["UID"], whole["CLASS"]) == (made.series.uid, "PRIVATE")
    assert whole["RRULE"]["FREQ"] == ["WEEKLY"]


def test_what_a_letter_said_is_forgotten_once_it_is_sent(house: House, inbox: Inbox) -> None:
    booked(house, inbox, title="Secret")
    (it,) = kept(house).values()
    assert (it.state, it.letter.data) == ("sent", {})
    assert house.engine.post.retry([it.number], CLI) == 0


def test_no_name_or_title_becomes_a_header(house: House, inbox: Inbox) -> None:
    nasty = "Eve\r\nBcc: victim@example.org\r\n\r\n<script>alert(1)</script>"
    put(house, "a@example.org", name=nasty, groups=[
        {"category": nasty, "place": nasty, "count": 1, "tickets": []}])  # fmt: skip
    mail(house, inbox.port).run()
    (it,) = inbox.letters
    assert it["Bcc"] is None
    assert [to for to, _ in inbox.mails] == ["a@example.org"]
    assert "<script>" not in part(it, "text/html").get_content()
    assert b"\r\nBcc:" not in inbox.mails[0][1].partition(b"\r\n\r\n")[0]


def test_each_address_is_refused_put_off_or_served_by_itself(house: House) -> None:
    answers = {"gone@example.org": "550 5.1.1 no such user", "busy@example.org": "451 4.7.1 try later"}
    with receiving(rcpt=lambda to: answers.get(to, "250 OK")) as inbox:
        put(house, "gone@example.org", "busy@example.org", "here@example.org")
        assert mail(house, inbox.port).run() == {"sent": 1, "later": 1, "refused": 1, "away": 0}
        assert states(house) == {
            "gone@example.org": "refused", "busy@example.org": "waiting", "here@example.org": "sent",
        }  # fmt: skip
        assert kept(house)["gone@example.org"].error == "550 5.1.1 no such user"
        assert len(inbox.sessions) == 1
        answers.clear()
        house.clock.forward(seconds=59)
        assert not any(mail(house, inbox.port).run().values())
        house.clock.forward(seconds=1)
        assert mail(house, inbox.port).run()["sent"] == 1


def test_what_is_put_off_again_and_again_is_parked_and_can_be_sent_by_hand(house: House) -> None:
    with receiving(data=lambda _: "452 4.2.2 mailbox full") as inbox:
        put(house, "a@example.org")
        for wait in WAITS:
            assert mail(house, inbox.port).run()["later"] == 1
            house.clock.forward(seconds=wait)
        mail(house, inbox.port).run()
        (it,) = kept(house).values()
        assert (it.state, it.tries) == ("parked", len(WAITS))
        inbox.data = lambda _: "250 OK"
        assert house.engine.post.retry([it.number], CLI) == 1
        mail(house, inbox.port).run()
        assert states(house) == {"a@example.org": "sent"}


def test_a_server_that_vanishes_in_the_middle_costs_one_try(house: House) -> None:
    left = ["vanish"]
    with receiving(data=lambda _: left.pop() if left else "250 OK") as inbox:
        put(house, "a@example.org", "b@example.org")
        done = mail(house, inbox.port).run()
        assert (done["sent"], done["later"]) == (1, 1)
        house.clock.forward(seconds=60)
        mail(house, inbox.port).run()
        assert set(states(house).values()) == {"sent"}
        assert sorted(to for to, _ in inbox.mails) == ["a@example.org", "b@example.org"]


def test_while_the_server_is_away_nothing_fails_and_after_an_hour_there_is_a_ticket(house: House) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    put(house, "a@example.org")
    for _ in range(12):
        assert mail(house, port).run()["away"] <= 1
        house.clock.forward(minutes=15)
    (it,) = kept(house).values()
    assert (it.state, it.tries) == ("waiting", 0)
    assert tickets(house) == [("mail_failing", "mail:server", "open")]
    with receiving() as inbox:
        mail(house, inbox.port).run()
    assert states(house) == {"a@example.org": "sent"}
    assert tickets(house) == [("mail_failing", "mail:server", "closed")]


def tickets(house: House) -> list[tuple[str, str, str]]:
    with house.store.reading() as tx:
        return [(a, b, c) for a, b, c in tx.rows("SELECT category, subject, state FROM ticket ORDER BY id")]


def test_many_refusals_are_a_ticket(house: House) -> None:
    with receiving(rcpt=lambda _: "550 no") as inbox:
        put(house, *(f"p{number}@example.org" for number in range(10)))
        assert mail(house, inbox.port).run()["refused"] == 10
    assert tickets(house) == [("mail_failing", "mail:refused", "open")]


def test_tls_that_is_asked_for_is_had_and_the_house_may_have_its_own_authority(
    sqlite_house: House, ours: Authority
) -> None:  # fmt: skip
    house = sqlite_house
    with receiving(tls=ours.context, user="lintel", password="s3cret") as inbox:
        put(house, "a@example.org")
        how = {"security": "starttls", "user": "lintel", "password": "s3cret", "ca": str(ours.file)}
        assert mail(house, inbox.port, **how).run()["sent"] == 1
    with receiving(tls=ours.context, implicit=True) as inbox:
        put(house, "a@example.org", key="two")
        assert mail(house, inbox.port, security="tls", ca=str(ours.file)).run()["sent"] == 1


@pytest.mark.parametrize("wrong", ["no starttls", "unknown authority", "wrong password", "tls to a plain port"])
def test_without_what_was_asked_for_nothing_is_sent(sqlite_house: House, ours: Authority, wrong: str) -> None:
    house = sqlite_house
    tls = ours.context if wrong in ("unknown authority", "wrong password") else None
    with receiving(tls=tls, user="lintel" if tls else "", password="right") as inbox:
        put(house, "a@example.org")
        ca = "" if wrong == "unknown authority" else str(ours.file)
        security = "tls" if wrong == "tls to a plain port" else "starttls"
        found = mail(house, inbox.port, security=security, user="lintel", password="wrong", ca=ca)
        assert found.run()["away"] == 1
        assert inbox.mails == []
    said = {"no starttls": "does not offer", "unknown authority": "certificate", "wrong password": "sign-in",
            "tls to a plain port": "tls"}  # fmt: skip
    assert said[wrong] in kept(house)["a@example.org"].error


def test_a_slow_server_is_given_up_in_time(sqlite_house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        put(sqlite_house, "a@example.org")
        found = mail(sqlite_house, silent.getsockname()[1], timeout=0.3)
        assert found.run()["away"] == 1
    assert "in time" in kept(sqlite_house)["a@example.org"].error


def test_addresses_beyond_ascii_are_served_where_the_server_can(sqlite_house: House, inbox: Inbox) -> None:
    put(sqlite_house, "jörg@example.org", "info@münchen.example")
    assert mail(sqlite_house, inbox.port).run()["sent"] == 2
    assert {to for to, _ in inbox.mails} == {"jörg@example.org", "info@xn--mnchen-3ya.example"}


def test_a_house_beyond_ascii_sends_by_what_its_name_is_routed_by(sqlite_house: House, inbox: Inbox) -> None:
    put(sqlite_house, "a@example.org")
    server = Server("127.0.0.1", inbox.port, "none")
    envelope = Envelope(server, Sender("räume@münchen.example", "Häuschen, Nr. 1"), BASE)
    assert Mail(sqlite_house.engine.post, envelope).run()["sent"] == 1
    (it,) = inbox.letters
    assert it["From"] == '"Häuschen, Nr. 1" <räume@xn--mnchen-3ya.example>'
    assert it["Message-ID"].endswith("@xn--mnchen-3ya.example>")


def test_a_letter_that_is_too_late_is_dropped(sqlite_house: House, inbox: Inbox) -> None:
    put(sqlite_house, "a@example.org", until=int(sqlite_house.clock.now().timestamp()))
    mail(sqlite_house, inbox.port).run()
    assert (states(sqlite_house), inbox.mails) == ({"a@example.org": "dropped"}, [])


def test_a_letter_that_cannot_be_written_does_not_stop_the_others(sqlite_house: House, inbox: Inbox) -> None:
    put(sqlite_house, "a@example.org", groups=[{}])
    put(sqlite_house, "b@example.org", key="two")
    assert mail(sqlite_house, inbox.port).run() == {"sent": 1, "later": 0, "refused": 1, "away": 0}
    assert kept(sqlite_house)["a@example.org"].error == "cannot be written: KeyError"


def test_two_senders_send_each_letter_once(house: House, inbox: Inbox) -> None:
    put(house, *(f"p{number}@example.org" for number in range(60)))
    both = [threading.Thread(target=mail(house, inbox.port).run) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(to for to, _ in inbox.mails) == sorted(f"p{number}@example.org" for number in range(60))
    assert set(states(house).values()) == {"sent"}


def test_what_somebody_had_in_hand_and_dropped_is_sent_by_another(house: House, inbox: Inbox) -> None:
    put(house, "a@example.org")
    assert len(house.engine.post.claim("gone", 10)) == 1
    assert not any(mail(house, inbox.port).run().values())
    house.clock.forward(minutes=5)
    assert mail(house, inbox.port).run()["sent"] == 1
    (it,) = kept(house).values()
    assert inbox.letters[0]["Message-ID"] == f"<{it.message_id}@example.org>"


def test_who_was_stopped_too_long_sends_nothing_more(house: House, inbox: Inbox) -> None:
    put(house, "a@example.org")
    (held,) = house.engine.post.claim("stopped", 10)
    house.clock.forward(minutes=6)
    assert mail(house, inbox.port).run()["sent"] == 1
    assert house.engine.post.open(held, "stopped") is None


def test_what_is_in_other_hands_by_then_is_taken_back_at_the_last_moment(inbox: Inbox) -> None:
    it = EmailMessage()
    it.set_content("Hello")
    with Conversation(Server("127.0.0.1", inbox.port, "none")) as conversation:
        with pytest.raises(Lost):
            conversation.send(it, "a@example.org", "b@example.org", lambda: False)
        assert inbox.mails == []
        conversation.send(it, "a@example.org", "c@example.org")
    assert [to for to, _ in inbox.mails] == ["c@example.org"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_can_be_written_in_every_language(sqlite_house: House, inbox: Inbox, language: str) -> None:
    house = sqlite_house
    guest = Details(attendees=(Attendee("guest", None, "guest@example.com", "Gwen"),))
    house.engine.people.add(Person(0, "alice@example.org", "alice", "Alice", "Adams", language=language), CLI)
    (it,) = booked(house, inbox, details=guest)[:1]
    assert it["Content-Language"] == language
    assert "{" not in part(it, "text/plain").get_content()


def test_the_thread_sends_by_itself(sqlite_house: House, inbox: Inbox) -> None:
    it = Mail(sqlite_house.engine.post, Envelope(Server("127.0.0.1", inbox.port, "none"), SENDER), idle=0.02)
    it.start()
    try:
        put(sqlite_house, "a@example.org")
        inbox.wait_for(1)
    finally:
        it.stop()


def test_who_is_ended_leaves_the_rest_to_others_at_once(sqlite_house: House) -> None:
    ended: list[Mail] = []

    def data(_: str) -> str:
        ended[0].stop()
        return "250 OK"

    with receiving(data=data) as inbox:
        put(sqlite_house, *(f"p{number}@example.org" for number in range(5)))
        ended.append(mail(sqlite_house, inbox.port))
        assert ended[0].run()["sent"] == 1
        inbox.data = lambda _: "250 OK"
        assert mail(sqlite_house, inbox.port).run()["sent"] == 4
    assert len({to for to, _ in inbox.mails}) == 5


def test_the_password_is_in_no_repr() -> None:
    assert "s3cret" not in repr(Server("mail.example.org", password="s3cret"))

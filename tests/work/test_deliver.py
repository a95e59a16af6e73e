"""Every message arrives, at least once and under one id, whatever receivers do; none is held up by another's."""

import json
from datetime import timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from server.core.clock import SystemClock, epoch
from server.core.hooks import LADDER
from server.engine.delivering import LEASE, Answer
from tests.make import House
from tests.work.receivers import drain, hook, listening, receiving, sender, state


def test_what_happens_to_a_booking_reaches_the_receiver_as_its_get_tells_it(house: House) -> None:
    with receiving() as receiver:
        listening(house, receiver)
        it, _ = hook(house, receiver)
        booked = house.book("11:00", "12:00")
        house.engine.bookings.cancel(booked.uid, house.alice)
        drain(house, sender(house, receiver))
        bodies = [json.loads(body) for _, body in receiver.got]
        assert {each["type"] for each in bodies} == {"booking.created", "booking.cancelled"}
        first = next(each for each in bodies if each["type"] == "booking.created")
        assert first["timestamp"] == "2026-06-15T08:00:00Z"
        assert first["data"]["uid"] == booked.uid
        assert first["data"]["start"] == "2026-06-15T11:00:00+02:00"
        assert first["data"]["change"] == {"what": "booked"}
        headers = receiver.got[0][0]
        assert headers["content-type"] == "application/json"
        assert headers["user-agent"].startswith("Lintel")
        assert "x-hub-signature-256" not in headers
        assert [it[1:] for it in state(house, it)] == [("done", 1, 200)] * 2


def test_an_independent_judge_accepts_every_signature_and_refuses_altered_and_late_ones(sqlite_house: House) -> None:
    house = sqlite_house
    house.clock = SystemClock()  # type: ignore[assignment]  # the judge looks at the time of day
    with receiving() as receiver:
        listening(house, receiver)
        it, secret = hook(house, receiver, github=True)
        house.engine.hooks.test(it.id, house.ada)
        drain(house, sender(house, receiver))
        headers, body = receiver.got[0]
        judge = Webhook(secret)
        assert judge.verify(body, headers)["type"] == "hook.test"
        with pytest.raises(WebhookVerificationError):
            judge.verify(body + b" ", headers)
        for late in (-301, 301):
            stamp = str(int(headers["webhook-timestamp"]) + late)
            with pytest.raises(WebhookVerificationError):
                judge.verify(body, headers | {"webhook-timestamp": stamp})
        with pytest.raises(WebhookVerificationError):
            judge.verify(body, headers | {"webhook-id": "msg_other"})
        assert headers["x-github-event"] == "hook.test"
        assert headers["x-github-delivery"] == headers["webhook-id"]
        assert headers["x-hub-signature-256"].startswith("sha256=")


def test_for_a_day_after_a_rotation_both_secrets_sign(sqlite_house: House) -> None:
    house = sqlite_house
    with receiving() as receiver:
        listening(house, receiver)
        it, old = hook(house, receiver)
        _, new = house.engine.hooks.rotate(it.id, house.ada)
        deliver = sender(house, receiver)
        for hours in (0, 23, 2):
            house.clock.forward(hours=hours)
            house.engine.hooks.test(it.id, house.ada)
            drain(house, deliver)
    counts = [len(headers["webhook-signature"].split()) for headers, _ in receiver.got]
    assert counts == [2, 2, 1]
    headers, body = receiver.got[0]
    at, signed = headers["webhook-timestamp"], headers["webhook-signature"].split()
    for secret, signature in zip((new, old), signed, strict=True):
        when = house.clock.now() - timedelta(hours=25)
        assert epoch(when) == int(at)
        assert Webhook(secret).sign(headers["webhook-id"], when, body.decode()) == signature
    assert receiver.got[2][0]["webhook-signature"] == Webhook(new).sign(
        receiver.got[2][0]["webhook-id"], house.clock.now(), receiver.got[2][1].decode()
    )


def test_a_receiver_that_was_down_gets_everything_afterwards_each_under_its_first_id(house: House) -> None:
    with receiving(status=500) as receiver:
        listening(house, receiver)
        it, _ = hook(house, receiver)
        deliver = sender(house, receiver)
        for hour in range(11, 16):
            house.book(f"{hour}:00", f"{hour}:30")
        drain(house, deliver)
        assert {row[1:] for row in state(house, it)} == {("waiting", 1, 500)}
        ids = set(receiver.events())
        house.clock.forward(seconds=6)
        drain(house, deliver)
        assert {row[2] for row in state(house, it)} == {2}
        receiver.status = 204
        house.clock.forward(minutes=6)
        drain(house, deliver)
        assert {row[1:] for row in state(house, it)} == {("done", 3, 204)}
        assert set(receiver.events()) == ids
        assert len(ids) == 5
        assert house.engine.hooks.find(it.id, house.ada).hook.failing_since is None


def test_the_ladder_is_climbed_with_jitter_and_then_it_is_parked_until_somebody_sends_it_again(
    sqlite_house: House,
) -> None:
    house = sqlite_house
    with receiving(status=503) as receiver:
        listening(house, receiver, chance=1.0)
        it, _ = hook(house, receiver, "hook.*")
        deliver, start = sender(house, receiver), house.clock.now()
        house.engine.hooks.test(it.id, house.ada)
        for step in LADDER:
            drain(house, deliver)
            (waiting,) = house.engine.hooks.deliveries(it.id, house.ada)
            assert waiting.next_at - house.clock.now() == timedelta(seconds=round(step.total_seconds() * 1.1))
            house.clock.set(waiting.next_at)
            if house.engine.hooks.find(it.id, house.ada).hook.state == "paused":
                house.engine.hooks.resume(it.id, house.ada)
        drain(house, deliver)
        assert state(house, it) == [("hook.test", "parked", 10, 503)]
        assert house.clock.now() - start > timedelta(days=3)
        assert len(set(receiver.events())) == 1
        house.engine.hooks.resume(it.id, house.ada)
        receiver.status = 200
        assert house.engine.hooks.replay(it.id, house.ada) == 1
        drain(house, deliver)
        assert state(house, it) == [("hook.test", "done", 1, 200)]
        assert len(set(receiver.events())) == 1


def test_three_days_of_nothing_but_failures_pause_the_hook_and_open_a_ticket(house: House) -> None:
    with receiving(status=500) as receiver:
        listening(house, receiver)
        it, _ = hook(house, receiver)
        deliver = sender(house, receiver)
        for _ in range(9):
            house.engine.hooks.test(it.id, house.ada)
            drain(house, deliver)
            house.clock.forward(hours=9)
        found = house.engine.hooks.find(it.id, house.ada).hook
        assert (found.state, found.why) == ("paused", "failing")
        with house.store.reading() as tx:
            tickets = tx.rows("SELECT category, subject, state FROM ticket")
        assert tickets == [("hook_failing", f"hook:{it.number}", "open")]
        count = len(receiver.got)
        house.engine.hooks.test(it.id, house.ada)
        drain(house, deliver)
        assert len(receiver.got) == count
        receiver.status = 200
        house.engine.hooks.resume(it.id, house.ada)
        house.clock.forward(days=2)
        drain(house, deliver)
        assert all(row[1] == "done" for row in state(house, it))
        with house.store.reading() as tx:
            assert [row[0] for row in tx.rows("SELECT state FROM ticket")] == ["closed"]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 502])
def test_all_but_2xx_is_a_failure_and_redirects_are_not_followed(sqlite_house: House, status: int) -> None:
    house = sqlite_house
    with receiving(status=status) as receiver:
        receiver.headers = {"Location": receiver.url}
        listening(house, receiver)
        it, _ = hook(house, receiver)
        house.engine.hooks.test(it.id, house.ada)
        drain(house, sender(house, receiver))
        assert state(house, it) == [("hook.test", "waiting", 1, status)]
        assert len(receiver.got) == 1


def test_gone_ends_the_hook_at_once_and_drops_what_waits(house: House) -> None:
    with receiving(status=410) as receiver:
        listening(house, receiver)
        it, _ = hook(house, receiver)
        for _ in range(5):
            house.engine.hooks.test(it.id, house.ada)
        drain(house, sender(house, receiver))
        assert house.engine.hooks.find(it.id, house.ada).hook.state == "ended"
        assert {row[1] for row in state(house, it)} == {"dropped"}
        house.book("11:00", "12:00")
        house.engine.outbox.run()
        assert len(state(house, it)) == 5


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120), ("0", 5), ("1", 5), ("999999", 86_400), ("Mon, 15 Jun 2026 08:10:00 GMT", 600),
        ("Monday, 15-Jun-26 08:10:00 GMT", 600), ("Mon, 15 Jun 2020 08:10:00 GMT", 5), ("soon", 5), ("-5", 5),
        ("1.5", 5), ("9" * 40, 5), ("", 5),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
def test_whoever_asks_to_be_asked_later_is(sqlite_house: House, status: int, said: str, seconds: int) -> None:
    house = sqlite_house
    with receiving(status=status, headers={"Retry-After": said}) as receiver:
        listening(house, receiver)
        it, _ = hook(house, receiver)
        house.engine.hooks.test(it.id, house.ada)
        drain(house, sender(house, receiver))
        (waiting,) = house.engine.hooks.deliveries(it.id, house.ada)
        assert waiting.next_at - house.clock.now() == timedelta(seconds=seconds)


def test_nobody_who_listens_is_a_failure_like_any_other(sqlite_house: House) -> None:
    house = sqlite_house
    with receiving() as receiver:
        listening(house, receiver)
    it, _ = hook(house, receiver)
    house.engine.hooks.test(it.id, house.ada)
    drain(house, sender(house, receiver))
    (waiting,) = house.engine.hooks.deliveries(it.id, house.ada)
    assert (waiting.state, waiting.status, waiting.error) == ("waiting", None, "refused")


def test_a_crash_between_sending_and_recording_sends_the_same_id_again(house: House) -> None:
    with receiving() as receiver:
        listening(house, receiver)
        it, _ = hook(house, receiver)
        house.engine.hooks.test(it.id, house.ada)
        (parcel,) = house.engine.delivering.take(16)
        outgoing = sender(house, receiver)
        outgoing._outgoing.post(parcel.hook.url, parcel.headers(house.clock.now()), parcel.body)
        drain(house, outgoing)
        assert len(receiver.got) == 1  # the claim is held as long as its holder may live
        house.clock.forward(seconds=LEASE.total_seconds() + 1)
        drain(house, outgoing)
        assert len(receiver.got) == 2
        assert len(set(receiver.events())) == 1
        assert state(house, it) == [("hook.test", "done", 1, 200)]


def test_who_has_lost_a_claim_sends_nothing_and_writes_nothing(house: House) -> None:
    with receiving() as receiver:
        listening(house, receiver)
        it, _ = hook(house, receiver)
        house.engine.hooks.test(it.id, house.ada)
        (stopped,) = house.engine.delivering.take(16)
        house.clock.forward(seconds=LEASE.total_seconds() + 1)
        drain(house, sender(house, receiver))
        assert not house.engine.delivering.still(stopped)
        assert not house.engine.delivering.settle(stopped, Answer(500))
        assert state(house, it) == [("hook.test", "done", 1, 200)]


def test_a_clock_that_is_set_back_does_not_lock_a_message_away(sqlite_house: House) -> None:
    house = sqlite_house
    with receiving() as receiver:
        listening(house, receiver)
        it, _ = hook(house, receiver)
        house.engine.hooks.test(it.id, house.ada)
        house.clock.forward(hours=1)
        house.engine.delivering.take(16)
        house.clock.forward(hours=-1)
        drain(house, sender(house, receiver))
        assert state(house, it) == [("hook.test", "done", 1, 200)]


def test_a_secret_of_another_installation_signs_nothing(sqlite_house: House) -> None:
    house = sqlite_house
    with receiving() as receiver:
        listening(house, receiver)
        it, _ = hook(house, receiver)
        house.store.writing(lambda tx: tx.run("UPDATE hook SET secret = 'AAAA'"))
        house.engine.hooks.test(it.id, house.ada)
        drain(house, sender(house, receiver))
        (waiting,) = house.engine.hooks.deliveries(it.id, house.ada)
        assert (waiting.state, waiting.error, receiver.got) == ("waiting", "no_secret", [])

"""Several endpoints, several workers: who hangs holds up nobody, and nothing is sent twice."""

import threading
from http.server import BaseHTTPRequestHandler

from tests.make import House
from tests.work.receivers import hook, listening, receiving, sender, state


def test_an_endpoint_that_hangs_holds_up_nobody_else(sqlite_house: House) -> None:
    house, over = sqlite_house, threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        over.wait(30)
        handler.close_connection = True

    with receiving(behave=hang) as hanging, receiving() as well:
        listening(house, hanging, well)
        slow, _ = hook(house, hanging)
        fine, _ = hook(house, well)
        for _ in range(40):
            house.engine.hooks.test(slow.id, house.ada)
        for _ in range(40):
            house.engine.hooks.test(fine.id, house.ada)
        deliver = sender(house, hanging, well, total=20)
        deliver.start()
        try:
            well.wait_for(40)
            assert len(hanging.got) == 2  # no more are under way at once
            assert len(well.got) == 40
        finally:
            over.set()
            deliver.stop()
        assert {row[1] for row in state(house, fine)} == {"done"}


def test_however_many_hang_whoever_answers_finds_a_thread(sqlite_house: House) -> None:
    house, over = sqlite_house, threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        over.wait(30)
        handler.close_connection = True

    with receiving(behave=hang) as hanging, receiving() as well:
        listening(house, hanging, well)
        failing = [hook(house, hanging)[0] for _ in range(20)]
        for it in failing:
            house.engine.hooks.test(it.id, house.ada)
        with house.store.reading() as tx:
            rows = tx.rows("SELECT id FROM hook")
        house.store.writing(lambda tx: tx.many("UPDATE hook SET failing_since = 1 WHERE id = ?", rows))
        fine, _ = hook(house, well)
        house.engine.hooks.test(fine.id, house.ada)
        deliver = sender(house, hanging, well, total=20)
        deliver.start()
        try:
            well.wait_for(1)
            hanging.wait_for(12)
            assert len(hanging.got) == 12
        finally:
            over.set()
            deliver.stop()


def test_it_stops_when_what_is_under_way_is_over(sqlite_house: House) -> None:
    house, over = sqlite_house, threading.Event()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        over.wait(30)
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True

    with receiving(behave=wait) as receiver:
        listening(house, receiver)
        it, _ = hook(house, receiver)
        house.engine.hooks.test(it.id, house.ada)
        deliver = sender(house, receiver)
        deliver.start()
        receiver.wait_for(1)
        ending = threading.Thread(target=deliver.stop)
        ending.start()
        over.set()
        ending.join(20)
        assert not ending.is_alive()
        assert state(house, it) == [("hook.test", "done", 1, 200)]


def test_two_workers_send_each_message_once(house: House) -> None:
    with receiving() as receiver:
        listening(house, receiver)
        hooks = [hook(house, receiver)[0] for _ in range(4)]
        for it in hooks:
            for _ in range(10):
                house.engine.hooks.test(it.id, house.ada)
        workers = [sender(house, receiver) for _ in range(2)]
        for each in workers:
            each.start()
        try:
            receiver.wait_for(40)
        finally:
            for each in workers:
                each.stop()
        assert len(receiver.events()) == len(set(receiver.events())) == 40
        for it in hooks:
            assert {row[1:] for row in state(house, it)} == {("done", 1, 200)}

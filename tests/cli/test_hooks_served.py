"""From a booking at the API to a receiver on loopback, through `lintel serve` as it really runs."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import requests
from click.testing import CliRunner
from standardwebhooks import Webhook

from server.cli import main
from tests.processes import start_server, stop
from tests.work.receivers import Receiver, receiving


def run(data: Path, *words: str) -> str:
    done = CliRunner().invoke(main, [*words, "--data", str(data)])
    assert done.exit_code == 0, done.output
    return done.stdout


def set_up(data: Path, receiver: Receiver) -> tuple[str, str]:
    """A house with Oak, and a hook of everything; its id and its secret."""
    data.mkdir()
    told = f'allow = "127.0.0.0/8"\nports = "{receiver.port}"\nhttp = true'
    (data / "lintel.toml").write_text(f"[hooks]\n{told}\n", encoding="utf-8")
    run(data, "init")
    run(data, "room", "add", "oak", "--name", "Oak")
    made = json.loads(run(data, "hook", "add", receiver.url, "--event", "*", "--json"))
    return made["id"], made["secret"]


def test_a_booking_at_the_api_reaches_a_receiver_signed(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with receiving() as receiver:
        data = tmp_path / "data"
        id_, secret = set_up(data, receiver)
        key = run(data, "token", "create", "--name", "test", "--scope", "book").strip()
        port, day = free_port(), date.today() + timedelta(days=2)
        process = start_server(f"sqlite:///{data / 'lintel.db'}", data, port)
        try:
            run(data, "hook", "test", id_)
            receiver.wait_for(1, 60)
            booked = requests.post(
                f"http://127.0.0.1:{port}/roomvox/api/v1/rooms/oak/bookings", timeout=30,
                headers={"Authorization": f"Bearer {key}"},
                json={"title": "Planning", "start": f"{day}T11:00", "end": f"{day}T12:00", "organizer": "Ann"},
            )  # fmt: skip
            assert booked.status_code == 201, booked.text
            receiver.wait_for(2, 60)
        finally:
            stop(process)
        found = {Webhook(secret).verify(body, headers)["type"] for headers, body in receiver.got}
        assert found == {"hook.test", "booking.created"}
        states = {it["state"] for it in json.loads(run(data, "hook", "deliveries", id_, "--json"))}
        assert states <= {"done", "waiting"}

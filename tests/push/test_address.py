"""What devices are told of where the push is."""

from pathlib import Path

import pytest

from server.compose import push_address
from server.settings import Settings, load


@pytest.mark.parametrize(
    ("settings", "port", "told"),
    [
        ({}, 4711, "http://127.0.0.1:4711/push"),
        ({"push__listen": ""}, 0, None),
        ({"push__listen": "127.0.0.1:8081"}, 8081, "http://127.0.0.1:8081/push"),
        ({"public_url": "https://rooms.example.org"}, 4711, None),
        ({"public_url": "http://127.0.0.1:8080"}, 4711, "http://127.0.0.1:4711/push"),
        ({"public_url": "https://rooms.example.org", "push__listen": "127.0.0.1:8081"}, 8081, "/push"),
        ({"push__url": "https://push.example.org/push"}, 4711, "https://push.example.org/push"),
        ({"push__url": "/news", "push__listen": ""}, 0, "/news"),
    ],
)
def test_devices_are_told_where_they_reach_it(settings: dict[str, str], port: int, told: str | None) -> None:
    assert push_address(Settings(**settings), port) == told  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LINTEL_PUSH_LISTEN", "8081"), ("LINTEL_PUSH_LISTEN", "127.0.0.1:99999"), ("LINTEL_PUSH_URL", "push.example"),
        ("LINTEL_PUSH_CONNECTIONS", "9"), ("LINTEL_PUSH_CONNECTIONS", "50001"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_is_complained_of(tmp_path: Path, name: str, text: str) -> None:
    found = load(tmp_path, environment={name: text})
    assert [it.id for it in found.complaints] == ["settings.value"]


def test_keys_are_not_sent_where_others_can_read_them(tmp_path: Path) -> None:
    found = load(tmp_path, environment={"LINTEL_PUSH_URL": "http://push.example.org/push"})
    assert [it.id for it in found.complaints] == ["push.plain"]
    assert not load(tmp_path, environment={"LINTEL_PUSH_URL": "http://127.0.0.1:8081/push"}).complaints

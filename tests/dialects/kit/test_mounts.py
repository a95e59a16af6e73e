"""The dispatcher: the longest claim wins, the app sees its own root, and nobody's URL is a neutral 404."""

import json
from typing import Any

import pytest

from server.dialects import MOUNTS
from server.dialects.mounts import Mount, Mounts

ROWS = (
    Mount("/api", "neutral"),
    Mount("/api/v1", "one"),
    Mount("/v1/facilities", "loop", root="/v1"),
    Mount("/v1/events", "talk", root="/v1"),
    Mount("/", "console"),
    Mount("/index.php/api/v1", "one"),
)


def app(name: str) -> Any:
    def answer(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [f"{name} {environ['SCRIPT_NAME']}|{environ['PATH_INFO']}".encode()]

    return answer


def ask(path: str, *names: str, script: str = "") -> str:
    mounts = Mounts(ROWS, {name: app(name) for name in names or ("one", "loop", "talk", "console")})
    return b"".join(mounts({"PATH_INFO": path, "SCRIPT_NAME": script}, lambda *_: None)).decode()


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/api/v1/rooms", "one /api/v1|/rooms"),
        ("/api/v1", "one /api/v1|/"),
        ("/api/v1/", "one /api/v1|/"),
        ("/index.php/api/v1/rooms/a", "one /index.php/api/v1|/rooms/a"),
        ("/v1/facilities", "loop /v1|/facilities"),
        ("/v1/facilities/7/slots", "loop /v1|/facilities/7/slots"),
        ("/v1/events/7", "talk /v1|/events/7"),
        ("/v1/facilitiesx", "console |/v1/facilitiesx"),
        ("/api/v11", '{"error":"Not found"}'),
        ("/api/v2/rooms", '{"error":"Not found"}'),
        ("/api", '{"error":"Not found"}'),
        ("/", "console |/"),
        ("", "console |/"),
        ("/anything/else", "console |/anything/else"),
        ("//api/v1/rooms", "console |//api/v1/rooms"),
        ("/API/v1/rooms", "console |/API/v1/rooms"),
    ],
)
def test_who_gets_what(path: str, seen: str) -> None:
    assert ask(path) == seen


def test_a_row_whose_app_is_not_there_is_left_out() -> None:
    assert json.loads(ask("/v1/facilities", "one")) == {"error": "Not found"}
    assert json.loads(ask("/", "one")) == {"error": "Not found"}


def test_a_prefix_in_front_of_all_is_kept() -> None:
    assert ask("/api/v1/rooms", script="/lintel") == "one /lintel/api/v1|/rooms"


def test_two_rows_for_one_path_do_not_start() -> None:
    with pytest.raises(ValueError, match="two mounts claim /a/"):
        Mounts((Mount("/a", "one"), Mount("/a/", "loop")), {})


def test_the_table_of_the_house_starts() -> None:
    names = {row.app for row in MOUNTS}
    assert {"roomvox", "roomvox-wire", "device"} <= names
    Mounts(MOUNTS, {name: app(name) for name in names - {"neutral"}})

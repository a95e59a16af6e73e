"""GET /rooms and /rooms/{id}: the twelve keys, the filters, pages, and who sees what."""

import pytest

from tests.dialects.roomvox.door import Door

TWELVE = {
    "id": str, "name": str, "email": str, "capacity": int, "roomNumber": str, "roomType": str, "facilities": list,
    "description": str, "responsibleContact": str, "location": str, "autoAccept": bool, "active": bool,
}  # fmt: skip


def test_a_room_has_the_twelve_keys_and_none_is_null(door: Door) -> None:
    room = door.get("/rooms/oak")
    assert {name: type(room[name]) for name in TWELVE} == TWELVE
    assert (room["zone"], room["number"], room["floor"], room["site"]) == ("Europe/Berlin", 1, "1", "Main")
    assert not [name for name, value in room.items() if value is None]


def test_rooms_are_listed_in_the_order_of_their_making(door: Door) -> None:
    door.add("ash")
    assert [room["id"] for room in door.get("/rooms")] == ["oak", "elm", "ash"]


def test_a_bound_token_sees_its_rooms_only(door: Door) -> None:
    assert [room["id"] for room in door.get("/rooms", key="elm")] == ["elm"]


@pytest.mark.parametrize(
    ("parts", "location"),
    [
        ({}, "Oak"),
        ({"building": "HQ", "room_number": "2.17"}, "Oak (HQ, Room 2.17)"),
        ({"room_number": "2.17"}, "Oak (Room 2.17)"),
        ({"street": "Main St 1"}, "Main St 1"),
        ({"city": "Utrecht"}, "Utrecht"),
        (
            {
                "street": "Main St 1",
                "postal_code": "3584 CS",
                "city": "Utrecht",
                "building": "HQ",
                "room_number": "2.17",
            },
            "Main St 1, 3584 CS Utrecht (HQ, Room 2.17)",
        ),
    ],
)
def test_the_location_is_composed_of_what_is_known(door: Door, parts: dict[str, str], location: str) -> None:
    door.change("oak", **parts)
    assert door.get("/rooms/oak")["location"] == location


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["oak", "elm", "ash"]),
        ("?active=true", ["oak", "elm"]),
        ("?active=1", ["oak", "elm"]),
        ("?active=false", ["ash"]),
        ("?active=yes", ["ash"]),
        ("?active=", ["ash"]),
        ("?type=studio", ["ash"]),
        ("?type=Studio", []),
        ("?capacity_min=5", ["oak"]),
        ("?capacity_min=5x", ["oak"]),
        ("?capacity_min=junk", ["oak", "elm", "ash"]),
        ("?capacity_min=-3", ["oak", "elm", "ash"]),
        ("?capacity_min=99999999999999999999999", []),
        ("?type=no%27%3B--", []),
    ],
)
def test_filters_narrow_the_list(door: Door, query: str, found: list[str]) -> None:
    door.add("ash", active=False, room_type="studio")
    assert [room["id"] for room in door.get("/rooms" + query)] == found


def test_filters_may_come_as_json_too(door: Door) -> None:
    door.add("ash", active=False)
    assert [room["id"] for room in door.get("/rooms", json={"active": True, "capacity_min": 5})] == ["oak"]


@pytest.mark.parametrize("kind", ["\0", "\ud800", "x" * 256])
def test_a_type_that_no_room_can_have_is_refused(any_door: Door, kind: str) -> None:
    response = any_door.ask("GET", "/rooms", key="read", json={"type": kind})
    assert (response.status_code, list(response.json["fields"])) == (400, ["type"])


def test_pages_lead_through_all_rooms(door: Door) -> None:
    for number in range(5):
        door.add(f"r{number}")
    seen, path = [], "/rooms?limit=3"
    while path:
        response = door.ask("GET", path)
        seen += [room["id"] for room in response.json]
        link = response.headers.get("Link", "")
        assert ("X-Next-Cursor" in response.headers) == bool(link)
        path = link.partition(">")[0].removeprefix("<https://rooms.example.org")
    assert seen == ["oak", "elm", "r0", "r1", "r2", "r3", "r4"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "limit=1.5", "limit=", "cursor=%21", "cursor=AAAA"]
)
def test_a_page_that_makes_no_sense_is_refused(door: Door, query: str) -> None:
    response = door.ask("GET", f"/rooms?{query}")
    assert response.status_code == 400
    assert list(response.json["fields"]) == [query.partition("=")[0]]


def test_an_unknown_room_is_not_found(door: Door) -> None:
    for slug in ("nowhere", "OAK", "oak%00", "%F0%9F%8C%B3", "oak%20"):
        response = door.ask("GET", f"/rooms/{slug}")
        assert (response.status_code, response.json) in [
            (404, {"error": "Room not found"}),
            (404, {"error": "Not found"}),
        ]


def test_a_list_seen_before_is_not_sent_again(door: Door) -> None:
    first = door.ask("GET", "/rooms")
    again = door.ask("GET", "/rooms", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    door.change("oak", description="new carpet")
    assert door.ask("GET", "/rooms", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_head_answers_like_get_without_a_body(door: Door) -> None:
    response = door.ask("HEAD", "/rooms/oak")
    assert (response.status_code, response.data) == (200, b"")
    assert response.headers["ETag"] == door.ask("GET", "/rooms/oak").headers["ETag"]

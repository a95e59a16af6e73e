"""Who may: every route with every kind of key, the order of the checks, and tokens that end."""

from datetime import timedelta

import pytest

from server.core.access import CLI
from server.dialects.kit.route import Route
from server.dialects.roomvox.app import DIALECT
from tests.dialects.roomvox.door import Door

ROUTES = DIALECT.all
LADDER = ("public", "read", "book", "admin")
SCOPED = [route for route in ROUTES if route.scope != "public"]


def name(route: Route) -> str:
    return f"{route.method} {route.template}"


TABLE = [
    ("admin", "DELETE /devices/{device}"),
    ("admin", "DELETE /webhooks/{hook}"),
    ("admin", "GET /conflicts"),
    ("admin", "GET /conflicts/{number}"),
    ("admin", "GET /devices"),
    ("admin", "GET /devices/waiting"),
    ("admin", "GET /devices/{device}"),
    ("admin", "GET /devices/{device}/orders"),
    ("admin", "GET /devices/{device}/orders/{order}"),
    ("admin", "GET /devices/{device}/picture"),
    ("admin", "GET /devices/{device}/settings"),
    ("admin", "GET /recovered"),
    ("admin", "GET /statistics"),
    ("admin", "GET /tickets"),
    ("admin", "GET /webhooks"),
    ("admin", "GET /webhooks/{hook}"),
    ("admin", "GET /webhooks/{hook}/deliveries"),
    ("admin", "PATCH /devices/{device}"),
    ("admin", "PATCH /webhooks/{hook}"),
    ("admin", "POST /bookings/import"),
    ("admin", "POST /conflicts/{number}/resolve"),
    ("admin", "POST /devices/approve"),
    ("admin", "POST /devices/refuse"),
    ("admin", "POST /devices/{device}/force-release"),
    ("admin", "POST /devices/{device}/orders"),
    ("admin", "POST /devices/{device}/release"),
    ("admin", "POST /recovered/{number}/seen"),
    ("admin", "POST /rooms/import"),
    ("admin", "POST /rooms/{room}/bookings/{uid}/approve"),
    ("admin", "POST /rooms/{room}/bookings/{uid}/decline"),
    ("admin", "POST /tickets/{number}/close"),
    ("admin", "POST /webhooks"),
    ("admin", "POST /webhooks/{hook}/deliveries/{message}/replay"),
    ("admin", "POST /webhooks/{hook}/replay"),
    ("admin", "POST /webhooks/{hook}/rotate"),
    ("admin", "POST /webhooks/{hook}/test"),
    ("admin", "PUT /devices/{device}/settings"),
    ("book", "DELETE /rooms/{room}/bookings/{uid}"),
    ("book", "PATCH /rooms/{room}/bookings/{uid}"),
    ("book", "POST /rooms/{room}/bookings"),
    ("book", "POST /rooms/{room}/bookings/{uid}/checkin"),
    ("book", "POST /rooms/{room}/bookings/{uid}/checkout"),
    ("book", "POST /rooms/{room}/bookings/{uid}/end"),
    ("book", "POST /rooms/{room}/bookings/{uid}/extend"),
    ("book", "POST /rooms/{room}/bookings/{uid}/here"),
    ("book", "POST /rooms/{room}/bookings/{uid}/nobody-here"),
    ("book", "POST /rooms/{room}/bookings/{uid}/restore"),
    ("public", "GET /people/feed/{secret}/calendar.ics"),
    ("public", "GET /rooms/{room}/feed/{secret}/calendar.ics"),
    ("read", "GET /free"),
    ("read", "GET /rooms"),
    ("read", "GET /rooms/{room}"),
    ("read", "GET /rooms/{room}/availability"),
    ("read", "GET /rooms/{room}/bookings"),
    ("read", "GET /rooms/{room}/bookings/{uid}"),
    ("read", "GET /rooms/{room}/calendar.ics"),
    ("read", "GET /rooms/{room}/status"),
    ("read", "GET /rooms/{room}/tickets"),
    ("read", "GET /tickets/{number}"),
    ("read", "POST /rooms/{room}/tickets"),
    ("read", "POST /tickets"),
]
"""All of them in one place; a new route is written here too."""


def path(route: Route, room: str = "oak") -> str:
    filled = route.template.replace("{room}", room).replace("{uid}", "nobody").replace("{secret}", "rvxf_x")
    return filled


def test_the_routes_are_these_and_their_scopes_these() -> None:
    assert sorted((route.scope, name(route)) for route in ROUTES) == TABLE


def test_no_key_below_the_scope_of_a_route_opens_it(door: Door) -> None:
    for route in SCOPED:
        for key in ("read", "book", "admin"):
            response = door.ask(route.method, path(route), key=key)
            allowed = LADDER.index(key) >= LADDER.index(route.scope)
            assert (response.status_code == 403) is not allowed, (name(route), key)
            if not allowed:
                assert response.json == {"error": f"Insufficient permissions. Required scope: {route.scope}"}


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (None, "Missing or invalid Authorization header"),
        ("", "Missing or invalid Authorization header"),
        ("Bearer", "Missing or invalid Authorization header"),
        ("Bearer ", "Missing or invalid Authorization header"),
        ("Basic YTpi", "Missing or invalid Authorization header"),
        ("rvx_abc", "Missing or invalid Authorization header"),
        ("Bearer rvx_unknown", "Invalid or expired API token"),
        ("Bearer abc", "Invalid or expired API token"),
        ("Bearer rvx_\xe9", "Invalid or expired API token"),
        ("Bearer " + "rvx_" + "x" * 5000, "Invalid or expired API token"),
    ],
)
def test_who_shows_no_good_key_is_told_so_at_every_route(door: Door, header: str | None, text: str) -> None:
    headers = {} if header is None else {"Authorization": header}
    for route in SCOPED if header is None else SCOPED[:2]:
        response = door.ask(route.method, path(route, "nowhere"), key=None, headers=headers)
        assert (response.status_code, response.json) == (401, {"error": text}), name(route)
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR  "])
def test_the_scheme_may_be_in_any_case(door: Door, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {door.keys['read']}"}
    assert door.ask("GET", "/rooms", key=None, headers=headers).status_code == 200


def test_a_bound_key_opens_its_rooms_only(door: Door) -> None:
    secret = door.house.engine.tokens.create("elm admin", "admin", CLI, rooms=("elm",))[1]
    for route in SCOPED:
        if "{room}" not in route.template:
            continue
        response = door.ask(route.method, path(route, "oak"), key=secret)
        text = {"error": "Token does not have access to this room"}
        assert (response.status_code, response.json) == (403, text), name(route)
        assert door.ask(route.method, path(route, "elm"), key=secret).status_code != 403, name(route)


def test_a_bound_key_neither_counts_nor_imports_other_rooms(door: Door) -> None:
    secret = door.house.engine.tokens.create("elm admin", "admin", CLI, rooms=("elm",))[1]
    assert [it["roomId"] for it in door.get("/statistics", key=secret)["utilization"]] == ["elm"]
    assert door.ask("GET", "/statistics?room=oak", key=secret).status_code == 403
    for what in ("rooms", "bookings"):
        response = door.ask("POST", f"/{what}/import", key=secret, data="name\nAsh\n", content_type="text/csv")
        assert response.status_code == 403


def test_the_checks_come_in_roomvoxs_order(door: Door) -> None:
    """Key, scope, room, restriction, and only then what was sent."""
    bad = {"data": "{", "content_type": "application/json"}
    steps = [
        (None, "/rooms/nowhere/bookings", 401),
        ("read", "/rooms/nowhere/bookings", 403),
        ("elm", "/rooms/nowhere/bookings", 404),
        ("elm", "/rooms/oak/bookings", 403),
        ("elm", "/rooms/elm/bookings", 400),
    ]
    for key, where, status in steps:
        assert door.ask("POST", where, key=key, **bad).status_code == status, (key, where)
    assert door.ask("GET", "/rooms/nowhere/availability?date=abc").status_code == 404
    assert door.ask("GET", "/rooms/oak/availability?date=abc", key="elm").status_code == 403


def test_a_token_ends_when_it_is_revoked_or_expires(door: Door) -> None:
    engine, clock = door.house.engine, door.house.clock
    token, secret = engine.tokens.create("short", "read", CLI, expires=clock.now() + timedelta(hours=1))
    assert door.ask("GET", "/rooms", key=secret).status_code == 200
    clock.forward(hours=1)
    assert door.ask("GET", "/rooms", key=secret).json == {"error": "Invalid or expired API token"}
    token, secret = engine.tokens.create("other", "read", CLI)
    engine.tokens.revoke(token.id, CLI)
    assert door.ask("GET", "/rooms", key=secret).status_code == 401


def test_a_panels_key_is_none_of_ours(door: Door) -> None:
    _, secret, _ = door.house.panel("oak")
    assert door.ask("GET", "/rooms", key=secret).status_code == 401


def test_browsers_are_welcome_everywhere(door: Door) -> None:
    for where in ("/rooms", "/rooms/oak/bookings", "/nothing/here", "/"):
        response = door.ask("OPTIONS", where, key=None)
        assert (response.status_code, response.data) == (204, b"")
        allowed = response.headers["Access-Control-Allow-Methods"].split(", ")
        assert {"GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"} == set(allowed)
        assert {"Authorization", "Content-Type"} <= set(response.headers["Access-Control-Allow-Headers"].split(", "))
    assert "ETag" in door.ask("GET", "/rooms").headers["Access-Control-Expose-Headers"]


def test_an_unknown_url_and_method_answer_in_the_same_shape(door: Door) -> None:
    assert door.ask("GET", "/nothing").json == {"error": "Not found"}
    response = door.ask("PUT", "/rooms/oak")
    assert (response.status_code, response.json) == (405, {"error": "Method not allowed"})
    assert response.headers["Allow"] == "GET, HEAD"

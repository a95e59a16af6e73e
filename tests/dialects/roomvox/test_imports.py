"""POST /rooms/import and /bookings/import: previews, all or nothing, and files that people really send."""

import io
from time import process_time
from typing import Any

import pytest

from server.core.access import CLI
from tests.dialects.roomvox.door import Door
from tests.make import OFFICE

HEADER = "name,email,capacity,roomNumber,floor,roomType,building,street,postalCode,city,facilities"
HEADER += ",description,autoAccept,active"
MIB = 1024 * 1024


def send(door: Door, what: str, text: str | bytes, query: str = "", **more: Any) -> tuple[int, Any]:
    data = text.encode() if isinstance(text, str) else text
    response = door.ask("POST", f"/{what}/import{query}", key="admin", data=data, content_type="text/csv", **more)
    return response.status_code, response.json


def test_rooms_in_the_fourteen_columns(any_door: Door) -> None:
    row = "Großer Saal,saal@example.org,40,2.17,2,meeting-room,HQ,Main St 1,3584 CS,Utrecht,"
    row += '"projector,wheelchair",x,false,false'
    status, answer = send(any_door, "rooms", f"{HEADER}\n{row}\n")
    assert (status, answer) == (200, {"created": 1, "updated": 0, "skipped": 0, "errors": []})
    room = any_door.get("/rooms/grosser-saal")
    assert room["location"] == "Main St 1, 3584 CS Utrecht (HQ, Room 2.17)"
    assert (room["facilities"], room["autoAccept"], room["active"]) == (["projector", "wheelchair"], False, False)
    assert (room["capacity"], room["floor"], room["zone"]) == (40, "2", "Europe/Berlin")


def test_a_preview_says_what_would_come_and_changes_nothing(door: Door) -> None:
    text = "name,capacity\nOak,12\nAsh,x\nAsh,4\n,4\n"
    status, answer = send(door, "rooms", text, "?preview=yes")
    assert (status, answer["detected_format"], answer["columns"]) == (200, "roomvox", ["name", "capacity"])
    assert [(r["line"], r["action"], r["matchedId"], r["errors"]) for r in answer["rows"]] == [
        (2, "skip", "oak", []),
        (3, "create", None, ["Capacity must be a number"]),
        (4, "create", None, ["Duplicate name in CSV"]),
        (5, "create", None, ["Name is required"]),
    ]
    assert len(door.get("/rooms")) == 2


def test_all_or_nothing_unless_the_good_rows_are_asked_for(door: Door) -> None:
    text = "name,capacity\nAsh,4\nBirch,many\n"
    status, answer = send(door, "rooms", text)
    assert (status, answer["error"]) == (422, "Nothing was imported: 1 of 2 rows have errors")
    assert answer["errors"] == [{"line": 3, "name": "Birch", "errors": ["Capacity must be a number"]}]
    assert len(door.get("/rooms")) == 2
    status, answer = send(door, "rooms", text, "?mode=partial")
    assert (status, answer["created"], len(answer["errors"])) == (200, 1, 1)
    assert [room["id"] for room in door.get("/rooms")] == ["oak", "elm", "ash"]


def test_known_rooms_are_skipped_or_updated(door: Door) -> None:
    door.change("oak", email="oak@example.org", description="old")
    text = "email,name,description,active\noak@example.org,Great Oak,,no\n"
    assert send(door, "rooms", text)[1]["skipped"] == 1
    assert door.get("/rooms/oak")["name"] == "Oak"
    assert send(door, "rooms", text, "?mode=update")[1]["updated"] == 1
    room = door.get("/rooms/oak")
    assert (room["name"], room["description"], room["active"]) == ("Great Oak", "old", False)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffname,capacity\nAsh,4\n",
        "NAME;Capacity\r\nAsh;4\r\n",
        "Name\tCAPACITY\nAsh\t4",
        '"name","capacity"\n"Ash","4"\n\n,\n',
        "capacity, name ,unknown\n4, Ash ,zzz\n",
    ],
)
def test_files_as_people_send_them(door: Door, text: str) -> None:
    assert send(door, "rooms", text)[1]["created"] == 1
    room = door.get("/rooms/ash")
    assert (room["name"], room["capacity"], room["autoAccept"], room["active"]) == ("Ash", 4, True, True)


def test_microsofts_columns_are_understood(door: Door) -> None:
    text = (
        "DisplayName,PrimarySmtpAddress,ResourceCapacity,Building,FloorLabel,City,Tags,IsWheelchairAccessible,"
        "AudioDeviceName,VideoDeviceName,DisplayDeviceName,Nickname,BookingType\n"
        'Ash,ash@example.org,8,HQ,3,Utrecht,"whiteboard;projector",True,Mic,Cam,,the quiet one,Standard\n'
        "Birch,birch@example.org,2,HQ,3,Utrecht,,False,,,,,Managed\n"
    )
    assert send(door, "rooms", text, "?preview=yes")[1]["detected_format"] == "ms365"
    assert send(door, "rooms", text)[1]["created"] == 2
    ash, birch = door.get("/rooms/ash"), door.get("/rooms/birch")
    assert ash["facilities"] == ["whiteboard", "projector", "audio", "videoconf", "wheelchair"]
    assert (ash["capacity"], ash["floor"], ash["description"], ash["autoAccept"]) == (8, "3", "the quiet one", True)
    assert (birch["autoAccept"], birch["facilities"]) == (False, [])


def test_slugs_are_made_as_in_roomvox(door: Door) -> None:
    names = ["Bären & Füße", "Oak!", "日本", "--", "Ash 1", "ash-1", "x" * 200]
    assert send(door, "rooms", "name\n" + "\n".join(names))[1]["created"] == 6  # "Oak!" is oak: known
    found = [room["id"] for room in door.get("/rooms")][2:]
    assert found == ["baeren-fuesse", "room", "room-1", "ash-1", "ash-1-1", "x" * 56]


def test_names_that_no_id_can_hold_are_rooms_of_their_own(door: Door) -> None:
    send(door, "rooms", "name,capacity\n会議室,4\n応接室,2\n会議室 1,6\n")
    status, answer = send(door, "rooms", "name,capacity\n講堂,90\n大会議室 1,20\n会議室,5\n", "?mode=update")
    assert (status, answer["created"], answer["updated"]) == (200, 2, 1)
    rooms = {it["id"]: (it["name"], it["capacity"]) for it in door.ask("GET", "/rooms", key="admin").json}
    assert rooms["room"] == ("会議室", 5)
    assert rooms["room-1"] == ("応接室", 2)
    assert rooms["room-2"] == ("講堂", 90)
    assert (rooms["1"], rooms["1-1"]) == (("会議室 1", 6), ("大会議室 1", 20))


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("Ash,no-mail,4", "Invalid email format"),
        ("Ash,a@b,4,more", "More cells than columns"),
        ("Ash,,-1", "Capacity must be a number"),
        ("Ash,,1000000", "capacity: 0 to 100000"),
        ("Ash,,٤", "Capacity must be a number"),
        ("A\x00sh,,4", "name: control characters are not allowed"),
        ("x" * 256 + ",,4", "name: too long (max 255 characters)"),
        (",,4", "Name is required"),
    ],
)
def test_each_complaint_names_its_line(door: Door, row: str, complaint: str) -> None:
    status, answer = send(door, "rooms", f"name,email,capacity\nBirch,b@example.org,1\n{row}\n")
    assert status == 422
    (bad,) = answer["errors"]
    assert bad["line"] == 3
    assert complaint in bad["errors"]


def test_an_address_given_twice_points_at_the_first(door: Door) -> None:
    answer = send(door, "rooms", "name,email\nA,a@example.org\nB,A@example.org\n")[1]
    assert answer["errors"] == [{"line": 3, "name": "B", "errors": ["Duplicate email in CSV (line 2)"]}]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "No file uploaded"),
        (b"\n\n", "file: Empty or unreadable file"),
        (b"\xff\xfe\x00n", "file: must be UTF-8 (in Excel: save as CSV UTF-8)"),
        ("naïve".encode("latin-1"), "file: must be UTF-8 (in Excel: save as CSV UTF-8)"),
        (b"a,b\n1,2\n", "file: has no column that names a room"),
        (b"name,name\nA,B\n", "file: has the column name twice"),
        (b"name\n" + b"A\n" * 20_001, "file: has more than 20000 rows"),
        (b",".join(b"c%d" % n for n in range(201)) + b"\n1\n", "file: has more than 200 columns"),
        (b'name\n"unclosed\n', "file: line 2: unexpected end of data"),
        (b"name\n" + b"x" * 200_000, "file: line 2: field larger than field limit (131072)"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_clear_400(door: Door, data: bytes, error: str) -> None:
    status, answer = send(door, "rooms", data)
    assert (status, answer["error"]) == (400, error)
    assert len(door.get("/rooms")) == 2


def test_a_file_over_five_megabytes_is_a_413(door: Door) -> None:
    big = b"name\n" + b"x\n" * (3 * MIB)
    assert send(door, "rooms", big) == (413, {"error": "File too large (max 5MB)"})
    form = {"file": (io.BytesIO(big), "rooms.csv")}
    response = door.ask("POST", "/bookings/import", key="admin", data=form)
    assert (response.status_code, response.json) == (413, {"error": "File too large (max 5MB)"})


def test_a_file_may_come_as_a_form(door: Door) -> None:
    form = {"file": (io.BytesIO(b"name\nAsh\n"), "rooms.csv"), "mode": "create", "enableExchangeSync": "0"}
    response = door.ask("POST", "/rooms/import", key="admin", data=form)
    assert (response.status_code, response.json["created"]) == (200, 1)
    form = {"mode": "update", "file": (io.BytesIO(b"name,capacity\nAsh,9\n"), "rooms.csv")}
    assert door.ask("POST", "/rooms/import", key="admin", data=form).json["updated"] == 1
    response = door.ask(
        "POST", "/rooms/import", key="admin", data={"mode": "create"}, content_type="multipart/form-data"
    )
    assert (response.status_code, response.json["error"]) == (400, "No file uploaded")


@pytest.mark.parametrize("query", ["?mode=replace", "?mode=create,delete", "?zone=Mars/Base"])
def test_a_wish_that_is_not_known_is_refused(door: Door, query: str) -> None:
    status, answer = send(door, "rooms", "name\nAsh\n", query)
    assert (status, list(answer["fields"])) == (400, [query[1:5]])


def test_a_zone_for_rooms_that_name_none(door: Door) -> None:
    send(door, "rooms", "name,zone,site\nAsh,,North\nBirch,Asia/Tokyo,\n", "?zone=Europe/Paris")
    assert [(r["zone"], r["site"]) for r in door.get("/rooms")[2:]] == [
        ("Europe/Paris", "North"),
        ("Asia/Tokyo", "Main"),
    ]


def test_formulas_are_escaped_on_the_way_out_and_taken_back_in(door: Door) -> None:
    door.change("oak", description='=HYPERLINK("http://x")', contact="+49 30 1234", building="@HQ")
    text = door.house.engine.imports.rooms_file(CLI)
    assert '"\'=HYPERLINK(""http://x"")"' in text
    assert "'+49 30 1234" in text
    door.change("oak", description="", contact="", building="")
    assert send(door, "rooms", text, "?mode=update")[1]["updated"] == 2
    room = door.get("/rooms/oak")
    assert (room["description"], room["responsibleContact"]) == ('=HYPERLINK("http://x")', "+49 30 1234")


BOOKINGS = "room,title,start,end,organizer,organizerEmail,description,uid\n"


def test_bookings_by_id_name_or_address(any_door: Door) -> None:
    any_door.change("elm", email="elm@example.org")
    text = BOOKINGS + (
        "oak,A,2026-06-16 09:00,2026-06-16 10:00,Alice,a@example.org,,\n"
        "Oak,B,2026-06-16T10:00:00+02:00,2026-06-16T09:00:00Z,b@example.org,,with cake,b-1\n"
        "ELM@example.org,C,16.06.2026 09:00,16.06.2026 10:00,,,,\n"
    )
    assert send(any_door, "bookings", text, "?preview=yes")[1]["rows"][1]["matchedId"] == "oak"
    assert any_door.get("/rooms/oak/bookings") == []
    assert send(any_door, "bookings", text)[1]["created"] == 3
    first, second = any_door.get("/rooms/oak/bookings")
    assert (first["title"], first["start"], first["organizerEmail"]) == (
        "A",
        "2026-06-16T09:00:00+02:00",
        "a@example.org",
    )
    assert (second["uid"], second["end"], second["source"]) == ("b-1", "2026-06-16T11:00:00+02:00", "import")
    assert len(any_door.get("/rooms/elm/bookings")) == 1
    again = send(any_door, "bookings", text, "?mode=partial")[1]
    assert (again["created"], again["skipped"], [bad["errors"] for bad in again["errors"]]) == (0, 1, [["clash"]] * 2)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("nowhere,T,2026-06-16 09:00,2026-06-16 10:00", "Room not found"),
        (",T,2026-06-16 09:00,2026-06-16 10:00", "Room is required"),
        ("oak,,2026-06-16 09:00,2026-06-16 10:00", "Title is required"),
        ("oak,T,soon,2026-06-16 10:00", "Start is not a date and time"),
        ("oak,T,2026-06-16 09:00,", "End is not a date and time"),
        ("oak,T,31.02.2026 09:00,2026-06-16 10:00", "Start is not a date and time"),
        ("oak,T,1066-10-14,1066-10-15", "Start is not a date and time"),
        ("oak,T,2026-06-16 10:00,2026-06-16 09:00", "ends: must be after the start"),
        ("oak,T,2026-06-16 08:30,2026-06-16 09:30", "clash"),
        ("oak,T,2026-06-16 19:00,2026-06-16 20:00", "outside_hours"),
        ("oak,T,2026-06-16 09:00,2027-06-16 10:00", "too_long 44640"),
    ],
)
def test_a_bad_booking_leaves_nothing_behind(door: Door, row: str, complaint: str) -> None:
    door.policy("oak", opening=(OFFICE,))
    good = "oak,G,2026-06-16 09:00,2026-06-16 10:00,,,,\n"
    status, answer = send(door, "bookings", f"{BOOKINGS}{good}{row},,,,\n")
    assert (status, answer["errors"][0]["line"]) == (422, 3)
    assert complaint in answer["errors"][0]["errors"]
    assert door.get("/rooms/oak/bookings") == []
    assert send(door, "bookings", f"{BOOKINGS}{good}{row},,,,\n", "?mode=partial")[1]["created"] == 1
    assert [booking["title"] for booking in door.get("/rooms/oak/bookings")] == ["G"]


def test_history_comes_in_though_todays_rules_would_refuse_it(door: Door) -> None:
    door.policy("oak", opening=(OFFICE,), horizon_days=1)
    text = BOOKINGS + "oak,Past,2026-05-02 20:00,2026-05-02 23:00,,,,\noak,Far,2026-12-01 09:00,2026-12-01 10:00,,,,\n"
    assert send(door, "bookings", text)[1]["created"] == 2
    assert door.house.overlaps() == []


def test_rows_of_one_file_cannot_overlap_either(door: Door) -> None:
    row = "oak,T,2026-06-16 09:00,2026-06-16 10:00,,,,\n"
    status, answer = send(door, "bookings", BOOKINGS + row + row)
    assert (status, [bad["line"] for bad in answer["errors"]]) == (422, [3])


def test_a_booking_file_without_its_columns_is_refused(door: Door) -> None:
    status, answer = send(door, "bookings", "name\nAsh\n")
    assert (status, answer["error"]) == (400, "file: needs the columns room, title, start and end")


def test_a_cell_of_several_lines_does_not_shift_the_lines(door: Door) -> None:
    text = 'name,description\nAsh,"one\ntwo"\nBirch,"x"\n,\n,late\n'
    answer = send(door, "rooms", text)[1]
    assert [bad["line"] for bad in answer["errors"]] == [6]


def test_a_very_long_address_costs_no_more_than_its_length(door: Door) -> None:
    begun = process_time()
    answer = send(door, "rooms", f"name,email\nFir,a@{'b' * 100_000}>\n")[1]
    assert answer["errors"][0]["errors"] == ["Invalid email format"]
    assert process_time() - begun < 3

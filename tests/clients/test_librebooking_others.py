"""What real clients of LibreBooking are known to send and to expect, each imitated in a few lines, at a real server.

Those that were written against the 2.8 server want numbers as texts and lists in lists (the wire mount), those written
by the documentation want them plain; what both send must do at both mounts.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.clients.test_librebooking import PASSWORD, installation, iso

pytestmark = pytest.mark.heavy
DOCUMENTED, WIRE = "/librebooking/Web/Services", "/librebooking-wire/Web/Services"
SIGN_IN_FIRST = "You must be authenticated in order to access this service."


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("others")
    with installation(folder, free_port()) as found:
        yield found


def ask(method: str, url: str, body: Any = None, headers: dict[str, Any] | None = None) -> tuple[int, Any]:
    """Status and JSON. The body goes out without a Content-Type that would say what it is."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def signed_in(base: str, name: str) -> dict[str, Any]:
    """The headers as the answer has them: a client that needs a text must have been given one."""
    _, told = ask("POST", f"{base}/Authentication/Authenticate", {"username": name, "password": PASSWORD})
    return {"X-Booked-SessionToken": told["sessionToken"], "X-Booked-UserId": told["userId"]}


def texts(headers: dict[str, Any]) -> dict[str, str]:
    return {name: str(it) for name, it in headers.items()}


def day(after: int) -> datetime:
    """Ten o'clock so many days ahead."""
    now = datetime.fromtimestamp(time.time(), UTC)
    return now.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=after)


def wish(resource: Any, at: datetime, **more: Any) -> dict[str, Any]:
    return {"resourceId": resource, "startDateTime": iso(at), "endDateTime": iso(at + timedelta(hours=1)), **more}


def resource(base: str, headers: dict[str, str], name: str) -> Any:
    return next(it for it in ask("GET", f"{base}/Resources", headers=headers)[1]["resources"] if it["name"] == name)


def test_moodle_keeps_a_group_in_step_by_texts_and_without_slashes(address: str) -> None:
    base = address + WIRE + "/index.php"
    headers = signed_in(base, "ada")
    users = {it["userName"]: it["id"] for it in ask("GET", f"{base}/Users", headers=headers)[1]["users"]}
    assert ask("POST", f"{base}/Groups", {"name": "Course 7", "isDefault": "0"}, headers)[0] == 201
    (group,) = [it for it in ask("GET", f"{base}/Groups", headers=headers)[1]["groups"] if it["name"] == "Course 7"]
    url = f"{base}/Groups/" + group["id"]
    for members in ([users["ada"], users["alice"]], [users["alice"]]):
        assert ask("POST", url + "/Users", {"userIds": members}, headers)[0] == 201
        found = ask("GET", url, headers=headers)[1]["users"]
        assert sorted(it.rsplit("/", 1)[1] for it in found) == sorted(members)


def test_pigeon_takes_the_first_list_of_the_availability(address: str) -> None:
    base = address + WIRE
    headers = signed_in(base, "alice")
    found = ask("GET", f"{base}/Resources/Availability", headers=headers)[1]["resources"][0]
    told = {it["resource"]["resourceId"]: (it["available"], it["availableAt"]) for it in found}
    hall, lab = (resource(base, headers, name)["resourceId"] for name in ("Hall", "Lab"))
    assert told[hall] == (True, "")
    assert told[lab][0] is False
    assert told[lab][1] > ""


def test_an_instruments_script_books_with_what_it_was_given(address: str) -> None:
    base = address + WIRE + "/index.php"
    headers = signed_in(base, "alice@example.org")
    hall = resource(base, headers, "Hall")
    status, made = ask("POST", f"{base}/Reservations/", wish(hall["resourceId"], day(20)), headers)
    assert (status, made["message"], made["isPendingApproval"]) == (201, "The reservation was created", True)
    found = ask("GET", f"{base}/Reservations/" + made["referenceNumber"], headers=headers)[1]
    assert found["resources"][hall["resourceId"]]["name"] == "Hall"
    assert (found["owner"]["userId"], found["checkInDate"]) == (headers["X-Booked-UserId"], "")


def test_a_card_reader_that_may_only_send_texts_in_headers_checks_in(address: str) -> None:
    base = address + WIRE
    headers = signed_in(base, "alice")
    assert {type(it) for it in headers.values()} == {str}
    now = datetime.fromtimestamp(time.time(), UTC)
    window = f"startDateTime={iso(now)}&endDateTime={iso(now)}"  # its plus signs arrive as blanks
    (running,) = ask("GET", f"{base}/Reservations/?{window}", headers=headers)[1]["reservations"]
    url = f"{base}/Reservations/" + running["referenceNumber"]
    for act in ("CheckIn", "CheckOut"):
        assert ask("POST", f"{url}/{act}", headers=headers)[0] == 200
    assert ask("GET", url, headers=headers)[1]["checkOutDate"] > ""


def test_home_assistant_picks_resources_by_number(address: str) -> None:
    base = address + DOCUMENTED + "/index.php"
    headers = texts(signed_in(base, "alice"))
    lab = resource(base, headers, "Lab")["resourceId"]
    picked = {int(lab)}
    found = ask("GET", f"{base}/Resources/Availability", headers=headers)[1]["resources"]
    assert [it["resource"]["name"] for it in found if it["resource"]["resourceId"] in picked] == ["Lab"]


@pytest.mark.parametrize("mount", [DOCUMENTED, WIRE])
def test_wordpress_sends_blanks_for_nothing_and_reads_the_sentence(address: str, mount: str) -> None:
    base = address + mount
    assert ask("GET", f"{base}/Schedules/", headers={})[1]["message"] == SIGN_IN_FIRST
    headers = texts(signed_in(base, "alice"))
    user = headers["X-Booked-UserId"]
    (link,) = [
        it["href"]
        for it in ask("GET", f"{base}/Accounts/{user}", headers=headers)[1]["links"]
        if it["title"] == "update_user_account"
    ]
    assert ask("POST", urljoin(base, link.replace(":userId", user)), {"phone": "1"}, headers)[0] == 200
    blank = {"participants": [0], "invitees": [0], "participatingGuests": [""], "invitedGuests": [""], "userId": user}
    form = {"title": "", "accessories": [], "customAttributes": [], "recurrenceRule": [], "startReminder": ""}
    at = day(30 if mount == WIRE else 40)
    hall = str(resource(base, headers, "Hall")["resourceId"])
    status, made = ask("POST", f"{base}/Reservations/", wish(hall, at, **blank, **form), headers)
    assert status == 201
    found = ask("GET", f"{base}/Reservations/{made['referenceNumber']}", headers=headers)[1]
    assert (found["participants"], found["invitees"], found["isRecurring"]) == ([], [], False)


@pytest.mark.parametrize("mount", [DOCUMENTED, WIRE])
def test_what_was_read_is_posted_back_with_one_thing_changed(address: str, mount: str) -> None:
    base = address + mount + "/index.php"
    headers = texts(signed_in(base, "ada"))
    lab = resource(base, headers, "Lab")
    at = day(50 if mount == WIRE else 60)
    rule = {"type": "weekly", "interval": 1, "weekdays": [], "repeatTerminationDate": iso(at + timedelta(days=14))}
    asked = wish(lab["resourceId"], at, title="Chemistry", recurrenceRule=rule, invitedGuests=["gita@example.org"])
    url = f"{base}/Reservations/" + ask("POST", f"{base}/Reservations/", asked, headers)[1]["referenceNumber"]
    before = ask("GET", url, headers=headers)[1]
    assert ask("POST", url, {**before, "title": "Physics"}, headers)[0] == 200
    assert ask("GET", url, headers=headers)[1] == {**before, "title": "Physics"}
    for path, name, other in (
        (f"Resources/{lab['resourceId']}", "contact", "Gita"), ("Users/2", "position", "Head"),
    ):  # fmt: skip
        there = ask("GET", f"{base}/{path}", headers=headers)[1]
        assert ask("POST", f"{base}/{path}", {**there, name: other}, headers)[0] == 200
        assert ask("GET", f"{base}/{path}", headers=headers)[1] == {**there, name: other}

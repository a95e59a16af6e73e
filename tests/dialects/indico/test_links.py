"""Where links lead: to the people's pages at the root of the server, of today and of 2011, wherever we are mounted."""

import pytest

from tests.dialects.indico.cern import KEY, MEZZANINE, Cern

ROOT = "https://indico.server"


@pytest.mark.parametrize("mount", ["", "/indico"])
@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        ("/rooms/booking/41", "/rooms/booking/41"),
        ("/rooms/room/120", "/rooms/room/120"),
        ("/roomBooking.py/bookingDetails?roomLocation=CERN&resvID=41", "/rooms/booking/41"),
        ("/roomBooking.py/bookingForm?roomLocation=CERN&roomID=120", "/rooms/room/120"),
        ("/roomBooking.py/bookingDetails", "/rooms/booking/0"),
        ("/rooms/booking/..%2F..%2Fx", None),
        ("/rooms/booking/%2F%2Fevil.example", None),
        ("/rooms/booking/a%20b", "/rooms/booking/a%20b"),
    ],
)
def test_a_link_leads_to_a_page_of_ours_and_nowhere_else(cern: Cern, mount: str, asked: str, leads: str | None) -> None:
    answer = cern.app().test_client().get(asked, environ_overrides={"SCRIPT_NAME": mount})
    if leads is None:
        assert answer.status_code == 404
    else:
        assert (answer.status_code, answer.headers["Location"]) == (303, ROOT + leads)


@pytest.mark.parametrize("legacy", ["yes", "no"])
def test_every_link_that_the_export_tells_leads_somewhere(cern: Cern, legacy: str) -> None:
    client = cern.app().test_client()
    query = {"ak": KEY, "detail": "reservations", "legacy": legacy}
    room = client.get(f"/export/room/CERN/{MEZZANINE}.json", query_string=query).json["results"][0]
    for link in (room["bookingUrl"], room["reservations"][0]["bookingUrl"]):
        led = client.get(link.removeprefix(ROOT))
        assert led.status_code == 303, link
        assert led.headers["Location"].startswith(f"{ROOT}/rooms/"), link

"""What is private stays so in calendars: at a secret address, and for people who have nothing to do with it."""

from icalendar import Calendar

from server.core.access import CLI
from server.core.model import Details
from tests.dialects.roomvox.door import Door
from tests.people import cast

SECRET = "Merger with Acme"


def events(data: bytes) -> list[str]:
    return sorted(str(it.get("summary", "")) for it in Calendar.from_ical(data).walk("VEVENT"))


def test_a_secret_address_tells_of_private_bookings_only_when_they_are(door: Door) -> None:
    private = Details(privacy="private")
    door.house.book("11:00", "12:00", title=SECRET, details=private)
    door.house.recur("13:00", "14:00", title=SECRET, details=private)
    door.house.book("15:00", "16:00", title="Open", organizer="Bob", organizer_email="")
    secret = door.house.engine.rooms.feed("oak", CLI, "enable")
    for query in ("", "?expand=yes"):
        answer = door.ask("GET", f"/rooms/oak/feed/{secret}/calendar.ics{query}", key=None)
        assert SECRET.encode() not in answer.data
        assert b"lice" not in answer.data
        assert "Open" in events(answer.data)
        assert len(events(answer.data)) == (6 if query else 3)
    told = door.ask("GET", "/rooms/oak/calendar.ics", key="read")
    assert events(told.data).count(SECRET) == 2


def test_people_read_in_a_rooms_calendar_what_is_theirs_and_see_the_rest_as_times(door: Door) -> None:
    people = cast(door.house)
    door.keys |= {name: who.secret for name, who in people.items()}
    door.house.recur("11:00", "12:00", title="Hers", by=people["book"].actor, organizer="", organizer_email="")
    door.house.book("13:00", "14:00", title="Another's")
    assert events(door.ask("GET", "/rooms/oak/calendar.ics", key="book").data) == ["", "Hers"]
    assert events(door.ask("GET", "/rooms/oak/calendar.ics", key="see").data) == ["", ""]
    assert events(door.ask("GET", "/rooms/oak/calendar.ics", key="manage").data) == ["Another's", "Hers"]

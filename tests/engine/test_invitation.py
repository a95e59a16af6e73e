"""Where an invitation says that it is."""

from server.engine.ical.invitation import place_of
from tests.make import room


def test_a_room_is_named_once_where_it_is() -> None:
    assert place_of([room(building="Timber House")]) == "Oak (Timber House)"
    assert place_of([room(building="HQ"), room("elm")]) == "Oak + Elm (HQ)"
    assert place_of([room(building="HQ", street="Oak Lane 1")]) == "Oak, Oak Lane 1 (HQ)"
    assert place_of([room()]) == "Oak"

"""By which address people reach the pages: what browsers call our origin, from what the settings say."""

import pytest

from server.compose import origin
from server.settings import Settings


@pytest.mark.parametrize(
    ("public", "found"),
    [
        ("https://rooms.example.org", "https://rooms.example.org"),
        ("https://Rooms.Example.org:443/", "https://rooms.example.org"),
        ("https://rooms.example.org:8443/lintel", "https://rooms.example.org:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://räume.example", "https://xn--rume-loa.example"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
        ("", "http://127.0.0.1:8080"),
    ],
)
def test_the_origin_is_spelled_as_browsers_spell_it(public: str, found: str) -> None:
    assert origin(Settings(public_url=public)) == found

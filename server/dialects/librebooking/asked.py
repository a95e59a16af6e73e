"""What is wrong with a request, in the words of the request.

What it names and is not there is a mistake of the request (400), not a URL of nothing (404).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from server.core.errors import Invalid, Unknown
from server.dialects.librebooking.errors import Unfit

THINGS = {"person": "user", "room": "resource"}
"""What the house calls one way and its clients another."""


@contextmanager
def of_the_request(field: str) -> Iterator[None]:
    """Within it, whatever is not there was named by that field of the body."""
    try:
        yield
    except Unknown as error:
        raise Unfit(f"{field}: there is no {THINGS.get(error.what, error.what)} {error.key}") from None


@contextmanager
def called(**theirs: str) -> Iterator[None]:
    """Within it, fields that cannot be go by other names: theirs for the engine's."""
    try:
        yield
    except Invalid as error:
        raise Invalid({theirs.get(name, name): why for name, why in error.fields.items()}) from None

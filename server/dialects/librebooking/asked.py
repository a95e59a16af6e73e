"""What a request names and is not there: a mistake of the request (400), not a URL of nothing (404)."""

from collections.abc import Iterator
from contextlib import contextmanager

from server.core.errors import Invalid, Unknown


@contextmanager
def of_the_request(field: str) -> Iterator[None]:
    """Within it, whatever is not there was named by that field of the body."""
    try:
        yield
    except Unknown as error:
        raise Invalid({field: f"is not known: {error.what} {error.key}"}) from None

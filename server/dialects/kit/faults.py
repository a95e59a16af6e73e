"""What can go wrong before the engine is asked: the HTTP side of refusal, apart from the engine's kinds.

A dialect's error table is total over LintelError and Fault; everything else that is raised becomes a Crash.
"""


class Fault(Exception):
    """The root of the faults of the HTTP layer."""


class Lost(Fault):
    """No route has this URL."""


class WrongMethod(Fault):
    """The URL exists, but not with this method; `allow` lists those it has."""

    def __init__(self, allow: tuple[str, ...]) -> None:
        super().__init__(", ".join(allow))
        self.allow = allow


class TooLarge(Fault):
    """The body is larger than the route takes: `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


class Crash(Fault):
    """Something we did not think of; it stands in the log under `request_id`."""

    def __init__(self, request_id: str) -> None:
        super().__init__(request_id)
        self.request_id = request_id

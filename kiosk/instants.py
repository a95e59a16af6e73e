"""Instants as the panel keeps them: whole seconds since 1970, UTC. Here they are read from text and written to it.

Whole numbers instead of datetimes, because the panel only compares instants and adds offsets the server gave it:
there is no zone data here that could disagree with the server's, and no naive time that could slip in.
"""

from datetime import UTC, datetime

# What any clock of ours can mean. Outside it a number is a fault, not a time.
EARLIEST = 0
LATEST = 4_102_444_800  # 2100-01-01


def precise(value: object) -> float:
    """Seconds since 1970 of an ISO 8601 text with a zone. Raises ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError("not an instant")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("an instant without a zone")
    seconds = moment.timestamp()
    if not EARLIEST <= seconds <= LATEST:
        raise ValueError("an instant out of range")
    return seconds


def parse(value: object) -> int:
    """Whole seconds since 1970 of an ISO 8601 text with a zone. Raises ValueError for anything else."""
    return int(precise(value))


def iso(instant: float) -> str:
    """The instant in UTC with whole seconds, as `2026-11-20T09:41:00Z`."""
    return datetime.fromtimestamp(int(instant), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(instant: float | None) -> str | None:
    return None if instant is None else iso(instant)

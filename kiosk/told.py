"""Reads what the server answers about time that this door owns and about its journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kiosk.escrow import Times, joined
from kiosk.instants import parse


@dataclass(frozen=True, slots=True)
class Grant:
    """Of one room. `why` says why there are no times; "" where there are."""

    version: int
    times: Times
    why: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to `/grants`. `applied`: how much of the epoch that was named the server has."""

    incarnation: str
    applied: int
    grants: Mapping[str, Grant]


@dataclass(frozen=True, slots=True)
class Received:
    """The answer to `/journal`. `seqs`: how far its rooms are. `made`: ids of bookings by the op of their entry."""

    incarnation: str
    applied: int
    seqs: Mapping[str, int]
    made: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)


def told_from(data: dict[str, Any]) -> Told:
    """Raises KeyError, TypeError, ValueError or AttributeError for what the protocol does not say."""
    grants = {str(room): _grant(one) for room, one in data["grants"].items()}
    return Told(str(data["incarnation"]), int(data["applied"]), grants)


def received_from(data: dict[str, Any]) -> Received:
    """Raises as `told_from`."""
    results = data["results"]
    return Received(
        incarnation=str(data["incarnation"]),
        applied=int(data["applied"]),
        seqs={str(room): int(seq) for room, seq in data["seq"].items()},
        made={str(one["op"]): str(one["booking"]["id"]) for one in results if one.get("booking")},
        outcomes={str(one["op"]): str(one["outcome"]) for one in results},
    )


def _grant(said: dict[str, Any]) -> Grant:
    times = joined((parse(one["from"]), parse(one["to"])) for one in said["times"])
    return Grant(int(said["version"]), times, str(said.get("why") or ""))

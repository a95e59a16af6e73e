"""The second copy: what panels had been told of bookings, brought back after a backup was put in place.

Decision: each booking of a panel's plan carries a proof by the house's own key, which a backup holds, too. So nobody
need believe a panel: the server knows its own word again.
"""

from dataclasses import dataclass

from server.core.attest import PURPOSE, Told, proof
from server.core.clock import epoch
from server.core.model import Booking, Room
from server.engine.instance import Instance


@dataclass(frozen=True, slots=True)
class Proofs:
    """Proves what panels are told."""

    instance: Instance

    def proof(self, it: Booking, room: Room, host: str, title: str) -> str:
        """Of a booking as the plan of that room has it, masked as it is there."""
        return proof(self.instance.key(PURPOSE), told(it, room, host, title))


def told(it: Booking, room: Room, host: str, title: str) -> Told:
    """What a panel of the room is told of a booking."""
    there = {room.number, *room.parts}
    rooms = tuple(sorted(there.intersection(it.rooms)))
    return Told(it.uid, rooms, epoch(it.starts), epoch(it.ends), host, title, it.standing.value, it.version)

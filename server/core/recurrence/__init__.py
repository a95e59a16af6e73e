"""Dates that recur (RFC 5545): read, expanded in wall time, placed in a zone, moved, and written for others.

Everything is reckoned in naive wall time and only then placed in the room's zone, so that nine o'clock stays nine
o'clock over a change of the clocks. All complaints are `Invalid({"recurrence": sentence})`.
"""

from server.core.recurrence.address import address_text, read_address
from server.core.recurrence.dates import first_wall, occurrences, walls
from server.core.recurrence.pattern import Length, Occurrence, Pattern, check_bookable, endless, length_of
from server.core.recurrence.portable import portable
from server.core.recurrence.read import parse, restored
from server.core.recurrence.rule import Rule
from server.core.recurrence.shift import shifted

__all__ = [
    "Length",
    "Occurrence",
    "Pattern",
    "Rule",
    "address_text",
    "check_bookable",
    "endless",
    "first_wall",
    "length_of",
    "occurrences",
    "parse",
    "portable",
    "read_address",
    "restored",
    "shifted",
    "walls",
]

"""Bookings by their start: reports and exports take those of some days, in their order, whatever rooms they are in."""

NUMBER = 12

STATEMENTS = ("CREATE INDEX occurrence_starts ON occurrence (starts, id)",)

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()

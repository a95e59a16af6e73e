"""Devices are let in: pairings that wait, panels that are expected, keys that enrol many, lives and what is cloned."""

NUMBER = 13

STATEMENTS: tuple[str, ...] = ()

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()

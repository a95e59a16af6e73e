"""The fleet: when devices were last heard, orders to them with receipts, and what their settings are on each level."""

NUMBER = 14

STATEMENTS: tuple[str, ...] = ()

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()

"""News are told at once: PostgreSQL notifies whoever listens when changes were committed."""

NUMBER = 15

STATEMENTS: tuple[str, ...] = ()

SQLITE: tuple[str, ...] = ()
POSTGRES: tuple[str, ...] = ()

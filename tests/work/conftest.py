"""The furnished house of the engine's tests."""

from tests.engine.conftest import house, postgres_house, shared_postgres, sqlite_house

__all__ = ["house", "postgres_house", "shared_postgres", "sqlite_house"]

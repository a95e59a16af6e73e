"""The jobs that have a time of their own: each is done once for each due time (engine/rounds.py)."""

from server.core.dues import Daily
from server.engine import Engine
from server.engine.rounds import Job


def jobs(engine: Engine, zone: str) -> tuple[Job, ...]:
    """All of them. `zone`: where nights are nights and months begin."""
    return (
        Job("retention", Daily(3 * 60 + 20, zone), lambda _: engine.retention.run()),
        Job("series_ending", Daily(9 * 60, zone), lambda _: engine.passing.series()),
    )

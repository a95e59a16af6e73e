"""Calendar files that mean harm: each is built here (forms, rules, sheer, values) or lies in files/.

Each says what is to become of it. "file": it is refused as a whole. "refused": its meetings are. "booked": it is
booked, for in the end it is harmless. "mixed": some meetings are booked, some refused.
"""

from pathlib import Path

from tests.bombs import forms, rules, sheer, values
from tests.bombs.parts import MADE, Bomb

FILES = Path(__file__).parent / "files"
SMALL = {path.stem: Bomb(path.read_bytes, path.name.partition("-")[0]) for path in sorted(FILES.glob("*.ics"))}
BOMBS: dict[str, Bomb] = {**MADE, **SMALL}
__all__ = ["BOMBS", "forms", "rules", "sheer", "values"]

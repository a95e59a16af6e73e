"""Playing the golden files. `python -m tests.dialects.librebooking.golden NAME…` fills in what is answered today.

A file (golden/<service>.json) is a list of steps over a house of its own (house.py), once in each shape: `as` asks
(null: nobody), `request`, its `body`, the `status` and the `answer`. Where the shapes differ, status or answer is an
object of the two: {"documented": …, "wire": …}. A text in angle brackets stands for any text, and for the same one
wherever it stands again, also in later requests; `let` says from which field of the answer it is taken, for the filling
in. `forward`: minutes that pass before. Whoever fills in reads what came of it: it is right because somebody has looked.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.dialects.librebooking.house import furnished
from tests.make import opened

FOLDER = Path(__file__).parent / "golden"
FILES = sorted(path.stem for path in FOLDER.glob("*.json"))
SHAPES = ("documented", "wire")
ANY = re.compile(r"<\w+>")
Step = dict[str, Any]
Known = dict[str, str]
"""What the placeholders stand for."""


def steps_of(name: str) -> list[Step]:
    """The steps of a file."""
    found: list[Step] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def played(
    steps: list[dict[str, Any]], shape: str, url: str, known: Known
) -> Iterator[tuple[dict[str, Any], int, Any]]:
    """Each step with the status and the JSON that it is answered with (None: something else, or nothing)."""
    with opened(url) as store:
        door = furnished(store, shape)
        for step in steps:
            door.house.clock.forward(minutes=step.get("forward", 0))
            method, _, path = filled(step["request"], known).partition(" ")
            body = {"json": filled(step["body"], known)} if "body" in step else {}
            answer = door.ask(method, path, step["as"], **body)
            is_json = answer.mimetype == "application/json" and answer.data
            yield step, answer.status_code, answer.json if is_json else None


def of_shape(told: Any, shape: str) -> Any:
    """What holds in a shape."""
    return told[shape] if isinstance(told, dict) and set(told) == set(SHAPES) else told


def filled(thing: Any, known: Known) -> Any:
    """The request with what the placeholders stand for."""
    return json.loads(ANY.sub(lambda found: known.get(found[0], found[0]), json.dumps(thing)))


def matched(shown: Any, wanted: Any, known: Known) -> Any:
    """What is wanted, with what was shown in place of placeholders that are new."""
    if isinstance(wanted, str) and isinstance(shown, str):
        return _text(shown, wanted, known)
    if isinstance(wanted, dict) and isinstance(shown, dict):
        return {key: matched(shown.get(key), value, known) for key, value in wanted.items()}
    if isinstance(wanted, list) and isinstance(shown, list) and len(wanted) == len(shown):
        return [matched(one, other, known) for one, other in zip(shown, wanted, strict=True)]
    return wanted


def _text(shown: str, wanted: str, known: Known) -> str:
    pattern, names = "", list[str]()
    for piece in re.split(r"(<\w+>)", wanted):
        if ANY.fullmatch(piece) and piece not in known:
            pattern, names = pattern + "(.+)", [*names, piece]
        else:
            pattern += re.escape(known.get(piece, piece))
    if (found := re.fullmatch(pattern, shown)) is None:
        return wanted
    known.update(zip(names, found.groups(), strict=True))
    return shown


def fill(name: str) -> None:
    """Writes into a file what is answered today."""
    steps, told = steps_of(name), dict[str, list[tuple[int, Any]]]()
    for shape in SHAPES:
        known: Known = {}
        with TemporaryDirectory() as folder:
            told[shape] = []
            for step, status, shown in played(steps, shape, f"sqlite:///{folder}/lintel.db", known):
                known |= {mark: str(shown[field]) for mark, field in step.get("let", {}).items()}
                text = json.dumps(shown)
                for mark, value in known.items():
                    text = text.replace(value, mark)
                told[shape].append((status, json.loads(text)))
    for place, step in enumerate(steps):
        for at, field in enumerate(("status", "answer")):
            both = {shape: told[shape][place][at] for shape in SHAPES}
            step[field] = both["wire"] if both["wire"] == both["documented"] else both
    (FOLDER / f"{name}.json").write_text(json.dumps(steps, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    for one in sys.argv[1:]:
        fill(one)

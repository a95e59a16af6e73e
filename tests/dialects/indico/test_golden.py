"""Requests and their whole answers, byte for byte; and the guide's own documents of 2011, wherever they give a value.

In an answer `<zone>` stands for what is said of a time zone, which is this machine's. In a document of 2011 `<ts>`
stands for a time and `<id>` for a number: a series has an odd one here, the guide's is even. Its links begin with http.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.indico.cern import KEY, Cern

GOLDEN = sorted(Path(__file__).parent.joinpath("golden").glob("*.json"))
ZONE = re.compile("BEGIN:VTIMEZONE.*?END:VTIMEZONE", re.DOTALL)


def same(given: Any, found: Any, where: str = "") -> None:
    """Fails where the guide's document gives a value and the answer has another."""
    if isinstance(given, dict):
        for name, value in given.items():
            assert name in found, f"{where}.{name} is not there"
            same(value, found[name], f"{where}.{name}")
    elif isinstance(given, list):
        assert len(given) == len(found), where
        for at, (one, other) in enumerate(zip(given, found, strict=True)):
            same(one, other, f"{where}[{at}]")
    elif isinstance(given, str) and re.search("<(ts|id)>", given):
        wanted = re.sub("<(ts|id)>", "[0-9]+", given.replace("?", "[?]"))
        assert re.fullmatch(wanted.replace("http:", "https?:"), str(found)), (where, found)
    elif where.endswith("bookingUrl"):
        assert found == given.replace("http:", "https:"), where
    else:
        assert (type(found), found) == (type(given), given), where


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_an_answer_is_what_it_was(cern: Cern, path: Path) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    asked = told["request"]
    answer = cern.ask(asked["path"], asked["query"], ak=asked.get("ak", KEY), **asked.get("terms", {}))
    if "given" in told:
        assert answer.status_code == 200
        same(told["given"], answer.json)
        return
    found = (answer.status_code, answer.headers["Content-Type"], answer.headers["X-Indico-URL"])
    assert found == (told["status"], told["type"], told["url"])
    assert ZONE.sub("<zone>", answer.get_data().decode()) == "".join(told["answer"])


def test_the_guide_is_among_them() -> None:
    assert {"seed-rooms", "seed-reservations"} <= {path.stem for path in GOLDEN}

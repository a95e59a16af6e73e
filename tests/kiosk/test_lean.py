"""What the panel does not load, seen in a process of its own: here others have loaded it long ago."""

import subprocess
import sys

from .process import ROOT, environment

GUESSERS = "('chardet', 'charset_normalizer')"


def told(program: str) -> str:
    """What a program prints for which every warning is an error."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_the_agent_loads_nothing_that_guesses_encodings_and_reads_json_all_the_same() -> None:
    program = f"""
import sys, kiosk.cli, requests
print(sorted(name for name in sys.modules if name.partition('.')[0] in {GUESSERS}))
answer = requests.Response()
answer._content = '{{"room": "Übung"}}'.encode()
print(answer.json()["room"] == answer.text[10:15] == "\\u00dcbung")
"""
    assert told(program) == "[]\nTrue"


def test_what_was_hidden_can_be_imported_afterwards() -> None:
    assert told("import kiosk, charset_normalizer; print(charset_normalizer.__name__)") == "charset_normalizer"


def test_requests_that_was_there_before_is_left_as_it_is() -> None:
    program = "import requests, kiosk; print(requests.compat.chardet is not None)"
    assert told(program) == "True"

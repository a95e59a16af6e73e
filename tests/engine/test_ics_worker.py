"""The process that reads calendar files can do no more than that, and nothing it answers is taken on trust."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from server.core.errors import Invalid
from server.engine import HORIZON
from server.engine.calendar_files import worker
from server.engine.calendar_files.limits import MOST_BYTES
from server.engine.calendar_files.worker import Found, read
from tests import make
from tests.engine.calendar_text import calendar, event

CONFINED = (
    "import sys; sys.path.insert(0, sys.argv[1])\nfrom server.engine.calendar_files.limits import confine\nconfine()\n"
)
ROOT = str(Path(__file__).parents[2])


def found(data: bytes) -> Found:
    return read(data, make.NOW, HORIZON, make.BERLIN)


def complaint(data: bytes = b"") -> str:
    with pytest.raises(Invalid) as caught:
        found(data)
    assert list(caught.value.fields) == ["file"]
    return caught.value.fields["file"]


def confined(script: str) -> "subprocess.CompletedProcess[str]":
    """Runs a script that has given up what the reader gives up."""
    command = [sys.executable, "-B", "-c", CONFINED + script, ROOT]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def answering(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Puts another program in the reader's place."""
    monkeypatch.setattr(worker, "READER", ("-I", "-c", script))


def test_a_file_is_read_by_the_process() -> None:
    (it,) = found(calendar(event("RRULE:FREQ=WEEKLY"), "BEGIN:VTODO\r\nEND:VTODO")).items
    assert (it.uid, it.dates) == ("u", 105)
    assert found(calendar("BEGIN:VTODO\r\nEND:VTODO")) == Found((), {"VTODO": 1})


def test_a_file_that_is_too_large_is_not_even_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "raise SystemExit")
    assert complaint(b" " * (MOST_BYTES + 1)) == "is larger than 2 MiB"


def test_a_file_of_full_size_is_read_to_its_end() -> None:
    note = "X-NOTE:" + "n" * 60_000
    data = calendar(*[note] * 34, event())
    assert MOST_BYTES * 0.97 < len(data) <= MOST_BYTES
    assert len(found(data).items) == 1


def test_why_a_file_is_refused_comes_back() -> None:
    assert complaint(b"BEGIN:VCALENDAR\n" * 9) == "is nested more than 4 deep"
    assert complaint(b"hello") == "is no iCalendar file"


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("with open('/tmp/x', 'w') as file: file.write('x' * 9)", "OSError"),
        ("import os; os.fork()", "BlockingIOError"),
        ("[open('/dev/null') for _ in range(99)]", "OSError"),
        ("bytearray(600 * 1024 * 1024)", "MemoryError"),
    ],
)
def test_the_process_can_do_little(script: str, error: str, tmp_path: Path) -> None:
    if error == "BlockingIOError" and os.getuid() == 0:
        pytest.skip("the administrator may always start processes")
    done = confined(script.replace("/tmp/x", str(tmp_path / "x")))
    assert done.returncode != 0
    assert error in done.stderr
    assert not (tmp_path / "x").exists() or not (tmp_path / "x").read_text()


def test_the_process_reaches_no_network_where_the_kernel_lets_it_have_its_own() -> None:
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces here")
    done = confined("import socket\nprint(sorted(name for _, name in socket.if_nameindex()))\n"
                    "socket.create_connection(('127.0.0.1', 9), 1)")  # fmt: skip
    assert done.stdout == "['lo']\n"
    assert "Network is unreachable" in done.stderr


def test_the_process_ends_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    done = confined("import resource; print(resource.getrlimit(resource.RLIMIT_CPU))\nimport os; print(os.nice(0))")
    assert done.stdout == f"(5, 6)\n{min(os.nice(0) + 10, 19)}\n"
    monkeypatch.setattr(worker, "WALL_SECONDS", 0.5)
    answering(monkeypatch, "import time; time.sleep(60)")
    begun = time.monotonic()
    assert complaint(calendar(event())) == "takes too long to read"
    assert time.monotonic() - begun < 5
    answering(monkeypatch, "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass")
    monkeypatch.setattr(worker, "WALL_SECONDS", 60)
    assert complaint(calendar(event())) == "takes too long to read"


def test_the_process_sees_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINTEL_DATABASE_URL", "postgresql://secret")
    script = ("import json, os; fds = [fd for fd in range(3, 99) if os.path.exists(f'/proc/self/fd/{fd}')]\n"
              "names = [name for name in os.environ if 'LINTEL' in name]\n"
              "print(json.dumps({'unreadable': str([os.getcwd(), names, fds])}))")  # fmt: skip
    answering(monkeypatch, script)
    with Path("/dev/null").open() as file:
        os.set_inheritable(file.fileno(), True)
        assert complaint() == str(["/", [], []])


LINE = json.dumps(["u", "Talk", "book", "", 1781679600, 1, False, [[1, 2, ["Talk", "", "", ""], "", None, []]]])
END = json.dumps({"ignored": {}})


def test_the_form_of_an_answer() -> None:
    assert worker._found(f"{LINE}\n{END}\n".encode()).items[0].title == "Talk"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "\n",
        LINE + "\n",
        f"{LINE}\n{END}",
        f"{END}\n{LINE}\n",
        f"{LINE[:-1]}\n{END}\n",
        f"[]\n{END}\n",
        "[]\n",
        "null\n",
        '{"ignored": 3}\n',
        f"{LINE.replace('book', 'sell')}\n{END}\n",
        f"{LINE.replace('Talk', chr(92) + 'u001b[2J', 1)}\n{END}\n",
        f"{LINE.replace('1781679600', '1e400')}\n{END}\n",
        f"{LINE.replace('1781679600', '99999999999999999')}\n{END}\n",
        f"{'[' * 100_000}\n{END}\n",
        f"{'[' * 100_000}\n",
        f"{LINE.replace('null, []', '[1, 2], []')}\n{END}\n",
        LINE.replace("null, []", '["2026-06-17T09:00:00", null, null, ["RRULE:FREQ=NEVER"]], []') + f"\n{END}\n",
        "\udcff",
    ],
)
def test_an_answer_of_another_form_refuses_the_file(answer: str) -> None:
    with pytest.raises(Invalid) as caught:
        worker._found(answer.encode("utf-8", "surrogateescape"))
    assert caught.value.fields == {"file": "cannot be read"}


def test_a_process_that_dies_refuses_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for script in (
        "import os; os.kill(os.getpid(), 9)",
        "raise SystemExit(1)",
        f"print({LINE!r}, flush=True); import os; os.kill(os.getpid(), 9)",
    ):
        answering(monkeypatch, script)
        assert complaint(b"x" * MOST_BYTES) == "cannot be read"


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "while True: print('x' * 100000)")
    assert complaint(calendar(event())) == "has too much to say"

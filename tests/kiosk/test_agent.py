"""The agent as a process: its start, its memory, its streams, its end, and its restart with the server dead."""

import json
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from kiosk.instants import iso

from .process import Panel, once
from .server_double import TOKEN, Server, Truth, booking_json

Start = Callable[[], Panel]


@pytest.fixture
def start(tmp_path: Path, server: Server, free_port: Callable[[], int]) -> Iterator[Start]:
    """Starts the panel of room Oak, always in the same folder and on the same port."""
    port = free_port()
    made: list[Panel] = []

    def begin() -> Panel:
        made.append(Panel(tmp_path / "data", server.url, port))
        return made[-1]

    yield begin
    for one in made:
        one.close()


@pytest.fixture
def panel(start: Start) -> Panel:
    it = start()
    it.until(lambda state: state["online"])
    return it


def test_a_state_is_there_within_a_second_of_processor_time(start: Start) -> None:
    it = start()
    began = time.monotonic()
    it.until(lambda state: True)
    assert it.cpu() < 1.0
    print(f"first state after {time.monotonic() - began:.2f} s, {it.cpu():.2f} s of processor time")


def test_the_agent_stays_under_45_megabytes_with_pages_streams_and_taps(panel: Panel, truth: Truth) -> None:
    now = int(time.time())
    for number in range(300):
        truth.change(f"b{number}", booking_json(now + 3_600 + number * 1800, now + 4_600 + number * 1800))
    streams = [requests.get(panel.url + "/events", stream=True, timeout=5) for _ in range(3)]
    for _ in range(30):
        panel.session.get(panel.url + "/", timeout=5)
        panel.state()
    panel.until(lambda state: state["until"] == iso(now + 3_600))  # whatever day that is
    assert panel.tap(act="book", minutes=15)["outcome"] == "done"
    for one in streams:
        one.close()
    print(f"{panel.status('VmRSS')} kB")
    assert panel.status("VmRSS") < 45_000


def test_one_tap_books_and_the_room_is_busy_on_the_glass_in_half_a_second(panel: Panel) -> None:
    assert panel.state()["state"] == "free"
    began = time.monotonic()
    answer = panel.tap(act="book", minutes=30)
    assert time.monotonic() - began < 2.0  # half a second on an idle machine, the bench says
    assert (answer["outcome"], answer["view"]["state"], panel.state()["state"]) == ("done", "busy", "busy")


def test_killed_and_restarted_with_the_server_dead_it_shows_the_same_and_of_when(
    panel: Panel, start: Start, server: Server
) -> None:
    panel.tap(act="book", minutes=30)
    server.stop()
    before = panel.until(lambda state: not state["online"])
    assert panel.end(signal.SIGTERM) == 0
    after = start().until(lambda state: True)
    assert (after["state"], after["sure"], after["clock"]) == ("busy", "plan", "verified")
    same = ("state", "sure", "until", "room", "current", "next", "day", "as_of", "clock", "unconfirmed", "online")
    assert {key: after[key] for key in same} == {key: before[key] for key in same}


def test_killed_without_warning_it_comes_back_with_its_plan(panel: Panel, start: Start, server: Server) -> None:
    server.stop()
    panel.end(signal.SIGKILL)
    after = start().until(lambda state: True)
    assert (after["state"], after["sure"], after["next"]["host"]) == ("free", "plan", "L. R.")


def test_with_the_server_dead_the_next_meeting_turns_the_panel_busy_by_itself(
    panel: Panel, truth: Truth, server: Server
) -> None:
    soon = int(time.time()) + 4
    truth.change("soon", booking_json(soon, soon + 600, id="soon"))
    panel.until(lambda state: state["until"] == iso(soon))
    server.stop()
    state = panel.until(lambda state: state["state"] == "busy")
    assert (state["current"]["id"], state["now"] >= iso(soon)) == ("soon", True)
    assert time.time() < soon + 1.5


def test_a_server_that_hangs_leaves_the_tap_unknown_within_four_seconds(panel: Panel, truth: Truth) -> None:
    truth.fault, truth.fault_on = "hang", "/act"
    began = time.monotonic()
    answer = panel.tap(act="book", minutes=15)
    assert time.monotonic() - began < 4.5
    assert (answer["outcome"], answer["view"]["pending"]["op"]) == ("unknown", answer["op"])
    truth.fault = None
    panel.until(lambda state: state["pending"] is None and state["last"]["outcome"] == "done", within=15)


def test_the_stream_tells_of_a_booking_made_elsewhere(panel: Panel, truth: Truth) -> None:
    with requests.get(panel.url + "/events", stream=True, timeout=8) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        now = int(time.time())
        truth.change("new", booking_json(now - 60, now + 600))
        for line in lines:
            if line.startswith(b"data: ") and json.loads(line[6:])["state"] == "busy":
                break
        else:
            pytest.fail("the stream ended")


def opened(panel: Panel) -> socket.socket:
    """A stream by hand, so that it can be dropped like a browser that crashed."""
    line = socket.create_connection(("127.0.0.1", panel.port), timeout=5)
    line.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{panel.port}\r\n\r\n".encode())
    return line


def status_of(line: socket.socket) -> bytes:
    return line.recv(65_536).split(b" ")[1]


def test_a_fourth_stream_is_refused_and_one_that_goes_away_makes_room_soon(panel: Panel) -> None:
    lines = [opened(panel) for _ in range(3)]
    assert [status_of(line) for line in lines] == [b"200"] * 3
    with opened(panel) as fourth:
        assert status_of(fourth) == b"503"
    lines.pop().close()
    end = time.monotonic() + 4
    while time.monotonic() < end:
        with opened(panel) as again:
            if status_of(again) == b"200":
                break
        time.sleep(0.1)
    else:
        pytest.fail("the place of the stream that went away was not given back")
    for line in lines:
        line.close()


def test_browsers_that_come_and_go_leave_no_threads_and_no_open_files(panel: Panel) -> None:
    panel.state()
    threads, files = panel.status("Threads"), panel.open_files()
    for _ in range(30):
        line = opened(panel)
        status_of(line)
        line.close()
        time.sleep(0.02)
    end = time.monotonic() + 6
    while panel.open_files() > files + 1 and time.monotonic() < end:
        time.sleep(0.1)
    assert panel.status("Threads") == threads
    assert panel.open_files() <= files + 1
    assert panel.state()["online"]


def test_while_three_streams_are_open_the_page_still_answers_at_once(panel: Panel) -> None:
    lines = [opened(panel) for _ in range(3)]
    [status_of(line) for line in lines]
    began = time.monotonic()
    for _ in range(20):
        panel.state()
    assert time.monotonic() - began < 2.0
    for line in lines:
        line.close()


def test_it_ends_orderly_and_soon_also_with_a_stream_open(panel: Panel) -> None:
    with opened(panel) as line:
        status_of(line)
        began = time.monotonic()
        assert panel.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < 3.0
    assert "ends=orderly" in (panel.folder.parent / "panel.log").read_text()


def test_it_listens_on_loopback_alone(panel: Panel) -> None:
    place = f":{panel.port:04X}"
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in Path(table).read_text().splitlines()[1:]:
            local, state = row.split()[1], row.split()[3]
            if state == "0A" and local.endswith(place):
                listening.append(local)
    assert listening == ["0100007F" + place]


def test_nothing_secret_is_logged_or_answered(panel: Panel, tmp_path: Path) -> None:
    panel.tap(act="book", minutes=15)
    page = panel.session.get(panel.url + "/", timeout=5).text
    found = re.search('name="secret" content="(.+?)"', page)
    assert found is not None
    panel.end()
    log = (tmp_path / "panel.log").read_text()
    assert TOKEN not in log + page
    assert found[1] not in log
    assert "L. R." not in log


# The command


def run(*more: str, data: Path, **environment: str) -> tuple[int, str]:
    done = once("run", "--data", str(data), *more, **environment)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


LOCAL = ("--server", "http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--server", "http://lintel.example"), "loopback"),
        ((*LOCAL, "--listen", "0.0.0.0:8090"), "loopback"),
        ((*LOCAL, "--listen", "[::]:8090"), "loopback"),
        ((*LOCAL, "--listen", "127.0.0.1"), "port"),
        ((*LOCAL, "--listen", "127.0.0.1:99999"), "port"),
        ((*LOCAL, "--language", "tlh"), "language"),
        ((*LOCAL, "--density", "900"), "density"),
        ((*LOCAL, "--theme", "mauve"), "theme"),
        ((), "--server"),
    ],
)
def test_wrong_settings_are_named_in_one_sentence(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    code, told = run(*arguments, "--token", "t", data=tmp_path)
    assert code == 2
    assert said in told


def test_two_agents_never_share_a_folder(panel: Panel) -> None:
    code, said = run(*LOCAL, "--token", "t", "--listen", "127.0.0.1:8999", data=panel.folder)
    assert code == 1
    assert "another panel" in said


def test_a_taken_port_is_said(panel: Panel, tmp_path: Path) -> None:
    code, said = run(*LOCAL, "--token", "t", "--listen", f"127.0.0.1:{panel.port}", data=tmp_path / "other")
    assert code == 1
    assert str(panel.port) in said


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, said = run(*LOCAL, "--token", "t", data=tmp_path / "file" / "data")
    assert code == 1
    assert "cannot be used" in said


def test_status_says_what_the_panel_shows(panel: Panel) -> None:
    listen = ("--listen", f"127.0.0.1:{panel.port}")
    told = once("status", *listen)
    assert (told.returncode, told.stderr) == (0, "")
    assert "room: Oak\nstate: free until" in told.stdout
    assert json.loads(once("status", "--json", *listen).stdout)["state"] == "free"


def test_status_finds_the_panel_by_its_folder(panel: Panel) -> None:
    (panel.folder / "kiosk.toml").write_text(f'listen = "127.0.0.1:{panel.port}"\n')
    assert once("status", "--data", str(panel.folder)).returncode == 0


def test_status_without_a_panel_is_exit_1() -> None:
    told = once("status", "--listen", "127.0.0.1:1")
    assert (told.returncode, told.stdout) == (1, "")
    assert "no panel answers" in told.stderr


def test_every_command_has_help_and_wrong_usage_is_exit_2() -> None:
    for arguments in (("--help",), ("run", "--help"), ("status", "--help")):
        assert once(*arguments).returncode == 0
    assert once("dance").returncode == 2
    assert once("run", "--dance").returncode == 2

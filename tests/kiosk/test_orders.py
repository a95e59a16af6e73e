"""What staff want of the panel: done once, answered until the server has the answer, and nothing secret in a log."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kiosk.client import Refusal, Unreachable
from kiosk.excerpt import LARGEST, LINES, Excerpt, Plain, struck
from kiosk.orders import FILE, KNOWN, Done, Hands, Orders


class Postbox:
    """A server that takes answers; `fault` is raised instead."""

    def __init__(self) -> None:
        self.got: list[tuple[int, str, str]] = []
        self.pictures: list[str | None] = []
        self.fault: Exception | None = None

    def receipt(self, order: int, body: dict[str, Any]) -> None:
        if self.fault:
            raise self.fault
        self.got.append((order, body["outcome"], body["text"]))
        self.pictures.append(body.get("picture"))


class Panel:
    """Hands that note what they did, with a keeper whose answers are given by hand."""

    def __init__(self, folder: Path, *, keeper: bool = False, reboots: bool = True) -> None:
        self.did: list[str] = []
        self.answers: dict[int, Done] = {}
        self.keeper = keeper
        self.orders = Orders(
            folder,
            Hands(
                identify=lambda seconds: self.did.append(f"identify {seconds}"),
                reload=lambda: self.did.append("reload"),
                log=lambda: "the log " * 200,
                restart=lambda: self.did.append("restart"),
                reboot=lambda: self.did.append("reboot"),
                reboots=lambda: reboots,
                keeper=lambda: self.keeper,
                screen=self._screen,
            ),
        )

    def _screen(self, id_: int, what: str, answer: Done) -> None:
        self.did.append(f"{what} by the keeper")
        self.answers[id_] = answer

    def take(self, id_: Any, what: Any, **with_: Any) -> None:
        self.orders.take([{"id": id_, "what": what, "with": with_}])


@pytest.fixture
def box() -> Postbox:
    return Postbox()


def test_an_order_is_done_once_however_often_it_comes_and_also_after_a_restart(tmp_path: Path, box: Postbox) -> None:
    it = Panel(tmp_path)
    for _ in range(3):
        it.take(12, "identify", seconds=20)
    again = Panel(tmp_path)
    again.take(12, "identify", seconds=20)
    assert (it.did, again.did) == (["identify 20"], [])
    assert again.orders.deliver(box)
    assert box.got == [(12, "done", "")]


def test_an_answer_is_brought_until_the_server_has_it(tmp_path: Path, box: Postbox) -> None:
    it = Panel(tmp_path)
    it.take(1, "identify")
    box.fault = Unreachable("away")
    assert not it.orders.deliver(box)
    assert it.orders.owed()
    again = Panel(tmp_path)
    assert again.orders.owed()
    box.fault = None
    assert again.orders.deliver(box)
    assert not again.orders.owed()
    assert not Panel(tmp_path).orders.owed()


def test_an_answer_that_the_server_will_not_have_is_dropped(tmp_path: Path, box: Postbox) -> None:
    it = Panel(tmp_path)
    it.take(1, "identify")
    box.fault = Refusal(404, {"code": "unknown"})
    assert it.orders.deliver(box)
    assert not it.orders.owed()


@pytest.mark.parametrize("what", ["restart", "reboot"])
def test_what_ends_the_panel_is_answered_first_and_never_done_again(tmp_path: Path, box: Postbox, what: str) -> None:
    it = Panel(tmp_path)
    it.take(5, what)
    assert it.did == []
    assert it.orders.deliver(box)
    assert (it.did, box.got) == ([what], [(5, "done", "")])
    again = Panel(tmp_path)
    again.take(5, what)
    again.orders.deliver(box)
    assert again.did == []


def test_ended_before_its_answer_was_brought_it_is_still_answered_and_not_done_again(
    tmp_path: Path, box: Postbox
) -> None:
    it = Panel(tmp_path)
    it.take(5, "restart")
    box.fault = Unreachable("away")
    it.orders.deliver(box)
    box.fault = None
    again = Panel(tmp_path)
    again.take(5, "restart")
    again.orders.deliver(box)
    assert (it.did, again.did, box.got) == (["restart"], [], [(5, "done", "")])


def test_a_card_that_takes_nothing_is_no_place_to_restart_from(tmp_path: Path, box: Postbox) -> None:
    it = Panel(tmp_path / "gone")
    it.take(5, "restart")
    it.orders.deliver(box)
    assert (it.did, box.got[0][:2]) == ([], (5, "failed"))
    it.take(5, "restart")
    assert not it.orders.owed()


def test_without_anybody_to_act_on_it_a_reboot_cannot_be(tmp_path: Path, box: Postbox) -> None:
    it = Panel(tmp_path, reboots=False)
    it.take(5, "reboot")
    it.orders.deliver(box)
    assert (it.did, box.got[0][:2]) == ([], (5, "cannot"))


def test_a_picture_comes_from_the_keeper_when_it_has_one(tmp_path: Path, box: Postbox) -> None:
    it = Panel(tmp_path, keeper=True)
    it.take(8, "screenshot")
    it.take(9, "reload")
    assert it.did == ["screenshot by the keeper", "reload by the keeper"]
    assert not it.orders.owed()
    it.answers[8]("done", "", "aGVsbG8=")
    it.answers[9]("failed", "no page", None)
    assert it.orders.deliver(box)
    assert box.got == [(8, "done", ""), (9, "failed", "no page")]
    assert box.pictures == ["aGVsbG8=", None]
    assert "aGVsbG8=" not in (tmp_path / FILE).read_text()


def test_a_picture_that_was_lost_in_a_restart_is_answered_for(tmp_path: Path, box: Postbox) -> None:
    it = Panel(tmp_path, keeper=True)
    it.take(8, "screenshot")
    it.take(9, "screenshot")
    it.answers[8]("done", "", "aGVsbG8=")
    again = Panel(tmp_path)
    assert again.orders.deliver(box)
    assert [(id_, outcome) for id_, outcome, _ in box.got] == [(8, "failed"), (9, "failed")]


def test_without_a_keeper_there_is_no_picture_and_the_page_reloads_itself(tmp_path: Path, box: Postbox) -> None:
    it = Panel(tmp_path)
    it.take(8, "screenshot")
    it.take(9, "reload")
    it.orders.deliver(box)
    assert (it.did, [one[:2] for one in box.got]) == (["reload"], [(8, "cannot"), (9, "done")])


def test_a_picture_larger_than_the_server_takes_is_not_sent(tmp_path: Path, box: Postbox) -> None:
    it = Panel(tmp_path, keeper=True)
    it.take(8, "screenshot")
    it.answers[8]("done", "", "a" * 1_500_001)
    it.orders.deliver(box)
    assert box.got == [(8, "failed", "the picture is too large")]


def test_an_order_that_nobody_here_knows_cannot_be_done(tmp_path: Path, box: Postbox) -> None:
    it = Panel(tmp_path)
    it.take(3, "dance")
    it.orders.deliver(box)
    assert box.got[0][:2] == (3, "cannot")


@pytest.mark.parametrize("order", [None, 5, "x", {}, {"id": "7"}, {"id": True}, {"id": -1}, {"id": 2**60}, {"id": 1.5}])
def test_what_is_no_order_is_passed_over(tmp_path: Path, order: Any) -> None:
    it = Panel(tmp_path)
    it.orders.take([order, {"id": 4, "what": "reload"}])
    assert it.did == ["reload"]


@pytest.mark.parametrize(
    ("said", "meant"), [(20, 20), (0, 1), (-3, 1), (10_000, 120), ("5", 10), (None, 10), (True, 10)]
)
def test_identify_lasts_as_long_as_is_sensible(tmp_path: Path, said: Any, meant: int) -> None:
    it = Panel(tmp_path)
    it.take(1, "identify", seconds=said)
    assert it.did == [f"identify {meant}"]


def test_it_remembers_the_last_hundred(tmp_path: Path) -> None:
    it = Panel(tmp_path)
    for number in range(1, KNOWN + 21):
        it.take(number, "reload")
    again = Panel(tmp_path)
    for number in range(21, KNOWN + 21):
        again.take(number, "reload")
    assert (len(it.did), again.did) == (KNOWN + 20, [])


def test_a_torn_file_is_no_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"torn")
    it = Panel(tmp_path)
    it.take(1, "reload")
    assert it.did == ["reload"]


def test_a_fault_of_ours_is_an_answer_too(tmp_path: Path, box: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    it = Panel(tmp_path)
    monkeypatch.setattr(it.orders, "_have_done", lambda *_: 1 / 0)
    it.take(1, "screenshot")
    it.orders.deliver(box)
    assert box.got == [(1, "failed", "ZeroDivisionError")]


# The log


@pytest.fixture
def excerpt() -> Excerpt:
    it = Excerpt()
    it.setFormatter(Plain("%(levelname)s %(name)s %(message)s"))
    return it


def logger(excerpt: Excerpt) -> logging.Logger:
    it = logging.Logger("planted")
    it.addHandler(excerpt)
    return it


def test_the_log_holds_the_last_lines_in_order_and_fits(excerpt: Excerpt) -> None:
    log = logger(excerpt)
    for number in range(LINES + 200):
        log.info("line n=%d", number)
    lines = excerpt.text().splitlines()
    assert (len(lines), lines[0], lines[-1]) == (LINES, "INFO planted line n=200", f"INFO planted line n={LINES + 199}")
    for _ in range(LINES):
        log.info("%s", "ü" * 1000)
    assert LARGEST - 1200 < len(excerpt.text().encode()) <= LARGEST


def test_an_exception_tells_its_kind_and_its_way_and_nothing_of_what_it_says(excerpt: Excerpt) -> None:
    log = logger(excerpt)
    plain = logging.StreamHandler()
    plain.setFormatter(logging.Formatter())
    log.handlers.insert(0, plain)  # which writes the message down, and keeps it in the record
    try:
        raise ValueError("Merger talks with Max Kanari")
    except ValueError:
        log.exception("sync fault=yes")
    text = excerpt.text()
    assert "ValueError" in text
    assert "test_orders.py" in text
    assert "Kanari" not in text


KEYS: list[Callable[[], str]] = [
    lambda: "rvx_" + "a1B2" * 8,
    lambda: "rk_dev_1a2b3c4d_" + "x" * 43 + "_0a0b0c0d",
    lambda: "rk_enr_1a2b3c4d_secret",
    lambda: "sk_live_" + "q" * 24,
    lambda: "Bearer abc.def-ghi",
]


@pytest.mark.parametrize("key", KEYS)
def test_what_looks_like_a_key_is_struck_out(excerpt: Excerpt, key: Callable[[], str]) -> None:
    secret = key()
    logger(excerpt).info("asked with=%s more=yes", secret)
    assert secret.split()[-1] not in excerpt.text()
    assert "more=yes" in excerpt.text()
    assert struck("sync failed=Unreachable take_snapshot") == "sync failed=Unreachable take_snapshot"

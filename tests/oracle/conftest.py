"""The judges, each started once; a test that asks for one that is not here is skipped with the reason."""

from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import available_timezones

import pytest

from tests.oracle import libical
from tests.oracle.cases import Drawn, cases
from tests.oracle.drafts import drafts
from tests.oracle.excuses import LIBICAL, RRULE
from tests.oracle.icu import ZONES, Zone, zone
from tests.oracle.node import Node, NoNode
from tests.oracle.rrule import NoRrule, unpacked

SEED = 5545
SAID = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """A node that answers for ICU."""
    try:
        it = Node()
    except NoNode as reason:
        pytest.skip(f"no ICU to compare with: {reason}")
    yield it
    it.stop()


@pytest.fixture(scope="session")
def rrule_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where rrule.js lies."""
    try:
        return unpacked(tmp_path_factory.mktemp("rrule"))
    except NoRrule as reason:
        pytest.skip(f"no rrule.js to compare with: {reason}")


@pytest.fixture(params=[LIBICAL, RRULE])
def judge(request: pytest.FixtureRequest, node: Node) -> str:
    """Each judge's name, ready to be asked."""
    name: str = request.param
    if name == RRULE:
        node.load(request.getfixturevalue("rrule_bundle"))
        return name
    try:
        libical.available()
    except libical.NoLibical as reason:
        pytest.skip(str(reason))
    return name


@pytest.fixture(scope="session")
def thirty_zones(node: Node) -> list[Zone]:
    """The zones with the oddest clocks, as ICU has them."""
    found = [zone(node, name) for name in ZONES]
    assert None not in found
    return [it for it in found if it]


@pytest.fixture(scope="session")
def in_thirty_zones(thirty_zones: list[Zone]) -> Drawn:
    """500 rules, each from a start in each of the thirty zones; what we say of them is reckoned once for all judges."""
    return list(cases(drafts(SEED, 500), thirty_zones, SEED))


@pytest.fixture(scope="session")
def all_zones(node: Node) -> list[Zone]:
    """Every zone of Python's that ICU has too."""
    found = [zone(node, name) for name in sorted(available_timezones())]
    return [it for it in found if it]


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[object], None]:
    """Puts a line at the end of the run's report."""

    def add(line: object) -> None:
        request.config.stash.setdefault(SAID, []).append(str(line))

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if said := terminalreporter.config.stash.get(SAID, []):
        terminalreporter.section("recurrence before its judges")
        for line in said:
            terminalreporter.write_line(line)

"""What every test may ask for: a real database of either kind, a real browser, a free port.

A test that asks for something this machine lacks is skipped with the reason, and the run
ends by listing the reasons.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import cluster

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_configure() -> None:
    hypothesis.settings.register_profile("lintel", deadline=None, print_blob=True)  # a slow machine is no fault
    hypothesis.settings.load_profile("lintel")
    for name in [name for name in os.environ if name.startswith("LINTEL_")]:
        del os.environ[name]  # a developer's own settings must not steer the tests
    os.environ["LINTEL_DISK_BALLAST_MB"] = "0"  # each of many servers would lay 64 MiB beside its database


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] += 1
    if reasons:
        terminalreporter.section("skipped, and why")
        for reason, count in reasons.most_common():
            terminalreporter.write_line(f"{count:5} x {reason}")


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[cluster.Cluster]:
    """A private PostgreSQL server for this run."""
    try:
        server = cluster.Cluster()
    except cluster.NoCluster as reason:
        pytest.skip(str(reason))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres_cluster: cluster.Cluster) -> str:
    """`postgresql://…` of the server's own database, as superuser; for tests that only need any server."""
    return postgres_cluster.url()


@pytest.fixture
def fresh_postgres(postgres_cluster: cluster.Cluster) -> Iterator[str]:
    """`postgresql://…` of a new empty database, dropped after the test."""
    url = postgres_cluster.create()
    yield url
    postgres_cluster.drop(url)


@pytest.fixture
def fresh_sqlite(tmp_path: Path) -> str:
    """`sqlite:////…/lintel.db`; the file does not exist yet."""
    return f"sqlite:///{tmp_path / 'lintel.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database; a test that asks for it runs once on each kind."""
    fixture = {"sqlite": "fresh_sqlite", "postgresql": "fresh_postgres"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of a Chromium to drive with Playwright."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    pytest.skip(f"no browser here (none of {', '.join(BROWSERS)} in PATH)")


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Gives a loopback port nobody listens on, another one at each call."""
    given: set[int] = set()

    def give() -> int:
        while (port := cluster.free_port()) in given:
            pass
        given.add(port)
        return port

    return give

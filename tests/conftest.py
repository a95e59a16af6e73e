"""What every test may ask for: a real database of either kind, a real browser, a free port.

A test that asks for something this machine lacks is skipped with the reason, and the run
ends by listing the reasons.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from werkzeug.routing.rules import Rule

from tests import cluster, make

MEMORY = Path("/dev/shm")
PLENTY = 4 << 30  # bytes; all that a run of the tests leaves behind, were nothing of it removed, is less
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.register_profile("lintel", deadline=None, print_blob=True)  # a slow machine is no fault
    hypothesis.settings.load_profile("lintel")
    for name in [name for name in os.environ if name.startswith("LINTEL_")]:
        del os.environ[name]  # a developer's own settings must not steer the tests
    os.environ["LINTEL_DISK_BALLAST_MB"] = "0"  # each of many servers would lay 64 MiB beside its database
    _make_paths_when_asked()
    if "PYTEST_DEBUG_TEMPROOT" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > PLENTY:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)  # SQLite asks for the disk all the same


def _make_paths_when_asked() -> None:
    """Werkzeug compiles two functions for each route that make its path: most of what an app takes, hardly ever used.

    In a server that is once; here a thousand tests make an app of their own.
    """
    compiled = Rule._compile_builder

    def later(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return lambda self, **values: compiled(rule, append_unknown)(self, **values)

    kept: Any = Rule
    kept._compile_builder = later


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


@pytest.fixture(scope="session")
def laid_postgres(postgres_cluster: cluster.Cluster) -> str:
    """`postgresql://…` of a database with its schema and nothing in it, to make others like it."""
    url = postgres_cluster.create()
    with make.opened(url) as store:
        store.migrate(make.NOW)
    return url


@pytest.fixture
def bare_postgres(postgres_cluster: cluster.Cluster) -> Iterator[str]:
    """`postgresql://…` of a new database without even its schema, dropped after the test."""
    url = postgres_cluster.create()
    yield url
    postgres_cluster.drop(url)


@pytest.fixture
def fresh_postgres(postgres_cluster: cluster.Cluster, laid_postgres: str) -> Iterator[str]:
    """`postgresql://…` of a new database with its schema and nothing in it, dropped after the test."""
    url = postgres_cluster.create(like=laid_postgres)
    yield url
    postgres_cluster.drop(url)


@pytest.fixture
def fresh_sqlite(tmp_path: Path) -> str:
    """`sqlite:////…/lintel.db`; the file does not exist yet."""
    return f"sqlite:///{tmp_path / 'lintel.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database; a test that asks for it runs once on each kind.

    On PostgreSQL it has its schema, on SQLite it gets it when make.opened() opens it.
    """
    fixture = {"sqlite": "fresh_sqlite", "postgresql": "fresh_postgres"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database without even its schema, once of each kind; to be opened `bare`."""
    fixture = {"sqlite": "fresh_sqlite", "postgresql": "bare_postgres"}[request.param]
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

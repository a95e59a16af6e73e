"""A real server behind a proxy: whose address counts where guesses are slowed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from server.core.access import CLI
from server.core.people import Person
from tests import make
from tests.processes import start_server, stop


def guess(base: str, address: str) -> int:
    """What a wrong password is answered, sent through a proxy for that address."""
    with requests.Session() as browser:
        page = browser.get(f"{base}/sign-in", headers={"Accept": "text/html"}, timeout=10).text
        found = re.search(r'name="token" value="(\w+)"', page)
        form = {"token": found[1] if found else "", "login": "maria@example.org", "password": "wrong", "next": ""}
        headers = {"Origin": base, "X-Forwarded-For": address}
        return browser.post(f"{base}/sign-in", data=form, headers=headers, timeout=10).status_code


@pytest.mark.parametrize(("trusted", "other"), [("127.0.0.1", 401), ("", 429)])
def test_a_proxy_is_believed_where_the_settings_say_so(
    fresh_sqlite: str, tmp_path: Path, free_port: Callable[[], int], trusted: str, other: int
) -> None:
    with make.opened(fresh_sqlite) as store:
        make.house(store).engine.people.add(Person(0, "maria@example.org", ""), CLI, password="a long sentence")
    (tmp_path / "lintel.toml").write_text(f'trusted_proxy = "{trusted}"\n', encoding="utf-8")
    port = free_port()
    process = start_server(fresh_sqlite, tmp_path, port)
    try:
        base = f"http://127.0.0.1:{port}"
        codes = [guess(base, "192.0.2.1") for _ in range(6)]
        assert codes == [401] * 5 + [429]
        assert guess(base, "192.0.2.2") == other
    finally:
        stop(process)

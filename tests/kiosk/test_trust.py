"""Whom the panel believes: exactly its authorities, at any date while it knows none, and by the trusted time after."""

import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from kiosk import trust

from .authorities import DAY, Authority, TlsServer, authority

Serve = Callable[..., TlsServer]

YEAR = 365 * DAY


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[TlsServer] = []

    def begin(shown: bytes, **more: ssl.TLSVersion) -> TlsServer:
        made.append(TlsServer(shown, **more))
        return made[-1]

    yield begin
    for one in made:
        one.stop()


def asked(server: TlsServer, session: requests.Session, path: str = "/") -> str:
    with session:
        return session.get(server.url + path, headers={"Authorization": "Bearer secret"}, timeout=5).text


def refused(server: TlsServer, session: requests.Session) -> bool:
    """That the session does not believe the server, and that nothing reached it."""
    with pytest.raises(requests.exceptions.SSLError):
        asked(server, session)
    return server.asked == []


def test_it_believes_a_server_that_one_of_its_authorities_vouches_for(serve: Serve) -> None:
    house, spare = Authority(), Authority("Spare CA")
    assert asked(serve(spare.issue()), trust.session([house.pem, spare.pem])) == "ok"


def test_a_hundred_others_certificates_are_refused_a_hundred_times_and_see_no_key(serve: Serve) -> None:
    house, other = authority(), Authority("House CA")  # of the same name
    server = serve(other.issue())
    with trust.session([house.pem]) as session:
        for _ in range(100):
            with pytest.raises(requests.exceptions.SSLError):
                session.get(server.url, headers={"Authorization": "Bearer secret"}, timeout=5)
    assert server.asked == []


def test_with_authorities_the_machines_own_are_not_believed(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.pem"
    own.write_text(authority("Machine CA").pem)
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(own))
    server = serve(authority("Machine CA").issue())
    assert refused(server, trust.session([authority().pem]))
    assert refused(server, trust.session([authority().pem], ca_file=str(own)))
    assert asked(server, trust.session(())) == "ok"


def test_without_authorities_the_file_counts_and_without_that_the_machine(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(authority().pem)
    server = serve(authority().issue())
    assert refused(server, trust.session(()))
    assert asked(server, trust.session((), ca_file=str(file))) == "ok"


def test_the_machines_certificates_are_there_without_any_given() -> None:
    context = trust.session(()).get_adapter("https://lintel.example")._source()  # type: ignore[attr-defined]
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_certificate_for_another_host_is_refused(serve: Serve) -> None:
    for host in ("127.0.0.2", "lintel.example"):
        assert refused(serve(authority().issue(host=host)), trust.session([authority().pem]))


def test_the_same_key_in_a_newer_certificate_is_the_same_authority(serve: Serve) -> None:
    old = Authority(year=2010)  # which ended in 2019
    server = serve(old.renewed(2026).issue())
    assert asked(server, trust.session([old.pem])) == "ok"
    assert asked(server, trust.session([old.renewed(2026).pem])) == "ok"


@pytest.mark.parametrize("since", [-56 * YEAR + DAY, -90 * DAY, 20 * YEAR])
def test_at_any_date_while_the_clock_is_not_verified(serve: Serve, since: float) -> None:
    begins = time.time() + since
    server = serve(authority().issue(begins=begins, ends=begins + 60 * DAY))
    assert asked(server, trust.session([authority().pem])) == "ok"


@pytest.mark.parametrize(
    ("now", "believed"), [(-DAY - 60, False), (-DAY + 60, True), (31 * DAY - 60, True), (31 * DAY + 60, False)]
)
def test_a_verified_clock_judges_the_dates_with_a_day_of_grace(serve: Serve, now: float, believed: bool) -> None:
    begins = time.time() + YEAR  # the machine's own date plays no part
    server = serve(authority().issue(begins=begins, ends=begins + 30 * DAY))
    session = trust.session([authority().pem], trusted=lambda: begins + now)
    assert asked(server, session) == "ok" if believed else refused(server, session)


def test_the_clock_is_asked_at_each_new_connection(serve: Serve) -> None:
    times: list[float | None] = [None, time.time() + YEAR]
    server = serve(authority().issue())
    session = trust.session([authority().pem], trusted=lambda: times.pop(0))
    assert session.get(server.url, timeout=5).text == "ok"
    session.close()
    with pytest.raises(requests.exceptions.SSLError, match="trusted time"):
        session.get(server.url, timeout=5)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_what_is_older_than_tls_1_2_is_refused(serve: Serve) -> None:
    server = serve(authority().issue(), least=ssl.TLSVersion.TLSv1_1)
    for session in (trust.session([authority().pem]), trust.session((), any=True)):
        with pytest.raises(requests.exceptions.ConnectionError):
            asked(server, session)
    assert server.asked == []


def test_anybody_is_believed_only_where_that_was_asked_for(serve: Serve, recwarn: pytest.WarningsRecorder) -> None:
    server = serve(Authority("Nobody").issue(host="elsewhere.example"))
    assert asked(server, trust.session((), any=True)) == "ok"
    assert not recwarn.list


def test_nobody_sends_it_elsewhere(serve: Serve) -> None:
    server = serve(authority().issue())
    with trust.session([authority().pem]) as session:
        assert session.get(server.url + "/elsewhere", timeout=5).status_code == 302
    assert len(server.asked) == 1


def test_plain_http_goes_to_this_machine_only() -> None:
    with trust.session(()) as session:
        for host in ("192.0.2.1", "lintel.example", "127.0.0.1.example"):
            with pytest.raises(requests.exceptions.InvalidSchema):
                session.get(f"http://{host}/", timeout=5)


def test_the_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1:3128")
    with trust.session(()) as session:
        assert session.merge_environment_settings("https://lintel.example", {}, None, None, None)["proxies"] == {}


GARBLED = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("text", ["", "no", "-----BEGIN CERTIFICATE-----\nAAAA", None, 5, "x" * 20_000, GARBLED])
def test_what_is_no_certificate_is_no_authority(text: object) -> None:
    with pytest.raises(ValueError, match="certificate"):
        trust.certificates([text])


def test_authorities_are_counted_once_and_not_more_than_eight() -> None:
    pems = [authority(f"CA {number}").pem for number in range(9)]
    assert len(trust.certificates([pems[0] + pems[1], pems[0]])) == 2
    with pytest.raises(ValueError, match="8"):
        trust.certificates(pems)

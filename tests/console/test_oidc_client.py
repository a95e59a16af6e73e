"""Our client against a real provider: it believes what is right in every part, and nothing else."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from server.console.oidc import Client
from server.console.oidc import Provider as Ours
from server.core.clock import SystemClock, epoch
from server.core.errors import Barred, Later
from server.engine.identities import Told
from tests.make import NOW, Clock
from tests.oidc.provider import CLIENT, SECRET, WRONG, Provider, User

BACK = "http://127.0.0.1:1/sign-in/oidc/callback"


class Timer:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def ours(provider: Provider, timer: Timer) -> Ours:
    return Ours(Client(provider.url, CLIENT, SECRET), SystemClock(), timer)


def answer(url: str) -> dict[str, str]:
    """What a browser would bring back from there."""
    back = requests.get(url, allow_redirects=False, timeout=5).headers["Location"]
    assert back.startswith(f"{BACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}


def sign_in(ours: Ours) -> Told:
    url, pending = ours.begin(BACK, "/you")
    return ours.finish(pending, answer(url), BACK)


def test_a_right_answer_is_believed(ours: Ours, provider: Provider) -> None:
    provider.user = User("m-1", "maria@example.org", True, "Maria Anna Klein", ("rooms", "staff"))
    told = sign_in(ours)
    assert told == Told(
        provider.url, "m-1", "maria@example.org", True, "Maria Anna", "Klein", frozenset({"rooms", "staff"})
    )


def test_keys_of_elliptic_curves_are_taken_too(ours: Ours, provider: Provider) -> None:
    provider.kind = "ES256"
    provider.rotate()
    assert sign_in(ours).subject == "m-1"


@pytest.mark.parametrize("wrong", WRONG)
def test_no_wrong_answer_is_believed(ours: Ours, provider: Provider, wrong: str) -> None:
    provider.wrong = wrong
    with pytest.raises(Barred, match="identity"):
        sign_in(ours)
    provider.wrong = ""
    assert sign_in(ours).subject == "m-1"


def test_an_unverified_email_is_told_as_such(ours: Ours, provider: Provider) -> None:
    provider.user.verified = False
    assert not sign_in(ours).verified
    provider.user.email = ""
    assert sign_in(ours).email == ""


def test_a_key_may_be_changed_without_a_restart(ours: Ours, provider: Provider, timer: Timer) -> None:
    for times in (2, 3):
        sign_in(ours)
        provider.rotate()
        assert sign_in(ours).subject == "m-1"
        assert provider.asked["/keys"] == times
        timer.now += 60


def test_unknown_keys_are_asked_for_once_a_minute_at_most(ours: Ours, provider: Provider, timer: Timer) -> None:
    sign_in(ours)
    provider.wrong = "unknown key"
    for _ in range(5):
        with pytest.raises(Barred):
            sign_in(ours)
    assert provider.asked["/keys"] == 2
    timer.now += 60
    with pytest.raises(Barred):
        sign_in(ours)
    assert provider.asked["/keys"] == 3
    assert provider.asked["/.well-known/openid-configuration"] == 1


def test_the_answer_of_another_browser_is_refused(ours: Ours) -> None:
    url, _ = ours.begin(BACK, "/you")
    _, mine = ours.begin(BACK, "/you")
    with pytest.raises(Barred, match="state"):
        ours.finish(mine, answer(url), BACK)
    with pytest.raises(Barred, match="took_too_long"):
        ours.finish(None, answer(url), BACK)


def test_a_code_that_another_has_brought_is_of_no_use(ours: Ours) -> None:
    url, _ = ours.begin(BACK, "/you")
    stolen = answer(url)["code"]
    _, mine = ours.begin(BACK, "/you")
    with pytest.raises(Barred, match="code"):
        ours.finish(mine, {"code": stolen, "state": mine.state}, BACK)  # the verifier is not the one it was asked with


def test_a_code_works_once(ours: Ours) -> None:
    url, pending = ours.begin(BACK, "/you")
    brought = answer(url)
    ours.finish(pending, brought, BACK)
    with pytest.raises(Barred, match="code"):
        ours.finish(pending, brought, BACK)


def test_an_answer_after_ten_minutes_is_too_late(provider: Provider) -> None:
    clock = Clock()
    provider.now = lambda: epoch(clock.now())
    ours = Ours(Client(provider.url, CLIENT, SECRET), clock)
    url, pending = ours.begin(BACK, "/you")
    clock.forward(minutes=10)
    assert ours.finish(pending, answer(url), BACK).subject == "m-1"
    url, pending = ours.begin(BACK, "/you")
    clock.forward(minutes=10, seconds=1)
    with pytest.raises(Barred, match="took_too_long"):
        ours.finish(pending, answer(url), BACK)
    clock.set(NOW)  # set back: the record is of a time to come
    with pytest.raises(Barred, match="took_too_long"):
        ours.finish(pending, answer(url), BACK)


def test_a_token_a_minute_off_is_taken_and_more_is_not(provider: Provider) -> None:
    clock = Clock()
    ours = Ours(Client(provider.url, CLIENT, SECRET), clock)
    for seconds, fine in ((59, True), (-59, True), (-65, True), (62, False), (-301, True), (-361, False)):
        provider.now = lambda seconds=seconds: epoch(clock.now()) + seconds
        url, pending = ours.begin(BACK, "/you")
        brought = answer(url)
        if fine:
            ours.finish(pending, brought, BACK)
        else:
            with pytest.raises(Barred, match="token"):
                ours.finish(pending, brought, BACK)


def test_another_issuer_in_the_answer_is_refused(ours: Ours) -> None:
    url, pending = ours.begin(BACK, "/you")
    with pytest.raises(Barred, match="issuer"):
        ours.finish(pending, answer(url) | {"iss": "https://elsewhere.example"}, BACK)


def test_a_no_at_the_provider_is_a_no(ours: Ours, provider: Provider) -> None:
    provider.deny = True
    with pytest.raises(Barred, match="denied"):
        sign_in(ours)


def test_a_provider_of_another_name_is_not_asked(provider: Provider) -> None:
    provider.issuer = "https://elsewhere.example"
    with pytest.raises(Later):
        sign_in(Ours(Client(provider.url, CLIENT, SECRET), SystemClock()))
    assert "/keys" not in provider.asked


def test_an_issuer_may_end_in_a_slash(provider: Provider) -> None:
    provider.issuer = f"{provider.url}/"
    assert sign_in(Ours(Client(provider.url, CLIENT, SECRET), SystemClock())).issuer == f"{provider.url}/"


def test_a_wrong_secret_of_ours_is_no_sign_in(provider: Provider) -> None:
    with pytest.raises(Barred, match="code"):
        sign_in(Ours(Client(provider.url, CLIENT, "wrong"), SystemClock()))


@pytest.mark.parametrize(("proof", "secret"), [("client_secret_post", SECRET), ("none", "")])
def test_we_prove_ourselves_as_the_provider_asks(provider: Provider, proof: str, secret: str) -> None:
    provider.proof = proof
    assert sign_in(Ours(Client(provider.url, CLIENT, secret), SystemClock())).subject == "m-1"


def test_what_the_token_leaves_out_is_asked_for(ours: Ours, provider: Provider) -> None:
    sign_in(ours)
    assert "/userinfo" not in provider.asked
    provider.sparing, provider.user.groups = True, ("staff",)
    told = sign_in(ours)
    assert (told.email, told.verified, told.last_name, told.groups) == (
        "maria@example.org", True, "Klein", frozenset({"staff"}),
    )  # fmt: skip


def test_what_is_said_of_somebody_else_is_not_believed(ours: Ours, provider: Provider) -> None:
    provider.sparing, provider.other = True, "another"
    told = sign_in(ours)
    assert (told.subject, told.email, told.verified) == ("m-1", "", False)


def test_secrets_go_nowhere_by_plain_http(provider: Provider) -> None:
    ours = Ours(Client("http://login.example.org", CLIENT, SECRET), SystemClock())
    with pytest.raises(Later):
        ours.begin(BACK, "/you")


def test_a_provider_that_is_away_is_not_asked_by_everybody(ours: Ours, provider: Provider, timer: Timer) -> None:
    provider.down = True
    for _ in range(5):
        with pytest.raises(Later):
            ours.begin(BACK, "/you")
    assert provider.asked["/.well-known/openid-configuration"] == 1
    provider.down = False
    timer.now += 10
    assert sign_in(ours).subject == "m-1"


def test_what_was_read_serves_for_a_day_while_the_provider_is_away(
    ours: Ours, provider: Provider, timer: Timer
) -> None:
    sign_in(ours)
    provider.down = True
    timer.now += 86_000
    ours.begin(BACK, "/you")
    timer.now += 400
    with pytest.raises(Later):
        ours.begin(BACK, "/you")


def test_too_many_groups_are_told_apart_from_none(ours: Ours, provider: Provider) -> None:
    provider.user.groups = ()
    assert sign_in(ours).groups == frozenset()
    provider.groups_claim = "something-else"
    provider.user.more = {"_claim_names": {"groups": "src1"}}
    assert sign_in(ours).groups is None
    provider.groups_claim = "groups"

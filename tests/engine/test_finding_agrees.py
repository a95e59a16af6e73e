"""What is found free can be booked, and what is not cannot: looking and the law agree, at random."""

from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.core.access import CLI
from server.core.errors import LintelError, Refused
from server.core.model import Ask
from server.core.period import Period
from server.engine.finding import Want
from server.store.database import open_store
from tests import make
from tests.make import House, at

SLUGS = ("oak", "elm", "both", "fir")
MINUTE = timedelta(minutes=1)
spans = st.tuples(st.integers(0, 60), st.sampled_from([1, 2, 3, 4, 6, 12])).map(lambda it: (it[0], it[0] + it[1]))
acts = st.lists(
    st.tuples(st.sampled_from(["book", "book", "book", "close"]), st.sampled_from(SLUGS), spans), max_size=14
)


def furnished(folder: Path) -> House:
    """Oak wants a gap, Elm takes two at once, both can be had as one, and Fir is open for some hours."""
    house = make.house(open_store(f"sqlite:///{mkdtemp(dir=folder)}/lintel.db"))
    house.engine.rooms.add(make.room("both", parts=(house.oak.number, house.elm.number)), CLI)
    house.engine.rooms.add(make.room("fir"), CLI)
    house.policy("oak", gap_minutes=10)
    house.policy("elm", lanes=2)
    house.policy("fir", opening=(make.OFFICE,), min_minutes=15, max_minutes=60)
    return house


def period(span: tuple[int, int]) -> Period:
    """Steps of five minutes from eleven o'clock on."""
    return Period(at("11:00") + span[0] * 5 * MINUTE, at("11:00") + span[1] * 5 * MINUTE)


def bookable(house: House, slug: str, when: Period) -> bool:
    try:
        house.engine.bookings.book(Ask((slug,), when.start, when.end, "x"), house.alice, preview=True)
    except Refused:
        return False
    return True


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=acts, asked=st.lists(spans, min_size=1, max_size=5))
def test_what_is_found_can_be_booked_and_nothing_else(
    tmp_path: Path, acts: list[tuple[str, str, tuple[int, int]]], asked: list[tuple[int, int]]
) -> None:
    house = furnished(tmp_path)
    for what, slug, span in acts:
        when = period(span)
        try:
            if what == "book":
                house.book(when.start, when.end, room=slug)
            else:
                house.engine.rooms.close(slug, CLI, when.start, when.end, "x")
        except LintelError:
            pass
    for span in asked:
        found = house.engine.finding.free(house.alice, period(span), Want(), limit=10)
        assert {it.room.id for it in found.whole} == {slug for slug in SLUGS if bookable(house, slug, period(span))}
        for it in found.partly:
            assert it.period.start == period(span).start
            assert bookable(house, it.room.id, it.period), (it.room.id, it.period)
        instead = house.engine.finding.instead(Ask(("oak",), period(span).start, period(span).end, "x"), house.alice)
        for some in (*instead.times, *instead.shorter):
            assert bookable(house, "oak", some)
    house.store.close()

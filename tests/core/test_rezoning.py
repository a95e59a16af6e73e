"""Who can move and who has to stay, at random: nothing overlaps, and nobody stays without a reason."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.core.period import Period
from server.core.rezoning import Mover, stayers

BEGIN = datetime(2026, 10, 25, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours(start: float, end: float) -> Period:
    return Period(BEGIN + start * HOUR, BEGIN + end * HOUR)


def mover(order: int, old: tuple[float, float], by: float, *rooms: int) -> Mover:
    return Mover((1, order), rooms or (1,), hours(*old), hours(old[0] + by, old[1] + by))


def orders(found: set[Mover]) -> list[int]:
    return sorted(it.order[1] for it in found)


def test_a_row_that_moves_as_one_moves() -> None:
    row = [mover(n, (n, n + 1), -1) for n in range(1, 6)]
    assert stayers(row, []) == set()


def test_one_in_the_way_holds_the_whole_row() -> None:
    row = [mover(n, (n, n + 1), -1) for n in range(1, 6)]
    assert orders(stayers(row, [(1, hours(0, 1))])) == [1, 2, 3, 4, 5]
    assert orders(stayers(row, [(2, hours(0, 1))])) == []
    assert orders(stayers([it for it in row if it.order[1] != 3], [(1, hours(0, 1))])) == [1, 2]


def test_of_two_that_meet_the_later_made_stays_wherever_it_lies() -> None:
    assert orders(stayers([mover(1, (0, 1), 2), mover(2, (4, 5), -2)], [])) == [2]
    assert orders(stayers([mover(2, (0, 1), 2), mover(1, (4, 5), -2)], [])) == [2]


def test_who_is_held_in_one_room_stays_in_all() -> None:
    both = mover(1, (1, 2), -1, 1, 2)
    behind = mover(2, (2, 3), -1, 2)
    assert orders(stayers([both, behind], [(1, hours(0, 1))])) == [1, 2]


def test_what_would_be_left_without_a_length_stays() -> None:
    assert orders(stayers([Mover((1, 1), (1,), hours(0, 1), hours(2, 2))], [])) == [1]


@st.composite
def houses(draw: st.DrawFn) -> tuple[list[Mover], list[tuple[int, Period]]]:
    """Three rooms full of things that lie apart now; some are to move, each by an amount of its own."""
    free = dict.fromkeys((1, 2, 3), 0.0)
    movers: list[Mover] = []
    held: list[tuple[int, Period]] = []
    for order in draw(st.permutations(range(draw(st.integers(0, 14))))):
        rooms = tuple(sorted(draw(st.sets(st.sampled_from((1, 2, 3)), min_size=1, max_size=2))))
        start = max(free[room] for room in rooms) + draw(st.sampled_from((0, 0, 0.5, 1)))
        end = start + draw(st.sampled_from((0.5, 1, 2)))
        free.update(dict.fromkeys(rooms, end))
        if draw(st.booleans()) or draw(st.booleans()):
            movers.append(mover(order, (start, end), draw(st.sampled_from((-1, -1, -0.5, 1, 2))), *rooms))
        else:
            held += [(room, hours(start, end)) for room in rooms]
    return movers, held


@given(houses())
def test_whoever_moves_nothing_overlaps_and_who_stays_has_a_reason(
    found: tuple[list[Mover], list[tuple[int, Period]]],
) -> None:
    movers, held = found
    stay = stayers(movers, held)
    lies = held + [(room, it.old if it in stay else it.new) for it in movers for room in it.rooms]
    for place, (room, one) in enumerate(lies):
        assert not any(room == other_room and one.overlaps(other) for other_room, other in lies[place + 1 :])
    wanted = [(it, room, it.new) for it in movers for room in it.rooms]
    for it in stay:
        in_way = [p for room, p in lies if room in it.rooms and p != it.old]
        in_way += [p for other, room, p in wanted if other is not it and room in it.rooms]
        assert any(it.new.overlaps(p) for p in in_way)

"""The seeds that the tests play: those that once broke a law first, each with what it found; then a fixed lot.

A seed finds the same only as long as the simulation draws the same; it is kept all the same, for it costs little.
"""

FOUND = {
    108: "a booking at risk stayed so under one that was accepted, and nobody was told",
    118: "a longer end was confirmed of a walk-in that was not",
    205: "an entry was put at another time than its door thought, over what that door confirmed since",
    18: "time that the backup had booked, and that a door had been given since, was not assumed to be the door's",
    19: "an undo forgot a walk-in that the server had named, and the door promised its time once more",
    11: "a promise was moved because the clock that it was made by was minutes ahead",
    13: "an act without an answer was done after its agent had started anew and promised the same time",
    8: "a walk-in came back twice after a restore: from the plan, and from the journal",
    17: "a copied card never brought what it did, for the other one had used the same numbers",
    250: "two panels of a room bring anew what was in the past of a restore",
}
"""Each is played for FOUND_STEPS."""
FOUND_STEPS = 3_000
LOTS = 4
PER_LOT = 10
STEPS = 5_000


def lot(number: int) -> range:
    """The seeds of one of LOTS test files; together 200,000 steps."""
    return range(1_000 + number * PER_LOT, 1_000 + (number + 1) * PER_LOT)


FURTHER = (5_015, 5_016)
"""Played for planted bugs that no lot finds."""

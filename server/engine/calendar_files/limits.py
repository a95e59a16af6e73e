"""What a calendar file may hold, and what the process that reads it may use. Both hold before a date is reckoned.

The file comes from anywhere, so it is read by a process of its own that can do little and be lost without harm: it has
no environment, writes no file, and answers in one bounded text. It gives its rights away itself, before it looks at the
first byte.
"""

import contextlib
import ctypes
import os
import resource

MIB = 1024 * 1024
MOST_BYTES = 2 * MIB
"""Of the file as it comes, and of what it is when unpacked."""
MOST_COMPONENTS = 5_000
MOST_NESTED = 4
LONGEST_LINE = 64 * 1024
"""Bytes of one line, unfolded."""
MOST_DATES = 1_000
"""Of RDATE, and of EXDATE, in one event."""
MOST_OCCURRENCES = 10_000
"""Of all events together, as far ahead as dates are booked."""
MOST_SAID = 20_000
"""Of RDATE and EXDATE in all series together, as often as they are said on: each change "from a date on" does."""
MOST_PIECES = 20
"""Of one series: how often it is changed from a date on."""
MOST_OBSERVANCES = 500
"""Of one zone; those with all their history have about two hundred."""
MOST_ZONES = 20
"""Time zones without a known name, which are judged by what they say: each is compared with all we know."""

CPU_SECONDS = 5
WALL_SECONDS = 10
MOST_ANSWER = 2 * MOST_BYTES
"""Who takes the answer reads it whole. No text grows to more than that by being quoted."""
MEMORY = 512 * MIB
OPEN_FILES = 16
NICE = 10
MOST_RECKONING = 1.5
"""Seconds of the reader's CPU time for all series, those that are over among them."""
RECKONING_SECONDS, RECKONING_DATE = 0.3, 0.00005
"""Of that for the series that are to be booked, and more for each date they have (three times what one usually needs).
Who books them reckons them again, twice where they are counted, and must not be made to reckon long."""

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


class Unreadable(Exception):
    """The file as a whole is not taken; the text says why in a short sentence."""


def confine() -> None:
    """Gives up, for good, all that reading a file does not need. Linux: the network too, where the kernel lets us."""
    os.nice(NICE)
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        if hard == resource.RLIM_INFINITY or hard > most:
            # A second more where that is time: at the hard limit the kernel kills without saying what for.
            resource.setrlimit(what, (most, most + (what == resource.RLIMIT_CPU)))
    with contextlib.suppress(OSError, AttributeError):  # no such call here: then it is only that we open no connection
        ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWNET)
    if hasattr(resource, "RLIMIT_NPROC"):
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))

"""A process of its own that books: told by one JSON line what, it waits for another line, then all threads ask at once.

It answers with a JSON list of what each heard: "ok", or the codes and kinds of what stood in the way. Then it may be
told again, until its input ends.
"""

import json
import sys
import threading
from datetime import datetime
from typing import Any

from server.core.access import Actor
from server.core.clock import from_epoch
from server.core.errors import LintelError, Refused
from server.core.model import Ask, Attendee, Details
from server.engine import engine_of
from tests import make
from tests.make import codes


def wish(told: dict[str, Any]) -> Ask:
    """The ask that a line tells of."""
    starts, ends = (from_epoch(told[name]) for name in ("starts", "ends"))
    attendees = tuple(Attendee("participant", person) for person in told.get("people", ()))
    accessories = {int(number): count for number, count in told.get("accessories", {}).items()}
    details = Details(attendees=attendees, accessories=accessories)
    return Ask((told["room"],), starts, ends, "Race", owner=told.get("owner"), details=details)


def main() -> None:
    for line in sys.stdin:
        race(json.loads(line))


def race(told: dict[str, Any]) -> None:
    asks = [wish(each) for each in told["asks"]]
    heard = ["silent"] * len(asks)
    gate = threading.Barrier(len(asks) + 1, timeout=60)
    with make.opened(told["url"]) as store:
        now: datetime = from_epoch(told["now"])
        engine = engine_of(store, make.Clock(now))

        def run(number: int) -> None:
            try:
                engine.house.now()
                gate.wait()
                engine.bookings.book(asks[number], Actor(f"token:{number}", "book", source="race"))
                heard[number] = "ok"
            except Refused as no:
                heard[number] = " ".join(codes(no))
            except LintelError as error:
                heard[number] = type(error).__name__
            except Exception as error:
                heard[number] = f"{type(error).__name__}: {error}"
            finally:
                store.close()

        threads = [threading.Thread(target=run, args=(number,)) for number in range(len(asks))]
        for thread in threads:
            thread.start()
        print("ready", flush=True)
        sys.stdin.readline()
        gate.wait()
        for thread in threads:
            thread.join(timeout=60)
    print(json.dumps(heard), flush=True)


if __name__ == "__main__":
    main()

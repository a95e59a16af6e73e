"""A process that sends to webhooks until it is told to end (`URL PORT`), for tests that stop it in the middle."""

import signal
import sys
import threading

from server.core.addresses import Guard, networks
from server.core.clock import SystemClock
from server.engine import engine_of
from server.store.database import open_store
from server.work.deliver import Deliver
from server.work.outgoing import Outgoing


def main() -> None:
    url, port = sys.argv[1:]
    guard = Guard(networks("127.0.0.0/8"), frozenset({int(port)}), http=True)
    deliver = Deliver(engine_of(open_store(url), SystemClock()).delivering, Outgoing(guard))
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    deliver.start()
    print("sending", flush=True)
    while not ended.wait(1):
        pass  # the signal may have come to another thread
    deliver.stop()


if __name__ == "__main__":
    main()

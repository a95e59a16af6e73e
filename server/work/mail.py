"""Sends the letters that wait, through the house's mail server.

Decisions:
- Any number of processes may do it: each claims what it sends, and what came of a letter is written down before the
  next goes out.
- One conversation for a batch. While the server cannot be used, the batch waits as a whole.
- A letter that cannot even be written (a fault of ours) is parked with the fault's name; the others go on.
"""

import logging
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from server.core.clock import monotonic
from server.core.letters import Kept
from server.engine.post import HOLD, Post
from server.work.letters.message import Sender, routed, written
from server.work.letters.wording import sheet
from server.work.smtp import Away, Conversation, Later, Lost, Never, Server

BATCH = 20
IDLE = 2.0
"""Seconds between two looks where nothing waits."""
SURE = HOLD - timedelta(minutes=1)
"""A letter that was opened so long ago may be in other hands: whoever was stopped in between does not send it."""
log = logging.getLogger("lintel.mail")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whose letters they are, and where their links lead: `base` is the public address, "" for none."""

    server: Server
    sender: Sender
    base: str = ""


class Mail:
    """The sender: `run` sends all that is due; `start` and `stop` have it done in a thread."""

    def __init__(self, post: Post, envelope: Envelope, *, idle: float = IDLE) -> None:
        self._post, self._envelope, self._idle = post, envelope, idle
        self._name = secrets.token_hex(8)
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def run(self) -> Mapping[str, int]:
        """Sends all that is due; says how many were sent, will be tried again, and came to nothing."""
        done = {"sent": 0, "later": 0, "refused": 0, "away": 0}
        with Conversation(self._envelope.server) as conversation:
            while not self._ending.is_set() and (batch := self._post.claim(self._name, BATCH)):
                for place, it in enumerate(batch):
                    if self._ending.is_set():
                        self._post.put_back(batch[place:], self._name)
                        return done
                    try:
                        self._one(conversation, it, done)
                    except Away as error:
                        self._post.away(batch[place:], self._name, str(error))
                        done["away"] += len(batch) - place
                        return done
        return done

    def start(self) -> None:
        """Sends from now on, in a thread."""
        self._thread = threading.Thread(target=self._always, name="mail", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it after the letter that is being sent."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(timeout=self._envelope.server.timeout + 5)

    def _always(self) -> None:
        while not self._ending.wait(self._idle):
            try:
                done = self.run()
            except Exception as error:
                log.error("mail error=%s", type(error).__name__)  # what a database says of a row may quote it
                self._ending.wait(self._idle * 5)
                continue
            if any(done.values()):
                log.info("mail %s", " ".join(f"{name}={count}" for name, count in done.items() if count))

    def _one(self, conversation: Conversation, it: Kept, done: dict[str, int]) -> None:
        opened = monotonic()
        made = self._post.open(it, self._name)
        if made is None:
            return
        try:
            links = {name: f"{self._envelope.base}/answer/{secret}" for name, secret in made.items()}
            said = sheet(it.letter, links if self._envelope.base else {}, self._envelope.base)
            message = written(it, said, self._envelope.sender, self._post.clock.now())
        except Exception as error:
            log.error("mail letter=%d error=%s", it.number, type(error).__name__)
            self._post.refused(it, self._name, f"cannot be written: {type(error).__name__}")
            done["refused"] += 1
            return
        try:
            conversation.send(
                message, routed(self._envelope.sender.address), routed(it.letter.address),
                lambda: monotonic() - opened < SURE.total_seconds(),
            )  # fmt: skip
        except Lost:
            return
        except Later as error:
            self._post.failed(it, self._name, str(error))
            done["later"] += 1
        except Never as error:
            self._post.refused(it, self._name, str(error))
            done["refused"] += 1
        else:
            self._post.sent(it, self._name)
            done["sent"] += 1

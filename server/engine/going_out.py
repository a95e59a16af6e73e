"""All that goes out to people and programs: letters, messages to webhooks, reminders, tickets and alarms."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from server.core.clock import Believed
from server.engine.alarms import Alarms
from server.engine.answers import Answers
from server.engine.delivering import Delivering
from server.engine.desk import Desk
from server.engine.endings import Endings
from server.engine.hook_news import HookNews
from server.engine.hooks import Hooks, HookTerms
from server.engine.instance import Instance
from server.engine.letters.listener import LetterListener
from server.engine.naming import Naming
from server.engine.outbox import Outbox
from server.engine.passing import Passing
from server.engine.post import Post
from server.engine.receivers import Receivers
from server.engine.reminders import ReminderListener, Reminders
from server.engine.rights import Rights
from server.engine.series import Recurring
from server.engine.tickets import Tickets
from server.engine.watching import Watching


@dataclass(frozen=True, slots=True)
class GoingOut:
    """The use cases of what goes out."""

    outbox: Outbox
    post: Post
    answers: Answers
    reminders: Reminders
    passing: Passing
    tickets: Tickets
    receivers: Receivers
    alarms: Alarms
    watching: Watching
    hooks: Hooks
    delivering: Delivering


def going_out(
    desk: Desk, rights: Rights, series: Recurring, hooks: HookTerms, random: Random, patience: timedelta,
    believed: Believed, naming: Naming,
) -> GoingOut:  # fmt: skip
    """Puts them together. `patience`: how long a request may wait in the hours of its room before staff are told.

    `believed`: whether the clock is plausible; nothing is sent while it is not.
    """
    store, clock, house = desk.store, desk.clock, desk.house
    instance = Instance(store)
    listeners = ReminderListener(), HookNews(house, rights, naming, hooks.voices, hooks.base), LetterListener(house)
    return GoingOut(
        Outbox(store, clock, listeners),
        Post(store, clock, believed),
        Answers(store, clock, desk, rights, series),
        Reminders(store, clock, house),
        Passing(store, clock, house, Endings(store, clock, house), patience),
        Tickets(store, clock, house),
        Receivers(store, clock, house),
        Alarms(store, clock, house),
        Watching(store, clock),
        Hooks(store, clock, instance, hooks),
        Delivering(store, clock, instance, random, believed),
    )

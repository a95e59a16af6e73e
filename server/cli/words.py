"""What the command line says where the engine refuses: a sentence, and the code that scripts look for behind it."""

from datetime import UTC, datetime

from server.core.errors import Conflict, Objection, Refused

SAID = {
    "account_not_active": "the account is not active",
    "backup_audit_broken": "{subject} is not put back: its audit trail is broken ({why})",
    "backup_damaged": "{subject} is not a database in order: {why}",
    "backup_identity": "it does not open: {why}",
    "backup_key": "the key of backup.key is no good: {why}",
    "backup_sealed": "{subject} is sealed; say with which key it opens: --identity FILE",
    "backup_under_way": "another backup is being taken",
    "backup_file": "{subject}: {why}",
    "backup_in_use": "the database is in use; stop every server first",
    "backup_newer": "{subject} comes from a newer Lintel than this",
    "backup_no_database": "there is no database yet",
    "backup_no_file": "there is no file {subject}",
    "backup_no_program": "{why} is needed for that: install PostgreSQL's client programs",
    "backup_no_right": "{why}: a backup is proven in one of its own before it replaces anything",
    "backup_not_lintel": "{subject} is not a backup of Lintel's",
    "backup_other_kind": "{subject} is a backup of the other kind of database",
    "backup_overlapping": "{subject} is not put back: two bookings in it hold one room at once",
    "backup_program_failed": "PostgreSQL's program failed: {why}",
    "backup_too_busy": "so much was written meanwhile that no copy was finished; try again at a calmer time",
    "changed_meanwhile": "somebody else changed it at the same moment; try again",
    "device_quarantined": "two devices speak with this key; look at them, then release or revoke it",
    "conflict_gone": "one of the two was cancelled meanwhile",
    "conflict_settled": "it was decided already",
    "conflict_unplaced": "nobody can tell when it was, so there is nothing to give or to take",
    "device_revoked": "the device's key was revoked",
    "email_taken": "somebody has this e-mail already",
    "group_elsewhere": "{subject} does not lie where the group {group} does",
    "hook_ended": "this webhook has ended; lintel hook resume takes it up again",
    "file_there": "{subject} is there already; --force writes over it",
    "in_use": "{subject} is in use by {by}",
    "key_reused": "this key was used for another request",
    "last_admin": "this is the last active administrator; make somebody else one first",
    "login_taken": "somebody has this login already",
    "message_gone": "what this message said is no longer known",
    "name_taken": "there is a group of this name already: {subject}",
    "no_rooms": "there is no room in {subject}",
    "not_an_admin": "this is for active administrators",
    "over": "it is over already",
    "place_taken": "there is such a place with this name already: {subject}, number {number}",
    "slug_taken": "there is a room with this id already: {subject}",
    "too_long": "longer than {minutes} minutes",
    "too_many_orders": "{most} orders are open already",
    "too_many_hooks": "there are {most} webhooks already",
    "type_taken": "there is a type with this id already: {subject}",
    "uid_taken": "a booking with this uid is there already",
}
"""By code. What is not here, the rules above all, is said by its code alone."""


def said(no: Refused) -> str:
    """All that stands in the way, for people."""
    return "; ".join([_objection(it) for it in no.objections] + [_conflict(it) for it in no.conflicts])


def many(count: int, one: str, more: str = "") -> str:
    """A number and its word: "1 room", "2 rooms"."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def summary(*counts: str, bad: int, written: bool, preview: bool, partly: bool = True) -> str:
    """What came of a file. `counts`: what was done, each with its number; `partly`: --partial would do the rest."""
    told = ", ".join(counts)
    rows = f"{many(bad, 'row')} {'is' if bad == 1 else 'are'} bad"
    if preview:
        return f"This would be done: {told}; {rows}"
    if not written:
        return f"Nothing was changed: {rows}" + (f". With --partial: {told}" if partly else "")
    return f"{told}; {rows}"


def _objection(it: Objection) -> str:
    sentence = SAID.get(it.code)
    if sentence is None and it.code.endswith("_taken"):
        sentence = f"there is such a {it.code.removesuffix('_taken')} already"
    try:
        if sentence is not None:
            return f"{sentence.format(subject=it.subject, **it.numbers)} ({it.code})"
    except KeyError:  # the same code with other numbers
        pass
    told = f" ({', '.join(f'{name} {value}' for name, value in it.numbers.items())})" if it.numbers else ""
    return f"{it.subject}: {it.code}{told}" if it.subject else f"{it.code}{told}"


def _conflict(it: Conflict) -> str:
    what = f"by {it.uid}" if it.uid else "by a closure"
    return f"{it.room} is taken from {_moment(it.starts)} to {_moment(it.ends)} {what} (clash)"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="minutes").replace("+00:00", "Z")

"""The types of messages to webhooks, and what becomes which; by itself, for whoever checks a type needs nothing else.

Decisions:
- The page promises `reservation.*` and `account.*` and names no more; these are what integrators ask for: created,
  confirmed, updated, cancelled, deleted; and imported, once for a file of accounts, beside a message for each of them.
- A decline is a cancellation here. Checking in, reminders and warnings are no change of a reservation, and not told;
  a longer or an earlier end is.
"""

RESERVATIONS = {
    "created": "created", "confirmed": "confirmed", "updated": "updated", "extended": "updated", "ended": "updated",
    "freed": "updated", "cancelled": "cancelled", "declined": "cancelled", "deleted": "deleted",
}  # fmt: skip
ACCOUNTS = {
    "created": "created", "updated": "updated", "deactivated": "updated", "erased": "deleted", "imported": "imported",
}  # fmt: skip
TYPES = frozenset(
    {f"reservation.{word}" for word in RESERVATIONS.values()} | {f"account.{word}" for word in ACCOUNTS.values()}
)
"""All types there are."""

"""The RoomLoop REST API v1: facilities and their slots, reservations under coded rules, accounts, reports, webhooks.

No server and no client of it is public, so its one page is the contract; what that leaves open is settled in
docs/dialects.md. Slots are a view of intervals: what is booked through any other door fills the slots it touches.
"""

from server.dialects.roomloop.app import app

__all__ = ["app"]

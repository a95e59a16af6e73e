"""The RoomVox public API v1, which is also our own: all of RoomVox in one superset shape, and what it lacks.

Two shapes: RoomVox's guide and its real wire differ, so each answer carries both spellings, and only the status words
are chosen per mount (`words`). Where RoomVox would call an unbookable room free, this does not.
"""

from server.dialects.roomvox.app import app

__all__ = ["app"]

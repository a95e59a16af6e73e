"""Files that rooms, places and bookings have: what they may be, told by their bytes and not by their name alone.

Decision: few kinds, each known by its first bytes; nothing that a browser would run (HTML, SVG) and no macros. The name
must fit the content, so that nobody opens a thing for another. Only pictures are ever shown in a page; all else is
handed over to be saved.
"""

from dataclasses import dataclass
from datetime import datetime

from server.core.text import problem

LARGEST = 5 * 1024 * 1024
MOST = 20
"""Files of one kind that one thing may have."""
KINDS = ("photo", "room", "plan", "booking")
"""A picture of a room, an attachment of a room, the plan of a place, an attachment of a booking."""
PICTURES = ("photo", "plan")
"""Kinds that must be pictures."""

_NAMES = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif",
    ".pdf": "application/pdf", ".txt": "text/plain", ".md": "text/plain", ".csv": "text/csv", ".ics": "text/calendar",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text", ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation",
}  # fmt: skip
_BEGINS = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "application/pdf": (b"%PDF-",),
}
_OFFICE = {"wordprocessingml.document": b"word/", "spreadsheetml.sheet": b"xl/", "presentationml.presentation": b"ppt/"}
LIKE = ", ".join(sorted(ending[1:] for ending in _NAMES))


@dataclass(frozen=True, slots=True)
class File:
    """A file of a thing: `subject` is the room's, place's or booking's number, `digest` SHA-256 of its `size` bytes."""

    number: int
    kind: str
    subject: int
    name: str
    media: str
    size: int
    digest: str
    made_at: datetime
    made_by: str

    @property
    def inline(self) -> bool:
        """Whether a page may show it; all else is saved."""
        return self.media.startswith("image/")


def media_of(name: str, data: bytes) -> str | None:
    """The media type of a file, or None where it is none of ours or not what its name says."""
    dot = name.rfind(".")
    media = _NAMES.get(name[dot:].lower()) if dot > 0 else None
    return media if media is not None and _is(media, data) else None


def _is(media: str, data: bytes) -> bool:
    if media in _BEGINS:
        return data.startswith(_BEGINS[media])
    if media == "image/webp":
        return data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    if media.startswith("text/"):
        return _is_text(data)
    if not data.startswith(b"PK\x03\x04") or b"vbaProject.bin" in data:
        return False
    if "opendocument" in media:
        return data[30:38] == b"mimetype" and data[38 : 38 + len(media)] == media.encode()
    inside = _OFFICE[media.removeprefix("application/vnd.openxmlformats-officedocument.")]
    return b"[Content_Types].xml" in data and inside in data


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return problem(text, LARGEST, lines=True) is None


def name_problem(name: str) -> str | None:
    """Why a file cannot be called so, or None."""
    if not name.strip() or name.startswith(".") or any(char in name for char in '/\\:*?"<>|'):
        return "a plain file name"
    return problem(name, 255)

"""CSV files of rooms and bookings: looked at with `preview=yes`, else taken in. Scope admin, tokens for all rooms."""

from collections.abc import Mapping

from flask import Request
from pydantic import BaseModel, Field
from werkzeug.exceptions import RequestEntityTooLarge

from server.core.errors import Invalid
from server.core.zone import zone
from server.dialects.kit.app import Call
from server.dialects.kit.faults import TooLarge
from server.dialects.kit.reading import payload
from server.dialects.kit.route import MIB, Answer, Route, Routes
from server.dialects.roomvox.desk import Desk
from server.dialects.roomvox.errors import Unfit
from server.engine.imports import Imported
from server.engine.room_rows import CREATE, SKIP, UPDATE, Planned

routes = Routes("imports")
FILES = ("multipart/form-data", "text/csv")
MODES = {"create", "update", "partial"}


class FileQuery(BaseModel):
    """How to take the file in."""

    preview: str | None = Field(default=None, description="yes: only say what would come of each row")
    mode: str | None = Field(
        default=None,
        description="create (rooms that exist are skipped), update (they are changed), partial (good rows go in "
        "although others are bad; without it all or nothing); several separated by commas",
    )
    zone: str | None = Field(default=None, description="IANA zone of new rooms whose row names none")


class RowErrors(BaseModel):
    """What is wrong with a row."""

    line: int
    name: str
    errors: list[str]


class RowBody(RowErrors):
    """What would come of a row."""

    data: dict[str, str]
    action: str = Field(description="create, update or skip")
    matchedId: str | None
    matchedName: str | None


class PreviewBody(BaseModel):
    """A file as it would be taken in."""

    columns: list[str]
    rows: list[RowBody]
    detected_format: str = Field(description="roomvox, ms365, bookings or unknown")


class ImportBody(BaseModel):
    """What came of a file."""

    created: int
    updated: int
    skipped: int
    errors: list[RowErrors]


class NotImported(BaseModel):
    """Nothing was taken in, because rows are bad."""

    error: str
    created: int = 0
    updated: int = 0
    skipped: int = 0
    errors: list[RowErrors]


@routes(
    "POST", "/rooms/import", scope="admin", summary="Rooms from a CSV file", takes=FILES, limit=5 * MIB,
    answers={200: ImportBody | PreviewBody, 422: NotImported}, errors=(503, 507),
    detail="RoomVox's columns or Microsoft 365's; UTF-8; comma, semicolon or tab; 5 MB, 20,000 rows, 200 columns.",
)  # fmt: skip
def import_rooms(desk: Desk, call: Call, query: FileQuery) -> Answer:
    modes, data = _modes(query), upload(call.request, call.route)
    done = desk.engine.imports.rooms(
        data, call.actor, update="update" in modes, partial="partial" in modes, preview=_yes(query), zone=_zone(query)
    )
    return _answer(done, preview=_yes(query))


@routes(
    "POST", "/bookings/import", scope="admin", summary="Bookings from a CSV file", takes=FILES, limit=5 * MIB,
    answers={200: ImportBody | PreviewBody, 422: NotImported}, errors=(503, 507),
    detail="Columns room, title, start, end, and maybe organizer, organizerEmail, description, uid.",
)  # fmt: skip
def import_bookings(desk: Desk, call: Call, query: FileQuery) -> Answer:
    modes, data = _modes(query), upload(call.request, call.route)
    done = desk.engine.imports.bookings(data, call.actor, partial="partial" in modes, preview=_yes(query))
    return _answer(done, preview=_yes(query))


def upload(request: Request, route: Route) -> bytes:
    """The file: the part `file` of a form, or the body itself."""
    data = payload(request, route)
    if request.mimetype == "multipart/form-data":
        try:
            part = request.files.get("file")
        except RequestEntityTooLarge:
            raise TooLarge(route.limit) from None
        data = part.read() if part is not None else b""
    if not data:
        raise Unfit("No file uploaded", {"file": "is required"})
    return data


def _modes(query: FileQuery) -> set[str]:
    modes = {part.strip() for part in (query.mode or "create").split(",")}
    if not modes <= MODES:
        raise Unfit('Invalid mode. Use "create" or "update"', {"mode": 'must be "create", "update" or "partial"'})
    return modes


def _yes(query: FileQuery) -> bool:
    return (query.preview or "").lower() in ("yes", "true", "1")


def _zone(query: FileQuery) -> str:
    try:
        return zone(query.zone).key if query.zone else ""
    except ValueError:
        raise Invalid({"zone": "is not a known time zone"}) from None


def _answer(done: Imported, *, preview: bool) -> Answer:
    if preview:
        rows = [_row(row) for row in done.rows]
        return Answer(PreviewBody(columns=list(done.columns), rows=rows, detected_format=done.form))
    counts: Mapping[str, int] = {action: done.count(action) for action in (CREATE, UPDATE, SKIP)}
    errors = [RowErrors(line=row.line, name=row.name, errors=list(row.errors)) for row in done.bad]
    if done.written:
        return Answer(ImportBody(created=counts[CREATE], updated=counts[UPDATE], skipped=counts[SKIP], errors=errors))
    text = f"Nothing was imported: {len(errors)} of {len(done.rows)} rows have errors"
    return Answer(NotImported(error=text, errors=errors), 422)


def _row(row: Planned) -> RowBody:
    return RowBody(
        line=row.line, name=row.name, errors=list(row.errors), data=dict(row.data), action=row.action,
        matchedId=row.matched.id if row.matched else None, matchedName=row.matched.name if row.matched else None,
    )  # fmt: skip

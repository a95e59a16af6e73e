"""Files of accounts: taken in and given out, so that what was given out can be taken in again and changes nothing.

Decisions:
- A file is CSV with a header line; its columns are name, email, department, role and maybe status, in any order, and
  those that `lintel person import` knows beside. UTF-8 with or without a mark, commas, semicolons or tabs.
- An account is known by its e-mail: it is changed to what its row says, an empty cell says nothing. All or nothing, and
  then 400 names each bad line; with `?mode=partial` the good rows are kept, and the answer tells of the others.
- A cell that a spreadsheet would run has an apostrophe before it on its way out, and loses it on its way in.
- So many rows that an answer comes within some seconds; `lintel person import` takes more.
"""

from collections import Counter
from typing import Literal

from flask import Request
from pydantic import BaseModel, Field
from werkzeug.exceptions import RequestEntityTooLarge

from server.core.errors import Invalid
from server.dialects.kit.app import Call
from server.dialects.kit.faults import TooLarge
from server.dialects.kit.reading import payload
from server.dialects.kit.route import MIB, Answer, Media, Route, Routes
from server.dialects.roomloop.accounts import in_fields
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.errors import wrong
from server.dialects.roomloop.pages import Strict
from server.dialects.roomloop.roles import ROLES
from server.engine.people_files import Taken
from server.engine.people_rows import CREATE, SAME, UPDATE, PlannedPerson

routes = Routes("accounts")
COLUMNS = ("name", "email", "department", "role", "status")
MOST_ROWS = 5_000
TOLD = 100
"""Bad lines that a refusal names; the others are counted."""
RESULTS = {CREATE: "created", UPDATE: "updated", SAME: "unchanged"}
CSV = "text/csv; charset=utf-8"


class BulkQuery(Strict):
    """How to take the file in."""

    mode: Literal["all", "partial"] = Field(
        default="all", description="partial: the good rows, although others are bad"
    )


class RowBody(BaseModel):
    """What came of a row."""

    line: int = Field(description="In the file; its header is line 1")
    email: str
    result: str = Field(description="created, updated, unchanged or failed")
    errors: list[str]


class BulkBody(BaseModel):
    """What came of a file."""

    mode: str
    created: int
    updated: int
    unchanged: int
    failed: int
    rows: list[RowBody]


@routes(
    "POST", "/accounts/bulk", scope="admin", summary="Accounts from a CSV file", takes=("multipart/form-data",),
    limit=5 * MIB, answers={200: BulkBody}, errors=(400, 503, 507),
    detail=f"The part `file` of a form: {', '.join(COLUMNS)}; UTF-8, 5 MB, {MOST_ROWS:,} rows.",
)  # fmt: skip
def import_accounts(desk: Desk, call: Call, query: BulkQuery) -> BulkBody:
    partial, data = query.mode == "partial", uploaded(call.request, call.route)
    with in_fields():
        done = desk.engine.people_files.take(
            data, call.actor, update=True, partial=partial, roles=ROLES, most=MOST_ROWS
        )
    if not done.written and done.bad:
        raise _refused(done)
    return _body(query.mode, done)


@routes(
    "GET", "/accounts/export", scope="admin", summary="All accounts as CSV", answers={200: Media(CSV)},
    errors=(400, 503), detail="As /accounts/bulk takes it.",
)  # fmt: skip
def export_accounts(desk: Desk, call: Call) -> Answer:
    data = desk.engine.people_files.export(call.actor, columns=COLUMNS, roles=ROLES)
    return Answer(data.encode(), headers={"Content-Disposition": 'attachment; filename="accounts.csv"'})


def uploaded(request: Request, route: Route) -> bytes:
    """The part `file` of the form; a 400 where there is none, or another one that would be lost."""
    payload(request, route)  # kept by the request, which reads the form from it
    try:
        parts = request.files.getlist("file") if request.mimetype == "multipart/form-data" else []
    except RequestEntityTooLarge:
        raise TooLarge(route.limit) from None
    if not parts:
        raise wrong(file="is required: multipart/form-data with a part of this name that has a filename")
    if len(parts) > 1:
        raise wrong(file="is given more than once")
    data: bytes = parts[0].read()
    return data


def _refused(done: Taken) -> Invalid:
    """Nothing was taken in: each bad line, as far as they can be told."""
    bad = [row for row in done.rows if row.errors]
    told = {f"line {row.line}": "; ".join(row.errors) for row in bad[:TOLD]}
    return Invalid({"file": f"{len(bad)} of {len(done.rows)} rows are bad; nothing was taken in", **told})


def _body(mode: str, done: Taken) -> BulkBody:
    rows = [_row(row) for row in done.rows]
    counts = Counter(row.result for row in rows)
    return BulkBody(
        mode=mode, created=counts["created"], updated=counts["updated"], unchanged=counts["unchanged"],
        failed=counts["failed"], rows=rows,
    )  # fmt: skip


def _row(row: PlannedPerson) -> RowBody:
    result = "failed" if row.errors else RESULTS[row.action]
    return RowBody(line=row.line, email=row.email, result=result, errors=list(row.errors))

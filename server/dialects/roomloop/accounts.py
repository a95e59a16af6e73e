"""Accounts: the list, one, a new one, a change. Files of them are in bulk.py.

Decisions:
- The page has the list and a new one; one account, and a change of one, are ours. Nobody is deleted here: who leaves is
  made inactive, and bookings keep their owner; to erase somebody is `lintel person erase`.
- A name is one text here and first and last name in the house: the last word is the last name, unless the name is what
  it was.
- Everybody may read their own account; the others are for admin and staff, changes and new ones for admin.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from server.core.errors import Refused, Unknown
from server.core.people import TEXTS, Account, Filters, Person, full_name, parted
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.roomloop.desk import Desk
from server.dialects.roomloop.errors import wrong
from server.dialects.roomloop.pages import Listed, Page, Strict, cursor
from server.dialects.roomloop.roles import ROLES, WORDS
from server.dialects.roomloop.wire import account_id, account_number, stamp

routes = Routes("accounts")
Text = Annotated[str, StringConstraints(max_length=TEXTS["department"])]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=TEXTS["email"])]
RoleWord = Literal["admin", "staff", "teacher", "member"]
StatusWord = Literal["active", "awaiting", "inactive"]
TAKEN = {
    "email_taken": ("email", "belongs to another account"),
    "login_taken": ("email", "is the login of another account"),
}
"""Refusals that are about a field here: the page answers them with 400."""


class AccountsQuery(Page):
    """Which accounts."""

    department: str = Field(default="", max_length=TEXTS["department"], description="Exactly this one")
    role: RoleWord | None = Field(default=None, description="member is another word for teacher")
    status: StatusWord | None = None


class NewAccount(Strict):
    """An account to be made."""

    name: Name
    email: Email
    department: Text = ""
    role: RoleWord = "teacher"


class AccountEdit(Strict):
    """What to change of an account; what is absent stays."""

    name: Name | None = None
    email: Email | None = None
    department: Text | None = None
    role: RoleWord | None = None
    status: StatusWord | None = Field(default=None, description="inactive: sessions and keys end at once")


class AccountBody(BaseModel):
    """An account."""

    id: str
    name: str
    email: str
    department: str
    role: str = Field(description="admin, staff or teacher")
    status: str = Field(description="active, awaiting or inactive")
    created_at: str | None


def account_body(it: Person) -> AccountBody:
    return AccountBody(
        id=account_id(it.number), name=it.name, email=it.email, department=it.department, role=WORDS[it.role],
        status=it.account.value, created_at=stamp(it.made_at) if it.made_at is not None else None,
    )  # fmt: skip


@routes(
    "GET", "/accounts", scope="read", summary="The accounts, by number", answers={200: Listed[AccountBody]},
    errors=(503,),
)  # fmt: skip
def list_accounts(desk: Desk, call: Call, query: AccountsQuery) -> Listed[AccountBody]:
    role = ROLES[query.role].value if query.role else ""
    filters = Filters(role=role, account=query.status or "", department=query.department)
    after = max(query.after[0], 0) if query.after else 0
    found = desk.engine.people.page(filters, call.actor, after=after, limit=query.limit)
    last = found[-1].number if len(found) == query.limit else None
    more = last is not None and desk.engine.people.page(filters, call.actor, after=last, limit=1)
    return Listed(data=[account_body(it) for it in found], next_cursor=cursor((last, 0) if last and more else None))


@routes(
    "POST", "/accounts", scope="admin", summary="Provision an account", answers={201: AccountBody},
    errors=(400, 503, 507), detail="They sign in with Google, or as the house lets people in.",
)  # fmt: skip
def create_account(desk: Desk, call: Call, body: NewAccount) -> Answer:
    first, last = parted(body.name)
    fresh = Person(0, body.email, "", first, last, role=ROLES[body.role], department=body.department)
    with in_fields():
        made = desk.engine.people.add(fresh, call.actor)
    return Answer(account_body(made), 201, {"Location": call.link("/accounts/{}", account_id(made.number))})


@routes(
    "GET", "/accounts/<account>", scope="read", summary="One account", answers={200: AccountBody},
    errors=(400, 404, 503),
)  # fmt: skip
def get_account(desk: Desk, call: Call, account: str) -> AccountBody:
    return account_body(desk.engine.people.get(named(account), call.actor))


@routes(
    "PATCH", "/accounts/<account>", scope="admin", summary="Change an account", answers={200: AccountBody},
    errors=(404, 503, 507), detail="An admin's; inactive ends all sessions and keys.",
)  # fmt: skip
def change_account(desk: Desk, call: Call, account: str, body: AccountEdit) -> AccountBody:
    people, number = desk.engine.people, named(account)
    given = body.model_dump(exclude_none=True)
    if not given:
        raise wrong(body="must name something to change")
    fields = _fields(given, people.get(number, call.actor))
    with in_fields("status" if "status" in given else "role"):
        return account_body(people.change(number, call.actor, **fields))


def named(text: str) -> int:
    """The number of the person that a path names; Unknown where it can be nobody's."""
    if (number := account_number(text)) is None:
        raise Unknown("person", text)
    return number


@contextmanager
def in_fields(leaving: str = "role") -> Iterator[None]:
    """Tells a refusal that is about a field as a 400 that names it. `leaving`: which of an admin who leaves."""
    try:
        yield
    except Refused as error:
        taken = {**TAKEN, "last_admin": (leaving, "nobody would be left who may administer")}
        told = dict(taken[it.code] for it in reversed(error.objections) if it.code in taken)  # the first one stays
        if not told:
            raise
        raise wrong(**told) from None


def _fields(given: dict[str, Any], it: Person) -> dict[str, Any]:
    told: dict[str, Any] = {name: given[name] for name in ("email", "department") if name in given}
    if "name" in given and given["name"] not in (it.name, full_name(it)):
        told["first_name"], told["last_name"] = parted(given["name"])
    if "role" in given:
        told["role"] = ROLES[given["role"]].value
    if "status" in given:
        told["account"] = Account(given["status"]).value
    return told

"""Accounts: one's own, whatever number the path says, and one that somebody makes for themselves.

Decision: the number in the path is not looked at, as there; nobody reaches another's account here. A user name and an
e-mail address are what a sign-in goes by, so only administrators change them (as everywhere in this house); sent as
they are they do no harm.
"""

from typing import Any

from server.core.access import may
from server.core.people import Person
from server.dialects.kit.app import Call
from server.dialects.kit.route import Answer, Routes
from server.dialects.librebooking import person
from server.dialects.librebooking.asked import called
from server.dialects.librebooking.auth import TOKEN
from server.dialects.librebooking.desk import Desk
from server.dialects.librebooking.errors import Unfit
from server.dialects.librebooking.links import links
from server.dialects.librebooking.person import Added, Changed, Needed, changes
from server.dialects.librebooking.resource_body import AttributeValue
from server.dialects.librebooking.shape import Choice, Given, Id, Model

ADMINISTRATORS = "{} can only be changed by an administrator"


class AccountAdded(Added):
    """An account to be made."""

    acceptTermsOfService: Choice = None


class AccountChanged(Changed):
    """One's own account as it is to be."""

    language: str | None = None


class OwnPassword(Given):
    """The password that there is, and the one that is to be."""

    currentPassword: Needed
    newPassword: Needed


class AccountBody(Model):
    """One's own account."""

    userId: Id
    firstName: str
    lastName: str
    emailAddress: str
    userName: str
    language: str
    timezone: str
    phone: str
    organization: str
    position: str
    customAttributes: list[AttributeValue]
    icsUrl: str | None


class AccountSaved(Model):
    """The account that was made or changed."""

    userId: int


routes = Routes("Accounts")


@routes(
    "POST", "/Accounts", scope="public", summary="Creates a user account", answers={201: AccountSaved},
    errors=(401, 429, 503),
)  # fmt: skip
def create_account(desk: Desk, call: Call, body: AccountAdded) -> Answer:
    """An account of one's own, where the house lets people make them; it does not sign in."""
    it = Person(0, **{"email": "", "login": "", **changes(body)})
    address = call.request.remote_addr or ""
    made = desk.engine.people.register(it, body.password, address=address)
    return Answer(_saved(call, made.number), 201)


@routes(
    "GET", "/Accounts/<userId>", scope="read", summary="Gets one's own account", answers={200: AccountBody}
)  # fmt: skip
def get_account(desk: Desk, call: Call, userId: str) -> AccountBody:
    """One's own account, whatever the number."""
    it = desk.me(call.actor)
    fields = person.attributes_for(desk.engine.house.now().of("person"), call.actor)
    return AccountBody(
        links=links(call, "get_user_account update_user_account update_password", it.number), userId=it.number,
        firstName=it.first_name, lastName=it.last_name, emailAddress=it.email, userName=it.login,
        language=person.LANGUAGES[it.language], timezone=it.zone or desk.zone, phone=it.phone,
        organization=it.organization, position=it.position, icsUrl=None,
        customAttributes=person.attribute_values(it, fields),
    )  # fmt: skip


@routes(
    "POST", "/Accounts/<userId>", scope="read", summary="Updates one's own account", answers={200: AccountSaved}
)  # fmt: skip
def update_account(desk: Desk, call: Call, userId: str, body: AccountChanged) -> AccountSaved:
    """One's own account as it is to be."""
    me = desk.me(call.actor)
    fields = {name: value for name, value in changes(body).items() if getattr(me, name) != value}
    if not may(call.actor, "people"):
        _check_own(fields)
    desk.engine.people.change(me.number, call.actor, **fields)
    return _saved(call, me.number)


@routes(
    "POST", "/Accounts/<userId>/Password", scope="read", summary="Sets one's own password", answers={200: AccountSaved},
    errors=(429,),
)  # fmt: skip
def update_password(desk: Desk, call: Call, userId: str, body: OwnPassword) -> AccountSaved:
    """Another password; all other sessions end."""
    number, kept = desk.me(call.actor).number, call.request.headers.get(TOKEN, "")
    with called(password="newPassword"):
        desk.engine.credentials.set_password(
            number, call.actor, body.newPassword, current=body.currentPassword, keep=kept
        )  # fmt: skip
    return _saved(call, number)


def _check_own(fields: dict[str, Any]) -> None:
    named = [theirs for theirs in ("emailAddress", "userName") if person.FIELDS[theirs] in fields]
    if named:
        raise Unfit(*(ADMINISTRATORS.format(it) for it in named))


def _saved(call: Call, number: int) -> AccountSaved:
    return AccountSaved(userId=number, links=links(call, "get_user_account update_user_account", number))

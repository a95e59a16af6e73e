"""People as LibreBooking writes them and as its clients write them.

Decisions:
- Languages are LibreBooking's codes for ours; one that we do not speak is English, for a client that names its own
  language is not to fail.
- Who has said no time zone is told the house's.
- A user whom the asker may not see is not there (404), as where LibreBooking hides its users.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from server.core.access import Actor, Level, may
from server.core.errors import Invalid
from server.core.people import Account, Person
from server.core.places import Attribute
from server.dialects.librebooking.resource_body import AttributeValue
from server.dialects.librebooking.shape import MOST, Given, Id, Model
from server.dialects.librebooking.values import AttributeAsk, values_of

LANGUAGES = {"en": "en_us", "de": "de_de", "fr": "fr_fr", "es": "es", "nl": "du_nl", "ja": "ja_jp"}
STATUSES = {Account.ACTIVE: 1, Account.AWAITING: 2, Account.INACTIVE: 3}
FIELDS = {
    "firstName": "first_name", "lastName": "last_name", "emailAddress": "email", "userName": "login",
    "language": "language", "timezone": "zone", "phone": "phone", "organization": "organization",
    "position": "position", "statusId": "account", "reservationColor": "color", "customAttributes": "attributes",
}  # fmt: skip
"""Ours for theirs."""
_LANGUAGE = re.compile(r"([a-z]{2})(?:_[a-z]{2})?", re.IGNORECASE)


def _needed(value: Any) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise PydanticCustomError("needed", "is required")
    return value


def _not_blank(value: Any) -> Any:
    return value if value is None else _needed(value)


def _number_of(value: Any) -> Any:
    """The number of what was read as a whole object before."""
    return value.get("id") if isinstance(value, dict) else value


def _numbers_of(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [number for it in value if (number := _number_of(it)) not in (None, 0, "", "0")]


Needed = Annotated[str, BeforeValidator(_needed)]
"""A text that must be there, and not blank."""

Kept = Annotated[str | None, BeforeValidator(_not_blank)]
"""A text that may be left out, but not be blank."""

GroupNumbers = Annotated[
    list[Annotated[int, Field(ge=1, le=MOST)]], Field(max_length=200), BeforeValidator(_numbers_of)
]
"""Numbers of groups; whole groups, as they are read, will do."""


class Changed(Given):
    """What is said of somebody; what is left out stays as it is."""

    firstName: Kept = None
    lastName: Kept = None
    emailAddress: Kept = None
    userName: Kept = None
    timezone: str | None = None
    phone: str | None = Field(default=None, validation_alias=AliasChoices("phone", "phoneNumber"))
    organization: str | None = None
    position: str | None = None
    customAttributes: list[AttributeAsk] | None = Field(default=None, max_length=500)


class Added(Changed):
    """Somebody new."""

    password: Needed
    language: Needed
    firstName: Needed
    lastName: Needed
    emailAddress: Needed
    userName: Needed
    timezone: Needed


class PersonBody(Model):
    """Somebody, in every answer about people."""

    id: Id
    userName: str
    firstName: str
    lastName: str
    emailAddress: str
    phoneNumber: str
    statusId: Id
    timezone: str
    organization: str
    position: str
    language: str
    customAttributes: list[AttributeValue]
    currentCredits: str
    reservationColor: str


def person_fields(it: Person, attributes: Iterable[Attribute], zone: str) -> dict[str, Any]:
    """The fields of PersonBody; `attributes` are those that the asker sees."""
    return {
        "id": it.number, "userName": it.login, "firstName": it.first_name, "lastName": it.last_name,
        "emailAddress": it.email, "phoneNumber": it.phone, "statusId": STATUSES[it.account],
        "timezone": it.zone or zone, "organization": it.organization, "position": it.position,
        "language": LANGUAGES[it.language], "customAttributes": attribute_values(it, attributes),
        "currentCredits": credits_of(it.credits), "reservationColor": it.color,
    }  # fmt: skip


def attribute_values(it: Person, attributes: Iterable[Attribute]) -> list[AttributeValue]:
    """A value for each attribute; None where there is none."""
    return [
        AttributeValue(id=field.number, label=field.label, value=it.attributes.get(field.number))
        for field in attributes
    ]


def attributes_for(attributes: Iterable[Attribute], actor: Actor) -> list[Attribute]:
    """The attributes of people that the asker sees."""
    manages = may(actor, "people.see")
    return [it for it in attributes if manages or not it.admin_only]


def credits_of(hundredths: int) -> str:
    """2.50."""
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole}.{rest:02}"


def changes(told: Changed) -> dict[str, Any]:
    """Our fields for what was said."""
    said = {name: getattr(told, name) for name in FIELDS if getattr(told, name, None) is not None}
    bad: dict[str, str] = {}
    if "customAttributes" in said:
        said["customAttributes"] = values_of(said["customAttributes"])
    if "language" in said:
        said["language"] = _language(said["language"], bad)
    if "statusId" in said:
        said["statusId"] = _status(said["statusId"], bad)
    for name in ("firstName", "lastName", "emailAddress", "userName", "timezone"):
        if name in said:
            said[name] = said[name].strip()
    if bad:
        raise Invalid(bad)
    return {FIELDS[name]: value for name, value in said.items()}


def _language(text: str, bad: dict[str, str]) -> str:
    found = _LANGUAGE.fullmatch(text.strip())
    if found is None:
        bad["language"] = "must be a code such as en_us"
        return ""
    code = {"du": "nl"}.get(found[1].lower(), found[1].lower())
    return code if code in LANGUAGES else "en"


def _status(number: int, bad: dict[str, str]) -> str:
    for account, known in STATUSES.items():
        if known == number:
            return account.value
    bad["statusId"] = "must be 1 (active), 2 (awaiting) or 3 (inactive)"
    return ""


def rooms_at(levels: Mapping[int, Level], least: Level) -> list[int]:
    """The rooms in which a level is that or more."""
    return [room for room, level in sorted(levels.items()) if level >= least]

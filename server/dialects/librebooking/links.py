"""The links that objects carry: each has the name of a route for its title, which clients look for."""

from urllib.parse import quote

from server.dialects.kit.app import Call
from server.dialects.librebooking.shape import Link

PATHS = {
    "login": "/Authentication/Authenticate",
    "logout": "/Authentication/SignOut",
    "get_accessory": "/Accessories/{}",
    "all_custom_attributes": "/Attributes/Category/{}",
    "get_custom_attribute": "/Attributes/{}",
    "update_custom_attribute": "/Attributes/{}",
    "delete_custom_attribute": "/Attributes/{}",
    "get_group": "/Groups/{}",
    "update_group": "/Groups/{}",
    "delete_group": "/Groups/{}",
    "get_reservation": "/Reservations/{}",
    "update_reservation": "/Reservations/{}",
    "approve_reservation": "/Reservations/{}/Approval",
    "get_resource": "/Resources/{}",
    "update_resource": "/Resources/{}",
    "get_schedule": "/Schedules/{}",
    "get_user": "/Users/{}",
    "update_user": "/Users/{}",
    "update_password": "/Accounts/{}/Password",
    "get_user_account": "/Accounts/{}",
    "update_user_account": "/Accounts/{}",
}
"""Where each title leads, below the mount."""


def link(call: Call, title: str, *parts: int | str) -> Link:
    """The link of that title; `parts` fill its path. KeyError for a title that is none."""
    return Link(href=href(call, title, *parts), title=title)


def href(call: Call, title: str, *parts: int | str) -> str:
    """Where the link of that title leads."""
    return call.base + PATHS[title].format(*map(_quoted, parts))


def _quoted(part: int | str) -> str:
    text = str(part)
    return text if text.isalnum() and text.isascii() else quote(text, safe="")


def links(call: Call, titles: str, *parts: int | str) -> list[Link]:
    """The links of these titles, with blanks between, all about the same thing."""
    return [link(call, title, *parts) for title in titles.split()]

"""A client of LibreBooking's web services, written from their documentation alone: the standard library, and nothing of
the server.

Numbers are taken as they come and sent back as they were, and a list in a list for what is in it, so it stands both
shapes.
"""

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode, urljoin


class Refused(Exception):
    """An answer that is no success: its status, its message and its sentences."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body.get('message')} {body.get('errors', '')}")
        self.status = status
        self.errors: list[str] = body.get("errors") or []


class LibreBooking:
    """One user at one installation; `base` ends with Web/Services or Web/Services/index.php."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.user: Any = None
        self.token = ""

    def sign_in(self, username: str, password: str) -> bool:
        """Whether they are who they say; what secure calls need is kept."""
        told = self._ask("POST", "/Authentication/Authenticate", {"username": username, "password": password})
        if told["isAuthenticated"]:
            self.user, self.token = told["userId"], told["sessionToken"]
        return bool(told["isAuthenticated"])

    def sign_out(self) -> None:
        self._ask("POST", "/Authentication/SignOut", {"userId": self.user, "sessionToken": self.token})

    def resources(self) -> list[Any]:
        return list(self._ask("GET", "/Resources/")["resources"])

    def available(self, at: str) -> list[str]:
        """The names of the resources that are free then."""
        found = self._ask("GET", "/Resources/Availability", dateTime=at)["resources"]
        flat = found[0] if found and isinstance(found[0], list) else found
        return [it["resource"]["name"] for it in flat if it["available"]]

    def reservations(self, start: str, end: str, **filters: Any) -> list[Any]:
        return list(self._ask("GET", "/Reservations/", startDateTime=start, endDateTime=end, **filters)["reservations"])

    def reservation(self, reference: str) -> Any:
        return self._ask("GET", f"/Reservations/{reference}")

    def reserve(self, resource: Any, start: str, end: str, title: str, **more: Any) -> Any:
        body = {
            "resourceId": resource, "startDateTime": start, "endDateTime": end, "title": title, "userId": self.user,
            "description": "", "accessories": [], "customAttributes": [], "invitees": [], "participants": [],
            "startReminder": None, "endReminder": None, "allowParticipation": False, **more,
        }  # fmt: skip
        return self._ask("POST", "/Reservations/", body)

    def delete(self, reference: str, scope: str) -> Any:
        return self._ask("DELETE", f"/Reservations/{reference}", updateScope=scope)

    def act(self, reference: str, what: str) -> Any:
        """Approval, CheckIn or CheckOut."""
        return self._ask("POST", f"/Reservations/{reference}/{what}")

    def slots(self, schedule: Any, resource: Any, start: str, end: str) -> list[Any]:
        """The slots of one resource, of all dates."""
        path, asked = (
            f"/Schedules/{schedule}/Slots",
            {"resourceId": resource, "startDateTime": start, "endDateTime": end},
        )
        dates = self._ask("GET", path, **asked)["dates"]
        return [slot for day in dates for it in day["resources"] for slot in it["slots"]]

    def follow(self, links: list[Any], title: str) -> Any:
        """The answer at the link of that title."""
        href = next(it["href"] for it in links if it["title"] == title)
        return self._open("GET", urljoin(self.base, href), None)

    def _ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        return self._open(method, self.base + path + (f"?{urlencode(query)}" if query else ""), body)

    def _open(self, method: str, url: str, body: Any) -> Any:
        headers = {"X-Booked-SessionToken": self.token, "X-Booked-UserId": str(self.user)} if self.token else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(error.code, json.loads(error.read())) from None
        return json.loads(text) if text else None

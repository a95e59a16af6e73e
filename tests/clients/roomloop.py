"""A client of the RoomLoop REST API, written from its one page alone: the standard library, and nothing of the server.

What the page does not show (the wrapping of lists) is taken as it comes.
"""

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode


class Refused(Exception):
    """An error of the page's table: its status, its code, and the rule that failed, where one did."""

    def __init__(self, status: int, body: bytes) -> None:
        error = json.loads(body)["error"]
        super().__init__(f"{status} {error['code']}: {error.get('message', '')}")
        self.status = status
        self.code: str = error["code"]
        self.rule: str = error.get("rule", "")


class RoomLoop:
    """One account at one school. `token`: an API key, or what `sign_in` got."""

    def __init__(self, base: str, token: str = "") -> None:
        self.base = base.rstrip("/")
        self.token = token

    def sign_in(self, id_token: str) -> None:
        """Exchanges a Google ID token for a session."""
        self.token = self._json("POST", "/v1/auth/google", {"id_token": id_token})["token"]

    def sign_out(self) -> None:
        self._json("POST", "/v1/auth/logout")

    def facilities(self, **filters: str) -> list[Any]:
        return self._list("/v1/facilities", filters)

    def facility(self, name: str) -> Any:
        return self._json("GET", f"/v1/facilities/{name}")

    def free_slots(self, facility: str, date: str) -> list[int]:
        found = self._json("GET", f"/v1/facilities/{facility}/availability?date={date}")
        return [it["slot"] for it in found["slots"] if it["available"]]

    def update_facility(self, name: str, **fields: Any) -> Any:
        return self._json("PATCH", f"/v1/facilities/{name}", fields)

    def reserve(self, facility: str, date: str, first: int, last: int, purpose: str) -> Any:
        body = {
            "facility_id": facility, "date": date, "start_slot": first, "end_slot": last, "purpose": purpose,
        }  # fmt: skip
        return self._json("POST", "/v1/reservations", body, status=201)

    def reservations(self, **filters: str) -> list[Any]:
        named = {"from" if name == "since" else name: value for name, value in filters.items()}
        return self._list("/v1/reservations", named)

    def change(self, reservation: str, **fields: str) -> Any:
        return self._json("PATCH", f"/v1/reservations/{reservation}", fields)

    def delete(self, reservation: str) -> None:
        self._json("DELETE", f"/v1/reservations/{reservation}")

    def accounts(self, **filters: str) -> list[Any]:
        return self._list("/v1/accounts", filters)

    def provision(self, **fields: str) -> Any:
        return self._json("POST", "/v1/accounts", fields, status=201)

    def bulk(self, csv: bytes) -> Any:
        """Uploads accounts as multipart/form-data with a `file` field."""
        edge = "a7f3-edge"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
        body = head.encode() + b"Content-Type: text/csv\r\n\r\n" + csv + f"\r\n--{edge}--\r\n".encode()
        return json.loads(self._send("POST", "/v1/accounts/bulk", body, f"multipart/form-data; boundary={edge}"))

    def download(self, path: str, **filters: str) -> bytes:
        return self._send("GET", path + (f"?{urlencode(filters)}" if filters else ""))

    def usage(self, since: str, to: str) -> Any:
        return self._json("GET", f"/v1/reports/usage?from={since}&to={to}")

    def register(self, url: str, *events: str) -> Any:
        """Registers a webhook."""
        return self._json("POST", "/v1/webhooks", {"url": url, "events": list(events)}, status=201)

    def _list(self, path: str, filters: dict[str, str]) -> list[Any]:
        found = self._json("GET", path + (f"?{urlencode(filters)}" if filters else ""))
        return found if isinstance(found, list) else next(it for it in found.values() if isinstance(it, list))

    def _json(self, method: str, path: str, body: Any = None, *, status: int | None = None) -> Any:
        sent = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        answer = self._send(method, path, sent, "application/json", status=status)
        return json.loads(answer) if answer else None

    def _send(
        self, method: str, path: str, body: bytes | None = None, kind: str = "", *, status: int | None = None
    ) -> bytes:
        request = urllib.request.Request(self.base + path, body, method=method)
        if body is not None:
            request.add_header("Content-Type", kind)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                assert status in (None, answer.status), f"{method} {path} answered {answer.status}"
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read()) from None

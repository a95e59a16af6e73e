"""From a sheet of words to a message: headers, text, HTML and calendar part.

Decisions:
- Text and HTML are two layouts of one sheet. The calendar part is in it twice, as programs differ: as an alternative
  of the text (Outlook, Gmail, Apple) and attached as invite.ics (the others).
- The Message-ID is the letter's from the beginning: whoever gets a letter twice gets it twice with one Message-ID.
- Every text that people wrote goes through the `email` package's header objects, with what would end a line taken out
  before: no name or title can become a header.
- Auto-Submitted and X-Auto-Response-Suppress keep absence notes from answering.
"""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from server.core.letters import CalendarPart, Kept
from server.engine.ical.event import line
from server.engine.ical.invitation import written as calendar
from server.work.letters.wording import Sheet

LONGEST_SUBJECT = 200
ICS = "invite.ics"


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose letters they are: the address, the name before it, and where answers go ("" to the address)."""

    address: str
    name: str = "Lintel"
    reply_to: str = ""

    @property
    def domain(self) -> str:
        return routed(self.address).rpartition("@")[2]


def written(it: Kept, sheet: Sheet, sender: Sender, now: datetime) -> EmailMessage:
    """The message as it is handed over. Raises ValueError for an address that no header can carry."""
    letter = it.letter
    out = EmailMessage(policy=SMTPUTF8)
    out["From"] = _address(sender.name, sender.address)
    out["To"] = _address(str(letter.data.get("name", "")), letter.address)
    out["Subject"] = _plain(sheet.subject)[:LONGEST_SUBJECT]
    out["Date"] = format_datetime(now)
    out["Message-ID"] = f"<{it.message_id}@{sender.domain}>"
    if sender.reply_to:
        out["Reply-To"] = _address("", sender.reply_to)
    out["Auto-Submitted"] = "auto-generated"
    out["X-Auto-Response-Suppress"] = "All"
    page = _templates()
    out.set_content(page.get_template("letter.txt").render(it=sheet), cte="quoted-printable")
    out.add_alternative(page.get_template("letter.html").render(it=sheet, language=letter.language), subtype="html",
                        cte="quoted-printable")  # fmt: skip
    _file(out, it, sender)
    out["Content-Language"] = letter.language  # last: what is put together moves such headers into its first part
    return out


def _file(out: EmailMessage, it: Kept, sender: Sender) -> None:
    told = it.letter.data.get("calendar")
    if not told:
        return
    part = CalendarPart(told["method"], told["events"], tuple(told["zones"]))
    data = it.letter.data
    host = str(data.get("host") or sender.name)
    body = calendar(part, organizer=sender.address, host=host, attendee=it.letter.address,
                    name=str(data.get("name", "")), comes=data.get("role") == "host")  # fmt: skip
    if body:
        out.add_alternative(body.decode(), subtype="calendar", params={"method": part.method}, cte="base64")
        out.add_attachment(body, maintype="application", subtype="ics", filename=ICS)


def routed(address: str) -> str:
    """The address as mail servers route it: its domain in ASCII. Raises ValueError where the domain is none."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise ValueError("no domain") from error


def _address(name: str, address: str) -> Address:
    local, _, domain = routed(address).rpartition("@")
    return Address(_plain(name), username=local, domain=domain)


def _plain(text: str) -> str:
    """A text as one line of a header."""
    return " ".join(line(text).split())


@lru_cache(maxsize=1)
def _templates() -> Environment:
    folder = Path(__file__).parent / "templates"
    made = Environment(
        loader=FileSystemLoader(folder), autoescape=lambda name: (name or "").endswith(".html"),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        auto_reload=False,  # an update lays new files beside a server that still runs with the words of before
    )  # fmt: skip
    made.filters["whole"] = lambda text: str(text).replace("–", "\u2060–\u2060")  # a time is not broken in two
    return made

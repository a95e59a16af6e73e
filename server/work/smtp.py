"""One conversation with the house's mail server, and what its answers mean for a letter.

Decisions:
- TLS that is asked for is had or nothing is sent: a server that does not offer STARTTLS, or whose certificate does not
  hold, is as good as away. The certificate is checked against the machine's authorities, or the house's own.
- What is wrong with one address (5xx to RCPT) or one letter is that letter's; what is wrong with us (no connection, no
  sign-in, sender refused for good) is the server's, and no letter is held to have failed by it.
- Errors are kept as the server's code and words, cut and without line ends; never what the letter said.
"""

import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from types import TracebackType

TIMEOUT = 30.0
"""Seconds that the server may take for any one answer."""
PORTS = {"starttls": 587, "tls": 465, "none": 25}


class Away(Exception):
    """The server cannot be used at present, for any letter."""


class Later(Exception):
    """This letter may be taken another time."""


class Never(Exception):
    """This letter will not be taken."""


class Lost(Exception):
    """Somebody else has the letter in hand by now."""


Still = Callable[[], bool]


def always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Server:
    """How to reach it. `security`: starttls, tls or none. `ca`: a file with the house's own authority, or ""."""

    host: str
    port: int = 0
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    ca: str = ""
    timeout: float = TIMEOUT


class Conversation:
    """A connection, made when the first letter is sent and kept for the next ones."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> "Conversation":
        return self

    def __exit__(self, kind: type[BaseException] | None, it: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def send(self, message: EmailMessage, sender: str, to: str, still: Still = always) -> None:
        """Hands a letter over; returns once the server has taken it. Raises Away, Later or Never.

        `still` is asked last before the letter itself goes out; if it is no more to be sent, Lost.
        """
        smtp = self._smtp or self._open()
        try:
            _hand_over(smtp, message, sender, to, still)
        except (Lost, Never):
            self._forget(smtp)
            raise
        except smtplib.SMTPServerDisconnected as error:
            self.close()
            raise Later("the server hung up") from error
        except (OSError, smtplib.SMTPException) as error:
            if not isinstance(error, smtplib.SMTPException) or getattr(error, "smtp_code", 0) == 421:
                self.close()
            else:
                self._forget(smtp)
            raise _meaning(error) from error

    def _forget(self, smtp: smtplib.SMTP) -> None:
        """Takes back what was begun, so that the next letter can be."""
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def close(self) -> None:
        """Ends the conversation politely, if there is one."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            smtp.quit()
        except (OSError, smtplib.SMTPException):
            smtp.close()

    def _open(self) -> smtplib.SMTP:
        it = self._server
        try:
            context = ssl.create_default_context(cafile=it.ca or None)
            port = it.port or PORTS[it.security]
            if it.security == "tls":
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(it.host, port, timeout=it.timeout, context=context)
            else:
                smtp = smtplib.SMTP(it.host, port, timeout=it.timeout)
            try:
                self._greet(smtp, context)
            except BaseException:
                smtp.close()
                raise
        except ssl.SSLCertVerificationError as error:
            raise Away(f"certificate: {error.verify_message}") from error
        except ssl.SSLError as error:
            raise Away(f"tls: {error.reason or 'failed'}") from error
        except smtplib.SMTPAuthenticationError as error:
            raise Away(f"sign-in: {_said(error.smtp_code, error.smtp_error)}") from error
        except smtplib.SMTPNotSupportedError as error:
            raise Away("the server does not offer what is asked for: TLS or sign-in") from error
        except smtplib.SMTPResponseException as error:
            raise Away(_said(error.smtp_code, error.smtp_error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Away(f"no connection: {_named(error)}") from error
        self._smtp = smtp
        return smtp

    def _greet(self, smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
        smtp.ehlo_or_helo_if_needed()
        if self._server.security == "starttls":
            smtp.starttls(context=context)  # raises where it is not offered
            smtp.ehlo()
        if self._server.user:
            smtp.login(self._server.user, self._server.password)


def _hand_over(smtp: smtplib.SMTP, message: EmailMessage, sender: str, to: str, still: Still) -> None:
    plain = sender.isascii() and to.isascii()
    if not plain and not smtp.has_extn("smtputf8"):
        raise Never("553 the mail server takes no address with such letters (SMTPUTF8)")
    options = [] if plain else ["SMTPUTF8", "BODY=8BITMIME"]
    data = message.as_bytes(policy=SMTP if plain else SMTPUTF8)
    if smtp.has_extn("size"):
        options.append(f"SIZE={len(data)}")
    code, said = smtp.mail(sender, options)
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, said, sender)
    code, said = smtp.rcpt(to)
    if code not in (250, 251):
        raise smtplib.SMTPRecipientsRefused({to: (code, said)})
    if not still():
        raise Lost("in other hands")
    code, said = smtp.data(data)
    if code != 250:
        raise smtplib.SMTPDataError(code, said)


def _meaning(error: Exception) -> Exception:
    """Whose fault it is."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _by_code(code, text)
    if isinstance(error, smtplib.SMTPSenderRefused):
        said = _said(error.smtp_code, error.smtp_error)
        return Away(f"sender: {said}") if error.smtp_code >= 500 else Later(said)
    if isinstance(error, smtplib.SMTPResponseException):
        return _by_code(error.smtp_code, error.smtp_error)
    return Later(_named(error))


def _by_code(code: int, text: bytes | str) -> Exception:
    return Never(_said(code, text)) if code >= 500 else Later(_said(code, text))


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    clean = "".join(char if char.isprintable() else " " for char in words)
    return f"{code} {' '.join(clean.split())}"[:300]


def _named(error: Exception) -> str:
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return "it does not answer in time"
    if isinstance(error, socket.gaierror):
        return "nobody knows the name of the server"
    return getattr(error, "strerror", None) or type(error).__name__

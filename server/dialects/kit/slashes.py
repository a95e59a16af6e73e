"""Paths whose slashes are not counted: doubled ones are one, and one at the end is none.

For vendors whose clients join base and path either way; answered as it is rather than by a redirect, for a POST that is
redirected is not sent again by everybody.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SEVERAL = re.compile("//+")


def any_slashes(inner: "WSGIApplication") -> "WSGIApplication":
    """The application, asked for the plain path."""

    def asked(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ["PATH_INFO"] = _SEVERAL.sub("/", environ.get("PATH_INFO", "")).rstrip("/") or "/"
        return inner(environ, start_response)

    return asked

"""What a signed request says, as one text, and whether its signature is right. Pure.

HMAC-SHA1 over the path and the parameters, keyed by the text of the secret; hexadecimal, lower case. The parameters are
those of the query or, of a POST, of the form: each under the lower case of its name, in the order of these names, the
values of one name in their own order; `signature` itself and what is empty take no part.

Decision: clients sign what they have written, we what we have read, so the text is made anew from the parameters. Two
of their libraries write a tilde differently (Python `~`, PHP `%7E`), and some sign the path below the address of the
server, some with the folder it is mounted in. Any of these is right: each is a text that only who has the secret signs.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

LENGTH = 40


def texts(path: str, given: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The texts that may have been signed; `path` is decoded, `given` has all values of each parameter."""
    pairs = [
        (name.lower(), value)
        for name, values in sorted(given.items(), key=lambda it: it[0].lower())
        if name.lower() != "signature"
        for value in sorted(values)
        if value
    ]
    if not pairs:
        return (path,)
    query = urlencode(pairs, errors="replace")
    plain = f"{path}?{query}"
    return (plain, f"{path}?{query.replace('~', '%7E')}") if "~" in query else (plain,)


def sign(secret: str, text: str) -> str:
    """The signature of a text."""
    return hmac.new(secret.encode(), text.encode("utf-8", "replace"), "sha1").hexdigest()


def right(signature: str, secret: str, paths: Iterable[str], given: Mapping[str, Sequence[str]]) -> bool:
    """Whether the signature is one of these parameters at one of these paths. As long for a wrong one as for another.

    In either case of the letters, for they are a number.
    """
    sent = signature.lower().encode("utf-8", "replace")
    found = [hmac.compare_digest(sent, sign(secret, text).encode()) for path in paths for text in texts(path, given)]
    return any(found)

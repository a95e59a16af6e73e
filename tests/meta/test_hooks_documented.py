"""Every type of message to a webhook is in its manual, and every one in the manual exists."""

import re

from server.core.hook_events import types
from tests.meta.tree import ROOT


def test_every_type_of_message_is_documented_and_no_other() -> None:
    text = (ROOT / "docs/webhooks.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", text, re.MULTILINE)
    assert sorted(table) == list(types())

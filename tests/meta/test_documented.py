"""What a person can set, call or type is written down: a setting, command or option that is not fails here."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

from kiosk.cli import main as kiosk
from kiosk.settings import Settings as PanelSettings
from server.cli import main as lintel
from server.settings import Settings, shown

DOCS = Path(__file__).parents[2] / "docs"
EVERYWHERE = {"--data", "--config", "--json", "--help", "-h", "--version"}


def commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Each command that does something, with its whole name."""
    if isinstance(command, click.Group):
        for part, inner in command.commands.items():
            yield from commands(f"{name} {part}", inner)
    else:
        yield name, command


ALL = dict([*commands("lintel", lintel), *commands("lintel-kiosk", kiosk)])


def section(text: str, title: str) -> str:
    """What stands under a heading of the third level."""
    found = re.search(rf"^### `{re.escape(title)}`\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def undocumented_options(command: click.Command, text: str) -> list[str]:
    """The options of a command that its section does not name."""
    options = {opt for p in command.params if isinstance(p, click.Option) for opt in (*p.opts, *p.secondary_opts)}
    return sorted(opt for opt in options - EVERYWHERE if not re.search(rf"`[^`]*{re.escape(opt)}\b", text))


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_command_and_option_is_documented(name: str) -> None:
    text = section((DOCS / "commands.md").read_text(), name)
    assert text.strip(), f"docs/commands.md says nothing of `{name}`"
    if name.endswith(" change") and "he same options" in text:
        text += section((DOCS / "commands.md").read_text(), name.removesuffix("change") + "add")
    assert undocumented_options(ALL[name], text) == []


def test_no_command_is_documented_that_is_not_there() -> None:
    told = re.findall(r"^### `([^`]+)`", (DOCS / "commands.md").read_text(), re.MULTILINE)
    assert sorted(told) == sorted(ALL)


@pytest.mark.parametrize("name", [shown(f.name) for f in fields(Settings)])
def test_every_setting_of_the_server_is_documented_with_its_default(name: str) -> None:
    text = (DOCS / "settings.md").read_text()
    row = re.search(rf"^\| `{re.escape(name)}` \|([^|]*)\|([^|]*)\|", text, re.MULTILINE)
    assert row is not None, f"docs/settings.md says nothing of `{name}`"
    default = str(getattr(Settings(), name.replace(".", "__")))
    default = default.lower() if default in ("True", "False") else default
    assert f"`{default}`" in row[1] if default else row[1].strip()


def test_every_setting_of_the_panel_is_documented() -> None:
    text = (DOCS / "settings.md").read_text().partition("## The panel")[2]
    names = {f.name for f in fields(PanelSettings)} - {"host", "port", "rooms", "origins"} | {"listen", "room"}
    assert [name for name in sorted(names) if f"| `{name}` |" not in text] == []


def test_a_forgotten_option_would_be_found() -> None:
    command = click.Command("x", params=[click.Option(["--forgotten"]), click.Option(["--told"])])
    assert undocumented_options(command, "Takes `--told WHAT`.") == ["--forgotten"]

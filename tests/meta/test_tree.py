"""The tree keeps its own rules: sizes, first lines, nothing private, nothing unfinished."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.meta import checks, tree

LINES_WISHED, FUNCTION_WISHED, RARE = 300, 40, 0.1
SOURCES = (".py", ".js", ".mjs", ".css", ".html", ".sql", ".md")
PROGRAM = [path for path in tree.files(".py") if path.parts[0] in ("server", "kiosk")]
OWN_CHECKS = Path("tests/meta/checks.py")


def complaints(check: Callable[[Path, str], list[str]], paths: tuple[Path, ...] | list[Path]) -> list[str]:
    return [found for path in paths if (text := tree.text(path)) is not None for found in check(path, text)]


def test_the_tree_is_seen() -> None:
    assert {Path("server/__init__.py"), Path("kiosk/__init__.py")} <= set(tree.files(".py"))
    assert Path("Makefile") in tree.files()


def test_no_file_is_longer_than_its_kind_may_be() -> None:
    assert complaints(checks.oversize, tree.files()) == []


def test_no_function_is_too_long_to_read() -> None:
    assert complaints(checks.long_functions, tree.files(".py")) == []


def test_what_is_longer_than_wished_is_named_and_rare() -> None:
    long = [f"{path} has {n} lines" for path in tree.files(".py") if (n := _lines(path)) > LINES_WISHED]
    for path in PROGRAM:
        long += checks.long_functions(path, tree.text(path) or "", limit=FUNCTION_WISHED)
    if long:
        warnings.warn("longer than wished: " + "; ".join(long), stacklevel=1)
    assert len(long) <= len(tree.files(".py")) * RARE


def _lines(path: Path) -> int:
    return len((tree.text(path) or "").splitlines())


def test_every_module_begins_by_saying_what_it_is_for() -> None:
    assert complaints(checks.undescribed, tree.files(".py")) == []


def test_every_folder_of_the_program_is_a_package() -> None:
    folders = {path.parent for path in PROGRAM}
    assert [str(folder) for folder in sorted(folders) if folder / "__init__.py" not in PROGRAM] == []


def test_the_tests_have_no_package_markers() -> None:
    assert [path for path in tree.files(".py") if path.parts[0] == "tests" and path.name == "__init__.py"] == []


def test_nothing_is_left_unfinished() -> None:
    paths = [path for path in tree.files(".py", ".js", ".mjs", ".css", ".html", ".sql", ".md") if path != OWN_CHECKS]
    assert complaints(checks.unfinished, paths) == []


def test_no_file_names_a_registry_or_somebodys_own_folder() -> None:
    assert complaints(checks.private_places, [path for path in tree.files() if path != OWN_CHECKS]) == []


def test_every_python_file_compiles() -> None:
    for path in tree.files(".py"):
        compile(tree.text(path) or "", str(path), "exec", dont_inherit=True)


def test_no_module_is_named_after_nothing() -> None:
    empty_words = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert [str(path) for path in PROGRAM if empty_words & {path.stem, *path.parts}] == []


@pytest.mark.parametrize("name", [".ci/run", ".ci/system"])
def test_the_scripts_of_continuous_integration_can_be_run(name: str) -> None:
    assert os.access(tree.ROOT / name, os.X_OK)


def test_the_licence_is_the_whole_apache_text() -> None:
    licence = tree.text(Path("LICENSE")) or ""
    assert "Apache License\n                           Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence

"""Each check of the tree finds a planted fault and lets the decent neighbour pass."""

from pathlib import Path

import pytest

from tests.meta import checks

HASH = "--hash=sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("name", "lines"), [("a.py", 400), ("a.html", 150), ("a.js", 250), ("a.mjs", 250), ("a.jinja", 150)]
)
def test_a_file_one_line_over_its_limit_is_found(name: str, lines: int) -> None:
    assert checks.oversize(Path(name), "x\n" * (lines + 1))
    assert not checks.oversize(Path(name), "x\n" * lines)


def test_a_function_one_line_over_the_limit_is_found_wherever_it_stands() -> None:
    body = "        pass\n" * checks.FUNCTION_LINES
    inside = f"class A:\n    async def long(self):\n{body}"
    assert checks.long_functions(Path("a.py"), inside) == ["a.py:2 long has 61 lines, at most 60"]
    assert not checks.long_functions(Path("a.py"), inside.removesuffix("        pass\n"))


def test_a_module_that_does_not_begin_with_its_purpose_is_found() -> None:
    assert checks.undescribed(Path("a.py"), "")
    assert checks.undescribed(Path("a.py"), 'import os\n"""Late."""\n')
    assert checks.undescribed(Path("a.py"), '# First a comment.\n"""Then the purpose."""\n')
    assert checks.undescribed(Path("a.py"), '"""\nOn the second line."""\n') == []
    assert not checks.undescribed(Path("a.py"), '"""What it is for."""\n')
    assert not checks.undescribed(Path("a.py"), '#!/usr/bin/env python3\n"""What it is for."""\n')


@pytest.mark.parametrize("mark", ["TO" + "DO", "FIX" + "ME", "raise NotImplemented" + "Error", "assert" + " True"])
def test_work_left_lying_is_found(mark: str) -> None:
    assert checks.unfinished(Path("a.py"), f"fine\n    {mark}\n") == [f"a.py:2 {mark}"]
    assert not checks.unfinished(Path("a.py"), "assert " + "True_north\nassert " + "Trueish\n")


@pytest.mark.parametrize(
    "place",
    [
        "https://files.python" + "hosted.org/x",
        "see py" + "pi.org",
        "http://deb.deb" + "ian.org/x",
        "/ro" + "ot/x",
        "(/ho" + "me/alice/x)",
    ],
)
def test_a_registry_host_or_a_private_folder_is_found(place: str) -> None:
    assert checks.private_places(Path("a.md"), f"fine\n{place}\n")
    assert not checks.private_places(Path("a.md"), "server/work/sweeps.py and ./work/x and /usr/lib\n")


def test_a_lock_line_without_hash_or_exact_version_is_found() -> None:
    hashed = f" \\\n    {HASH} \\\n    {HASH}\n"
    good = f"flask==3.1.3{hashed}    # via lintel\ntomli==2.0.1 ; python_version < '3'{hashed}"
    assert checks.unpinned(Path("a.txt"), good) == []
    for bad in ("flask==3.1.3\n", f"flask>=3{hashed}", "--index-url x\n", f"flask @ file:x{hashed}"):
        assert checks.unpinned(Path("a.txt"), good + bad)


def test_a_make_target_without_help_is_found() -> None:
    assert checks.helpless_targets(".PHONY: a b\na: x ## Does a\nb: y\n") == ["make b has no help"]

"""What reviewers forget, as functions from a file's text to complaints.

Each takes text, not the tree, so that the tests can plant a fault and see it found.
"""

import ast
import re
from pathlib import Path

SIZES = {".py": 400, ".html": 150, ".jinja": 150, ".j2": 150, ".js": 250, ".mjs": 250}
FUNCTION_LINES = 60
# The words looked for are put together from halves, so that the file that looks for them does not hold them.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b|NotImplemented" r"Error|assert\s" r"True\b")
PLACES = re.compile(
    r"files\.python"
    r"hosted|\bpy"
    r"pi\.org|\bregistry\.np"
    r"mjs|\b(?:deb|security|snapshot)\.deb"
    r"ian\.org"  # a package registry's hosts
    r"|(?<![\w./-])/(?:work|root|home/\w+)/",  # somebody's own folders
    re.IGNORECASE,
)


def oversize(path: Path, text: str) -> list[str]:
    """Complains about a file longer than its kind may be."""
    limit = SIZES.get(path.suffix)
    lines = len(text.splitlines())
    return [f"{path} has {lines} lines, at most {limit}"] if limit and lines > limit else []


def long_functions(path: Path, text: str, *, limit: int = FUNCTION_LINES) -> list[str]:
    """Complains about each function, decorators not counted, longer than `limit` lines."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            lines = node.end_lineno - node.lineno + 1
            if lines > limit:
                found.append(f"{path}:{node.lineno} {node.name} has {lines} lines, at most {limit}")
    return found


def undescribed(path: Path, text: str) -> list[str]:
    """Complains about a module whose first line does not say what it is for."""
    says = ast.get_docstring(ast.parse(text)) or ""
    begins = text.removeprefix("#!/usr/bin/env python3\n").startswith(('"""', 'r"""'))
    return [] if begins and says.splitlines()[0].strip() else [f"{path} does not begin with a docstring"]


def unfinished(path: Path, text: str) -> list[str]:
    """Complains about marks of work left lying."""
    return [f"{path}:{number} {line.strip()[:60]}" for number, line in _matching(UNFINISHED, text)]


def private_places(path: Path, text: str) -> list[str]:
    """Complains about hosts of package registries and paths of somebody's own machine."""
    return [f"{path}:{number} {line.strip()[:60]}" for number, line in _matching(PLACES, text)]


def unpinned(path: Path, text: str) -> list[str]:
    """Complains about a line of a lock that is no exact version with hashes."""
    joined = re.sub(r"\\\n\s*", "", text)
    lines = [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [
        f"{path}: {line[:60]}"
        for line in lines
        if not re.fullmatch(r"[a-z0-9._-]+==[\w.+!]+ *(?:; [^-]+)?(?:--hash=sha256:[0-9a-f]{64} *)+", line)
    ]


def helpless_targets(makefile: str) -> list[str]:
    """Complains about a phony target that `make help` would not list."""
    phony = " ".join(re.findall(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)).split()
    helped = re.findall(r"^([a-z]+):.*?## \S", makefile, re.MULTILINE)
    return [f"make {name} has no help" for name in phony if name not in helped]


def _matching(pattern: re.Pattern[str], text: str) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]

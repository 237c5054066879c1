"""What a skill has to be (document 003, 'Skillsmith Catalog'): a folder with a SKILL.md, whose front matter names it.

The keys and lengths are those of the published format of agent skills. Nothing here reads or writes a file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from compliance.core.errors import ConfigurationError
from compliance.estate import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from compliance.estate.document import Document

MAIN = "SKILL.md"
KNOWN = ("allowed-tools", "compatibility", "description", "license", "metadata", "name")
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST = {"name": 64, "description": 1024, "compatibility": 500}
_FRONT = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_ODD = re.compile(r"[\x00-\x1f\x7f\\:*?\"<>|]|[. ]$")


class Problem(NamedTuple):
    """`harmless`: it is told, and stops nothing."""

    path: str
    line: int
    message: str
    harmless: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def of_folder(name: str, main: bytes | None, at: str) -> Iterator[Problem]:
    """What is wrong with a skill. `at`: the path of its folder, for a person; `main`: its SKILL.md."""
    path = f"{at}/{MAIN}"
    if not NAME.fullmatch(name):
        yield Problem(path, 1, "the folder's name may hold small letters, digits and single strokes alone")
    if main is None:
        yield Problem(path, 1, "is not there")
        return
    try:
        text = main.decode()
    except UnicodeDecodeError:
        yield Problem(path, 1, "is not UTF-8")
        return
    match = _FRONT.match(text)
    if match is None:
        yield Problem(path, 1, "does not begin with front matter: `---`, name and description, `---`")
        return
    try:
        found = document.parsed("\n" + match[1], Path(path))  # so that lines count from the `---`
    except ConfigurationError as error:
        line = re.match(rf"{re.escape(path)}:(\d+): ", error.message)
        yield Problem(path, int(line[1]) if line else 1, error.message[line.end() if line else len(path) + 2 :])
        return
    yield from _front(found, name, path)
    if not text[match.end() :].strip():
        yield Problem(path, text.count("\n") + 1, "says nothing behind its front matter")


def _front(found: Document, name: str, path: str) -> Iterator[Problem]:
    value = found.value
    if not isinstance(value, dict):
        yield Problem(path, 2, "its front matter is no list of keys and values")
        return
    for key in ("name", "description"):
        if key not in value:
            yield Problem(path, 1, f"has no '{key}'")
    for key, given in value.items():
        line = found.line(key)
        if key not in KNOWN:
            yield Problem(path, line, f"'{key}' is no key that is known: {', '.join(KNOWN)}", harmless=True)
        elif wrong := _of_key(key, given, name):
            yield Problem(path, line, f"'{key}' {wrong}")


def _of_key(key: str, given: object, name: str) -> str | None:
    if key == "metadata":
        return None if isinstance(given, dict) else "has to hold keys and values"
    if not isinstance(given, str) or not given.strip():
        return "has to be a text"
    if len(given) > _LONGEST.get(key, len(given)):
        return f"has {len(given)} characters; {_LONGEST[key]} are allowed"
    if key == "name" and given != name:
        return f"is another one than that of its folder, {name}"
    if key == "description" and re.search(r"<[^>]*>", given):
        return "holds a tag of XML, which ends up in what a model reads"
    return None


def names(paths: Iterable[str]) -> Iterator[str]:
    """What is wrong with names of files, before one is opened: none leads out, none is another one elsewhere."""
    seen: dict[str, str] = {}
    for path in paths:
        parts = path.split("/")
        if any(part in ("", ".", "..") or _ODD.search(part) for part in parts):
            yield f"{path!r} is no name that a file may have"
        elif any(part.lower() in (".git", "git~1") for part in parts):
            yield f"{path!r} would be git's own"
        elif (other := seen.setdefault(path.casefold(), path)) != path:
            yield f"{path!r} and {other!r} are one name on some machines"
    for path in seen:
        while path := path.rpartition("/")[0]:
            if path in seen:
                yield f"{seen[path]!r} is a file and a folder"


def problems(files: Mapping[str, bytes], at: str) -> Iterator[Problem]:
    """Of all files of a folder of skills, by their path in it."""
    for name in sorted({path.split("/")[0] for path in files if "/" in path}):
        yield from of_folder(name, files.get(f"{name}/{MAIN}"), f"{at}/{name}")
    for path in sorted(path for path in files if "/" not in path):
        yield Problem(f"{at}/{path}", 1, "is a file beside the skills", harmless=True)

"""Agents and skills as files: each with front matter that says what it is for, of which only that line is changed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from compliance.core.errors import ConfigurationError
from compliance.estate import document
from compliance.sync.connectors import places
from compliance.sync.connectors.protocol import Failed

if TYPE_CHECKING:
    from compliance.sync.connectors.protocol import Task

_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(?P<text>.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"[^\s#-]")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. @-]{0,100}")
_PLAIN = re.compile(r"[A-Za-z](?:[\w ,.()/'-]*[\w.)])?")


class Shelf(NamedTuple):
    """A folder of them. `inner`: the file in a folder of each one's own; empty: each is a file by itself."""

    folder: Path
    inner: str

    def path(self, name: str) -> Path:
        """Raises `Failed` for a name that could lead elsewhere."""
        if not _NAME.fullmatch(name):
            raise Failed(f"{name!r} can be no name of a file in {self.folder}")
        return self.folder / name / self.inner if self.inner else self.folder / f"{name}.md"

    def all(self) -> dict[str, Path]:
        """By name; raises `Failed` where there is no such folder: it may be away, and that is no wish to delete."""
        if not self.folder.is_dir():
            raise Failed(f"{self.folder}: there is no such folder; make it, if it is to be empty")
        if self.inner:
            return {path.parent.name: path for path in sorted(self.folder.glob(f"*/{self.inner}"))}
        return {path.stem: path for path in sorted(self.folder.glob("*.md"))}

    def descriptions(self) -> dict[str, str]:
        """A file without front matter is none of them: a README may stand among them."""
        found = {name: described(path) for name, path in self.all().items()}
        return {name: text for name, text in found.items() if text is not None}

    def put(self, task: Task, wanted: dict[str, str]) -> None:
        """Make them be these; what else stands in a file stays."""
        for name in self.descriptions().keys() - wanted.keys():
            path = self.path(name)
            if self.inner and len(list(path.parent.iterdir())) > 1:
                raise Failed(
                    f"{path.parent}: holds more than {self.inner}, and would be removed: do that by hand"
                )
            places.remove(task, path)
            if self.inner:
                path.parent.rmdir()
        for name, text in wanted.items():
            path = self.path(name)
            old = places.read(path) if path.exists() else ""
            places.write(task, path, _with(old, name, text))


def described(path: Path) -> str | None:
    """On one line. None: it has no front matter."""
    match = _FRONT.match(places.read(path))
    if match is None:
        return None
    try:
        value = document.parsed(match["text"], path).value
    except ConfigurationError as error:
        raise Failed(f"its front matter cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise Failed(f"{path}: its front matter has no names")
    return " ".join(str(value.get("description") or "").split())


def _with(old: str, name: str, text: str) -> str:
    line = f"description: {text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)}"
    match = _FRONT.match(old)
    if match is None:
        return f"---\nname: {name}\n{line}\n---\n" + (f"\n{old}" if old else "")
    end = "\r\n" if "\r\n" in match["text"] else "\n"
    lines = match["text"].splitlines(keepends=True)
    start = next((n for n, each in enumerate(lines) if re.match(r"description[ \t]*:", each)), None)
    if start is None:
        lines.append(line + end)
    elif " ".join(str(document.parsed(match["text"], Path(name)).value["description"] or "").split()) != text:
        stop = next((n for n in range(start + 1, len(lines)) if _KEY.match(lines[n])), len(lines))
        lines[start:stop] = [line + end]
    return old[: match.start("text")] + "".join(lines) + old[match.end("text") :]

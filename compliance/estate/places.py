"""Where in the policy something is declared: found by its name alone, whatever the file is like.

What has the name is a key, or an item of a list that is called so (`id`, `name`, or the text itself). Of several it is
the one that is nested least, then the first. A name that stands nowhere may be made of a `label` that does, as names of
flows are: that of the longest one within it. Else it is the beginning of the file.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.estate.document import Document, Pointer


class Place(NamedTuple):
    """`file`: relative to the folder that the policy's folder is in, with slashes."""

    file: str
    line: int


class Named:
    """The names of one file of policy."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.file = f"{document.path.parent.name}/{document.path.name}"

    @cached_property
    def _lines(self) -> dict[str, int]:
        found: dict[str, tuple[int, int]] = {}
        for name, pointer in _entries(self.document.value, ()):
            rank = (len(pointer), self.document.line(*pointer))
            found[name] = min(rank, found.get(name, rank))
        return {name: line for name, (_, line) in found.items()}

    @cached_property
    def _labels(self) -> list[tuple[str, int]]:
        """The longest first."""
        found = dict(_labelled(self.document.value, ()))
        lines = ((label, self.document.line(*pointer)) for label, pointer in found.items())
        return sorted(lines, key=lambda each: (-len(each[0]), each))

    def __contains__(self, name: object) -> bool:
        return name in self._lines

    def place(self, name: str) -> Place:
        line = self._lines.get(name)
        if line is None:
            line = next((line for label, line in self._labels if f" {label} " in f" {name} "), 1)
        return Place(self.file, line)


def _entries(value: Any, pointer: Pointer) -> Iterator[tuple[str, Pointer]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, (*pointer, key)
            yield from _entries(inner, (*pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from ((name, (*pointer, index)) for name in _names(item))
            yield from _entries(item, (*pointer, index))


def _names(item: Any) -> list[str]:
    said = [item.get("id"), item.get("name")] if isinstance(item, dict) else [item]
    return [name for name in said if isinstance(name, str)]


def _labelled(value: Any, pointer: Pointer) -> Iterator[tuple[str, Pointer]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        if key == "label" and isinstance(item, str):
            yield item, pointer
        yield from _labelled(item, (*pointer, key))

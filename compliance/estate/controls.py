"""`controls.yaml` in the policy folder of an estate: optional, and part of the policy's digest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core.controls import Control
from compliance.estate import document

if TYPE_CHECKING:
    from compliance.estate.document import Document

NAME = "controls.yaml"
SCHEMA = Path(__file__).with_name("controls.schema.json")


@dataclass(frozen=True, slots=True)
class Controls:
    """`value`: the file as it was read, for the digest."""

    entries: tuple[Control, ...] = ()
    value: Any = None


def load(folder: Path) -> Controls:
    """What the folder declares. A file that is malformed is an error; a hole in the mapping is a finding."""
    path = folder / NAME
    if not path.exists():
        return Controls()
    found = document.load(path, SCHEMA)
    entries = tuple(_control(found, index, value) for index, value in enumerate(found.value["controls"]))
    _check_distinct(found, entries)
    return Controls(entries, found.value)


def _control(found: Document, index: int, value: dict[str, Any]) -> Control:
    for name in ("rules", "nist"):
        said = value.get(name, [])
        if twice := next((each for at, each in enumerate(said) if each in said[:at]), None):
            raise found.error(f"{name}: {twice} stands here twice", "controls", index, name)
    return Control(value["id"], value["title"].strip(), tuple(value["rules"]), tuple(value.get("nist", ())))


def _check_distinct(found: Document, entries: tuple[Control, ...]) -> None:
    names: set[str] = set()
    for index, entry in enumerate(entries):
        if entry.id in names:
            raise found.error(f"there are two controls '{entry.id}'", "controls", index, "id")
        names.add(entry.id)

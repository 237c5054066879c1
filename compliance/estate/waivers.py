"""`waivers.yaml` in the policy folder of an estate: optional, and part of the policy's digest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core.waivers import Waiver, moment, unbounded
from compliance.estate import document

if TYPE_CHECKING:
    from compliance.estate.document import Document

NAME = "waivers.yaml"
SCHEMA = Path(__file__).with_name("waivers.schema.json")
WARN_DAYS = 14


@dataclass(frozen=True, slots=True)
class Waivers:
    """`warn_days`: how long before its end a waiver is warned of. `value`: the file as it was read, for the digest."""

    entries: tuple[Waiver, ...] = ()
    warn_days: int = WARN_DAYS
    value: Any = None


def load(folder: Path) -> Waivers:
    """What the folder declares. A file that is malformed is an error; what is missing in a waiver is a finding."""
    path = folder / NAME
    if not path.exists():
        return Waivers()
    found = document.load(path, SCHEMA)
    entries = tuple(_waiver(found, index, value) for index, value in enumerate(found.value["waivers"]))
    names: set[str] = set()
    for index, entry in enumerate(entries):
        if entry.id in names:
            raise found.error(f"there are two waivers '{entry.id}'", "waivers", index, "id")
        names.add(entry.id)
    return Waivers(entries, found.value.get("warn_days", WARN_DAYS), found.value)


def _waiver(found: Document, index: int, value: dict[str, Any]) -> Waiver:
    if why := unbounded(value["finding"]):
        raise found.error(
            f"finding '{value['finding']}': {why}", "waivers", index, "finding",
            remedy="write RULE:subject or RULE:subject#facet, with * for a part of the subject or of the facet",
        )  # fmt: skip
    said = {name: (value.get(name) or "").strip() for name in ("reason", "owner", "approver", "from", "until")}
    made = Waiver(
        value["id"], value["finding"], said["reason"], said["owner"], said["approver"],
        _time(found, index, "from", said["from"]), _time(found, index, "until", said["until"]),
        value.get("ceiling") or None,
    )  # fmt: skip
    if made.begins and made.ends and made.ends <= made.begins:
        raise found.error("until is before from", "waivers", index, "until")
    return made


def _time(found: Document, index: int, name: str, text: str) -> str:
    try:
        if text:
            moment(text, end=True)
    except (ValueError, OverflowError):
        raise found.error(
            f"{name}: '{text}' is no day and no time in UTC", "waivers", index, name,
            remedy="as in 2026-01-31, or 2026-01-31T12:00:00Z",
        ) from None  # fmt: skip
    return text

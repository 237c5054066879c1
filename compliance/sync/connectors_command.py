"""`compliance sync connectors`: what a target can name, where it comes from, and what its `config` holds."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

from compliance.core.errors import ConfigurationError
from compliance.sync.connectors import BUILT_IN
from compliance.sync.connectors.finding import known, load
from compliance.sync.connectors.protocol import directions
from compliance.talking import write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping
    from importlib.metadata import EntryPoint


def show(parsed: argparse.Namespace) -> int:
    """0; one that cannot be loaded is told in its line, so that the others are still shown."""
    found = known()
    if parsed.name is not None:
        told = {**_told(parsed.name, found.get(parsed.name)), "config": _keys(load(parsed.name).schema)}
        write(json.dumps(told, indent=2, ensure_ascii=False) if parsed.json else _whole(told))
        return 0
    rows = [_line(name, entry) for name, entry in found.items()]
    if parsed.json:
        write(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    width = max(len(row["name"]) for row in rows)
    write("\n".join(f"{row['name']:{width}}  {_short(row)}" for row in rows))
    return 0


def _line(name: str, entry: EntryPoint) -> dict[str, Any]:
    try:
        return _told(name, entry)
    except ConfigurationError as error:
        return {"name": name, "from": _source(name, entry), "error": error.message}


def _told(name: str, entry: EntryPoint | None) -> dict[str, Any]:
    made = load(name)
    said = inspect.getdoc(type(made)) or inspect.getdoc(inspect.getmodule(type(made))) or ""
    text = said.partition("\n")[0]
    return {"name": name, "directions": directions(made), "about": text, "from": _source(name, entry)}


def _source(name: str, entry: EntryPoint | None) -> str:
    if name in BUILT_IN or entry is None or entry.dist is None:
        return "built in"
    return f"{entry.dist.name} {entry.dist.version}"


def _short(row: Mapping[str, Any]) -> str:
    if "error" in row:
        return f"cannot be loaded ({row['from']}): {row['error']}"
    return f"{', '.join(row['directions'])} ({row['from']}): {row['about']}"


def _whole(told: Mapping[str, Any]) -> str:
    lines = [
        f"{told['name']} ({told['from']}): {told['about']}",
        f"directions: {', '.join(told['directions'])}",
    ]
    lines += ["config:"]
    for each in told["config"]:
        needed = ", needed" if each["needed"] else ""
        lines.append(f"  {each['key']} ({each['type']}{needed}): {each['about']}")
    return "\n".join(lines)


def _keys(schema: Mapping[str, Any], above: str = "") -> list[dict[str, Any]]:
    """Each key at any depth, by its path; `[]` stands for each entry of a list."""
    return [key for inner in _objects(schema) for key in _of_object(inner, above)]


def _of_object(schema: Mapping[str, Any], above: str) -> Iterator[dict[str, Any]]:
    for name, inner in schema.get("properties", {}).items():
        path = f"{above}{name}"
        yield {
            "key": path, "type": _type(inner), "needed": name in schema.get("required", ()),
            "about": inner.get("description", ""),
        }  # fmt: skip
        yield from _keys(inner, f"{path}.")
        if isinstance(inner.get("items"), dict):
            yield from _keys(inner["items"], f"{path}[].")


def _objects(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema, and what it is made of."""
    yield schema
    for word in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(word, ()):
            yield from _objects(part)


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    kind = schema.get("type", "any")
    return kind if isinstance(kind, str) else " or ".join(kind)

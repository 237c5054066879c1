"""Which key of a file is which property of a database, and a file as the page that it has to be."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.sync.connectors import notion_values
from compliance.sync.connectors.protocol import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST = 450_000  # bytes of one request; the document allows 500 KB


class Property(NamedTuple):
    property: str
    type: str


class Wanted(NamedTuple):
    """A page as a file wants it. `values`: by key of the file, in normal form; `lines`: of its content."""

    key: str
    values: Mapping[str, Any]
    lines: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Layout:
    """As `config` has it."""

    key: Property
    fields: Mapping[str, Property]
    body: str | None
    ignore: frozenset[str]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Layout:
        """Raises `Failed` where two keys are one property, of which one would be lost."""
        key = Property(**config.get("key", {"property": "Name", "type": "title"}))
        fields = {name: Property(**each) for name, each in config.get("fields", {}).items()}
        taken = [key.property, *(each.property for each in fields.values())]
        if twice := sorted({name for name in taken if taken.count(name) > 1}):
            raise Failed(f"fields: '{twice[0]}' stands for two keys, of which one would be lost")
        if config.get("body") in fields:
            raise Failed(f"'{config['body']}' stands in `fields` and is the `body` too")
        return cls(key, fields, config.get("body"), frozenset(config.get("ignore", ())))

    def wanted(self, path: str, content: bytes) -> Wanted:
        """Of a file; raises `Failed` with file and key."""
        found = _object(path, content)
        known = {*self.fields, *self.ignore, *([self.body] if self.body else [])}
        if extra := sorted(found.keys() - known):
            raise Failed(
                f"{path}: '{extra[0]}' is named by no field: it would be lost (`ignore` says that it may)"
            )
        values = {name: self._value(path, name, each.type, found) for name, each in self.fields.items()}
        lines = None
        if self.body is not None:
            text = self._value(path, self.body, "rich_text", found, whole=True)
            lines = tuple(text.split("\n")) if text else ()
        wanted = Wanted(key_of(path), values, lines)
        if size(self.properties(wanted)) > _LARGEST:
            raise Failed(
                f"{path}: its fields are larger than {_LARGEST} bytes, which is more than a request takes"
            )
        return wanted

    def properties(self, wanted: Wanted, only: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """As the API takes them. `only`: of these keys; none: of all, and the page's key."""
        chosen = wanted.values if only is None else only
        made = {
            each.property: notion_values.sent(each.type, chosen[n])
            for n, each in self.fields.items()
            if n in chosen
        }
        return (
            made
            if only is not None
            else {**made, self.key.property: notion_values.sent(self.key.type, wanted.key)}
        )

    def received(self, name: str, properties: Mapping[str, Any]) -> Any:
        """Of a page, the value of a key of the files."""
        return self.at(self.fields[name], properties)

    @staticmethod
    def at(each: Property, properties: Mapping[str, Any]) -> Any:
        if each.property not in properties:
            raise Failed(f"a page has no property '{each.property}'")
        return notion_values.received(each.type, properties[each.property])

    def content(self, values: Mapping[str, Any], lines: tuple[str, ...] | None) -> bytes:
        """A page as a file."""
        whole = dict(values) | ({self.body: "\n".join(lines or ())} if self.body is not None else {})
        return f"{json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False)}\n".encode()

    @staticmethod
    def _value(path: str, name: str, kind: str, found: Mapping[str, Any], *, whole: bool = False) -> Any:
        try:
            value = notion_values.normal(kind, found.get(name))
            if not whole:
                notion_values.sent(kind, value)
        except Failed as error:
            raise Failed(f"{path}: '{name}' {error}") from None
        return value


def key_of(path: str) -> str:
    return PurePosixPath(path).name.removesuffix(".json")


def _object(path: str, content: bytes) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(made := dict(pairs)) < len(pairs):
            raise Failed(f"{path}: a key stands there twice")
        return made

    if not path.endswith(".json"):
        raise Failed(f"{path}: is no .json file, of which pages are made")
    try:
        found = json.loads(content, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise Failed(f"{path}:{error.lineno}: is no JSON: {error.msg}") from None
    except (ValueError, RecursionError):
        raise Failed(f"{path}: is no JSON") from None
    if not isinstance(found, dict):
        raise Failed(f"{path}: has to hold an object, of keys and values")
    return found


def size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())

"""YAML and JSON Schema: a file of policy as plain values that remember the line they came from."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import pairwise
from operator import getitem
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.errors import ConfigurationError
from compliance.estate import regular, validating

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from jsonschema.exceptions import ValidationError

Pointer = tuple[str | int, ...]
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?[0-9]+\.[0-9]+([eE][-+]?[0-9]+)?")
_LONGEST = 40  # what has more digits is no number of anything here
# YAML 1.2 knows these words alone; `on`, `no` and `yes` stay text.
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


class Wrong(NamedTuple):
    """What is wrong with a value, without the value, and the keys that lead to its place."""

    message: str
    place: Pointer


@dataclass(frozen=True)
class Document:
    """The values of a file and the line of each of them."""

    path: Path
    value: Any
    lines: Mapping[Pointer, int]

    def line(self, *pointer: str | int) -> int:
        """The line of a value, or of the nearest value around it."""
        for length in range(len(pointer), -1, -1):
            if found := self.lines.get(pointer[:length]):
                return found
        return 1

    def error(self, message: str, *pointer: str | int, remedy: str | None = None) -> ConfigurationError:
        """An error at the place of a value."""
        return ConfigurationError.at(self.path, self.line(*pointer), message, remedy=remedy)


def load(path: Path, schema: Path) -> Document:
    """Read and validate a file; an error names file, line and what is allowed there."""
    return validated(read(path), schema)


def validated(document: Document, schema: Path) -> Document:
    """The same document, which keeps the schema; an error names the line and what is allowed there."""
    if wrong := wrong_by(_validator(schema), document.value):
        raise document.error(wrong.message, *wrong.place)
    return document


def wrong_by(validator: Any, value: Any) -> Wrong | None:
    """The error of a validator of jsonschema that says most."""
    error = _first_error(validator, value)
    return None if error is None else Wrong(_explain(error, validator.schema), _place(error))


def read(path: Path) -> Document:
    """Read a YAML file; duplicate keys are refused."""
    try:
        text = regular.read(path).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigurationError(f"{path}: cannot be read ({reason})", remedy="name an existing file") from None
    return parsed(text, path)


def parsed(text: str, path: Path) -> Document:
    """A text of YAML, which may be what an observation holds of a file; `path` is what errors name."""
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        root = _composed(text)
        lines: dict[Pointer, int] = {}
        value = None if root is None else _value(path, root, (), lines)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ConfigurationError.at(path, line, f"not YAML: {_named(error.problem)}") from None
    except YAMLError as error:
        raise ConfigurationError.at(path, None, f"not YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ConfigurationError(f"{path}: is nested too deeply, or in itself by an alias") from None
    if root is None:
        raise ConfigurationError(f"{path}: is empty")
    return Document(path, value, lines)


@lru_cache(maxsize=16)
def _composed(text: str) -> Any:
    """The nodes of a text. A process reads the same policy time and again, and this is what takes long in it."""
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).compose(text)


def _value(path: Path, node: Any, pointer: Pointer, lines: dict[Pointer, int]) -> Any:
    lines[pointer] = node.start_mark.line + 1
    if node.id == "mapping":
        return _mapping(path, node, pointer, lines)
    if node.id == "sequence":
        return [_value(path, item, (*pointer, i), lines) for i, item in enumerate(node.value)]
    return _scalar(path, node)


def _mapping(path: Path, node: Any, pointer: Pointer, lines: dict[Pointer, int]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = _text(path, key_node)
        if key in result:
            raise ConfigurationError.at(
                path, key_node.start_mark.line + 1, f"the key '{key}' stands here twice"
            )
        result[key] = _value(path, value_node, (*pointer, key), lines)
        lines[*pointer, key] = key_node.start_mark.line + 1
    return result


def _text(path: Path, node: Any) -> str:
    text: Any = node.value
    if not isinstance(text, str):
        raise ConfigurationError.at(path, node.start_mark.line + 1, "a key has to be plain text")
    if "\0" in text or (not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text)):
        raise ConfigurationError.at(
            path, node.start_mark.line + 1, "holds a NUL or half a character, which no text of PostgreSQL can"
        )
    return text


def _scalar(path: Path, node: Any) -> Any:
    text = _text(path, node)
    if node.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= _LONGEST and _INTEGER.fullmatch(text):
        return int(text)
    return (
        float(text)
        if len(text) <= _LONGEST and _NUMBER.fullmatch(text) and math.isfinite(float(text))
        else text
    )


@lru_cache
def _validator(schema: Path) -> Any:
    return validating.validator(json.loads(schema.read_text(encoding="utf-8")))


def _first_error(validator: Any, value: Any) -> ValidationError | None:
    from jsonschema.exceptions import best_match

    errors = list(validator.iter_errors(value))
    error: ValidationError | None = best_match(errors)
    # A misspelled key is both unknown and missing: the unknown one says more, and its line is the right one.
    same = (e for e in errors if error and e.absolute_path == error.absolute_path and _unknown_keys(e))
    return next(same, error)


def _place(error: ValidationError) -> Pointer:
    extra = _unknown_keys(error)
    return (*error.absolute_path, extra[0]) if extra else tuple(error.absolute_path)


def _unknown_keys(error: ValidationError) -> list[str]:
    if error.validator != "additionalProperties" or not isinstance(error.instance, dict):
        return []
    schema: Any = error.schema
    return sorted(set(error.instance) - set(schema.get("properties", {})))


def _explain(error: ValidationError, root: Mapping[str, Any]) -> str:
    where = ".".join(map(str, error.absolute_path)) or "the file"
    schema: Any = error.schema
    if extra := _unknown_keys(error):
        return f"unknown key '{extra[0]}' in {where}; allowed: {', '.join(sorted(schema['properties']))}"
    if error.validator == "enum":
        return f"{where}: '{error.instance}' is not one of {', '.join(map(str, schema['enum']))}"
    return f"{where}: {_wanted(error, _description(root, error.absolute_schema_path))}"


def _description(root: Any, path: Iterable[str | int]) -> str | None:
    """Of what the last rule of a path is about: what it refers to says more of its form than the key that refers."""
    at, said = root, None
    with suppress(LookupError, TypeError):  # a schema of somebody's connector may refer in other ways
        for step, following in pairwise(path):
            at = at[step]
            said = at.get("description") if isinstance(at, dict) else None
            while isinstance(at, dict) and "$ref" in at and following not in at:
                at = reduce(getitem, at["$ref"].removeprefix("#/").split("/"), root)
                said = at.get("description", said)
    return said


def _wanted(error: ValidationError, described: str | None) -> str:
    """What is allowed there, never what stands there: it may be a DSN, or a password that slipped a line.

    A description says what a value is. That is enough where the rule is one for machines; which keys belong together,
    a type or a bound it does not say.
    """
    allowed: Any = error.validator_value
    match error.validator:
        case "required":
            return error.message  # names of keys alone
        case "const":
            return f"{json.dumps(allowed)} is what is allowed"
        case "oneOf" if all(each.keys() == {"required"} for each in allowed):
            return f"exactly one of {', '.join(name for each in allowed for name in each['required'])}"
        case "minLength" | "pattern" if allowed in (1, r"\S"):
            wrong = "is empty"
        case "pattern" | "oneOf" | "anyOf" if described:
            return f"is {described}"
        case "type":
            wrong = f"is not of type {' or '.join(allowed) if isinstance(allowed, list) else allowed}"
        case "pattern":
            wrong = f"does not match {allowed}"
        case rule:
            wrong = f"does not keep {rule}: {json.dumps(allowed)}"
    return f"{wrong}; it is {described}" if described else wrong


def _named(problem: str) -> str:
    """A parser's complaint without what it quotes."""
    return re.sub(r"(['\"])(?!<).{2,}?\1", "…", problem)

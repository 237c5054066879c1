"""What a file of TypeScript takes from elsewhere, gives away, says as text and asks of the environment.

Document 001, question D: how do endpoints reach the database? Read, never run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from compliance.systems.birth_scan.typescript import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

# What an `export` may begin that is no list of names.
_DECLARES = frozenset({"const", "let", "var", "function", "class", "async", "abstract", "enum", "default"})
_CONDITIONS = frozenset({"if", "while", "for", "switch", "with", "catch"})
_TYPES = frozenset({"type", "interface", "declare", "namespace"})


class Import(NamedTuple):
    """`names`: local names by which it is known here; `star`: all of it is handed on."""

    source: str
    names: tuple[str, ...]
    star: bool = False


@dataclass(frozen=True)
class Module:
    """What one file says. `used`: names that it takes from elsewhere; `exported`: those that it gives away;
    `unknown`: it loads something that only running it would tell; `environment`: variables that it asks for."""

    imports: tuple[Import, ...]
    used: frozenset[str]
    exported: frozenset[str]
    texts: tuple[str, ...]
    unknown: bool
    numbers: frozenset[str]
    environment: frozenset[str]


def read(path: str, text: str) -> Module:
    """A file: of a component of Vue the scripts in it."""
    if path.endswith(".vue"):
        scripts = re.findall(r"<script\b[^>]*>(.*?)</script\s*>", text, re.S | re.I)
        text = "\n".join(scripts)
    found = tokens(text)
    imports, unknown = _imports(found)
    named = {name for item in imports for name in item.names}
    return Module(
        tuple(imports),
        frozenset(_used(_without_imports(found))) - named - _declared(found),
        frozenset(_exported(found)),
        tuple(token.text for token in found if token.kind == "text"),
        unknown,
        frozenset(token.text.replace("_", "") for token in found if token.kind == "number"),
        frozenset(_environment(found)),
    )


# --- what it takes from elsewhere -----------------------------------------------------------------------------------


def _imports(found: list[Token]) -> tuple[list[Import], bool]:
    """Each import, and whether one is of something that only running would tell. Of types alone nothing is loaded."""
    imports, unknown = [], False
    for at, token in enumerate(found):
        if token.kind != "word" or (at and found[at - 1].text in (".", "?.")):
            continue
        after = found[at + 1] if at + 1 < len(found) else Token("sign", "")
        if token.text in ("import", "require") and after.is_sign("("):
            inner = found[at + 2 : at + 3]
            if inner and inner[0].kind == "text":
                imports.append(Import(inner[0].text, ()))
            else:
                unknown = True
        elif token.text == "import" and after.kind == "text":
            imports.append(Import(after.text, ()))
        elif token.text in ("import", "export") and (item := _from(found, at)):
            imports.append(item)
    return imports, unknown


def _from(found: list[Token], at: int) -> Import | None:
    """`import a, {b as c} from 'm'`, `export * from 'm'`; None for what declares, and for types."""
    inner: list[Token] = []
    for place in range(at + 1, min(at + 2_000, len(found) - 1)):
        token, after = found[place], found[place + 1]
        if token.kind == "word" and token.text == "from" and after.kind == "text":
            return None if _of_types(inner) else Import(after.text, *_names(inner, found[at].text == "export"))
        stops = token.text in _DECLARES and not _within_braces(inner)
        if token.kind == "text" or token.text in (";", "(", "=") or stops:
            return None
        inner.append(token)
    return None


def _within_braces(inner: list[Token]) -> bool:
    return sum((t.text == "{") - (t.text == "}") for t in inner if t.kind == "sign") > 0


def _of_types(inner: list[Token]) -> bool:
    """`import type …`, or a list in which each name is marked as one; `import type from 'm'` names a value so."""
    if inner and inner[0].text == "type" and len(inner) > 1 and not inner[1].is_sign(","):
        return True
    parts = _parts(inner)
    return bool(parts) and inner[0].is_sign("{") and all(p[0].text == "type" and len(p) > 1 for p in parts)


def _parts(inner: list[Token]) -> list[list[Token]]:
    """What stands between the commas within braces."""
    parts: list[list[Token]] = [[]]
    for token in inner:
        if token.is_sign(","):
            parts.append([])
        elif token.kind == "word":
            parts[-1].append(token)
    return [part for part in parts if part]


def _names(inner: list[Token], exported: bool) -> tuple[tuple[str, ...], bool]:
    if exported:
        return (), any(token.is_sign("*") for token in inner)
    return tuple(part[-1].text for part in _parts(inner)), False


def _without_imports(found: list[Token]) -> list[Token]:
    """What is named in an import is taken from where that says."""
    left, end = [], 0
    for at, token in enumerate(found):
        if at >= end and token.text in ("import", "export") and token.kind == "word" and _from(found, at):
            texts = (place for place in range(at, len(found)) if found[place].kind == "text")
            end = next(texts) + 1
        if at >= end:
            left.append(token)
    return left


def _used(found: list[Token]) -> Iterator[str]:
    """Words that are neither a property nor the key of one."""
    for at, token in enumerate(found):
        if token.kind != "word" or (at and found[at - 1].text in (".", "?.")):
            continue
        key = at and found[at - 1].text in ("{", ",") and at + 1 < len(found) and found[at + 1].is_sign(":")
        if not key:
            yield token.text


def _declared(found: list[Token]) -> frozenset[str]:
    """Names that a `const`, a `function`, a `class` gives something to."""
    names: set[str] = set()
    for at, token in enumerate(found):
        if at and found[at - 1].text in (".", "?."):
            continue
        if token.text in ("const", "let", "var"):
            names |= set(_bound(found, at + 1))
        elif token.text in ("function", "class", "enum") and (name := _name_behind(found, at)):
            names.add(name)
        elif token.is_sign("=>") or token.is_sign("{"):
            names |= set(_parameters(found, at))
    return frozenset(names)


def _parameters(found: list[Token], at: int) -> list[str]:
    """Of the function whose body begins at a place."""
    before = found[at - 1] if at else Token("sign", "")
    if not before.is_sign(")"):
        return [before.text] if before.kind == "word" and found[at].is_sign("=>") else []
    depth, place = 0, at - 1
    names: list[str] = []
    while place > 0:
        token = found[place]
        depth += token.is_sign(")") - token.is_sign("(")
        if depth == 0:
            return [] if found[place - 1].text in _CONDITIONS else names
        if token.kind == "word" and found[place - 1].text in ("(", ",", "{", "...") and _is_bare(found, place):
            names.append(token.text)
        place -= 1
    return names


def _is_bare(found: list[Token], place: int) -> bool:
    """A name alone, or with its type or what it is without an argument: nothing that is called."""
    return found[place + 1].text in (",", ")", ":", "=", "?", "}", "[")


def _bound(found: list[Token], at: int) -> Iterator[str]:
    """Of `const a =` one name, of `const {a, b: c} =` all words up to the sign."""
    pattern = at < len(found) and found[at].text in ("{", "[")
    for token in found[at : at + 200]:
        if token.text in ("=", ";", "of", "in") or (not pattern and token.text in (":", ",")):
            return
        if token.kind == "word":
            yield token.text


def _name_behind(found: list[Token], at: int) -> str | None:
    place = at + 2 if at + 1 < len(found) and found[at + 1].is_sign("*") else at + 1
    return found[place].text if place < len(found) and found[place].kind == "word" else None


def _exported(found: list[Token]) -> Iterator[str]:
    """Names that others may take; `default` for what has none."""
    for at, token in enumerate(found):
        if token.text != "export" or token.kind != "word" or (at and found[at - 1].text in (".", "?.")):
            continue
        rest = found[at + 1 : at + 5]
        words = [t.text for t in rest if t.kind == "word"]
        if rest and rest[0].is_sign("{"):
            end = next((i for i in range(at, len(found)) if found[i].is_sign("}")), len(found))
            yield from (part[-1].text for part in _parts(found[at + 2 : end]))
        elif rest and rest[0].is_sign("*"):
            yield from words[1:2] if words[:1] == ["as"] else ()
        elif words and words[0] == "default":
            yield "default"
        elif words and words[0] in ("const", "let", "var"):
            yield from _bound(found, at + 2)
        elif words and words[0] not in _TYPES:
            yield next((word for word in words if word not in _DECLARES), "")


def _environment(found: list[Token]) -> Iterator[str]:
    """`process.env.NAME`, `process.env['NAME']`."""
    for at, token in enumerate(found[:-4]):
        if token.text == "process" and found[at + 2].text == "env" and found[at + 3].text in (".", "?.", "["):
            yield found[at + 4].text

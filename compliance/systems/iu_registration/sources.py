"""The tables that a view is made of, through other views and through functions: a write of any may change its rows.

A definition names everything with its schema. The text of a function need not: there a name without one is looked for
in the schemas that the function pins, else in those where it could be meant. Rather one table too many than one too
few: a trigger on it costs a comparison, a missing one leaves rows that are stale. What nobody can see into is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compliance.core import plpgsql
from compliance.core.needs import split_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from compliance.core.facts import Function, Relation
    from compliance.systems.protocol import Facts

_TABLES = frozenset({"table", "partitioned table"})


class Sources(NamedTuple):
    """`tables` by name, `functions` by signature; `unseen`: what else it may read, and why that is unknown."""

    tables: tuple[str, ...]
    functions: tuple[str, ...]
    unseen: tuple[str, ...]


class _Named(NamedTuple):
    """A name as it stands in a text: the schema, where there is one, and whether it is called."""

    schema: str
    name: str
    called: bool


def sources(facts: Facts, text: str) -> Sources:
    """Of the text of a query; nothing is read twice, so that a function may call itself."""
    walk = _Walk(facts)
    walk.text("the view", text, ())
    return Sources(tuple(sorted(walk.tables)), tuple(sorted(walk.functions)), tuple(sorted(walk.unseen)))


class _Walk:
    def __init__(self, facts: Facts) -> None:
        self.tables: set[str] = set()
        self.functions: set[str] = set()
        self.unseen: set[str] = set()
        self._met: set[str] = set()
        self._relations = {(r.schema, r.name): r for r in facts.read("catalog.relations")}
        self._bodies = {body.signature: body.source for body in facts.read("catalog.bodies")}
        self._own: dict[tuple[str, str], list[Function]] = {}
        for function in facts.read("catalog.functions"):
            self._own.setdefault((function.schema, function.name), []).append(function)
        self._around = (split_name(facts.policy.source.view)[0], "public")

    def text(self, by: str, text: str, path: Sequence[str]) -> None:
        """`path`: where a name without a schema is looked for."""
        try:
            found = list(_names(text))
        except plpgsql.UnreadableSQLError as error:
            self.unseen.add(f"{by}: {error.message}")
            return
        for named in found:
            for schema in [named.schema] if named.schema else path:
                where = (schema, named.name)
                if named.called:
                    for function in self._own.get(where, ()):
                        self._function(function)
                elif where in self._relations:
                    self._relation(self._relations[where])

    def _relation(self, found: Relation) -> None:
        name = f"{found.schema}.{found.name}"
        if name in self._met or found.kind == "sequence":
            return
        self._met.add(name)
        if found.kind == "view":
            self.text(name, found.definition or "", ())
        elif found.kind in _TABLES:
            self.tables.add(name)
            for child in self._relations.values():  # a write of a partition sets off no trigger of the whole
                if name in child.parents:
                    self._relation(child)
        else:
            self.unseen.add(f"{name} is a {found.kind}, of which no trigger tells when it changes")

    def _function(self, found: Function) -> None:
        if found.signature in self._met:
            return
        self._met.add(found.signature)
        self.functions.add(found.signature)
        text = self._bodies.get(found.signature)
        if text is None:
            self.unseen.add(f"{found.signature} is written in {found.language}, which nobody reads here")
            return
        if found.language == "plpgsql" and _dynamic(text):
            self.unseen.add(f"{found.signature} makes the text of a statement as it runs")
        self.text(found.signature, text, _path(found) or (found.schema, *self._around))


def _path(function: Function) -> tuple[str, ...]:
    """As it is pinned; empty where it is not."""
    try:
        parts = plpgsql.tokens(function.search_path or "")
    except plpgsql.UnreadableSQLError:
        return ()
    return tuple(_folded(part) for part in parts if part.kind in ("word", "quoted", "string"))


def _names(text: str) -> Iterator[_Named]:
    """Every name in it, quoted or not; texts and comments hold none."""
    listed = plpgsql.tokens(text)
    parts = [token.text for token in listed]
    for place, token in enumerate(listed):
        if token.kind not in ("word", "quoted"):
            continue
        before = parts[place - 1] if place else ""
        after = parts[place + 1] if place + 1 < len(parts) else ""
        if after != ".":
            of = _folded(listed[place - 2]) if before == "." and place > 1 else ""
            yield _Named(of, _folded(token), called=after == "(")


def _dynamic(text: str) -> bool:
    try:
        words = [token.word for token in plpgsql.tokens(text)]
    except plpgsql.UnreadableSQLError:
        return True
    return any(
        word == "execute" and following not in ("function", "procedure")
        for word, following in zip(words, [*words[1:], ""], strict=True)
    )


def _folded(token: plpgsql.Token) -> str:
    """As PostgreSQL reads it."""
    if token.kind == "quoted":
        return token.text[1:-1].replace('""', '"')
    return token.text.strip("'").replace("''", "'") if token.kind == "string" else token.text.lower()


def unwatched(tables: Iterable[str], facts: Facts) -> list[str]:
    """Of names of tables those that are none here."""
    there = {f"{r.schema}.{r.name}" for r in facts.read("catalog.relations") if r.kind in _TABLES}
    return sorted(name for name in tables if ".".join(split_name(name)) not in there)

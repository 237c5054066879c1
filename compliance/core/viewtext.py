"""Reads what PostgreSQL writes as the definition of a view: where each of its columns comes from, and no more.

Not by sqlglot: it cannot read every definition (an ARRAY of a query over a join in parentheses is one that it cannot),
and takes milliseconds for each. The text needs no grammar of expressions: PostgreSQL writes keywords in capitals and
names in small letters or quoted, and each join and each operation in parentheses. Whatever has another form than is
known here is `None`, of which nobody may conclude anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKEN = re.compile(
    r"""E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|[^\W\d][\w$]*|\d[\w.]*|::|\S""", re.S
)
_NAME = re.compile(r'[a-z_][a-z0-9_]*|"(?:[^"]|"")*"', re.S)
_OPEN, _CLOSE = frozenset({"(", "[", "CASE"}), frozenset({")", "]", "END"})
_QUERY = frozenset({"SELECT", "WITH", "VALUES"})
_SET = frozenset({"UNION", "INTERSECT", "EXCEPT"})
# Behind FROM; what follows changes which rows there are, and no value but by grouping sets.
_REST = (
    frozenset({"WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR", ";"}) | _SET
)
_NULLING = _SET | {"ROLLUP", "CUBE", "GROUPING"}
_JOIN = frozenset({"JOIN", "LEFT", "RIGHT", "FULL", "CROSS", "INNER"})


class Output(NamedTuple):
    """One column: `name` as it is called outside, `source` and `column` where it is passed on as it is, else empty.

    A column that stands alone, without its source, is of the only one there is.
    """

    name: str
    source: str = ""
    column: str = ""


class Source(NamedTuple):
    """What stands in FROM: a relation or a query of WITH (`name`), a query, or what is not known (neither).

    `columns`: other names for the first ones. `nullable`: on that side of an outer join.
    """

    alias: str
    schema: str = ""
    name: str = ""
    query: Query | None = None
    columns: tuple[str, ...] = ()
    nullable: bool = False


class Shared(NamedTuple):
    """A query of WITH."""

    query: Query | None
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    outputs: tuple[Output, ...]
    sources: tuple[Source, ...]
    shared: Mapping[str, Shared]


class Unknown(Exception):
    """A form that is not known here."""


def read(definition: str) -> Query | None:
    """The query of a view; None where it is of a form that is not known."""
    tokens = _TOKEN.findall(definition)
    try:
        return _Reader(tokens).query(0, len(tokens))
    except Unknown:
        return None


class _Reader:
    """Of one definition. Ranges are half open; `closing`: by the place of what opens, that of what closes it."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.closing: dict[int, int] = {}
        opened: list[int] = []
        for place, token in enumerate(tokens):
            if token in _OPEN:
                opened.append(place)
            elif token in _CLOSE:
                if not opened:
                    raise Unknown
                self.closing[opened.pop()] = place
        if opened:
            raise Unknown
        self.after = [self.closing.get(place, place) + 1 for place in range(len(tokens))]

    def level(self, begin: int, end: int) -> list[int]:
        """The places of tokens that stand in no parentheses of this range."""
        found, after = [], self.after
        while begin < end:
            found.append(begin)
            begin = after[begin]
        return found

    def parts(self, begin: int, end: int) -> list[tuple[int, int]]:
        """What stands between commas."""
        cuts = [place for place in self.level(begin, end) if self.tokens[place] == ","]
        return list(zip([begin, *(cut + 1 for cut in cuts)], [*cuts, end], strict=True))

    def query(self, begin: int, end: int) -> Query | None:
        """One query; None where it holds what makes NULL of anything, or is none that passes columns on."""
        shared: dict[str, Shared] = {}
        if self.at(begin, end) == "WITH":
            begin = self.with_(begin + 1, end, shared)
        if self.at(begin, end) != "SELECT":
            return None
        if not _NULLING.isdisjoint([self.tokens[place] for place in self.level(begin, end)]):
            return None
        begin = self.behind_distinct(begin + 1, end)
        from_ = self.first(begin, end, frozenset({"FROM"}))
        rest = self.first(from_ + 1, end, _REST)
        sources = [s for part in self.parts(from_ + 1, rest) for s in self.item(*part)] if from_ < end else []
        outputs = [self.output(*part) for part in self.parts(begin, from_ if from_ < end else rest)]
        return Query(tuple(outputs), tuple(sources), shared)

    def first(self, begin: int, end: int, words: frozenset[str]) -> int:
        tokens = self.tokens
        for place in self.level(begin, end):
            if tokens[place] in words and tokens[place - 1] not in ("DISTINCT", "WITHIN"):
                return place
        return end

    def with_(self, begin: int, end: int, shared: dict[str, Shared]) -> int:
        """Read the queries of WITH; the place behind them."""
        begin += self.at(begin, end) == "RECURSIVE"
        while True:
            name, columns, begin = self.alias(begin, end)
            begin = self.expect(begin, end, "AS")
            begin += self.at(begin, end) == "NOT"
            begin += self.at(begin, end) == "MATERIALIZED"
            inner = self.expect(begin, end, "(")
            shared[name] = Shared(self.query(inner, self.closing[begin]), columns)
            begin = self.closing[begin] + 1
            if self.at(begin, end) != ",":
                return begin
            begin += 1

    def behind_distinct(self, begin: int, end: int) -> int:
        if self.at(begin, end) != "DISTINCT":
            return begin
        return self.closing[begin + 2] + 1 if self.at(begin + 1, end) == "ON" else begin + 1

    def output(self, begin: int, end: int) -> Output:
        tokens = self.tokens[begin:end]
        name = tokens[-1] if len(tokens) > 2 and tokens[-2] == "AS" else ""
        plain = tokens[:-2] if name else tokens
        match plain:
            case [column] if is_name(column):
                return Output(folded(name or column), "", folded(column))
            case [source, ".", column] if is_name(source) and is_name(column):
                return Output(folded(name or column), folded(source), folded(column))
        if "*" in plain[-1:]:
            raise Unknown  # as many columns as nobody counted
        return Output(folded(name))

    def item(self, begin: int, end: int) -> list[Source]:
        """What stands between two commas of FROM: sources, joined from left to right."""
        sources, begin = self.primary(begin, end)
        while begin < end:
            side, begin = self.joining(begin, end)
            right, begin = self.primary(begin, end)
            if side in ("RIGHT", "FULL"):
                sources = [source._replace(nullable=True) for source in sources]
            if side in ("LEFT", "FULL"):
                right = [source._replace(nullable=True) for source in right]
            sources += right
            begin = self.condition(begin, end)
        return sources

    def joining(self, begin: int, end: int) -> tuple[str, int]:
        side = self.at(begin, end)
        if side not in _JOIN:
            raise Unknown
        return side, begin + 1 if side == "JOIN" else self.expect(begin + 1, end, "JOIN")

    def condition(self, begin: int, end: int) -> int:
        """The place behind ON or USING, and behind the name of a joined row, which is nobody's column."""
        if self.at(begin, end) not in ("ON", "USING"):
            return begin
        return self.first(begin, end, _JOIN)

    def primary(self, begin: int, end: int) -> tuple[list[Source], int]:
        """One source, or joined ones in parentheses; and the place behind."""
        begin += self.at(begin, end) in ("LATERAL", "ONLY")
        if self.at(begin, end) == "(":
            return self.in_parentheses(begin, end)
        behind = self.first(begin, end, _JOIN | {"ON", "USING"})
        names, place = self.qualified(begin, behind)
        if names is None or self.at(place, behind) == "(":
            return [Source(self.called(begin, behind))], behind  # of a function
        schema, name = names
        alias, columns = name, tuple[str, ...]()
        if is_name(self.at(place, behind)):
            alias, columns, place = self.alias(place, behind)
        if self.at(place, behind) not in ("", "TABLESAMPLE"):
            raise Unknown
        return [Source(alias, schema, name, None, columns)], behind

    def in_parentheses(self, begin: int, end: int) -> tuple[list[Source], int]:
        close = self.closing[begin]
        behind = close + 1
        alias, columns = "", tuple[str, ...]()
        if is_name(self.at(behind, end)):
            alias, columns, behind = self.alias(behind, end)
        if self.joined(begin + 1, close):
            inside = self.item(begin + 1, close)
            return ([Source(alias)] if alias else inside), behind
        return [Source(alias, "", "", self.query(begin + 1, close), columns)], behind

    def joined(self, begin: int, end: int) -> bool:
        """Not a query, nor one in parentheses before UNION."""
        if self.at(begin, end) in _QUERY:
            return False
        behind = self.at(self.closing[begin] + 1, end) if self.at(begin, end) == "(" else ""
        return behind not in _REST and not (behind == "" and self.at(begin, end) == "(")

    def qualified(self, begin: int, end: int) -> tuple[tuple[str, str] | None, int]:
        if not is_name(self.at(begin, end)):
            return None, begin
        if self.at(begin + 1, end) != ".":
            return ("", folded(self.tokens[begin])), begin + 1
        return (folded(self.tokens[begin]), folded(self.at(begin + 2, end))), begin + 3

    def called(self, begin: int, end: int) -> str:
        """The name that a function has as a source; what it is made of is nobody's column."""
        names = [place for place in self.level(begin, end) if is_name(self.tokens[place])]
        return folded(self.tokens[names[-1]]) if names else ""

    def alias(self, begin: int, end: int) -> tuple[str, tuple[str, ...], int]:
        """A name, the names of columns behind it, and the place behind both."""
        if not is_name(self.at(begin, end)):
            raise Unknown
        name = folded(self.tokens[begin])
        if self.at(begin + 1, end) != "(":
            return name, (), begin + 1
        close = self.closing[begin + 1]
        listed = [self.tokens[first] for first, last in self.parts(begin + 2, close) if last - first == 1]
        if not all(map(is_name, listed)):
            raise Unknown
        return name, tuple(map(folded, listed)), close + 1

    def at(self, place: int, end: int) -> str:
        return self.tokens[place] if place < end else ""

    def expect(self, place: int, end: int, word: str) -> int:
        if self.at(place, end) != word:
            raise Unknown
        return place + 1


@lru_cache(maxsize=1 << 12)
def is_name(token: str) -> bool:
    """Keywords are in capitals; a name that is one of the two constants is quoted."""
    return _NAME.fullmatch(token) is not None and token not in ("true", "false")


def folded(token: str) -> str:
    return token[1:-1].replace('""', '"') if token.startswith('"') else token

"""Statements of a plan that make, change or remove objects of the catalog: which ones, and what they have to name.

sqlglot keeps half of them as opaque text, so the few forms that a plan may use are read here, word by word. A form that
is not one of these is refused: what nobody can read, nobody can compare with what the plan says it writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compliance.core import plpgsql
from compliance.core.footprint import FactKey
from compliance.core.sqlguard import UnsafeSQLError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from compliance.core.plpgsql import Token

VERBS = frozenset({"create", "drop", "alter", "grant", "revoke", "comment"})
_KINDS = {
    "view": "relations", "table": "relations", "sequence": "relations", "index": "indexes", "schema": "schemas",
    "function": "functions", "trigger": "triggers",
}  # fmt: skip
# What an ALTER or a COMMENT may change of a table: one of these has to be named, and the fence sees which one it is.
_PARTS = ("relations", "columns", "constraints", "triggers", "indexes")


class Found(NamedTuple):
    """What a statement does (`verb`) to what. `keys`: one of these has to be among what the plan writes, as it is, or
    as the beginning of a signature or of a column's name."""

    verb: str
    kind: str
    keys: tuple[FactKey, ...]

    @property
    def hazards(self) -> frozenset[str]:
        """A plan has to say one of these of itself."""
        if self.verb in ("grant", "revoke"):
            return frozenset({"grants"})
        if self.verb == "drop":
            return frozenset({"drops-table" if self.kind == "table" else "drops-object"})
        return frozenset({"creates-object"} if self.verb == "create" else {"creates-object", "updates"})


def read(statement: str) -> tuple[Found, ...] | None:
    """What a statement makes, or None where it is no such statement; raises `UnsafeSQLError` where it is unreadable."""
    words = _Words(statement)
    verb = words.peek()
    if verb not in VERBS:
        return None
    words.take()
    reader = {"create": _create, "drop": _drop, "alter": _alter, "comment": _comment}.get(verb, _grant)
    return tuple(reader(words, verb))


def check(statement: str, objects: Collection[FactKey], hazards: Collection[str] | None) -> bool:
    """Is it such a statement? Then raise unless the plan names what it makes. `hazards`: what the plan says of itself,
    or None on the way back, of which it says nothing."""
    found = read(statement)
    for one in found or ():
        if not any(_named(wanted, key) for wanted in one.keys for key in objects):
            named = " or ".join(map(str, one.keys))
            raise _refused(statement, f"it makes or changes {named}", "name it in what the step writes")
        if hazards is not None and not one.hazards & set(hazards):
            told = " or ".join(sorted(one.hazards))
            raise _refused(statement, f"the step does not say that it {told}", "say so in its hazards")
    return found is not None


def _named(wanted: FactKey, key: FactKey) -> bool:
    if wanted.section != key.section or wanted.subject is None or key.subject is None:
        return False
    longer = key.section in ("catalog.functions", "catalog.grants")
    return key.subject == wanted.subject or (
        longer and key.subject.startswith((f"{wanted.subject}(", f"{wanted.subject}."))
    )


def _create(words: _Words, verb: str) -> Iterator[Found]:
    words.skip("or", "replace")
    words.skip("unique")
    kind = words.kind()
    words.skip("if", "not", "exists")
    if kind in ("trigger", "index"):
        words.until("on")
        words.skip("only")
    name = words.name()
    if kind == "table":
        words.parenthesis()
    if kind in ("table", "schema") and words.left:
        raise words.refused("a table or a schema is made empty, and with nothing else")
    if kind == "function" and not any(t.kind == "string" and t.text.startswith("$") for t in words.left):
        raise words.refused("the body of a function stands between dollars")
    yield Found(verb, kind, (_key(_KINDS[kind], name),))


def _drop(words: _Words, verb: str) -> Iterator[Found]:
    kind = words.kind()
    words.skip("if", "exists")
    if any(token.word == "cascade" for token in words.left):
        raise words.refused("what goes with it is not named")
    if kind == "trigger":
        words.until("on")
    for name in words.names():
        yield Found(verb, kind, (_key(_KINDS[kind], name),))


def _alter(words: _Words, verb: str) -> Iterator[Found]:
    kind = words.kind()
    words.skip("if", "exists")
    words.skip("only")
    name = words.name()
    parts = _PARTS if _KINDS[kind] == "relations" else (_KINDS[kind],)
    yield Found(verb, kind, tuple(_key(part, name) for part in parts))


def _comment(words: _Words, verb: str) -> Iterator[Found]:
    words.skip("on")
    column = words.skip("column")
    kind = "table" if column else words.kind()
    name = words.name()
    parts = _PARTS if _KINDS[kind] == "relations" else (_KINDS[kind],)
    yield Found(verb, kind, tuple(_key(part, name.rpartition(".")[0] if column else name) for part in parts))


def _grant(words: _Words, verb: str) -> Iterator[Found]:
    words.until("on")
    kind = words.peek() if words.peek() in _KINDS else "table"
    words.skip(kind)
    if words.peek() in (
        "all",
        "database",
        "language",
        "domain",
        "type",
        "large",
        "tablespace",
        "parameter",
        "foreign",
    ):
        raise words.refused("a right is given on objects that are named one by one")
    for name in words.names():
        yield Found(verb, kind, (_key("grants", name),))


def _key(kind: str, name: str) -> FactKey:
    return FactKey(f"catalog.{kind}", name)


def _refused(statement: str, why: str, remedy: str) -> UnsafeSQLError:
    shown = " ".join(statement.split())
    shown = shown if len(shown) <= 120 else f"{shown[:117]}..."
    return UnsafeSQLError(f"a plan may not do this: {why}: {shown}", remedy=remedy)


class _Words:
    """A statement, word by word. `left`: what was not read yet."""

    def __init__(self, statement: str) -> None:
        self.statement, self.left = statement, plpgsql.tokens(statement)

    def refused(self, why: str) -> UnsafeSQLError:
        return _refused(self.statement, why, "use one of the plain forms")

    def peek(self) -> str:
        return self.left[0].word if self.left else ""

    def take(self) -> Token:
        if not self.left:
            raise self.refused("it ends too early")
        return self.left.pop(0)

    def skip(self, *words: str) -> bool:
        """These words, where they come next."""
        found = [token.word for token in self.left[: len(words)]] == list(words)
        del self.left[: len(words) if found else 0]
        return found

    def until(self, word: str) -> None:
        """All up to this word."""
        while self.take().word != word:
            pass

    def kind(self) -> str:
        word = self.take().word
        if word not in _KINDS:
            raise self.refused(f"it is about something that no plan makes ({word or 'no word'})")
        return word

    def name(self) -> str:
        """A name with its schema, as facts spell it."""
        parts = [self._part()]
        while self.left and self.left[0].text == ".":
            self.take()
            parts.append(self._part())
        return ".".join(parts)

    def names(self) -> Iterator[str]:
        """One after another; of a function without its arguments."""
        yield self.name()
        self.parenthesis()
        while self.left and self.left[0].text == ",":
            self.take()
            yield self.name()
            self.parenthesis()

    def parenthesis(self) -> None:
        """All of one, where it comes next."""
        depth = 0
        while self.left and (depth or self.left[0].text == "("):
            depth += {"(": 1, ")": -1}.get(self.take().text, 0)

    def _part(self) -> str:
        token = self.take()
        if token.kind == "quoted":
            return token.text[1:-1].replace('""', '"')
        if not token.word:
            raise self.refused("a name is expected")
        return token.word

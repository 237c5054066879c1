"""Resolves every column that a statement names to its relation, by the scopes of SQL and without a catalog.

Where a name could belong to more than one relation it is an error, not a guess: our templates qualify what they
name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from compliance.core.plpgsql import UnreadableSQLError

if TYPE_CHECKING:
    from collections.abc import Mapping

Relation = tuple[str, str]


@dataclass(frozen=True)
class Scope:
    """What a name before a dot may mean here: a relation, or None for what a query or a function made."""

    sources: Mapping[str, Relation | None] = field(default_factory=dict)
    made: frozenset[str] = frozenset()  # output names, which ORDER BY and GROUP BY may use
    ctes: frozenset[str] = frozenset()
    outer: Scope | None = None

    def find(self, name: str) -> tuple[bool, Relation | None]:
        if name in self.sources:
            return True, self.sources[name]
        return self.outer.find(name) if self.outer else (False, None)


class Names:
    """The columns of one statement. `variables`: names that are PL/pgSQL's here."""

    def __init__(self, variables: frozenset[str], text: str) -> None:
        self.variables, self.text = variables, text
        self.found: set[tuple[str, str, str]] = set()

    def of(self, tree: exp.Expr) -> set[tuple[str, str, str]]:
        """All columns named in a statement."""
        match tree:
            case exp.Query():
                self.query(tree, Scope())
            case exp.Insert():
                self.insert(tree)
            case exp.Update():
                self.update(tree)
            case exp.Delete():
                self.delete(tree)
            case exp.Transaction() | exp.Commit() | exp.Rollback() | exp.Set():
                pass
            case _:
                raise self.error(f"{type(tree).__name__} is not a statement that names columns in a known way")
        return self.found

    def insert(self, tree: exp.Insert) -> None:
        scope = self.with_ctes(tree, Scope())
        if not isinstance(tree.this, exp.Schema):
            raise self.error("INSERT without a list of columns")
        target = self.relation(tree.this.this)
        self.add(target, tree.this.expressions)
        if isinstance(tree.expression, exp.Expr):
            self.walk(tree.expression, scope)
        inner = Scope({_alias(tree.this.this): target, "excluded": target}, ctes=scope.ctes)
        if conflict := tree.args.get("conflict"):
            targets = conflict.args.get("conflict_keys") or ()
            keys = [key.this if isinstance(key, exp.Ordered) else key for key in targets]
            for key in keys:
                self.walk(key, Scope({"": target}))
            self.assignments(conflict.expressions, target, inner)
            self.optional(conflict.args.get("where"), inner)
        self.optional(tree.args.get("returning"), Scope({_alias(tree.this.this): target}))

    def update(self, tree: exp.Update) -> None:
        scope, target = self.target(tree)
        self.assignments(tree.expressions, target, scope)
        self.optional(tree.args.get("where"), scope)
        self.optional(tree.args.get("returning"), scope)

    def delete(self, tree: exp.Delete) -> None:
        scope, _ = self.target(tree)
        self.optional(tree.args.get("where"), scope)
        self.optional(tree.args.get("returning"), scope)

    def target(self, tree: exp.Update | exp.Delete) -> tuple[Scope, Relation]:
        """The scope of a statement that changes a relation, with the other relations it reads."""
        outer = self.with_ctes(tree, Scope())
        target = self.relation(tree.this)
        using = tree.args.get("using") or []
        others = [source for source in using if isinstance(source, exp.Expr)] if isinstance(using, list) else []
        if from_ := tree.args.get("from_"):
            others.append(from_.this)
        sources: dict[str, Relation | None] = {_alias(tree.this): target}
        scope = Scope(sources, ctes=outer.ctes)
        for source in others:
            self.source(source, sources, scope)
        return scope, target

    def assignments(self, pairs: list[exp.Expr], target: Relation, scope: Scope) -> None:
        for pair in pairs:
            if not isinstance(pair, exp.EQ):
                raise self.error("an assignment in a form that is not known")
            left = pair.this.expressions if isinstance(pair.this, exp.Tuple) else [pair.this.unnest()]
            self.add(target, [column.this if isinstance(column, exp.Column) else column for column in left])
            self.walk(pair.expression, scope)

    def with_ctes(self, tree: exp.Expr, scope: Scope) -> Scope:
        with_ = tree.args.get("with_")
        names = scope.ctes
        for cte in with_.expressions if with_ else ():
            recursive = frozenset({_alias(cte)}) if with_ and with_.args.get("recursive") else frozenset()
            inner = Scope({}, ctes=names | recursive, outer=scope)
            self.query(cte.this, inner) if isinstance(cte.this, exp.Query) else self.nested_write(cte.this)
            names |= {_alias(cte)}
        return Scope(scope.sources, scope.made, names, scope.outer)

    def nested_write(self, tree: exp.Expr) -> None:
        self.found |= Names(self.variables, self.text).of(tree)

    def query(self, tree: exp.Query, outer: Scope) -> None:
        outer = self.with_ctes(tree, outer)
        if isinstance(tree, exp.SetOperation):
            self.walk(tree.this, outer)
            self.walk(tree.expression, outer)
        elif isinstance(tree, exp.Subquery):
            self.walk(tree.this, outer)
        elif isinstance(tree, exp.Select):
            self.select(tree, outer)
        else:
            raise self.error(f"a query of the form {type(tree).__name__}")

    def select(self, tree: exp.Select, outer: Scope) -> None:
        sources: dict[str, Relation | None] = {}
        made = frozenset(folded(item.args["alias"]) for item in tree.expressions if isinstance(item, exp.Alias))
        scope = Scope(sources, frozenset(), outer.ctes, outer)
        if from_ := tree.args.get("from_"):
            self.source(from_.this, sources, scope)
        for lateral in tree.args.get("laterals") or ():
            self.source(lateral, sources, scope)
        for join in tree.args.get("joins") or ():
            self.join(join, sources, scope)
        sorting = Scope(sources, made, outer.ctes, outer)
        for name, part in tree.args.items():
            if name not in ("from_", "joins", "laterals", "with_"):
                for node in part if isinstance(part, list) else [part]:
                    self.optional(node, sorting if name in ("order", "group", "distinct") else scope)

    def join(self, join: exp.Join, sources: dict[str, Relation | None], scope: Scope) -> None:
        if join.args.get("method"):
            raise self.error("NATURAL JOIN, which names its columns nowhere")
        before = list(sources.values())
        self.source(join.this, sources, scope)
        for name in join.args.get("using") or ():
            if len(before) != 1:
                raise self.error(f"USING ({name.name}) over more than two relations")
            for relation in (before[0], list(sources.values())[-1]):
                if relation:
                    self.add(relation, [name])
        self.optional(join.args.get("on"), scope)

    def source(self, node: exp.Expr, sources: dict[str, Relation | None], scope: Scope) -> None:
        """Make known what stands in FROM; columns inside of it are named under what stands before it."""
        known = (exp.Table, exp.Subquery, exp.Unnest, exp.Lateral, exp.Values)
        if not isinstance(node, known) or node.args.get("joins"):
            raise self.error(f"{type(node).__name__} in FROM in a form that is not known")
        named = isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier)
        made = not named or self.is_cte(node, scope)
        if made:
            for child in node.iter_expressions():
                if not isinstance(child, exp.TableAlias):
                    self.walk(child, scope)
            sources[_alias(node) or f"({len(sources)})"] = None
            return
        alias = node.args.get("alias")
        if alias and alias.args.get("columns"):
            raise self.error("an alias that renames the columns of a relation")
        sources[_alias(node)] = self.relation(node)

    def is_cte(self, table: exp.Expr, scope: Scope) -> bool:
        return not table.args.get("db") and folded(table.this) in scope.ctes

    def relation(self, table: exp.Expr) -> Relation:
        named = isinstance(table, exp.Table) and isinstance(table.this, exp.Identifier)
        if not named or table.args.get("catalog"):
            raise self.error("a relation in a form that is not known")
        name, schema = folded(table.this), table.args.get("db")
        return (folded(schema) if schema else "pg_catalog" if name.startswith("pg_") else "public", name)

    def optional(self, node: object, scope: Scope) -> None:
        if isinstance(node, exp.Expr):
            self.walk(node, scope)

    def walk(self, node: exp.Expr, scope: Scope) -> None:
        if isinstance(node, exp.Query):
            self.query(node, Scope(ctes=scope.ctes, outer=scope))
        elif isinstance(node, exp.Column):
            self.column(node, scope)
        else:
            for child in node.iter_expressions():
                self.walk(child, scope)

    def column(self, node: exp.Column, scope: Scope) -> None:
        if isinstance(node.this, exp.Star):
            return
        name, before = folded(node.this), node.args.get("table")
        relation = self.qualified(node, folded(before), scope) if before else self.bare(name, scope)
        if relation:
            self.add(relation, [node.this])

    def qualified(self, node: exp.Column, before: str, scope: Scope) -> Relation | None:
        known, relation = scope.find(before)
        if schema := node.args.get("db"):
            if known and relation == (folded(schema), before):
                return relation
        elif known:
            return relation
        elif before in self.variables:
            return None
        raise self.error(f"nothing tells what {node.sql(dialect='postgres')} is a column of")

    def bare(self, name: str, scope: Scope) -> Relation | None:
        if name in self.variables or name in scope.made:
            return None
        here: Scope | None = scope
        while here is not None and not here.sources:
            here = here.outer
        if here is None:
            raise self.error(f"{name} is neither a variable nor a column of anything")
        if name in here.sources:
            return None  # the whole row
        relations = list(here.sources.values())
        if len(relations) > 1 and any(relations):
            raise self.error(f"{name} may be a column of more than one relation: qualify it")
        return relations[0]

    def add(self, relation: Relation, names: list[exp.Expr]) -> None:
        self.found |= {(*relation, folded(name)) for name in names}

    def error(self, why: str) -> UnreadableSQLError:
        return UnreadableSQLError.of(self.text, why)


def folded(name: exp.Expr) -> str:
    """An identifier as PostgreSQL folds it."""
    return str(name.name) if name.args.get("quoted") else str(name.name).lower()


def _alias(node: exp.Expr) -> str:
    """The name that a source has in its scope."""
    alias = node.args.get("alias")
    if alias is not None and alias.args.get("this") is not None:
        return folded(alias.this)
    return folded(node.this) if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier) else ""

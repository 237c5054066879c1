"""What a role may do in the database, by itself and by all that it is a member of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.needs import split_name

if TYPE_CHECKING:
    from compliance.systems.protocol import Facts

_OF_POSTGRESQL = {
    "SELECT": "pg_read_all_data", "INSERT": "pg_write_all_data", "UPDATE": "pg_write_all_data",
    "DELETE": "pg_write_all_data", "USAGE": "pg_read_all_data",
}  # fmt: skip
WRITING = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")


class Reach:
    """One role. What a member may do is counted whether it inherits or has to SET ROLE first: it may."""

    def __init__(self, facts: Facts, role: str) -> None:
        self.role = role
        self._roles = {r.name: r for r in facts.read("catalog.roles")}
        self.held = self._held()
        self._owners = {(r.schema, r.name): r.owner for r in facts.read("catalog.relations")}
        self._schemas = {s.name: s.owner for s in facts.read("catalog.schemas")}
        mine = (g for g in facts.read("catalog.grants") if g.grantee in self.held or g.grantee == "public")
        self._grants = {(g.kind, g.object, g.privilege) for g in mine}
        self._columns: dict[tuple[str, str], list[str]] = {}
        for column in facts.read("catalog.columns"):
            self._columns.setdefault((column.schema, column.relation), []).append(column.name)

    def _held(self) -> frozenset[str]:
        """Itself and every role that it is a member of, also through others."""
        held, waiting = set[str](), [self.role]
        while waiting:
            name = waiting.pop()
            if name not in held:
                held.add(name)
                waiting += self._roles[name].member_of if name in self._roles else ()
        return frozenset(held)

    @property
    def exists(self) -> bool:
        return self.role in self._roles

    @property
    def superuser(self) -> bool:
        """A member of a superuser may become one."""
        return any(name in self._roles and self._roles[name].superuser for name in self.held)

    def owns(self, qualified: str) -> bool:
        """Whoever owns it, or is a member of who does, may do anything with it."""
        return self._owners.get(split_name(qualified)) in self.held

    def uses(self, schema: str) -> bool:
        """May it name what is in a schema? PostgreSQL's own ones anybody may use."""
        if schema.startswith("pg_") or schema == "information_schema" or self._schemas.get(schema) in self.held:
            return True
        return self._by_postgresql("USAGE") or ("schema", schema, "USAGE") in self._grants

    def selects(self, qualified: str) -> bool:
        """The whole relation, or each of its columns."""
        every = self._columns.get(split_name(qualified), [])
        return self.may(qualified, "SELECT") or bool(
            every and set(every) <= self.by_column(qualified, "SELECT")
        )

    def touches(self, qualified: str, column: str) -> bool:
        """Does information_schema show it the column? For that any right to it will do."""
        known = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
        return any(self.may(qualified, right) or column in self.by_column(qualified, right) for right in known)

    def may(self, qualified: str, privilege: str) -> bool:
        """Has it a privilege on the whole relation?"""
        thing = ".".join(split_name(qualified))
        if self.owns(qualified) or self._by_postgresql(privilege):
            return True
        return ("relation", thing, privilege) in self._grants

    def by_column(self, qualified: str, privilege: str) -> frozenset[str]:
        """The columns for which it has a privilege of their own."""
        thing = ".".join(split_name(qualified))
        every = self._columns.get(split_name(qualified), [])
        return frozenset(name for name in every if ("column", f"{thing}.{name}", privilege) in self._grants)

    def _by_postgresql(self, privilege: str) -> bool:
        return self.superuser or _OF_POSTGRESQL.get(privilege) in self.held

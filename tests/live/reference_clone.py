"""A clone of the reference estate that tests act on as its roles do, and everything that it holds."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql


class ReferenceClone:
    """`owner`: a superuser, who changes what a test needs changed; `caller`: the role that calls in practice."""

    def __init__(self, owner: psycopg.Connection, caller: psycopg.Connection) -> None:
        owner.autocommit = True
        self.owner, self.caller = owner, caller

    def do(self, statement: str, *parameters: object) -> None:
        self.owner.execute(statement.encode(), parameters or None)

    def value(self, query: str, *parameters: object) -> Any:
        """The first value of the only row."""
        row = self.owner.execute(query.encode(), parameters or None).fetchone()
        assert row is not None
        return row[0]

    def asked(self, query: str, *parameters: object) -> Any:
        """What the caller is answered."""
        row = self.caller.execute(query.encode(), parameters or None).fetchone()
        assert row is not None
        return row[0]

    def content(self) -> dict[str, list[str]]:
        """Every row of every table of the estate."""
        tables = self.owner.execute(
            "select tablename from pg_catalog.pg_tables where schemaname = 'public' order by 1"
        ).fetchall()
        return {name: self._rows(name) for (name,) in tables}

    def _rows(self, table: str) -> list[str]:
        query = sql.SQL("select t::text from public.{} t order by 1").format(sql.Identifier(table))
        return [text for (text,) in self.owner.execute(query)]

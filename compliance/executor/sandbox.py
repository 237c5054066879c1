"""A sandbox: calls in one transaction that is rolled back, each in a savepoint, and the proof that nothing stays.

`BEGIN … ROLLBACK` alone proves nothing: a function may write by a connection of its own (dblink), which commits. So the
rows of all tables, the objects of the catalog and the roles are compared before and after, in transactions of their
own, and what the transaction itself wrote is written down (document 002, section 7: 'Zero durable rows').
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from compliance.core import plpgsql, sandboxing
from compliance.core.errors import CouldNotLook, Refused
from compliance.core.needs import split_name
from compliance.core.redact import text as redacted
from compliance.estate import connection as connecting
from compliance.executor import contents
from compliance.executor import exercise as calling
from compliance.executor.exercise import kept, performed
from compliance.executor.session import AGAIN

if TYPE_CHECKING:
    from compliance.core.change import Compiled, Exercise
    from compliance.core.sandboxing import Sandbox
    from compliance.executor.apply import Change
    from compliance.executor.exercise import Answer
    from compliance.executor.ledger import Entry
    from compliance.executor.plan import Plan
    from compliance.executor.session import Session

_SAVEPOINT = "compliance_sandbox"
_NO_TABLE = ("42P01", "3F000")


def compiled(system: str, box: Sandbox) -> Compiled:
    """The calls as a plan that psql could run too, so that an approval can name exactly these."""
    told = [replace(item, sql=_told(item)) for item in box.exercises]
    title = f"make {len(told)} call(s) one after another in one transaction, of which nothing stays"
    return replace(calling.compiled(system, told), title=title)


def _told(item: Exercise) -> str:
    of = [f"-- of what is called and looked at as it is now: {item.version}"] if item.version else []
    if not item.refused:
        return "\n".join([*of, f"savepoint {_SAVEPOINT};", item.sql, f"release savepoint {_SAVEPOINT};"])
    refused = f"-- has to be refused: {item.refused}"
    off, on = (f"\\set ON_ERROR_STOP {state}" for state in ("off", "on"))
    back = f"rollback to savepoint {_SAVEPOINT};"
    return "\n".join([*of, refused, f"savepoint {_SAVEPOINT};", off, item.sql, on, back])


def exercise(change: Change, plan: Plan, box: Sandbox, *, policy: str) -> Entry:
    """Make the calls, take all of it back, and write down what each answered and what stays."""
    return performed(change, plan, lambda s: _answers(change, s, box), policy=policy)


def _answers(change: Change, s: Session, box: Sandbox) -> list[Answer]:
    always = ".".join(split_name(box.relation))
    change.at("comparing: before")
    before = contents.contents(s, always)
    with s.transaction(keep=False):
        s.kill_switch(change.execution.kill_switch)
        _check_free(s, box)
        s.mark()
        answers = [_answer(change, s, item) for item in box.exercises]
        said: dict[str, Any] = {sandboxing.COMMIT: _commit(s), sandboxing.WROTE: sorted(s.wrote())}
    change.at("comparing: after")
    after = contents.contents(s, always)
    changed = contents.changed(before, after)
    said |= {
        sandboxing.COMPARED: len(before.tables.keys() & after.tables.keys()),
        sandboxing.CHANGED: changed,
        sandboxing.OBJECTS: contents.others(before, after),
        sandboxing.LEFT: contents.speaking(s, [t for t in changed if t in after.tables], box.names),
        sandboxing.UNCOMPARED: before.uncompared | after.uncompared,
        sandboxing.SEQUENCES: contents.moved(before, after),
    }
    return [*answers, (sandboxing.PROOF, box.call, kept(said, said, change.estate.redaction_key), "")]


def _check_free(s: Session, box: Sandbox) -> None:
    """What the sandbox would change is its own alone: a row of that name that is there already is somebody's."""
    key, table = sql.Identifier("t", box.key), sql.Identifier(*split_name(box.relation))
    found = sql.SQL(
        "select {key}::pg_catalog.text from {table} as t where {key}::pg_catalog.text = any({names})"
    )
    query = found.format(key=key, table=table, names=sql.Literal(list(box.names)))
    try:
        with s.connection.transaction():
            taken = [str(name) for (name,) in s.connection.execute(query).fetchall()]
    except psycopg.Error as error:
        if error.sqlstate in _NO_TABLE:
            return  # then no row of it either; the calls tell what is missing
        remedy = "correct `sandbox` in policy, or let the role that writes read the table"
        raise CouldNotLook(f"{box.relation}: {connecting.reason(error)}", remedy=remedy) from None
    if taken:
        raise Refused(
            f"the sandbox may not run: {box.relation} has a row of its name",
            reasons=[f"{box.key} = {name!r}" for name in sorted(set(taken))],
            remedy="remove the row if it is one of an earlier sandbox, or give the sandbox another name in policy",
        )


def _answer(change: Change, s: Session, item: Exercise) -> Answer:
    """An expected refusal that does not come is taken back like one: the others see what they would have seen."""
    change.at(f"calling: {item.name}")
    said: dict[str, Any] = {sandboxing.REFUSED: False} if item.refused else {}
    key = change.estate.redaction_key
    try:
        with s.connection.transaction(force_rollback=bool(item.refused)):
            for statement in plpgsql.statements(item.sql):
                row = s.connection.execute(statement.encode()).fetchone()
                said |= row[0] if row and isinstance(row[0], dict) else {}
    except psycopg.Error as error:
        state = _state(error)
        # Another message than that of a refusal may quote anything.
        expected = item.refused and state.startswith(item.refused)
        told = [[sandboxing.MESSAGE, redacted(error.diag.message_primary or "", key)]] if expected else []
        return item.name, item.call, told, state
    return item.name, item.call, kept(said, (*item.keys, sandboxing.REFUSED), key), ""


def _commit(s: Session) -> str:
    """Constraints that wait for COMMIT speak now."""
    try:
        with s.connection.transaction():
            s.connection.execute(b"set constraints all immediate")
    except psycopg.Error as error:
        return _state(error)
    return ""


def _state(error: psycopg.Error) -> str:
    """Its SQLSTATE; raises where nobody is there any more who could answer the others."""
    if connecting.lost(error) or error.sqlstate is None:
        raise CouldNotLook(f"the sandbox: {connecting.reason(error)}", remedy=AGAIN) from None
    return error.sqlstate

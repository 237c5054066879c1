"""One connection that may write: a lock that keeps others out, the look from inside, and what the transaction wrote."""

from __future__ import annotations

import getpass
import os
import socket
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import psycopg
from psycopg import sql

from compliance.core import plpgsql
from compliance.core.errors import ComplianceError, ConfigurationError, CouldNotLook, Refused
from compliance.core.footprint import FactKey
from compliance.core.needs import split_name
from compliance.core.observation import Observation
from compliance.estate import connection as connecting
from compliance.estate import observe, repository
from compliance.estate.resources import resource
from compliance.executor.plan import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.core.needs import Needs, RowsNeed
    from compliance.estate.config import Estate
    from compliance.systems.platform.execution import Execution, KillSwitch

# 'dotc' in ASCII: one lock a database, whatever the program's version (`sql/executor/holder.sql` names it too).
LOCK = 0x646F7463
_OURS = ("preflight:", "verify:", "REFUSED:")
# The server looks in the middle of a statement too whether we are still there: a killed one gives its locks back soon.
_NOTICE = {"client_connection_check_interval": "1s"}
_LIMITS = frozenset({"55P03", "57014"})

AGAIN = "give the same command again: it looks what became of it, and finishes"

Report: TypeAlias = Callable[[str], None]


class VerificationFailed(ComplianceError):
    """A step's verification was not true, so nothing of it stayed."""

    exit_code = 6


class Inside(connecting.Look):
    """Looks from inside of a transaction that writes; an error ends the transaction, so nothing is taken back."""

    def query(
        self, sql: Any, params: Any = None, *, adapt: connecting.Adapt = lambda _: None
    ) -> list[tuple[Any, ...]]:
        """Rows of one of our own statements."""
        try:
            return self._rows(sql, params, adapt)
        except psycopg.Error as error:
            raise connecting.QueryFailed(error) from None


class Wrote(NamedTuple):
    """Rows of one table that were added, and that were changed or removed; none of both: it was emptied, or rewritten
    as a whole."""

    added: int
    rewritten: int


class _Written(NamedTuple):
    """`rows` that this connection has written, and the `files` that hold the tables, by relation."""

    rows: dict[str, Wrote]
    files: dict[str, int]


class Session:
    """Writes as the estate's writer. What it says of the estate, it says from inside of its own transaction."""

    def __init__(
        self, estate: Estate, needs: Needs, connection: psycopg.Connection[tuple[Any, ...]], step_seconds: float
    ) -> None:
        self.estate, self.needs, self.connection, self.step_seconds = estate, needs, connection, step_seconds
        self._look = Inside(connection)
        self._marked = _Written({}, {})

    @contextmanager
    def transaction(self, *, keep: bool) -> Iterator[None]:
        """Commits at the end where `keep`, else takes everything back. The only difference of a dry run."""
        try:
            with self.connection.transaction(force_rollback=not keep):
                # The estate may have it off; what the ledger says was applied must survive a crash.
                self.connection.execute("set local synchronous_commit = on")
                yield
        except psycopg.Error as error:  # of BEGIN or COMMIT: any other is told where it happens
            raise _failed("the transaction", error) from None

    def observe(self) -> Observation:
        """The catalog and what `needs` names, rows as this transaction sees them; raises where one cannot be seen."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        seen = dict(observe.sections(self._look, self.needs, at, self.estate.redaction_key))
        seen |= dict(repository.look(self.estate, self.needs, at, lambda _: None))
        found = Observation(self.estate.name, at, seen)
        if self.connection.closed:  # or the first section would be blamed for it
            raise CouldNotLook("the connection to PostgreSQL was lost", remedy=AGAIN)
        for section in found.sections:
            found.read(section)
        return found

    def target(self) -> Target:
        """Which database this is."""
        ((_, database, _, _, _, system),) = self._look.query(resource("sql/catalog/server.sql").read_bytes())
        return Target(system, database)

    def run(self, title: str, script: str, at: Report) -> None:
        """Each statement of a step, all of them within the time that a step may take; `at` is told after each."""
        deadline = time.monotonic() + self.step_seconds
        for number, statement in enumerate(plpgsql.statements(script), start=1):
            left = max(1, int((deadline - time.monotonic()) * 1000))
            self._execute(title, f"set local statement_timeout = {left}".encode())
            self._execute(title, statement.encode())
            at(f"{title}: statement {number}")
        self._execute(title, f"set local statement_timeout = {int(self.step_seconds * 1000)}".encode())

    def _execute(self, title: str, statement: bytes) -> None:
        try:
            self.connection.execute(statement)
        except psycopg.Error as error:
            raise _failed(title, error) from None

    def constraints(self) -> None:
        """Constraints that wait for COMMIT speak now, while everything can still be taken back."""
        self._execute("constraints", b"set constraints all immediate")

    def lock_tables(self, written: Iterable[str]) -> None:
        """Nobody else writes what this plan reads or writes until the transaction ends; readers go on."""
        relations, writes = self.needs.relations, set(written)
        for section, name in sorted(relations.items()):
            mode = sql.SQL("share row exclusive" if section in writes else "share")
            table = sql.Identifier(*split_name(name))
            try:
                self.connection.execute(sql.SQL("lock table {} in {} mode").format(table, mode))
            except psycopg.Error as error:
                raise _failed(f"lock on {name}", error) from None

    def kill_switch(self, switch: KillSwitch | None) -> None:
        """Refuses unless the switch says go; read in the transaction that it is to stop."""
        if switch is None:
            return
        table, key, value = (
            sql.Identifier(*split_name(switch.relation)), sql.Identifier(switch.key), sql.Identifier(switch.value)
        )  # fmt: skip
        query = sql.SQL("select {}::pg_catalog.text from {} where {}::pg_catalog.text = {}")
        found = [row[0] for row in self._look.query(query.format(value, table, key, sql.Literal(switch.name)))]
        if found != [switch.go]:
            said = "is not there" if not found else f"is {found[0]!r}, not {switch.go!r}"
            raise Refused(
                f"the kill switch stops every change: {switch.relation} {switch.name} {said}",
                remedy="ask who set it; nothing was changed",
            )

    def mark(self) -> None:
        """What is written from here on is what `wrote` tells."""
        ((counted,),) = self._look.query(b"select pg_catalog.current_setting('track_counts') = 'on'")
        if not counted:
            raise CouldNotLook(
                "the server does not count what a transaction writes, so nobody could tell what a plan touches",
                remedy="set track_counts = on, which is PostgreSQL's default",
            )
        self._marked = self._written()

    def wrote(self) -> dict[str, Wrote]:
        """What was written since the mark, by relation."""
        before, after, none = self._marked, self._written(), Wrote(0, 0)
        whole = {table: none for table, file in after.files.items() if before.files.get(table, file) != file}
        return whole | {
            table: Wrote(rows.added - old.added, rows.rewritten - old.rewritten)
            for table, rows in after.rows.items()
            if rows != (old := before.rows.get(table, none))
        }

    def _written(self) -> _Written:
        rows = self._look.query(resource("sql/executor/written.sql").read_bytes())
        files = self._look.query(resource("sql/executor/storage.sql").read_bytes())
        return _Written({table: Wrote(added, rewritten) for table, added, rewritten in rows}, dict(files))

    def sequences(self) -> dict[str, int | None]:
        """Where sequences stand."""
        return dict(self._look.query(resource("sql/executor/sequences.sql").read_bytes()))

    def ask(self, query: Any) -> list[tuple[Any, ...]]:
        """Rows of one of our own statements, as this transaction sees them."""
        return self._look.query(query)

    def images(self, sections: Iterable[str]) -> dict[FactKey, str]:
        """Digest of each row of the tables behind these sections: of the whole row, undeclared columns too. Of a
        section of the catalog there are no rows."""
        needs = {need.section: need for need in self.needs.rows}
        return {
            FactKey(section, subject): image
            for section in sorted(needs.keys() & set(sections))
            for subject, image in self._look.query(_images(needs[section]))
        }


def _images(need: RowsNeed) -> sql.Composed:
    key, table = _naming(need), sql.Identifier(*split_name(need.relation))
    return sql.SQL(
        "select ({})::pg_catalog.text, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to("
        "pg_catalog.to_jsonb(t)::pg_catalog.text, 'UTF8')), 'hex') from {} as t"
    ).format(key, table)


def _naming(need: RowsNeed) -> sql.Composable:
    """What names a row: a column, or the first that is there of several that may be."""
    if not need.named_by:
        return sql.Identifier("t", need.columns[0])
    row = sql.SQL("pg_catalog.to_jsonb(t)")
    cases = (
        sql.SQL("when {row} ? {name} then {row} ->> {name}").format(row=row, name=sql.Literal(name))
        for name in need.named_by
    )
    return sql.SQL("case {} end").format(sql.SQL(" ").join(cases))


@contextmanager
def session(estate: Estate, needs: Needs, execution: Execution, purpose: str) -> Iterator[Session]:
    """Connect as the writer and hold the estate's lock; `purpose` is what others are told who find it held."""
    if not estate.writer:
        raise ConfigurationError(
            f"estate '{estate.name}' does not say who may write",
            remedy="set postgres.writer_dsn_env in estate.yaml, and that variable, to the DSN of the applying role",
        )
    settings = connecting.session_settings(execution.step_seconds, execution.lock_seconds) | _NOTICE
    name = f"compliance {purpose} {_user()}@{socket.gethostname()[:16]}:{os.getpid()}"
    connection = connecting.connect(estate.writer, settings, name=name[:63])
    try:
        connection.autocommit = True
        try:
            _take_lock(connection, execution.lock_seconds)
        except psycopg.Error as error:
            raise _failed("the estate's lock", error) from None
        yield Session(estate, needs, connection, execution.step_seconds)
    finally:
        connection.close()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no entry for this uid, as in many containers
        return str(os.getuid())


def _take_lock(connection: psycopg.Connection[tuple[Any, ...]], patience: float) -> None:
    """Whoever was killed may still be ending on the server, so a little patience; never a wait for a living one."""
    deadline = time.monotonic() + patience
    while True:
        row = connection.execute("select pg_catalog.pg_try_advisory_lock(%s, 0)", (LOCK,)).fetchone()
        if row and row[0]:
            return
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    holders = connection.execute(resource("sql/executor/holder.sql").read_bytes()).fetchall()
    raise Refused(
        "another change of this estate is under way",
        reasons=[f"{name or 'somebody'} as {role}, connected since {since}" for name, role, since in holders],
        remedy="wait until it has ended",
    )


def _failed(title: str, error: psycopg.Error) -> ComplianceError:
    """Our own messages are told in full; another one may quote a value, so only its kind is told."""
    message = error.diag.message_primary or ""
    if error.sqlstate == "P0001" and message.startswith("verify:"):
        return VerificationFailed(
            f"{title}: {message}: nothing was changed", remedy="compile again and look at that step"
        )
    if error.sqlstate == "P0001" and message.startswith(_OURS):
        return Refused(f"{title}: {message}", remedy="put that right, then compile again; nothing was changed")
    if connecting.lost(error):
        return CouldNotLook(f"{title}: {connecting.reason(error)}", remedy=AGAIN)
    if error.sqlstate in _LIMITS:
        remedy = "nothing was changed; again when the estate is less busy, or raise `limits` in platform.yaml"
        return Refused(f"{title}: {connecting.reason(error)}", remedy=remedy)
    return Refused(
        f"{title}: {connecting.reason(error)}",
        remedy="nothing was changed; the server's log holds the whole message",
    )

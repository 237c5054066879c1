"""One read-only look at a PostgreSQL: a sealed transaction behind five layers, each tested at the start.

Layers: the *role* (SELECT alone; a superuser is refused), the *settings* of the session, the sealed
*transaction*, the *protocol* (a prepared statement carries no second one) and the *guard* over SQL text that
comes from policy.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from psycopg import conninfo

from compliance.core import sqlguard
from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.estate import reading
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from psycopg.sql import Composed

USE_A_ROLE = "use a role that may only SELECT: `compliance role` prints the SQL that makes one"
_BACK = b"rollback to savepoint look"
_SETTINGS = {
    "default_transaction_read_only": "on",
    "transaction_read_only": "on",
    "transaction_isolation": "repeatable read",
    "row_security": "off",
    "search_path": "",
    "TimeZone": "UTC",
}
# States whose message holds names only. Others may quote a value that somebody stored, so they are not
# repeated.
_NAMES_ONLY = frozenset(
    {"42501", "42P01", "42703", "42883", "42704", "3F000", "25006", "25001", "55P03", "57014", "42601"}
)
# 2F003 is how dblink and postgres_fdw refuse a connection to anyone who is not a superuser.
_LAYER = {
    "42501": "role", "2F003": "role", "25006": "transaction", "25001": "transaction", "42601": "protocol",
    "57014": "settings", "55P03": "settings",
}  # fmt: skip


class QueryFailed(CouldNotLook):
    """A query that was refused or failed; `layer` refused it; None: it failed for its own reason."""

    def __init__(self, error: psycopg.Error) -> None:
        super().__init__(reason(error), remedy=_remedy(error))
        self.layer = _LAYER.get(error.sqlstate or "")


Adapt: TypeAlias = Callable[["psycopg.Cursor[tuple[Any, ...]]"], None]


class Look:
    """An open look. What it reads comes from one snapshot, however long it lasts."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def query(
        self,
        sql: bytes | Composed,
        params: Mapping[str, Any] | Sequence[Any] | None = None,
        *,
        adapt: Adapt = lambda _: None,
    ) -> list[tuple[Any, ...]]:
        """Rows of one of our own statements. A failure leaves the look usable and the snapshot as it was.

        `adapt`: how values are loaded by this statement alone.

        One savepoint at the start serves all: nothing is ever written, so going back to it loses nothing.
        """
        try:
            return self._rows(sql, params, adapt)
        except psycopg.Error as error:
            with suppress(psycopg.Error):  # a lost connection says so at the next query
                self._connection.execute(_BACK)
            raise QueryFailed(error) from None

    def _rows(self, sql: Any, params: Any, adapt: Adapt) -> list[tuple[Any, ...]]:
        cursor = self._connection.cursor()
        adapt(cursor)
        return cursor.execute(sql, params).fetchall()

    def guarded(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a statement that a policy holds: the guard reads it first."""
        sqlguard.check_query(sql)
        return self.query(sql.encode())


@contextmanager
def read_only(
    dsn: str, *, statement_timeout: float = 10.0, lock_timeout: float = 2.0, connect_timeout: int = 5
) -> Iterator[Look]:
    """Open a look (time-outs in seconds), or raise `CouldNotLook` with what a person can do about it."""
    settings = {"default_transaction_read_only": "on"} | session_settings(statement_timeout, lock_timeout)
    connection = connect(dsn, settings, connect_timeout=connect_timeout)
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    try:
        look = Look(connection)
        _check_reach(look)
        _self_test(connection)
        yield look
    finally:
        connection.close()


def reason(error: psycopg.Error) -> str:
    """A short reason without a secret: a message is repeated only where it can hold nothing but names."""
    state = error.sqlstate
    if lost(error):
        return "the connection to PostgreSQL was lost"
    if state is None:
        return f"the client refused ({type(error).__name__})"
    message = (
        (error.diag.message_primary or "")
        if state in _NAMES_ONLY
        else "the message is withheld, as it may quote data"
    )
    return f"{_title(error)}: {message} ({state})"


def lost(error: psycopg.Error) -> bool:
    """Has the connection ended with it? Then nobody said what became of a COMMIT that was under way."""
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError)
    return state.startswith(("08", "57P")) or state in ("25P03", "25P04")


def _title(error: psycopg.Error) -> str:
    named = {
        "42501": "missing privilege", "42P01": "relation does not exist", "42703": "column does not exist",
        "42883": "function does not exist", "3F000": "schema does not exist", "57014": "time-out",
        "55P03": "time-out waiting for a lock", "25006": "refused, as the look is read-only",
    }  # fmt: skip
    return named.get(error.sqlstate or "", type(error).__name__)


def _remedy(error: psycopg.Error) -> str | None:
    remedies = {
        "42501": "grant the role SELECT on what policy names (`compliance role` prints the SQL)",
        "57014": "look again when the server is less busy",
        "55P03": "look again when nobody alters the table",
    }
    if lost(error):
        return "give the same command again when the server can be reached"
    return remedies.get(error.sqlstate or "")


def session_settings(statement_timeout: float, lock_timeout: float) -> dict[str, str]:
    """How long a statement may last (time-outs in seconds), and that no row and no name is hidden from it."""
    return {
        "statement_timeout": f"{statement_timeout * 1000:.0f}ms",
        "lock_timeout": f"{lock_timeout * 1000:.0f}ms",
        "row_security": "off",
        "search_path": "",
    }


def connect(
    dsn: str, settings: Mapping[str, str], *, name: str = "compliance", connect_timeout: int = 5
) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect, or raise without a word of what the DSN keeps secret. `name`: what others see in pg_stat_activity."""
    try:
        password = str(conninfo.conninfo_to_dict(dsn).get("password") or "")
    except psycopg.Error:
        # The parser's message quotes the part it stumbled over, which may be the password.
        raise ConfigurationError(
            "the DSN of the estate's PostgreSQL cannot be read",
            remedy="write it as postgresql://user:password@host:port/database, with special characters encoded",
        ) from None
    try:
        connection = psycopg.connect(
            dsn, options=" ".join(f"-c {key}={value}" for key, value in settings.items()), prepare_threshold=0,
            connect_timeout=connect_timeout, client_encoding="utf8", application_name=name, autocommit=True,
        )  # fmt: skip
        with _closed_on_error(connection):
            reading.register(connection)
    except psycopg.Error as error:
        said = " ".join(str(error).split()) or type(error).__name__
        said = said.replace(password, "***") if password else said
        raise CouldNotLook(
            f"no connection to PostgreSQL: {said}", remedy="see postgres in estate.yaml"
        ) from None
    connection.autocommit = False
    return connection


@contextmanager
def _closed_on_error(connection: psycopg.Connection[Any]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _check_reach(look: Look) -> None:
    """The first query: it takes the snapshot and seals the transaction."""
    rows = look.query(resource("sql/look.sql").read_bytes())
    for role, superuser, reach, settings in rows:
        if superuser or reach:
            held = "is a superuser" if superuser else f"is a member of {', '.join(reach)}"
            raise CouldNotLook(f"role {role} {held}: read-only would not hold for it", remedy=USE_A_ROLE)
        found = dict(setting.split("=", 1) for setting in settings)
        wrong = [name for name, value in _SETTINGS.items() if found.get(name, "").strip('"') != value]
        wrong += [name for name in ("statement_timeout", "lock_timeout") if found.get(name) == "0"]
        if wrong:
            raise CouldNotLook(
                f"the settings of the session did not take hold: {', '.join(sorted(wrong))}",
                remedy="connect to the server itself; a pooler between may drop start-up options",
            )
    if not rows:
        raise CouldNotLook("the server does not say which role this is", remedy=USE_A_ROLE)


def _self_test(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Each layer is shown a statement it must refuse; one that lets it pass ends the look."""
    try:
        connection.execute(b"savepoint look")
        connection.execute(resource("sql/self_test.sql").read_bytes())
    except psycopg.Error as error:
        layer = error.diag.message_primary if isinstance(error, psycopg.errors.AssertFailure) else None
        raise _let_through(layer or "self-test", reason(error)) from None
    try:
        connection.execute(b"select 1; select 2")
    except psycopg.errors.SyntaxError:
        connection.execute(_BACK)
    else:
        raise _let_through("protocol", "two statements in one string were run")
    try:
        sqlguard.check_query("with gone as (delete from t returning *) select * from gone")
    except sqlguard.UnsafeSQLError:
        return
    raise _let_through("guard", "a query that deletes was let through")


def _let_through(layer: str, why: str) -> CouldNotLook:
    return CouldNotLook(f"the {layer} layer of the read-only look does not hold ({why})", remedy=USE_A_ROLE)

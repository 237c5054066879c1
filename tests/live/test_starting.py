"""How an estate of one's own begins: `init`, `policy draft`, `role`."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pytest_postgresql import factories

from compliance.cli import main
from compliance.core.errors import ConfigurationError
from compliance.core.needs import Needs
from compliance.estate.documents import kept_here
from compliance.estate.pgbin import bindir
from compliance.estate.resources import resource
from compliance.starting import role_sql, start, ungated
from compliance.systems import Policies, command_catalog
from tests.conftest import clone
from tests.live.foreign import PROBE, as_role, foreign_estate, judge, load_foreign, reference_estate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from compliance.estate.config import Estate

foreign_template = factories.postgresql_noproc(
    dbname="wasserwerk_starting", depends_on="postgres_server", load=[load_foreign]
)
NEW_ROLE = "Neue Prüferin"


class Live(NamedTuple):
    """A fresh copy of an estate: the superuser's address, and the estate as a role sees it."""

    dsn: str
    probe: str
    estate: Callable[[str], Estate]

    def seen_by(self, role: str) -> Estate:
        return self.estate(as_role(self.dsn, role))

    def change(self, statement: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(params=["reference", "foreign"])
def live(
    request: pytest.FixtureRequest, reference_template: NoopExecutor, foreign_template: NoopExecutor
) -> Iterator[Live]:
    """Each of the two estates in turn."""
    foreign = request.param == "foreign"
    with clone(foreign_template if foreign else reference_template) as dsn:
        yield Live(dsn, PROBE, foreign_estate) if foreign else Live(dsn, "compliance_probe", reference_estate)


@pytest.fixture
def new_role(live: Live) -> Iterator[str]:
    """A name that no role has; what was made of it is taken away, as roles outlive a copy."""
    yield NEW_ROLE
    with psycopg.connect(live.dsn, autocommit=True) as connection:
        name = sql.Identifier(NEW_ROLE)
        if connection.execute("select from pg_catalog.pg_roles where rolname = %s", (NEW_ROLE,)).fetchone():
            connection.execute(sql.SQL("drop owned by {0}; drop role {0}").format(name))


def psql(dsn: str, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [bindir() / "psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", dsn],
        input=script, capture_output=True, text=True, check=False, encoding="utf-8",
        env={"PGCLIENTENCODING": "UTF8"},
    )  # fmt: skip


def drafted(live: Live, folder: Path) -> Path:
    """A policy folder whose command catalog is the draft of what is there now."""
    run = judge(live.seen_by(live.probe)).run
    text = command_catalog.draft(run.policies["command_catalog"], run.observation)
    (folder / "command_catalog.yaml").write_text(text, encoding="utf-8")
    for name in run.policies.keys() - {"command_catalog"}:
        shutil.copy(run.estate.policy / f"{name}.yaml", folder)
    ungated(folder)
    return folder


def printed(live: Live, role: str) -> str:
    """As the command prints it."""
    estate = live.seen_by(live.probe)
    needs = Policies.load(estate).needs()
    kept = kept_here(estate, needs)
    return role_sql(role, needs, kept.relation if kept else None)


def test_a_draft_of_a_conforming_estate_breaks_no_rule_but_that_it_was_not_reviewed(
    live: Live, tmp_path: Path
) -> None:
    judged = judge(live.seen_by(live.probe), drafted(live, tmp_path))
    assert judged.broken == {"PL003": {"command_catalog"}}
    assert judged.verdict.exit_code == 1
    before = Policies.load(live.seen_by(live.probe))["command_catalog"]
    after = judged.run.policies["command_catalog"]
    for name in (
        "relation",
        "columns",
        "runs",
        "operator",
        "targets",
        "ungoverned",
        "gates",
        "surface",
        "total",
    ):
        assert getattr(after, name) == getattr(before, name), name
    assert {n: c.row for n, c in after.commands.items()} == {n: c.row for n, c in before.commands.items()}
    assert {n: (c.rollback, c.fixed, c.gates) for n, c in after.commands.items()} == {
        n: (c.rollback, c.fixed, c.gates) for n, c in before.commands.items()
    }


def changed_reference(live: Live) -> None:
    live.change(
        "update public.dot_iu_command_catalog set category = 'null'  where command_name = 'dot_iu_health';"
        "insert into public.dot_iu_command_catalog values"
        " ('on: \"yes\" # é', 'read', false, false, '{dot_new}'), ('empty', null, false, false, '{}'),"
        " (repeat('long ', 400), 'read', false, false, '{dot_new}');"
        "create function public.dot_new(a integer, b text[]) returns int stable language sql as 'select 1';"
        "grant execute on function public.dot_new to dot_operator;"
        "update public.dot_config set value = 'true' where key = 'iu_core.composer_enabled';"
        "create table public.iu_more ();"
    )


def test_a_draft_declares_what_is_there_and_not_what_was_declared(
    reference_template: NoopExecutor, tmp_path: Path
) -> None:
    with clone(reference_template) as dsn:
        live = Live(dsn, "compliance_probe", reference_estate)
        changed_reference(live)
        judged = judge(live.seen_by(live.probe), drafted(live, tmp_path))
    policy = judged.run.policies["command_catalog"]
    assert policy.commands["dot_iu_health"].category == "null"
    assert policy.commands['on: "yes" # é'].targets == ("dot_new",)
    assert policy.commands["long " * 400].targets == ("dot_new",)
    assert policy.targets["dot_new"].signature == "public.dot_new(integer,text[])"
    assert policy.gates.declared["iu_core.composer_enabled"] == "true"
    assert policy.surface["table"].count == 30
    assert "empty" not in policy.commands
    assert "empty" in (tmp_path / "command_catalog.yaml").read_text(encoding="utf-8").splitlines()[3]
    # Drift that a policy can declare is declared; what repeats another count, or cannot be declared, stays found.
    assert judged.broken.keys() == {"PL003", "CC001", "CC002", "CC003", "CC004"}
    assert judged.broken["CC001"] == {"(all others)"}


def test_an_empty_catalog_cannot_be_drafted(reference_template: NoopExecutor, tmp_path: Path) -> None:
    with clone(reference_template) as dsn:
        live = Live(dsn, "compliance_probe", reference_estate)
        live.change("truncate public.dot_iu_command_catalog")
        with pytest.raises(ConfigurationError, match="no row that a policy could declare"):
            drafted(live, tmp_path)


def test_the_command_prints_the_draft(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ESTATE_DSN", as_role(live.dsn, live.probe))
    source = live.seen_by(live.probe)
    (tmp_path / "estate.yaml").write_text(
        "name: mine\nkind: staging\nsystems: [command_catalog]\npostgres: {dsn_env: ESTATE_DSN}\n"
        f"policy: {source.policy}\nrepository: {source.repository}\n",
        encoding="utf-8",
    )
    assert main(["policy", "draft", "command_catalog", "--estate", str(tmp_path / "estate.yaml")]) == 0
    printed = capsys.readouterr().out
    drafted(live, tmp_path)
    expected = (tmp_path / "command_catalog.yaml").read_text(encoding="utf-8")
    assert printed.splitlines()[3:] == expected.splitlines()[3:]


def test_init_begins_with_policies_that_nobody_reviewed(
    reference_template: NoopExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from compliance.estate import config

    start(tmp_path)
    with clone(reference_template) as dsn:
        monkeypatch.setenv("ESTATE_DSN", as_role(dsn, "compliance_probe"))
        estate = config.load(tmp_path / "estate.yaml")
        judged = judge(replace(estate, repository=resource("fixtures/reference/repository")))
    assert judged.broken == {"PL003": {"platform", "command_catalog"}}


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "policy" / "platform.yaml"
    kept.parent.mkdir()
    kept.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="is there already"):
        start(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]
    assert kept.read_text(encoding="utf-8") == "mine"


def test_the_role_that_is_printed_makes_the_audit_green(live: Live, new_role: str) -> None:
    script = printed(live, new_role)
    for _ in range(2):
        done = psql(live.dsn, script)
        assert done.returncode == 0, done.stderr
    judged = judge(live.seen_by(new_role))
    assert judged.broken == {}
    (server,) = judged.run.observation.read("catalog.server")
    assert server.role == new_role


def test_the_role_reads_what_policy_names_and_may_write_nothing(live: Live, new_role: str) -> None:
    needs = Policies.load(live.seen_by(live.probe)).needs()
    assert psql(live.dsn, role_sql(new_role, needs)).returncode == 0
    with psycopg.connect(as_role(live.dsn, new_role), autocommit=True) as connection:
        assert connection.execute("show default_transaction_read_only").fetchone() == ("on",)
        connection.execute("set default_transaction_read_only = off")
        relations = rows(
            connection,
            "select n.nspname, c.relname, pg_catalog.has_table_privilege(c.oid, 'SELECT'),"
            " c.relkind = 'v' from pg_catalog.pg_class c"
            " join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'v', 'p') and n.nspname !~ '^(pg_|information_schema)'"
            " and pg_catalog.has_schema_privilege(n.oid, 'USAGE')",
        )
        named = {need.relation for need in needs.rows} | {n for need in needs.compared for n in need[1:3]}
        assert {f"{schema}.{name}" for schema, name, may, _ in relations if may} == named
        for schema, name in (found[:2] for found in relations if not found[3]):
            for attempt in ("delete from {}", "truncate {}", "insert into {} default values", "drop table {}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(sql.SQL(attempt).format(sql.Identifier(schema, name)))
        for (schema,) in rows(connection, "select nspname from pg_catalog.pg_namespace"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL("create table {} ()").format(sql.Identifier(schema, "mine")))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("create schema mine")


def rows(connection: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


def test_a_role_without_its_grants_could_not_look(live: Live, new_role: str) -> None:
    """The control: it is the printed grants that make it see."""
    script = printed(live, new_role)
    without = "\n".join(line for line in script.splitlines() if not line.startswith("grant select"))
    assert psql(live.dsn, without).returncode == 0
    verdict = judge(live.seen_by(new_role)).verdict
    assert (verdict.conclusion, verdict.exit_code) == ("could-not-look", 3)


def test_the_command_prints_the_role(
    live: Live, new_role: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WASSERWERK_DSN", make_conninfo(live.dsn))
    folder = "foreign" if live.probe == PROBE else "reference"
    estate = str(resource(f"fixtures/{folder}/estate.yaml"))
    assert main(["role", "--estate", estate, "--name", new_role]) == 0
    assert psql(live.dsn, capsys.readouterr().out).returncode == 0
    assert judge(live.seen_by(new_role)).broken == {}


@pytest.mark.parametrize("name", ["public", "none", "pg_reader"])
def test_a_word_of_postgresql_is_no_role_to_grant_to(name: str) -> None:
    """Run by psql, `create role public` fails and the grants behind it go on: to everybody."""
    with pytest.raises(ConfigurationError, match="word of PostgreSQL's"):
        role_sql(name, Needs())


def test_a_line_feed_in_the_name_of_a_role_does_not_end_a_comment() -> None:
    head, _, _ = role_sql("a\nb", Needs()).partition("do $role$")
    assert [line for line in head.splitlines() if not line.startswith("--")] == []

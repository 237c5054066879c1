"""Seed and migration of the command catalog: compiled from real looks, run by a real psql, kept as golden files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlglot
from psycopg import sql

from compliance import audit, cli
from compliance.core.errors import Refused
from compliance.core.plansql import check_plan, columns_named
from compliance.estate.resources import resource
from tests import judging
from tests.judging import CATALOG, MIGRATION_034

if TYPE_CHECKING:
    from collections.abc import Callable

    from compliance.core.change import Compiled

GOLDEN = resource("sql/compiled")
GOLDEN_24 = GOLDEN / "24_rows"
GOLDEN_SEED = GOLDEN / "command_catalog" / "seed"
GOLDEN_034 = GOLDEN_24 / "command_catalog" / "migration"
POLICY = resource("fixtures/reference/policy")


class Catalog:
    """A clone with its own address per role, and the two compilations of what it holds now."""

    def __init__(self, db: psycopg.Connection, dsn: Callable[[str], str], folder: Path) -> None:
        self.db, self.dsn, self.folder = db, dsn, folder
        db.autocommit = True

    def do(self, statement: str) -> None:
        self.db.execute(statement.encode())

    def rows(self) -> int:
        found = self.db.execute(f"select count(*) from {CATALOG}".encode()).fetchone()
        assert found is not None
        return int(found[0])

    def content(self) -> list[tuple[object, ...]]:
        """What is governed of the table: its five columns."""
        columns = "command_name, category, mutating, reversible, target_functions"
        return self.db.execute(f"select {columns} from {CATALOG} order by 1".encode()).fetchall()

    def without_034(self) -> None:
        self.do(f"delete from {CATALOG} where command_name in {MIGRATION_034}")

    def compiled(self, policy: Path | None = None) -> dict[str, Compiled]:
        return judging.compiled(judging.look(self.dsn("compliance_probe"), policy))

    def run(self, item: Compiled | Path, name: str, **environment: str) -> tuple[int, str]:
        """One rendered file, by psql, as the owner of the estate: its exit code and all that it said."""
        folder = item if isinstance(item, Path) else judging.write_sql(item, self.folder)
        done = judging.psql(self.dsn("estate_owner"), "-f", str(folder / f"{name}.sql"), **environment)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def catalog(estate_db: psycopg.Connection, estate_dsn: Callable[[str], str], tmp_path: Path) -> Catalog:
    return Catalog(estate_db, estate_dsn, tmp_path / "compiled")


def policy_with(folder: Path, *changes: tuple[str, str]) -> Path:
    """A copy of the reference policy in which each text, that must stand there, is another one."""
    shutil.copytree(POLICY, folder)
    file = folder / "command_catalog.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")
    return folder


# --- golden files ----------------------------------------------------------------------------------------------


def assert_golden(item: Compiled, folder: Path) -> None:
    kept = {path.name: path.read_bytes() for path in (folder / "command_catalog" / item.kind).glob("*.sql")}
    assert kept == {name: text.encode() for name, text in item.files().items()}, (
        "`make golden` writes them again"
    )


def test_the_seed_of_the_reference_estate_is_the_golden_one_and_there_is_nothing_to_migrate(
    catalog: Catalog,
) -> None:
    made = catalog.compiled()
    assert_golden(made["seed"], GOLDEN)
    assert made["migration"].steps == ()
    assert not (GOLDEN / "command_catalog" / "migration").exists()


def test_from_24_rows_the_migration_is_the_golden_034_and_the_seed_deploys_the_same(catalog: Catalog) -> None:
    catalog.without_034()
    made = catalog.compiled()
    assert_golden(made["migration"], GOLDEN_24)
    assert_golden(made["seed"], GOLDEN_24)
    assert made["seed"].files()["deploy.sql"] == (GOLDEN_SEED / "deploy.sql").read_text(encoding="utf-8")


def test_check_proves_golden_files_current_and_finds_one_changed_byte(tmp_path: Path) -> None:
    copy = shutil.copytree(GOLDEN, tmp_path / "golden")
    assert cli.main(["compile", "command_catalog", "--out", str(copy), "--check"]) == 0
    file = copy / "command_catalog" / "seed" / "deploy.sql"
    file.write_bytes(file.read_bytes().replace(b"'read'", b"'reaD'", 1))
    assert cli.main(["compile", "command_catalog", "--out", str(copy), "--check"]) == 1
    assert b"'reaD'" in file.read_bytes(), "a check writes nothing"


def test_check_finds_a_lost_file_and_one_too_many(tmp_path: Path) -> None:
    copy = shutil.copytree(GOLDEN, tmp_path / "golden")
    stale = copy / "command_catalog" / "migration" / "deploy.sql"
    stale.parent.mkdir()
    stale.write_text("-- of an older drift\n")
    assert cli.main(["compile", "command_catalog", "--out", str(copy), "--check"]) == 1
    stale.unlink()
    (copy / "command_catalog" / "seed" / "verify.sql").unlink()
    assert cli.main(["compile", "command_catalog", "--out", str(copy), "--check"]) == 1


# --- what psql does with them ----------------------------------------------------------------------------------


def test_the_seed_inserts_nothing_into_a_conforming_catalog(catalog: Catalog) -> None:
    before = catalog.content()
    code, said = catalog.run(GOLDEN_SEED, "deploy")
    assert (code, catalog.content()) == (0, before), said
    assert "INSERT 0 0" in said


def test_the_seed_fills_an_empty_catalog(catalog: Catalog) -> None:
    before = catalog.content()
    catalog.do(f"delete from {CATALOG}")
    code, said = catalog.run(GOLDEN_SEED, "deploy")
    assert (code, catalog.content()) == (0, before), said
    assert "INSERT 0 26" in said


def test_034_is_applied_applied_again_reverted_and_applied_after_that(catalog: Catalog) -> None:
    before = catalog.content()
    catalog.without_034()
    shorter = catalog.content()
    for name, said_of_it, rows in (
        ("deploy", "INSERT 0 2", 26), ("deploy", "INSERT 0 0", 26), ("verify", "DO", 26),
        ("revert", "DELETE 2", 24), ("deploy", "INSERT 0 2", 26),
    ):  # fmt: skip
        code, said = catalog.run(GOLDEN_034, name)
        assert (code, catalog.rows()) == (0, rows), said
        assert said_of_it in said
        assert catalog.content() == (before if rows == 26 else shorter)
    assert catalog.compiled()["migration"].steps == ()


def test_a_revert_is_refused_once_a_command_was_run(catalog: Catalog) -> None:
    catalog.without_034()
    assert catalog.run(GOLDEN_034, "deploy")[0] == 0
    catalog.do(
        f"insert into public.dot_iu_command_run (command_name, actor) values ('{MIGRATION_034[0]}', 'someone')"
    )
    code, said = catalog.run(GOLDEN_034, "revert")
    assert (code, catalog.rows()) == (3, 26)
    assert "REFUSED: public.dot_iu_command_run holds runs of" in said


def test_a_run_of_another_command_does_not_stand_in_the_way_of_a_revert(catalog: Catalog) -> None:
    catalog.without_034()
    catalog.do("insert into public.dot_iu_command_run (command_name, actor) values ('dot_iu_place', 'someone')")
    assert catalog.run(GOLDEN_034, "deploy")[0] == 0
    assert catalog.run(GOLDEN_034, "revert")[0] == 0
    assert catalog.rows() == 24


def test_a_revert_is_refused_where_a_row_changed_since(catalog: Catalog) -> None:
    catalog.without_034()
    assert catalog.run(GOLDEN_034, "deploy")[0] == 0
    catalog.do(f"update {CATALOG} set reversible = false where command_name = '{MIGRATION_034[1]}'")
    code, said = catalog.run(GOLDEN_034, "revert")
    assert (code, catalog.rows()) == (3, 26)
    assert f"REFUSED: {MIGRATION_034[1]} was changed since it was inserted" in said


@pytest.mark.parametrize("column", ["category", "mutating", "reversible", "target_functions"])
def test_verify_aborts_where_a_column_is_wrong(catalog: Catalog, column: str) -> None:
    """`on conflict do nothing` hides a wrong row, so deploying over one must not succeed either."""
    catalog.without_034()
    assert catalog.run(GOLDEN_034, "deploy")[0] == 0
    wrong = {"category": "'read'", "target_functions": "array['fn_iu_auto_instantiate_from_event', null]"}
    value = wrong.get(column, "false")
    catalog.do(f"update {CATALOG} set {column} = {value} where command_name = '{MIGRATION_034[0]}'")
    for name in ("verify", "deploy"):
        code, said = catalog.run(GOLDEN_034, name)
        assert code == 3, said
        assert f"verify: {MIGRATION_034[0]} is missing or differs in a column" in said


def test_verify_aborts_where_a_row_is_missing_or_too_many(catalog: Catalog) -> None:
    catalog.without_034()
    assert catalog.run(GOLDEN_034, "deploy")[0] == 0
    catalog.do(f"insert into {CATALOG} (command_name) values ('dot_iu_nobody_s')")
    assert catalog.run(GOLDEN_034, "verify")[0] == 3
    catalog.do(f"delete from {CATALOG} where command_name in ('dot_iu_nobody_s', '{MIGRATION_034[1]}')")
    code, said = catalog.run(GOLDEN_034, "verify")
    assert code == 3
    assert "verify: not 26 rows" in said


def test_verify_aborts_where_another_row_calls_another_function(catalog: Catalog) -> None:
    """24 distinct targets is a figure of the whole table, so a row that is not the migration's counts too."""
    catalog.without_034()
    catalog.do(
        f"update {CATALOG} set target_functions = '{{fn_iu_health}}' where command_name = 'dot_iu_place'"
    )
    code, said = catalog.run(GOLDEN_034, "deploy")
    assert (code, catalog.rows()) == (3, 24), "an aborted deploy leaves nothing behind"
    assert "verify: not 24 distinct target functions" in said


def test_without_the_functions_of_033_the_preflight_names_it_and_nothing_is_written(catalog: Catalog) -> None:
    catalog.without_034()
    catalog.do("drop function public.fn_iu_auto_instantiate_rollback_by_actor(text, boolean)")
    code, said = catalog.run(GOLDEN_034, "deploy")
    assert (code, catalog.rows()) == (3, 24)
    assert "fn_iu_auto_instantiate_rollback_by_actor(text,boolean) is missing: apply 033 first" in said


def test_verify_aborts_where_a_target_function_was_dropped_since(catalog: Catalog) -> None:
    catalog.without_034()
    assert catalog.run(GOLDEN_034, "deploy")[0] == 0
    catalog.do("drop function public.fn_iu_auto_instantiate_rollback_by_actor(text, boolean)")
    code, said = catalog.run(GOLDEN_034, "verify")
    assert code == 3
    assert "does not resolve" in said


# --- updates and removals --------------------------------------------------------------------------------------


def test_a_differing_row_is_corrected_and_the_revert_puts_the_seen_value_back(catalog: Catalog) -> None:
    declared = catalog.content()
    catalog.do(
        f"update {CATALOG} set category = 'it''s \\ odd', target_functions = null where command_name = 'dot_iu_place'"
    )
    odd = catalog.content()
    migration = catalog.compiled()["migration"]
    assert [step.hazards for step in migration.steps] == [frozenset({"updates"})]
    for name, expected in (("deploy", declared), ("deploy", declared), ("verify", declared), ("revert", odd)):
        code, said = catalog.run(migration, name)
        assert (code, catalog.content()) == (0, expected), said
    code, said = catalog.run(migration, "verify")
    assert (code, "verify: dot_iu_place is not as declared" in said) == (3, True)


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PGCLIENTENCODING": "LATIN1"}, {"LC_ALL": "C", "PGCLIENTENCODING": "SQL_ASCII"},
        {"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"},
    ],
    ids=str,
)  # fmt: skip
def test_text_beyond_ascii_arrives_as_it_was_compiled_whatever_the_locale_of_psql(
    catalog: Catalog, tmp_path: Path, environment: dict[str, str]
) -> None:
    """As policy declares it, and in a revert as it was seen."""
    catalog.do(f"update {CATALOG} set category = 'größer als ωμέγα' where command_name = 'dot_iu_place'")
    catalog.do(f"delete from {CATALOG} where command_name = 'dot_iu_health'")
    odd = catalog.content()
    policy = policy_with(
        tmp_path / "policy",
        ("dot_iu_place:\n    category: placement", "dot_iu_place:\n    category: Ägypten"),
        ("dot_iu_health:\n    category: read", "dot_iu_health:\n    category: 日本語"),
    )
    migration = catalog.compiled(policy)["migration"]
    code, said = catalog.run(migration, "deploy", **environment)
    assert code == 0, said
    found = {row[0]: row[1] for row in catalog.content()}
    assert (found["dot_iu_place"], found["dot_iu_health"]) == ("Ägypten", "日本語")
    assert catalog.compiled(policy)["migration"].steps == ()
    code, said = catalog.run(migration, "revert", **environment)
    assert (code, catalog.content()) == (0, odd), said


def test_an_update_is_refused_where_the_row_is_no_longer_what_was_seen(catalog: Catalog) -> None:
    catalog.do(f"update {CATALOG} set category = 'odd' where command_name = 'dot_iu_place'")
    migration = catalog.compiled()["migration"]
    catalog.do(f"update {CATALOG} set category = 'odder' where command_name = 'dot_iu_place'")
    before = catalog.content()
    assert catalog.run(migration, "deploy")[0] == 3
    assert catalog.content() == before


def test_the_revert_of_an_update_is_refused_where_the_row_changed_since(catalog: Catalog) -> None:
    catalog.do(f"update {CATALOG} set category = 'odd' where command_name = 'dot_iu_place'")
    migration = catalog.compiled()["migration"]
    assert catalog.run(migration, "deploy")[0] == 0
    catalog.do(f"update {CATALOG} set category = 'other' where command_name = 'dot_iu_place'")
    before = catalog.content()
    code, said = catalog.run(migration, "revert")
    assert (code, catalog.content()) == (3, before)
    assert "REFUSED: dot_iu_place was changed since it was corrected" in said


def test_an_undeclared_row_is_not_removed_unless_policy_says_prune(catalog: Catalog) -> None:
    catalog.do(f"insert into {CATALOG} (command_name) values ('dot_iu_nobody_s')")
    assert catalog.compiled()["migration"].steps == ()


def test_prune_is_refused_where_policy_does_not_declare_all_columns(catalog: Catalog, tmp_path: Path) -> None:
    catalog.do(f"insert into {CATALOG} (command_name) values ('dot_iu_nobody_s')")
    with pytest.raises(Refused) as refused:
        catalog.compiled(policy_with(tmp_path / "policy", ("prune: false", "prune: true")))
    assert [r.rpartition(".")[2] for r in refused.value.reasons] == [
        "description is not declared", "registered_at is not declared", "registered_by is not declared",
    ]  # fmt: skip


def test_one_migration_removes_corrects_and_inserts_and_its_revert_undoes_all_of_it(
    catalog: Catalog, tmp_path: Path
) -> None:
    """The order matters: what an insert verifies is the whole table, when all else is done."""
    declared = catalog.content()
    catalog.do(f"alter table {CATALOG} drop description, drop registered_at, drop registered_by")
    catalog.do(
        f"insert into {CATALOG} values ('dot_iu_nobody_s', 'odd', true, false, array['fn_iu_health', 'fn_no_one'])"
    )
    catalog.do(f"update {CATALOG} set target_functions = '{{fn_other}}' where command_name = 'dot_iu_place'")
    catalog.without_034()
    before = catalog.content()
    migration = catalog.compiled(policy_with(tmp_path / "policy", ("prune: false", "prune: true")))["migration"]
    assert [set(step.hazards) for step in migration.steps] == [{"deletes"}, {"updates"}, {"inserts"}]
    for name, expected in (("deploy", declared), ("verify", declared), ("revert", before)):
        code, said = catalog.run(migration, name)
        assert (code, catalog.content()) == (0, expected), said


# --- what a file may contain -----------------------------------------------------------------------------------


# What the psql rendering adds around the steps: transaction control, which no step may hold.
FRAME = ("begin;", "set local search_path = pg_catalog, pg_temp;", "commit;")


# What the plans of a system may write, and what else they may name.
TABLES: dict[str, tuple[set[str], set[str]]] = {
    "command_catalog": ({CATALOG}, {"public.dot_iu_command_run"}),
    "registry_sync": ({"public.directus_flows", "public.directus_operations"}, set()),
    "birth_scan": (
        {"public.directus_flows", "public.directus_operations", "public.dot_config", "public.dot_tools"},
        set(),
    ),
}


def golden_files() -> list[Path]:
    """Those that write rows; those of the registration make objects too (test_registration_plans.py)."""
    return sorted(path for path in GOLDEN.rglob("*.sql") if path.parts[-3] in TABLES)


def test_there_are_golden_files_of_three_kinds() -> None:
    assert [path.name for path in golden_files()] == ["deploy.sql", "revert.sql", "verify.sql"] * 6
    assert {path.parts[-3] for path in GOLDEN.rglob("*.sql")} == {*TABLES, "iu_registration"}


@pytest.mark.parametrize("path", golden_files(), ids=lambda path: str(path.relative_to(GOLDEN)))
def test_a_golden_file_parses_runs_in_a_rolled_back_transaction_and_writes_its_own_tables_alone(
    estate_db: psycopg.Connection, path: Path
) -> None:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("\\")]
    assert [tree for tree in sqlglot.parse("\n".join(lines), read="postgres") if tree]
    body = "\n".join(line for line in lines if line not in FRAME)
    written, read = TABLES[path.parts[-3]]
    check_plan(body, writable=written)
    assert {f"{schema}.{table}" for schema, table, _ in columns_named(body)} <= written | read
    before = estate_db.execute(f"table {CATALOG} order by command_name".encode()).fetchall()
    with estate_db.transaction(force_rollback=True):
        estate_db.execute(sql.SQL("set local role estate_owner"))
        estate_db.execute(body.encode())
    assert estate_db.execute(f"table {CATALOG} order by command_name".encode()).fetchall() == before


# --- when nothing may be compiled ------------------------------------------------------------------------------

BROKEN = {
    "CC005": "alter function public.fn_iu_health() rename to fn_iu_healthy",
    "CC006": "revoke execute on function public.fn_iu_place(uuid,text,text,text) from dot_operator, public",
    "CC007": "alter function public.fn_iu_health() volatile",
    "CC008": "alter function public.fn_iu_place(uuid,text,text,text) security definer reset search_path",
    "CC009": "drop function public.fn_iu_auto_instantiate_rollback_by_actor(text, boolean)",
    "CC010": "alter table public.dot_iu_command_run rename command_name to command",
    "CC014": "create trigger rides after insert on public.dot_iu_command_catalog"
    " for each row execute function public.suppress()",
    "CC015": "alter table public.dot_iu_command_catalog drop constraint dot_iu_command_catalog_pkey",
    "PL002": "grant insert on public.dot_config to compliance_probe",
    # Each run of a registry flow is recorded, which starts this one, which updates what starts a registry flow.
    "PL005": "with flow as (insert into public.directus_flows (id, name, status, trigger, options, operation) values"
    " ('00000000-0000-4000-8000-00000000a005', 'round', 'active', 'event', json_build_object('type', 'action', 'scope',"
    " array['items.create'], 'collections', array['directus_activity']), '00000000-0000-4000-8000-00000000b005')"
    " returning id, operation) insert into public.directus_operations (id, key, type, position_x, position_y, options,"
    " flow) select operation, 'set', 'item-update', 1, 1, json_build_object('collection', 'workflows', 'emitEvents',"
    " true, 'key', 1, 'payload', json_build_object('name', 'x')), id from flow",
}


def test_there_is_a_way_to_break_every_guard_that_an_estate_can_break() -> None:
    from compliance.systems import command_catalog, platform

    by_policy = {"PL001", "PL003"}  # broken through policy, below
    assert set(BROKEN) | by_policy == command_catalog.guards | platform.guards


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_a_broken_guard_refuses_and_is_listed(catalog: Catalog, rule: str) -> None:
    catalog.do("create function public.suppress() returns trigger language plpgsql as 'begin return null; end'")
    catalog.do("revoke execute on function public.suppress() from public")
    catalog.do(BROKEN[rule])
    with pytest.raises(Refused) as refused:
        catalog.compiled()
    assert any(reason.startswith(f"{rule}:") for reason in refused.value.reasons), refused.value.reasons


def test_a_server_out_of_range_and_an_unreviewed_policy_refuse(catalog: Catalog, tmp_path: Path) -> None:
    folder = policy_with(tmp_path / "policy")
    platform = folder / "platform.yaml"
    platform.write_text("reviewed: false\npostgres: {oldest: 7, newest: 8}\n")
    with pytest.raises(Refused) as refused:
        catalog.compiled(folder)
    assert {reason.partition(":")[0] for reason in refused.value.reasons} == {"PL001", "PL003"}


def test_a_guard_that_could_not_look_refuses(catalog: Catalog) -> None:
    """Row security hides rows: the drift could be anything."""
    catalog.do(f"alter table {CATALOG} enable row level security")
    with pytest.raises(Refused) as refused:
        catalog.compiled()
    assert any(reason.startswith("rows:command_catalog:") for reason in refused.value.reasons)


def test_a_verdict_of_another_observation_is_refused(catalog: Catalog) -> None:
    run = judging.look(catalog.dsn("compliance_probe"))
    verdict = audit.probe(run)
    catalog.without_034()
    with pytest.raises(Refused, match="another observation"):
        audit.compile_system(judging.look(catalog.dsn("compliance_probe")), verdict, "command_catalog")


def test_every_readiness_guard_is_missed_when_its_probe_is_taken_away(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Probes are files: whoever deletes one does not get to compile without it."""
    from compliance.systems import command_catalog, platform

    run = judging.look(catalog.dsn("compliance_probe"), systems=("command_catalog",))
    for rule in sorted(command_catalog.guards | platform.guards):
        folder = shutil.copytree(resource("probes"), tmp_path / rule / "probes")
        (probe,) = folder.rglob(f"test_{rule.lower()}_*.py")
        probe.unlink()
        monkeypatch.setattr(audit, "probe_folder", lambda folder=folder: folder)
        with pytest.raises(Refused) as refused:
            audit.compile_system(run, audit.probe(run), "command_catalog")
        assert refused.value.reasons == (f"{rule}: no case of this readiness rule ran",)


def test_a_system_is_compiled_by_its_own_probes_and_those_of_the_platform(catalog: Catalog) -> None:
    run = judging.look(catalog.dsn("compliance_probe"))
    whole, own = audit.probe(run), audit.probe(run, of="birth_scan")
    assert {case.rule.system for case in whole.cases} > {case.rule.system for case in own.cases}
    assert own.cases == tuple(c for c in whole.cases if c.rule.system in ("birth_scan", "platform"))
    made = [audit.compile_system(run, verdict, "birth_scan") for verdict in (own, whole)]
    assert made[0] == made[1]

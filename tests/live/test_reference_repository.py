"""The governed repository of the reference estate: what documents 003 and 004 say of theirs is true of this one."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from compliance.estate.document import read
from compliance.estate.resources import resource
from tests.judging import CATALOG, MIGRATION_034, look, psql

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psycopg

    Run = Callable[[Path], str]

REPOSITORY = resource("fixtures/reference/repository")
IU_CORE = REPOSITORY / "sql/iu-core"
M033 = IU_CORE / "migrations/033_auto_instantiate_orchestrator.sql"
M034 = IU_CORE / "migrations/034_auto_instantiate_dot_registration.sql"
M034_ROLLBACK = IU_CORE / "migrations/034_auto_instantiate_dot_registration_rollback.sql"
R280 = IU_CORE / "runtime/280_operator_runtime_catalog_seed.sql"
FUNCTIONS = ("public.fn_iu_auto_instantiate_from_event(uuid,text,uuid,text,text,text,text)",
             "public.fn_iu_auto_instantiate_rollback_by_actor(text,boolean)")  # fmt: skip


# --- its Python --------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return shutil.copytree(REPOSITORY, tmp_path / "repository")


def _python(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=repository, capture_output=True, text=True, check=False, timeout=60,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip


def test_its_own_unit_tests_pass(repository: Path) -> None:
    done = _python(repository, "-m", "unittest")
    assert done.returncode == 0, done.stderr
    assert int(re.findall(r"^Ran (\d+) tests", done.stderr, re.MULTILINE)[0]) >= 7


def test_its_own_unit_tests_fail_with_one_command_less(repository: Path) -> None:
    registry = repository / "cutter_agent/iu_core/dot_commands.py"
    text, count = re.subn(r'    _cmd\("dot_iu_health".*\n', "", registry.read_text())
    assert count == 1
    registry.write_text(text)
    assert _python(repository, "-m", "unittest").returncode == 1


@pytest.mark.parametrize(
    ("example", "answer"),
    [
        ("dot_iu_auto_instantiate_from_event event_id=7f1d0a52-0c8f-4c55-9f5b-0d6a3f0a9a01"
         " event_type=template.instance_auto_composed template_collection_id=00000000-0000-4000-8000-000000000001"
         " instance_key_suffix=demo-001 emit_mode=dry_run actor=operator note='trial run'", "would_create"),
        ("dot_iu_auto_instantiate_rollback_by_actor actor=operator dry_run=true", "would_remove"),
    ],
)  # fmt: skip
def test_the_document_s_examples_print_sql_that_the_operator_can_run(
    repository: Path, estate_db: psycopg.Connection, estate_dsn: Callable[[str], str], example: str, answer: str
) -> None:
    done = _python(repository, "-m", "cutter_agent.iu_core.dot_commands", "explain", *shlex.split(example))
    assert (done.returncode, done.stdout.count("-- gate: iu_core.")) == (0, 2), done.stderr
    estate_db.execute("update public.dot_config set value = 'true' where key = 'iu_core.composer_enabled'")
    estate_db.commit()
    ran = psql(estate_dsn("dot_operator"), "-Atc", done.stdout)
    assert answer in json.loads(ran.stdout), ran.stderr


def test_registry_documents_are_outside_of_the_reverse_sync(repository: Path) -> None:
    program = "from agent_data.directus_sync import _SYNC_PREFIXES as p, should_sync as s; print(p, s('registries/x'))"
    assert _python(repository, "-c", program).stdout == "('knowledge/',) False\n"


def test_its_sync_target_is_the_document_s_and_holds_what_it_promises(repository: Path) -> None:
    target = read(repository / ".insightpulse/sync.yaml").value["targets"]["apps_truth"]
    assert (target["direction"], target["schedule"]) == ("pull", "0 */6 * * *")
    assert (target["entrypoint"], target["outputs"]) == (
        "scripts/apps-truth-sync.sh",
        ["docs/runtime/apps_truth.json"],
    )
    assert target["verification"] == {
        "command": "test -f docs/runtime/apps_truth.json && jq -e '.apps | length > 0' docs/runtime/apps_truth.json",
        "expected_exit_code": 0,
    }
    assert os.access(repository / target["entrypoint"], os.X_OK)
    assert json.loads((repository / target["outputs"][0]).read_text())["apps"]


def test_its_set_up_tool_can_be_started(repository: Path) -> None:
    assert os.access(repository / "dot/bin/dot-flow-setup-registry-sync", os.X_OK)


# --- its SQL -----------------------------------------------------------------------------------------------------


@pytest.fixture
def run(estate_db: psycopg.Connection, estate_dsn: Callable[[str], str]) -> Run:
    """A file of the repository, by a real psql, as the owner of the estate: all that it said, or its error."""
    estate_db.autocommit = True

    def by_psql(path: Path) -> str:
        done = psql(estate_dsn("estate_owner"), "-f", str(path))
        return done.stdout if done.returncode == 0 else f"exit {done.returncode}: {done.stderr}"

    return by_psql


def rows(connection: psycopg.Connection) -> int:
    found = connection.execute(f"select count(*) from {CATALOG}".encode()).fetchone()
    assert found is not None
    return int(found[0])


def test_rollback_migration_and_seed_give_the_document_s_transcript(
    estate_db: psycopg.Connection, run: Run
) -> None:
    counts = [rows(estate_db)]
    assert "DELETE 2\n" in run(M034_ROLLBACK)
    counts.append(rows(estate_db))
    said = run(M034)
    counts.append(rows(estate_db))
    assert counts == [26, 24, 26]
    assert re.findall(r"^(?:BEGIN|DO|INSERT.*|COMMIT)$", said, re.MULTILINE) == [
        "BEGIN",
        "DO",
        "INSERT 0 2",
        "COMMIT",
    ]
    answers = re.findall(r"^ (034_\w+) *\| *(.+?) *$", re.sub(" +", " ", said), re.MULTILINE)
    assert answers == [
        ("034_catalog", "26 | t"),
        ("034_targets", "24 | t"),
        ("034_new_rows", f"{{{','.join(MIGRATION_034)}}}"),
    ]
    assert "INSERT 0 0\n" in run(R280)


def test_the_rollback_is_refused_once_a_command_has_run(estate_db: psycopg.Connection, run: Run) -> None:
    estate_db.execute(
        "insert into public.dot_iu_command_run (command_name, actor) values (%s, 'ana')", MIGRATION_034[:1]
    )
    assert "REFUSED" in run(M034_ROLLBACK)
    assert rows(estate_db) == 26


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_migration_is_refused_where_033_is_missing(
    estate_db: psycopg.Connection, run: Run, function: str
) -> None:
    run(M034_ROLLBACK)
    estate_db.execute(f"drop function {function}".encode())
    assert "apply 033 first" in run(M034)
    assert rows(estate_db) == 24


def test_migration_033_brings_exactly_the_two_functions_that_the_estate_has(
    estate_db: psycopg.Connection, estate_dsn: Callable[[str], str], run: Run
) -> None:
    before = look(estate_dsn("compliance_probe")).observation.digest
    for function in FUNCTIONS:
        estate_db.execute(f"drop function {function}".encode())
    assert look(estate_dsn("compliance_probe")).observation.digest != before
    assert "COMMIT" in run(M033)
    assert look(estate_dsn("compliance_probe")).observation.digest == before


@pytest.mark.parametrize(
    ("written", "by"), [("32_registry_flows.sql", "text"), ("33_birth_scheduler.sql", "scheduler")]
)
def test_the_flows_of_the_estate_are_what_their_compiler_writes(written: str, by: str) -> None:
    compiler = runpy.run_path(str(resource("sql/reference/compile_flows.py")))
    assert compiler[by]() == resource(f"sql/reference/{written}").read_text()

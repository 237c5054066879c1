"""`compliance exercise`: real calls, of which nothing stays but what they answered."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import make_conninfo

from compliance import audit
from compliance.core.errors import Refused
from compliance.executor import approvals, keys
from compliance.executor.apply import Change
from compliance.executor.exercise import compiled, exercise
from compliance.executor.ledger import Ledger
from compliance.systems import system
from compliance.systems.platform.execution import ApprovalRule, Execution, Key
from tests import faults
from tests.conftest import clone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psycopg
    from pytest_postgresql.executors import NoopExecutor

    from compliance.estate.config import Estate

CATALOG = "command_catalog"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def estate(estate_dsn: Callable[[str], str], tmp_path: Path) -> Estate:
    found = faults.estate_at(estate_dsn("compliance_probe"))
    return replace(found, writer=estate_dsn("estate_owner"), ledger=tmp_path / "ledger")


def outcomes(estate: Estate) -> list[tuple[str, str]]:
    """What became of the cases of the rule, and why."""
    return [(case.outcome, case.reason) for case in faults.judged(estate).cases if case.rule.id == "CC016"]


def everything(connection: psycopg.Connection) -> dict[str, str]:
    """A digest of all rows of every table, by its name."""
    tables = connection.execute(
        "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables where schemaname = 'public'"
    ).fetchall()
    return {
        table: str(
            connection.execute(
                f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t"
            ).fetchone()
        )
        for (table,) in tables
    }


def test_before_anything_was_called_its_rule_is_not_applicable_and_says_what_to_do(estate: Estate) -> None:
    assert {outcome for outcome, _ in outcomes(estate)} == {"not_applicable"}
    assert "`compliance exercise command_catalog`" in outcomes(estate)[0][1]


def test_what_was_called_is_kept_and_nothing_of_the_calls_stays(
    estate: Estate, estate_db: psycopg.Connection
) -> None:
    before = everything(estate_db)
    estate_db.commit()
    faults.exercised(estate, CATALOG)
    assert everything(estate_db) == before
    assert len(before) > 50
    assert [outcome for outcome, _ in outcomes(estate)] == ["kept"] * 4


def test_an_answer_to_another_call_than_policy_asks_for_now_is_none(estate: Estate, tmp_path: Path) -> None:
    faults.exercised(estate, CATALOG)
    shutil.copytree(estate.policy, tmp_path / "policy")
    other = faults.Edit(
        f"{CATALOG}.yaml", "{actor: compliance, dry_run: true}", "{actor: auditor, dry_run: true}"
    )
    other.apply(tmp_path / "policy")
    found = outcomes(replace(estate, policy=tmp_path / "policy"))
    assert sorted(outcome for outcome, _ in found) == ["could_not_look", "kept", "kept", "kept"]


def test_a_ledger_that_was_changed_by_hand_is_not_believed(estate: Estate) -> None:
    faults.exercised(estate, CATALOG)
    assert estate.ledger is not None
    file = estate.ledger / "ledger.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"refused"', b'"applied"', 1))
    found = outcomes(estate)
    assert {outcome for outcome, _ in found} == {"could_not_look"}
    assert "line 2 of the ledger" in found[0][1]


def test_a_call_needs_an_approval_of_its_own_which_counts_once(estate: Estate, tmp_path: Path) -> None:
    staging = replace(estate, kind="staging")
    run = faults.looked_at(staging)
    calls = system(CATALOG).exercises(run.policies[CATALOG])
    plan = audit.plan_of(run, compiled(CATALOG, calls))
    key = tmp_path / "alice.pem"
    may = frozenset({"execute", "test-call"})
    rules = tuple(ApprovalRule(what, None, 1, frozenset({"alice"}), False) for what in ("execute", "test-call"))
    execution = Execution(keys={"alice": Key("alice", keys.new(key), may)}, approvals={"staging": rules})
    ledger = Ledger(tmp_path / "ledger")
    change = Change(staging, execution, ledger, NOW, lambda _: None)

    def call() -> None:
        exercise(change, plan, calls, policy=run.policies.digests[CATALOG])

    with pytest.raises(Refused, match="not approved: test-call"):
        call()
    approvals.approve(
        plan, capability="test-call", signer=keys.load(key), reason="nightly", expires=timedelta(hours=1), now=NOW,
        execution=execution, ledger=ledger,
    )  # fmt: skip
    call()
    assert ledger.entries()[-1].body["approvals"]["by"] == ["alice"]
    with pytest.raises(Refused, match="an approval counts once"):
        call()


def test_the_kill_switch_stops_calls_too(estate: Estate, estate_db: psycopg.Connection) -> None:
    estate_db.execute("update public.dot_config set value = 'false' where key = 'policy.changes.enabled'")
    estate_db.commit()
    with pytest.raises(Refused, match="kill switch"):
        faults.exercised(estate, CATALOG)
    assert {outcome for outcome, _ in outcomes(estate)} == {"not_applicable"}


def test_what_another_database_answered_says_nothing_of_this_one(
    estate: Estate, reference_template: NoopExecutor
) -> None:
    faults.exercised(estate, CATALOG)
    with clone(reference_template, "elsewhere") as dsn:
        other = replace(estate, dsn=make_conninfo(dsn, user="compliance_probe"))
        assert {outcome for outcome, _ in outcomes(other)} == {"not_applicable"}
    assert {outcome for outcome, _ in outcomes(estate)} == {"kept"}

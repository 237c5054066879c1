"""What keeps rows from being made to be seen: it is asked before anything is asked of a service, which is not there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import make_conninfo

from compliance import audit
from compliance.core.errors import ConfigurationError, CouldNotLook, Refused
from compliance.core.marking import Marking
from compliance.estate.config import Service
from compliance.executor import approvals, keys, markers, marking
from compliance.executor.apply import Change
from compliance.executor.ledger import Ledger, ignore
from compliance.executor.ledger_lock import LedgerBusy
from compliance.systems import registry_sync
from compliance.systems.platform.execution import ApprovalRule, Execution, Key
from compliance.systems.protocol import Facts
from tests import faults
from tests.conftest import clone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psycopg
    from pytest_postgresql.executors import NoopExecutor

    from compliance.executor.plan import Plan

NOBODY = Service("http://127.0.0.1:9", "token", "writer")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Ready:
    """A plan on a clone of the reference estate, and services of which none answers."""

    def __init__(self, dsn_of: Callable[[str], str], folder: Path) -> None:
        found = faults.estate_at(dsn_of("compliance_probe"), directus=NOBODY, agent_data=NOBODY)
        self.estate = replace(found, writer=dsn_of("estate_owner"), ledger=folder / "ledger")
        run = faults.looked_at(self.estate)
        self.policy = run.policies.digests["registry_sync"]
        self.rows = registry_sync.marking(Facts("registry_sync", run.policies, run.observation))
        self.plan = audit.plan_of(run, marking.compiled("registry_sync", self.rows))
        self.change = Change(
            self.estate, run.policies["platform"].execution, Ledger(folder / "ledger"), NOW, ignore
        )

    def exercise(self, plan: Plan | None = None, **other: Any) -> None:
        marking.exercise(replace(self.change, **other), plan or self.plan, self.rows, policy=self.policy)


@pytest.fixture
def ready(estate_dsn: Callable[[str], str], tmp_path: Path) -> Ready:
    return Ready(estate_dsn, tmp_path)


def test_where_nothing_stands_in_the_way_the_services_are_asked_and_nothing_is_written_down(
    ready: Ready,
) -> None:
    """The control of all below."""
    with pytest.raises(CouldNotLook, match="agent_data: GET /api/events/log: no connection"):
        ready.exercise()
    assert ready.change.ledger.entries() == ()


def test_the_plan_says_every_request_and_stays_the_same(ready: Ready) -> None:
    text = ready.plan.files["deploy.sql"].decode()
    for collection in ("table_registry", "workflow_step_relations"):
        for verb in ("POST", "PATCH", "DELETE"):
            assert f"-- {verb} /items/{collection}" in text
    assert '-- PATCH /items/table_registry/{key} {"name": "{marker}", "table_id": "{marker}"}' in text
    assert "-- POST /documents knowledge/{marker}" in text
    assert marking.compiled("registry_sync", ready.rows) == ready.plan.compiled
    assert ready.plan.hazards == {"inserts", "updates", "deletes", "calls-service"}


def test_without_an_approval_of_its_own_no_row_is_made(ready: Ready, tmp_path: Path) -> None:
    plan = replace(ready.plan, estate_kind="staging")
    key, may = tmp_path / "alice.pem", frozenset({"execute", "test-call"})
    rules = tuple(ApprovalRule(what, None, 1, frozenset({"alice"}), False) for what in ("execute", "test-call"))
    execution = Execution(keys={"alice": Key("alice", keys.new(key), may)}, approvals={"staging": rules})
    other = {"estate": replace(ready.estate, kind="staging"), "execution": execution}
    with pytest.raises(Refused, match="not approved: test-call"):
        ready.exercise(plan, **other)
    approvals.approve(
        plan, capability="test-call", signer=keys.load(key), reason="nightly", expires="1h", now=NOW,
        execution=execution, ledger=ready.change.ledger,
    )  # fmt: skip
    with pytest.raises(CouldNotLook, match="no connection"):
        ready.exercise(plan, **other)


def test_the_kill_switch_stops_rows_too(ready: Ready, estate_db: psycopg.Connection) -> None:
    estate_db.execute("update public.dot_config set value = 'false' where key = 'policy.changes.enabled'")
    estate_db.commit()
    with pytest.raises(Refused, match="kill switch"):
        ready.exercise()


def test_rows_that_follow_another_policy_are_not_made(ready: Ready) -> None:
    ready.policy = "0" * 64
    with pytest.raises(Refused, match="it follows policy"):
        ready.exercise()


def test_rows_are_made_in_the_database_that_was_meant(ready: Ready, reference_template: NoopExecutor) -> None:
    with clone(reference_template, "elsewhere") as dsn:
        other = replace(ready.estate, writer=make_conninfo(dsn, user="estate_owner"))
        with pytest.raises(Refused, match="another database"):
            ready.exercise(estate=other)


def test_nobody_else_may_be_at_work(ready: Ready, tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger").locked(), pytest.raises(LedgerBusy):
        ready.exercise()


@pytest.mark.parametrize(
    "absent", [{"directus": None}, {"agent_data": None}, {"directus": replace(NOBODY, writer_token=None)}],
    ids=["no Directus", "no document service", "nobody may write"],
)  # fmt: skip
def test_without_both_services_it_is_said_what_is_missing(ready: Ready, absent: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="does not say where rows are made"):
        ready.exercise(estate=replace(ready.estate, **absent))


def test_a_directus_that_does_not_answer_ends_it_and_is_no_answer_of_a_collection(ready: Ready) -> None:
    """Where it refuses in one collection, the others go on; where it is not there, nothing does."""
    few = Marking(ready.rows.collections[:2], 2, 0.1, ready.rows.returned, None)
    with markers.opened(ready.estate) as services, pytest.raises(CouldNotLook, match="no connection"):
        markers.act(services, few, "dotc-0", ignore)

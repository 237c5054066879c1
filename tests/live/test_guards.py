"""Guards that no story of a user would miss at once, since another guard stands behind them: each holds by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from compliance.core.change import Exercise
from compliance.core.errors import ConfigurationError, CouldNotLook, Refused
from compliance.core.footprint import FactKey
from compliance.core.needs import Needs, RowsNeed
from compliance.executor import approvals, fence, keys
from compliance.executor.apply import apply, remember_verified, resume
from compliance.executor.approvals import remember_rehearsal
from compliance.executor.commit import commit
from compliance.executor.exercise import compiled, exercise
from compliance.executor.ledger import Ledger
from compliance.executor.ledger_lock import LedgerBusy
from compliance.executor.rehearse import NotRestored, rehearse
from compliance.executor.rollback import rollback
from compliance.executor.session import session
from tests.conftest import clone
from tests.judging import CATALOG, MIGRATION_034
from tests.live.test_commit import git
from tests.live.test_fence import TRAIL, bound, rehearsed_on_a_clone, tried, trigger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from compliance.executor.apply import Applied, Change
    from compliance.executor.plan import Plan
    from tests.live.staging import Staging

    Act = Callable[[Staging, Change, Plan], object]

ROWS = "rows:command_catalog"
OTHER = "dot_iu_place"
SWITCH = "update public.dot_config set value = 'false' where key = 'policy.changes.enabled'"


def applying(_: Staging, change: Change, plan: Plan) -> Applied:
    return apply(change, plan, policy=plan.policy)


def rehearsing(_: Staging, change: Change, plan: Plan) -> object:
    return rehearse(change, plan, "estate", policy=plan.policy)


def on_a_clone(_: Staging, change: Change, plan: Plan) -> object:
    return rehearse(change, plan, "clone", policy=plan.policy)


def taking_back(staging: Staging, change: Change, plan: Plan) -> object:
    """What was applied before with nobody in the way."""
    apply(staging.change(), plan, policy=plan.policy)
    return rollback(change, staging.receipt())


def approving(staging: Staging, change: Change, plan: Plan) -> object:
    signer: Any = Meddling(keys.load(staging.folder / "alice.pem"), change)
    return approvals.approve(
        plan, capability="execute", signer=signer, reason="test", expires="4h", now=change.now,
        execution=change.execution, ledger=change.ledger,
    )  # fmt: skip


def remembering(staging: Staging, change: Change, plan: Plan) -> object:
    signer: Any = Meddling(keys.load(staging.folder / "alice.pem"), change)
    passed = {"result": "passed"}
    return remember_rehearsal(plan, passed, signer=signer, ledger=change.ledger, now=change.now)


def calling(_: Staging, change: Change, plan: Plan) -> object:
    calls = [CALL]
    return exercise(
        change, replace(plan, compiled=compiled("command_catalog", calls)), calls, policy=plan.policy
    )


class CutOff(Exception):
    """It ends here, whatever was left to do."""


def resuming(staging: Staging, change: Change, plan: Plan) -> object:
    """What another run had committed when it was cut off."""

    def at(point: str) -> None:
        if point == "after COMMIT":
            raise CutOff

    with pytest.raises(CutOff):
        apply(replace(staging.change(), at=at), plan, policy=plan.policy)
    return resume(change, plan.compiled.system)


CALL = Exercise("one", "select 1", (), writing=False)


def committing(staging: Staging, change: Change, plan: Plan) -> object:
    place = staging.folder / "repository"
    git(place, "init", "--quiet", "-b", "main")
    git(place, "config", "user.name", "Release")
    git(place, "config", "user.email", "release@example.org")
    return commit(change, plan)


class Meddling:
    """Signs, and tells before it does."""

    def __init__(self, signer: Any, change: Change) -> None:
        self.signer, self.change, self.public_key = signer, change, signer.public_key

    def sign(self, payload: bytes) -> object:
        self.change.at("signing")
        return self.signer.sign(payload)


def ready(staging: Staging, at: Callable[[str], None] = lambda _: None) -> tuple[Change, Plan]:
    """A plan that may be applied; `at` is told how far it got."""
    change = replace(staging.change(), at=at)
    plan = bound(staging, change)
    remember_rehearsal(plan, {"result": "passed"}, signer=None, ledger=change.ledger, now=change.now)
    return change, plan


def altered(plan: Plan, **parts: Any) -> Plan:
    """One whose first step is another."""
    step = replace(plan.steps[0], **parts)
    return replace(plan, compiled=replace(plan.compiled, steps=(step, *plan.steps[1:])))


def elsewhere(change: Change, dsn: str) -> Change:
    return replace(change, estate=replace(change.estate, writer=make_conninfo(dsn, user="estate_owner")))


# --- before anything runs --------------------------------------------------------------------------------------


def test_with_the_kill_switch_off_not_one_statement_runs(staging: Staging) -> None:
    reached: list[str] = []
    change, plan = ready(staging, reached.append)
    staging.do(SWITCH)
    with pytest.raises(Refused, match="the kill switch stops every change"):
        applying(staging, change, plan)
    assert reached == []


def test_a_kill_switch_that_is_set_while_a_plan_runs_stops_it_before_commit(staging: Staging) -> None:
    change, plan = ready(staging, lambda point: staging.do(SWITCH) if "statement 2" in point else None)
    with pytest.raises(Refused, match="the kill switch stops every change"):
        applying(staging, change, plan)
    assert (staging.rows(), staging.kinds()[-1]) == (24, "rehearsal")


def test_a_plan_without_a_step_has_nothing_to_do(staging: Staging) -> None:
    change, plan = ready(staging)
    with pytest.raises(Refused) as refused:
        applying(staging, change, replace(plan, compiled=replace(plan.compiled, steps=())))
    assert refused.value.reasons == ("it has no steps: there is nothing to do",)


@pytest.mark.parametrize("act", [rehearsing, on_a_clone, calling])
def test_what_only_looks_follows_the_policy_in_force_too(act: Act, staging: Staging) -> None:
    change, plan = ready(staging)
    other = replace(change, estate=replace(change.estate, name="another"))
    with pytest.raises(Refused, match="cannot be applied here"):
        act(staging, other, plan)


@pytest.mark.parametrize("act", [rehearsing, on_a_clone, calling])
def test_what_only_looks_keeps_to_its_database_too(
    act: Act, staging: Staging, reference_template: NoopExecutor
) -> None:
    change, plan = ready(staging)
    with clone(reference_template, "copy_of_estate") as dsn, pytest.raises(Refused, match="another database"):
        act(staging, elsewhere(change, dsn), plan)


@pytest.mark.parametrize("act", [rehearsing, on_a_clone])
def test_a_stale_plan_is_not_rehearsed(act: Act, staging: Staging) -> None:
    reached: list[str] = []
    change, plan = ready(staging, reached.append)
    staging.do(f"update {CATALOG} set category = 'x' where command_name = '{OTHER}'")
    with pytest.raises(Refused, match="stale"):
        act(staging, change, plan)
    assert reached == []


@pytest.mark.parametrize("act", [rehearsing, applying, taking_back])
def test_an_estate_that_names_no_writer_is_not_written(act: Act, staging: Staging) -> None:
    change, plan = ready(staging)
    with pytest.raises(ConfigurationError, match="does not say who may write"):
        act(staging, replace(change, estate=replace(change.estate, writer=None)), plan)


@pytest.mark.parametrize("act", [rehearsing, applying])
def test_nothing_runs_where_not_all_can_be_seen(act: Act, staging: Staging) -> None:
    reached: list[str] = []
    change, plan = ready(staging, reached.append)
    blind = replace(plan, needs=Needs(rows=(*plan.needs.rows, RowsNeed("blind", CATALOG, ("no_such_column",)))))
    remember_rehearsal(blind, {"result": "passed"}, signer=None, ledger=change.ledger, now=change.now)
    with pytest.raises(CouldNotLook, match="rows:blind"):
        act(staging, change, blind)
    assert reached == []


@pytest.mark.parametrize("act", [rehearsing, applying])
def test_a_server_that_does_not_count_what_is_written_is_not_written(act: Act, staging: Staging) -> None:
    change, plan = ready(staging)
    staging.do("alter role estate_owner in database " + staging.db.info.dbname + " set track_counts = off")
    with pytest.raises(CouldNotLook, match="does not count"):
        act(staging, change, plan)
    assert staging.rows() == 24


def test_a_plan_writes_rows_and_no_preserved_one_of_them() -> None:
    needs = Needs(rows=(RowsNeed("t", "public.t", ("k",)),))
    for writes, preserved, reason in (
        (FactKey("catalog.roles", "x"), (), "a plan writes rows and objects of the catalog, and nothing else"),
        (FactKey("rows:t"), ("public.t#a",), "policy preserves rows of it"),
        (FactKey("rows:t", "a"), ("t#a",), "policy preserves it"),
        (FactKey("rows:t", "b"), ("public.t",), "policy preserves it"),
    ):
        with pytest.raises(Refused) as refused:
            fence.check_writes({writes}, needs, preserved)
        assert refused.value.reasons == (f"{writes}: {reason}",)
    fence.check_writes({FactKey("rows:t", "b")}, needs, ("public.t#a", "public.other"))


def test_what_was_applied_and_looked_at_is_not_applied_again(staging: Staging) -> None:
    change, plan = ready(staging)
    first = applying(staging, change, plan)
    again = applying(staging, change, plan)
    assert (again.recovered, again.receipt) == (True, first.receipt), "nobody has looked yet"
    remember_verified(change, plan, first.receipt or "", "observation")
    with pytest.raises(Refused, match="was applied already"):
        applying(staging, change, plan)


def test_a_lost_connection_is_not_told_as_a_section_that_cannot_be_seen(staging: Staging) -> None:
    change, plan = ready(staging)
    with session(change.estate, plan.needs, change.execution, "to be lost") as opened:
        staging.do(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name ~ 'to be lost'"
        )
        with pytest.raises(CouldNotLook) as failed:
            opened.observe()
    assert failed.value.message == "the connection to PostgreSQL was lost"


# --- while it runs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "point"),
    [
        (applying, "before the first statement"), (taking_back, "before the first statement"),
        (rehearsing, "insert 2 row(s): statement 1"),
    ],
)  # fmt: skip
def test_while_it_runs_nobody_else_writes_what_it_rests_on(act: Act, point: str, staging: Staging) -> None:
    met: list[str] = []

    def at(reached: str) -> None:
        if reached == point:
            staging.do("set lock_timeout = '50ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                staging.do(f"update {CATALOG} set category = 'x' where command_name = '{OTHER}'")
            met.append(reached)

    change, plan = ready(staging, at)
    act(staging, change, plan)
    assert set(met) == {point}


@pytest.mark.parametrize(
    ("act", "point"),
    [
        (applying, "before the first statement"), (taking_back, "before the first statement"),
        (calling, "calling: one"), (committing, "committed"), (approving, "signing"), (remembering, "signing"),
        (resuming, "found an interrupted apply of command_catalog/migration"),
    ],
)  # fmt: skip
def test_while_it_is_under_way_nobody_else_writes_into_its_ledger(
    act: Act, point: str, staging: Staging
) -> None:
    met: list[str] = []

    def at(reached: str) -> None:
        if reached == point:
            with pytest.raises(LedgerBusy):
                Ledger(staging.ledger.parent).append("meanwhile", {})
            met.append(reached)

    change, plan = ready(staging, at)
    act(staging, change, plan)
    assert set(met) == {point}


def test_while_an_entry_is_written_nobody_else_writes_one(tmp_path: Path) -> None:
    met: list[str] = []

    def at(reached: str) -> None:
        if reached.startswith("before fsync"):
            with pytest.raises(LedgerBusy):
                Ledger(tmp_path).append("meanwhile", {})
            met.append(reached)

    ledger = Ledger(tmp_path)
    ledger.open(at_step=at)
    ledger.append("receipt", {}, at_step=at)
    assert met == ["before fsync opened", "before fsync receipt"]


def test_what_changes_beside_a_rehearsal_fails_it(staging: Staging) -> None:
    meanwhile = "create table public.meanwhile ()"
    change, plan = ready(
        staging, lambda point: staging.do(meanwhile) if point.startswith("taken back") else None
    )
    with pytest.raises(NotRestored, match="the estate afterwards, on a new connection"):
        rehearsing(staging, change, plan)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("insert into public.trail (what) values ('x')", "2 row(s) of public.trail were added"),
        ("truncate public.trail", "public.trail was emptied"),
    ],
    ids=["a row more", "emptied"],
)
def test_a_rehearsal_on_a_clone_sees_the_fence_crossed_too(body: str, reason: str, staging: Staging) -> None:
    with pytest.raises(Refused, match="the fence was crossed") as refused:
        tried(staging, TRAIL + trigger(body), rehearsed_on_a_clone)
    assert any(found.startswith(reason) for found in refused.value.reasons), refused.value.reasons


def test_an_estate_that_cannot_be_cloned_is_not_rehearsed_on_a_clone(staging: Staging) -> None:
    change, plan = ready(staging)
    staging.do("create table public.hidden ()")
    with pytest.raises(CouldNotLook, match="could not be cloned") as failed:
        on_a_clone(staging, change, plan)
    assert "permission denied for table hidden" in failed.value.message


def late(event: str) -> str:
    """A check that waits for COMMIT, and then says no."""
    return f"""
        create function public.late() returns trigger language plpgsql as 'begin raise exception ''too late''; end';
        create constraint trigger late after {event} on {CATALOG} deferrable initially deferred
            for each row execute function public.late();
    """


def test_a_constraint_that_waits_for_commit_speaks_before_the_intent(staging: Staging) -> None:
    staging.do(late("insert"))
    change, plan = ready(staging)
    with pytest.raises(Refused, match="constraints:"):
        applying(staging, change, plan)
    assert (staging.rows(), staging.kinds()[-1]) == (24, "rehearsal")


# --- the way back ----------------------------------------------------------------------------------------------


def test_a_constraint_that_waits_for_commit_speaks_before_the_intent_of_a_rollback(staging: Staging) -> None:
    change, plan = ready(staging)
    applying(staging, change, plan)
    staging.do(late("delete"))
    with pytest.raises(Refused, match="constraints:"):
        rollback(change, staging.receipt())
    assert (staging.rows(), staging.kinds()[-1]) == (26, "receipt")


def test_the_way_back_does_not_empty_a_table_on_its_way(staging: Staging) -> None:
    staging.do(f"{TRAIL} insert into public.trail (what) values ('kept')")
    tried(
        staging,
        trigger("perform 1", "after insert or delete", "null"),
        lambda c, p: apply(c, p, policy=p.policy),
    )
    staging.do(trigger("truncate public.trail", "after insert or delete", "null"))
    with pytest.raises(Refused, match="the fence was crossed") as refused:
        rollback(staging.change(), staging.receipt())
    assert "public.trail was emptied or rewritten as a whole" in refused.value.reasons
    assert (staging.rows(), len(staging.content("public.trail"))) == (26, 1)


def correcting(plan: Plan) -> Plan:
    """It corrects a row besides, and its way back asks nothing of anybody: what asks is the executor."""
    step, (old, new) = plan.steps[0], ("placement", "other")
    update = f"update {CATALOG} set category = '{{}}' where command_name = '{OTHER}';"
    return altered(
        plan, deploy=f"{step.deploy}\n{update.format(new)}", verify="select 1;",
        revert=f"delete from {CATALOG} where command_name in {MIGRATION_034};\n{update.format(old)}",
        writes=step.writes | {FactKey(ROWS, OTHER)},
    )  # fmt: skip


def test_a_corrected_row_that_somebody_changed_since_is_not_taken_back(staging: Staging) -> None:
    change, plan = ready(staging)
    plan = correcting(plan)
    remember_rehearsal(plan, {"result": "passed"}, signer=None, ledger=change.ledger, now=change.now)
    applying(staging, change, plan)
    staging.do(f"update {CATALOG} set category = 'somebody' where command_name = '{OTHER}'")
    before = staging.content()
    with pytest.raises(Refused, match="what it wrote was changed since"):
        rollback(change, staging.receipt())
    assert staging.content() == before
    staging.do(f"update {CATALOG} set category = 'other' where command_name = '{OTHER}'")
    rollback(change, staging.receipt())
    assert staging.rows() == 24


def test_a_way_back_that_would_not_restore_what_was_there_is_not_taken(staging: Staging) -> None:
    change, plan = ready(staging)
    plan = altered(plan, revert=f"delete from {CATALOG} where command_name = '{MIGRATION_034[0]}';")
    remember_rehearsal(plan, {"result": "passed"}, signer=None, ledger=change.ledger, now=change.now)
    applying(staging, change, plan)
    with pytest.raises(Refused, match="would not restore what was there before"):
        rollback(change, staging.receipt())
    assert (staging.rows(), staging.kinds()[-1]) == (26, "receipt")

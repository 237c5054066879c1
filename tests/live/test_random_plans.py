"""Random catalogs and policies: compiled, rehearsed, applied and taken back, and nothing else ever changes.

What is outside of a plan is compared by queries of the test's own, over every table and the whole catalog.
"""

from __future__ import annotations

import dataclasses
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from psycopg.conninfo import make_conninfo

from compliance import audit
from compliance.core.errors import Refused
from compliance.estate import config
from compliance.estate.observe import observe
from compliance.executor.apply import Change, apply
from compliance.executor.approvals import remember_rehearsal
from compliance.executor.ledger import Ledger, ignore
from compliance.executor.rehearse import NotRestored, rehearse
from compliance.executor.rollback import rollback
from compliance.executor.session import VerificationFailed
from compliance.probing import Run
from compliance.systems import Policies, system
from compliance.systems.command_catalog.rules import nothing_rides_along
from compliance.systems.protocol import Facts
from tests.conftest import clone
from tests.judging import REFERENCE
from tests.live.riders import EFFECTS, RIDDEN, TIMINGS, Rider, elsewhere, ride_along, riders
from tests.live.whole import whole
from tests.live.worlds import World, furnish, worlds, write_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor

    from compliance.core.verdict import Verdict
    from compliance.executor.plan import Plan

# The same examples each time: what fails on one machine fails on every other.
same = settings(
    derandomize=True, database=None, phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


# What a row that policy does not declare, and does not want removed, breaks by being there.
STRANGERS = {
    ("CC001", "(all others)"),
    ("CC002", "(all others)"),
    ("CC004", "governed"),
    ("CC004", "distinct_targets"),
}


class Clone:
    """An estate whose catalog and policy are those of a world."""

    def __init__(self, db: psycopg.Connection, world: World, folder: Path) -> None:
        self.db, self.world = db, world
        furnish(db, world)
        write_policy(world, folder / "policy")
        dsn = db.info.dsn
        self.estate = dataclasses.replace(
            config.load(REFERENCE), policy=folder / "policy", embedded=False, ledger=folder / "ledger",
            systems=("command_catalog",),
            dsn=make_conninfo(dsn, user="compliance_probe"), writer=make_conninfo(dsn, user="estate_owner"),
        )  # fmt: skip
        self.policies = Policies.load(self.estate)
        self.policy = self.policies.digests["command_catalog"]
        self.change = Change(
            self.estate,
            self.policies["platform"].execution,
            Ledger(folder / "ledger"),
            datetime.now(UTC),
            ignore,
        )

    def look(self) -> Run:
        return Run(self.estate, self.policies, observe(self.estate, self.policies.needs()))

    def plan(self, kind: Literal["seed", "migration"]) -> Plan | None:
        """Through the gate, as a person gets it; None where there is nothing to do."""
        run = self.look()
        made = {item.kind: item for item in audit.compile_system(run, audit.probe(run), "command_catalog")}
        return audit.plan_of(run, made[kind]) if made[kind].steps else None

    def bound(self, run: Run) -> Plan:
        """Without the gate, to see that the executor does not rest on it."""
        made = system("command_catalog").compile(Facts("command_catalog", self.policies, run.observation))
        return audit.plan_of(run, next(item for item in made if item.kind == "migration"))

    def rehearse(self, plan: Plan) -> None:
        found = rehearse(self.change, plan, "estate", policy=self.policy)
        remember_rehearsal(plan, found.as_json(), signer=None, ledger=self.change.ledger, now=self.change.now)

    def trust(self, plan: Plan) -> None:
        """As if somebody had rehearsed it where nothing rode along."""
        passed = {"result": "passed"}
        remember_rehearsal(plan, passed, signer=None, ledger=self.change.ledger, now=self.change.now)

    def apply(self, plan: Plan) -> str:
        receipt = apply(self.change, plan, policy=self.policy).receipt
        assert receipt is not None
        return receipt


@contextmanager
def standing(template: NoopExecutor, world: World) -> Iterator[Clone]:
    with (
        clone(template) as dsn,
        psycopg.connect(dsn, autocommit=True) as db,
        tempfile.TemporaryDirectory() as folder,
    ):
        yield Clone(db, world, Path(folder))


def broken(verdict: Verdict) -> set[tuple[str, str]]:
    return {(c.rule.id, c.subject) for c in verdict.cases if c.outcome not in ("kept", "not_applicable")}


def changes_what_it_says_and_can_be_taken_back(template: NoopExecutor, world: World) -> None:
    with standing(template, world) as here:
        before = whole(here.db, world)
        plan = here.plan("migration")
        assert {key.subject for key in plan.writes} == world.touched if plan else not world.touched
        if plan is None:
            return
        here.rehearse(plan)
        assert whole(here.db, world) == before, "a rehearsal leaves nothing"
        receipt = here.apply(plan)
        after = whole(here.db, world)
        assert after.rest == before.rest, "nothing outside of the catalog changes"
        assert after.governed == world.afterwards
        untouched = before.rows.keys() - world.touched
        assert {name: after.rows[name] for name in untouched} == {name: before.rows[name] for name in untouched}
        strangers = STRANGERS if world.surplus and not world.prune else set()
        assert broken(audit.probe(here.look())) <= strangers, "every command is as declared"
        rollback(here.change, receipt)
        assert whole(here.db, world) == before, "what was there before is there again, whole rows and all else"
        again = here.apply(plan)
        assert whole(here.db, world).governed == world.afterwards
        rollback(here.change, again)
        assert whole(here.db, world) == before


def adds_what_is_missing_or_nothing(template: NoopExecutor, world: World) -> None:
    """A seed corrects and removes nothing: over a wrong row it aborts."""
    with standing(template, world) as here:
        before = whole(here.db, world)
        plan = here.plan("seed")
        assert plan is not None
        if world.differing:
            with pytest.raises(VerificationFailed):
                here.rehearse(plan)
            assert whole(here.db, world) == before
            return
        here.rehearse(plan)
        receipt = here.apply(plan)
        after = whole(here.db, world)
        kept = {name: after.rows[name] for name in before.rows}
        assert (after.rest, kept) == (before.rest, before.rows)
        assert after.governed == before.governed | {name: world.declared[name] for name in world.missing}
        if world.missing:
            rollback(here.change, receipt)
        else:
            with pytest.raises(Refused, match="nothing to roll back"):
                rollback(here.change, receipt)
        assert whole(here.db, world) == before


def is_refused(template: NoopExecutor, rider: Rider) -> None:
    with standing(template, RIDDEN) as here:
        elsewhere(here.db)
        older = here.bound(here.look())
        ride_along(here.db, rider)
        before = whole(here.db, RIDDEN)
        run = here.look()
        assert list(nothing_rides_along(Facts("command_catalog", here.policies, run.observation))), (
            "the gate is shut"
        )
        here.trust(older)
        with pytest.raises(Refused, match="stale"):
            here.apply(older)
        bound = here.bound(run)
        with pytest.raises((Refused, NotRestored, VerificationFailed)) as refused:
            here.rehearse(bound)
        assert "stale" not in refused.value.message
        here.trust(bound)
        with pytest.raises((Refused, VerificationFailed)) as refused:
            here.apply(bound)
        assert "stale" not in refused.value.message
        assert whole(here.db, RIDDEN) == before


@settings(same, max_examples=4)
@given(world=worlds())
def test_a_random_plan_changes_what_it_says_and_nothing_else_and_can_be_taken_back(
    reference_template: NoopExecutor, world: World
) -> None:
    changes_what_it_says_and_can_be_taken_back(reference_template, world)


@settings(same, max_examples=2)
@given(world=worlds())
def test_a_random_seed_adds_what_is_missing_and_over_a_wrong_row_aborts(
    reference_template: NoopExecutor, world: World
) -> None:
    adds_what_is_missing_or_nothing(reference_template, world)


@settings(same, max_examples=5)
@given(rider=riders)
def test_a_random_trigger_that_writes_elsewhere_is_refused_and_leaves_nothing(
    reference_template: NoopExecutor, rider: Rider
) -> None:
    is_refused(reference_template, rider)


# --- exhaustive ------------------------------------------------------------------------------------------------


@pytest.mark.prove
@settings(same, max_examples=150)
@given(world=worlds())
def test_many_random_plans_change_what_they_say_and_nothing_else(
    reference_template: NoopExecutor, world: World
) -> None:
    changes_what_it_says_and_can_be_taken_back(reference_template, world)


@pytest.mark.prove
@settings(same, max_examples=60)
@given(world=worlds())
def test_many_random_seeds_add_what_is_missing(reference_template: NoopExecutor, world: World) -> None:
    adds_what_is_missing_or_nothing(reference_template, world)


@pytest.mark.prove
@pytest.mark.parametrize("timing", TIMINGS)
@pytest.mark.parametrize("effect", EFFECTS)
@settings(same, max_examples=4)
@given(rider=riders)
def test_every_effect_at_every_time_is_refused(
    reference_template: NoopExecutor, effect: str, timing: str, rider: Rider
) -> None:
    is_refused(reference_template, rider._replace(effect=effect, timing=timing))

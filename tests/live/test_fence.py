"""What no plan may touch, whatever it says of itself; and what fails its rehearsal, so that nobody may approve it.

CC014 keeps a plan from being compiled where writing sets something off. Here that guard is left out, to see that the
executor does not rest on it: triggers are bound into the plan as if they had always been there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from compliance import audit
from compliance.core.errors import Refused
from compliance.estate.observe import observe
from compliance.executor.apply import apply
from compliance.executor.approvals import remember_rehearsal
from compliance.executor.rehearse import NotRestored, rehearse
from compliance.executor.rollback import rollback
from compliance.executor.session import VerificationFailed
from compliance.probing import Run, load
from tests.judging import CATALOG, MIGRATION_034

if TYPE_CHECKING:
    from collections.abc import Callable

    from compliance.executor.apply import Change
    from compliance.executor.plan import Plan
    from tests.live.staging import Staging

ONE, _ = BOTH = MIGRATION_034
OTHER = "where command_name = 'dot_iu_place'"


def trigger(body: str, when: str = "after insert", result: str = "new") -> str:
    """Sets `body` off for each row that a plan writes; the trigger stays as it is where only its body changes."""
    return f"""
        create or replace function public.rides_along() returns trigger language plpgsql as
            $body$ begin {body}; return {result}; end $body$;
        create or replace trigger rides_along {when} on {CATALOG} for each row execute function public.rides_along();
    """


def bound(staging: Staging, change: Change) -> Plan:
    """The same steps, bound to the estate as it is now."""
    estate, policies = load(staging.folder / "estate.yaml")
    run = Run(change.estate, policies, observe(estate, policies.needs()))
    return audit.plan_of(run, staging.plan().compiled)


def tried(
    staging: Staging, statement: str, act: Callable[[Change, Plan], object], **rules: frozenset[str]
) -> None:
    staging.do(statement)
    change = staging.change(**rules)
    plan = bound(staging, change)
    remember_rehearsal(plan, {"result": "passed"}, signer=None, ledger=change.ledger, now=change.now)
    act(change, plan)


def applied(change: Change, plan: Plan) -> object:
    return apply(change, plan, policy=plan.policy)


def rehearsed(change: Change, plan: Plan) -> object:
    return rehearse(change, plan, "estate", policy=plan.policy)


def rehearsed_on_a_clone(change: Change, plan: Plan) -> object:
    return rehearse(change, plan, "clone", policy=plan.policy)


TRAIL = "create table public.trail (what text); alter table public.trail owner to estate_owner;"
CROSSING = {
    "another table gets a row": (
        trigger("insert into public.trail (what) values (new.command_name)"), "2 row(s) of public.trail were added"),
    "a row of another table is changed": (
        trigger("update public.dot_config set description = 'x' where key = 'policy.changes.enabled'"),
        "0 row(s) of public.dot_config were added, 2 changed or removed"),
    "another table is emptied": (trigger("truncate public.trail"), "public.trail was emptied or rewritten as a whole"),
    "another row of the table is changed": (
        trigger(f"update {CATALOG} set category = 'x' {OTHER}"), "rows:command_catalog#dot_iu_place changed"),
    "another row is changed where policy declares nothing": (
        trigger(f"update {CATALOG} set description = 'x' {OTHER}"), "rows:command_catalog#dot_iu_place changed"),
    "another row of the table is removed": (
        trigger(f"delete from {CATALOG} {OTHER}"), "rows:command_catalog#dot_iu_place changed"),
    "a table is made": (trigger("create table if not exists public.made ()"), "catalog.relations#public.made changed"),
    "a right is given": (trigger(f"grant delete on {CATALOG} to dot_operator"), "catalog."),
}  # fmt: skip


@pytest.mark.parametrize("act", [rehearsed, applied])
@pytest.mark.parametrize("what", CROSSING)
def test_whatever_else_changes_when_a_plan_runs_is_refused_and_taken_back(
    what: str, act: Callable[[Change, Plan], object], staging: Staging
) -> None:
    statement, reason = CROSSING[what]
    staging.do(f"{TRAIL} insert into public.trail (what) values ('kept')")
    # Verification of the steps counts rows; here it is the fence that has to see what happened.
    staging.other_plan(verify=nothing)
    before = {table: staging.content(table) for table in (CATALOG, "public.trail", "public.dot_config")}
    with pytest.raises(Refused, match="the fence was crossed") as refused:
        tried(staging, statement, act)
    assert any(reason in found for found in refused.value.reasons), refused.value.reasons
    assert {table: staging.content(table) for table in before} == before
    assert staging.kinds()[-1] == "rehearsal"


@pytest.mark.parametrize("when", ["before insert", "after insert"])
@pytest.mark.parametrize("body", ["perform 1", "new.description := 'set by a trigger'"])
def test_what_is_set_off_and_stays_within_what_is_written_crosses_nothing(
    body: str, when: str, staging: Staging
) -> None:
    tried(staging, trigger(body, when), applied)
    assert staging.rows() == 26


@pytest.mark.parametrize("act", [rehearsed, rehearsed_on_a_clone, applied])
def test_a_row_more_in_a_trail_is_let_through_and_told(
    act: Callable[[Change, Plan], object], staging: Staging
) -> None:
    found: list[object] = []
    statement = TRAIL + trigger("insert into public.trail (what) values (new.command_name)")
    tried(staging, statement, lambda c, p: found.append(act(c, p)), trails=frozenset({"public.trail"}))
    (result,) = found
    assert result.trails == {"public.trail": 2}  # type: ignore[attr-defined]
    assert len(staging.content("public.trail")) == (2 if act is applied else 0)


@pytest.mark.parametrize(
    "body", ["update public.trail set what = 'x'", "delete from public.trail", "truncate public.trail"]
)
def test_a_trail_is_added_to_and_never_rewritten(body: str, staging: Staging) -> None:
    staging.do(f"{TRAIL} insert into public.trail (what) values ('kept')")
    with pytest.raises(Refused, match="the fence was crossed"):
        tried(staging, trigger(body), applied, trails=frozenset({"public.trail"}))
    assert len(staging.content("public.trail")) == 1
    assert "kept" in staging.content("public.trail")[0]


def test_the_way_back_may_not_cross_the_fence_either(staging: Staging) -> None:
    staging.do(TRAIL)
    tried(staging, trigger("perform 1", "after insert or delete", "null"), applied)
    staging.do(trigger("insert into public.trail (what) values ('x')", "after insert or delete", "null"))
    before = staging.content()
    with pytest.raises(Refused, match="the fence was crossed"):
        rollback(staging.change(), staging.receipt())
    assert (staging.content(), staging.content("public.trail")) == (before, [])


def test_a_table_or_a_row_that_policy_preserves_is_not_rehearsed_on_either(staging: Staging) -> None:
    for entry, free in ((f"{CATALOG}#{ONE}", f"{CATALOG}#dot_iu_place"), (CATALOG, "public.dot_config")):
        for act in (rehearsed, applied):
            with pytest.raises(Refused, match="the plan would cross the fence"):
                tried(staging, "select 1", act, preserve=frozenset({entry}))
            assert staging.rows() == 24
        tried(staging, "select 1", rehearsed, preserve=frozenset({free}))


# --- what a rehearsal finds ------------------------------------------------------------------------------------


def test_on_a_clone_it_shows_the_same_as_on_the_estate(staging: Staging) -> None:
    before = staging.content()
    found = {}
    for place in ("estate", "clone"):
        said = staging.run("rehearse", str(staging.migration), "--on", place, "--json")
        assert said.code == 0, said.err
        found[place] = json.loads(said.out)
        assert (found[place].pop("place"), found[place].pop("entry") != "") == (place, True)
    assert found["estate"] == found["clone"]
    assert staging.content() == before


def nothing(_: str) -> str:
    return "select 1;"


def again(text: str) -> str:
    return f"{text}\nupdate {CATALOG} set category = category || '!' where command_name = '{ONE}';"


FAILING: dict[str, tuple[dict[str, Callable[[str], str]], str]] = {
    "deployed twice it is another": (
        {"deploy": again, "verify": nothing,
         "revert": lambda _: f"delete from {CATALOG} where command_name in {BOTH};"},
        "after deploying twice the state is not the one before"),
    "it is taken back by half": (
        {"revert": lambda _: f"delete from {CATALOG} where command_name = '{ONE}';"},
        "after taking it back the state is not the one before"),
    "it is not taken back": ({"revert": nothing}, "after taking it back"),
    "it does not do what it is to do": ({"deploy": nothing}, "verify: not 26 rows"),
}  # fmt: skip


@pytest.mark.parametrize("what", FAILING)
@pytest.mark.parametrize("place", ["estate", "clone"])
def test_a_plan_that_fails_its_rehearsal_is_6_and_nobody_may_approve_it(
    place: str, what: str, staging: Staging
) -> None:
    changes, reason = FAILING[what]
    staging.other_plan(**changes)
    before = staging.content()
    said = staging.run("rehearse", str(staging.migration), "--key", staging.key("author"), "--on", place)
    assert (said.code, said.out, staging.content()) == (6, "", before)
    assert reason in said.err
    approved, tried_anyway = staging.approve("alice"), staging.apply()
    assert (approved.code, tried_anyway.code, staging.content()) == (4, 4, before)
    assert "the last rehearsal of plan" in approved.err
    assert "the last rehearsal of plan" in tried_anyway.err


@pytest.mark.parametrize("act", [rehearsed, rehearsed_on_a_clone])
def test_a_trigger_that_keeps_a_row_from_going_fails_the_rehearsal(
    act: Callable[[Change, Plan], object], staging: Staging
) -> None:
    keeps = trigger(f"if old.command_name = '{ONE}' then return null; end if", "before delete", "old")
    with pytest.raises(NotRestored, match=f"rows:command_catalog#{ONE}"):
        tried(staging, keeps, act)
    assert staging.rows() == 24


@pytest.mark.parametrize("act", [rehearsed, applied])
def test_a_trigger_that_swallows_a_row_is_found_by_verification(
    act: Callable[[Change, Plan], object], staging: Staging
) -> None:
    with pytest.raises(VerificationFailed, match="verify: not 26 rows"):
        tried(staging, trigger(f"if new.command_name = '{ONE}' then return null; end if", "before insert"), act)
    assert staging.rows() == 24


def test_a_plan_for_production_is_rehearsed_on_a_clone_alone(staging: Staging) -> None:
    staging.edit("estate.yaml", "kind: staging", "kind: production")
    out = str(staging.folder / "compiled")
    assert staging.run("compile", "command_catalog", "--out", out).code == 0
    said = staging.run("rehearse", str(staging.migration), "--on", "estate")
    assert (said.code, "is not rehearsed on the estate itself" in said.err) == (4, True)
    assert staging.run("rehearse", str(staging.migration)).out.startswith("rehearsed on the clone: 2 created")

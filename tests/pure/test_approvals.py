"""Approvals: every way in which one does not count, beside the nearest one that does."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.core import canonical
from compliance.core.errors import ConfigurationError, Refused
from compliance.executor import attest
from compliance.executor.approvals import Grant, duration
from compliance.executor.ledger import Ledger
from compliance.executor.plan import Target
from compliance.systems.platform.execution import CAPABILITIES, Execution
from tests.pure.plans import HOUR, NOW, TICK, Bytes, World, execution, key, plan, rule, signer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from compliance.executor.ledger import Entry


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Rehearsed by its author; policy asks for alice."""
    made = World.at(tmp_path / "ledger")
    made.rehearse()
    return made


def reasons(call: Callable[[], Any]) -> list[str]:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.exit_code == 4
    assert caught.value.remedy
    return [*caught.value.reasons]


def refused(world: World, capability: Any = "execute", **given: Any) -> str:
    return "\n".join(reasons(lambda: world.granted(capability, **given)))


def nonce_of(entry: Entry) -> str:
    return str(attest.open_envelope(entry.body["envelope"], execution().keys)[1]["predicate"]["nonce"])


def forge(
    world: World, by: str = "alice", *, type_: str = attest.APPROVAL, about: Any = None, **other: Any
) -> None:
    """An approval that says something else, properly signed."""
    good = attest.open_envelope(world.approve(by).body["envelope"], world.execution.keys)[1]["predicate"]
    said = attest.statement(about or world.plan, type_, {**good, "nonce": "n", **other})
    # The good one is spent, so that it does not count.
    world.ledger.append("receipt", {"plan": {"digest": ""}, "approvals": {"nonces": [good["nonce"]]}})
    world.ledger.append("approval", {"envelope": attest.sign(said, signer(by))})


# --- who and how many --------------------------------------------------------------------------------------------


def test_enough_approvals_are_a_grant_that_says_by_whom_and_spends_them(world: World) -> None:
    entry = world.approve()
    assert world.granted() == Grant(self_approved=False, by=("alice",), nonces=(nonce_of(entry),))


def test_where_nobody_approved_it_says_who_may_and_for_what(tmp_path: Path) -> None:
    rules = (
        rule("alice", "bob", hazards=["inserts"]),
        rule("alice", "bob", "carol", count=2, hazards=["deletes"]),
    )
    world = World.at(tmp_path, *rules).but(plan=plan("inserts", "deletes"))
    world.rehearse()
    assert reasons(world.granted) == [
        "1 more of alice, bob must approve 'execute' (it inserts)",
        "2 more of alice, bob, carol must approve 'execute' (it deletes)",
    ]
    world.approve("carol")
    world.approve("alice")
    assert world.granted().by == ("alice", "carol")


def test_a_rule_for_a_hazard_that_the_plan_does_not_have_asks_for_nobody(tmp_path: Path) -> None:
    world = World.at(tmp_path, rule("alice", hazards=["inserts"]), rule("bob", hazards=["deletes", "updates"]))
    world.rehearse()
    world.approve("alice")
    assert world.granted().by == ("alice",)
    world = world.but(plan=plan("inserts", "updates"))
    world.rehearse()
    world.approve("alice")
    assert refused(world).startswith("1 more of bob must approve 'execute' (it updates)")


def test_one_of_two_and_the_same_one_twice_is_one_too_few(tmp_path: Path) -> None:
    world = World.at(tmp_path, rule("alice", "bob", "carol", count=2))
    world.rehearse()
    for _ in range(2):
        world.approve("alice")
        assert reasons(world.granted) == ["1 more of bob, carol must approve 'execute' (whatever it does)"]
    world.approve("bob")
    grant = world.granted()
    assert grant.by == ("alice", "bob")
    assert len(grant.nonces) == 3, "what is left over would let the same plan in again"


def test_one_person_under_two_names_is_one_person(tmp_path: Path) -> None:
    world = World.at(tmp_path, rule("alice", "zoe", count=2))
    keys = {**world.execution.keys, "zoe": replace(key("alice"), name="zoe")}
    world = world.but(execution=replace(world.execution, keys=keys))
    world.rehearse()
    world.approve("alice")
    world.approve("alice")
    assert refused(world) == "1 more of zoe must approve 'execute' (whatever it does)"
    keys["zoe"] = key("zoe")
    world.approve("zoe")
    assert world.granted().by == ("alice", "zoe")


def test_somebody_whom_the_rule_does_not_ask_does_not_count(world: World) -> None:
    world.approve("bob")
    assert refused(world) == "1 more of alice must approve 'execute' (whatever it does)"
    world.approve("alice")
    assert world.granted().by == ("alice",)


@pytest.mark.parametrize("given", CAPABILITIES)
@pytest.mark.parametrize("asked", CAPABILITIES)
def test_no_capability_implies_another(tmp_path: Path, given: Any, asked: Any) -> None:
    world = World.at(tmp_path, *(rule("alice", capability=capability) for capability in CAPABILITIES))
    world.rehearse()
    world.approve(capability=given)
    if given == asked:
        assert world.granted(asked).by == ("alice",)
    else:
        assert f"by alice: it is for '{given}', not '{asked}'" in refused(world, asked)


def test_a_hazard_that_no_rule_speaks_of_is_allowed_by_nobody(tmp_path: Path) -> None:
    world = World.at(tmp_path, rule("alice", hazards=["inserts"])).but(plan=plan("inserts", "deletes"))
    world.rehearse()
    world.approve()
    nobody = "policy names nobody who may approve 'execute' for estates of kind production"
    assert reasons(world.granted) == [f"{nobody}, where it deletes"]
    for rules in ([rule("alice", hazards=["inserts", "deletes"])], [rule("alice")]):
        assert world.but(execution=execution(*rules)).granted().by == ("alice",)
    other = world.but(execution=execution(rule("alice", capability="rollback")))
    assert f"{nobody}, where it inserts" in reasons(other.granted)


def test_a_plan_without_a_hazard_is_not_allowed_by_nobody(tmp_path: Path) -> None:
    world = World.at(tmp_path, rule("alice", hazards=["inserts"])).but(plan=plan())
    world.rehearse()
    world.approve()
    assert "names nobody who may approve 'execute'" in refused(world)
    assert world.but(execution=execution(rule("alice"))).granted().by == ("alice",)


def test_a_kind_of_estate_that_policy_does_not_name_is_closed(world: World) -> None:
    world.approve()
    with pytest.raises(Refused, match="nobody who may approve anything for estates of kind production"):
        world.but(execution=execution(rule("alice"), kind="staging")).granted()


# --- the estate that approves itself -----------------------------------------------------------------------------


def test_a_reference_estate_approves_itself_what_was_rehearsed_and_says_so(tmp_path: Path) -> None:
    world = World.at(tmp_path).but(plan=plan("inserts", kind="reference"))
    world = world.but(execution=Execution(approvals={"reference": "self"}))
    with pytest.raises(Refused, match="no rehearsal"):
        world.granted()
    world.rehearse(by=None)
    assert world.granted() == Grant(self_approved=True, by=(), nonces=())


def test_no_other_estate_approves_itself_and_a_reference_estate_may_ask_for_people(tmp_path: Path) -> None:
    world = World.at(tmp_path).but(execution=Execution(approvals={"production": "self"}))
    world.rehearse(by=None)
    with pytest.raises(Refused, match="nobody who may approve anything"):
        world.granted()
    world = world.but(
        plan=plan("inserts", kind="reference"), execution=execution(rule("bob"), kind="reference")
    )
    world.rehearse()
    assert "1 more of bob" in refused(world)
    world.approve("bob")
    assert not world.granted().self_approved


# --- when --------------------------------------------------------------------------------------------------------


def test_an_approval_holds_from_its_first_moment_to_just_before_its_last(world: World) -> None:
    world.approve(expires=2 * HOUR, not_before=NOW + HOUR)
    assert "by alice: it is not valid before 2026-11-21T13:00:00+00:00" in refused(world, now=NOW + HOUR - TICK)
    assert world.granted(now=NOW + HOUR).by == ("alice",)
    assert world.granted(now=NOW + 2 * HOUR - TICK).by == ("alice",)
    assert "by alice: it expired at 2026-11-21T14:00:00+00:00" in refused(world, now=NOW + 2 * HOUR)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("4h", 14400), ("2d", 172800), ("1w", 604800), ("366d", 31622400)],
)
def test_a_time_to_expire_in_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "4", "h", "0h", "-4h", "4 h", "4h ", "4H", "1.5h", "٤h", "367d", "999999999w", "4y"]
)
def test_what_is_no_time_to_expire_in_is_wrong_usage(world: World, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        world.approve(expires=text)
    assert caught.value.remedy


# --- what exactly ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(plan().files))
def test_a_flipped_byte_of_any_file_is_named(world: World, name: str) -> None:
    world.approve()
    files = world.plan.files
    changed = files | {name: bytes([files[name][0] ^ 1]) + files[name][1:]}
    digests = {file: canonical.digest(data) for file, data in changed.items()}
    other = Bytes.of(world.plan)._replace(digest="0" * 64, digests=digests)
    world = world.but(plan=other)
    world.rehearse()
    assert f"by alice: it is for another plan: {name} differ" in refused(world)
    assert world.but(
        plan=other._replace(digests=world.plan.digests | {"more.sql": "x"}), execution=world.execution
    )


def test_a_file_more_or_less_is_another_plan(world: World) -> None:
    world.approve()
    mine = Bytes.of(world.plan)
    more = mine._replace(digests=mine.digests | {"more.sql": "0"})
    fewer = mine._replace(
        digests={name: digest for name, digest in mine.digests.items() if name != "deploy.sql"}
    )
    assert "another plan: more.sql differ" in refused(world.but(plan=more))
    assert "another plan: deploy.sql differ" in refused(world.but(plan=fewer))
    assert world.but(plan=mine).granted().by == ("alice",)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"plan": "e" * 64}, "it is for another plan: eeeeeeeeeeee"),
        (
            {"estate": {"name": "prod2", "kind": "production"}},
            "another estate: kind production, name prod2; this is",
        ),
        ({"estate": {"name": "prod", "kind": "staging"}}, "another estate: kind staging, name prod; this is"),
        ({"target": {"system": "7302", "database": "db"}}, "another target: database db, system 7302; this is"),
        (
            {"target": {"system": "7301", "database": "db2"}},
            "another target: database db2, system 7301; this is",
        ),
        ({"target": "db"}, "says too little (ValueError"),
        (
            {"expires": "2026-11-22T00:00:00"},
            "says too little (ValueError: '2026-11-22T00:00:00' names no time zone",
        ),
        ({"expires": "soon"}, "says too little (ValueError"),
        ({"expires": None}, "says too little (TypeError"),
        ({"ledger": {}}, "says too little (KeyError"),
    ],
)
def test_a_properly_signed_approval_of_something_else_does_not_count(
    world: World, said: dict[str, Any], reason: str
) -> None:
    forge(world, **said)
    assert reason in refused(world)


def test_a_properly_signed_approval_of_this_counts(world: World) -> None:
    forge(world)
    assert world.granted() == Grant(self_approved=False, by=("alice",), nonces=("n",))


def test_another_estate_is_another_plan_to_approve(world: World) -> None:
    world.approve()
    mine = Bytes.of(world.plan)
    for other in (mine._replace(estate="prod2"), mine._replace(target=Target("7302", "db"))):
        assert "by alice: it is for " in refused(world.but(plan=other))


def test_a_rehearsal_is_no_approval_and_an_approval_no_rehearsal(world: World) -> None:
    forge(world, type_=attest.REHEARSAL)
    assert "what was signed is 'urn:dot-compliance:rehearsal:v1'" in refused(world)
    empty = world.but(ledger=Ledger(world.ledger.folder.with_name("other")))
    approval = world.approve()
    empty.ledger.append("rehearsal", approval.body)
    assert "what was signed is 'urn:dot-compliance:approval:v1'" in refused(empty)


# --- by whom -----------------------------------------------------------------------------------------------------


def test_a_key_that_policy_does_not_name_any_more_does_not_count(world: World) -> None:
    world.approve()
    keys = {name: known for name, known in world.execution.keys.items() if name != "alice"}
    assert "unknown key" in refused(world.but(execution=replace(world.execution, keys=keys)))
    assert world.granted().by == ("alice",)


def test_a_key_that_may_less_than_when_it_approved_does_not_count(world: World) -> None:
    world.approve()
    less = replace(world.execution, keys={**world.execution.keys, "alice": key("alice", "rollback", "commit")})
    assert "by alice: policy does not let alice approve 'execute' any more" in refused(
        world.but(execution=less)
    )
    more = replace(world.execution, keys={**world.execution.keys, "alice": key("alice", "execute")})
    assert world.but(execution=more).granted().by == ("alice",)


@settings(max_examples=60)
@given(st.data())
def test_an_approval_of_which_any_byte_was_changed_does_not_count_and_is_named(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    world = World.at(tmp_path_factory.mktemp("ledger"))
    world.rehearse()
    text = json.dumps(world.approve().body["envelope"])
    position = data.draw(st.integers(0, len(text) - 1))
    changed = text[:position] + data.draw(st.characters(exclude_categories=["Cs"])) + text[position + 1 :]
    try:
        envelope = json.loads(changed)
    except ValueError:
        return
    if envelope == json.loads(text):
        return
    other = world.but(ledger=Ledger(world.ledger.folder / "other"))
    other.rehearse()
    (found,) = [reason for reason in reasons(lambda: check(other, envelope)) if reason.startswith("approval ")]
    assert (
        "bad signature" in found or "no envelope" in found or "unknown key" in found or "payload is of" in found
    )


def check(world: World, envelope: Any) -> Grant:
    world.ledger.append("approval", {"envelope": envelope})
    return world.granted()


# --- once, and in this ledger ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["receipt", "rolled-back", "exercise", "commit"])
def test_an_approval_counts_once(world: World, kind: str) -> None:
    entry = world.approve()
    spends = {"plan": {"digest": ""}, "approvals": {"nonces": [nonce_of(entry)]}}
    world.ledger.append("intent", spends)  # of which nobody knows yet what became
    world.ledger.append("recovered", spends)  # it was not applied
    world.ledger.append(kind, {"plan": {"digest": ""}, "approvals": {"nonces": ["another"]}})
    world.ledger.append(kind, {"plan": {"digest": ""}})
    assert world.granted().by == ("alice",)
    spent = world.ledger.append(kind, spends)
    assert f"by alice: it was used by {kind} {spent.hash[:12]}" in refused(world)
    world.ledger.append("approval", entry.body)
    assert "counts once" in refused(world)
    world.approve()
    assert world.granted().by == ("alice",)


def test_an_approval_of_another_ledger_does_not_count(world: World, tmp_path: Path) -> None:
    entry = world.approve()
    other = world.but(ledger=Ledger(tmp_path / "other"))
    other.rehearse()
    other.ledger.append("approval", entry.body)
    assert f"by alice: it was given in another ledger, {world.ledger.id[:12]}" in refused(other)


def test_an_approval_of_a_newer_ledger_does_not_count_in_an_older_copy(world: World, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "ledger.jsonl").write_bytes(world.ledger.path.read_bytes())
    older = world.but(ledger=Ledger(copy))
    first = world.approve()
    second = world.approve()
    older.ledger.append("approval", second.body)
    assert f"by alice: it was given after entry {first.hash[:12]}, which is not here" in refused(older)
    older.ledger.append("approval", first.body)
    assert older.granted().by == ("alice",)


def test_history_is_not_told_as_a_reason(world: World) -> None:
    """Approvals that are over and were for something else say nothing about this plan."""
    mine = world.plan
    world = world.but(plan=plan("inserts", deploy="select 2;"))
    world.rehearse()
    world.approve(expires="1h")
    world = world.but(plan=mine)
    assert "another plan: REVIEW.md, deploy.sql, plan.json differ" in refused(world)
    assert "another plan" not in refused(world, now=NOW + HOUR)


def test_everything_that_stands_in_the_way_is_told_at_once(world: World) -> None:
    world.approve("alice", expires="1h")
    world.approve("alice", not_before=NOW + 3 * HOUR)
    world.approve("alice", "rollback")
    world.approve("carol")
    world.ledger.append("approval", {"envelope": {}})
    told = refused(world.but(plan=plan("inserts", deploy="select 2;")), now=NOW + HOUR)
    for part in (
        "no rehearsal of plan",
        "1 more of alice",
        "not valid before",
        "for 'rollback'",
        "no envelope",
    ):
        assert part in told
    assert told.count("it is for another plan") == 3
    assert "it expired" not in told


# --- the author --------------------------------------------------------------------------------------------------


def test_the_author_does_not_approve_alone(tmp_path: Path) -> None:
    world = World.at(tmp_path, rule("alice", "bob"))
    world.rehearse(by="alice")
    world.approve("alice")
    assert reasons(world.granted) == [
        "1 more of bob must approve 'execute' (whatever it does); alice is the author and does not count"
    ]
    world.approve("bob")
    assert world.granted().by == ("bob",)


def test_the_author_counts_where_policy_says_so(tmp_path: Path) -> None:
    world = World.at(tmp_path, rule("alice", "bob", author_counts=True))
    world.rehearse(by="alice")
    world.approve("alice")
    assert world.granted().by == ("alice",)


def test_the_author_is_who_signed_first_and_not_who_rehearsed_again(tmp_path: Path) -> None:
    world = World.at(tmp_path, rule("alice", "bob"))
    world.rehearse(by=None)
    world.rehearse(by="alice")
    world.rehearse(by="bob")
    world.approve("alice")
    assert "alice is the author" in refused(world)
    world.approve("bob")
    assert world.granted().by == ("bob",)


def test_an_author_whom_nobody_knows_may_be_the_one_who_approves(tmp_path: Path) -> None:
    world = World.at(
        tmp_path, *(rule("alice", capability=capability) for capability in ("execute", "rollback"))
    )
    world.rehearse(by=None)
    world.approve("alice")
    world.approve("alice", "rollback")
    assert "nobody signed the rehearsal" in refused(world)
    assert world.granted("rollback").by == ("alice",), "the way back stays open"
    counts = world.but(execution=execution(rule("alice", author_counts=True)))
    assert counts.granted().by == ("alice",)


# --- the rehearsal -----------------------------------------------------------------------------------------------


def test_only_a_rehearsal_of_this_plan_that_passed_last_counts(world: World) -> None:
    world.approve()
    assert world.granted()
    other = world.but(plan=Bytes.of(world.plan)._replace(digest="0" * 64))
    assert "no rehearsal of plan 000000000000 is known" in refused(other)
    world.rehearse(result="failed")
    assert "the last rehearsal" in refused(world)
    world.rehearse()
    assert world.granted()


def test_a_rehearsal_that_was_changed_or_comes_from_elsewhere_is_named_and_does_not_count(
    world: World, tmp_path: Path
) -> None:
    good = world.ledger.entries()[-1].body
    bad = deepcopy(good)
    bad["envelope"]["payload"] = bad["envelope"]["payload"].replace("A", "B", 1)
    other = World.at(tmp_path / "other")
    other.ledger.append("rehearsal", bad)
    other.ledger.append("rehearsal", good)
    told = refused(other)
    assert "bad signature: author did not sign this" in told
    assert "it was written into another ledger" in told
    other.rehearse()
    assert "rehearsal" not in refused(other)


def test_the_way_back_stays_open_when_the_author_s_key_is_gone(tmp_path: Path) -> None:
    world = World.at(tmp_path, *(rule("alice", capability=capability) for capability in CAPABILITIES))
    world.rehearse()
    rotated = replace(world.execution, keys={"alice": key("alice")})
    world = world.but(execution=rotated)
    for capability in ("rollback", "execute", "commit"):
        with pytest.raises(Refused, match="no rehearsal"):
            world.approve(capability=capability)
    world.ledger.append("receipt", {"plan": {"digest": "another"}})
    with pytest.raises(Refused, match="no rehearsal"):
        world.approve(capability="rollback")
    world.ledger.append("receipt", {"plan": {"digest": world.plan.digest}})
    world.approve(capability="rollback")
    assert world.granted("rollback").by == ("alice",)
    with pytest.raises(Refused, match="no rehearsal"):
        world.approve(capability="execute")


def test_a_call_cannot_be_rehearsed_and_needs_an_approval_all_the_same(tmp_path: Path) -> None:
    world = World.at(tmp_path, rule("alice", capability="test-call"))
    assert reasons(lambda: world.granted("test-call")) == [
        "1 more of alice must approve 'test-call' (whatever it does)"
    ]
    world.approve(capability="test-call")
    assert world.granted("test-call").by == ("alice",)


# --- approving ---------------------------------------------------------------------------------------------------


def test_an_approval_says_what_it_is_for_where_and_how_long(world: World) -> None:
    head = world.ledger.head
    entry = world.approve(reason="  seen with carol ", not_before=NOW + HOUR)
    assert (entry.kind, entry.prev) == ("approval", head)
    name, said = attest.open_envelope(entry.body["envelope"], world.execution.keys)
    assert (name, said["predicateType"]) == ("alice", "urn:dot-compliance:approval:v1")
    assert attest.subjects(said) == world.plan.digests
    nonce = said["predicate"].pop("nonce")
    assert len(nonce) == 32
    assert said["predicate"] == {
        "plan": world.plan.digest,
        "capability": "execute",
        "reason": "seen with carol",
        "not_before": "2026-11-21T13:00:00+00:00",
        "expires": "2026-11-21T16:00:00+00:00",
        "ledger": {"id": world.ledger.id, "head": head},
        "target": {"system": "7301", "database": "db"},
        "estate": {"name": "prod", "kind": "production"},
    }
    assert nonce_of(world.approve()) != nonce


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"by": "eve"}, "unknown key"),
        ({"by": "dave"}, "dave may not approve 'execute', but rollback"),
        ({"reason": " \n"}, "no reason is given"),
        ({"not_before": NOW + 4 * HOUR}, "it would expire at"),
        ({"expires": timedelta(0)}, "it would expire at"),
        ({"expires": -HOUR}, "it would expire at"),
    ],
)
def test_an_approval_that_could_not_count_is_not_written(
    world: World, given: dict[str, Any], reason: str
) -> None:
    keys = {**world.execution.keys, "dave": key("dave", "rollback")}
    world = world.but(execution=replace(world.execution, keys=keys))
    before = world.ledger.head
    (told,) = reasons(lambda: world.approve(**given))
    assert reason in told
    assert world.ledger.head == before
    world.approve(not_before=NOW + 4 * HOUR - TICK)


def test_nothing_is_approved_that_was_not_rehearsed_and_all_reasons_are_told(tmp_path: Path) -> None:
    world = World.at(tmp_path / "ledger")
    told = "\n".join(reasons(lambda: world.approve("eve", reason="")))
    for part in ("unknown key", "no rehearsal of plan", "no reason is given"):
        assert part in told
    assert not (tmp_path / "ledger").exists()
    world.rehearse(result="failed")
    (only,) = reasons(world.approve)
    assert "failed" in only
    world.rehearse()
    assert world.approve().kind == "approval"


# --- proposals -------------------------------------------------------------------------------------------------


def proposed(world: World) -> World:
    """The same plan, of which somebody has to decide something first; and it was rehearsed as well."""
    made = replace(
        world.plan, compiled=replace(world.plan.compiled, proposal="nobody has reviewed the cadence")
    )
    found = world.but(plan=made)
    found.rehearse()
    return found


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_a_proposal_cannot_be_approved_and_it_says_why(world: World, capability: Any) -> None:
    told = reasons(lambda: proposed(world).approve(capability=capability))
    assert "it is a PROPOSAL: nobody has reviewed the cadence" in told


def test_a_reference_estate_does_not_approve_a_proposal_itself_either(world: World) -> None:
    alone = world.but(
        plan=replace(world.plan, estate_kind="reference"),
        execution=replace(world.execution, approvals={"reference": "self"}),
    )
    alone.rehearse()
    assert alone.granted().self_approved
    assert refused(proposed(alone)) == "it is a PROPOSAL: nobody has reviewed the cadence"

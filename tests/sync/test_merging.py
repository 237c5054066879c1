"""Three-way merging by file, against a tiny model: who changed a file since both agreed, and what that means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.sync import merging
from compliance.sync.merging import Version
from compliance.systems.directional_sync.syncfile import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ("a", "b", "c/d")
POLICIES: tuple[Conflict, ...] = get_args(Conflict)
files = st.dictionaries(st.sampled_from(NAMES), st.sampled_from("123"))
times = st.none() | st.integers(0, 3)
sides = st.dictionaries(st.sampled_from(NAMES), st.builds(Version, st.sampled_from("123"), times))
policies = st.sampled_from(POLICIES)


def contents(plan: merging.Plan, ours: Mapping[str, Version], theirs: Mapping[str, Version]) -> dict[str, str]:
    """What stands on both sides once the plan is carried out."""
    return {name: (ours if side == "ours" else theirs)[name].digest for name, side in plan.merged.items()}


def model(base: Mapping[str, str] | None, ours: Any, theirs: Any, policy: str, name: str) -> str | None:
    """Of one name, by cases alone: its content afterwards, None for gone, `?` for a conflict that is left open."""
    one = ours[name].digest if name in ours else None
    other = theirs[name].digest if name in theirs else None
    if one == other:
        return one
    changed_here = base is None or one != base.get(name)
    changed_there = base is None or other != base.get(name)
    if changed_here and not changed_there:
        return one
    if changed_there and not changed_here:
        return other
    if policy == "ours":
        return one
    if policy == "theirs":
        return other
    if policy == "newer" and name in ours and name in theirs:
        here, there = ours[name].changed_at, theirs[name].changed_at
        if here is not None and there is not None and here != there:
            return one if here > there else other
    return "?"


@given(st.none() | files, sides, sides, policies)
def test_a_plan_is_what_the_model_says(base: Any, ours: Any, theirs: Any, policy: Conflict) -> None:
    plan = merging.plan(base, ours, theirs, policy)
    merged, open_ = contents(plan, ours, theirs), {each.name for each in plan.conflicts}
    for name in NAMES:
        wanted = model(base, ours, theirs, policy, name)
        assert (name in open_) == (wanted == "?")
        if wanted != "?":
            assert merged.get(name) == wanted


@given(st.none() | files, sides, sides, policies)
def test_each_difference_is_told_once_and_nothing_else_is(
    base: Any, ours: Any, theirs: Any, policy: Conflict
) -> None:
    plan = merging.plan(base, ours, theirs, policy)
    digests = [{name: version.digest for name, version in side.items()} for side in (ours, theirs)]
    differ = [name for name in sorted(NAMES) if digests[0].get(name) != digests[1].get(name)]
    assert [each.name for each in plan.differences] == differ


@given(st.none() | files, sides, sides, policies)
def test_the_sides_may_change_places(base: Any, ours: Any, theirs: Any, policy: Conflict) -> None:
    other: dict[Conflict, Conflict] = {"ours": "theirs", "theirs": "ours"}
    here = merging.plan(base, ours, theirs, policy)
    there = merging.plan(base, theirs, ours, other.get(policy, policy))
    assert contents(here, ours, theirs) == contents(there, theirs, ours)
    assert [each.name for each in here.conflicts] == [each.name for each in there.conflicts]


@given(st.none() | files, sides, sides, policies)
def test_what_was_merged_has_nothing_left_to_merge(base: Any, ours: Any, theirs: Any, policy: Conflict) -> None:
    plan = merging.plan(base, ours, theirs, policy)
    if not plan.conflicts:
        merged = contents(plan, ours, theirs)
        after = {name: Version(digest) for name, digest in merged.items()}
        assert merging.plan(merged, after, after, "fail").differences == ()


@given(files, sides, policies)
def test_what_one_side_alone_changed_is_taken_whole(base: Any, theirs: Any, policy: Conflict) -> None:
    ours = {name: Version(digest) for name, digest in base.items()}
    plan = merging.plan(base, ours, theirs, policy)
    assert contents(plan, ours, theirs) == {name: version.digest for name, version in theirs.items()}
    assert plan.conflicts == ()


@pytest.mark.parametrize(("ours", "theirs"), [(1, 1), (None, 1), (1, None), (None, None)])
def test_newer_cannot_be_told_without_two_times_that_differ(ours: int | None, theirs: int | None) -> None:
    plan = merging.plan({}, {"a": Version("1", ours)}, {"a": Version("2", theirs)}, "newer")
    assert [each.shown for each in plan.conflicts] == [
        "changed on both sides: a conflict, and which is newer cannot be told"
    ]


def test_without_a_base_what_one_side_alone_has_is_a_conflict_too() -> None:
    """It may have been added here, or deleted there: nobody recorded which."""
    assert [each.name for each in merging.plan(None, {"a": Version("1")}, {}, "fail").conflicts] == ["a"]
    assert merging.plan({}, {"a": Version("1")}, {}, "fail").merged == {"a": "ours"}

"""What an exercise of the registry sync has seen, judged: what each count means, and of which flows it is believed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core import facts as f
from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.core.finding import Finding, NotApplicable, Unseen
from compliance.core.observation import Blind, Seen
from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems import registry_sync
from compliance.systems.protocol import Facts
from compliance.systems.registry_sync.exercise import exercised_as_declared, marking
from tests.faults import Edit
from tests.pure.flowrows import ORIGIN, World, policy

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.core.finding import Judgement
    from compliance.systems.registry_sync.policy import Policy

GOOD = {"rows": 6, "arrived": 6, "changed": 6, "left": 0, "returned": 0, "control": True}
SUBJECT = "workflows"


def facts(world: World, section: Any = None, rules: Policy | None = None) -> Facts:
    observation = world.observation()
    sections = dict(observation.sections)
    if section is not None:
        sections["exercised:registry_sync"] = section
    return Facts("registry_sync", {"registry_sync": rules or policy()}, replace(observation, sections=sections))


def seen(world: World, error: str = "", rules: Policy | None = None, **answer: Any) -> Seen[Any]:
    """An exercise of this world: all was well in all collections, but in one this was answered."""
    return Seen(
        tuple(
            f.Exercised(
                marked.collection, marked.version,
                tuple(({**GOOD, **answer} if marked.collection == SUBJECT else GOOD).items()),
                error if marked.collection == SUBJECT else "",
            )
            for marked in marking(facts(world, rules=rules)).collections
        ),
        ORIGIN,
    )  # fmt: skip


def said(section: Any, world: World | None = None, rules: Policy | None = None) -> list[Judgement]:
    return list(exercised_as_declared(facts(world or World.conforming(), section, rules)))


def test_all_is_well_where_every_document_arrived_changed_and_went() -> None:
    assert said(seen(World.conforming())) == []


@pytest.mark.parametrize(
    ("answer", "facet"),
    [({"arrived": 5}, "arrived"), ({"changed": 2}, "changed"), ({"left": 4}, "left"), ({"returned": 1}, "returned")],
)  # fmt: skip
def test_each_count_that_is_off_is_a_finding_of_that_collection_alone(
    answer: dict[str, int], facet: str
) -> None:
    (finding,) = said(seen(World.conforming(), **answer))
    assert isinstance(finding, Finding)
    assert (finding.subject, finding.facet) == (SUBJECT, facet)


def test_without_a_control_that_came_back_it_is_not_known_whether_anything_does() -> None:
    (judgement,) = said(seen(World.conforming(), control=False))
    assert isinstance(judgement, Unseen)
    (judgement,) = said(seen(World.conforming(), control=False, returned=2))
    assert isinstance(judgement, Finding)  # what was seen needs no control
    assert (
        said(seen(World.conforming(), control=None)) == []
    )  # nothing has to come back, so nothing can show it


def test_what_could_not_be_made_is_a_finding_with_the_reason() -> None:
    (finding,) = said(seen(World.conforming(), error="make rows: directus: POST /items/workflows: answers 403"))
    assert isinstance(finding, Finding)
    assert "answers 403" in finding.message


def test_before_the_first_time_it_is_said_what_to_do() -> None:
    unseen = Blind("nothing was called yet: `compliance exercise registry_sync`", ORIGIN, unavailable=True)
    with pytest.raises(CouldNotLook, match="nothing was called yet"):
        said(unseen)


def stale(world: World, section: Any, rules: Policy | None = None) -> set[str]:
    """The collections of which nothing is believed."""
    return {j.subject for j in said(section, world, rules) if isinstance(j, NotApplicable)}


def test_of_flows_that_were_changed_since_nothing_is_believed_neither_good_nor_bad() -> None:
    world = World.conforming()
    before = seen(world, changed=2)
    world.operation("[DOT-REG] Workflows Update -> AD", "each")["options"]["payload"] = "{{$trigger.keys[0]}}"
    assert stale(world, before) == {SUBJECT}
    assert not [j for j in said(before, world) if isinstance(j, Finding)]


def test_a_flow_that_is_called_counts_as_the_one_that_calls_it() -> None:
    world = World.conforming()
    before = seen(world)
    world.operation("[DOT-REG] Workflows Delete -> AD (one document)", "send")["options"]["method"] = "GET"
    assert stale(world, before) == {SUBJECT}


def test_another_flow_on_the_same_rows_is_another_state_and_one_on_others_is_none() -> None:
    world = World.conforming()
    before = seen(world)
    world.on("update", collection="orders")
    assert stale(world, before) == set()
    world.on("update", collection=SUBJECT, name="Somebody's")
    assert stale(world, before) == {SUBJECT}


def test_what_does_nothing_changes_nothing() -> None:
    world = World.conforming()
    before = seen(world)
    world.flow("[DOT-REG] Workflows Update -> AD")["description"] = "another one"
    world.operation("[DOT-REG] Workflows Update -> AD", "each")["position_x"] = 99
    assert said(before, world) == []


def test_under_another_policy_nothing_is_believed_and_a_collection_without_a_marker_is_left_out() -> None:
    world, own = World.conforming(), policy()
    more = replace(own, exercise=replace(own.exercise, many=50))
    assert stale(world, seen(world), more) == set(own.collections)
    without = replace(
        own, collections={n: replace(c, marker=None if n == SUBJECT else c.marker) for n, c in own.collections.items()}
    )  # fmt: skip
    assert SUBJECT not in {m.collection for m in marking(facts(world, rules=without)).collections}
    assert stale(world, seen(world, rules=without), without) == {SUBJECT}


def test_what_is_made_is_what_policy_says() -> None:
    found = {m.collection: m for m in marking(facts(World.conforming())).collections}
    first = found["table_registry"]
    assert first.document_of({"id": 7}) == "registries/table_registry/tbl-7"
    assert first.changed == ("name", "table_id")
    assert found["workflow_steps"].filled("m-1") == {
        "name": "m-1",
        "code": "m-1",
        "workflow_id": 1,
        "sort": 1,
    }
    assert marking(facts(World.conforming())).control == "knowledge/"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('marker: {code: "{marker}", table_id: "{marker}"}', 'marker: {code: "{marker}"}', "table_id was part of"),
        ('marker: {code: "{marker}", from_step: 1, to_step: 2}', 'marker: {name: "x {marker}"}', "begins with"),
        ("{many: 5, seconds: 10}", "{many: 1, seconds: 10}", "exercise.many: does not keep minimum"),
        ("{many: 5, seconds: 10}", "{many: 5, seconds: 0}", "exercise.seconds: does not keep exclusiveMinimum"),
    ],
)  # fmt: skip
def test_a_marker_by_which_a_row_could_not_be_found_again_is_refused(
    old: str, new: str, told: str, tmp_path: Path
) -> None:
    place = tmp_path / "registry_sync.yaml"
    shutil.copy(resource("fixtures/reference/policy/registry_sync.yaml"), place)
    Edit(place.name, old, new).apply(tmp_path)
    with pytest.raises(ConfigurationError, match=told) as caught:
        registry_sync.parse(document.load(place, resource("systems/registry_sync/policy.schema.json")))
    assert "registry_sync.yaml:" in str(caught.value)

"""Drift of the command catalog, and what is compiled from it, as properties."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.core.change import Differs, Drift, Missing, Undeclared
from compliance.core.observation import Row
from compliance.systems import command_catalog
from compliance.systems.command_catalog.drift import drift, listed
from compliance.systems.command_catalog.policy import FIELDS
from tests.pure.catalogs import judged, observation, policy, rows

# Compiling takes milliseconds, and machines that test are busy: fewer examples, no time limit for each.
few = settings(max_examples=40)

Values = tuple[Any, ...]
NAMES = st.sampled_from([row[0] for row in rows()] + ["dot_iu_other", "", "it's \\ %"])
TEXTS = st.one_of(
    st.none(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
)
TRUTHS = st.one_of(st.none(), st.booleans())
TARGETS = st.one_of(st.none(), st.lists(TEXTS, max_size=3).map(tuple))
ANY_ROW = st.tuples(NAMES, TEXTS, TRUTHS, TRUTHS, TARGETS)
# Names are unique here, as the catalog's key holds them; a duplicate has a rule of its own.
OBSERVED = st.lists(st.one_of(st.sampled_from(rows()), ANY_ROW), unique_by=lambda row: row[0], max_size=30)


def patched(found: list[Values], changes: list[Drift]) -> dict[str, Values]:
    """The rows after every difference was repaired."""
    after = {row[0]: row for row in found}
    for change in changes:
        match change:
            case Missing(name):
                after[name] = policy().commands[name].row
            case Undeclared(name):
                del after[name]
            case Differs(name, facet, declared, observed):
                row = list(after[name])
                assert row[FIELDS.index(facet)] == observed
                row[FIELDS.index(facet)] = declared
                after[name] = tuple(row)
    return after


def test_the_entries_of_lists_within_a_list_count_as_postgresql_counts_them() -> None:
    assert listed((("a", None), ("b", "a"))) == ("a", None, "b", "a")
    assert (listed(()), listed(None), listed("{a}")) == ((), (), ())
    command_catalog.compile(judged([("dot_iu_other", None, None, None, (("a", "b"), (None, "c")))]))


def of(found: list[Values]) -> list[Drift]:
    return drift(policy(), [Row(row) for row in found])


@few
@given(OBSERVED)
def test_repairing_every_difference_gives_the_policy(found: list[Values]) -> None:
    assert patched(found, of(found)) == {row[0]: row for row in rows()}


@few
@given(OBSERVED.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_the_order_of_rows_does_not_matter(pair: tuple[list[Values], list[Values]]) -> None:
    assert of(pair[0]) == of(pair[1])


def test_a_conforming_catalog_has_no_drift_and_nothing_to_migrate() -> None:
    assert of(rows()) == []
    seed, migration = command_catalog.compile(judged(rows()))
    assert (len(seed.steps), migration.steps, migration.files(), migration.title) == (
        1,
        (),
        {},
        "nothing to do",
    )


@few
@given(OBSERVED.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_a_migration_depends_on_the_set_of_rows_alone_and_says_nothing_of_what_is_right(
    pair: tuple[list[Values], list[Values]],
) -> None:
    one, two = (command_catalog.compile(judged(found))[1] for found in pair)
    assert one == two
    repaired = {item.subject for item in of(pair[0]) if isinstance(item, (Missing, Differs))}
    assert bool(one.steps) == bool(repaired)
    assert {hazard for step in one.steps for hazard in step.hazards} <= {"inserts", "updates"}, "prune is false"


@few
@given(OBSERVED)
def test_the_seed_of_a_catalog_without_strangers_deploys_the_same_and_takes_back_only_what_was_missing(
    found: list[Values],
) -> None:
    declared = [row for row in found if row[0] in policy().commands]
    (step,), (whole,) = (command_catalog.compile(judged(rows))[0].steps for rows in (declared, []))
    assert (step.deploy, step.verify) == (whole.deploy, whole.verify)
    met = {row[0] for row in declared}
    assert [name for name in policy().commands if f"'{name}'" in step.revert] == [
        name for name in policy().commands if name not in met
    ]


@few
@given(OBSERVED)
def test_an_observation_comes_back_from_its_file_as_it_was(found: list[Values]) -> None:
    before = observation(found)
    after = type(before).from_json(before.to_json())
    assert (after, after.digest, after.to_json()) == (before, before.digest, before.to_json())

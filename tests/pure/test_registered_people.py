"""Who may read and who may write in Directus 10 and 11, what is left behind, and what the running one answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.core import facts
from compliance.core.errors import CouldNotLook
from compliance.core.finding import Finding, NotApplicable, Note, Unseen
from compliance.core.observation import Row
from compliance.systems.iu_registration import leftovers, looking, people, registration, source, standing
from tests.pure.registered import OTHERS, World, facets, policy, projected, relation

NAME = policy().collection.name
DISABLED = replace(policy(), state="disabled")


@pytest.mark.parametrize("by_role", [False, True], ids=["version 11", "version 10"])
def test_what_is_declared_breaks_nothing(by_role: bool) -> None:
    world = World(by_role=by_role)
    for rule in (
        people.roles_resolve, people.nobody_may_write, leftovers.nothing_is_left, leftovers.no_table_under_a_name,
        registration.collection_equals_package, registration.fields_equal_package, registration.reading_is_as_declared,
        source.types_are_mapped, source.document_is_covered, source.envelope_says_what_the_catalog_says,
    ):  # fmt: skip
        assert world.found(rule) == [], rule.__name__


@pytest.mark.parametrize("action", ["create", "update", "delete", "share", "*", "comment"])
@pytest.mark.parametrize("by_role", [False, True], ids=["version 11", "version 10"])
def test_whatever_is_not_to_read_is_to_write(action: str, by_role: bool) -> None:
    world = World(by_role=by_role)
    key = {"role": None} if by_role else {"policy": f"{OTHERS}9"}
    world.add(looking.PERMISSIONS, id=90, collection=NAME, action=action, **key)
    world.add(looking.PERMISSIONS, id=91, collection="other", action=action, **key)
    holder = "public" if by_role else f"{OTHERS}9"
    assert world.found(people.nobody_may_write) == [(NAME, f"{action}-{holder}")]


def test_of_a_permission_without_a_role_everybody_has_it() -> None:
    world = World(by_role=True)
    world.add(looking.PERMISSIONS, id=90, collection=NAME, action="update")
    (found,) = [j for j in people.nobody_may_write(world.facts()) if isinstance(j, Finding)]
    assert found.message == f"everybody may update {NAME}"


def test_who_has_a_policy_is_said() -> None:
    world = World()
    own = policy().reading.id
    world.add(looking.PERMISSIONS, id=90, collection=NAME, action="delete", policy=own)
    world.add(looking.ACCESS, id=f"{OTHERS}8", policy=own)
    world.add(looking.ACCESS, id=f"{OTHERS}7", policy=own, user=f"{OTHERS}6")
    (found,) = [j for j in people.nobody_may_write(world.facts()) if isinstance(j, Finding)]
    for holder in ("everybody", f"user {OTHERS}6", *(f"role {r.role}" for r in policy().reading.readers)):
        assert holder in found.message


def test_an_administrator_is_no_finding_and_is_said() -> None:
    world = World()
    world.add(looking.POLICIES, id=f"{OTHERS}9", name="Chief", admin_access=True, app_access=True)
    assert world.found(people.nobody_may_write) == []
    (note,) = [j for j in people.nobody_may_write(world.facts()) if isinstance(j, Note)]
    assert note.content == ["policy Chief"]


_ANY = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.dictionaries(st.text(), st.none())
)


@settings(max_examples=40)
@given(st.lists(st.tuples(*[_ANY] * 8), max_size=4), st.booleans())
def test_permissions_of_any_shape_are_no_traceback(found: list[tuple[Any, ...]], by_role: bool) -> None:
    world = World(by_role=by_role)
    need = next(n for n in looking.rows(policy()) if n.section == looking.PERMISSIONS)
    keyed = {name: place for place, name in enumerate(need.all_columns)}
    rows = [dict(zip(need.columns, (n, *row), strict=False)) | {"key": row[-1]} for n, row in enumerate(found)]
    for row in rows:
        values = [row.get(name) for name in keyed]
        values[keyed["role" if by_role else "policy"]] = row["key"]
        world.of(looking.PERMISSIONS).append(Row(tuple(values)))
    for rule in (people.nobody_may_write, leftovers.nothing_is_left, registration.reading_is_as_declared):
        list(rule(world.facts()))


def test_a_permission_to_write_something_else_by_our_policy_is_not_what_was_declared() -> None:
    world = World()
    world.add(looking.PERMISSIONS, id=90, collection="other", action="update", policy=policy().reading.id)
    assert facets(world.found(registration.reading_is_as_declared)) == {"undeclared"}
    assert world.found(people.nobody_may_write) == []


def test_two_roles_of_one_name_are_nobody() -> None:
    world = World()
    world.add(looking.ROLES, id=f"{OTHERS}9", name=policy().reading.readers[1].role)
    assert world.found(people.roles_resolve) == [(policy().reading.readers[1].hint, "repeated")]


# --- what is left behind -------------------------------------------------------------------------------------------


def test_a_relation_that_directus_does_not_see_is_none() -> None:
    world = World()
    world.add(looking.FIELDS_OF, collection="gone")
    world.of("catalog.relations").append(relation("extra.gone", "view"))
    assert world.found(leftovers.nothing_is_left) == [("gone", "directus_fields")]
    world.path = "array:public,directus_shadow,extra"
    assert world.found(leftovers.nothing_is_left) == []


def test_what_is_registered_is_a_folder_and_what_is_of_directus_its_own() -> None:
    world = World()
    world.add(looking.COLLECTIONS, collection="folder")
    for name in ("folder", "directus_users"):
        world.add(looking.FIELDS_OF, collection=name)
    world.add(looking.PERMISSIONS, id=90, collection="directus_users", action="read", policy=f"{OTHERS}9")
    assert world.found(leftovers.nothing_is_left) == []
    world.add(looking.PERMISSIONS, id=91, collection="folder", action="read", policy=f"{OTHERS}9")
    assert world.found(leftovers.nothing_is_left) == [
        ("folder", "directus_fields"), ("folder", "directus_permissions"),
    ]  # fmt: skip


def test_of_a_disabled_registration_its_table_is_left_too() -> None:
    world = World(DISABLED)
    assert world.found(leftovers.nothing_is_left) == [(NAME, "directus_fields"), (NAME, "table")]
    world.rows(looking.FIELDS_OF)
    world.of("catalog.relations").remove(relation(policy().keyed, "table"))
    assert world.found(leftovers.nothing_is_left) == []


def test_a_table_under_a_former_name_would_be_dropped() -> None:
    world = World(replace(policy(), former=("iu_unit",)))
    world.of("catalog.relations").append(relation("public.iu_unit", "partitioned table"))
    world.of("catalog.relations").append(relation("extra.iu_unit", "table"))
    assert world.found(leftovers.no_table_under_a_name) == [("iu_unit", "public.iu_unit")]


# --- what the envelope says ----------------------------------------------------------------------------------------


def test_an_envelope_that_shows_nothing_to_who_may_see_nothing_is_no_empty_view() -> None:
    world = World()
    world.of(looking.ENVELOPE).clear()
    named = world.found(source.envelope_says_what_the_catalog_says)
    assert len(named) == len(policy().source.fields)
    world.of("catalog.grants")[:] = [g for g in world.of("catalog.grants") if g.grantee != "probe"]
    judged = list(source.envelope_says_what_the_catalog_says(world.facts()))
    assert [type(j) for j in judged] == [Unseen]
    for rule in (source.types_are_mapped, source.document_is_covered):
        with pytest.raises(CouldNotLook, match="grant select"):
            list(rule(world.facts()))


def test_without_the_view_nothing_is_said_of_its_fields() -> None:
    world = World()
    world.of("catalog.relations").remove(world.of("catalog.relations")[0])
    assert world.found(source.views_are_there) == [(policy().source.view, "missing")]
    for rule in (source.columns_are_there, source.envelope_says_what_the_catalog_says, source.types_are_mapped):
        assert {type(j) for j in rule(world.facts())} == {NotApplicable}


def test_positions_of_any_shape_are_no_traceback() -> None:
    world = World()
    for wrong in (None, "3", True):
        held = list(world.of(looking.ENVELOPE))
        world.of(looking.ENVELOPE)[2] = Row((*held[2].values[:4], wrong, held[2].values[5]))
        assert world.found(source.envelope_says_what_the_catalog_says) == [(policy().source.envelope, "order")]
        world.of(looking.ENVELOPE)[:] = held


# --- what stands and is answered -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"table_rows": 4, "missing": 0}, set()),
        ({"table_rows": 3, "missing": 1}, {"missing"}),
        ({"table_rows": 5, "missing": 0, "extra": 1}, {"extra"}),
        ({"table_rows": 4, "missing": 0, "differing": 2}, {"differing"}),
        ({"table_rows": 3, "missing": 0}, {"rows"}),
    ],
)
def test_a_projection_holds_what_the_view_gives(changes: dict[str, int], expected: set[str]) -> None:
    world = World(projected())
    world.replace(looking.COMPARED, world.of(looking.COMPARED)[0], **changes)
    assert facets(world.found(standing.table_is_as_meant)) == expected


def test_a_shadow_holds_no_row() -> None:
    world = World()
    assert world.found(standing.table_is_as_meant) == []
    world.replace(looking.COMPARED, world.of(looking.COMPARED)[0], table_rows=1)
    assert facets(world.found(standing.table_is_as_meant)) == {"rows"}


@pytest.mark.parametrize("status", [403, 404, 500, 418])
def test_whatever_is_not_200_is_not_served(status: int) -> None:
    world = World()
    assert world.found(standing.directus_serves_it) == []
    world.sections[looking.ITEMS] = [facts.Served(NAME, status)]
    assert world.found(standing.directus_serves_it) == [(NAME, str(status))]


def test_what_is_disabled_is_served_to_nobody() -> None:
    world = World(DISABLED)
    assert world.found(standing.directus_serves_it) == [(NAME, "served")]
    world.sections[looking.ITEMS] = [facts.Served(NAME, 403)]
    assert world.found(standing.directus_serves_it) == []

"""The search path as Directus reads it, and whether it finds what it has to find."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.core.errors import CouldNotLook
from compliance.core.facts import DirectusServer, Schema
from compliance.systems.iu_registration import looking, searching, serving
from tests.pure.registered import World, column, facets, policy, projected, relation

NAMES = st.lists(st.text("abz_0", min_size=1, max_size=6).map("s{}".format), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("array:public,directus_shadow", ("public", "directus_shadow")),
        ("public,directus_shadow", ("public", "directus_shadow")),
        ("public", ("public",)),
        ("string:public,directus_shadow", ("public,directus_shadow",)),
        ("array:public, directus_shadow", ("public", " directus_shadow")),
        ("array:public,,directus_shadow,", ("public", "directus_shadow")),
        ('json:["public", "directus_shadow"]', ("public", "directus_shadow")),
        ('"public"', ("public",)),
        ("", ()),
        ("array:", ()),
        ("json:[", ("[",)),
        ('array:"public",x', ("public", "x")),
        ("cms:public", ("cms:public",)),
    ],
)
def test_a_value_is_read_as_directus_reads_it(text: str, path: tuple[str, ...]) -> None:
    assert searching.parsed(text) == path


@given(NAMES)
def test_names_come_out_as_they_were_written_in_their_order(names: list[str]) -> None:
    assert searching.parsed("array:" + ",".join(names)) == tuple(names)
    assert searching.parsed("json:" + json.dumps(names)) == tuple(names)


@given(st.text(max_size=30))
def test_no_value_is_a_traceback(text: str) -> None:
    assert all(isinstance(name, str) for name in searching.parsed(text))


@pytest.mark.parametrize(
    ("path", "facet"),
    [
        ("array:public,directus_shadow", None),
        ("array:public,extra,directus_shadow", None),
        ("array:directus_shadow,public", "order"),
        ("public", "directus_shadow-path"),
        ("array:directus_shadow", "public-path"),
        ("array:public,Directus_shadow", "Directus_shadow-quoting"),
        ("array:public, directus_shadow", " directus_shadow-quoting"),
    ],
)
def test_the_shadow_is_searched_behind_the_view(path: str, facet: str | None) -> None:
    world = World()
    world.path = path
    assert (facet in facets(world.found(serving.directus_can_be_told))) == (facet is not None)
    assert bool(world.found(serving.directus_can_be_told)) == (facet is not None)


def test_a_projection_needs_its_own_schema_alone() -> None:
    world = World(projected())
    world.path = "public"
    assert world.found(serving.directus_can_be_told) == []
    assert world.found(serving.objects_are_there) == []
    world.path = "array:directus_shadow"
    assert facets(world.found(serving.directus_can_be_told)) == {"public-path"}


def test_a_path_that_is_left_to_whoever_starts_it_is_not_known() -> None:
    world = World()
    world.path = "${DIRECTUS_PATH}"
    with pytest.raises(CouldNotLook, match="left to whoever starts it"):
        world.found(serving.directus_can_be_told)


@pytest.mark.parametrize(
    ("version", "by_role", "facet"),
    [
        ("11.17.4", False, None),
        ("10.13.0", True, None),
        ("9.26.0", True, "version"),
        ("latest", False, "version"),
        ("10.13.0", False, "shape"),
        ("11.17.4", True, "shape"),
        ("12.4.0", False, None),
    ],
)
def test_a_version_is_one_whose_rights_are_known(version: str, by_role: bool, facet: str | None) -> None:
    world = World(by_role=by_role)
    world.sections["directus.server"] = [DirectusServer(version)]
    assert facets(world.found(serving.directus_can_be_told)) == ({facet} if facet else set())


def test_a_version_12_without_a_licence_serves_no_more_than_25_collections() -> None:
    world = World()
    world.sections["directus.server"] = [DirectusServer("12.4.0")]
    for number in range(25):
        assert world.found(serving.directus_can_be_told) == []
        world.add(looking.COLLECTIONS, collection=f"other_{number}")
    assert facets(world.found(serving.directus_can_be_told)) == {"licence"}
    world.sections["directus.server"] = [DirectusServer("11.17.4")]
    assert world.found(serving.directus_can_be_told) == []


def test_a_role_that_is_not_the_judged_one_is_named() -> None:
    world = World()
    world.user = "somebody"
    assert facets(world.found(serving.directus_can_be_told)) == {"role"}


def test_tables_of_version_11_are_not_missed_in_version_10() -> None:
    assert World(by_role=True).found(serving.directus_can_be_told) == []
    world = World()
    world.of("catalog.relations").remove(relation("public.directus_access", "table"))
    assert facets(world.found(serving.directus_can_be_told)) == {"directus_access"}


def test_the_table_is_judged_by_what_directus_would_report() -> None:
    world = World()
    assert world.found(serving.objects_are_there) == []
    keyed = policy().keyed
    for kind, wrong in (("timestamp(3) without time zone", False), ("timestamp with time zone", True)):
        held = next(
            c for c in world.of("catalog.columns") if (c.schema, c.name) == ("directus_shadow", "created_at")
        )
        world.replace("catalog.columns", held, type=kind)
        assert bool(world.found(serving.objects_are_there)) == wrong
    world.of("catalog.columns").append(column(keyed, "more", 17, "text"))
    assert "more-extra" in facets(world.found(serving.objects_are_there))


def test_a_schema_of_the_path_that_is_gone_breaks_every_request() -> None:
    world = World()
    world.path = "array:public,directus_shadow,extra,pg_catalog"
    assert facets(world.found(serving.objects_are_there)) == {"extra-schema"}
    world.of("catalog.schemas").append(Schema("extra", "estate_owner"))
    assert world.found(serving.objects_are_there) == []

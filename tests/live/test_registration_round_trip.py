"""What a package says of a view is what the real Directus answers, where an empty table with a key stands behind it."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from compliance.core.sqltext import literal, name
from compliance.systems.iu_registration.package import build_registration_package
from tests.pure import registrations as made
from tests.pure.test_registration_package import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.iu_registration.package import DirectusRegistrationPackage
    from tests.live.directus_live import Live

VIEW, BASE, ENVELOPE = "zz_sample", "zz_base", "zz_envelope"
# A name with a dot Directus takes for a path, one that begins with two underscores GraphQL for its own.
ODD = ("Größe", "select", "with space", 'quo"te', "CamelCase", "axis_a_sort_order", "a-b", "ünï")


def shape(seed: int, count: int) -> made.Columns:
    """A key and columns of random types, of which every mapped one comes before any comes twice."""
    chosen = random.Random(seed)
    kinds = chosen.sample(KINDS, len(KINDS)) * (count // len(KINDS) + 1)
    names = [*chosen.sample(ODD, min(len(ODD), count - 1)), *(f"column {n}" for n in range(count))]
    return [("id", "uuid"), *zip(names[: count - 1], kinds, strict=False)]


@contextmanager
def registered(live: Live, its: made.Columns) -> Iterator[DirectusRegistrationPackage]:
    """The view over a table of one row, its shadow, and the rows that the package asks for."""
    policy = made.policy("shadow", VIEW)
    schema = policy.serving.schema
    columns = ", ".join(f"{name(column)} {kind}" for column, kind in its)
    live.rows(f"create table public.{BASE} ({columns}, primary key (id))")
    try:
        live.rows(f"insert into public.{BASE} (id) values ('00000000-0000-4000-8000-000000000001')")
        live.rows(f"create view public.{VIEW} as select * from public.{BASE}")
        live.rows(
            f"create view public.{ENVELOPE} as select column_name::text as field_name, data_type::text as pg_type,"
            " udt_name::text as pg_udt, is_nullable::text, ordinal_position::integer, 'meta'::text as axis_group"
            f" from information_schema.columns where table_name = {literal(VIEW)} and table_schema = 'public'"
        )
        policy = replace(policy, source=replace(policy.source, envelope=f"public.{ENVELOPE}"))
        with psycopg.connect(live.database) as connection:
            package = build_registration_package(connection, policy=policy)
        shadow = ", ".join(f"{name(field.name)} {field.column}" for field in package.fields)
        live.rows(f"create table {schema}.{VIEW} ({shadow}, primary key (id))")
        live.rows(f"grant select on public.{VIEW}, {schema}.{VIEW} to directus_app")
        live.data("POST", "/utils/cache/clear?system=true")
        for request in package.requests()[:2]:  # of the permissions other tests tell
            live.data(request["method"], request["path"], request["body"])
        yield package
    finally:
        live.rows(f"drop view if exists public.{ENVELOPE}")
        live.rows(f"drop table if exists public.{BASE}, {schema}.{VIEW} cascade")
        live.rows("delete from public.directus_fields where collection = %s", VIEW)
        live.rows("delete from public.directus_collections where collection = %s", VIEW)
        live.data("POST", "/utils/cache/clear?system=true")


@pytest.mark.parametrize(("seed", "count"), [(1, 1), (2, 30), (3, 60)])
def test_what_directus_answers_is_what_the_package_says(directus: Live, seed: int, count: int) -> None:
    its = shape(seed, count)
    with registered(directus, its) as package:
        answered = directus.data("GET", f"/fields/{VIEW}")
        collection = directus.data("GET", f"/collections/{VIEW}")
        (item,) = directus.data("GET", f"/items/{VIEW}")
    wanted = {field["field"]: field for field in package.directus_fields_payload()}
    assert [each["field"] for each in sorted(answered, key=lambda each: each["meta"]["sort"])] == list(wanted)
    for each in answered:
        field = wanted[each["field"]]
        assert each["type"] == field["type"], each
        assert each["schema"]["is_primary_key"] == field["schema"]["is_primary_key"]
        assert {key: each["meta"][key] for key in field["meta"]} == field["meta"]
    meta = package.directus_collections_payload()["meta"]
    assert {key: collection["meta"][key] for key in meta} == meta
    assert set(item) == {column for column, _ in its}
    assert [field.required for field in package.fields] == [field.name == "id" for field in package.fields]


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(10, 16))
def test_the_same_of_a_view_of_five_hundred_columns(directus: Live, seed: int) -> None:
    test_what_directus_answers_is_what_the_package_says(directus, seed, 500)

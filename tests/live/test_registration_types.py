"""The type of a field as the real Directus reports it: of a column of each type, and of those that the map asks for."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compliance.systems.iu_registration import types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live.directus_live import Live

RECORDED = Path(__file__).parents[1] / "vectors" / "directus_types.json"
MADE = """
    create extension if not exists citext;
    create type public.zz_mood as enum ('a', 'b');
    create type public.zz_pair as (a integer, b text);
    create type public.zz_range as range (subtype = float8);
    create domain public.zz_email as text;
    create domain public.zz_money as numeric(10, 2);
    create domain public.zz_ids as uuid[];
"""
TAKEN_AWAY = """
    drop table if exists public.zz_types;
    drop type if exists public.zz_mood, public.zz_pair, public.zz_range cascade;
    drop domain if exists public.zz_email, public.zz_money, public.zz_ids;
    drop extension if exists citext;
"""
# Beside every type of pg_catalog that a column can have.
MORE = (
    "citext", "public.zz_mood", "public.zz_pair", "public.zz_range", "public.zz_email", "public.zz_money",
    "public.zz_ids", "text[]", "uuid[]", "integer[]", "jsonb[]", "timestamp with time zone[]", "public.zz_mood[]",
    "character varying(20)", "character(36)", "numeric(12,2)", "numeric(10,0)", "timestamp(3) without time zone",
    "timestamp(0) with time zone", "time(2) with time zone", "interval day to second", "bit(4)", "bit varying(8)",
)  # fmt: skip
BUILT_IN = """
    select pg_catalog.format_type(t.oid, null) from pg_catalog.pg_type t
     where t.typnamespace = 'pg_catalog'::regnamespace and t.typtype in ('b', 'r', 'm') and t.typrelid = 0
       and t.typcategory not in ('A', 'Z') order by 1"""


@contextmanager
def table_of(live: Live, kinds: list[str]) -> Iterator[dict[str, str]]:
    """A table with a column of each; by column what PostgreSQL and information_schema call it."""
    live.rows(TAKEN_AWAY + MADE)
    try:
        columns = ", ".join(f"c{place} {kind}" for place, kind in enumerate(kinds))
        live.rows(f"create table public.zz_types (id integer primary key, {columns})")
        live.rows("grant select on public.zz_types to directus_app")
        live.data("POST", "/utils/cache/clear?system=true")
        yield {f"c{place}": kind for place, kind in enumerate(kinds)}
    finally:
        live.rows(TAKEN_AWAY)
        live.data("POST", "/utils/cache/clear?system=true")


def reported(live: Live) -> dict[str, str]:
    return {each["field"]: each["type"] for each in live.data("GET", "/fields/zz_types")}


def information(live: Live) -> dict[str, tuple[str, str]]:
    query = (
        "select column_name::text, data_type::text, udt_name::text from information_schema.columns"
        " where table_schema = 'public' and table_name = 'zz_types'"
    )
    return {name: (kind, udt) for name, kind, udt in live.rows(query)}


@pytest.fixture
def measured(directus: Live) -> list[list[str]]:
    """Type, data_type and udt_name of information_schema, and what Directus says."""
    kinds = [*(kind for (kind,) in directus.rows(BUILT_IN)), *MORE]
    with table_of(directus, kinds) as columns:
        said, known = reported(directus), information(directus)
        return [[kind, *known[column], said[column]] for column, kind in columns.items()]


def test_directus_reports_what_was_recorded(measured: list[list[str]], directus: Live) -> None:
    assert {"directus": "11.17.4", "types": measured} == json.loads(RECORDED.read_text(encoding="utf-8"))


def test_a_column_of_the_keyed_table_is_reported_as_the_map_says(directus: Live) -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))["types"]
    known = {kind: mapped for kind, data, udt, _ in recorded if (mapped := types.mapped(data, udt))}
    plain = [kind for kind in known if not kind.startswith("public.")]
    for of in (types.shadow_type, types.projected_type):
        kinds = [kind for kind in plain if of is types.shadow_type or not types.unprojected("x", kind)]
        with table_of(directus, [of(kind) for kind in kinds]):
            plainly = reported(directus)
            specials(directus, kinds)
            said = reported(directus)
            directus.rows("delete from public.directus_fields where collection = 'zz_types'")
        assert of is types.projected_type or plainly == said, "of a shadow the column alone is enough for this"
        wrong = {
            kind: said[f"c{place}"] for place, kind in enumerate(kinds) if said[f"c{place}"] != known[kind]
        }
        assert wrong == {}
        assert len(kinds) > 25


def specials(live: Live, kinds: list[str]) -> None:
    fields: list[dict[str, Any]] = [
        {"field": f"c{place}", "meta": {"special": list(special)}}
        for place, kind in enumerate(kinds)
        if (special := types.special(kind))
    ]
    assert len(fields) > 5
    live.data("PATCH", "/fields/zz_types", fields)

"""Plans of the registration on the embedded server: each is deployed twice, verified, and taken back to the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from compliance.core.change import Missing, Undeclared
from compliance.core.errors import Refused
from compliance.estate.resources import resource
from compliance.systems.iu_registration import desired
from compliance.systems.iu_registration.drift import drift
from tests.live.registering import ENVELOPE, FIELD, NAME, SHADOW, UNREGISTERED, VIEW, registration, widen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from tests.live.registering import Registration


@pytest.fixture
def here(reference_template: NoopExecutor, tmp_path: Path) -> Iterator[Registration]:
    with registration(reference_template, tmp_path) as found:
        yield found


@pytest.fixture
def bare(reference_template: NoopExecutor, tmp_path: Path) -> Iterator[Registration]:
    with registration(reference_template, tmp_path, UNREGISTERED) as found:
        yield found


def golden(folder: str) -> dict[str, str]:
    place = resource(f"sql/compiled/{folder}")
    return {path.name: path.read_text(encoding="utf-8") for path in place.iterdir()}


def titles(item: Any) -> list[str]:
    return [step.title for step in item.steps]


def test_the_reference_has_nothing_to_migrate_and_its_seed_is_the_golden_one(here: Registration) -> None:
    assert drift(here.facts()) == []
    compiled = here.compiled()
    assert compiled["migration"].nothing
    assert here.prepared() is None
    assert compiled["seed"].files() == golden("iu_registration/seed"), "`make golden` writes them again"
    here.rehearsed(compiled["seed"])


def test_from_nothing_to_registered_and_back(bare: Registration) -> None:
    before = bare.state()
    preparation = bare.prepared()
    assert preparation is not None
    assert preparation.files() == golden("unregistered/iu_registration/preparation")
    first = bare.applied(preparation)
    assert bare.prepared() is None, "it is all there"
    between = bare.state()
    migration = bare.compiled()["migration"]
    assert migration.files() == golden("unregistered/iu_registration/migration")
    assert [type(found) for found in drift(bare.facts())].count(Missing) == 1 + 16 + 2 + 3
    second = bare.applied(migration)
    assert bare.compiled()["migration"].steps == ()
    registered = bare.state()
    with pytest.raises(Refused, match=r"still registered; take the registration back first"):
        bare.taken_back(first)
    assert bare.state() == registered
    bare.taken_back(second)
    assert bare.state() == between
    bare.taken_back(first)
    assert bare.state() == before


def test_what_is_prepared_is_what_the_reference_holds(bare: Registration) -> None:
    shape = (
        "select column_name, data_type from information_schema.columns"
        f" where (table_schema, table_name) = ('directus_shadow', '{NAME}') order by ordinal_position"
    )
    groups = f"select field_name, axis_group, pg_type from {ENVELOPE} order by ordinal_position"
    preparation = bare.prepared()
    assert preparation is not None
    bare.applied(preparation)
    assert len(bare.rows(shape)) == 16
    assert [row[1] for row in bare.rows(groups)][:6] == ["primary"] * 3 + ["meta"] * 2 + ["axis_a"]
    assert bare.rows(f"select * from {VIEW}", role="directus_app")
    assert bare.rows(f"select count(*) from {VIEW}", role="compliance_probe")
    assert bare.rows(f"select count(*) from {SHADOW}", role="directus_app") == [(0,)]


def test_a_field_that_the_view_gains_arrives_and_goes_again(here: Registration) -> None:
    widen(here)
    preparation = here.prepared()
    assert preparation is not None
    assert titles(preparation) == [f"make the shadow {SHADOW} follow {VIEW}"]
    before = here.state()
    receipt = here.applied(preparation)
    assert drift(here.facts()) == [Missing("axis_a_is_new")]
    migration = here.compiled()["migration"]
    second = here.applied(migration)
    found = here.rows(f"select note, sort, readonly from {FIELD} where field = 'axis_a_is_new'")
    assert found == [("axis_a", 17, True)]
    here.taken_back(second)
    here.taken_back(receipt)
    assert here.state() == before


def test_a_shadow_with_other_columns_follows_the_view_and_comes_back_as_it_was(here: Registration) -> None:
    here.do(
        f"drop table {SHADOW}",
        f"create table {SHADOW} (axis_b_tags text[], gone int, unit_id uuid primary key, unit_kind text)",
        f"alter table {SHADOW} owner to estate_owner",
        f"grant select on {SHADOW} to directus_app, compliance_probe",
    )
    before = here.state()
    preparation = here.prepared()
    assert preparation is not None
    receipt = here.applied(preparation)
    assert here.prepared() is None
    here.taken_back(receipt)
    assert here.state() == before


def test_a_shadow_of_which_somebody_has_made_more_is_refused(here: Registration) -> None:
    here.do(f"alter table {SHADOW} drop column unit_kind, add column mine int default 1")
    with pytest.raises(Refused, match="mine has a default"):
        here.prepared()


def test_wrong_rows_are_set_right_and_come_back_to_the_letter(here: Registration) -> None:
    here.do(
        f"update {FIELD} set required = null, note = null, width = 'half' where field = 'unit_kind'",
        f"update {FIELD} set special = 'cast-csv', hidden = true, sort = null where field = 'axis_b_tags'",
        f"update public.directus_collections set icon = null, \"group\" = collection where collection = '{NAME}'",
        f"delete from {FIELD} where field in ('created_at', 'axis_c_depth')",
    )
    before, migration = here.state(), here.compiled()["migration"]
    receipt = here.applied(migration)
    assert drift(here.facts()) == []
    here.taken_back(receipt)
    assert here.state() == before


def test_a_row_that_stands_twice_is_refused_or_removed_as_policy_says(here: Registration) -> None:
    here.do(
        f"insert into {FIELD} (collection, field, note, options) values"
        f""" ('{NAME}', 'unit_id', 'again', '{{"a": [1, null]}}'), ('{NAME}', 'divider', null, null)"""
    )
    with pytest.raises(Refused, match="once more"):
        here.compiled()
    here.value["prune"] = True
    before, migration = here.state(), here.compiled()["migration"]
    receipt = here.applied(migration)
    assert here.rows(f"select count(*) from {FIELD} where collection = '{NAME}'") == [(16,)]
    here.taken_back(receipt)
    assert here.state() == before


def test_a_column_that_nobody_knows_keeps_a_row_from_being_taken_away(here: Registration) -> None:
    here.do(f"alter table {FIELD} add column of_tomorrow text")
    here.value["state"] = "disabled"
    with pytest.raises(Refused, match="of_tomorrow"):
        here.compiled()


def test_disabling_leaves_no_row_and_comes_back_whole(here: Registration) -> None:
    here.do(
        f"insert into {FIELD} (collection, field, options, translations) values"
        f""" ('{NAME}', 'divider', '{{"z": 1, "a": "it''s"}}', '[]')""",
        "insert into public.directus_collections (collection, translations) values ('v_iu_former', '{}')",
        f"insert into {FIELD} (collection, field) values ('v_iu_former', 'id')",
    )
    here.value |= {"state": "disabled", "former": ["v_iu_former"]}
    before, migration = here.state(), here.compiled()["migration"]
    receipt = here.applied(migration)
    counts = "select count(*) from public.directus_{} where collection in ('v_iu_former', '" + NAME + "')"
    assert [here.rows(counts.format(table)) for table in ("fields", "collections")] == [[(0,)], [(0,)]]
    assert here.rows(f"select to_regclass('{SHADOW}')::text, to_regnamespace('directus_shadow')::text") == [
        (None, "directus_shadow")
    ]
    assert here.compiled()["migration"].steps == ()
    here.taken_back(receipt)
    assert here.state() == before


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (f"grant insert (unit_id) on {SHADOW} to directus_app", "has a right on its column unit_id"),
        (f"alter table {SHADOW} owner to directus_app", "it belongs to directus_app"),
        (f"alter table {SHADOW} alter column unit_kind set default 'x'", "unit_kind has a default"),
        (f"drop table {SHADOW}; create view {SHADOW} as select 1 as unit_id", "it is a view"),
    ],
)
def test_a_table_that_could_not_be_given_back_as_it_is_is_not_taken_away(
    act: str, why: str, here: Registration
) -> None:
    here.do(act)
    here.value["state"] = "disabled"
    with pytest.raises(Refused) as refused:
        here.compiled()
    assert why in "; ".join(refused.value.reasons)


def test_a_shadow_that_holds_rows_is_not_taken_away_with_them(here: Registration) -> None:
    here.do(f"insert into {SHADOW} (unit_id) values (gen_random_uuid())")
    here.value["state"] = "disabled"
    with pytest.raises(Refused, match="the fence was crossed") as refused:
        here.rehearsed(here.compiled()["migration"])
    assert any("held rows" in reason for reason in refused.value.reasons)


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (f"comment on table {SHADOW} is 'mine'", "a comment"),
        (f"comment on column {SHADOW}.unit_kind is 'mine'", "a comment"),
        (f'alter table {SHADOW} alter column unit_kind type text collate "C"', "a column with a collation"),
        (f"alter table {SHADOW} set unlogged", "a persistence"),
        (f"alter table {SHADOW} set (fillfactor = 50)", "a persistence, settings"),
        (f"create index on {SHADOW} (unit_kind)", "an index"),
    ],
)
def test_what_no_fact_tells_of_the_table_keeps_it_from_being_taken_away(
    act: str, what: str, here: Registration
) -> None:
    here.do(act)
    here.value["state"] = "disabled"
    before, migration = here.state(), here.compiled()["migration"]
    with pytest.raises(Refused, match=what):
        here.rehearsed(migration)
    assert here.state() == before


def test_rights_on_the_table_come_back_with_it(here: Registration) -> None:
    here.do(
        f"grant select on {SHADOW} to public",
        f"grant select, references on {SHADOW} to dot_operator with grant option",
    )
    here.value["state"] = "disabled"
    before = here.state()
    here.taken_back(here.applied(here.compiled()["migration"]))
    assert here.state() == before


def test_a_seed_over_a_wrong_row_aborts(here: Registration) -> None:
    here.do(f"update {FIELD} set note = 'mine' where field = 'unit_id' and collection = '{NAME}'")
    with pytest.raises(Exception, match=r"verify: public\.directus_fields"):
        here.rehearsed(here.compiled()["seed"])


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        ("delete from public.iu_unit", "not a SELECT"),
        ("select pg_sleep(1) as unit_id", "function pg_sleep"),
        ("select public.fn_nowhere(u.id) as unit_id from public.iu_unit u", "no function public.fn_nowhere"),
        ("select public.fn_iu_vector_retire('a', 'b') as unit_id", "is volatile"),
        ("select * from public.iu_unit", r"it selects \*"),
        ("select u.id as unit_id, u.title from public.iu_unit u", "it gives title"),
        ("select u.id as unit_id from public.iu_unit u", "it does not give canonical_address"),
        ("select 1; drop table public.iu_unit", "2 statements"),
    ],
)
def test_a_definition_that_is_more_than_a_query_is_refused(
    definition: str, why: str, bare: Registration
) -> None:
    bare.value["source"]["definition"] = definition
    with pytest.raises(Refused, match=why):
        bare.prepared()


def test_a_view_by_itself_is_not_compiled_and_needs_no_table(bare: Registration) -> None:
    bare.value["serving"] = {"mode": "view"}
    preparation = bare.prepared()
    assert preparation is not None
    assert not any("schema" in title or "shadow" in title for title in titles(preparation))
    bare.applied(preparation)
    with pytest.raises(Refused, match="no Directus serves a view"):
        bare.compiled()


def test_a_name_that_something_else_has_is_refused(bare: Registration) -> None:
    bare.do(f"create table {VIEW} (unit_id uuid)")
    with pytest.raises(Refused, match=f"{VIEW} is a table"):
        bare.prepared()


# --- as Directus 10 keeps rights -------------------------------------------------------------------------------------

TEN = """
    drop table public.directus_access;
    alter table public.directus_permissions drop column policy, add column role uuid;
    drop table public.directus_policies;
    alter table public.directus_roles add column admin_access boolean not null default false;
"""


def test_of_directus_10_a_permission_is_a_roles(here: Registration) -> None:
    here.do(f"delete from public.directus_permissions where collection = '{NAME}'", TEN)
    facts = here.facts()
    assert [type(found) for found in drift(facts)] == [Missing] * 3
    calls = here.compiled()["migration"].calls
    assert [(call.method, call.path) for call in calls] == [("POST", "/permissions")] * 3
    assert [call.body for call in calls] == desired.package(facts).directus_permissions_payload()
    assert all("role" in unquote(call.present or "") for call in calls)
    for call in calls:
        role, fields = call.body["role"], ",".join(call.body["fields"])
        here.do(
            "insert into public.directus_permissions (collection, action, permissions, validation, fields, role)"
            f" values ('{NAME}', 'read', '{{}}', '{{}}', '{fields}', '{role}')"
        )
    assert drift(here.facts()) == []
    here.do(
        f"insert into public.directus_permissions (collection, action, fields) values ('{NAME}', 'read', '*')"
    )
    assert drift(here.facts()) == [Undeclared(f"read {NAME} by role public")]
    here.value["state"] = "disabled"
    bodies = [call.body["query"]["filter"]["_and"][0]["role"] for call in here.compiled()["migration"].calls]
    assert {"_null": True} in bodies
    assert len(bodies) == 4

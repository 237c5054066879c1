"""Seed and migration of the registry flows on clones: whatever was done to the rows, psql sets them right and back."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

from compliance.estate.resources import resource
from tests import golden
from tests.live.registry_clone import ONE, TABLES, TWO, WAYS, Registry, flow, operation, set_to
from tests.pure.registry import Damage, damaged, damages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psycopg


GOLDEN = resource("sql/compiled")
# Each example takes seconds, and a list of damages is short enough to be read.
NO_SHRINKING = (Phase.explicit, Phase.generate)


@pytest.fixture
def registry(estate_db: psycopg.Connection, estate_dsn: Callable[[str], str], tmp_path: Path) -> Registry:
    return Registry(estate_db, estate_dsn, tmp_path / "compiled")


# --- golden files ----------------------------------------------------------------------------------------------


def kept(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.sql")}


def test_the_seed_of_the_reference_estate_is_the_golden_one_and_there_is_nothing_to_migrate(
    registry: Registry,
) -> None:
    seed, migration = registry.compiled()
    assert seed.files() == kept(GOLDEN / "registry_sync" / "seed"), "`make golden` writes them again"
    assert migration.steps == ()


def test_from_damaged_flows_the_migration_is_the_golden_one(registry: Registry) -> None:
    registry.do(
        f"delete from public.directus_flows where id = {flow(golden.GONE)}",
        set_to(flow(golden.OFF), status="'inactive'"),
        set_to(operation(golden.SENT, "send"), options="""(options::jsonb || '{"method": "PUT"}')::json"""),
    )
    _, migration = registry.compiled()
    folder = GOLDEN / "damaged_flows" / "registry_sync" / "migration"
    assert migration.files() == kept(folder), "`make golden` writes them again"
    registry.there_and_back()


# --- what psql does with what is compiled ----------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_what_was_done_is_undone_and_done_again_by_psql(way: str, registry: Registry) -> None:
    registry.do(*WAYS[way])
    assert registry.drift()
    migration = registry.there_and_back()
    assert migration.steps


def test_ids_stay_and_positions_of_a_canvas_are_nobodys_business(registry: Registry) -> None:
    registry.do("update public.directus_operations set position_x = 5, position_y = 6")
    before = [(row[0], row[4]) for row in registry.rows()[1]]
    registry.do(set_to(flow(ONE), status="'inactive'"))
    registry.there_and_back()
    assert [(row[0], row[4]) for row in registry.rows()[1]] == before
    assert {tuple(row[8:]) for row in registry.rows()[1]} == {(5, 6)}


@pytest.mark.parametrize("kind", ["jsonb", "text", "character varying"])
def test_options_of_another_type(kind: str, registry: Registry) -> None:
    for table in TABLES:
        registry.do(
            f"alter table public.directus_{table} alter column options type {kind} using options::{kind}"
        )
    assert registry.drift() == []
    assert registry.compiled()[1].steps == ()
    registry.do(
        set_to(operation(ONE, "log"), options="""'{"message":   "odd"}'"""),
        set_to(flow(ONE), status="'inactive'"),
    )
    spelled = "select string_agg(options::text, ',' order by id) from public.directus_operations"
    before = registry.db.execute(spelled.encode()).fetchone()
    registry.there_and_back()
    migration = registry.compiled()[1]
    registry.do(set_to(operation(ONE, "log"), options="""'{"message":   "odd"}'"""))
    migration = registry.compiled()[1]
    assert registry.run(migration, "deploy")[0] == 0
    assert registry.run(migration, "revert")[0] == 0
    assert registry.db.execute(spelled.encode()).fetchone() == before, "the very spelling is back"


def test_text_that_is_no_json_is_set_right_and_given_back(registry: Registry) -> None:
    registry.do(
        "alter table public.directus_operations alter column options type text",
        set_to(operation(ONE, "log"), options="'{no json'"),
    )
    _, migration = registry.compiled()
    assert registry.run(migration, "deploy")[0] == 0
    assert registry.drift() == []
    assert registry.run(migration, "revert")[0] == 0
    query = f"select options from public.directus_operations where id = {operation(ONE, 'log')}"
    assert registry.db.execute(query.encode()).fetchone() == ("{no json",)


def test_ids_that_are_text_of_36_signs(registry: Registry) -> None:
    """As a database has it that came from another engine; such a one has no keys between the tables either."""
    registry.do(
        "alter table public.directus_operations drop constraint directus_operations_flow_foreign,"
        " drop constraint directus_operations_resolve_foreign, drop constraint directus_operations_reject_foreign",
        "alter table public.directus_flows alter column id type char(36), alter column operation type char(36)",
        "alter table public.directus_operations alter column id type char(36), alter column flow type char(36),"
        " alter column resolve type char(36), alter column reject type varchar(36)",
    )
    assert registry.drift() == []
    registry.do(
        f"delete from public.directus_flows where id = {flow(TWO)}",
        set_to(operation(ONE, "send"), type="'exec'"),
    )
    registry.there_and_back()


def test_an_undeclared_flow_is_switched_off_where_policy_prunes_and_on_again(registry: Registry) -> None:
    registry.do(
        "insert into public.directus_flows (id, name, status, trigger, options) values"
        " ('00000000-0000-4000-8000-000000000001', 'Other', 'active', 'event',"
        """ '{"type": "action", "scope": ["items.update"], "collections": ["workflows"]}')"""
    )
    assert registry.compiled()[1].steps == ()
    registry.prune = True
    migration = registry.there_and_back()
    assert [step.title for step in migration.steps] == [
        "switch off Other (00000000-0000-4000-8000-000000000001)"
    ]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_row_that_changed_meanwhile_stops_it_and_nothing_is_written(when: str, registry: Registry) -> None:
    registry.do(set_to(flow(ONE), status="'inactive'"))
    _, migration = registry.compiled()
    if when == "after":
        assert registry.run(migration, "deploy")[0] == 0
    registry.do(set_to(operation(ONE, "log"), options="'{}'"))
    before = registry.content()
    code, said = registry.run(migration, "deploy" if when == "before" else "revert")
    assert (code, registry.content()) == (3, before)
    assert f"{'preflight' if when == 'before' else 'REFUSED'}: operation log" in said


def test_the_seed_over_a_wrong_row_aborts(registry: Registry) -> None:
    registry.do(set_to(operation(ONE, "log"), options="'{}'"))
    seed, _ = registry.compiled()
    before = registry.content()
    code, said = registry.run(seed, "deploy")
    assert (code, registry.content()) == (3, before)
    assert "verify: operation log" in said


def test_the_seed_sets_up_an_empty_estate_and_its_revert_empties_it(registry: Registry) -> None:
    whole = registry.content()
    registry.do(*WAYS["all flows are gone"])
    empty = registry.content()
    seed, _ = registry.compiled()
    for name, expected in (("deploy", whole), ("verify", whole), ("revert", empty), ("deploy", whole)):
        code, said = registry.run(seed, name)
        assert (code, registry.content()) == (0, expected), said


def random_damage(registry: Registry, damage: list[Damage]) -> None:
    """Each damage is done to what was there at first, so that it can be done again alone."""
    flows, operations = damaged(*copy.deepcopy(registry.pristine), damage)
    registry.write(flows, operations)
    if registry.drift():
        registry.there_and_back()
    else:
        assert registry.compiled()[1].steps == ()


@settings(
    max_examples=6,
    phases=NO_SHRINKING,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(damages())
@example([("flow set up by hand", 13, 0, 1), ("flow changed", 13, 0, ("name", "old"))])
@example(
    [
        ("operation by hand", 67, 11, 58620),
        ("links swapped", 53, 58, (91, "reject")),
        ("flow gone", 29, 31, None),
        ("names swapped", 48, 59, 33),
        ("flow gone", 3, 0, None),
        ("operation by hand", 62, 25, 21872),
        ("links swapped", 40, 78, (77, "reject")),
        ("flow gone", 59, 51, None),
    ]
)
def test_random_damage_is_undone_and_done_again(registry: Registry, damage: list[Damage]) -> None:
    random_damage(registry, damage)


@pytest.mark.prove
@settings(
    max_examples=150,
    phases=NO_SHRINKING,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(damages())
def test_much_random_damage_is_undone_and_done_again(registry: Registry, damage: list[Damage]) -> None:
    random_damage(registry, damage)

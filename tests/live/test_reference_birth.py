"""The birth system of the reference estate works: soft gate, helper, B3-A triggers.

Document 001 lists them under DO NOT REMOVE; a rollback that took one away would break one of these. The scan itself
is in `test_birth_scan_function.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors

from tests.live.birth_clone import Birth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIX = ("table_registry", "workflows", "workflow_steps", "workflow_change_requests", "workflow_categories",
       "workflow_step_relations")  # fmt: skip


@pytest.fixture
def birth(estate_db: psycopg.Connection, estate_dsn: Callable[[str], str]) -> Iterator[Birth]:
    with psycopg.connect(estate_dsn("directus_app"), autocommit=True) as app:
        yield Birth(estate_db, app)


def test_the_soft_gate_logs_a_gap_and_lets_the_row_in(birth: Birth) -> None:
    insert = "insert into public.collection_registry (collection_name, governance_role) values (%s, %s)"
    birth.caller.execute(insert, ("modules", "governed"))
    assert birth.value("select count(*) from public.collection_registry where collection_name = 'modules'") == 1
    assert birth.gaps() == {("modules", "no_species", 1), ("modules", "no_table", 1)}


def test_the_soft_gate_says_nothing_of_a_collection_that_has_all_the_contract_asks_for(birth: Birth) -> None:
    birth.caller.execute(
        "insert into public.collection_registry (collection_name, governance_role, species_code)"
        " values ('directus_flows', 'governed', 'FLW'), ('iu_unit', 'observed', null)"
    )
    birth.caller.execute("update public.collection_registry set icon = 'x' where collection_name = 'workflows'")
    assert birth.gaps() == set()


def test_a_known_gap_is_seen_again_and_not_logged_twice(birth: Birth) -> None:
    for _ in range(2):
        birth.caller.execute("update public.collection_registry set species_code = null where id = 2")
    assert birth.gaps() == {("workflows", "no_species", 2)}
    moved = "select last_seen_at > first_seen_at from public.system_issues where entity_code = 'workflows'"
    assert birth.value(moved)


def test_the_helper_says_whether_a_gap_is_new(birth: Birth) -> None:
    call = "select public.fn_b3f1_log_collection_onboarding_gap('workflows', 'no_species')"
    assert [birth.value(call) for _ in range(3)] == [True, False, False]


def test_an_issue_without_a_source_is_refused(birth: Birth) -> None:
    insert = "insert into public.system_issues (title, issue_type, {}) values ('x', 'X', {})"
    with pytest.raises(errors.NotNullViolation):
        birth.caller.execute("insert into public.system_issues (title, issue_type) values ('x', 'X')")
    for column in ("source", "source_system"):
        birth.caller.execute(insert.format(column, "'test'").encode())


def test_a_gap_of_the_past_that_comes_back_opens_its_issue_again(birth: Birth) -> None:
    history = "select count(*) from public.system_issues"
    settled = birth.value(f"{history} where status = 'resolved'")
    assert settled == birth.value(history) > 1, "history that no rollback may remove"
    birth.caller.execute("update public.collection_registry set species_code = null where id = 5")
    assert birth.gaps() == {("workflow_categories", "no_species", 4)}
    assert birth.value(history) == settled


NEW_ROWS = {
    "table_registry": "insert into public.table_registry (code, table_id, name) values ('NEW', 'tbl_new', 'New')",
    "workflows": "insert into public.workflows (code, name) values ('NEW', 'New')",
    "workflow_steps": "insert into public.workflow_steps (code, name, workflow_id, sort) values ('NEW', 'New', 1, 9)",
    "workflow_change_requests": "insert into public.workflow_change_requests (code, name) values ('NEW', 'New')",
    "workflow_categories": "insert into public.workflow_categories (code, name) values ('NEW', 'New')",
    "workflow_step_relations":
        "insert into public.workflow_step_relations (code, name, from_step, to_step) values ('NEW', 'New', 1, 3)",
}  # fmt: skip


@pytest.mark.parametrize("collection", SIX)
def test_what_is_created_in_a_registry_collection_is_registered_as_born(birth: Birth, collection: str) -> None:
    born = "select count(*) from public.birth_registry where collection_name = %s"
    here = birth.value(f"select count(*) from public.{collection}")
    assert birth.value(born, collection) == here, "what was there before the triggers is registered too"
    row = birth.caller.execute(f"{NEW_ROWS[collection]} returning id".encode()).fetchone()
    assert row is not None
    query = "select entity_code from public.birth_registry where collection_name = %s and entity_id = %s"
    assert birth.value(query, collection, row[0]) == "NEW"
    birth.caller.execute(f"update public.{collection} set name = 'Other' where id = {row[0]}".encode())
    assert birth.value(born, collection) == here + 1

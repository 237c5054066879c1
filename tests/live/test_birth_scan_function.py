"""The scan that the scheduler calls, on a real PostgreSQL: what it depends on, what it logs, and what it answers.

Document 001, section 1: it validates its dependencies (contract, policy, siblings), scans the live registry, logs gaps
through the helper and returns a summary. The scheduler is built upon it and may not change it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from tests.live.birth_clone import Birth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONTRACT, SIBLINGS, SPECIES = (
    f"policy.birth_onboarding.{name}" for name in ("contract", "siblings", "species_required")
)
SCAN = "select public.fn_birth_onboarding_full_scan()"
GATE = "trg_b3f1_collection_onboarding_soft_gate"
# Behind the back of the soft gate, so that the scan is the first to see it.
_TABLE = "alter table public.collection_registry"
UNSEEN = f"{_TABLE} disable trigger user; {{}}; {_TABLE} enable trigger user"


@pytest.fixture
def birth(estate_db: psycopg.Connection, estate_dsn: Callable[[str], str]) -> Iterator[Birth]:
    with psycopg.connect(estate_dsn("directus_app"), autocommit=True) as app:
        yield Birth(estate_db, app)


@pytest.fixture
def gaps(birth: Birth) -> Birth:
    """Three, of two kinds, that nobody has logged."""
    change = (
        "update public.collection_registry set species_code = null where id in (2, 3);"
        " update public.collection_registry set governance_role = null where id = 9"
    )
    birth.do(UNSEEN.format(change))
    assert birth.gaps() == set()
    return birth


# --- what it answers --------------------------------------------------------------------------------------------


def test_the_scan_of_the_estate_as_it_is_loaded_finds_no_gap(birth: Birth) -> None:
    found = birth.scan()
    assert UUID(found.pop("run_id")).version == 4
    assert found.pop("duration_ms") >= 0
    scanned = birth.value("select count(*) from public.collection_registry")
    assert found == {
        "status": "complete",
        "collections_scanned": scanned,
        "gaps": 0,
        "new_gaps": 0,
        "gaps_by_kind": {},
    }
    assert birth.gaps() == set()


def test_counts_are_those_of_the_moment(birth: Birth) -> None:
    before = birth.scan()["collections_scanned"]
    birth.do(UNSEEN.format("insert into public.collection_registry (collection_name) values ('a'), ('b')"))
    found = birth.scan()
    assert found["collections_scanned"] == before + 2
    assert found["gaps_by_kind"] == {"no_governance_role": 2, "no_table": 2}
    birth.do("delete from public.collection_registry where collection_name in ('a', 'b')")
    assert {k: birth.scan()[k] for k in ("collections_scanned", "gaps")} == {
        "collections_scanned": before,
        "gaps": 0,
    }


def test_each_scan_has_an_id_of_its_own_that_fits_where_it_is_kept(birth: Birth) -> None:
    runs = {birth.scan()["run_id"] for _ in range(3)}
    assert len(runs) == 3
    length = birth.value(
        "select character_maximum_length from information_schema.columns"
        " where table_name = 'system_issues' and column_name = 'run_id'"
    )
    assert max(map(len, runs)) <= length


# --- what it logs -----------------------------------------------------------------------------------------------


def test_each_gap_is_logged_once_through_the_helper_and_seen_again(gaps: Birth) -> None:
    first = gaps.scan()
    assert first["gaps_by_kind"] == {"no_species": 2, "no_governance_role": 1}
    times = "select count(*) from public.system_issues where status = 'open' and last_seen_at > first_seen_at"
    assert gaps.value(times) == 0
    second = gaps.scan()
    assert [(scan["gaps"], scan["new_gaps"]) for scan in (first, second)] == [(3, 3), (3, 0)]
    assert gaps.gaps() == {
        ("workflows", "no_species", 2),
        ("workflow_steps", "no_species", 2),
        ("system_issues", "no_governance_role", 2),
    }
    assert gaps.value(times) == 3
    runs = "select array_agg(distinct run_id) from public.system_issues where status = 'open'"
    assert gaps.value(runs) == [second["run_id"]]


def test_a_gap_that_the_soft_gate_has_logged_is_not_new_to_the_scan(birth: Birth) -> None:
    birth.caller.execute("update public.collection_registry set species_code = null where id = 2")
    found = birth.scan()
    assert (found["gaps"], found["new_gaps"]) == (1, 0)
    assert birth.gaps() == {("workflows", "no_species", 2)}


def test_a_settled_gap_that_is_there_again_is_opened_again(birth: Birth) -> None:
    birth.do(UNSEEN.format("update public.collection_registry set species_code = null where id = 5"))
    found = birth.scan()
    assert (found["gaps"], found["new_gaps"]) == (1, 0), "its issue was resolved, and is opened"
    assert birth.gaps() == {("workflow_categories", "no_species", 4)}
    reopened = "select resolved_at is null from public.system_issues where entity_code = 'workflow_categories'"
    assert birth.value(reopened)


def test_a_species_is_a_gap_only_where_policy_asks_for_it(gaps: Birth) -> None:
    gaps.do("update public.dot_config set value = 'false' where key = %s", SPECIES)
    assert gaps.scan()["gaps_by_kind"] == {"no_governance_role": 1}


@pytest.mark.parametrize(
    ("made", "is_gap"),
    [("table public.odd ()", False), ("view public.odd as select 1", False), ("type public.odd as enum ()", True),
     ('table public."Odd" ()', True), ("schema other create table odd ()", True), ("sequence public.odd", True)],
)  # fmt: skip
def test_a_collection_without_a_table_of_exactly_its_name_is_a_gap(
    birth: Birth, made: str, is_gap: bool
) -> None:
    birth.do(f"create {made}")
    row = "insert into public.collection_registry (collection_name, governance_role) values ('odd', 'observed')"
    birth.do(UNSEEN.format(row))
    assert birth.scan()["gaps_by_kind"] == ({"no_table": 1} if is_gap else {})


@pytest.mark.parametrize("name", ['two words "quoted"', "x" * 64, "Ünïcode%s", "a'b", ""])
def test_whatever_a_collection_is_called_the_scan_goes_through(birth: Birth, name: str) -> None:
    row = "insert into public.collection_registry (collection_name, governance_role) values (%s, 'observed')"
    with birth.owner.transaction():
        birth.owner.execute("set local session_replication_role = replica")
        birth.do(row, name)
    assert birth.scan()["gaps_by_kind"] == {"no_table": 1}


# --- what it depends on -----------------------------------------------------------------------------------------


def setting(key: str, value: str) -> str:
    return f"update public.dot_config set value = '{value}' where key = '{key}'"


DEPENDENCIES = [
    (f"delete from public.dot_config where key = '{CONTRACT}'", f"config {CONTRACT}"),
    (f"delete from public.dot_config where key = '{SIBLINGS}'", f"config {SIBLINGS}"),
    (f"delete from public.dot_config where key = '{SPECIES}'", f"config {SPECIES}"),
    (setting(CONTRACT, "no JSON"), f"config {CONTRACT} holds no JSON"),
    (setting(CONTRACT, "[]"), f"config {CONTRACT} holds []"),
    (setting(CONTRACT, "[null]"), f"config {CONTRACT} holds [null]"),
    (setting(SIBLINGS, '{"a": 1}'), f'config {SIBLINGS} holds {{"a": 1}}'),
    (setting(SIBLINGS, '"workflows"'), f'config {SIBLINGS} holds "workflows"'),
    (setting(SPECIES, "perhaps"), f"config {SPECIES} holds perhaps"),
    (setting(CONTRACT, '["nickname"]'), "column collection_registry.nickname"),
    ("alter table public.collection_registry rename column species_code to species",
     "column collection_registry.species_code"),
    ("delete from public.collection_registry where collection_name = 'workflow_steps'", "sibling workflow_steps"),
    (f"drop trigger {GATE} on public.collection_registry", f"trigger {GATE}"),
    (f"alter table public.collection_registry disable trigger {GATE}", f"trigger {GATE}"),
    ("alter function public.fn_b3f1_log_collection_onboarding_gap rename to other",
     "function fn_b3f1_log_collection_onboarding_gap(text,text,text,json)"),
    ("alter function public.fn_b3f1_collection_gaps rename to other", "function fn_b3f1_collection_gaps()"),
    ("alter table public.collection_registry rename to other", "table collection_registry"),
    ("alter table public.system_issues rename to other", "table system_issues"),
    ("alter table public.dot_config rename to other", "table dot_config"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "missing"), DEPENDENCIES, ids=[f"{missing} {n}" for n, (_, missing) in enumerate(DEPENDENCIES)]
)
def test_a_dependency_that_fails_is_named_and_nothing_is_written(
    gaps: Birth, change: str, missing: str
) -> None:
    gaps.do(change)
    before = gaps.content()
    found = gaps.scan()
    assert UUID(found.pop("run_id")).version == 4
    assert found.pop("duration_ms") >= 0
    assert found == {"status": "dependency_fail", "missing": [missing]}
    assert gaps.content() == before


def test_all_that_is_missing_is_named_at_once(birth: Birth) -> None:
    for change in (DEPENDENCIES[0][0], DEPENDENCIES[8][0], DEPENDENCIES[11][0]):
        birth.do(change)
    assert birth.scan()["missing"] == [
        f"config {CONTRACT}",
        f"config {SPECIES} holds perhaps",
        "sibling workflow_steps",
    ]


def test_what_is_put_right_is_scanned_again(birth: Birth) -> None:
    birth.do(f"alter table public.collection_registry disable trigger {GATE}")
    assert birth.scan()["status"] == "dependency_fail"
    birth.do(f"alter table public.collection_registry enable trigger {GATE}")
    assert birth.scan()["status"] == "complete"


# --- more than one at once, and who may ------------------------------------------------------------------------


def test_two_scans_at_once_log_each_gap_once_and_neither_is_a_deadlock(
    gaps: Birth, estate_dsn: Callable[[str], str]
) -> None:
    many = (
        "insert into public.collection_registry (collection_name, governance_role)"
        " select 'c' || n % 97 || '_' || n, 'observed' from generate_series(1, 2000) as n"
    )
    gaps.do(UNSEEN.format(many))

    def scan(_: int) -> tuple[int, int]:
        with psycopg.connect(estate_dsn("directus_app"), autocommit=True) as connection:
            row = connection.execute(SCAN.encode()).fetchone()
        assert row is not None
        return row[0]["gaps"], row[0]["new_gaps"]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(scan, range(4)))
    assert [seen for seen, _ in found] == [2003] * 4
    assert sum(new for _, new in found) == 2003
    assert {count for *_, count in gaps.gaps()} == {4}


def test_a_scan_that_is_rolled_back_has_logged_nothing(gaps: Birth) -> None:
    with gaps.caller.transaction(force_rollback=True):
        assert gaps.scan()["new_gaps"] == 3
    assert gaps.gaps() == set()


@pytest.mark.parametrize("role", ["compliance_probe", "dot_operator", "agent_data_app"])
def test_nobody_else_may_scan(birth: Birth, estate_dsn: Callable[[str], str], role: str) -> None:
    with (
        psycopg.connect(estate_dsn(role)) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(SCAN.encode())


@pytest.mark.parametrize("role", ["compliance_probe", "directus_app"])
def test_nobody_logs_a_gap_but_by_the_scan_and_the_gate(
    birth: Birth, estate_dsn: Callable[[str], str], role: str
) -> None:
    with (
        psycopg.connect(estate_dsn(role)) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute("select public.fn_b3f1_log_collection_onboarding_gap('workflows', 'no_species')")


def test_objects_of_the_caller_s_own_do_not_stand_in_for_those_of_the_estate(gaps: Birth) -> None:
    gaps.caller.execute("create temporary table collection_registry (collection_name text)")
    gaps.caller.execute("create temporary table dot_config (key text, value text)")
    gaps.caller.execute("set search_path = pg_temp, public")
    assert gaps.scan()["gaps"] == 3

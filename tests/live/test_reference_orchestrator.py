"""Migration 033's orchestrator really works in the reference estate: gates, dry run, live run, re-run, rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from tests.live.reference_clone import ReferenceClone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EVENT, OTHER_EVENT = UUID(int=0xE1), UUID(int=0xE2)
TEMPLATES = UUID("00000000-0000-4000-8000-000000000001")
UNITS = UUID("00000000-0000-4000-8000-000000000002")
COMPOSED = "template.instance_auto_composed"
COMPOSER, AUTO = "iu_core.composer_enabled", "iu_core.auto_instantiate_enabled"
KEYS = ["charter:demo-001", "checklist:demo-001"]


class Orchestrator(ReferenceClone):
    """A clone, called as the operator."""

    def open_gates(self, *gates: str) -> None:
        self.do("update public.dot_config set value = 'true' where key = any (%s)", list(gates))

    def instantiate(
        self, mode: str | None, actor: str | None = "ana", event: UUID | None = EVENT,
        kind: str | None = COMPOSED, collection: UUID = TEMPLATES, suffix: str | None = "Demo 001",
    ) -> dict[str, Any]:  # fmt: skip
        """With all seven arguments, in the order and of the types of the document's signature."""
        query = (
            "select public.fn_iu_auto_instantiate_from_event("
            "%s::uuid, %s::text, %s::uuid, %s::text, %s::text, %s::text, %s::text)"
        )
        return dict(self.asked(query, event, kind, collection, suffix, mode, actor, "a note"))

    def roll_back(self, actor: str | None, dry_run: bool | None) -> dict[str, Any]:
        query = "select public.fn_iu_auto_instantiate_rollback_by_actor(%s::text, %s::boolean)"
        return dict(self.asked(query, actor, dry_run))


@pytest.fixture
def reference(estate_db: psycopg.Connection, estate_dsn: Callable[[str], str]) -> Iterator[Orchestrator]:
    with psycopg.connect(estate_dsn("dot_operator"), autocommit=True) as operator:
        yield Orchestrator(estate_db, operator)


# --- gates -----------------------------------------------------------------------------------


def test_both_gates_are_shut_in_the_estate_as_it_is_loaded(reference: Orchestrator) -> None:
    values = "select array_agg(value) from public.dot_config where key = any (%s)"
    assert reference.value(values, [COMPOSER, AUTO]) == ["false", "false"]


@pytest.mark.parametrize(
    ("opened", "live", "refused_by"),
    [
        ((), False, COMPOSER),
        ((), True, COMPOSER),
        ((AUTO,), False, COMPOSER),
        ((AUTO,), True, COMPOSER),
        ((COMPOSER,), True, AUTO),
        ((COMPOSER,), False, None),
        ((COMPOSER, AUTO), True, None),
    ],
)
def test_a_dry_run_needs_one_gate_and_a_live_run_both(
    reference: Orchestrator, opened: tuple[str, ...], live: bool, refused_by: str | None
) -> None:
    reference.open_gates(*opened)
    before = reference.content()
    answers = (reference.instantiate("live" if live else "dry_run"), reference.roll_back("bo", not live))
    if refused_by is None:
        said = ["applied", "unchanged"] if live else ["dry_run", "dry_run"]
        assert [answer["status"] for answer in answers] == said
        return
    assert [(a["status"], a["reason"], a["gate"]) for a in answers] == [
        ("refused", "gate_closed", refused_by)
    ] * 2
    assert reference.content() == before


def test_a_gate_that_is_absent_is_shut(reference: Orchestrator) -> None:
    reference.open_gates(COMPOSER, AUTO)
    reference.owner.execute("delete from public.dot_config where key = %s", (AUTO,))
    assert reference.instantiate("live")["gate"] == AUTO
    assert reference.instantiate("dry_run")["status"] == "dry_run"


def test_a_call_leaves_the_gates_as_they_are(reference: Orchestrator) -> None:
    gates = "select array_agg(value) from public.dot_config where key = any (%s)"
    reference.open_gates(COMPOSER, AUTO)
    reference.instantiate("live")
    reference.roll_back("ana", dry_run=False)
    assert reference.value(gates, [COMPOSER, AUTO]) == ["true", "true"]


# --- what it does -----------------------------------------------------------------------------


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(reference: Orchestrator) -> None:
    reference.open_gates(COMPOSER)
    before = reference.content()
    reference.caller.execute("set default_transaction_read_only = on")  # a write, even one undone, would raise
    would = reference.instantiate("dry_run")
    assert would == {"status": "dry_run", "would_create": KEYS, "would_skip": [], "created": 0}
    assert reference.content() == before


def test_a_live_run_in_that_transaction_is_refused_by_postgresql(reference: Orchestrator) -> None:
    """So that transaction would not have let a dry run write either."""
    reference.open_gates(COMPOSER, AUTO)
    reference.caller.execute("set default_transaction_read_only = on")
    with pytest.raises(errors.ReadOnlySqlTransaction):
        reference.instantiate("live")


def test_a_live_run_makes_what_the_dry_run_said_and_records_the_actor(reference: Orchestrator) -> None:
    reference.open_gates(COMPOSER, AUTO)
    before = reference.content()
    would = reference.instantiate("dry_run")
    done = reference.instantiate("live")
    assert done == {"status": "applied", "created": 2, "skipped": 0, "actor": "ana"}
    rows = reference.owner.execute(
        "select instance_key, actor, event_id, collection_id, note from public.iu_instance order by 1"
    ).fetchall()
    assert rows == [(key, "ana", EVENT, TEMPLATES, "a note") for key in would["would_create"]]
    assert reference.value("select count(*) from public.iu_instance_piece") == 6, "three pieces a template"
    assert (
        reference.value("select actor from public.iu_event where id = %s and event_type = %s", EVENT, COMPOSED)
        == "ana"
    )
    trail = "select array_agg(array[action, actor, instances::text, note]) from public.iu_auto_instantiate_run"
    assert reference.value(trail) == [["instantiate", "ana", "2", "a note"]]
    after = reference.content()
    assert {table for table in after if after[table] != before[table]} == {
        "iu_instance", "iu_instance_piece", "iu_event", "iu_auto_instantiate_run",
    }  # fmt: skip


def test_a_re_run_changes_nothing_whoever_asks_for_it(reference: Orchestrator) -> None:
    reference.open_gates(COMPOSER, AUTO)
    reference.instantiate("live")
    before = reference.content()
    for actor in ("ana", "bo"):
        again = reference.instantiate("live", actor)
        assert again == {"status": "unchanged", "created": 0, "skipped": 2, "actor": actor}
    assert reference.instantiate("dry_run")["would_skip"] == KEYS
    assert reference.content() == before


def test_another_event_and_another_suffix_make_instances_of_their_own(reference: Orchestrator) -> None:
    reference.open_gates(COMPOSER, AUTO)
    made = [
        reference.instantiate("live")["created"],
        reference.instantiate("live", event=OTHER_EVENT)["created"],
        reference.instantiate("live", suffix="demo-002")["created"],
    ]
    assert made == [2, 2, 2]
    assert reference.value("select count(*) from public.iu_instance") == 6


def test_only_published_templates_are_used(reference: Orchestrator) -> None:
    reference.open_gates(COMPOSER, AUTO)
    reference.do("update public.iu_template set status = 'published' where code = 'memo'")
    reference.do("update public.iu_template set status = 'withdrawn' where code = 'charter'")
    assert reference.instantiate("dry_run")["would_create"] == ["checklist:demo-001", "memo:demo-001"]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"mode": "Live"}, errors.InvalidParameterValue),
        ({"mode": None}, errors.InvalidParameterValue),
        ({"actor": " "}, errors.InvalidParameterValue),
        ({"actor": None}, errors.InvalidParameterValue),
        ({"event": None}, errors.InvalidParameterValue),
        ({"suffix": "--"}, errors.InvalidParameterValue),
        ({"kind": "no.such_event"}, errors.NoDataFound),
        ({"kind": None}, errors.NoDataFound),
        ({"collection": UNITS}, errors.NoDataFound),
        ({"collection": EVENT}, errors.NoDataFound),
    ],
    ids=str,
)
def test_an_argument_that_makes_no_sense_is_an_error_and_writes_nothing(
    reference: Orchestrator, changed: dict[str, Any], error: type[Exception]
) -> None:
    reference.open_gates(COMPOSER, AUTO)
    before = reference.content()
    with pytest.raises(error):
        reference.instantiate(**{"mode": "live", **changed})
    assert reference.content() == before


# --- taking back ------------------------------------------------------------------------------


def _two_actors(reference: Orchestrator) -> None:
    """Instances of one event by two actors, and of another by the second alone."""
    reference.open_gates(COMPOSER, AUTO)
    reference.instantiate("live", "ana")
    reference.do("update public.iu_template set status = 'published' where code = 'memo'")
    assert reference.instantiate("live", "bo")["created"] == 1
    assert reference.instantiate("live", "bo", OTHER_EVENT)["created"] == 3


def test_a_dry_rollback_says_what_it_would_take_and_writes_nothing(reference: Orchestrator) -> None:
    _two_actors(reference)
    before = reference.content()
    reference.caller.execute("set default_transaction_read_only = on")
    would = reference.roll_back("ana", dry_run=True)
    assert would == {"status": "dry_run", "would_remove": KEYS, "removed": 0}
    assert reference.content() == before


def test_a_rollback_is_a_dry_run_unless_told_otherwise(reference: Orchestrator) -> None:
    _two_actors(reference)
    assert reference.roll_back("ana", None)["status"] == "dry_run"
    query = "select public.fn_iu_auto_instantiate_rollback_by_actor('ana')->>'status'"
    assert reference.caller.execute(query.encode()).fetchone() == ("dry_run",)


def test_a_rollback_leaves_the_rows_of_other_actors_alone(reference: Orchestrator) -> None:
    _two_actors(reference)
    pieces = "select count(*) from public.iu_instance_piece"
    others = "select array_agg(t::text order by t::text) from public.iu_instance t where actor = 'bo'"
    bos, before = reference.value(others), reference.value(pieces)
    done = reference.roll_back("ana", dry_run=False)
    assert done == {"status": "applied", "removed": 2, "instances": KEYS, "actor": "ana"}
    assert reference.value(others) == bos
    assert reference.value("select count(*) from public.iu_instance where actor = 'ana'") == 0
    assert reference.value(pieces) == before - 6
    trail = "select actor || ' ' || instances from public.iu_auto_instantiate_run where action = 'rollback'"
    assert reference.value(trail) == "ana 2"


def test_a_second_rollback_and_one_of_nobody_change_nothing(reference: Orchestrator) -> None:
    _two_actors(reference)
    reference.roll_back("ana", dry_run=False)
    before = reference.content()
    assert reference.roll_back("ana", dry_run=False)["status"] == "unchanged"
    assert reference.roll_back("nobody", dry_run=False)["removed"] == 0
    with pytest.raises(errors.InvalidParameterValue):
        reference.roll_back(None, dry_run=False)
    assert reference.content() == before


def test_what_was_taken_back_can_be_made_again(reference: Orchestrator) -> None:
    reference.open_gates(COMPOSER, AUTO)
    for _ in range(2):
        assert reference.instantiate("live")["created"] == 2
        assert reference.roll_back("ana", dry_run=False)["removed"] == 2
    assert reference.value("select count(*) from public.iu_event") == 1, "the event happened once, and stays"


def test_nobody_but_the_operator_may_call_it_and_he_may_not_write_past_it(
    reference: Orchestrator, estate_dsn: Callable[[str], str]
) -> None:
    for role in ("directus_app", "compliance_probe"):
        with psycopg.connect(estate_dsn(role)) as other, pytest.raises(errors.InsufficientPrivilege):
            other.execute("select public.fn_iu_auto_instantiate_rollback_by_actor('ana')")
    with pytest.raises(errors.InsufficientPrivilege):
        reference.caller.execute("delete from public.iu_instance")

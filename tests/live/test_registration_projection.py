"""A projection: made, kept equal by every write, changed with its view, and taken away again."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from compliance.core.change import Missing
from compliance.core.errors import Refused
from compliance.systems.iu_registration import looking
from compliance.systems.iu_registration.drift import drift
from tests.live.registering import registration, widen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from tests.live.registering import Registration

TABLE = 'public."Dreiachsen ""Blick"" $refresh$"'


def project(value: Any) -> None:
    name = 'Dreiachsen "Blick" $refresh$'
    value["serving"] = {"mode": "projection", "table": f"public.{name}"}
    value["collection"]["name"] = name


@pytest.fixture
def projected(reference_template: NoopExecutor, tmp_path: Path) -> Iterator[Registration]:
    with registration(reference_template, tmp_path, policy=project) as found:
        yield found


def made(here: Registration) -> str:
    preparation = here.prepared()
    assert preparation is not None
    return here.applied(preparation)


def unequal(here: Registration) -> tuple[int, int, int]:
    """What an audit counts: rows of the view that the table lacks, has beside it, or has otherwise."""
    (compared,) = here.facts().read(looking.COMPARED)
    return compared.missing, compared.extra, compared.differing


def test_a_projection_is_made_and_goes_again(projected: Registration) -> None:
    before, receipt = projected.state(), made(projected)
    assert projected.prepared() is None
    assert unequal(projected) == (0, 0, 0)
    assert projected.rows(f"select count(*) from {TABLE}", role="directus_app") != [(0,)]
    assert drift(projected.facts())[0] == Missing(projected.value["collection"]["name"])
    projected.taken_back(receipt)
    assert projected.state() == before


WRITES = {
    "a row": "update public.iu_unit set lifecycle_status = 'retired'",
    "a key": "insert into public.iu_unit (canonical_address, unit_kind, section_type, title, actor)"
    " select canonical_address || '/n', unit_kind, section_type, title, actor from public.iu_unit",
    "what only a function reads": "delete from public.iu_unit_tag",
    "what a function reads at second hand": "delete from public.iu_hierarchy",
    "rows that go": "delete from public.iu_unit where canonical_address like '%/n'",
    "everything": "truncate public.iu_unit cascade",
}


def test_a_projection_follows_every_write(projected: Registration) -> None:
    made(projected)
    content = f"select p::text from {TABLE} as p order by 1"
    for what, statement in WRITES.items():
        before = projected.rows(content)
        projected.do(statement)
        assert unequal(projected) == (0, 0, 0), what
        assert projected.rows(content) != before, what


def test_two_writers_that_do_not_see_each_other_leave_nothing_stale(projected: Registration) -> None:
    made(projected)
    one, two = (psycopg.connect(projected.dsn) for _ in range(2))
    with one, two, ThreadPoolExecutor() as pool:
        one.execute("update public.iu_unit set lifecycle_status = 'retired'")
        waiting = pool.submit(two.execute, "update public.iu_placement set sort_order = sort_order + 1000")
        time.sleep(0.3)
        assert not waiting.done(), "the second writer waits for the first"
        one.commit()
        waiting.result(timeout=20)
        two.commit()
    assert unequal(projected) == (0, 0, 0)


def test_a_projection_gains_the_column_that_the_view_gains(projected: Registration) -> None:
    made(projected)
    widen(projected)
    before = projected.state()
    receipt = made(projected)
    projected.do("update public.iu_unit set lifecycle_status = 'retired'")
    assert unequal(projected) == (0, 0, 0)
    assert projected.rows(f"select distinct axis_a_is_new from {TABLE}") == [(True,)]
    projected.taken_back(receipt)
    assert projected.state() == before
    projected.do("update public.iu_unit set lifecycle_status = 'draft'")
    assert unequal(projected) == (0, 0, 0)


def test_a_table_that_is_not_watched_any_more_is_watched_again(projected: Registration) -> None:
    made(projected)
    trigger = projected.rows("select tgname from pg_trigger where tgrelid = 'public.iu_unit_tag'::regclass and"
                             " tgname like 'zz%'")[0][0]  # fmt: skip
    quoted = trigger.replace('"', '""')
    projected.do(f'drop trigger "{quoted}" on public.iu_unit_tag')
    preparation = projected.prepared()
    assert preparation is not None
    assert len(preparation.steps) == 1
    projected.applied(preparation)
    assert projected.prepared() is None


def test_what_no_longer_keeps_it_is_repaired_and_comes_back(projected: Registration) -> None:
    made(projected)
    function = projected.rows("select oid::regprocedure::text from pg_proc where proname like 'refresh%'")[0][0]
    trigger = projected.rows("select quote_ident(tgname) from pg_trigger where tgname like 'zz_refresh%'")[0][0]
    acts = [
        f"alter table public.iu_unit disable trigger {trigger}",
        f"create or replace trigger {trigger} after insert on public.iu_unit_tag for each statement"
        f" execute function {function}",
        f"create or replace function {function} returns trigger language plpgsql stable"
        " as $f$ begin return null; end $f$",
    ]
    for act in acts:
        projected.do(act)
        before = projected.state()
        preparation = projected.prepared()
        assert preparation is not None, act
        receipt = projected.applied(preparation)
        assert projected.prepared() is None, act
        projected.do("update public.iu_unit set updated_at = updated_at + interval '1 day'")
        assert unequal(projected) == (0, 0, 0), act
        projected.do("update public.iu_unit set updated_at = updated_at - interval '1 day'")
        projected.taken_back(receipt)
        assert projected.state() == before, act
        projected.applied(preparation)


def test_rows_that_are_stale_are_filled_again(projected: Registration) -> None:
    made(projected)
    projected.do(f"delete from {TABLE}")
    preparation = projected.prepared()
    assert preparation is not None
    projected.applied(preparation)
    assert unequal(projected) == (0, 0, 0)
    assert projected.prepared() is None


def test_what_nobody_can_see_into_is_refused_until_policy_names_what_it_reads(projected: Registration) -> None:
    hidden = """
        create or replace function public.fn_iu_tags(p_unit_id uuid) returns text[] language plpgsql stable as $f$
        declare found text[];
        begin execute 'select array_agg(tag_code) from public.iu_' || 'unit_tag' into found; return found; end $f$
    """
    projected.do(hidden)
    with pytest.raises(Refused, match="makes the text of a statement as it runs"):
        projected.prepared()
    projected.value["serving"]["sources"] = ["public.nowhere"]
    with pytest.raises(Refused, match=r"there is no table public\.nowhere"):
        projected.prepared()
    projected.value["serving"]["sources"] = ["public.iu_unit_tag"]
    preparation = projected.prepared()
    assert preparation is not None
    assert any("on public.iu_unit_tag" in step.deploy for step in preparation.steps)

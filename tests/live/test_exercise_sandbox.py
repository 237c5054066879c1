"""`compliance exercise iu_registration`: S1 to S10 of document 002 on a real database, each seen by itself."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from compliance.core.errors import CouldNotLook
from compliance.estate.pgbin import bindir
from compliance.exercising import planned
from tests import faults
from tests.live.sandbox_live import (
    BROKEN,
    RETIRE,
    SYSTEM,
    TEN,
    Told,
    do,
    everything,
    exercise,
    exercised,
    judged,
    looked_at,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psycopg

    from compliance.estate.config import Estate


@pytest.fixture
def estate(estate_dsn: Callable[[str], str], tmp_path: Path) -> Estate:
    found = replace(faults.estate_at(estate_dsn("compliance_probe")), systems=(SYSTEM,))
    return replace(found, writer=estate_dsn("estate_owner"), ledger=tmp_path / "ledger")


def test_all_ten_are_kept_and_no_row_stays(estate: Estate, estate_db: psycopg.Connection) -> None:
    before = everything(estate_db)
    exercise(estate)
    assert everything(estate_db) == before
    notes = {"compared": len(before), "uncompared": {}, "sequences": {}}
    assert judged(estate) == Told({}, {}, {}, notes)
    assert list(TEN) == [f"S{number}" for number in range(1, 11)]


def test_before_it_was_exercised_nothing_is_said_of_any(estate: Estate) -> None:
    with pytest.raises(CouldNotLook, match="`compliance exercise iu_registration`"):
        judged(estate)


def test_the_plan_that_a_person_reads_is_what_psql_can_run(
    estate: Estate, estate_db: psycopg.Connection
) -> None:
    before = everything(estate_db)
    compiled, _ = planned(looked_at(estate), SYSTEM)
    script = compiled.files()["deploy.sql"]
    command = [str(bindir() / "psql"), "-X", "-q", "-A", "-t", "-d", str(estate.writer)]
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    refused = [line for line in done.stderr.splitlines() if "ERROR:" in line]
    assert len(refused) == 4, done.stderr
    assert [word for word in ("immutable", "actor", "hamming", "unknown") if word not in done.stderr] == []
    assert '{"rows": 1, "status": "retired"}' in done.stdout
    assert everything(estate_db) == before


@pytest.mark.parametrize("what", BROKEN)
def test_of_what_is_broken_that_case_is_told_and_no_other(
    what: str, estate: Estate, estate_db: psycopg.Connection
) -> None:
    script, expected = BROKEN[what]
    do(estate_db, script)
    assert exercised(estate)[:3] == (expected, {}, {})


def test_what_fails_in_the_middle_does_not_keep_the_others_from_being_seen(
    estate: Estate, estate_db: psycopg.Connection
) -> None:
    do(estate_db, f"{RETIRE} language plpgsql as $$ begin perform 1 / 0; end $$")
    told = exercised(estate)
    assert told.broken == {
        "S6": "fails with 22012",
        "S10": "fails with 22012, which is not the refusal that policy names: P0002",
    }
    assert told.unseen == {"S7": "it shows nothing, since it needs what 'S6 retire, reversibly' did not leave"}


def test_a_row_that_is_removed_is_not_retired(estate: Estate, estate_db: psycopg.Connection) -> None:
    do(estate_db, f"""{RETIRE} language plpgsql as $$ begin
        delete from public.iu_vector_collection where name = p_name;
        if not found then raise 'no vector collection' using errcode = 'P0002'; end if;
        return ''; end $$""")  # fmt: skip
    told = exercised(estate)
    assert told.broken == {"S6": "leaves 0 row(s) of its name, not one"}
    assert told.unseen.keys() == {"S7"}


def test_where_nothing_can_be_registered_the_two_views_are_judged_all_the_same(
    estate: Estate, estate_db: psycopg.Connection
) -> None:
    do(estate_db, "drop table public.iu_vector_collection cascade")
    told = exercised(estate)
    assert told.broken == {
        "S1": "fails with 42P01",
        "S10": "fails with 42P01, which is not the refusal that policy names: P0002",
    }
    assert told.unseen.keys() == {"S2", "S3", "S6", "S7"}


def test_a_function_that_may_not_be_called_was_not_seen(estate: Estate, estate_db: psycopg.Connection) -> None:
    do(estate_db, "revoke execute on function public.fn_iu_vector_retire from estate_owner")
    told = exercised(estate)
    assert told.broken == {}
    assert told.unseen.keys() == {"S6", "S7", "S10"}


def test_what_was_seen_of_a_function_says_nothing_of_the_one_that_took_its_place(
    estate: Estate, estate_db: psycopg.Connection
) -> None:
    exercise(estate)
    do(estate_db, BROKEN["any metric is let in"][0])
    told = judged(estate)
    assert (len(told.stale), told.broken, told.unseen) == (11, {}, {})

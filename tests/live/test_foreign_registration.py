"""The registration of another estate, served by a projection, is judged by configuration alone (rule 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from pytest_postgresql import factories

from compliance.estate import document
from compliance.estate.resources import resource
from tests.conftest import clone
from tests.live.foreign import PROBE, Judged, as_role, foreign_estate, judge, load_foreign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor

foreign_template = factories.postgresql_noproc(
    dbname="wasserwerk_registration", depends_on="postgres_server", load=[load_foreign]
)
POLICY = document.read(resource("fixtures/foreign/policy/iu_registration.yaml")).value
VALVE = """insert into verzeichnis."Absperr_Ventil" values
    ('bbbbbbbb-0000-4000-8000-00000000000{n}', 'Schieber {n}', {n} > 2, 'aaaaaaaa-0000-4000-8000-000000000001')"""
TRIGGER = 'alter table verzeichnis."Pumpe" {} trigger "zz_refresh_Ventil Tafel"'
RENAMED = """update verzeichnis."Pumpe" set "Bezeichnung" = 'Neue Pumpe'"""


@pytest.fixture
def foreign_dsn(foreign_template: NoopExecutor) -> Iterator[str]:
    """The superuser's address of a fresh copy."""
    with clone(foreign_template) as dsn:
        yield dsn


def done(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def judged(dsn: str) -> Judged:
    return judge(foreign_estate(as_role(dsn, PROBE)))


def counted(found: Judged) -> tuple[int, ...]:
    """Rows of the view and of the table; missing, extra and differing ones."""
    ((_, *counts),) = found.run.observation.read("compared:iu_served")
    return tuple(counts)


def test_every_rule_is_kept_under_other_names(foreign_dsn: str) -> None:
    found = judged(foreign_dsn)
    assert found.broken == {}
    cases = [case for case in found.verdict.cases if case.rule.system == "iu_registration"]
    subjects = {case.subject for case in cases if case.outcome == "kept"}
    assert {*POLICY["source"]["fields"], POLICY["collection"]["name"], *POLICY["reading"]["grant"]} <= subjects
    kept = {case.rule.id for case in cases if case.outcome == "kept"}
    assert {case.rule.id for case in cases} - kept == {
        "IU027",
        "IU028",
    }  # nothing was called, Directus is not asked
    assert len(kept) > 15


def test_what_is_written_to_any_table_behind_the_view_is_in_the_projection_at_once(foreign_dsn: str) -> None:
    done(foreign_dsn, *(VALVE.format(n=n) for n in (2, 3, 4)), RENAMED)
    assert counted(judged(foreign_dsn)) == (4, 4, 0, 0, 0)
    done(foreign_dsn, 'delete from verzeichnis."Absperr_Ventil" where offen')
    found = judged(foreign_dsn)
    assert counted(found) == (1, 1, 0, 0, 0)
    assert "IU025" not in found.broken


def test_a_projection_that_nobody_keeps_is_found(foreign_dsn: str) -> None:
    done(foreign_dsn, TRIGGER.format("disable"), RENAMED)
    found = judged(foreign_dsn)
    assert counted(found) == (1, 1, 0, 0, 1)
    assert POLICY["collection"]["name"] in found.broken["IU025"]
    done(foreign_dsn, TRIGGER.format("enable"), RENAMED)
    assert "IU025" not in judged(foreign_dsn).broken


FUNCTION = 'anzeige."refresh_Ventil Tafel"()'


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (TRIGGER.format("disable"), "set off"),
        ('drop trigger "zz_refresh_Ventil Tafel" on verzeichnis."Pumpe"', "has not the trigger"),
        (
            'create or replace trigger "zz_refresh_Ventil Tafel" after insert on verzeichnis."Pumpe"'
            f" for each statement execute function {FUNCTION}",
            "not run at every write",
        ),
        (
            f"create or replace function {FUNCTION} returns trigger language plpgsql security definer"
            " set search_path = pg_catalog, pg_temp as $f$ begin return null; end $f$",
            "its body is another one",
        ),
        (f"alter function {FUNCTION} security invoker", "not run as its owner"),
        (f"alter function {FUNCTION} set search_path = public", "search path is public"),
    ],
)
def test_a_projection_that_the_next_write_will_not_reach_is_found_before_it(
    act: str, why: str, foreign_dsn: str
) -> None:
    done(foreign_dsn, act)
    found = judged(foreign_dsn)
    assert counted(found) == (1, 1, 0, 0, 0)
    assert set(found.broken) == {"IU025"}
    told = [f.message for case in found.verdict.cases if case.rule.id == "IU025" for f in case.findings]
    assert any(why in text for text in told), told


def test_a_trigger_that_is_set_on_again_and_another_trigger_are_no_finding(foreign_dsn: str) -> None:
    done(
        foreign_dsn,
        TRIGGER.format("disable"),
        TRIGGER.format("enable"),
        'create trigger "andere" after delete on verzeichnis."Pumpe"'
        " for each row execute function suppress_redundant_updates_trigger()",
        'alter table verzeichnis."Pumpe" disable trigger "andere"',
    )
    assert "IU025" not in judged(foreign_dsn).broken


def test_who_may_not_see_behind_the_functions_of_the_view_cannot_compare(foreign_dsn: str) -> None:
    """It is no finding and never 'equal'."""
    done(foreign_dsn, f'revoke select on verzeichnis."Absperr_Ventil" from "{PROBE}"')
    found = judged(foreign_dsn)
    assert "permission denied" in found.run.observation.failed["compared:iu_served"]
    outcomes = {case.outcome for case in found.verdict.cases if case.rule.id == "IU025"}
    assert "could_not_look" in outcomes
    assert not outcomes & {"broken", "kept"}

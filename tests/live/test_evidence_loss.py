"""Whatever a query reads is taken away in turn: no rule that needs it is kept.

What there is to take away is derived from the needs of the policies, the sections of the catalog and the text of
their queries, so that a new query is covered on the day it is written.
"""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from compliance import audit
from compliance.core.needs import split_name
from compliance.core.observation import Blind, Observation, Seen
from compliance.estate.catalog import SECTIONS
from compliance.estate.resources import resource
from compliance.probing import Run
from compliance.systems import Policies, system
from tests import faults, quick
from tests.conftest import clone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from compliance.core.verdict import Verdict

PROBE = "compliance_probe"
NEEDS = Policies.load(faults.reference()).needs()
TABLES = sorted({need.relation for need in NEEDS.rows})
# Of these no column can be dropped, and they have no row security.
VIEWS = {Policies.load(faults.reference())["iu_registration"].source.envelope}
COLUMNS = sorted({(need.relation, column) for need in NEEDS.rows for column in need.columns})
ROWS_OF = {table: {need.section for need in NEEDS.rows if need.relation == table} for table in TABLES}
HOLDING = {
    (table, column): {n.section for n in NEEDS.rows if n.relation == table and column in n.columns}
    for table, column in COLUMNS
}
# What is seen of the reference estate while no service runs beside it; those are taken away in `test_live_faults.py`.
EXERCISED = {"command_catalog", "iu_registration"}
FROM_DATABASE = {f"catalog.{name}" for name in (*SECTIONS, "bodies")} | {"documents"}
OF_REPOSITORY = ("file:", "tree:", "listed")
SYNC = {probe.said.id for probe in quick.probes() if probe.said.system == "directional_sync"}
FINDING_IT = {
    "RS008", "RS036", "BS002", "BS003", "BS004", "BS005", "BS006", "BS007", "BS011", "BS013", "IU002", "IU003", "IU004",
    "IU008",
}  # fmt: skip
QUESTIONS = {f"BS00{number}" for number in range(1, 8)}
EVERY_SECTION = sorted(
    FROM_DATABASE
    | {need.section for need in (*NEEDS.rows, *NEEDS.compared)}
    | {f"file:{path}" for path in NEEDS.files}
    | {f"tree:{folder}" for folder in NEEDS.trees}
    | ({"listed"} if NEEDS.listed else set())
    | {f"exercised:{name}" for name in EXERCISED}
)


def _queries(pattern: str) -> dict[str, set[str]]:
    """What the catalog's queries name by a pattern, and the sections whose query names it."""
    found: dict[str, set[str]] = {}
    for section in SECTIONS:
        text = resource(f"sql/catalog/{section}.sql").read_text(encoding="utf-8")
        for name in re.findall(pattern, re.sub(r"--.*", "", text)):
            found.setdefault(name, set()).add(f"catalog.{section}")
    return found


CATALOG_TABLES = _queries(r"(?:from|join)\s+pg_catalog\.(pg_\w+)\s+as\b")
CATALOG_FUNCTIONS = _queries(r"\bpg_catalog\.(\w+)\(")


class Baseline(NamedTuple):
    """The estate before anything was taken: the run, its verdict, and the sections that each rule read."""

    run: Run
    verdict: Verdict
    sections: dict[str, set[str]]


@pytest.fixture(scope="module")
def owner(reference_template: NoopExecutor) -> Iterator[psycopg.Connection]:
    """A superuser in a clone from which things are taken and given back."""
    with (
        clone(reference_template, "evidence") as dsn,
        psycopg.connect(dsn, autocommit=True) as connection,
    ):
        yield connection


@pytest.fixture(scope="module")
def baseline(owner: psycopg.Connection, tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    estate = replace(
        faults.estate_at(_address(owner)),
        writer=_address(owner, "estate_owner"),
        ledger=tmp_path_factory.mktemp("ledger"),
    )
    for name in EXERCISED:
        faults.exercised(estate, name)
    run = faults.looked_at(estate)
    sections = {
        probe.said.id: set(run.judged(probe.rule, probe.said.system).sections) for probe in quick.probes()
    }
    return Baseline(run, quick.verdict(run), sections)


def _address(connection: psycopg.Connection, role: str = PROBE) -> str:
    info = connection.info
    return make_conninfo(host=info.host, port=info.port, dbname=info.dbname, user=role)


def _look(connection: psycopg.Connection) -> Run:
    return faults.looked_at(faults.estate_at(_address(connection)))


def _nobody_keeps(baseline: Baseline, run: Run, lost: set[str]) -> Verdict:
    """No rule that read a lost section is kept; nothing is compiled from it; the audit does not pass."""
    verdict = quick.verdict(run)
    needing = {rule for rule, sections in baseline.sections.items() if sections & lost}
    unkept = {case.rule.id for case in verdict.cases if case.outcome in ("could_not_look", "broken")}
    if unkept & QUESTIONS:  # what cannot be compiled cannot be compared, and the question says why
        unkept |= {c.rule.id for c in verdict.cases if c.rule.id == "BS013" and c.outcome == "not_applicable"}
    if "IU001" in faults.rules_with(
        verdict, "broken"
    ):  # of a view that is not there it says so, and they say nothing
        unkept |= faults.rules_with(verdict, "not_applicable") & {"IU002", "IU003", "IU008"}
    if lost and all(isinstance(run.observation.sections.get(name), Seen) for name in lost):
        # A file that is seen to be gone or empty: its rules go through many, and those find it that need this one.
        # One looks for what must not be there: of a file that is gone or empty nothing is.
        needing_it = needing & SYNC - {"DS028"}
        assert not needing_it or needing_it & unkept, f"nobody misses {lost}"
        needing -= SYNC
    assert needing <= unkept, f"kept without {lost}: {needing - unkept}"
    kept = {case.rule.id for case in verdict.cases if case.outcome == "kept"}
    assert kept & needing <= _by_subject(run), f"kept in part without {lost}: {kept & needing}"
    assert verdict.exit_code in ((1, 3) if needing or unkept else (0,))
    for name in run.policies:
        if lost & system(name).reads(run.policies[name]):
            assert audit.obstacles_of(run, verdict, name)
    return verdict


def _by_subject(run: Run) -> set[str]:
    """Rules each subject of which has a source of its own, so that the others may still be judged."""
    catalog = run.policies["command_catalog"]
    own = {
        "CC003": {pin.path for pin in catalog.pins.values()},
        "CC013": {p.kind for p in catalog.surface.values()},
        "RS007": set(run.policies["registry_sync"].service.reviewed_sources),
    }
    # These find that a file or table is gone under a subject of its own; their other subjects name nothing of it.
    return {rule for rule, sources in own.items() if len(sources) > 1} | FINDING_IT | {"BS020"}


def test_the_untouched_estate_keeps_every_rule(baseline: Baseline) -> None:
    assert baseline.verdict.conclusion == "kept", faults.told(baseline.verdict)
    shut = {n for n, s in baseline.run.observation.sections.items() if isinstance(s, Blind) and s.unavailable}
    assert set(baseline.run.observation.sections) - shut == set(EVERY_SECTION)


def test_what_is_looked_at_is_needed_by_a_rule(baseline: Baseline) -> None:
    """Otherwise taking it away proves nothing; and a look at what nobody judges is a look too many."""
    assert set(EVERY_SECTION) - set().union(*baseline.sections.values()) == set()


@pytest.mark.parametrize("section", EVERY_SECTION)
def test_a_section_that_is_blind_keeps_no_rule_that_needs_it(baseline: Baseline, section: str) -> None:
    seen = dict(baseline.run.observation.sections)
    seen[section] = Blind("taken away", seen[section].provenance)
    verdict = _nobody_keeps(baseline, _judging(baseline, seen), {section})
    assert not faults.rules_with(verdict, "broken"), "what could not be looked at is no finding"
    needing = {rule for rule, sections in baseline.sections.items() if section in sections}
    before = [case for case in baseline.verdict.cases if case.rule.id not in needing]
    assert [case for case in verdict.cases if case.rule.id not in needing] == before


@pytest.mark.parametrize("section", EVERY_SECTION)
def test_a_section_that_was_never_looked_at_keeps_no_rule_that_needs_it(
    baseline: Baseline, section: str
) -> None:
    seen = {name: found for name, found in baseline.run.observation.sections.items() if name != section}
    verdict = _nobody_keeps(baseline, _judging(baseline, seen), {section})
    assert not faults.rules_with(verdict, "broken")


def _judging(baseline: Baseline, sections: dict[str, object]) -> Run:
    old = baseline.run
    observation = Observation(old.observation.estate, old.observation.observed_at, sections)  # type: ignore[arg-type]
    return Run(old.estate, old.policies, observation)


@pytest.mark.parametrize("table", TABLES)
def test_without_a_table_its_absence_is_found_and_no_rule_of_its_rows_is_kept(
    baseline: Baseline, estate_db: psycopg.Connection, table: str
) -> None:
    _do(estate_db, f"drop {'view' if table in VIEWS else 'table'} {{}} cascade", table)
    run = _look(estate_db)
    assert ROWS_OF[table] <= run.observation.blind.keys()
    assert faults.rules_with(_nobody_keeps(baseline, run, ROWS_OF[table]), "broken")


@pytest.mark.parametrize(("table", "column"), [pair for pair in COLUMNS if pair[0] not in VIEWS])
def test_without_a_column_no_rule_that_reads_it_is_kept(
    baseline: Baseline, estate_db: psycopg.Connection, table: str, column: str
) -> None:
    _do(estate_db, "alter table {} drop column {} cascade", table, column)
    run = _look(estate_db)
    assert HOLDING[table, column] <= run.observation.blind.keys()
    _nobody_keeps(baseline, run, HOLDING[table, column])


@pytest.mark.parametrize(
    ("way", "table"),
    # A lock is waited for until the time-out of the look, so one table stands for all.
    [
        *(
            (way, table)
            for way in ("revoked", "row security")
            for table in TABLES
            if way == "revoked" or table not in VIEWS
        ),
        ("locked", TABLES[0]),
    ],
)
def test_without_the_right_or_the_chance_to_read_a_table_no_rule_of_its_rows_is_kept(
    baseline: Baseline, owner: psycopg.Connection, table: str, way: str
) -> None:
    with _WAYS[way](owner, table):
        run = _look(owner)
    assert ROWS_OF[table] <= run.observation.blind.keys()
    verdict = _nobody_keeps(baseline, run, ROWS_OF[table])
    assert not faults.rules_with(verdict, "broken"), faults.told(verdict)


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_without_the_right_to_read_a_column_no_rule_that_reads_it_is_kept(
    baseline: Baseline, owner: psycopg.Connection, table: str, column: str
) -> None:
    others = {c for t, c in COLUMNS if t == table} - {column}
    with _revoked(owner, table):
        for other in others:
            _do(owner, f"grant select ({{}}) on {{}} to {PROBE}", other, table)
        run = _look(owner)
        _do(owner, f"revoke all on {{}} from {PROBE}", table)
    assert HOLDING[table, column] <= run.observation.blind.keys()
    _nobody_keeps(baseline, run, HOLDING[table, column])


@contextmanager
def _revoked(owner: psycopg.Connection, table: str) -> Iterator[None]:
    _do(owner, f"revoke select on {{}} from {PROBE}", table)
    try:
        yield
    finally:
        _do(owner, f"grant select on {{}} to {PROBE}", table)


@contextmanager
def _row_security(owner: psycopg.Connection, table: str) -> Iterator[None]:
    _do(owner, "alter table {} enable row level security", table)
    try:
        yield
    finally:
        _do(owner, "alter table {} disable row level security", table)


@contextmanager
def _locked(owner: psycopg.Connection, table: str) -> Iterator[None]:
    with owner.transaction():
        _do(owner, "lock table {} in access exclusive mode", table)
        yield


_WAYS = {"revoked": _revoked, "row security": _row_security, "locked": _locked}


def _do(connection: psycopg.Connection, statement: str, *names: str) -> None:
    """A statement with names in it; one with a dot is qualified."""
    parts = [sql.Identifier(*split_name(name)) if "." in name else sql.Identifier(name) for name in names]
    connection.execute(sql.SQL(statement).format(*parts))  # type: ignore[arg-type]
    if not connection.autocommit:
        connection.commit()


@pytest.mark.parametrize("table", CATALOG_TABLES)
def test_without_the_right_to_read_a_table_of_the_catalog_no_rule_that_needs_it_is_kept(
    baseline: Baseline, owner: psycopg.Connection, table: str
) -> None:
    _do(owner, "revoke select on {} from public", f"pg_catalog.{table}")
    try:
        run = _look(owner)
    finally:
        _do(owner, "grant select on {} to public", f"pg_catalog.{table}")
    assert CATALOG_TABLES[table] <= run.observation.blind.keys()
    _nobody_keeps(baseline, run, CATALOG_TABLES[table])


@pytest.mark.parametrize("function", CATALOG_FUNCTIONS)
def test_without_the_right_to_call_a_function_of_the_catalog_what_needs_it_is_blind(
    owner: psycopg.Connection, function: str
) -> None:
    signatures = _signatures(owner, function)
    assert signatures
    for signature in signatures:
        owner.execute(f"revoke execute on function {signature} from public".encode())
    try:
        run = _look(owner)
    finally:
        for signature in signatures:
            owner.execute(f"grant execute on function {signature} to public".encode())
    # What becomes of the rules is the same for all that blinds a section, and is shown above for each section.
    assert CATALOG_FUNCTIONS[function] <= run.observation.blind.keys()


def _signatures(connection: psycopg.Connection, function: str) -> list[str]:
    query = (
        "select format('pg_catalog.%%I(%%s)', proname, pg_get_function_identity_arguments(oid)) from pg_proc"
        " where pronamespace = 'pg_catalog'::regnamespace and proname = %s"
    )
    return [row[0] for row in connection.execute(query, (function,))]


def _gone(place: Path) -> None:
    place.unlink()


def _folder(place: Path) -> None:
    """Stands for a file that may not be read: the superuser of a container may read any."""
    place.unlink()
    place.mkdir()


def _not_text(place: Path) -> None:
    place.write_bytes(b"\xff\xfe\x00 26")


def _empty(place: Path) -> None:
    place.write_bytes(b"")


@pytest.mark.parametrize(
    "take", [_gone, _folder, _not_text, _empty], ids=["gone", "a folder", "not text", "empty"]
)
@pytest.mark.parametrize("path", sorted(NEEDS.files))
def test_without_a_file_no_pin_in_it_is_kept(
    baseline: Baseline, tmp_path: Path, path: str, take: Callable[[Path], None]
) -> None:
    source = baseline.run.estate.repository
    assert source is not None
    repository = tmp_path / "repository"
    shutil.copytree(source, repository)
    take(repository / path)
    run = faults.looked_at(replace(baseline.run.estate, repository=repository))
    verdict = _nobody_keeps(baseline, run, {f"file:{path}"})
    pins = {pin.name for pin in run.policies["command_catalog"].pins.values() if pin.path == path}
    found = [case for case in verdict.cases if case.outcome in ("broken", "could_not_look")]
    assert {case.subject for case in found if case.rule.system == "command_catalog"} == pins


def test_without_a_repository_no_rule_of_its_files_is_kept(baseline: Baseline, tmp_path: Path) -> None:
    run = faults.looked_at(replace(baseline.run.estate, repository=tmp_path / "nowhere"))
    lost = {name for name in EVERY_SECTION if name.startswith(OF_REPOSITORY)}
    assert lost == run.observation.failed.keys()
    _nobody_keeps(baseline, run, lost)


def test_without_a_server_no_rule_of_the_database_is_kept(baseline: Baseline, tmp_path: Path) -> None:
    dsn = make_conninfo(host=str(tmp_path), dbname="estate", user=PROBE)
    run = faults.looked_at(replace(baseline.run.estate, dsn=dsn))
    lost = {name for name in EVERY_SECTION if not name.startswith(OF_REPOSITORY)}
    # Whose database it was that a service answered for cannot be told either.
    assert run.observation.failed.keys() - {"exercised:registry_sync", "exercised:birth_scan"} == lost
    _nobody_keeps(baseline, run, lost)

"""Each fault breaks exactly the rules that it names, each near miss none; every rule is broken by one.

Those that need a running service are counted here and done in `test_live_faults.py`.
"""

from __future__ import annotations

import ast
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from compliance import audit
from compliance.core.observation import Blind, Observation
from compliance.estate.observe import observe
from compliance.probing import Run
from compliance.systems import Policies
from tests import faults, quick
from tests.conftest import clone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from compliance.systems.command_catalog.policy import Pin

BLOCKS = faults.blocks()
PINS: list[Pin] = list(Policies.load(faults.reference())["command_catalog"].pins.values())
_ROLES = """
    select r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolbypassrls, r.rolreplication, r.rolcanlogin,
           array(select m.roleid::regrole::text from pg_auth_members m where m.member = r.oid order by 1)
    from pg_roles r order by 1"""


@pytest.fixture(scope="module")
def pristine(reference_template: NoopExecutor) -> Iterator[str]:
    """The probe role's address of a clone that no test changes."""
    with clone(reference_template, "pristine") as dsn:
        yield psycopg.conninfo.make_conninfo(dsn, user="compliance_probe")


@pytest.fixture(scope="module")
def untouched(pristine: str) -> Run:
    """What was seen of an estate that nothing was done to."""
    return faults.looked_at(faults.estate_at(pristine))


def test_the_untouched_estate_breaks_nothing(untouched: Run) -> None:
    verdict = audit.probe(untouched)
    assert verdict.conclusion == "kept", faults.told(verdict)


@pytest.mark.parametrize(
    "block", BLOCKS[:1] + [b for b in BLOCKS if b.blind and b.breaks and not b.needs][:2], ids=str
)
def test_what_is_said_without_pytest_is_what_the_probes_say(
    block: faults.Block, estate_db: psycopg.Connection, estate_dsn: Callable[[str], str], tmp_path: Path
) -> None:
    if block.sql:
        _run(estate_db, block.sql)
    run = faults.looked_at(faults.estate_at(estate_dsn("compliance_probe"), block, tmp_path))
    verdict, without = audit.probe(run), quick.verdict(run)
    assert (without.conclusion, without.blind) == (verdict.conclusion, verdict.blind)
    assert [(c.rule.id, c.rule.phase, c.subject, c.outcome, c.findings) for c in without.cases] == [
        (c.rule.id, c.rule.phase, c.subject, c.outcome, c.findings) for c in verdict.cases
    ]


@pytest.mark.prove
@pytest.mark.parametrize("block", [b for b in BLOCKS if not b.needs], ids=str)
def test_what_is_taken_over_from_an_earlier_run_is_what_would_be_judged_anew(
    block: faults.Block,
    untouched: Run,
    estate_db: psycopg.Connection,
    estate_dsn: Callable[[str], str],
    tmp_path: Path,
) -> None:
    quick.verdict(untouched)
    if block.sql:
        _run(estate_db, block.sql)
    try:
        run = faults.looked_at(faults.estate_at(estate_dsn("compliance_probe"), block, tmp_path))
    finally:
        _run(estate_db, block.undo)
    verdict, anew = quick.verdict(run), quick.verdict(_again(run), anew=True)
    assert [(c.rule.id, c.subject, c.outcome, c.findings) for c in verdict.cases] == [
        (c.rule.id, c.subject, c.outcome, c.findings) for c in anew.cases
    ]


def test_what_a_rule_did_not_ask_for_does_not_have_it_judged_anew(
    untouched: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick, "_BASES", [])  # those of other files look at more
    quick.verdict(untouched)
    seen = dict(untouched.observation.sections)
    seen["rows:flows"] = Blind("taken away", seen["rows:flows"].provenance)
    other = Run(untouched.estate, untouched.policies, replace(untouched.observation, sections=seen))
    taken = quick.taken_over(other)
    anew = {probe.said.system for probe in quick.probes() if probe.rule not in taken}
    assert {"registry_sync", "platform"} <= anew
    assert not {"command_catalog", "directional_sync"} & anew, "they read no flow"


def _again(run: Run) -> Run:
    seen = run.observation
    return Run(run.estate, run.policies, Observation(seen.estate, seen.observed_at, dict(seen.sections)))


def test_every_rule_has_faults_that_break_it_and_near_misses(untouched: Run) -> None:
    rules = {case.rule.id for case in audit.probe(untouched).cases}
    assert {b.file for b in BLOCKS if b.kind == "fault" and b.file in b.breaks} == rules
    assert {b.file for b in BLOCKS if b.kind == "near miss"} == rules


def test_a_fault_breaks_something_and_a_near_miss_nothing() -> None:
    assert [str(b) for b in BLOCKS if (b.kind == "fault") != bool(b.breaks | b.blind)] == []
    beside = {str(b) for b in BLOCKS if b.served or b.unserved or b.calls or b.elsewhere}
    assert [
        str(b) for b in BLOCKS if not (b.sql or b.edits or b.policy or b.exercise or str(b) in beside)
    ] == []
    assert [str(b) for b in BLOCKS if str(b) in beside and not b.needs] == []


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.sql and not b.needs], ids=str)
def test_what_is_done_to_the_database_breaks_exactly_what_it_names(
    block: faults.Block, untouched: Run, estate_db: psycopg.Connection, tmp_path: Path
) -> None:
    roles = estate_db.execute(_ROLES).fetchall()
    estate_db.commit()
    info = estate_db.info
    dsn = psycopg.conninfo.make_conninfo(
        host=info.host, port=info.port, dbname=info.dbname, user="compliance_probe"
    )
    try:
        _run(estate_db, block.sql)
        run = faults.looked_at(faults.estate_at(dsn, block, tmp_path), block, untouched)
    finally:
        estate_db.rollback()
        _run(estate_db, block.undo)
    assert estate_db.execute(_ROLES).fetchall() == roles, "the block left the server's roles changed"
    faults.check(block, run)


@pytest.mark.parametrize("block", [b for b in BLOCKS if not (b.sql or b.needs)], ids=str)
def test_what_is_done_to_files_breaks_exactly_what_it_names(
    block: faults.Block, untouched: Run, pristine: str, tmp_path: Path
) -> None:
    faults.check(block, faults.looked_at(faults.estate_at(pristine, block, tmp_path), block, untouched))


def _run(connection: psycopg.Connection, script: str) -> None:
    if script:
        connection.execute(script.encode())
        connection.commit()


@pytest.mark.parametrize("step", [1, -1], ids=["one more", "one less"])
@pytest.mark.parametrize("pin", PINS, ids=lambda pin: pin.name)
def test_a_pin_that_is_wrong_by_one_is_named_at_any_of_its_sites(
    pin: Pin, step: int, untouched: Run, tmp_path: Path
) -> None:
    source = untouched.estate.repository
    assert source is not None
    text = (source / pin.path).read_text(encoding="utf-8")
    variants = _SITES[pin.how](pin.locator, text, step)
    assert variants
    for number, changed in enumerate(variants):
        repository = tmp_path / str(number)
        shutil.copytree(source, repository)
        (repository / pin.path).write_text(changed, encoding="utf-8")
        verdict = quick.verdict(_with_repository(untouched, repository))
        assert faults.rules_with(verdict, "broken") == {"CC003"}, faults.told(verdict)
        assert pin.name in {case.subject for case in verdict.cases if case.outcome == "broken"}
        assert verdict.counts["could_not_look"] == 0


def _with_repository(run: Run, repository: Path) -> Run:
    """The same look at the database, and a new one at another repository."""
    estate = replace(run.estate, dsn=None, repository=repository)
    files = observe(estate, run.policies.needs()).sections
    seen = {
        name: files[name] if name.startswith("file:") else old for name, old in run.observation.sections.items()
    }
    return Run(estate, run.policies, Observation(run.observation.estate, run.observation.observed_at, seen))


def _numbers(pattern: str, text: str, step: int) -> list[str]:
    """Each number that the pattern finds, changed at that place alone."""
    found = re.finditer(pattern, text, re.MULTILINE)
    return [text[: m.start(1)] + str(int(m[1]) + step) + text[m.end(1) :] for m in found]


def _constants(name: str, text: str, step: int) -> list[str]:
    """Each integer in a test of this name, changed at that place alone."""
    lines = text.splitlines(keepends=True)
    variants = []
    tests = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef) and n.name == name]
    for node in (node for test in tests for node in ast.walk(test)):
        if isinstance(node, ast.Constant) and type(node.value) is int:
            line = lines[node.lineno - 1]
            new = line[: node.col_offset] + str(node.value + step) + line[node.end_col_offset :]
            variants.append("".join([*lines[: node.lineno - 1], new, *lines[node.lineno :]]))
    return variants


def _entries(name: str, text: str, step: int) -> list[str]:
    """The collection of this name with its first entry twice, or gone."""
    assigned = [n for n in ast.walk(ast.parse(text)) if isinstance(n, (ast.Assign, ast.AnnAssign))]
    (value,) = (n.value for n in assigned if name in ast.unparse(n).partition("=")[0])
    first = value.args[0].elts[0] if isinstance(value, ast.Call) else value.elts[0]  # type: ignore[union-attr,attr-defined]
    segment = ast.get_source_segment(text, first)
    assert segment is not None
    assert text.count(segment) == 1
    return [text.replace(segment, f"{segment}, {segment}") if step == 1 else text.replace(f"{segment},", "")]


def _rows(_table: str, text: str, step: int) -> list[str]:
    """The script with its first row twice, or without it."""
    row = re.search(r"^    \('.*\),\n", text, re.MULTILINE)
    assert row
    return [text.replace(row[0], row[0] * (1 + step))]


_SITES = {"pattern": _numbers, "asserted_in": _constants, "length_of": _entries, "insert_rows": _rows}

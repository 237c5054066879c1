"""Another estate is audited and compiled for by configuration alone (ARCHITECTURE, rule 9)."""

from __future__ import annotations

import copy
import inspect
import subprocess
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from pytest_postgresql import factories

from compliance import audit
from compliance.core.errors import ConfigurationError
from compliance.core.finding import NotApplicable
from compliance.estate import document
from compliance.estate.observe import observe
from compliance.estate.pgbin import bindir
from compliance.estate.resources import resource
from compliance.probing import Run
from compliance.systems import Policies, command_catalog
from compliance.systems.command_catalog import rules
from compliance.systems.command_catalog.explain import explained
from tests.conftest import clone
from tests.judging import write_sql
from tests.live.foreign import PROBE, as_role, foreign_estate, judge, load_foreign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from compliance.core.change import Compiled

foreign_template = factories.postgresql_noproc(
    dbname="wasserwerk", depends_on="postgres_server", load=[load_foreign]
)
unchanged_template = factories.postgresql_noproc(
    dbname="wasserwerk_only_read", depends_on="postgres_server", load=[load_foreign]
)
CATALOG = '"Leitstelle"."Befehls Katalog"'
ROWS = f"select * from {CATALOG} order by 1"
POLICY = document.read(resource("fixtures/foreign/policy/command_catalog.yaml"))
JUDGING = [
    rule
    for name, rule in vars(rules).items()
    if inspect.isgeneratorfunction(rule) and rule.__module__ == rules.__name__ and not name.startswith("_")
]


@pytest.fixture
def foreign_dsn(foreign_template: NoopExecutor) -> Iterator[str]:
    """The superuser's address of a fresh copy."""
    with clone(foreign_template) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def unchanged_dsn(unchanged_template: NoopExecutor) -> Iterator[str]:
    """A copy for tests that only look."""
    with clone(unchanged_template) as dsn:
        yield dsn


@pytest.fixture
def psql(tmp_path: Path) -> Callable[[str, Compiled, str], subprocess.CompletedProcess[str]]:
    """Runs one file of what was compiled, as an operator would: psql decides whether it went well."""

    def run(dsn: str, compiled: Compiled, name: str) -> subprocess.CompletedProcess[str]:
        place = write_sql(compiled, tmp_path) / name
        environment = {"PGCLIENTENCODING": "UTF8"}
        return subprocess.run(
            [bindir() / "psql", "-X", "-d", dsn, "-f", place],
            capture_output=True, text=True, check=False, env=environment, encoding="utf-8",
        )  # fmt: skip

    return run


def rows(dsn: str, query: str = ROWS) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(query).fetchall()


def change(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)


def compiled_for(dsn: str) -> dict[str, Compiled]:
    judged = judge(foreign_estate(as_role(dsn, PROBE)))
    return {item.kind: item for item in audit.compile_system(judged.run, judged.verdict, "command_catalog")}


def test_the_foreign_estate_is_kept_and_needs_no_migration(unchanged_dsn: str) -> None:
    judged = judge(foreign_estate(as_role(unchanged_dsn, PROBE)))
    assert judged.broken == {}
    assert (judged.verdict.conclusion, judged.verdict.exit_code) == ("kept", 0)
    cases = {(case.rule.id, case.subject) for case in judged.verdict.cases if case.outcome == "kept"}
    assert {("CC001", "ventil.öffnen"), ("CC005", "Pumpe anfahren"), ("CC012", "Fernwirken frei")} <= cases
    seed, migration = audit.compile_system(judged.run, judged.verdict, "command_catalog")
    assert (len(seed.steps), migration.steps) == (1, ())


def test_the_command_line_audits_it_and_exits_0(
    unchanged_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from compliance.cli import main

    monkeypatch.setenv("WASSERWERK_DSN", as_role(unchanged_dsn, PROBE))
    estate = str(resource("fixtures/foreign/estate.yaml"))
    assert main(["audit", "--estate", estate, "--no-page", "--out", str(tmp_path)]) == 0
    assert "verdict: kept" in capsys.readouterr().out


def test_its_seed_changes_nothing_on_a_conforming_estate(
    foreign_dsn: str, psql: Callable[[str, Compiled, str], subprocess.CompletedProcess[str]]
) -> None:
    before = rows(foreign_dsn)
    done = psql(foreign_dsn, compiled_for(foreign_dsn)["seed"], "deploy.sql")
    assert done.returncode == 0, done.stderr
    assert "INSERT 0 0" in done.stdout
    assert rows(foreign_dsn) == before


def test_two_lost_rows_are_migrated_verified_and_taken_back_by_psql(
    foreign_dsn: str, psql: Callable[[str, Compiled, str], subprocess.CompletedProcess[str]]
) -> None:
    whole = rows(foreign_dsn)
    change(foreign_dsn, f"""delete from {CATALOG} where "Befehl" in ('ventil.öffnen', 'störung.melden')""")
    lacking = rows(foreign_dsn)
    assert judge(foreign_estate(as_role(foreign_dsn, PROBE))).broken["CC001"] == {
        "ventil.öffnen",
        "störung.melden",
    }
    migration = compiled_for(foreign_dsn)["migration"]
    for _ in range(2):
        done = psql(foreign_dsn, migration, "deploy.sql")
        assert done.returncode == 0, done.stderr
        assert rows(foreign_dsn) == whole
    assert psql(foreign_dsn, migration, "verify.sql").returncode == 0
    assert judge(foreign_estate(as_role(foreign_dsn, PROBE))).broken == {}
    reverted = psql(foreign_dsn, migration, "revert.sql")
    assert reverted.returncode == 0, reverted.stderr
    assert rows(foreign_dsn) == lacking
    assert "verify: not 7 rows" in psql(foreign_dsn, migration, "verify.sql").stderr


def test_a_run_of_a_command_keeps_its_row(
    foreign_dsn: str, psql: Callable[[str, Compiled, str], subprocess.CompletedProcess[str]]
) -> None:
    change(foreign_dsn, f"""delete from {CATALOG} where "Befehl" = 'druck.verlauf'""")
    migration = compiled_for(foreign_dsn)["migration"]
    assert psql(foreign_dsn, migration, "deploy.sql").returncode == 0
    change(foreign_dsn, """insert into "Leitstelle"."Lauf.Protokoll" ("user") values ('druck.verlauf')""")
    before = rows(foreign_dsn)
    refused = psql(foreign_dsn, migration, "revert.sql")
    assert refused.returncode != 0
    assert "REFUSED: Leitstelle.Lauf.Protokoll holds runs" in refused.stderr
    assert rows(foreign_dsn) == before


def test_a_wrong_value_and_a_row_too_many_are_put_right_where_policy_prunes(
    foreign_dsn: str, psql: Callable[[str, Compiled, str], subprocess.CompletedProcess[str]]
) -> None:
    whole = rows(foreign_dsn)
    change(foreign_dsn, f"""update {CATALOG} set "order" = 'Netz' where "Befehl" = 'pumpe.halten'""")
    change(foreign_dsn, f"""insert into {CATALOG} values ('fremd', 'Netz', false, false, '{{druckLesen}}')""")
    broken = rows(foreign_dsn)
    migration = compiled_for(foreign_dsn)["migration"]
    done = psql(foreign_dsn, migration, "deploy.sql")
    assert done.returncode == 0, done.stderr
    assert rows(foreign_dsn) == whole
    reverted = psql(foreign_dsn, migration, "revert.sql")
    assert reverted.returncode == 0, reverted.stderr
    assert rows(foreign_dsn) == broken


def test_a_command_is_explained_with_its_own_parameter_names(unchanged_dsn: str) -> None:
    policy = Policies.load(foreign_estate(unchanged_dsn))["command_catalog"]
    (statement,) = explained(policy, "ventil.öffnen", ["nummer=2"]).statements
    with psycopg.connect(unchanged_dsn) as connection:
        connection.execute(statement.encode())
        assert connection.execute('select offen from werk."Anlage Ventil" where nummer = 2').fetchone() == (
            True,
        )
        connection.rollback()
    assert explained(policy, "pumpe.halten", ["kennung=P1"]).gates == {"Fernwirken frei": "false"}


# For people and for `explain`: nothing that is looked at can tell that it is wrong. `kind` is a word of the program.
LABELS = {"reviewed", "migration", "fixed", "optional", "prune", "parameter_prefix", "kind"}


def configured(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], bool]]:
    """Every place that holds a name or a figure of the estate; `True`: the key itself is such a name."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        here = (*place, key)
        if key in LABELS or (place[:1] == ("ungoverned",)) or (key == "name" and "arguments" in place):
            continue
        if here[:-1] in (("commands",), ("functions", "targets"), ("gates", "declared")):
            yield here, True
        if isinstance(item, (dict, list)):
            yield from configured(item, here)
        else:
            yield here, False


def renamed(place: tuple[str | int, ...], key: bool) -> Any:
    value = copy.deepcopy(POLICY.value)
    holder = value
    for step in place[:-1]:
        holder = holder[step]
    last = place[-1]
    if key:
        holder[f"{last}x"] = holder.pop(last)
    elif isinstance(holder[last], bool):
        holder[last] = not holder[last]
    else:
        holder[last] += 1 if isinstance(holder[last], int) else "x"
    return value


PLACES = [
    pytest.param(*found, id="/".join(map(str, found[0])) + ":" * found[1]) for found in configured(POLICY.value)
]


def unhappy(value: Any, dsn: str) -> list[object]:
    """What the rules themselves say against an estate under a policy of these values, blindness included."""
    policies = Policies(
        command_catalog=command_catalog.parse(document.Document(POLICY.path, value, POLICY.lines))
    )
    policies.digest = "changed"
    estate = foreign_estate(as_role(dsn, PROBE))
    run = Run(estate, policies, observe(estate, policies.needs()))
    said = [run.judged(rule, "command_catalog") for rule in JUDGING]
    found = [j for judged in said for js in judged.by_subject.values() for j in js]
    failures = [judged.failure for judged in said if judged.failure]
    return [*failures, *(j for j in found if not isinstance(j, NotApplicable))]


def test_nothing_is_said_against_the_names_as_they_are(unchanged_dsn: str) -> None:
    """The control of the next test."""
    assert unhappy(POLICY.value, unchanged_dsn) == []


@pytest.mark.parametrize(("place", "key"), PLACES)
def test_no_name_can_be_wrong_in_silence(place: tuple[str | int, ...], key: bool, unchanged_dsn: str) -> None:
    """One renamed name or changed figure is a wrong policy, a finding, or something that was not seen."""
    try:
        said = unhappy(renamed(place, key), unchanged_dsn)
    except ConfigurationError:
        return
    assert said

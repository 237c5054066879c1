"""The birth scan of another estate is audited and compiled for by configuration alone (ARCHITECTURE, rule 9)."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from pytest_postgresql import factories

from compliance import audit
from compliance.core.errors import ConfigurationError, Refused
from compliance.core.finding import NotApplicable, Note
from compliance.core.observation import SourceUnavailable
from compliance.estate import document
from compliance.estate.observe import observe
from compliance.estate.resources import resource
from compliance.probing import Run
from compliance.systems import Policies, birth_scan
from tests import judging, quick
from tests.conftest import clone
from tests.live.foreign import PROBE, as_role, foreign_estate, judge, load_foreign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from compliance.core.change import Compiled

foreign_template = factories.postgresql_noproc(
    dbname="wasserwerk_birth", depends_on="postgres_server", load=[load_foreign]
)
POLICY = document.read(resource("fixtures/foreign/policy/birth_scan.yaml"))
FLOW = POLICY.value["flow"]["id"]
TABLES = (
    '"verwaltung".directus_flows', '"verwaltung".directus_operations', '"verwaltung"."Einstellung"',
    '"verwaltung"."Werkzeug"',
)  # fmt: skip
DONE = (
    f"delete from verwaltung.directus_operations where flow = '{FLOW}'",
    f"delete from verwaltung.directus_flows where id = '{FLOW}'",
    """delete from "verwaltung"."Einstellung" where "Schlüssel" like 'Prüfung%'""",
    """delete from "verwaltung"."Werkzeug" where "Kürzel" = 'W-BESTAND'""",
)


@pytest.fixture
def foreign_dsn(foreign_template: NoopExecutor) -> Iterator[str]:
    """The superuser's address of a fresh copy."""
    with clone(foreign_template) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def unchanged_dsn(foreign_template: NoopExecutor) -> Iterator[str]:
    """A copy for tests that only look."""
    with clone(foreign_template, "wasserwerk_birth_unchanged") as dsn:
        yield dsn


def rows(dsn: str) -> list[tuple[Any, ...]]:
    """All that a plan may write, options as what they say."""
    options = "jsonb_build_object('options', (to_jsonb(t)->>'options')::jsonb)"
    text = f"(to_jsonb(t) || case when to_jsonb(t) ? 'options' then {options} else '{{}}' end)::text"
    query = " union all ".join(f"select '{table}', {text} from {table} t" for table in TABLES)
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(f"{query} order by 1, 2".encode()).fetchall()


def change(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def compiled(dsn: str) -> dict[str, Compiled]:
    judged = judge(foreign_estate(as_role(dsn, PROBE)))
    return {item.kind: item for item in audit.compile_system(judged.run, judged.verdict, "birth_scan")}


def test_its_seven_questions_are_answered_and_all_of_it_is_kept(unchanged_dsn: str) -> None:
    judged = judge(foreign_estate(as_role(unchanged_dsn, PROBE)))
    assert judged.broken == {}
    kept = {(case.rule.id, case.subject) for case in judged.verdict.cases if case.outcome == "kept"}
    assert {
        ("BS001", "Zählerstand (täglich)"), ("BS002", "W-ZAEHLER"), ("BS003", "Netz/dienst"), ("BS004", "directus"),
        ("BS006", "verzeichnis.Mängelbuch"), ("BS007", "verwaltung.Werkzeug"), ("BS010", "Prüfstelle.Bestand prüfen()"),
        ("BS012", "betrieb/bestand/"), ("BS013", "/dienst/bestand/pruefung"), ("BS021", "Prüfung an"),
        ("BS022", "tool W-BESTAND"),
    } <= kept  # fmt: skip
    seed, migration = audit.compile_system(judged.run, judged.verdict, "birth_scan")
    assert migration.steps == ()
    assert {key.section for step in seed.steps for key in step.writes} == {
        "rows:birth_config", "rows:dot_tools", "rows:flows", "rows:operations",
    }  # fmt: skip


def test_it_is_set_up_where_nothing_of_it_is_by_psql_and_taken_back(foreign_dsn: str, tmp_path: Path) -> None:
    whole = rows(foreign_dsn)
    change(foreign_dsn, *DONE)
    bare = rows(foreign_dsn)
    assert len(bare) == len(whole) - 7
    migration = compiled(foreign_dsn)["migration"]
    folder = judging.write_sql(migration, tmp_path)
    for name in ("deploy", "deploy", "verify"):
        done = judging.psql(foreign_dsn, "-f", str(folder / f"{name}.sql"))
        assert done.returncode == 0, done.stderr
        assert rows(foreign_dsn) == whole
    assert judge(foreign_estate(as_role(foreign_dsn, PROBE))).broken == {}
    done = judging.psql(foreign_dsn, "-f", str(folder / "revert.sql"))
    assert (done.returncode, rows(foreign_dsn)) == (0, bare), done.stderr


MOVED = (
    """update "verwaltung"."Werkzeug" set "Zeitplan" = '0 30 4 * * *' where "Kürzel" = 'W-BESTAND'""",
    """update "verwaltung"."Einstellung" set "Wert" = '0 30 4 * * *' where "Schlüssel" = 'Prüfung wann'""",
    f"""update "verwaltung".directus_flows set options = ' {{"cron": "0 30 4 * * *"}}' where id = '{FLOW}'""",
)


def test_a_cadence_that_was_moved_in_one_place_is_two_truths_and_nothing_is_compiled(foreign_dsn: str) -> None:
    change(foreign_dsn, MOVED[0])
    with pytest.raises(Refused, match="not every guard holds"):
        compiled(foreign_dsn)


def test_a_cadence_that_was_moved_everywhere_is_moved_back_together(foreign_dsn: str, tmp_path: Path) -> None:
    whole = rows(foreign_dsn)
    change(foreign_dsn, *MOVED)
    moved = rows(foreign_dsn)
    judged = judge(foreign_estate(as_role(foreign_dsn, PROBE)))
    assert {"tool W-BESTAND", "Prüfung wann", "Bestandsprüfung (nachts)"} <= judged.broken["BS022"]
    folder = judging.write_sql(compiled(foreign_dsn)["migration"], tmp_path)
    for name, expected in (("deploy", whole), ("revert", moved)):
        done = judging.psql(foreign_dsn, "-f", str(folder / f"{name}.sql"))
        assert (done.returncode, rows(foreign_dsn)) == (0, expected), done.stderr


def test_the_function_answers_as_the_policy_says_and_its_caller_may_ask(foreign_dsn: str) -> None:
    policy = Policies.load(foreign_estate(foreign_dsn))["birth_scan"]
    result, call = policy.result, 'select "Prüfstelle"."Bestand prüfen"()'
    with psycopg.connect(as_role(foreign_dsn, policy.function.caller), autocommit=True) as connection:
        row = connection.execute(call).fetchone()
        assert row is not None
        assert row[0].keys() == {result.status, result.run_id, *result.counts, result.by_kind}
        assert row[0][result.status] == result.complete
        change(foreign_dsn, """delete from "verwaltung"."Einstellung" where "Schlüssel" = 'Größte Pumpe'""")
        row = connection.execute(call).fetchone()
    assert row is not None
    assert (row[0][result.status], row[0][result.missing]) == (result.dependency_fail, ["Größte Pumpe"])


# --- no name can be wrong in silence -----------------------------------------------------------------------------

# For people, or for what runs only beside services; where documents will be, and folders that need not be there:
# nothing that is looked at here can tell that it is wrong.
UNSEEN = {"reviewed", "reason", "firing", "timezone", "knowledge", "screens"}
# A field of the tool without a column is left out, as document 001 asks.
LEFT_OUT = ("tool", "columns", "executor", 0)


def configured(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place that holds a name of the estate."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        if key in UNSEEN or (*place, key) == LEFT_OUT:
            continue
        if isinstance(item, (dict, list)):
            yield from configured(item, (*place, key))
        else:
            yield (*place, key)


def renamed(place: tuple[str | int, ...]) -> Any:
    value = copy.deepcopy(POLICY.value)
    holder = value
    for step in place[:-1]:
        holder = holder[step]
    found = holder[place[-1]]
    if isinstance(found, bool):
        holder[place[-1]] = not found
    else:
        holder[place[-1]] = found + 1 if isinstance(found, int) else f"x{found}"
    return value


RULES = [probe.rule for probe in quick.probes() if probe.said.system == "birth_scan"]


def unhappy(value: Any, dsn: str) -> list[object]:
    """What the rules themselves say under a policy of these values, blindness included."""
    estate = foreign_estate(as_role(dsn, PROBE))
    policies = Policies.load(estate)
    policies["birth_scan"] = birth_scan.parse(document.Document(POLICY.path, value, POLICY.lines))
    run = Run(estate, policies, observe(estate, policies.needs()))
    said = [run.judged(rule, "birth_scan") for rule in RULES]
    found = [j for judged in said for js in judged.by_subject.values() for j in js]
    failures = [j.failure for j in said if j.failure and not isinstance(j.failure, SourceUnavailable)]
    return [*failures, *(j for j in found if not isinstance(j, (NotApplicable, Note)))]


def test_nothing_is_said_against_the_names_as_they_are(unchanged_dsn: str) -> None:
    """The control of the next test."""
    assert unhappy(POLICY.value, unchanged_dsn) == []


@pytest.mark.parametrize("place", [pytest.param(p, id="/".join(map(str, p))) for p in configured(POLICY.value)])
def test_no_name_can_be_wrong_in_silence(place: tuple[str | int, ...], unchanged_dsn: str) -> None:
    """One name that is another is a wrong policy, a finding, or something that was not seen."""
    try:
        said = unhappy(renamed(place), unchanged_dsn)
    except ConfigurationError:
        return
    assert said

"""Variants of the reference estate: each is made, differs as it says, and in nothing else."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from compliance.cli import main
from compliance.core.observation import Seen
from compliance.estate import reference, variants
from compliance.estate.observe import observe
from compliance.estate.resources import resource
from compliance.probing import Run
from compliance.systems import Policies
from tests import faults, quick
from tests.conftest import clone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_postgresql.executors import NoopExecutor

    from compliance.core.observation import Observation
    from compliance.systems.birth_scan.policy import Policy

UNSCHEDULED = ("bare", "hoped", "practice", "text_only")
NAMES = (*UNSCHEDULED, "unregistered")
ENDPOINT = "server/api/birth/onboarding/full-scan.post.ts"
ROWS = "select coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text), '[]') from public.{} t"


class Made:
    """A variant on a clone of its own, with its repository."""

    def __init__(self, name: str, dsn: str, repository: Path) -> None:
        self.name, self.dsn, self.repository = name, dsn, repository

    def value(self, query: str) -> Any:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]

    def rows(self, table: str) -> list[dict[str, Any]]:
        return list(self.value(ROWS.format(table)))

    def columns(self, table: str) -> dict[str, str]:
        found = self.value(
            "select jsonb_object_agg(attname, format_type(atttypid, null)) from pg_catalog.pg_attribute"
            f" where attrelid = 'public.{table}'::regclass and attnum > 0 and not attisdropped"
        )
        return dict(found)

    def environment(self, service: str) -> dict[str, str]:
        from ruamel.yaml import YAML

        file = YAML(typ="safe", pure=True).load(self.repository / "docker-compose.yml")
        return dict(file["services"][service]["environment"])


@pytest.fixture(scope="module")
def made(
    reference_template: NoopExecutor, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Made]]:
    """Each once; no test changes one. `""` is the reference estate itself."""
    from contextlib import ExitStack

    found: dict[str, Made] = {}
    with ExitStack() as stack:

        def make(name: str) -> Made:
            if name not in found:
                dsn = stack.enter_context(clone(reference_template, f"variant_{name}"))
                repository = resource("fixtures/reference/repository")
                if name:
                    variants.find(name).change(dsn)
                    repository = variants.find(name).repository(tmp_path_factory.mktemp(name) / "repository")
                found[name] = Made(name, dsn, repository)
            return found[name]

        yield make


def looked_at(made: Made) -> Run:
    """By the reference policy, the birth scan among the systems."""
    estate = faults.estate_at(make_conninfo(made.dsn, user="compliance_probe"))
    estate = replace(estate, repository=made.repository)
    policies = Policies.load(estate)
    return Run(estate, policies, observe(estate, policies.needs()))


def policy() -> Policy:
    estate = replace(faults.reference(), systems=("birth_scan",))
    found: Policy = Policies.load(estate)["birth_scan"]
    return found


def facts(observation: Observation) -> dict[str, Any]:
    return {
        name: list(section.facts) for name, section in observation.sections.items() if isinstance(section, Seen)
    }


def differing(one: list[Any], other: list[Any]) -> set[str]:
    """Names of relations or functions that only one of them has as it is. Each is a database of its own name."""
    different = [fact for fact in (*one, *other) if (fact in one) != (fact in other)]
    return {_named(fact) for fact in different if "'variant_" not in repr(fact)}


def _named(fact: Any) -> str:
    return str(getattr(fact, "relation", None) or getattr(fact, "name", None) or fact)


# --- what all of them are ---------------------------------------------------------------------------------------


def test_there_are_these_and_each_says_what_is_different() -> None:
    assert variants.names() == NAMES
    titles = {variants.find(name).title for name in NAMES}
    assert len(titles) == len(NAMES)
    assert [title for title in titles if len(title) < 20 or "begins as" in title] == []


@pytest.mark.parametrize("name", UNSCHEDULED)
def test_nothing_of_the_scheduler_is_there(made: Callable[[str], Made], name: str) -> None:
    found, before, scan = made(name), made(""), policy()
    text = json.dumps([found.rows(table) for table in ("directus_flows", "directus_operations", "dot_config")])
    assert scan.flow.id in json.dumps(before.rows("directus_operations"))
    assert [word for word in (scan.flow.id, scan.flow.name, scan.config.enabled) if word in text] == []
    assert str(scan.tool.values["code"]) not in json.dumps(found.rows("dot_tools"))
    trail = (
        "select count(*) from public.directus_revisions r join public.directus_activity a on a.id = r.activity"
    )
    assert (
        found.value(trail) == before.value(trail) - 4 == found.value("select count(*) from directus_activity")
    )
    assert (before.repository / ENDPOINT).is_file()
    assert not (found.repository / ENDPOINT).exists()


@pytest.mark.parametrize("name", NAMES)
def test_its_birth_system_works(made: Callable[[str], Made], name: str) -> None:
    scan = "select public.fn_birth_onboarding_full_scan()"
    with psycopg.connect(made(name).dsn) as connection:
        connection.execute("set role directus_app")
        connection.execute("update public.collection_registry set species_code = null where id in (2, 3)")
        row = connection.execute(scan.encode()).fetchone()
        connection.rollback()
    assert row is not None
    assert (row[0]["status"], row[0]["gaps_by_kind"]) == ("complete", {"no_species": 2})


@pytest.mark.parametrize("name", UNSCHEDULED)
def test_no_system_but_the_birth_scan_has_anything_to_say_of_it(made: Callable[[str], Made], name: str) -> None:
    verdict = quick.verdict(looked_at(made(name)))
    others = [case for case in verdict.cases if case.rule.system != "birth_scan"]
    assert others
    assert [case for case in others if case.outcome not in ("kept", "not_applicable")] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_registry_of_collections_still_tells_the_truth(made: Callable[[str], Made], name: str) -> None:
    said = {row["collection_name"]: row["field_count"] for row in made(name).rows("collection_registry")}
    assert {table: len(made(name).columns(table)) for table in said} == said


# Of the catalog, and of what else is looked at for other systems than the birth scan.
GAP = "fn_b3f1_log_collection_onboarding_gap"
HELPER = {"catalog.functions": {GAP}, "catalog.bodies": {GAP}}
CATALOG: dict[str, dict[str, set[str]]] = {
    "bare": {},
    "practice": {},
    "hoped": {"catalog.columns": {"dot_tools", "system_issues"}, **HELPER},
    "text_only": {"catalog.columns": {"system_issues"}, **HELPER},
}
ELSEWHERE = {
    "rows:flows",
    "rows:operations",
    "rows:surface.config",
    "file:docker-compose.yml",
    f"file:{ENDPOINT}",
}
OURS = re.compile(r"rows:(birth_|dot_tools|system_issues)|tree:")


@pytest.mark.parametrize("name", UNSCHEDULED)
def test_it_differs_in_nothing_else(made: Callable[[str], Made], name: str) -> None:
    one, other = (facts(looked_at(made(n)).observation) for n in ("", name))
    assert one.keys() == other.keys()
    found: dict[str, Any] = {s: differing(one[s], other[s]) for s in one if one[s] != other[s]}
    catalog = {section: names for section, names in found.items() if section.startswith("catalog.") and names}
    assert catalog == CATALOG[name]
    rest = {s for s in found if not s.startswith("catalog.") and not OURS.match(s)}
    assert {"rows:flows", "rows:operations"} <= rest <= ELSEWHERE


def test_before_the_registration_no_name_and_no_id_of_it_is_left(made: Callable[[str], Made]) -> None:
    """Beside it only the surface of the IU core is judged otherwise, of which the two views are a part."""
    found = made("unregistered")
    run = looked_at(found)
    policy = run.policies["iu_registration"]
    seen = [*facts(run.observation).values(), found.rows("directus_access"), found.rows("directus_permissions")]
    text = json.dumps(seen, default=str)
    names = (policy.collection.name, policy.reading.id, policy.serving.schema)
    assert [name for name in names if name in text] == []
    assert [row["name"] for row in found.rows("directus_roles")] == ["Administrator", "Editor", "Viewer"]
    broken = {case.rule.id for case in quick.verdict(run).cases if case.outcome == "broken"}
    assert {rule for rule in broken if not rule.startswith("IU")} == {"CC013"}
    assert {"IU001", "IU004", "IU008", "IU022"} <= broken


# --- what each of them is ---------------------------------------------------------------------------------------


def test_practice_has_three_names_that_flows_may_use_and_none_carries_a_token(
    made: Callable[[str], Made],
) -> None:
    found, scan = made("practice"), policy()
    directus, web = (found.environment(service) for service in ("directus", "web"))
    assert directus["FLOWS_ENV_ALLOW_LIST"] == "WEB_URL,AGENT_DATA_URL,AGENT_DATA_API_KEY"
    assert scan.auth is not None
    assert not {scan.auth.env, scan.auth.server_env} & {*directus, *web}
    for name in ("", "bare", "hoped", "text_only"):
        assert scan.auth.env in made(name).environment("directus")["FLOWS_ENV_ALLOW_LIST"].split(",")
        assert scan.auth.server_env in made(name).environment("web")


def test_practice_runs_a_count_refresh_that_is_no_tool_and_says_who_calls_to_nobody(
    made: Callable[[str], Made],
) -> None:
    found, pattern = made("practice"), policy().pattern
    assert pattern.tool not in {row["code"] for row in found.rows("dot_tools")}
    assert pattern.tool in {row["code"] for row in made("bare").rows("dot_tools")}
    [flow] = [row for row in found.rows("directus_flows") if row["name"] == pattern.flow]
    [send] = [row for row in found.rows("directus_operations") if row["id"] == flow["operation"]]
    assert flow["options"] == {"cron": "0 */6 * * *"}
    assert [header["header"].lower() for header in send["options"]["headers"]] == ["content-type"]


def test_practice_has_three_vocabularies_of_severity(made: Callable[[str], Made]) -> None:
    by_source: dict[str, set[str]] = {}
    for row in made("practice").rows("system_issues"):
        by_source.setdefault(row["source"] or row["source_system"], set()).add(row["severity"])
    told = {"health_check": {"CRITICAL", "WARNING", "INFO"}, "agent_data": {"blocker", "informational"}}
    assert {source: by_source[source] for source in told} == told
    assert {word for source, words in by_source.items() if source not in told for word in words} == {
        "low", "medium", "high",
    }  # fmt: skip
    before = {row["severity"] for row in made("bare").rows("system_issues")}
    assert before == {"low", "medium", "high"}


def test_hoped_has_the_columns_that_document_001_names(made: Callable[[str], Made]) -> None:
    tools, issues = made("hoped").columns("dot_tools"), made("hoped").columns("system_issues")
    assert {"tool_name", "tool_type", "executor_ref"} <= tools.keys()
    assert not {"name", "script_path"} & tools.keys()
    assert issues["details"] == "jsonb"
    assert "entity_ref" in issues
    assert not {"evidence_snapshot", "entity_code"} & issues.keys()
    assert not {"tool_name", "tool_type", "executor_ref"} & made("bare").columns("dot_tools").keys()
    types = {row["code"]: row["tool_type"] for row in made("hoped").rows("dot_tools")}
    assert types == {"DOT-REG-COUNT": "scheduled_job", "DOT-REG-SYNC": "script"}


def test_text_only_has_no_column_for_a_whole_summary(made: Callable[[str], Made]) -> None:
    kinds = {name: set(made(name).columns("system_issues").values()) for name in UNSCHEDULED}
    assert {name for name in UNSCHEDULED if kinds[name] & {"json", "jsonb"}} == {"bare", "practice", "hoped"}
    lost = made("bare").columns("system_issues").keys() - made("text_only").columns("system_issues").keys()
    assert lost == {"evidence_snapshot"}


# --- beside the reference estate ----------------------------------------------------------------------------------


@pytest.fixture
def cache() -> Iterator[Path]:
    """A cache of this test's own, where the account that root's servers run as can reach it."""
    folder = Path(tempfile.mkdtemp(prefix="dotc-cache-", dir="/tmp"))
    folder.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder
        reference.down()
    shutil.rmtree(folder)


def test_a_person_makes_one_beside_the_reference_estate_and_it_stays_as_it_is(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def up() -> dict[str, Any]:
        assert main(["estate", "up", "--variant", "practice", "--json"]) == 0
        return dict(json.loads(capsys.readouterr().out))

    def do(statement: str) -> Any:
        with psycopg.connect(told["postgres"], autocommit=True) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else None

    told = up()
    assert cache in Path(told["estate"]).parents
    assert do("select current_user::text, count(*) from public.dot_tools") == [("estate_owner", 1)]
    assert main(["audit", "--estate", told["estate"], "--no-page", "--out", str(cache / "out")]) in (0, 1)
    capsys.readouterr()
    do("delete from public.dot_tools")
    assert up() == told
    assert do("select count(*) from public.dot_tools") == [(0,)], "what a person did to it is left alone"
    with psycopg.connect(reference.up().dsn(), autocommit=True) as connection:
        row = connection.execute("select count(*) from public.dot_tools").fetchone()
    assert row == (3,), "the reference estate is another database"
    reference.reset()
    assert up() == told
    assert do("select count(*) from public.dot_tools") == [(1,)], "a reset of the estate is one of its variants"


def test_a_variant_that_there_is_not_is_refused_with_those_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("none", "../variants/bare", ""):
        assert main(["estate", "up", "--variant", name]) == 2
        assert f"no variant '{name}'" in (said := capsys.readouterr().err)
        assert ", ".join(NAMES) in said


def test_a_variant_and_services_are_not_asked_for_together(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["estate", "up", "--variant", "bare", "--directus"])
    assert left.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


def test_help_names_every_variant(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["estate", "up", "--help"])
    said = capsys.readouterr().out
    assert [name for name in NAMES if not re.search(rf"\b{name}\b", said)] == []

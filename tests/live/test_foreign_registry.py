"""The registry sync of another estate, in which every name differs: audited and set right by configuration alone."""

from __future__ import annotations

import copy
import shutil
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from pytest_postgresql import factories

from compliance import audit
from compliance.core.errors import ConfigurationError
from compliance.core.finding import NotApplicable, Note
from compliance.core.observation import SourceUnavailable
from compliance.estate import document
from compliance.estate.observe import observe
from compliance.estate.resources import resource
from compliance.probing import Run
from compliance.systems import Policies, registry_sync
from tests import judging, quick
from tests.conftest import clone
from tests.live.foreign import PROBE, as_role, foreign_estate, judge, load_foreign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

    from compliance.core.change import Compiled

foreign_template = factories.postgresql_noproc(
    dbname="wasserwerk_registry", depends_on="postgres_server", load=[load_foreign]
)
FLOWS, OPERATIONS = '"verwaltung".directus_flows', '"verwaltung".directus_operations'
POLICY = document.read(resource("fixtures/foreign/policy/registry_sync.yaml"))
JUDGING = [probe.rule for probe in quick.probes() if probe.said.system == "registry_sync"]


@pytest.fixture(scope="module")
def unchanged_dsn(foreign_template: NoopExecutor) -> Iterator[str]:
    """A copy for tests that only look."""
    with clone(foreign_template, "wasserwerk_registry_read") as dsn:
        yield dsn


@pytest.fixture
def foreign_dsn(foreign_template: NoopExecutor) -> Iterator[str]:
    """The superuser's address of a fresh copy."""
    with clone(foreign_template) as dsn:
        yield dsn


def rows(dsn: str, spelled: str = "t::text") -> list[tuple[Any, ...]]:
    """Every row of both tables, to the letter."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        query = f"select {spelled} from {FLOWS} t union all select {spelled} from {OPERATIONS} t order by 1"
        return connection.execute(query.encode()).fetchall()


def meant(dsn: str) -> list[tuple[Any, ...]]:
    """The same but for what was made by hand, options as what they say."""
    found = rows(dsn, "(to_jsonb(t) || jsonb_build_object('options', t.options::jsonb))::text")
    return [row for row in found if "Von Hand" not in row[0]]


def change(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def compiled(dsn: str) -> dict[str, Compiled]:
    judged = judge(foreign_estate(as_role(dsn, PROBE)))
    return {item.kind: item for item in audit.compile_system(judged.run, judged.verdict, "registry_sync")}


def test_its_flows_documents_and_sources_are_judged_and_kept(unchanged_dsn: str) -> None:
    judged = judge(foreign_estate(as_role(unchanged_dsn, PROBE)))
    assert judged.broken == {}
    kept = {(case.rule.id, case.subject) for case in judged.verdict.cases if case.outcome == "kept"}
    assert {
        ("RS001", "Absperr_Ventil"), ("RS003", "Pumpe"), ("RS006", "agent_data"), ("RS007", "Dienst/rueckweg.py"),
        ("RS008", "directus"), ("RS009", "Zähler"), ("RS010", "Pumpe"), ("RS011", "directus"),
        ("RS014", "Abgleich Ventile (gelöscht), je Blatt"), ("RS017", "Pumpe"), ("RS018", "Pumpe"),
        ("RS032", "Absperr_Ventil"), ("PL004", "directus"),
    } <= kept  # fmt: skip
    seed, migration = audit.compile_system(judged.run, judged.verdict, "registry_sync")
    assert (len(seed.steps), migration.steps) == (10, ())


def test_what_was_done_to_its_flows_is_undone_and_done_again_by_psql(foreign_dsn: str, tmp_path: Path) -> None:
    whole = meant(foreign_dsn)
    change(
        foreign_dsn,
        f"update {OPERATIONS} set flow = '{'0' * 36}', options = ' {{}}' where key = 'send' and name = 'Send'"
        f" and flow = (select id from {FLOWS} where name = 'Abgleich Ventile (neu)')",
        f"delete from {FLOWS} where name = 'Abgleich Pumpen (geändert)'",
        f"insert into {FLOWS} (id, name, status, trigger, options) values ('{'1' * 36}', 'Von Hand', 'active', 'event',"
        """ '{"type": "action", "scope": ["items.delete"], "collections": ["Pumpe"]}')""",
    )
    broken = rows(foreign_dsn)
    judged = judge(foreign_estate(as_role(foreign_dsn, PROBE)))
    assert {"Abgleich Ventile (neu)", "Abgleich Pumpen (geändert)", "(all others)"} <= judged.broken["RS014"]
    migration = compiled(foreign_dsn)["migration"]
    assert migration.title == "set up 1 flow(s), set right 1 flow(s), switch off 1 flow(s)"
    folder = judging.write_sql(migration, tmp_path)
    for name in ("deploy", "deploy", "verify"):
        done = judging.psql(foreign_dsn, "-f", str(folder / f"{name}.sql"))
        assert done.returncode == 0, done.stderr
        assert meant(foreign_dsn) == whole
    done = judging.psql(foreign_dsn, "-f", str(folder / "revert.sql"))
    assert (done.returncode, rows(foreign_dsn)) == (0, broken), done.stderr


def test_a_document_under_a_former_id_is_moved_by_a_preparation(foreign_dsn: str) -> None:
    change(
        foreign_dsn,
        """update "Ablage"."Blätter" set "Inhalt" = "Inhalt" || '{"document_id": "verzeichnis/pumpen/Not-Pumpe"}'"""
        """ where "Schlüssel" like '%0002'""",
    )
    assert judge(foreign_estate(as_role(foreign_dsn, PROBE))).broken == {"RS010": {"Pumpe"}}
    (call,) = compiled(foreign_dsn)["preparation"].calls
    assert (call.path, call.body) == (
        "/documents/verzeichnis/pumpen/Not-Pumpe/move",
        {"new_id": "verzeichnis/pumpen/p-aaaaaaaa-0000-4000-8000-000000000002"},
    )


# For people, or for what runs only beside services: nothing that is looked at here can tell that it is wrong.
UNSEEN = {
    "reviewed",
    "reason",
    "prune",
    "exercise",
    "webhooks",
    "known_operations",
    "bypasses",
    "former",
    "evidence",
}


def configured(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], bool]]:
    """Every place that holds a name of the estate; `True`: the key itself is such a name."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        here = (*place, key)
        # The collection of the way back is a place in the platform's graph, and no rule's of this system.
        if key in UNSEEN or here == ("service", "reverse", "collection"):
            continue
        if here[:-1] in (("collections",), ("service", "reviewed_sources"), ("failures", "values")):
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
    else:
        holder[last] = "all" if holder[last] is None else f"x{holder[last]}"
    return value


PLACES = [
    pytest.param(*found, id="/".join(map(str, found[0])) + ":" * found[1]) for found in configured(POLICY.value)
]


def unhappy(value: Any, dsn: str) -> list[object]:
    """What the rules themselves say under a policy of these values, blindness included."""
    estate = foreign_estate(as_role(dsn, PROBE))
    policies = Policies.load(estate)
    policies["registry_sync"] = registry_sync.parse(document.Document(POLICY.path, value, POLICY.lines))
    run = Run(estate, policies, observe(estate, policies.needs()))
    said = [run.judged(rule, "registry_sync") for rule in JUDGING]
    found = [j for judged in said for js in judged.by_subject.values() for j in js]
    failures = [j.failure for j in said if j.failure and not isinstance(j.failure, SourceUnavailable)]
    return [*failures, *(j for j in found if not isinstance(j, (NotApplicable, Note)))]


def test_nothing_is_said_against_the_names_as_they_are(unchanged_dsn: str) -> None:
    """The control of the next test."""
    assert unhappy(POLICY.value, unchanged_dsn) == []


@pytest.mark.parametrize(("place", "key"), PLACES)
def test_no_name_can_be_wrong_in_silence(place: tuple[str | int, ...], key: bool, unchanged_dsn: str) -> None:
    """One name that is another is a wrong policy, a finding, or something that was not seen."""
    try:
        said = unhappy(renamed(place, key), unchanged_dsn)
    except ConfigurationError:
        return
    assert said


def test_a_draft_of_it_says_in_its_own_words_what_its_policy_says(unchanged_dsn: str, tmp_path: Path) -> None:
    judged = judge(foreign_estate(as_role(unchanged_dsn, PROBE)))
    before = judged.run.policies["registry_sync"]
    text = registry_sync.draft(before, judged.run.observation)
    shutil.copytree(judged.run.estate.policy, tmp_path / "policy")
    (tmp_path / "policy" / "registry_sync.yaml").write_text(text, encoding="utf-8")
    again = judge(foreign_estate(as_role(unchanged_dsn, PROBE)), tmp_path / "policy")
    assert again.broken == {"PL003": {"registry_sync"}}
    after = again.run.policies["registry_sync"]
    assert {name: flow.action for name, flow in after.flows.items()} == {
        n: f.action for n, f in before.flows.items()
    }
    for name in ("excluded", "service", "environment", "failures", "accountability"):
        assert getattr(after, name) == getattr(before, name), name

"""The reference estate is what the documents say of theirs: its surface, its records, its catalog, its repository."""

from __future__ import annotations

import json
import re
import runpy
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo

from compliance import audit
from compliance.core.observation import Seen
from compliance.estate import reference_build
from compliance.estate.document import read
from compliance.estate.resources import resource
from tests.judging import CATALOG, look
from tests.live.servers import serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compliance.core.facts import Column, Constraint
    from compliance.core.observation import Observation

POLICY = read(resource("fixtures/reference/policy/command_catalog.yaml")).value
REPOSITORY = resource("fixtures/reference/repository")
TEMPLATES = "00000000-0000-4000-8000-000000000001"
D9 = {"table": 29, "view": 30, "function": 65, "trigger": 6, "config": 13, "event_type": 22, "route": 16}
# Document 000, 'Sync Tests': collection, record, what it is called.
RECORDS = [
    ("table_registry", 1, "table_id", "tbl_workflow_list"),
    ("workflows", 1, "code", "WF-001"),
    ("workflow_steps", 6, "code", "task_submitted"),
    ("workflow_change_requests", 1, "id", 1),
    ("workflow_categories", 1, "code", "C1-GEN"),
    ("workflow_step_relations", 5, "id", 5),
]
LABELS = ("Table Registry", "Workflows", "Workflow Steps", "WCR", "Workflow Categories", "Step Relations")
FIVE = {"command_name", "category", "mutating", "reversible", "target_functions"}
_NAMES = {
    "table": "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'",
    "view": "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'",
    "function": "select p.proname from pg_proc p where p.pronamespace = 'public'::regnamespace",
    "trigger": "select t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
    " where not t.tgisinternal and c.relnamespace = 'public'::regnamespace",
}


def _values(connection: psycopg.Connection, query: str, *parameters: object) -> list[Any]:
    return [row[0] for row in connection.execute(query.encode(), parameters or None).fetchall()]


def _surface(connection: psycopg.Connection) -> dict[str, int]:
    """What the patterns of policy select, by plain queries that share nothing with the probe of the same."""
    counted = {}
    for part, said in POLICY["surface"]["parts"].items():
        query = _NAMES.get(part) or f"select {said['column']} from {said['relation']}"
        names = _values(connection, query)
        counted[part] = sum(any(fnmatchcase(name, like) for like in said["like"]) for name in names)
    return counted


# --- the IU core and the registries -----------------------------------------------------------------------------


def test_the_surface_has_exactly_the_counts_of_the_document(estate_db: psycopg.Connection) -> None:
    assert _surface(estate_db) == D9
    assert sum(D9.values()) == POLICY["surface"]["total"] == 181


@pytest.mark.parametrize(("collection", "record", "column", "value"), RECORDS)
def test_a_record_that_the_document_tested_with_exists(
    estate_db: psycopg.Connection, collection: str, record: int, column: str, value: object
) -> None:
    assert _values(estate_db, f"select {column} from public.{collection} where id = %s", record) == [value]


def test_the_six_that_of_the_reverse_sync_and_the_view_are_registered_and_modules_is_none(
    estate_db: psycopg.Connection,
) -> None:
    six = sorted(collection for collection, *_ in RECORDS)
    governed = (
        "select collection_name from public.collection_registry where \"group\" in ('registry', 'workflow')"
    )
    assert sorted(_values(estate_db, governed)) == six
    assert sorted(_values(estate_db, "select collection from public.directus_collections")) == sorted(
        [*six, "knowledge_documents", "v_ui_iu_three_axis_envelope"]
    )
    assert _values(estate_db, "select to_regclass('public.modules')::text") == [None]


def test_the_registry_of_collections_tells_the_truth_about_their_fields(estate_db: psycopg.Connection) -> None:
    wrong = """
        select r.collection_name from public.collection_registry r
         where r.field_count <> (select count(*) from pg_attribute a where a.attnum > 0 and not a.attisdropped
                                    and a.attrelid = to_regclass('public.' || quote_ident(r.collection_name)))"""
    assert _values(estate_db, wrong) == []


def test_the_18_flows_of_the_document_and_no_other_listen_to_the_collections(
    estate_db: psycopg.Connection,
) -> None:
    found = estate_db.execute(
        "select name, options->'collections'->>0, options->'scope'->>0, options->>'type' from public.directus_flows"
        " where trigger = 'event' and status = 'active'"
    ).fetchall()
    assert sorted(found) == sorted(
        (f"[DOT-REG] {label} {action} -> AD", collection, f"items.{action.lower()}", "action")
        for label, (collection, *_) in zip(LABELS, RECORDS)
        for action in ("Create", "Update", "Delete")
    )


def test_the_documents_are_what_the_create_flows_send_for_their_rows(estate_db: psycopg.Connection) -> None:
    bodies = estate_db.execute(
        "select f.options->'collections'->>0, o.options->>'body' from public.directus_flows f"
        " join public.directus_operations o on o.flow = f.id"
        " where o.type = 'request' and f.options->'scope'->>0 = 'items.create'"
    ).fetchall()
    sent = {}
    for collection, body in bodies:
        for row in _values(estate_db, f"select to_jsonb(r) from {collection} r"):
            said = body
            values = {"$trigger.key": row["id"]} | {f"read.{name}": value for name, value in row.items()}
            for name, value in values.items():
                said = said.replace(f"{{{{{name}}}}}", str(value))
            document = json.loads(said)
            sent[document["document_id"].replace("/", "__")] = document
    stored = estate_db.execute(
        "select key, data - '{revision,created_at,updated_at,deleted_at}'::text[] from agent_data.kb_documents"
        " where data->>'document_id' not like 'knowledge/%'"
    ).fetchall()
    assert dict(stored) == sent
    assert len(sent) == 18


def test_the_pattern_flow_its_tool_row_and_its_endpoint_belong_together(estate_db: psycopg.Connection) -> None:
    [(cron, url, method)] = estate_db.execute(
        "select f.options->>'cron', o.options->>'url', o.options->>'method' from public.directus_flows f"
        " join public.directus_operations o on o.id = f.operation"
        " where f.trigger = 'schedule' and f.name = '[DOT-REG] Count Refresh (6h)'"
    ).fetchall()
    [(schedule, trigger, script)] = estate_db.execute(
        "select cron_schedule, trigger_type, script_path from public.dot_tools where name like '%Count Refresh%'"
    ).fetchall()
    assert (cron, schedule, trigger) == ("0 */6 * * *", "0 */6 * * *", "cron")
    assert script == f"server{url.removeprefix('{{$env.WEB_URL}}')}.{method.lower()}.ts"
    assert (REPOSITORY / script).is_file()
    assert re.findall(r"FLOWS_ENV_ALLOW_LIST: (\S+)", (REPOSITORY / "docker-compose.yml").read_text()) == [
        "WEB_URL,AGENT_DATA_URL,AGENT_DATA_API_KEY,BIRTH_SCAN_TOKEN"
    ]


# --- the command catalog ----------------------------------------------------------------------------------------


@pytest.fixture
def seen(estate_dsn: Callable[[str], str]) -> Observation:
    return look(estate_dsn("compliance_probe")).observation


def test_the_primary_key_is_on_the_name_and_nothing_else_constrains_the_rows(seen: Observation) -> None:
    own: list[Constraint] = [
        c for c in seen.read("catalog.constraints") if f"{c.schema}.{c.relation}" == CATALOG
    ]
    assert [(c.name, c.kind, c.columns) for c in own] == [
        ("dot_iu_command_catalog_pkey", "primary key", ("command_name",))
    ]
    assert [i.name for i in seen.read("catalog.indexes") if f"{i.schema}.{i.relation}" == CATALOG] == [
        own[0].name
    ]
    assert [t.name for t in seen.read("catalog.triggers") if f"{t.schema}.{t.relation}" == CATALOG] == []


def test_a_column_beyond_the_five_of_the_document_has_a_default(seen: Observation) -> None:
    columns: list[Column] = [c for c in seen.read("catalog.columns") if f"{c.schema}.{c.relation}" == CATALOG]
    assert {c.name for c in columns} > FIVE
    assert [c.name for c in columns if c.name not in FIVE and c.default is None] == []


def test_no_wrong_value_is_stopped_and_a_name_that_is_taken_is(estate_db: psycopg.Connection) -> None:
    insert = f"insert into {CATALOG} (command_name, category, mutating, reversible, target_functions) values "
    wrong = ("('a', null, null, null, null)", "('', 'no such category', false, true, '{no_such_function,NULL}')",
             "(' A\n', 'read', true, true, '{}')")  # fmt: skip
    for values in wrong:
        estate_db.execute((insert + values).encode())
    estate_db.execute(f"update {CATALOG} set mutating = not mutating, target_functions = '{{x}}'".encode())
    with pytest.raises(errors.UniqueViolation) as caught:
        estate_db.execute((insert + wrong[0]).encode())
    assert caught.value.diag.constraint_name == "dot_iu_command_catalog_pkey"


# --- other versions of PostgreSQL -------------------------------------------------------------------------------


def test_the_same_sql_makes_the_same_estate_on_postgresql_15(seen: Observation) -> None:
    database = seen.read("catalog.server")[0].database
    with serving("debian-15", f"create database {database}") as (server, _):
        owner = make_conninfo(server, dbname=database)
        reference_build.load(owner)
        run = look(make_conninfo(owner, user="compliance_probe"))
        verdict = audit.probe(run)
        with psycopg.connect(owner) as connection:
            assert connection.info.server_version // 10000 == 15
            assert _surface(connection) == D9
            _instantiates_and_rolls_back(connection)
    assert verdict.conclusion == "kept", [case for case in verdict.cases if case.outcome != "kept"]
    told, expected = _facts(run.observation), _facts(seen)
    assert {name for name in expected if told.get(name) != expected[name]} == {"catalog.server"}


def _facts(observation: Observation) -> dict[str, object]:
    """All that was seen, but for the text of views, which each version prints in its own way."""
    facts: dict[str, object] = {n: s.facts for n, s in observation.sections.items() if isinstance(s, Seen)}
    relations = observation.read("catalog.relations")
    # Roles belong to the whole server, where other tests make some of their own.
    own = resource("sql/reference/00_roles.sql").read_text(encoding="utf-8")
    return facts | {
        "catalog.relations": [relation._replace(definition=None) for relation in relations],
        "catalog.roles": [role for role in observation.read("catalog.roles") if role.name in own],
    }


def _instantiates_and_rolls_back(connection: psycopg.Connection) -> None:
    """The orchestrator's round trip, as a superuser and in one transaction."""
    connection.execute("update public.dot_config set value = 'true' where key like 'iu_core.%_enabled'")
    made = "select public.fn_iu_auto_instantiate_from_event(gen_random_uuid(), 'unit.created', %s, 'x', 'live', 'a')"
    gone = "select public.fn_iu_auto_instantiate_rollback_by_actor('a', false)"
    [first], [second] = _values(connection, made, TEMPLATES), _values(connection, gone)
    assert (first["created"], second["removed"]) == (2, 2)


@pytest.mark.parametrize("estate", ["REFERENCE", "FOREIGN"])
def test_its_registration_is_what_a_preparation_and_the_package_give(estate: str) -> None:
    """Nobody edits the file: `make golden` writes it from policy and the other files."""
    made = runpy.run_path(str(resource("sql/reference/compile_registration.py")))
    assert made[estate].target.read_text(encoding="utf-8") == made["text"](made[estate])

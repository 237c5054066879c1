"""A real Directus on a clone of the estate: what it serves, to whom, and what it hears of a change."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from compliance.core.facts import Served
from compliance.estate import directus as real
from compliance.estate import directus_facts, document, pgbin
from compliance.estate.config import Service
from compliance.estate.resources import resource
from tests.live.directus_live import restore

if TYPE_CHECKING:
    from tests.live.directus_live import Live

# What a row of each governed collection needs beside its code and name.
COLLECTIONS = {
    "table_registry": {"table_id": True},
    "workflows": {},
    "workflow_steps": {"workflow_id": 1, "sort": 9},
    "workflow_change_requests": {},
    "workflow_categories": {},
    "workflow_step_relations": {"from_step": 1, "to_step": 2},
}


def process_of(live: Live) -> int:
    return int((live.directus.folder / "process").read_text())


def new_row(collection: str = "table_registry") -> dict[str, object]:
    name = uuid.uuid4().hex
    given = {key: name if value is True else value for key, value in COLLECTIONS[collection].items()}
    return {"code": name, "name": name, **given}


def insert_flow(live: Live, kind: str, options: str, operation: tuple[str, str]) -> str:
    """A flow of one operation, by SQL: the process does not hear of it."""
    flow, first = str(uuid.uuid4()), str(uuid.uuid4())
    live.rows(
        "insert into public.directus_flows (id, name, status, trigger, accountability, options, operation)"
        " values (%s, 'harness', 'active', %s, 'all', %s, %s)", flow, kind, options, first,
    )  # fmt: skip
    live.rows(
        "insert into public.directus_operations (id, name, key, type, position_x, position_y, options, flow)"
        " values (%s, 'Only', 'only', %s, 1, 1, %s, %s)", first, *operation, flow,
    )  # fmt: skip
    return flow


ON_CREATE = '{"type": "action", "scope": ["items.create"], "collections": ["table_registry"]}'


def test_it_serves_the_flows_of_its_database(directus: Live) -> None:
    served = directus.data("GET", "/flows?limit=-1&fields=id", token=directus.directus.people.probe_token)
    assert {each["id"] for each in served} == {
        str(flow) for (flow,) in directus.rows("select id from public.directus_flows")
    }
    assert len(served) > 18


def test_a_flow_that_sql_inserted_is_listed_but_runs_only_after_an_api_write(directus: Live) -> None:
    flow = insert_flow(directus, "event", ON_CREATE, ("log", '{"message": "hello"}'))
    assert directus.data("GET", f"/flows/{flow}")["status"] == "active"
    directus.data("POST", "/items/table_registry", new_row())
    directus.settle()
    assert directus.runs(flow) == 0
    directus.data("PATCH", "/flows", [{"id": flow, "name": "harness", "status": "active"}])
    directus.data("POST", "/items/table_registry", new_row())
    directus.settle()
    assert directus.runs(flow) == 1
    (written, ran) = directus.rows(
        "select data, delta from public.directus_revisions where item = %s order by id", flow
    )
    assert written[1] == {"name": "harness", "status": "active"}
    assert [step["status"] for step in ran[0]["steps"]] == ["resolve"]
    assert ran[1] is None  # how a run is told from a write


def test_a_patch_of_no_row_reloads_and_leaves_no_trace(directus: Live) -> None:
    flow = insert_flow(directus, "event", ON_CREATE, ("log", '{"message": "hello"}'))
    trail = "select count(*), (select count(*) from public.directus_revisions) from public.directus_activity"
    before = directus.rows(trail)
    directus.reload()
    assert directus.rows(trail) == before
    directus.data("POST", "/items/table_registry", new_row())
    directus.settle()
    assert directus.runs(flow) == 1
    directus.rows("delete from public.directus_flows")
    directus.reload()
    trail = "select count(*) from public.directus_activity where action = 'run'"
    before = directus.rows(trail)
    directus.data("POST", "/items/table_registry", new_row())
    directus.settle()
    assert directus.rows(trail) == before


def test_the_probe_reads_flows_and_what_was_written_to_them_and_nothing_else(directus: Live) -> None:
    probe, (flow, *_) = directus.directus.people.probe_token, directus.data("GET", "/flows?fields=id,name")
    directus.data("PATCH", "/flows", [flow])
    directus.data("POST", "/items/table_registry", new_row())
    for path in ("/flows", "/operations", "/revisions?filter[collection][_eq]=directus_flows"):
        assert directus.data("GET", path, token=probe), path
    assert directus.data("GET", "/server/info", token=probe)["version"] == real.VERSION
    assert directus.data("GET", "/revisions?filter[collection][_eq]=table_registry")
    assert not directus.data("GET", "/revisions?filter[collection][_eq]=table_registry", token=probe)
    for path in ("/users", "/activity", "/items/table_registry", "/settings", "/policies"):
        assert directus.ask("GET", path, token=probe).status_code == 403, path
    assert directus.ask("PATCH", "/flows", [flow], token=probe).status_code == 403
    assert directus.ask("GET", "/users/me", token="guessed").status_code == 401


def test_the_printed_login_is_an_administrator_s(directus: Live) -> None:
    people = directus.directus.people
    said = directus.ask("POST", "/auth/login", {"email": people.email, "password": people.password})
    token = said.json()["data"]["access_token"]
    assert directus.ask("GET", "/users", token=token).is_success


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_governed_collection_is_written_in_bulk(directus: Live, collection: str) -> None:
    path = f"/items/{collection}"
    made = directus.data("POST", path, [new_row(collection) for _ in range(3)])
    keys = [row["id"] for row in made]
    directus.data("PATCH", path, {"keys": keys, "data": {"name": "together"}})
    found = directus.data("GET", f"{path}?filter[name][_eq]=together")
    assert sorted(row["id"] for row in found) == sorted(keys)
    directus.data("DELETE", path, keys)
    assert not directus.data("GET", f"{path}?filter[name][_eq]=together")


def test_a_row_becomes_a_document_and_a_document_of_knowledge_a_row(directus: Live) -> None:
    row = directus.data("POST", "/items/table_registry", new_row())
    directus.settle()
    path = f"/documents/registries/table_registry/tbl-{row['id']}"
    assert row["name"] in directus.documents.ask("GET", path).text
    new = {"document_id": "knowledge/new", "content": {"mime_type": "text/plain", "body": "x"}}
    said = directus.documents.ask("POST", "/documents", {**new, "metadata": {"title": "New"}})
    assert said.status_code == 201
    directus.settle()
    found = directus.data("GET", "/items/knowledge_documents?filter[title][_eq]=New")
    assert [each["source_id"] for each in found] == ["agentdata:knowledge/new"]


def test_a_flow_reaches_loopback_and_no_other_address(directus: Live) -> None:
    port = directus.url.rpartition(":")[2]
    reached = {}
    hosts = ("127.0.0.1", "192.0.2.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "[::1]", "[2001:db8::1]")
    for host in hosts:
        options = f'{{"method": "GET", "url": "http://{host}:{port}/server/ping"}}'
        flow = insert_flow(directus, "webhook", '{"method": "GET", "return": "$last"}', ("request", options))
        directus.reload()
        asked = time.monotonic()
        reached[host] = directus.ask("GET", f"/flows/trigger/{flow}").json().get("status") == 200
        assert time.monotonic() - asked < 2, f"{host} was tried"
    assert [host for host, did in reached.items() if did] == ["127.0.0.1"]


def test_what_a_test_writes_is_put_back(directus: Live) -> None:
    tables = ("directus_flows", "directus_operations", "directus_activity", "table_registry", "system_issues")
    before = [directus.rows(f"select * from public.{table} order by id") for table in tables]
    insert_flow(directus, "event", ON_CREATE, ("log", '{"message": "hello"}'))
    directus.data("POST", "/items/table_registry", new_row())
    directus.data("DELETE", "/items/workflow_change_requests", [1])
    directus.settle()
    restore(directus.database)
    assert [directus.rows(f"select * from public.{table} order by id") for table in tables] == before


def test_neither_its_log_nor_its_arguments_hold_a_secret(directus: Live) -> None:
    directus.data("POST", "/items/table_registry", new_row())
    token = directus.directus.people.probe_token
    assert httpx.get(f"{directus.url}/users/me?access_token={token}", trust_env=False).is_success
    directus.settle()
    log = (directus.directus.folder / "log").read_text()
    assert "request completed" in log
    for secret in directus.directus.people.secrets:
        assert secret not in log
    process = Path("/proc") / str(process_of(directus))
    said = process.joinpath("cmdline").read_text().split("\0")
    assert said[-2:] == ["start", ""]


def test_it_is_given_nothing_of_the_caller(directus: Live) -> None:
    """PATH and what the harness names; HOME is a folder that goes with it."""
    environment = Path(f"/proc/{process_of(directus)}/environ").read_text()
    names = {pair.partition("=")[0] for pair in environment.split("\0")}
    assert not {"USER", "PWD", "XDG_CACHE_HOME", "PYTEST_CURRENT_TEST", "VIRTUAL_ENV"} & names
    assert f"HOME={directus.directus.folder}/home" in environment


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's Directus runs as somebody else")
def test_it_is_not_root(directus: Live) -> None:
    who = pgbin.account()
    assert who is not None
    assert Path(f"/proc/{process_of(directus)}").stat().st_uid == who.uid


def test_it_serves_the_view_that_is_registered_and_whoever_looks_may_read_it(directus: Live) -> None:
    """By the shadow behind public in its search path: no Directus serves a view by itself."""
    probe = directus.directus.people.probe_token
    policy = document.read(resource("fixtures/reference/policy/iu_registration.yaml")).value
    name = policy["collection"]["name"]
    found = directus.data("GET", f"/items/{name}?limit=2&sort=canonical_address", token=probe)
    assert [len(row) for row in found] == [len(policy["source"]["fields"])] * 2
    assert found == sorted(found, key=lambda row: str(row["canonical_address"]))
    with directus_facts.opened(Service(directus.directus.url, probe)) as api:
        seen = list(directus_facts.items(api, [name, "iu_unit", "nothing"]))
    assert seen == [Served("iu_unit", 403), Served("nothing", 403), Served(name, 200)]


def test_the_schemas_that_it_searches_are_those_that_the_reference_estate_declares() -> None:
    """The tables of Directus first; the shadow only where nothing of that name stands before it."""
    first, behind = real.declared_path()
    policy = document.read(resource("fixtures/reference/policy/iu_registration.yaml")).value
    assert (first, behind) == (policy["directus"]["schema"], policy["serving"]["schema"])

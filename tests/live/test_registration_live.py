"""The registration on a real Directus: from an estate that knows nothing of it to one that serves it, and back.

One estate goes the whole way, in the order of this file; where a test needs what stands before it, a fixture brings it
there. What is read and what nobody may write is shown on the Directus of the run, which the reference estate serves.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from psycopg import errors

from compliance import audit
from compliance.estate import document
from tests import faults, quick
from tests.live.registration_live import NAME, SHADOWS, registration_estate
from tests.live.staging import read_once

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_postgresql.executors import NoopExecutor

    from compliance.core.verdict import Verdict
    from tests.live.directus_live import Live
    from tests.live.registration_live import RegistrationEstate, Said

VIEW, SHADOW = f"public.{NAME}", f"{SHADOWS}.{NAME}"
BOTH = ("public", SHADOWS)
DISABLED = ("state: registered", "state: disabled")
AS_WRITTEN = ("serving: {mode: shadow, schema: directus_shadow}", "serving: {mode: view}")
READINESS = {f"IU{number:03}" for number in range(1, 11)}


@pytest.fixture(scope="module")
def site(
    reference_template: NoopExecutor, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegistrationEstate]:
    """Before the registration; Directus searches `public` alone, as it does where nobody says anything."""
    with registration_estate(reference_template, tmp_path_factory.mktemp("registration")) as found:
        found.searching("public")
        yield found


class Way(NamedTuple):
    """What was seen on the way to the registration."""

    kept: dict[str, str]
    before: Verdict
    preparation: str
    prepared: Verdict
    too_early: Said
    searched: Verdict
    killed: tuple[int, int]
    finished: Said
    migration: str
    after: Verdict


@pytest.fixture(scope="module")
def way(site: RegistrationEstate) -> Way:
    """Prepared, started again with another search path, and registered by a command that is killed."""
    kept, before = site.kept(), site.probed()
    preparation = site.applied("preparation")
    prepared, too_early = site.probed(), site.compiled()
    site.searching(*BOTH)
    searched, plan = site.probed(), site.rehearsed()
    site.killed("calling: give IU three-axis read to viewer", "apply", plan)
    killed = (rows(site), site.status())
    finished = site.run("apply", plan)
    return Way(
        kept,
        before,
        preparation,
        prepared,
        too_early,
        searched,
        killed,
        finished,
        site.receipt(),
        site.probed(),
    )


@pytest.fixture(autouse=True)
def without_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """After that way commands ask the probes as `quick` does, which `test_sensitivity.py` holds to what pytest says."""
    monkeypatch.setattr(audit, "probe", lambda run, **_: quick.verdict(run))
    monkeypatch.setattr(document, "read", read_once)


@pytest.fixture
def registered(way: Way, site: RegistrationEstate) -> RegistrationEstate:
    """After that way."""
    assert site.path == BOTH, way.finished.err
    return site


def rows(site: RegistrationEstate) -> int:
    """How many there are of the collection and its fields."""
    found = site.rows(
        f"select (select count(*) from public.directus_collections where collection = '{NAME}')"
        f" + (select count(*) from public.directus_fields where collection = '{NAME}')"
    )
    return int(found[0][0])


def broken(verdict: Verdict) -> set[str]:
    return faults.rules_with(verdict, "broken")


# --- the way there --------------------------------------------------------------------------------------------------


def test_before_it_the_probes_say_what_is_missing_and_that_nothing_is_served(way: Way) -> None:
    assert broken(way.before) == {"IU001", "IU004", "IU008", "IU022", "IU028"}
    assert faults.rules_with(way.before, "could_not_look") == {"IU020", "IU021", "IU025", "IU026"}
    told = faults.told(way.before)
    for said in (
        "there is no such view",
        f"there is no table {SHADOW}",
        "is not in the search path (public)",
        "403",
    ):
        assert said in told


def test_what_is_prepared_is_not_served_before_directus_is_told_where_to_look(way: Way) -> None:
    assert broken(way.prepared) & READINESS == {"IU004"}
    assert "IU028" in broken(way.prepared)
    assert (way.too_early.code, f"{SHADOWS}, is not in the search path" in way.too_early.err) == (4, True)


def test_once_it_is_started_with_that_path_it_is_ready_and_not_registered(way: Way) -> None:
    assert broken(way.searched) == {"IU020", "IU021", "IU022", "IU028"}
    assert not faults.rules_with(way.searched, "could_not_look")


def test_killed_among_the_calls_that_follow_commit_the_same_command_finishes(way: Way) -> None:
    assert way.killed == (17, 403)
    assert way.finished.code == 0, way.finished.err
    for said in (
        "by an earlier run, which was interrupted",
        "cleared: ",
        "called: 2 call(s) made, 2 made before",
    ):
        assert said in way.finished.out


def test_after_it_every_rule_is_kept_and_the_running_directus_serves_it(
    way: Way, registered: RegistrationEstate
) -> None:
    assert way.after.conclusion == "kept", faults.told(way.after)
    assert {case.outcome for case in way.after.cases if case.rule.id == "IU028"} == {"kept"}
    assert registered.status() == 200
    assert "nothing to do" in registered.compiled().out
    package = json.loads(registered.run("iu-registration", "register-plan").out)["package"]
    served = {field["field"]: field for field in registered.ask("GET", f"/fields/{NAME}").json()["data"]}
    assert {name: (field["type"], field["meta"]["note"]) for name, field in served.items()} == {
        field["name"]: (field["type"], field["group"]) for field in package["fields"]
    }
    assert [name for name, field in served.items() if field["schema"]["is_primary_key"]] == ["unit_id"]


# --- 10,000 rows ----------------------------------------------------------------------------------------------------

MANY = 10_000
UNITS = f"""
    insert into public.iu_unit (canonical_address, unit_kind, section_type, title, lifecycle_status, actor)
    select 'clause/many-' || lpad(n::text, 5, '0'), 'clause', 'body', 'One of many', 'draft', 'many'
      from generate_series(1, {MANY}) n;
    insert into public.iu_hierarchy (child_id, parent_id, actor)
    select c.id, (select id from public.iu_unit where actor <> 'many' order by id limit 1), 'many'
      from public.iu_unit c where c.actor = 'many' and c.canonical_address like '%0';
"""
FEW = "filter[canonical_address][_starts_with]=clause/many-"


@pytest.fixture
def viewer(directus: Live) -> str:
    """The token of a user whose role is the viewers', and who is nothing else."""
    (role,) = (row["id"] for row in directus.data("GET", "/roles") if row["name"] == "Viewer")
    token = secrets.token_urlsafe(24)
    directus.data("POST", "/users", {"email": "viewer@example.com", "role": role, "token": token})
    return token


def read(directus: Live, viewer: str, query: str) -> dict[str, Any]:
    answer = directus.ask("GET", f"/items/{NAME}?{query}", token=viewer)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_viewer_reads_ten_thousand_rows_each_once_by_filter_sort_and_page(
    directus: Live, viewer: str
) -> None:
    (others,) = directus.rows("select count(*) from public.iu_unit")[0]
    directus.rows(UNITS)
    query, found = f"{FEW}&fields=unit_id,canonical_address&sort=-canonical_address&limit=1000&meta=*", []
    for page in range(1, 12):
        said = read(directus, viewer, f"{query}&page={page}")
        assert said["meta"] == {"total_count": MANY + others, "filter_count": MANY}
        found += [(row["unit_id"], row["canonical_address"]) for row in said["data"]]
    assert found == directus.rows(
        f"select unit_id::text, canonical_address from {VIEW} where canonical_address like 'clause/many-%%'"
        ' order by canonical_address collate "C" desc'
    )
    assert len({unit for unit, _ in found}) == MANY
    assert_filters_reach_what_the_view_reckons(directus, viewer)


def assert_filters_reach_what_the_view_reckons(directus: Live, viewer: str) -> None:
    """And it counts without reading, and gives all at once to whoever asks for that."""
    deep = f"{FEW}&filter[axis_c_depth][_gt]=0"
    said = read(
        directus, viewer, f"{deep}&sort=axis_c_depth,canonical_address&limit=7&offset=500&meta=filter_count"
    )
    assert said["meta"]["filter_count"] == MANY // 10
    assert [row["canonical_address"][-5:] for row in said["data"]] == [f"{n:05}" for n in range(5010, 5080, 10)]
    assert read(directus, viewer, f"{deep}&aggregate[count]=unit_id")["data"] == [
        {"count": {"unit_id": str(MANY // 10)}}
    ]
    assert len(read(directus, viewer, f"{FEW}&limit=-1&fields=unit_id")["data"]) == MANY


def test_what_it_serves_is_what_the_view_gives(directus: Live, viewer: str) -> None:
    """Arrays too, as lists; times without a zone, which the document's type map wants."""
    (expected,) = directus.rows(
        f"select json_agg(to_jsonb(v) - 'created_at' - 'updated_at' order by unit_id) from {VIEW} v"
    )[0]
    served = read(directus, viewer, "sort=unit_id&limit=-1")["data"]
    assert expected
    assert [{k: v for k, v in row.items() if not k.endswith("ed_at")} for row in served] == expected
    assert all(len(row["created_at"]) == len("2026-11-22T02:49:33") for row in served)


def graphql(directus: Live, text: str, token: str | None = None) -> dict[str, Any]:
    return dict(directus.ask("POST", "/graphql", {"query": text}, token=token).json())


def test_graphql_reads_the_same_but_counts_no_array(directus: Live, viewer: str) -> None:
    """Known: it takes the field for JSON, as is meant, and asks PostgreSQL for the length of JSON of a text[]."""
    said = graphql(
        directus, f'{{ {NAME}(sort: ["unit_id"]) {{ unit_id axis_b_tags axis_c_ancestors }} }}', viewer
    )
    rest = read(directus, viewer, "sort=unit_id&fields=unit_id,axis_b_tags,axis_c_ancestors")
    assert said == {"data": {NAME: rest["data"]}}
    assert any(row["axis_b_tags"] for row in rest["data"])
    assert "errors" in graphql(directus, f"{{ {NAME} {{ axis_b_tags_func {{ count }} }} }}", viewer)
    answer = directus.ask("GET", f"/items/{NAME}?fields=count(axis_b_tags)", token=viewer)
    assert answer.status_code == 500


# --- nobody writes ---------------------------------------------------------------------------------------------------


def mutations(unit: str) -> tuple[str, ...]:
    changed = 'data: {unit_kind: "x"}'
    return (
        f"mutation {{ create_{NAME}_item(data: {{unit_id: \"{unit}\"}}) {{ unit_id }} }}",
        f"mutation {{ update_{NAME}_item(id: \"{unit}\", {changed}) {{ unit_id }} }}",
        f"mutation {{ update_{NAME}_items(ids: [\"{unit}\"], {changed}) {{ unit_id }} }}",
        f"mutation {{ delete_{NAME}_item(id: \"{unit}\") {{ id }} }}",
        f"mutation {{ delete_{NAME}_items(ids: [\"{unit}\"]) {{ ids }} }}",
    )  # fmt: skip


def requests(unit: str) -> tuple[tuple[str, str, Any], ...]:
    path, changed = f"/items/{NAME}", {"unit_kind": "x"}
    return (
        ("POST", path, {"unit_id": unit}),
        ("POST", path, [{"unit_id": unit}]),
        ("PATCH", f"{path}/{unit}", changed),
        ("PATCH", path, {"keys": [unit], "data": changed}),
        ("PATCH", path, {"query": {"limit": -1}, "data": changed}),
        ("DELETE", f"{path}/{unit}", None),
        ("DELETE", path, [unit]),
        ("DELETE", path, {"query": {"limit": -1}}),
    )


def units(directus: Live) -> list[tuple[Any, ...]]:
    """All that anybody might write behind the collection."""
    return [
        *directus.rows(f"select to_jsonb(v)::text from {VIEW} v order by 1"),
        *directus.rows(f"select to_jsonb(s)::text from {SHADOW} s"),
        *directus.rows("select to_jsonb(u)::text from public.iu_unit u order by 1"),
    ]


@pytest.mark.parametrize("who", ["a viewer", "an administrator"])
def test_nobody_writes_by_rest_nor_by_graphql(who: str, directus: Live, viewer: str) -> None:
    """A user has no right to; the administrator, whom no permission stops, is stopped by the view."""
    before, token = units(directus), viewer if who == "a viewer" else None
    unit = directus.rows(f"select unit_id::text from {VIEW} order by 1")[0][0]
    answers = [directus.ask(*request, token=token) for request in requests(unit)]
    assert [answer.status_code for answer in answers] == [403 if token else 500] * len(answers)
    assert all(token or "view" in answer.text for answer in answers), [answer.text for answer in answers]
    for text in mutations(unit):
        said = graphql(directus, text, token)
        assert said.get("errors"), said
        assert not any((said.get("data") or {}).values()), said
    assert units(directus) == before


@pytest.mark.parametrize(
    "relation", [VIEW, SHADOW, "public.iu_unit", "public.iu_unit_tag", "public.iu_hierarchy"]
)
def test_nor_by_sql_as_the_role_of_directus(relation: str, directus: Live) -> None:
    column = directus.rows(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum = 1", relation
    )
    before, name = units(directus), column[0][0]
    for statement in (
        f"insert into {relation} ({name}) select {name} from {relation} limit 1",
        f"insert into {relation} ({name}) values (gen_random_uuid())",
        f"update {relation} set {name} = {name}",
        f"delete from {relation}",
        f"truncate {relation} cascade",
        f"alter table {relation} rename column {name} to other",
    ):
        with (
            psycopg.connect(directus.dsn("directus_app")) as connection,
            pytest.raises(psycopg.Error) as refused,
        ):
            connection.execute(statement.encode())
        assert isinstance(
            refused.value, errors.InsufficientPrivilege | errors.ObjectNotInPrerequisiteState | errors.WrongObjectType
        ), (statement, refused.value)  # fmt: skip
    assert units(directus) == before


# --- a field more ----------------------------------------------------------------------------------------------------


def test_a_field_that_the_view_gains_arrives_with_no_other_edit_and_can_be_taken_back(
    registered: RegistrationEstate,
) -> None:
    site, field = registered, "axis_a_weight"
    definition = site.rows(f"select pg_get_viewdef('{VIEW}'::regclass)")[0][0]
    wider = definition.replace("u.updated_at", f"u.updated_at, length(u.title) as {field}", 1)
    site.do(f"create or replace view {VIEW} as {wider}", "estate_owner")
    package = json.loads(site.run("iu-registration", "register-plan").out)["package"]
    assert [(f["name"], f["type"], f["group"], f["position"]) for f in package["fields"]][-1] == (
        field, "integer", "axis_a", 17,
    )  # fmt: skip
    assert site.broken() == {"IU008", "IU021"}
    followed = site.applied("preparation")
    assert site.broken() == {"IU021"}
    added = site.applied()
    assert site.broken() == set()
    query = f"/items/{NAME}?fields={field}&sort=-{field}&filter[{field}][_gt]=0"
    served = site.ask("GET", query, token=site.people.probe_token).json()["data"]
    assert served == [{field: n} for (n,) in site.rows(f"select {field} from {VIEW} order by 1 desc")]
    site.taken_back(added)
    site.taken_back(followed)
    narrow(site, definition)
    assert site.broken() == set()


def narrow(site: RegistrationEstate, definition: str) -> None:
    """The view as it was; OR REPLACE takes no column away."""
    ((granted,),) = site.rows(
        "select string_agg(distinct grantee, ', ') from information_schema.role_table_grants"
        f" where table_schema || '.' || table_name = '{VIEW}' and grantee <> 'estate_owner'"
    )
    site.do(
        f"drop view {VIEW}; create view {VIEW} as {definition}; grant select on {VIEW} to {granted}",
        "estate_owner",
    )


# --- disabled --------------------------------------------------------------------------------------------------------


def test_disabled_it_is_as_if_it_had_never_been_and_comes_back_whole(
    way: Way, registered: RegistrationEstate
) -> None:
    site, kept = registered, registered.kept()
    with site.policy(DISABLED):
        assert {"IU020", "IU021", "IU022", "IU024", "IU028"} <= site.broken()
        receipt = site.applied()
        assert (site.kept(), site.broken()) == (way.kept, set())
        assert site.rows(f"select to_regclass('{SHADOW}'), to_regnamespace('{SHADOWS}') is not null") == [
            (None, True)
        ]
        assert (site.status(), site.status(site.people.writer_token)) == (403, 403)
        assert site.ask("GET", "/server/health").json()["status"] == "ok"
        assert site.ask("GET", f"/collections/{NAME}").status_code == 403
        assert_a_table_of_that_name_is_nobodys(site)
        assert "nothing to do" in site.compiled().out
        site.taken_back(receipt)
    assert (site.kept(), site.broken(), site.status()) == (kept, set(), 200)


def assert_a_table_of_that_name_is_nobodys(site: RegistrationEstate) -> None:
    """No permission is left by which somebody could read it."""
    later = f"create table {SHADOW} (unit_id uuid primary key); grant select on {SHADOW} to directus_app"
    site.do(later, "estate_owner")
    site.data("POST", "/utils/cache/clear?system")
    assert NAME in {each["collection"] for each in site.data("GET", "/collections")}
    assert site.status() == 403
    assert site.broken() == {"IU024"}
    site.do(f"drop table {SHADOW}", "estate_owner")
    site.data("POST", "/utils/cache/clear?system")


def test_all_of_it_is_taken_back_once_directus_no_longer_looks_there(
    way: Way, registered: RegistrationEstate
) -> None:
    site = registered
    site.taken_back(way.migration)
    assert site.status() == 403
    site.searching("public")
    site.taken_back(way.preparation)
    verdict = site.probed()
    assert faults.told(verdict) == faults.told(way.before)
    assert site.kept() == way.kept
    assert site.ask("GET", "/server/health").json()["status"] == "ok"


# --- as document 002 has it -----------------------------------------------------------------------------------------


def test_the_document_s_own_package_as_written_and_what_the_probes_say_of_it(site: RegistrationEstate) -> None:
    """Sections 3 and 4: its requests, its permission keyed by role, and the DELETE that is to take all of it back."""
    site.searching("public")
    kept = site.kept()
    with site.policy(AS_WRITTEN):
        receipt = site.applied("preparation")
        send(site)
        assert (site.status(), site.status(site.people.writer_token)) == (403, 403)
        verdict = site.probed()
        assert broken(verdict) == {"IU004", "IU021", "IU028"}
        assert "no Directus serves a view: it is listed as a folder" in faults.told(verdict)
        refused = site.compiled()
        assert (refused.code, "serve it by a shadow or a projection" in refused.err) == (4, True)
    with site.policy(AS_WRITTEN, DISABLED):
        assert site.ask("DELETE", f"/collections/{NAME}").status_code == 204
        assert_it_has_left_what_the_probes_name(site)
        site.applied()
        assert (site.broken(), site.kept()) == (set(), kept)
    site.taken_back(receipt)


def send(site: RegistrationEstate) -> None:
    """As the package of the mode `view` says it, and what Directus 11 answers to each."""
    sent = json.loads(site.run("iu-registration", "register-plan").out)["requests"]
    answers = [(r["method"], r["path"], site.ask(r["method"], r["path"], r["body"]).status_code) for r in sent]
    assert answers == [
        ("POST", "/collections", 200), *[("POST", f"/fields/{NAME}", 403)] * 16,
        ("POST", "/policies", 200), ("POST", "/permissions", 200), ("POST", "/access", 200),
    ]  # fmt: skip
    (viewers,) = (row["id"] for row in site.data("GET", "/roles") if row["name"] == "Viewer")
    body = {"role": viewers, "collection": "iu_unit", "action": "read", "fields": ["*"], "permissions": {}}
    by_role = site.ask("POST", "/permissions", body)
    assert (by_role.status_code, "policy" in by_role.text) == (400, True)
    both = site.data("POST", "/permissions", body | {"policy": sent[-3]["body"]["id"]})
    assert "role" not in both
    site.data("DELETE", f"/permissions/{both['id']}")


def assert_it_has_left_what_the_probes_name(site: RegistrationEstate) -> None:
    """The permission; and a table that is later made under that name can be read by it."""
    assert site.ask("GET", f"/collections/{NAME}").status_code == 403
    verdict = site.probed()
    assert broken(verdict) == {"IU022", "IU024"}
    assert "it is disabled: a row of directus_permissions is left" in faults.told(verdict)
    site.do(f"alter view {VIEW} rename to aside; create table {VIEW} (unit_id uuid primary key);"
            f"grant select on {VIEW} to directus_app", "estate_owner")  # fmt: skip
    site.data("POST", "/utils/cache/clear?system")
    assert site.status() == 200
    assert {"IU007", "IU024"} <= broken(site.probed())
    refused = site.run("iu-registration", "disable-plan")
    assert (refused.code, "of a table it drops the table" in refused.err) == (4, True)
    site.do(f"drop table {VIEW}; alter view public.aside rename to {NAME}", "estate_owner")
    site.data("POST", "/utils/cache/clear?system")


# --- served by a projection -----------------------------------------------------------------------------------------

PROJECTION = "iu_three_axes"
PROJECTED = (
    (AS_WRITTEN[0], f"serving: {{mode: projection, table: public.{PROJECTION}}}"),
    (f"  name: {NAME}", f"  name: {PROJECTION}"),
)
WRITES = (
    "insert into public.iu_unit (canonical_address, unit_kind, section_type, title, actor)"
    " values ('clause/projected', 'clause', 'body', 'Projected', 'tests')",
    "insert into public.iu_hierarchy (child_id, parent_id, actor) select c.id, p.id, 'tests' from public.iu_unit c,"
    " public.iu_unit p where c.actor = 'tests' and p.canonical_address = 'law/law-44'",
    "update public.iu_unit set lifecycle_status = 'retired' where actor = 'tests'",
    "delete from public.iu_unit where actor = 'tests'",
)


def test_a_projection_is_served_as_the_view_is_and_one_that_is_stale_is_found_out(
    site: RegistrationEstate,
) -> None:
    site.searching("public")
    kept = site.kept()
    with site.policy(*PROJECTED):
        for kind in ("preparation", "migration"):
            site.applied(kind)
        assert site.broken() == set()
        for statement in WRITES:
            before = served(site)
            site.do(statement)
            assert served(site) == given(site) != before
        site.do("alter table public.iu_unit disable trigger user")
        site.do(WRITES[0])
        assert site.broken() == {"IU025"}
        assert served(site) != given(site)
        site.do("alter table public.iu_unit enable trigger user")
        site.do(WRITES[3])
        assert (site.broken(), served(site)) == (set(), given(site))
        denied = site.ask("DELETE", f"/items/{PROJECTION}/{given(site)[0]['unit_id']}")
        assert (denied.status_code, "permission denied for table" in denied.text) == (500, True)
    with site.policy(*PROJECTED, DISABLED):
        site.applied()
        assert (site.broken(), site.kept()) == (set(), kept)
        assert site.rows("select count(*) from pg_trigger where tgname like 'zz_refresh%'") == [(0,)]


def served(site: RegistrationEstate) -> list[dict[str, Any]]:
    """Of the projection, without times, which REST spells its own way."""
    path = f"/items/{PROJECTION}?limit=-1&sort=unit_id"
    found = site.data("GET", path, token=site.people.probe_token)
    return [{key: value for key, value in row.items() if not key.endswith("ed_at")} for row in found]


def given(site: RegistrationEstate) -> list[dict[str, Any]]:
    query = f"select json_agg(to_jsonb(v) - 'created_at' - 'updated_at' order by unit_id) from {VIEW} v"
    return list(site.rows(query)[0][0])

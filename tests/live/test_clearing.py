"""What a real Directus keeps of its tables and rights: read again after COMMIT, and after the way back."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core.change import Call
from compliance.core.errors import CouldNotLook, Refused
from compliance.core.footprint import FactKey
from compliance.core.needs import Needs, RowsNeed
from compliance.core.sqltext import literal
from compliance.estate.config import Service, Unavailable
from compliance.executor import clearing
from compliance.executor.finishing import told
from tests.live.calling_estate import Flow
from tests.live.misbehaving import answer, http, misbehaving
from tests.live.object_plans import ALL, keys, step
from tests.live.test_calling import LiveSite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from compliance.core.change import Step
    from tests.live.directus_live import Live

SHOWN = "public.shown"
RIGHT = 900_001
PERMISSIONS = RowsNeed(
    "permissions", "public.directus_permissions", ("id", "collection", "action", "policy", "fields")
)
HAZARDS: frozenset[Any] = frozenset({"creates-object", "grants", "inserts", "reloads-runtime"})


class Kept(LiveSite):
    needs = Needs(rows=(*LiveSite.needs.rows, PERMISSIONS))

    @property
    def policy(self) -> str:
        """Of the user who looks."""
        ((found,),) = self.live.rows(
            "select a.policy::text from public.directus_access as a join public.directus_users as u"
            ' on a.role = u.role or a."user" = u.id where u.token = %s limit 1',
            self.live.directus.people.probe_token,
        )
        return str(found)

    def table(self) -> Step:
        deploy = f"""
            create table if not exists {SHOWN} (id integer primary key);
            grant select on {SHOWN} to directus_app;
        """
        return step("make it", deploy, f"drop table if exists {SHOWN};", keys(SHOWN, *ALL), hazards=HAZARDS)

    def right(self) -> Step:
        deploy = f"""
            insert into public.directus_permissions (id, collection, action, policy, permissions, validation, fields)
            values ({RIGHT}, 'shown', 'read', {literal(self.policy)}, '{{}}', '{{}}', '*') on conflict do nothing;
        """
        revert = f"delete from public.directus_permissions where id = {RIGHT};"
        writes = {FactKey("rows:permissions", str(RIGHT))}
        return step("let it be read", deploy, revert, writes, hazards=HAZARDS)

    def status(self) -> int:
        """Of what the user who looks is answered."""
        token = self.live.directus.people.probe_token
        return self.live.ask("GET", "/items/shown", token=token).status_code


@pytest.fixture
def site(directus: Live, tmp_path: Path) -> Iterator[Kept]:
    yield Kept(directus, tmp_path)
    directus.rows(f"drop table if exists {SHOWN}")
    directus.ask("POST", "/utils/cache/clear?system")


def test_what_was_made_by_sql_is_served_and_after_the_way_back_no_more(site: Kept) -> None:
    assert site.status() == 403
    plan = site.plan(site.table(), site.right())
    assert site.rehearsed(plan).after == (
        "Directus answers, and lists the collections of this database; its cache was not cleared",
    )
    assert site.status() == 403
    applied = site.apply(plan)
    assert (applied.called["reload"], site.status()) == ({"cache": "cleared"}, 200)
    assert told(applied.called) == ("cleared: Directus reads its collections, fields and rights again",)
    back = site.rollback(applied.receipt)
    assert (back.called["reload"], site.status()) == ({"cache": "cleared"}, 403)


def test_rows_alone_are_in_force_and_flows_run_besides(site: Kept) -> None:
    site.applied(site.table())
    assert site.status() == 403
    flow = Flow.new()
    plan = site.plan(site.right(), flow.insert("one"))
    assert len(site.rehearsed(plan).after) == 2
    applied = site.apply(plan)
    assert applied.called["reload"] == {"cache": "cleared", "flows": 1, "operations": 1, "removed": 0}
    assert (site.status(), flow.answers(site.live), len(told(applied.called))) == (200, "one", 2)
    site.rollback(applied.receipt)
    assert (site.status(), flow.answers(site.live)) == (403, None)


@pytest.mark.parametrize("point", ["after COMMIT", "telling Directus to load again"])
def test_killed_after_commit_the_same_command_clears_it(point: str, site: Kept) -> None:
    plan = site.plan(site.table(), site.right())
    site.rehearsed(plan)
    site.killed(point, lambda at: site.apply(plan, at))
    applied = site.apply(plan)
    assert (applied.recovered, applied.called["finished"], site.status()) == (True, True, 200)
    site.killed(point, lambda at: site.rollback(applied.receipt, at))
    assert (site.rollback(applied.receipt).recovered, site.status()) == (True, 403)


def test_whoever_may_not_clear_it_is_told_before_anything_is_changed(site: Kept) -> None:
    plan = site.plan(site.table())
    site.rehearsed(plan)
    before, service = site.kinds(), site.estate.directus
    assert service is not None
    site.with_(directus=dataclasses.replace(service, writer_token=service.token))
    with pytest.raises(Refused, match=r"directus\.writer_token is not an administrator's"):
        site.apply(plan)
    site.with_(directus=dataclasses.replace(service, writer_token="of-nobody"))
    with pytest.raises(CouldNotLook, match=r"not accepted: directus\.writer_token"):
        site.apply(plan)
    gone = {"directus": Unavailable("it is being moved", "ops", "2999-01-01")}
    site.with_(directus=None, unavailable=gone)
    assert site.rehearsed(plan).after[0].endswith("it is being moved): restart it")
    assert told(site.apply(plan, dry_run=True).called) == ()
    assert site.kinds() == [*before, "rehearsal"]


@pytest.mark.parametrize("version", ["10", "11"])
def test_another_directus_is_refused_before_anything_is_changed(version: str, site: Kept) -> None:
    plan = site.plan(site.table())
    site.rehearsed(plan)
    before = site.kinds()

    def behave(line: str) -> Iterable[bytes]:
        if line == "GET /policies/me/globals":
            return (
                answer({"data": {"admin_access": True}}) if version == "11" else [http(b"{}", "404 Not Found")]
            )
        if line.startswith("GET /users/me"):
            return answer({"data": {"role": {"admin_access": True}}})
        return answer(
            {"data": [{"collection": "another", "meta": {}}, {"collection": "spatial", "meta": None}]}
        )

    with misbehaving(behave) as (url, asked):
        site.with_(directus=Service(url, "t", "w"))
        with pytest.raises(Refused, match="does not serve this database"):
            site.apply(plan)
    assert any(line.startswith("GET /users/me") for line in asked.lines) == (version == "10")
    assert site.kinds() == before


def test_two_directus_in_one_database_are_told_apart_by_policy_alone(site: Kept) -> None:
    site.live.rows("create schema second; create table second.directus_collections (collection text)")
    try:
        assert site.rehearsed(site.plan(site.table(), site.right())).after
        plan = site.plan(site.table())
        with pytest.raises(
            Refused, match="2 schemas of this database hold the tables of a Directus"
        ) as refused:
            site.rehearsed(plan)
        assert refused.value.reasons == ("public", "second")
    finally:
        site.live.rows("drop schema second cascade")


def test_what_does_not_bear_on_what_it_keeps_clears_nothing(site: Kept) -> None:
    assert not clearing.concerns(site.needs, Flow.new().keys)
    flow = Flow.new()
    assert site.applied(flow.insert("one")).called["reload"] == {"flows": 1, "operations": 1, "removed": 0}


def test_a_call_whose_list_is_empty_is_made_and_one_that_has_a_row_is_not(site: Kept) -> None:
    site.applied(site.table())
    wanted = {
        "collection": "shown",
        "action": "read",
        "policy": site.policy,
        "fields": ["*"],
        "permissions": {},
    }
    listed = f"/permissions?filter[collection][_eq]=shown&filter[policy][_eq]={site.policy}&fields=id"
    undo = {"query": {"filter": {"collection": {"_eq": "shown"}}}}
    call = Call(
        "let it be read",
        "directus",
        "POST",
        "/permissions",
        wanted,
        ("DELETE", "/permissions", undo),
        listed,
        None,
    )
    applied = site.applied(calls=(call,))
    assert ([made["status"] for made in applied.called["calls"]], site.status()) == ([200], 200)
    again = site.applied(calls=(dataclasses.replace(call, title="once more"),))
    assert [made["status"] for made in again.called["calls"]] == [0]
    back = site.rollback(applied.receipt)
    assert ([made["status"] for made in back.called["calls"]], site.status()) == ([204], 403)

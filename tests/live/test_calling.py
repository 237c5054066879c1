"""What follows COMMIT, on a real Directus: what was written by SQL runs, is taken back, and survives being killed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core.errors import CouldNotLook, Refused
from compliance.estate.config import Service, Unavailable
from compliance.estate.directus_facts import opened, revisions
from compliance.executor.finishing import Unfinished, told
from tests.live.calling_estate import Flow, Site, relay
from tests.live.misbehaving import answer, misbehaving

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.live.directus_live import Live

CLOSED = "http://127.0.0.1:9"


class LiveSite(Site):
    """An estate with the Directus that serves it."""

    def __init__(self, live: Live, folder: Path) -> None:
        people = live.directus.people
        super().__init__(live.dsn, folder, Service(live.url, people.probe_token, people.writer_token))
        self.live = live


@pytest.fixture
def site(directus: Live, tmp_path: Path) -> LiveSite:
    return LiveSite(directus, tmp_path)


def test_what_was_written_by_sql_runs_and_its_newest_revision_is_the_row(site: LiveSite) -> None:
    flow = Flow.new()
    plan = site.plan(flow.insert("one"))
    rehearsed = site.rehearsed(plan)
    assert rehearsed.after == (
        "Directus answers, and lists the flows of this database; it was not told to load anything again",
    )
    assert site.apply(plan, dry_run=True).called == {}
    assert flow.answers(site.live) is None
    applied = site.apply(plan)
    assert flow.answers(site.live) == "one"
    assert applied.called["reload"] == {"flows": 1, "operations": 1, "removed": 0}
    assert told(applied.called) == (
        "activated: Directus has loaded again what was written: 1 flow(s) and 1 operation(s)",
    )
    assert site.kinds()[-3:] == ["intent", "receipt", "called"]
    assert site.called()["finished"]
    assert site.estate.directus is not None
    with opened(site.estate.directus) as api:
        left = {found.item: found.data for found in revisions(api, [flow.id, flow.operation])}
    assert left[flow.id]["operation"] == flow.operation
    assert left[flow.operation]["options"] == {"json": {"said": "one"}}


def test_what_is_changed_and_taken_back_is_what_the_live_process_does(site: LiveSite) -> None:
    flow = Flow.new()
    first = site.applied(flow.insert("one"))
    second = site.applied(flow.change("one", "two"))
    assert flow.answers(site.live) == "two"
    assert second.called["reload"] == {"flows": 0, "operations": 1, "removed": 0}
    assert site.rollback(second.receipt).called["reload"] == {"flows": 0, "operations": 1, "removed": 0}
    assert flow.answers(site.live) == "one"
    assert site.rollback(first.receipt).called["reload"] == {"flows": 0, "operations": 0, "removed": 2}
    assert flow.answers(site.live) is None
    with pytest.raises(Refused, match="was rolled back already"):
        site.rollback(first.receipt)


POINTS = ("after COMMIT", "telling Directus to load again", "after fsync called")


@pytest.mark.parametrize("point", POINTS)
def test_killed_after_commit_the_same_command_finishes(site: LiveSite, point: str) -> None:
    flow = Flow.new()
    plan = site.plan(flow.insert("one"))
    site.rehearsed(plan)
    site.killed(point, lambda at: site.apply(plan, at))
    done = point == "after fsync called"
    assert flow.answers(site.live) == ("one" if done else None)
    applied = site.apply(plan)
    assert applied.recovered
    assert applied.called["finished"]
    assert flow.answers(site.live) == "one"
    assert [site.kinds().count(kind) for kind in ("intent", "receipt", "called")] == [1, 1, 1]


@pytest.mark.parametrize("point", POINTS[:2])
def test_killed_while_it_is_taken_back_the_same_command_lets_directus_forget(
    site: LiveSite, point: str
) -> None:
    flow = Flow.new()
    receipt = site.applied(flow.insert("one")).receipt
    site.killed(point, lambda at: site.rollback(receipt, at))
    assert flow.answers(site.live) == "one"
    assert site.rollback(receipt).recovered
    assert flow.answers(site.live) is None
    assert site.kinds()[-2:] == ["rolled-back", "called"]


def test_without_directus_after_commit_it_is_3_and_later_the_same_command_finishes(site: LiveSite) -> None:
    flow = Flow.new()
    assert site.estate.directus is not None
    with relay(site.estate.directus.url) as way:
        site.with_(directus=dataclasses.replace(site.estate.directus, url=way.url))
        plan = site.plan(flow.insert("one"))
        site.rehearsed(plan)

        def cut(point: str) -> None:
            if point == "after COMMIT":
                way.open = False

        with pytest.raises(Unfinished, match=r"applied as receipt .*, but not finished: directus: ") as error:
            site.apply(plan, cut)
        assert error.value.exit_code == 3
        assert "the same command again" in str(error.value)
        assert not site.called()["finished"]
        with pytest.raises(Unfinished):
            site.apply(plan)
        assert flow.answers(site.live) is None
        way.open = True
        assert site.apply(plan).recovered
        assert flow.answers(site.live) == "one"
        way.open = False
        receipt = next(entry.hash for entry in site.ledger.entries() if entry.kind == "receipt")
        with pytest.raises(CouldNotLook, match=r"no connection|stopped in the middle|connection was lost"):
            site.rollback(receipt)
        assert site.kinds()[-1] == "called"  # nothing was taken back
        way.open = True

        with pytest.raises(Unfinished, match="was taken back, but not finished") as error:
            site.rollback(receipt, cut)
        assert f"compliance rollback {receipt[:12]}" in str(error.value)
        way.open = True
        site.rollback(receipt)
        assert flow.answers(site.live) is None


def test_a_directus_that_is_not_there_is_told_before_anything_is_changed(site: LiveSite) -> None:
    plan = site.plan(Flow.new().insert("one"))
    site.rehearsed(plan)
    before = site.kinds()
    assert site.estate.directus is not None
    for service, expected in (
        (None, "directus is not configured, and would go on running"),
        (dataclasses.replace(site.estate.directus, writer_token=None), "directus has no writer_token"),
    ):
        site.with_(directus=service)
        for act in (site.apply, site.rehearsed):
            with pytest.raises(Refused, match=expected):
                act(plan)
    site.with_(directus=Service(CLOSED, "t", "w"))
    with pytest.raises(CouldNotLook, match=r"directus: .*no connection") as error:
        site.apply(plan)
    assert "nothing was changed" in str(error.value)
    assert site.kinds() == before


def test_declared_unavailable_it_is_not_asked_and_the_receipt_says_what_to_do(site: LiveSite) -> None:
    gone = {"directus": Unavailable("it is being moved", "ops", "2999-01-01")}
    flow = Flow.new()
    site.with_(directus=None, unavailable=gone)
    plan = site.plan(flow.insert("one"))
    assert site.rehearsed(plan).after[0].endswith("it is being moved): restart it")
    applied = site.apply(plan)
    assert told(applied.called) == (
        "not activated: unavailable until 2999-01-01: it is being moved; restart Directus",
    )
    assert site.called()["reload"] == {"not_activated": "unavailable until 2999-01-01: it is being moved"}
    assert flow.answers(site.live) is None
    over = {"directus": dataclasses.replace(gone["directus"], until="2020-01-01")}
    site.with_(unavailable=over)
    with pytest.raises(Refused, match="directus is not configured"):
        site.rollback(applied.receipt)


def test_another_directus_is_refused_before_anything_is_changed(site: LiveSite) -> None:
    other = [{"id": "x", "name": "another's", "status": "active"}]
    plan = site.plan(Flow.new().insert("one"))
    site.rehearsed(plan)
    before = site.kinds()
    with misbehaving(lambda line: answer({"data": other if "flows" in line else {"version": "11"}})) as (
        url,
        _,
    ):
        site.with_(directus=Service(url, "t", "w"))
        with pytest.raises(Refused, match="does not serve this database"):
            site.apply(plan)
    assert site.kinds() == before


def test_a_token_that_may_not_write_flows_is_told_before_anything_is_changed(site: LiveSite) -> None:
    """Else the rows would be committed, and nobody would run them."""
    plan = site.plan(Flow.new().insert("one"))
    site.rehearsed(plan)
    before, service = site.kinds(), site.estate.directus
    assert service is not None
    site.with_(directus=dataclasses.replace(service, writer_token=service.token))
    with pytest.raises(Refused, match=r"directus\.writer_token may not update directus_flows"):
        site.apply(plan)
    site.with_(directus=dataclasses.replace(service, writer_token="of-nobody"))
    with pytest.raises(CouldNotLook, match=r"not accepted: directus\.writer_token") as error:
        site.apply(plan)
    assert "nothing was changed" in str(error.value)
    assert site.kinds() == before


@pytest.mark.parametrize("wrong", ["the row", "the revision"])
def test_a_directus_that_shows_another_content_is_not_written_to_or_not_believed(
    site: Site, wrong: str
) -> None:
    """A clone lists the same flows, and a cache may give the old content: that would undo what was committed."""
    flow = Flow.new()
    plan = site.plan(flow.insert("one"))
    site.rehearsed(plan)
    ids = [str(row[0]) for row in site.live.rows("select id from public.directus_flows")]
    said: list[str] = []

    def behave(line: str) -> Iterable[bytes]:
        said.append(line)
        if line == "GET /server/info":
            return answer({"data": {"version": "11"}})
        if line == "GET /permissions/me":
            may = {"update": {"access": "full"}}
            return answer({"data": {"directus_flows": may, "directus_operations": may}})
        if line == "SEARCH /flows" and said.count(line) == 1:
            return answer({"data": [{"id": name, "name": "x", "status": "x"} for name in ids]})
        if line == "SEARCH /revisions":
            rows = [{"collection": "directus_operations", "item": flow.operation, "max": {"id": 1},
                     "data": {"key": "another"}, "delta": {}}]  # fmt: skip
            return answer({"data": rows})
        return answer({"data": _stored(site, flow, line) if wrong == "the revision" else []})

    with misbehaving(behave) as (url, _):
        site.with_(directus=Service(url, "t", "w"))
        with pytest.raises(Unfinished, match="database" if wrong == "the row" else "newest revision"):
            site.apply(plan)
    assert (any(line.startswith("PATCH") for line in said)) == (wrong == "the revision")


def _stored(site: LiveSite, flow: Flow, line: str) -> list[dict[str, Any]]:
    table, name = ("flows", flow.id) if "flows" in line else ("operations", flow.operation)
    query = f"select pg_catalog.to_jsonb(t) from public.directus_{table} as t where id = %s"
    return [row[0] for row in site.live.rows(query, name)]

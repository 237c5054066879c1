"""From an estate without the scheduler to one that has it, and back: compiled, rehearsed, applied, verified, undone."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import make_conninfo

from compliance.estate import agent_data
from compliance.estate.resources import resource
from tests.conftest import clone
from tests.live.birth_estate import (
    ENDPOINT,
    FLOW,
    KEYS,
    NO_NUXT,
    SHUT,
    SYSTEM,
    WITHOUT,
    BirthEstate,
    birth_estate,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_postgresql.executors import NoopExecutor

REVIEWED = "  reviewed: {by: platform governance, at: 2026-11-21, reason: as the count refresh; a scan takes seconds}\n"
CADENCE = 'cron: "0 */6 * * *"'


@pytest.fixture
def set_up(reference_template: NoopExecutor, tmp_path: Path) -> Iterator[BirthEstate]:
    """The reference estate, where the scheduler is installed."""
    with birth_estate(reference_template, tmp_path) as found:
        yield found


@pytest.fixture
def estate(set_up: BirthEstate) -> BirthEstate:
    """Before: neither flow nor configuration nor tool nor file."""
    set_up.do(WITHOUT)
    set_up.remove_endpoint()
    return set_up


def cadences(estate: BirthEstate) -> list[tuple[Any, ...]]:
    """Flow, configuration and tool, as one row."""
    return estate.rows(f"""
        select (select options ->> 'cron' from public.directus_flows where id = '{FLOW}'),
               (select value from public.dot_config where key = '{KEYS[0]}'),
               (select cron_schedule from public.dot_tools where code = 'DOT-BIRTH-SCAN')
    """)


def test_from_nothing_to_the_scheduler_and_back(estate: BirthEstate) -> None:
    preserved, before = estate.preserved(), sorted((estate.folder / "repository").rglob("*"))
    assert estate.ours() == []
    first = estate.brought("preparation")
    assert first.code == 0, first.out + first.err
    assert (estate.ours(), estate.endpoint.is_file()) == ([], True)
    written = estate.receipt()
    second = estate.brought()
    assert second.code == 0, second.out + second.err
    assert "applied: 7 row(s) created" in second.out
    assert "observability_status: FULL" in second.out
    assert [row[:2] for row in estate.ours()] == [
        ("config", KEYS[0]), ("config", KEYS[1]), ("flow", "[Birth] Onboarding Full Scan"),
        ("operation", "failed_scan"), ("operation", "said"), ("operation", "scan"), ("tool", "DOT-BIRTH-SCAN"),
    ]  # fmt: skip
    assert cadences(estate) == [("0 */6 * * *",) * 3]
    assert estate.preserved() == preserved
    again = estate.compiled()
    assert (again.code, "nothing to do" in again.out) == (0, True)
    back = estate.run("rollback", estate.receipt())
    assert back.code == 0, back.err
    assert (estate.ours(), estate.preserved()) == ([], preserved)
    back = estate.run("rollback", written)
    assert back.code == 0, back.err
    assert sorted((estate.folder / "repository").rglob("*")) == before


def test_the_receipt_has_an_execution_report_that_says_what_was_done_and_what_was_not(
    estate: BirthEstate,
) -> None:
    assert estate.brought("preparation").code == 0
    assert estate.brought().code == 0
    receipt = estate.receipt()
    entry = next(e for e in estate.entries if e.hash == receipt)
    assert entry.body["notes"] == {"observability_status": "FULL"}
    report = (estate.folder / "ledger" / "reports" / f"{receipt[:12]}.md").read_text(encoding="utf-8")
    plan = json.loads((estate.folder / "compiled" / SYSTEM / "migration" / "plan.json").read_text())
    assert plan["notes"] == {"observability_status": "FULL"}
    for said in (
        "- observability_status: FULL", f"- created: rows:flows#{FLOW}", f"- created: rows:birth_config#{KEYS[1]}",
        "- created: rows:dot_tools#DOT-BIRTH-SCAN", "verified: every rule that it promises and that applies here is",
        "- not asked: BS024 /api/birth/onboarding/full-scan: not applicable: ",
        "by the estate itself, as its policy lets it", f"compliance exercise {SYSTEM}", "compliance commit PLAN",
    ):  # fmt: skip
        assert said in report, said
    assert estate.run("rollback", receipt).code == 0
    assert "taken back" in (estate.folder / "ledger" / "reports" / f"{receipt[:12]}.md").read_text()


def test_a_flow_that_was_lost_comes_back_as_the_same_flow_by_the_seed(set_up: BirthEstate) -> None:
    """What document 001 is afraid of: the container was made anew, and the flow is gone."""
    before = set_up.ours()
    set_up.do(f"delete from public.directus_flows where id = '{FLOW}'")
    kept = set_up.ours()
    assert len(kept) == 3
    applied = set_up.brought("seed")
    assert applied.code == 0, applied.out + applied.err
    assert set_up.ours() == before
    assert set_up.run("rollback", set_up.receipt()).code == 0
    assert set_up.ours() == kept


def test_a_cadence_moves_in_all_three_places_and_back(set_up: BirthEstate) -> None:
    before, preserved = set_up.ours(), set_up.preserved()
    set_up.policy(CADENCE, 'cron: "30 2 * * 1-5"')
    applied = set_up.brought()
    assert applied.code == 0, applied.out + applied.err
    assert "applied: 3 row(s) changed" in applied.out
    assert cadences(set_up) == [("30 2 * * 1-5",) * 3]
    assert set_up.preserved() == preserved
    assert set_up.run("rollback", set_up.receipt()).code == 0
    assert set_up.ours() == before


@pytest.mark.parametrize("table", ["directus_flows", "dot_config", "dot_tools"])
def test_where_one_place_refuses_it_a_cadence_moves_in_none(set_up: BirthEstate, table: str) -> None:
    set_up.policy(CADENCE, 'cron: "30 2 * * 1-5"')
    assert set_up.compiled().code == 0
    assert set_up.run("rehearse", set_up.plan()).code == 0
    set_up.do(f"""
        create function public.refuses() returns trigger language plpgsql as
            $$ begin raise exception 'not now'; end $$;
        create trigger refuses before update on public.{table} for each row execute function public.refuses();
        alter table public.{table} disable trigger refuses;
    """)
    assert set_up.compiled().code == 0
    assert set_up.run("rehearse", set_up.plan()).code == 0
    set_up.do(f"alter table public.{table} enable trigger refuses")
    refused = set_up.run("apply", set_up.plan())
    assert refused.code == 4, refused.out
    assert cadences(set_up) == [("0 */6 * * *",) * 3]


@pytest.mark.parametrize("same", ["0 0,6,12,18 * * *", "0 0 */6 * * *"])
def test_a_cadence_that_means_the_same_is_left_as_it_is_spelled(set_up: BirthEstate, same: str) -> None:
    set_up.do(f"""
        update public.directus_flows set options = '{{"cron": "{same}"}}' where id = '{FLOW}';
        update public.dot_config set value = '{same}' where key = '{KEYS[0]}';
    """)
    compiled = set_up.compiled()
    assert (compiled.code, "nothing to do" in compiled.out) == (0, True), compiled.out + compiled.err
    assert cadences(set_up) == [(same, same, "0 */6 * * *")]


def test_what_is_not_reviewed_is_a_proposal_and_nobody_can_approve_or_apply_it(estate: BirthEstate) -> None:
    assert estate.brought("preparation").code == 0
    estate.policy(REVIEWED, "")
    compiled = estate.compiled()
    assert (compiled.code, compiled.out.count("PROPOSAL")) == (0, 2), compiled.out + compiled.err
    assert estate.run("rehearse", estate.plan()).code == 0
    key = str(estate.folder / "alice.pem")
    assert estate.run("keys", "new", key).code == 0
    approved = estate.run("approve", estate.plan(), "--capability", "execute", "--key", key, "--reason", "x",
                          "--expires", "4h")  # fmt: skip
    assert (approved.code, "it is a PROPOSAL: nobody has reviewed the cadence" in approved.err) == (4, True)
    applied = estate.run("apply", estate.plan())
    assert (applied.code, "it is a PROPOSAL: nobody has reviewed the cadence" in applied.err) == (4, True)
    assert estate.ours() == []


def test_where_nobody_decided_who_may_call_nothing_is_compiled(estate: BirthEstate) -> None:
    estate.policy(
        "auth: {header: Authorization, env: BIRTH_SCAN_TOKEN, server_env: NUXT_BIRTH_SCAN_TOKEN}\n", ""
    )
    refused = estate.compiled()
    assert (refused.code, "auth_decision" in refused.err) == (4, True), refused.out
    assert not (estate.folder / "compiled").exists()


def test_a_kill_switch_that_is_off_stays_off_and_one_that_is_neither_is_repaired(set_up: BirthEstate) -> None:
    set_up.do(f"update public.dot_config set value = 'false' where key = '{KEYS[1]}'")
    off = set_up.compiled()
    assert (off.code, "nothing to do" in off.out) == (0, True), off.out + off.err
    set_up.do(f"update public.dot_config set value = 'maybe' where key = '{KEYS[1]}'")
    applied = set_up.brought()
    assert applied.code == 0, applied.out + applied.err
    assert set_up.rows(f"select value from public.dot_config where key = '{KEYS[1]}'") == [("true",)]


def test_the_operator_s_kill_switch_stops_every_plan(estate: BirthEstate) -> None:
    assert estate.compiled().code == 0
    assert estate.run("rehearse", estate.plan("preparation")).code == 0
    estate.do("update public.dot_config set value = 'false' where key = 'policy.changes.enabled'")
    refused = estate.run("apply", estate.plan("preparation"))
    assert (refused.code, "kill switch" in refused.err) == (4, True)
    assert not estate.endpoint.exists()


def test_what_stands_in_the_flow_and_is_not_declared_is_found_removed_and_given_back(
    set_up: BirthEstate,
) -> None:
    set_up.do(f"""
        insert into public.directus_operations (id, name, key, type, position_x, position_y, options, flow)
        values ('00000000-0000-4000-8000-000000000001', 'More', 'more', 'log', 1, 1, '{{}}', '{FLOW}');
        update public.directus_operations set options = '{{}}' where flow = '{FLOW}' and key = 'said';
    """)
    before, preserved = set_up.ours(), set_up.preserved()
    applied = set_up.brought()
    assert applied.code == 0, applied.out + applied.err
    assert [row[1] for row in set_up.ours() if row[0] == "operation"] == ["failed_scan", "said", "scan"]
    assert set_up.run("rollback", set_up.receipt()).code == 0
    assert (set_up.ours(), set_up.preserved()) == (before, preserved)


def test_a_row_that_somebody_changed_since_is_not_taken_away(estate: BirthEstate) -> None:
    assert estate.brought("preparation").code == 0
    assert estate.brought().code == 0
    estate.do("update public.dot_tools set owner = 'somebody' where code = 'DOT-BIRTH-SCAN'")
    before = estate.ours()
    refused = estate.run("rollback", estate.receipt())
    assert (refused.code, "was changed since" in refused.err) == (4, True)
    assert estate.ours() == before


TURNED_OFF = f"update public.dot_config set value = 'false' where key = '{KEYS[1]}'"
WAS_RUN = "update public.dot_tools set last_executed = now(), usage_count = 1 where code = 'DOT-BIRTH-SCAN'"


@pytest.mark.parametrize(
    ("act", "row"),
    [(TURNED_OFF, f"rows:birth_config#{KEYS[1]}"), (WAS_RUN, "rows:dot_tools#DOT-BIRTH-SCAN")],
    ids=["the kill switch is off", "it was run"],
)
def test_the_way_back_stays_open_after_an_emergency_stop_and_after_a_run(
    estate: BirthEstate, act: str, row: str
) -> None:
    assert estate.brought("preparation").code == 0
    assert estate.brought().code == 0
    estate.do(act)
    receipt = estate.receipt()
    back = estate.run("rollback", receipt)
    assert (back.code, estate.ours()) == (0, []), back.err
    assert "taken back: 7 row(s) removed" in back.out
    report = (estate.folder / "ledger" / "reports" / f"{receipt[:12]}.md").read_text()
    assert report.count(f"changed since it was applied: {row}\n") == report.count("changed since it was") == 1


@pytest.mark.parametrize(
    "act",
    [
        f"update public.dot_config set value = 'maybe' where key = '{KEYS[1]}'",
        f"update public.dot_config set description = 'ours' where key = '{KEYS[1]}'",
        f"update public.dot_config set value = 'false' where key = '{KEYS[0]}'",
        f"update public.directus_flows set status = 'inactive' where id = '{FLOW}'",
        f"delete from public.dot_config where key = '{KEYS[1]}'",
    ],
)
def test_any_other_change_of_what_was_written_bars_the_way_back(estate: BirthEstate, act: str) -> None:
    assert estate.brought("preparation").code == 0
    assert estate.brought().code == 0
    estate.do(act)
    before = estate.ours()
    refused = estate.run("rollback", estate.receipt())
    assert (refused.code, estate.ours()) == (4, before), refused.out
    assert "changed since" in refused.err or "is gone" in refused.err


def test_a_cadence_goes_back_also_where_the_switch_was_turned_and_the_tool_was_run_since(
    set_up: BirthEstate,
) -> None:
    before = set_up.ours()
    set_up.policy(CADENCE, 'cron: "30 2 * * 1-5"')
    assert set_up.brought().code == 0
    set_up.do(f"{TURNED_OFF}; {WAS_RUN}")
    back = set_up.run("rollback", set_up.receipt())
    assert back.code == 0, back.err
    assert set_up.rows(f"select value from public.dot_config where key = '{KEYS[1]}'") == [("false",)]
    set_up.do(TURNED_OFF.replace("'false'", "'true'"))
    assert set_up.ours() == before
    assert set_up.rows("select usage_count from public.dot_tools where code = 'DOT-BIRTH-SCAN'") == [(1,)]


@pytest.mark.parametrize("what", ["a column of the issues", "a source of the server", "the environment"])
def test_a_preparation_is_stale_once_what_its_text_follows_from_has_moved(
    what: str, reference_template: NoopExecutor, tmp_path: Path
) -> None:
    with birth_estate(reference_template, tmp_path, variant="hoped") as estate:
        if estate.endpoint.parent.exists():
            estate.remove_endpoint()
        assert estate.compiled().code == 0
        assert estate.run("rehearse", estate.plan("preparation")).code == 0
        repository = estate.folder / "repository"
        if what == "a column of the issues":
            estate.do("alter table public.system_issues rename column entity_ref to entity_code")
        elif what == "the environment":
            with (repository / "docker-compose.yml").open("a") as file:
                file.write("# more\n")
        else:
            (repository / "server/api/another.get.ts").write_text(
                "export default defineEventHandler(() => 1)\n"
            )
        refused = estate.run("apply", estate.plan("preparation"))
        assert (refused.code, "stale: " in refused.err) == (4, True), refused.out + refused.err
        assert not estate.endpoint.exists()
        assert [entry.kind for entry in estate.entries] == ["opened", "rehearsal"]


def test_a_file_with_other_ends_of_lines_is_not_as_compiled_and_is_given_back_to_the_byte(
    set_up: BirthEstate,
) -> None:
    data = set_up.endpoint.read_bytes()
    for theirs in (data.replace(b"\n", b"\r\n"), data.replace(b"\n", b"\r\n") + b"// by hand\r\n"):
        set_up.endpoint.write_bytes(theirs)
        applied = set_up.brought("preparation")
        assert applied.code == 0, applied.out + applied.err
        assert set_up.endpoint.read_bytes() == data
        assert set_up.run("rollback", set_up.receipt()).code == 0
        assert set_up.endpoint.read_bytes() == theirs


def test_a_file_that_was_changed_by_hand_is_set_right_and_given_back(set_up: BirthEstate) -> None:
    text = set_up.endpoint.read_text(encoding="utf-8")
    set_up.endpoint.write_text(text + "// by hand\n", encoding="utf-8")
    applied = set_up.brought("preparation")
    assert applied.code == 0, applied.out + applied.err
    assert set_up.endpoint.read_text(encoding="utf-8") == text
    assert set_up.run("rollback", set_up.receipt()).code == 0
    assert set_up.endpoint.read_text(encoding="utf-8") == text + "// by hand\n"


def test_a_commit_is_an_act_of_its_own_and_takes_the_file_along(estate: BirthEstate) -> None:
    repository = estate.folder / "repository"

    def git(*words: str) -> str:
        words = ("git", "-C", str(repository), "-c", "user.name=t", "-c", "user.email=t@example.org", *words)
        return subprocess.run(words, capture_output=True, check=True, text=True).stdout

    git("init", "-q", "-b", "main")
    git("config", "user.name", "t")
    git("config", "user.email", "t@example.org")
    git("add", "-A")
    git("commit", "-q", "-m", "before")
    assert estate.brought("preparation").code == 0
    assert git("log", "--format=%s").splitlines() == ["before"]
    (repository / "other.txt").write_text("somebody else's")
    committed = estate.run("commit", estate.plan("preparation"))
    assert committed.code == 0, committed.err
    files = git("show", "--name-only", "--format=", "HEAD").splitlines()
    assert ENDPOINT in files
    assert [name for name in files if not name.startswith("governance/plans/")] == [ENDPOINT]
    assert git("status", "--porcelain").splitlines() == ["?? other.txt"]


def test_the_review_goes_to_the_document_service_under_a_prefix_that_does_not_come_back(
    reference_template: NoopExecutor, tmp_path: Path
) -> None:
    """Pass one of document 001 ends with it; a rollback takes both back."""
    shut = SHUT.replace("  agent_data: {reason: it does not run here, owner: tests, until: 2036-12-31}\n", "")
    repository = resource("fixtures/reference/repository")
    with clone(reference_template, "reviewed") as dsn:
        as_service = make_conninfo(dsn, user=agent_data.ROLE)
        with agent_data.serving(as_service, repository=repository) as service:
            services = f'{shut}{NO_NUXT}agent_data: {{url: "{service.url}", token: "{service.api_key}"}}\n'
            estate = BirthEstate(tmp_path, dsn, services)
            estate.remove_endpoint()
            kept = "select data ->> 'document_id', data -> 'content' ->> 'body' from agent_data.kb_documents"
            ours = f"{kept} where key like 'governance\\_\\_birth-scan%' and data ->> 'deleted_at' is null"
            assert estate.rows(ours) == []
            applied = estate.brought("preparation")
            assert applied.code == 0, applied.out + applied.err
            assert "called: 2 call(s) made" in applied.out
            ((name, body),) = estate.rows(ours)
            assert name.startswith("governance/birth-scan/review-")
            for number in range(1, 8):
                assert f"### {number}. " in body
            assert (
                body
                == (estate.folder / "compiled" / SYSTEM / "preparation" / "payloads" / "review.md").read_text()
            )
            sent = estate.rows("select count(*) from agent_data.events_log where kind = 'reverse'"
                               " and document_id like 'governance/%'")  # fmt: skip
            assert sent == [(0,)]
            assert estate.run("rollback", estate.receipt()).code == 0
            assert (estate.rows(ours), estate.endpoint.exists()) == ([], False)


# --- variants of the estate ------------------------------------------------------------------------------------


def test_as_found_in_practice_nothing_is_compiled_and_each_reason_is_told(
    reference_template: NoopExecutor, tmp_path: Path
) -> None:
    with birth_estate(reference_template, tmp_path, variant="practice") as practice:
        before = practice.preserved()
        refused = practice.compiled()
        assert (refused.code, practice.preserved(), practice.ours()) == (4, before, [])
        assert "auth_decision" in refused.err
        assert not practice.endpoint.exists()


@pytest.mark.parametrize(
    ("variant", "status", "tool"),
    [
        ("hoped", "FULL", "select tool_name, tool_type, executor_ref from public.dot_tools"
                          " where code = 'DOT-BIRTH-SCAN'"),
        ("text_only", "PARTIAL", "select name, trigger_type, script_path from public.dot_tools"
                                 " where code = 'DOT-BIRTH-SCAN'"),
    ],
)  # fmt: skip
def test_another_shape_is_discovered_mapped_applied_and_taken_back(
    variant: str, status: str, tool: str, reference_template: NoopExecutor, tmp_path: Path
) -> None:
    with birth_estate(reference_template, tmp_path, variant=variant) as other:
        tables = "select count(*) from information_schema.columns where table_schema = 'public'"
        columns = other.rows(tables)
        first = other.brought("preparation")
        assert first.code == 0, first.out + first.err
        applied = other.brought()
        assert applied.code == 0, applied.out + applied.err
        assert f"observability_status: {status}" in applied.out
        assert other.rows(tool)[0][0] == "birth-onboarding-full-scan"
        assert other.rows(tool)[0][2] == ENDPOINT
        assert other.rows(tables) == columns
        report = next((other.folder / "ledger" / "reports").glob(f"{other.receipt()[:12]}.md")).read_text()
        assert f"- observability_status: {status}" in report
        assert other.run("rollback", other.receipt()).code == 0
        assert other.rows(tool) == []

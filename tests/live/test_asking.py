"""`compliance exercise birth_scan`: requests to a real endpoint, what they leave, what keeps them from being sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import make_conninfo

from compliance import audit
from compliance.core.asking import ANSWERED, LEFT
from compliance.core.errors import ConfigurationError, Refused
from compliance.core.finding import Finding, NotApplicable
from compliance.estate import nitro
from compliance.estate.config import Service
from compliance.estate.directus import APPLICATION
from compliance.estate.resources import resource
from compliance.executor import approvals, asking, keys
from compliance.executor.apply import Change
from compliance.executor.ledger import Ledger, ignore
from compliance.executor.ledger_lock import LedgerBusy
from compliance.systems import birth_scan
from compliance.systems.birth_scan.exercise import CALLER, GET, NOBODY, STRANGER, exercised_as_declared
from compliance.systems.platform.execution import ApprovalRule, Execution, Key
from compliance.systems.protocol import Facts
from tests import faults
from tests.conftest import clone
from tests.live.birth_estate import KEYS, SHUT, SYSTEM, BirthEstate
from tests.live.misbehaving import answer, http, misbehaving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import psycopg
    from pytest_postgresql.executors import NoopExecutor

    from compliance.core.finding import Judgement
    from compliance.executor.plan import Plan

SUMMARIES = "select count(*) from public.system_issues where issue_type = 'BIRTH_FULL_SCAN_RUN_SUMMARY'"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


# --- on a real endpoint ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def called(reference_template: NoopExecutor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BirthEstate]:
    """An estate whose endpoints run: the reference's routes, built by a real Nitro."""
    routes = resource("fixtures/reference/repository") / nitro.ROUTES
    with (
        clone(reference_template, "asking") as dsn,
        nitro.serving(
            routes, make_conninfo(dsn, user=APPLICATION), token_env="NUXT_BIRTH_SCAN_TOKEN"
        ) as served,
    ):
        services = f'{SHUT}nuxt: {{url: "{served.url}", token: "{served.token}"}}\n'
        estate = BirthEstate(tmp_path_factory.mktemp("asking"), dsn, services)
        yield estate


def judged(estate: BirthEstate) -> list[Judgement]:
    """What the rule says after a new look."""
    from compliance import probing

    run = probing.look(estate.folder / "estate.yaml")
    return list(exercised_as_declared(Facts(SYSTEM, run.policies, run.observation)))


def exercise(estate: BirthEstate) -> dict[str, dict[str, Any]]:
    done = estate.run("exercise", SYSTEM, "--out", str(estate.folder / "compiled"), "--json")
    assert done.code == 0, done.err
    return {item["name"]: item["answer"] for item in done.json["answers"]}


def test_who_may_is_scanned_for_and_leaves_one_summary_and_who_may_not_is_refused(called: BirthEstate) -> None:
    ((before,),) = called.rows(SUMMARIES)
    said = exercise(called)
    assert said[GET] == {ANSWERED: 405}
    assert (said[NOBODY], said[STRANGER]) == ({ANSWERED: 401, "status": "unauthorized"},) * 2
    assert (said[CALLER][ANSWERED], said[CALLER]["status"], said[CALLER][LEFT]) == (200, "complete", 1)
    assert said[CALLER]["collections_scanned"] > 0
    assert called.rows(SUMMARIES) == [(before + 1,)]
    assert judged(called) == []
    review = (called.folder / "compiled" / SYSTEM / "exercise" / "REVIEW.md").read_text()
    assert "THIS WRITES, and nothing takes it back: a row of public.system_issues" in review
    assert "Authorization: Bearer {token}" in review


def test_the_token_is_neither_in_the_plan_nor_in_the_ledger(called: BirthEstate) -> None:
    exercise(called)
    token = (called.folder / "estate.yaml").read_text().partition('token: "')[2].partition('"')[0]
    places = [*(called.folder / "compiled").rglob("*"), *(called.folder / "ledger").rglob("*")]
    assert len(token) > 16
    assert [path for path in places if path.is_file() and token in path.read_text()] == []


def test_with_the_kill_switch_off_everybody_is_told_so_and_nothing_is_scanned(called: BirthEstate) -> None:
    before = called.rows(SUMMARIES)
    called.do(f"update public.dot_config set value = 'false' where key = '{KEYS[1]}'")
    try:
        said = exercise(called)
        assert {name: answer["status"] for name, answer in said.items() if name != GET} == dict.fromkeys(
            (NOBODY, STRANGER, CALLER), "disabled"
        )
        assert (called.rows(SUMMARIES), judged(called)) == (before, [])
    finally:
        called.do(f"update public.dot_config set value = 'true' where key = '{KEYS[1]}'")
    assert all(isinstance(found, NotApplicable) for found in judged(called))


# --- what keeps them from being sent -----------------------------------------------------------------------------


class Ready:
    """Requests that were planned on a clone, and a server whose answers are somebody's."""

    def __init__(self, dsn_of: Callable[[str], str], folder: Path, url: str) -> None:
        found = faults.estate_at(dsn_of("compliance_probe"), nuxt=Service(url, "t0ken-of-nobody"))
        self.estate = replace(found, writer=dsn_of("estate_owner"), ledger=folder / "ledger")
        self.run = faults.looked_at(self.estate)
        self.policy = self.run.policies.digests[SYSTEM]
        self.requests = birth_scan.asking(self.facts(self.run))
        self.plan = audit.plan_of(self.run, asking.compiled(SYSTEM, self.requests))
        execution = self.run.policies["platform"].execution
        self.change = Change(self.estate, execution, Ledger(folder / "ledger"), NOW, ignore)

    @staticmethod
    def facts(run: Any) -> Facts:
        return Facts(SYSTEM, run.policies, run.observation)

    def exercise(self, plan: Plan | None = None, **other: Any) -> Any:
        return asking.exercise(
            replace(self.change, **other), plan or self.plan, self.requests, policy=self.policy
        )

    def judged(self) -> dict[str, str]:
        found = exercised_as_declared(self.facts(faults.looked_at(self.estate)))
        return {item.subject: item.message for item in found if isinstance(item, Finding)}


@pytest.fixture
def ready(estate_dsn: Callable[[str], str], tmp_path: Path) -> Ready:
    """A server that is not there."""
    return Ready(estate_dsn, tmp_path, "http://127.0.0.1:9")


def test_a_server_that_is_not_there_is_a_finding_of_each_request(ready: Ready) -> None:
    """The control of all below: nothing stands in the way."""
    ready.exercise()
    assert ready.judged().keys() == {GET, NOBODY, STRANGER, CALLER}
    assert all("there was no answer" in said for said in ready.judged().values())


def test_without_an_approval_of_its_own_nothing_is_sent(ready: Ready, tmp_path: Path) -> None:
    plan = replace(ready.plan, estate_kind="staging")
    key, may = tmp_path / "alice.pem", frozenset({"execute", "test-call"})
    rules = tuple(ApprovalRule(what, None, 1, frozenset({"alice"}), False) for what in ("execute", "test-call"))
    execution = Execution(keys={"alice": Key("alice", keys.new(key), may)}, approvals={"staging": rules})
    other = {"estate": replace(ready.estate, kind="staging"), "execution": execution}
    with pytest.raises(Refused, match="not approved: test-call"):
        ready.exercise(plan, **other)
    approvals.approve(
        plan, capability="test-call", signer=keys.load(key), reason="nightly", expires="1h", now=NOW,
        execution=execution, ledger=ready.change.ledger,
    )  # fmt: skip
    assert ready.exercise(plan, **other).body["approvals"]["by"] == ["alice"]
    with pytest.raises(Refused, match="not approved: test-call"):
        ready.exercise(plan, **other)


def test_the_operator_s_kill_switch_stops_requests_too(ready: Ready, estate_db: psycopg.Connection) -> None:
    estate_db.execute("update public.dot_config set value = 'false' where key = 'policy.changes.enabled'")
    estate_db.commit()
    with pytest.raises(Refused, match="kill switch"):
        ready.exercise()


def test_requests_that_follow_another_policy_are_not_sent(ready: Ready) -> None:
    ready.policy = "0" * 64
    with pytest.raises(Refused, match="it follows policy"):
        ready.exercise()


def test_requests_are_sent_for_the_database_that_was_meant(
    ready: Ready, reference_template: NoopExecutor
) -> None:
    with clone(reference_template, "elsewhere") as dsn:
        other = replace(ready.estate, writer=make_conninfo(dsn, user="estate_owner"))
        with pytest.raises(Refused, match="another database"):
            ready.exercise(estate=other)


def test_nobody_else_may_be_at_work_meanwhile(ready: Ready, tmp_path: Path) -> None:
    reached: list[str] = []
    with Ledger(tmp_path / "ledger").locked(), pytest.raises(LedgerBusy):
        ready.exercise(at=reached.append)
    assert reached == []


def test_an_estate_that_says_nothing_of_its_endpoints_is_wrong_usage(ready: Ready) -> None:
    with pytest.raises(ConfigurationError, match="does not say where its endpoints are"):
        ready.exercise(estate=replace(ready.estate, nuxt=None))


# --- what a server may say ---------------------------------------------------------------------------------------

GOOD = {
    "status": "complete", "run_id": "r-1", "collections_scanned": 9, "gaps": 0, "new_gaps": 0, "gaps_by_kind": {},
}  # fmt: skip
SAID: dict[str, tuple[list[bytes], dict[str, str]]] = {
    "scans for anybody, and a GET too": (
        answer(GOOD),
        {
            GET: "is answered with 200 complete, where nothing may be scanned",
            NOBODY: "is answered with 200 complete, not refused with 401",
            STRANGER: "is answered with 200 complete, not refused with 401",
            CALLER: "left 0 summary row(s) in public.system_issues, not one",
        },
    ),
    "lets nobody in": (
        [http(b'{"status": "unauthorized"}', "401 Unauthorized", content_type="application/json")],
        {GET: "is answered with 401 unauthorized, where nothing may be scanned",
         CALLER: "is answered with 401 unauthorized"},
    ),
    "has no route": (
        [http(b"<html>", "404 Not Found")],
        {NOBODY: "is answered with 404, not refused with 401", STRANGER: "is answered with 404, not refused with 401",
         CALLER: "is answered with 404"},
    ),
    "is a server of screens": (
        [http(b"<html>", content_type="text/html")],
        {NOBODY: "is answered with 200, not refused with 401", STRANGER: "is answered with 200, not refused with 401",
         CALLER: "is answered with 200"},
    ),
    "says that it is off": (
        answer({"status": "disabled"}),
        {NOBODY: "is answered with 200 disabled, not refused with 401",
         STRANGER: "is answered with 200 disabled, not refused with 401", CALLER: "is answered with 200 disabled"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_what_a_server_says_that_is_not_as_declared_is_told(
    what: str, estate_dsn: Callable[[str], str], tmp_path: Path
) -> None:
    pieces, told = SAID[what]
    with misbehaving(lambda _: pieces) as (url, asked):
        ready = Ready(estate_dsn, tmp_path, url)
        ready.exercise()
    assert (
        asked.lines[-4:]
        == ["GET /api/birth/onboarding/full-scan"] + ["POST /api/birth/onboarding/full-scan"] * 3
    )
    assert ready.judged() == told


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"run_id": ""}, "is answered without run_id"),
        ({"gaps": -1, "new_gaps": "1"}, "is answered without a count in gaps, new_gaps"),
        ({"gaps_by_kind": [1]}, "is answered without a count in gaps_by_kind"),
        ({"gaps_by_kind": {"a": "b"}}, "is answered without a count in gaps_by_kind"),
        ({"status": "dependency_fail"}, "says dependency_fail, and not what is missing"),
        ({"status": "strange"}, "is answered with 200 strange"),
    ],
)
def test_a_result_that_is_not_what_policy_says_is_told(
    changed: dict[str, Any], told: str, estate_dsn: Callable[[str], str], tmp_path: Path
) -> None:
    with misbehaving(lambda _: answer(GOOD | changed)) as (url, _):
        ready = Ready(estate_dsn, tmp_path, url)
        ready.exercise()
    assert ready.judged()[CALLER] == told

"""`compliance commit`: a plan's files, exactly these, into a real git repository, with an approval of its own."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from compliance import audit
from compliance.core.errors import ComplianceError, ConfigurationError, Refused
from compliance.executor import approvals, keys
from compliance.executor.apply import Change
from compliance.executor.commit import commit
from compliance.executor.ledger import Ledger
from compliance.systems.platform.execution import ApprovalRule, Execution, Key
from tests import judging

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psycopg

    from compliance.executor.plan import Plan

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", repository, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def plan(estate_db: psycopg.Connection, estate_dsn: Callable[[str], str]) -> Plan:
    """The two rows of 034, compiled for an estate that lacks them."""
    estate_db.execute(
        f"delete from {judging.CATALOG} where command_name = any (%s)", (list(judging.MIGRATION_034),)
    )
    estate_db.commit()
    run = judging.look(estate_dsn("compliance_probe"))
    return audit.plan_of(run, judging.compiled(run)["migration"])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "repository"
    place.mkdir()
    git(place, "init", "--quiet", "-b", "main")
    git(place, "config", "user.name", "Release")
    git(place, "config", "user.email", "release@example.org")
    (place / "kept.txt").write_text("kept\n")
    git(place, "add", "kept.txt")
    git(place, "commit", "--quiet", "-m", "start")
    return place


@pytest.fixture
def change(tmp_path: Path, repository: Path) -> Change:
    """The reference estate, which approves itself."""
    estate = replace(judging.look_estate(), repository=repository)
    return Change(
        estate, Execution(approvals={"reference": "self"}), Ledger(tmp_path / "ledger"), NOW, lambda _: None
    )


def with_payloads(plan: Plan) -> Plan:
    return replace(plan, compiled=replace(plan.compiled, payloads={"flows.json": "[]\n"}))


def rehearsed(change: Change, plan: Plan) -> None:
    approvals.remember_rehearsal(plan, {"result": "passed"}, signer=None, ledger=change.ledger, now=NOW)


def test_exactly_the_files_of_the_plan_are_committed_and_what_lies_about_stays_as_it_is(
    change: Change, plan: Plan, repository: Path
) -> None:
    rehearsed(change, plan)
    (repository / "kept.txt").write_text("somebody is at it\n")
    (repository / "staged.txt").write_text("somebody staged this\n")
    git(repository, "add", "staged.txt")
    done = commit(change, plan)
    changed = git(repository, "show", "--name-only", "--format=", done.revision).splitlines()
    assert changed == sorted(f"{done.folder}/{name}" for name in plan.files)
    assert (
        git(repository, "show", f"{done.revision}:{done.folder}/deploy.sql").encode() + b"\n"
        == plan.files["deploy.sql"]
    )
    assert git(repository, "status", "--short") == "M kept.txt\nA  staged.txt"
    assert git(repository, "log", "-1", "--format=%s%n%(trailers)") == (
        f"chore(command_catalog): register 2 command(s)\nPlan: {plan.digest}"
    )
    entry = change.ledger.entries()[-1]
    assert (entry.kind, entry.body["revision"], entry.body["branch"]) == ("commit", done.revision, "main")


def test_a_plan_is_committed_once(change: Change, plan: Plan, repository: Path) -> None:
    rehearsed(change, plan)
    commit(change, plan)
    head = git(repository, "rev-parse", "HEAD")
    with pytest.raises(Refused, match="committed already"):
        commit(change, plan)
    assert git(repository, "rev-parse", "HEAD") == head


def test_a_run_that_was_cut_off_after_the_commit_is_finished_by_the_next(
    change: Change, plan: Plan, repository: Path
) -> None:
    rehearsed(change, plan)

    def cut_off(point: str) -> None:
        if point == "committed":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        commit(replace(change, at=cut_off), plan)
    head = git(repository, "rev-parse", "HEAD")
    assert change.ledger.entries()[-1].kind == "rehearsal"
    assert commit(change, plan).revision == head == git(repository, "rev-parse", "HEAD")
    assert change.ledger.entries()[-1].kind == "commit"


def test_a_hook_that_refuses_leaves_work_tree_and_index_as_they_were(
    change: Change, plan: Plan, repository: Path
) -> None:
    rehearsed(change, plan)
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ComplianceError, match="not on a Friday"):
        commit(change, plan)
    assert git(repository, "status", "--short") == ""
    assert sorted(path.name for path in repository.iterdir()) == [".git", "kept.txt"]
    hook.unlink()
    assert commit(change, plan).branch == "main"


def test_who_commits_must_be_known(
    change: Change, plan: Plan, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsed(change, plan)
    git(repository, "config", "--unset", "user.email")
    git(repository, "config", "user.useConfigOnly", "true")
    for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    with pytest.raises(ComplianceError, match="git does not know who commits") as error:
        commit(change, plan)
    assert error.value.remedy == "git config user.name and user.email"
    assert git(repository, "status", "--short") == ""


def test_a_folder_without_git_and_a_checkout_without_a_branch_are_clear_errors(
    change: Change, plan: Plan, repository: Path, tmp_path: Path
) -> None:
    rehearsed(change, plan)
    plain = tmp_path / "plain"
    plain.mkdir()
    with pytest.raises(ConfigurationError, match="not the work tree of a git repository"):
        commit(replace(change, estate=replace(change.estate, repository=plain)), plan)
    with pytest.raises(ConfigurationError, match="names no repository"):
        commit(replace(change, estate=replace(change.estate, repository=None)), plan)
    git(repository, "checkout", "--quiet", "--detach")
    with pytest.raises(Refused, match="no branch is checked out"):
        commit(change, plan)


def test_an_approval_to_execute_does_not_let_anybody_commit(change: Change, plan: Plan, tmp_path: Path) -> None:
    author, alice = tmp_path / "author.pem", tmp_path / "alice.pem"
    may = frozenset({"execute", "commit"})
    known = {path.stem: Key(path.stem, keys.new(path), may) for path in (author, alice)}
    rules = tuple(ApprovalRule(what, None, 1, frozenset({"alice"}), False) for what in ("execute", "commit"))
    staging = replace(change, execution=Execution(keys=known, approvals={"staging": rules}))
    strict = replace(plan, estate_kind="staging")
    approvals.remember_rehearsal(
        strict, {"result": "passed"}, signer=keys.load(author), ledger=staging.ledger, now=NOW
    )

    def approve(capability: str) -> None:
        approvals.approve(
            strict, capability=capability, signer=keys.load(alice), reason="release", expires=timedelta(hours=1),
            now=NOW, execution=staging.execution, ledger=staging.ledger,
        )  # fmt: skip

    approve("execute")
    with pytest.raises(Refused, match="not approved: commit"):
        commit(staging, strict)
    approve("commit")
    commit(staging, strict)
    assert staging.ledger.entries()[-1].body["approvals"]["by"] == ["alice"]


@pytest.mark.parametrize("refused", [False, True])
def test_payloads_are_committed_with_the_rest_or_nothing_of_them_stays(
    change: Change, plan: Plan, repository: Path, refused: bool
) -> None:
    made = with_payloads(plan)
    rehearsed(change, made)
    if refused:
        hook = repository / ".git" / "hooks" / "pre-commit"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
        with pytest.raises(ComplianceError):
            commit(change, made)
        assert git(repository, "status", "--porcelain") == ""
        assert sorted(place.name for place in repository.iterdir()) == [".git", "kept.txt"]
        return
    found = commit(change, made)
    names = git(repository, "ls-tree", "-r", "--name-only", "HEAD", "--", found.folder).splitlines()
    assert f"{found.folder}/payloads/flows.json" in names

"""Pull targets: what they change is found, checked and committed, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox


def test_new_untracked_outputs_are_committed(sandbox: Sandbox) -> None:
    sandbox.pull("news", "mkdir -p out/deep; echo one >out/deep/one.txt; echo two >out/two.txt")
    sandbox.commit()
    ran = sandbox.run("--json")
    assert ran.code == 0
    assert sandbox.committed() == ["out/deep/one.txt", "out/two.txt"]
    assert ran.result["outputs_created"] == ["out/deep/one.txt", "out/two.txt"]
    assert ran.result["commit"] == sandbox.head
    assert sandbox.status == ""
    assert (sandbox.root / "out/two.txt").read_text() == "two\n"


def test_the_commit_says_what_it_is_of_and_is_made_by_who_runs_it(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    sandbox.run()
    assert (
        sandbox.git("log", "-1", "--format=%s|%an|%ae").strip() == "chore(sync): news|Tester|tester@example.org"
    )
    assert sandbox.git("symbolic-ref", "--short", "HEAD").strip() == "main"


def test_the_message_is_that_of_the_configuration(sandbox: Sandbox) -> None:
    sandbox.rest["git"] = {"message": "data: {target} of today"}
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    sandbox.run()
    assert sandbox.git("log", "-1", "--format=%s").strip() == "data: news of today"


def test_a_second_run_changes_nothing_and_makes_no_commit(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    sandbox.run()
    first = sandbox.head
    ran = sandbox.run("--json")
    assert (ran.code, ran.result["message"], sandbox.head) == (0, "nothing changed", first)


def test_a_target_that_is_not_idempotent_fails_with_the_paths_that_differ(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo steady >out/steady; date +%s%N >out/when")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "not idempotent" in ran.out
    assert "out/when" in ran.out
    assert "out/steady" not in ran.out
    assert sandbox.untouched(before)


def test_a_target_that_need_not_be_idempotent_runs_once(sandbox: Sandbox) -> None:
    sandbox.pull("news", "date +%s%N >out/when", idempotent=False)
    sandbox.commit()
    assert sandbox.run().code == 0
    assert sandbox.committed() == ["out/when"]


@pytest.mark.parametrize(
    "stray",
    [
        "echo x >elsewhere.txt",
        "echo x >>README",
        "rm README",
        "chmod +x README",
        "ln -s out link",
        "mkdir o; echo x >o/x",
    ],
)
def test_anything_else_that_it_changes_is_an_error_and_nothing_lands(sandbox: Sandbox, stray: str) -> None:
    sandbox.file("README", "read me\n")
    sandbox.pull("news", f"echo one >out/one; {stray}")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "none of its outputs" in ran.out
    assert sandbox.untouched(before)


def test_a_script_that_writes_to_the_main_tree_by_an_absolute_path_fails(sandbox: Sandbox) -> None:
    sandbox.pull("news", f"echo one >out/one; echo x >{sandbox.root}/stray.txt")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "by an absolute path" in ran.out
    assert "stray.txt" in ran.out
    assert sandbox.head == before


def test_a_script_that_commits_itself_fails(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one; git add out; git commit -qm mine")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "a commit of its own" in ran.out
    assert sandbox.untouched(before)


def test_a_failing_script_lands_nothing_and_shows_the_end_of_what_it_said(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one; echo 'no such host' >&2; exit 7")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "ended with 7" in ran.out
    assert "no such host" in ran.out
    assert sandbox.untouched(before)


def test_a_script_without_a_first_line_that_says_who_runs_it_is_told_so(sandbox: Sandbox) -> None:
    sandbox.pull("news", "#!")
    sandbox.file("scripts/news.sh", "echo one >out/one")
    sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "it needs a `#!` line" in ran.out


def test_a_folder_that_somebody_closed_to_himself_goes_with_the_worktree(sandbox: Sandbox) -> None:
    sandbox.pull("news", "mkdir -p out/closed; echo x >out/closed/x; chmod 500 out/closed; exit 1")
    before = sandbox.commit()
    assert sandbox.run().code == 1
    assert list((sandbox.root / ".git/directional-sync/worktrees").iterdir()) == []
    assert sandbox.untouched(before)


@pytest.mark.parametrize("direction", ["pull", "push", "bidirectional"])
def test_an_entrypoint_that_is_not_committed_as_it_is_says_what_to_do(sandbox: Sandbox, direction: str) -> None:
    sandbox.file("docs/a", "a\n")
    named = "inputs" if direction == "push" else "outputs"
    sandbox.target("news", "true", direction=direction, **{named: ["docs/**"]})
    sandbox.commit()
    for change, told in (("update-index --chmod=-x", "--chmod=+x"), ("rm -q --cached", "git add")):
        sandbox.git(*change.split(), "scripts/news.sh")
        sandbox.git("commit", "-q", "-m", "x")
        sandbox.git("config", "core.fileMode", "false")
        ran = sandbox.run()
        assert ran.code == 1
        assert told in ran.out


def test_an_interpreter_that_is_not_there_is_told(sandbox: Sandbox) -> None:
    sandbox.pull("news", "#!/usr/bin/no-such-thing\n")
    sandbox.commit()
    assert "`#!` line names is not there" in sandbox.run().out

"""A run is taken back: the outputs are what they were before it, by commits that landed as its own did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from compliance.sync import history, recording, state
from tests.sync.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]
CHANGES = "rm -rf out/gone; echo $1 >out/changed; mkdir -p out/deep; echo x >out/deep/new; chmod +x out/mode"
PUSH = """
python3 - <<'EOF'
import json, os
given = json.load(open(os.environ["SYNC_INPUTS"]))
json.dump({"confirmed": {each["path"]: "id" for each in given}}, open(os.environ["SYNC_CONFIRMED"], "w"))
EOF
"""
STEPS = (
    "after worktree", "after staging", "after checks", "after commit", "after intent", "after merge", "after landing",
    "after keep", "before record", "after record",
)  # fmt: skip


def newest(box: Sandbox) -> str:
    return history.read(box.root)[0].id


def made(box: Sandbox) -> tuple[dict[str, bytes], str]:
    """A pull that adds, changes and deletes, and has run; gives the files before it, and the run."""
    box.pull("news", CHANGES.replace("$1", "two"), ["out/**"])
    for name in ("gone/one", "changed", "mode", "kept"):
        box.file(f"out/{name}", "one\n")
    box.commit()
    before = box.tree()
    assert box.run().code == 0
    assert box.tree() != before
    return before, newest(box)


def again(box: Sandbox, text: str) -> str:
    """Another run of it, which writes something else."""
    box.script("scripts/news.sh", CHANGES.replace("$1", text))
    box.commit()
    assert box.run("--target", "news").code == 0
    return newest(box)


def outputs(box: Sandbox) -> dict[str, bytes]:
    return {path: text for path, text in box.tree().items() if path.startswith("out/")}


def test_outputs_are_what_they_were_by_one_commit_of_the_target(sandbox: Sandbox) -> None:
    before, run = made(sandbox)
    base = sandbox.git("rev-parse", "HEAD~1:out")
    ran = sandbox.run("rollback", run)
    assert ran.code == 0, ran.told
    assert sandbox.tree() == before
    assert sandbox.git("rev-parse", "HEAD:out") == base  # modes too
    assert sandbox.git("log", "-1", "--format=%s %an").strip() == f"revert(sync): news of {run} Tester"
    assert sandbox.committed() == ["out/changed", "out/deep/new", "out/gone/one", "out/mode"]
    assert sandbox.status == ""


def test_a_rollback_is_a_run_of_the_history_and_can_be_rolled_back(sandbox: Sandbox) -> None:
    before, run = made(sandbox)
    after = sandbox.git("rev-parse", "HEAD:out")
    sandbox.run("rollback", run)
    back = history.read(sandbox.root)[0]
    assert (back.kind, back.rolls_back, back.commits) == ("rollback", run, 1)
    assert f"rollback of {run}" in sandbox.run("history").out
    assert sandbox.run("rollback", back.id).code == 0
    assert sandbox.git("rev-parse", "HEAD:out") == after
    assert sandbox.run("rollback", newest(sandbox)).code == 0
    assert sandbox.tree() == before


def test_a_second_time_there_is_nothing_to_do(sandbox: Sandbox) -> None:
    _, run = made(sandbox)
    sandbox.run("rollback", run)
    head = sandbox.head
    ran = sandbox.run("rollback", run)
    assert (ran.code, ran.out) == (0, f"what {run} landed is rolled back: there is nothing to do\n")
    assert sandbox.untouched(head)
    assert len(history.read(sandbox.root)) == 2
    assert sandbox.run("rollback", run, "--json").summary["total_targets"] == 0


def test_a_run_that_landed_nothing_says_so(sandbox: Sandbox) -> None:
    made(sandbox)
    sandbox.run()
    run = newest(sandbox)
    ran = sandbox.run("rollback", run)
    assert (ran.code, ran.out) == (0, f"{run} landed nothing: there is nothing to roll back\n")


def test_a_path_that_changed_again_since_is_refused_with_the_run_to_roll_back_first(sandbox: Sandbox) -> None:
    before, first = made(sandbox)
    second = again(sandbox, "three")
    head, files = sandbox.head, sandbox.tree()
    ran = sandbox.run("rollback", first)
    assert ran.code == 4
    assert f"news: changed again since: out/changed (by {second}: roll that back first)" in ran.err
    assert sandbox.untouched(head)
    assert sandbox.tree() == files
    assert sandbox.run("rollback", second).code == 0
    assert sandbox.run("rollback", first).code == 0
    assert outputs(sandbox) == {path: text for path, text in before.items() if path.startswith("out/")}


def test_a_path_that_a_person_changed_since_is_refused_with_the_commit(sandbox: Sandbox) -> None:
    _, run = made(sandbox)
    sandbox.file("out/deep/new", "by hand\n")
    commit = sandbox.commit()
    ran = sandbox.run("rollback", run)
    assert ran.code == 4
    assert f"out/deep/new (by commit {commit[:10]}: revert that first)" in ran.err


def test_what_a_person_changed_beside_it_stays(sandbox: Sandbox) -> None:
    _, run = made(sandbox)
    sandbox.file("out/kept", "by hand\n")
    sandbox.file("out/deep/other", "by hand\n")
    sandbox.commit()
    assert sandbox.run("rollback", run).code == 0
    assert outputs(sandbox)["out/kept"] == b"by hand\n"
    assert outputs(sandbox)["out/deep/other"] == b"by hand\n"


def test_what_is_back_already_is_left_and_the_rest_goes_back(sandbox: Sandbox) -> None:
    before, run = made(sandbox)
    sandbox.file("out/changed", "one\n")
    sandbox.commit()
    assert sandbox.run("rollback", run).code == 0
    assert sandbox.tree() == before
    assert "out/changed" not in sandbox.committed()


def test_a_folder_that_grew_where_a_file_was_is_refused(sandbox: Sandbox) -> None:
    _, run = made(sandbox)
    sandbox.file("out/gone/one/else", "a folder now\n")
    head = sandbox.commit()
    assert "changed again since: out/gone/one/else" in sandbox.run("rollback", run).err
    assert sandbox.untouched(head)


def test_a_file_that_became_a_folder_and_a_link_go_back(sandbox: Sandbox) -> None:
    sandbox.pull("news", "rm -rf out/a out/b; mkdir out/a; echo x >out/a/b; ln -s a/b out/b")
    sandbox.file("out/a", "a file\n")
    sandbox.file("out/b", "another\n")
    sandbox.commit()
    before = sandbox.tree()
    assert sandbox.run().code == 0
    assert sandbox.run("rollback", newest(sandbox)).code == 0
    assert sandbox.tree() == before


def test_odd_names_go_back(sandbox: Sandbox) -> None:
    names = ["a\nb", ":(glob)*", "-rf", '"q"', os.fsdecode(b"\xff\xfe"), "é", "*"]
    sandbox.pull(
        "news", "cd out; for f in *; do echo new >\"./$f\"; done; echo x >$'new\\nline'", idempotent=False
    )
    for name in names:
        sandbox.file(f"out/{name}", "old\n")
    sandbox.commit()
    before = sandbox.tree()
    ran = sandbox.run()
    assert ran.code == 0, ran.told
    assert sandbox.run("rollback", newest(sandbox)).code == 0
    assert sandbox.tree() == before


def test_a_dry_run_shows_what_a_real_one_lands_and_leaves_no_trace(sandbox: Sandbox) -> None:
    _, run = made(sandbox)
    head = sandbox.head
    ran = sandbox.run("rollback", run, "--dry-run")
    assert ran.code == 0
    assert sandbox.untouched(head)
    assert len(history.read(sandbox.root)) == 1
    sandbox.run("rollback", run)
    shown = [line.removeprefix("       | ") for line in ran.out.splitlines() if line.startswith("       | ")]
    assert shown == sandbox.git("diff", "--no-renames", "HEAD~1", "HEAD").splitlines()


def push_too(box: Sandbox) -> tuple[str, str]:
    box.target("sent", PUSH, direction="push", inputs=["notes/**"])
    box.file("notes/one", "one\n")
    _, run = made(box)
    return run, box.git("rev-parse", state.REF)


def test_what_was_handed_to_another_side_is_refused_and_its_state_kept(sandbox: Sandbox) -> None:
    run, recorded = push_too(sandbox)
    head = sandbox.head
    ran = sandbox.run("rollback", run)
    assert ran.code == 4
    assert "sent: it was handed to the other side" in ran.err
    assert "--target news" in ran.err
    assert sandbox.untouched(head)
    ran = sandbox.run("rollback", run, "--target", "news")
    assert ran.code == 0
    assert sandbox.git("rev-parse", state.REF) == recorded
    assert "nothing new to send" in sandbox.run("--target", "sent").out


def test_a_push_that_sent_nothing_stands_in_no_ones_way(sandbox: Sandbox) -> None:
    push_too(sandbox)
    run = again(sandbox, "three")
    sandbox.script("scripts/news.sh", CHANGES.replace("$1", "four"))
    sandbox.commit()
    sandbox.run()
    assert newest(sandbox) != run
    assert sandbox.run("rollback", newest(sandbox)).code == 0
    assert outputs(sandbox)["out/changed"] == b"three\n"


def test_two_sides_of_which_one_is_no_file_that_is_kept_are_refused(sandbox: Sandbox) -> None:
    place = sandbox.root.parent / "theirs.txt"
    place.write_text("two\n")
    sandbox.file("conf/ours.txt", "two\n")
    script = f"""
    case $SYNC_PHASE in
      read) cp conf/ours.txt $SYNC_OURS/conf; cp {place} $SYNC_THEIRS/conf;;
      write) cp $SYNC_MERGED/conf conf/ours.txt; cp $SYNC_MERGED/conf {place};;
    esac
    """
    sandbox.target("both", script, direction="bidirectional", outputs=["conf/**"])
    sandbox.commit()
    assert sandbox.run().code == 0
    place.write_text("three\n")
    assert sandbox.run().code == 0
    head = sandbox.head
    ran = sandbox.run("rollback", newest(sandbox))
    assert ran.code == 4
    assert "both: its other side is no file that could be kept" in ran.err
    assert sandbox.untouched(head)
    sandbox.run()
    assert "landed nothing" in sandbox.run("rollback", newest(sandbox)).out


def test_files_that_are_in_no_commit_cannot_go_back(sandbox: Sandbox) -> None:
    sandbox.pull("plain", "echo x >out/x", git_commit=False)
    sandbox.commit()
    sandbox.run()
    ran = sandbox.run("rollback", newest(sandbox))
    assert (ran.code, "plain: its files are in no commit (git_commit: false)" in ran.err) == (4, True)


def test_a_target_that_is_gone_is_told_with_its_commit(sandbox: Sandbox) -> None:
    _, run = made(sandbox)
    commit = sandbox.head
    sandbox.targets = {}
    sandbox.pull("other", "echo x >other/x", ["other/**"])
    sandbox.commit()
    assert f"git revert {commit[:10]}" in sandbox.run("rollback", run).err


def test_neither_a_missing_entrypoint_nor_a_check_holds_it_back(sandbox: Sandbox) -> None:
    sandbox.rest["safety"] = {
        "pre_sync_checks": [{"name": "none", "command": "! grep -r two out"}],
        "drift_gates": [{"name": "count", "command": "ls out | wc -l", "min_value": 4}],
    }
    before, run = made(sandbox)
    sandbox.git("rm", "-q", "scripts/news.sh")
    sandbox.git("commit", "-q", "-m", "without")
    assert sandbox.run().code == 2
    assert sandbox.run("rollback", run).code == 0
    assert outputs(sandbox) == {path: text for path, text in before.items() if path.startswith("out/")}


def test_what_a_sync_may_not_do_a_rollback_may_not_either(sandbox: Sandbox) -> None:
    _, run = made(sandbox)
    head = sandbox.head
    sandbox.file("out/changed", "not committed\n")
    assert "changes that are not committed: out/changed" in sandbox.run("rollback", run).err
    sandbox.git("checkout", "-q", "--", "out/changed")
    sandbox.git("checkout", "-q", "--detach")
    assert "no branch is checked out" in sandbox.run("rollback", run).err
    sandbox.git("checkout", "-q", "main")
    sandbox.script(".git/hooks/pre-commit", "echo no; exit 1")
    ran = sandbox.run("rollback", run)
    assert (ran.code, "refused the commit" in ran.out) == (1, True)
    assert sandbox.untouched(head)


def test_a_secret_does_not_come_back(sandbox: Sandbox) -> None:
    sandbox.file("out/old", "password = 'kXr93jfLqPz02mNbvT'\n")
    sandbox.pull("news", "rm -f out/old; echo x >out/new")
    sandbox.commit()
    sandbox.run()
    ran = sandbox.run("rollback", newest(sandbox))
    assert ran.code == 1
    assert "kXr93jfLqPz02mNbvT" not in ran.told
    assert not (sandbox.root / "out/old").exists()


def test_a_commit_that_was_rebased_is_found_again(sandbox: Sandbox) -> None:
    """As the workflow does where the branch has moved on, before it pushes."""
    before, run = made(sandbox)
    landed = sandbox.head
    sandbox.git("checkout", "-q", "-b", "upstream", "HEAD~1")
    sandbox.file("readme", "another\n")
    sandbox.git("add", "readme")
    sandbox.git("commit", "-q", "-m", "another")
    sandbox.git("checkout", "-q", "main")
    sandbox.git("rebase", "-q", "upstream")
    assert sandbox.head != landed
    assert sandbox.run("rollback", run).code == 0
    assert sandbox.tree() == before | {"readme": b"another\n"}


def test_a_clone_that_is_cut_off_at_the_commit_is_told_what_to_fetch(sandbox: Sandbox) -> None:
    """As a workflow checks out: one commit, and the history beside it."""
    _, run = made(sandbox)
    whole, folder = sandbox.root, sandbox.root.parent / "clone"
    clone = ["git", "clone", "-q", "--depth", "1", whole.as_uri(), str(folder)]
    subprocess.run(clone, check=True, capture_output=True)
    sandbox.root = folder
    sandbox.git("fetch", "-q", "origin", "+refs/directional-sync/*:refs/directional-sync/*")
    sandbox.git("config", "user.name", "Tester")
    sandbox.git("config", "user.email", "tester@example.org")
    ran = sandbox.run("rollback", run)
    assert (ran.code, "git fetch --unshallow" in ran.err) == (4, True)
    sandbox.git("fetch", "-q", "--unshallow")
    assert sandbox.run("rollback", run).code == 0


def test_files_that_are_not_committed_by_declaration_stand_in_no_ones_way(sandbox: Sandbox) -> None:
    sandbox.file("plain/x", "one\n")
    sandbox.pull("plain", "echo two >plain/x", ["plain/**"], git_commit=False)
    made(sandbox)
    assert sandbox.status
    assert sandbox.run("rollback", newest(sandbox), "--target", "news").code == 0
    assert (sandbox.root / "plain/x").read_text() == "two\n"


def test_what_was_done_in_another_repository_is_taken_back_there(sandbox: Sandbox) -> None:
    other = Sandbox(sandbox.root.parent / "other")
    other.file("out/one", "one\n")
    other.script("scripts/news.sh", "echo two >out/one")
    other.git("add", "-A")
    other.git("commit", "-q", "-m", "as it begins")
    other.git("branch", "-q", "-m", "trunk")
    sandbox.rest |= {
        "repositories": {"other": {"path": "../other", "branch": "trunk"}},
        "git": {"branch": "main"},
    }
    sandbox.pull("news", "true", repository="other")
    sandbox.commit()
    assert sandbox.run().code == 0
    assert outputs(other) == {"out/one": b"two\n"}
    assert history.read(sandbox.root) == ()
    ran = other.run("rollback", newest(other), "--config", str(sandbox.root / ".insightpulse/sync.yaml"))
    assert ran.code == 0, ran.told
    assert outputs(other) == {"out/one": b"one\n"}


def test_a_commit_that_is_gone_from_the_branch_is_told(sandbox: Sandbox) -> None:
    _, run = made(sandbox)
    sandbox.git("reset", "-q", "--hard", "HEAD~1")
    ran = sandbox.run("rollback", run)
    assert (ran.code, "is not in the branch that is checked out" in ran.err) == (4, True)


def test_unknown_names_are_wrong_usage(sandbox: Sandbox) -> None:
    _, run = made(sandbox)
    assert "no such run" in sandbox.run("rollback", "19990101T000000Z-0000").err
    ran = sandbox.run("rollback", run, "--target", "nobody")
    assert (ran.code, "there are: news" in ran.err) == (2, True)
    sandbox.run()
    ran = sandbox.run("rollback", run[:4])
    assert (ran.code, "may be" in ran.err) == (2, True)
    assert sandbox.run("rollback", run[:-1], "--dry-run").code in (
        0,
        2,
    )  # two runs of one second may begin alike
    assert sandbox.run("rollback", history.read(sandbox.root)[1].commit, "--dry-run").code == 0


def two(folder: Path) -> tuple[Sandbox, str]:
    """A run of two targets, so that a kill can come between."""
    folder.mkdir()
    box = Sandbox(folder / "repository")
    box.pull("more", "echo two >more/x; rm -f more/gone", ["more/**"])
    for name in ("x", "gone"):
        box.file(f"more/{name}", "one\n")
    _, run = made(box)
    return box, run


def check(folder: Path, steps: Iterable[tuple[str, int]]) -> None:
    """SIGKILL at each, then the same again: the same tree as without."""
    whole, run = two(folder / "whole")
    assert whole.run("rollback", run).code == 0
    for step, number in steps:
        box, run = two(folder / f"{step}{number}")
        words = [sys.executable, "-m", "tests.sync.killing", step, str(number), "rollback", run]
        killed = subprocess.run(
            words, cwd=box.root, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True
        )
        assert killed.returncode == -9, (step, killed.stderr)
        ran = box.run("rollback", run)
        assert ran.code == 0, (step, ran.told)
        assert box.tree() == whole.tree()
        assert box.git("rev-parse", "HEAD:out", "HEAD:more") == whole.git("rev-parse", "HEAD:out", "HEAD:more")
        assert box.status == ""
        assert sum(f"of {run}" in s for s in box.git("log", "--format=%s").splitlines()) == 2
        kinds = [(past.kind, past.rolls_back) for past in history.read(box.root)]
        assert kinds[-2] == ("rollback", run)
        assert "there is nothing to do" in box.run("rollback", run).out
        box.git("fsck", "--connectivity-only")


def test_a_rerun_after_a_kill_leaves_what_one_rollback_leaves(tmp_path: Path) -> None:
    (tmp_path / "quick").mkdir()
    check(
        tmp_path / "quick", [("after commit", 2), ("after intent", 1), ("after merge", 1), ("before record", 1)]
    )


@pytest.mark.prove
def test_a_rerun_after_a_kill_at_any_step_leaves_what_one_rollback_leaves(tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    once = {"before record", "after record"}
    check(tmp_path / "all", [(step, number) for step in STEPS for number in ((1,) if step in once else (1, 2))])


def test_a_run_that_was_killed_is_rolled_back_as_far_as_it_had_landed(tmp_path: Path) -> None:
    box = Sandbox(tmp_path / "repository")
    box.pull("more", "echo two >more/x", ["more/**"])
    box.pull("news", CHANGES.replace("$1", "two"))
    for name in ("out/changed", "out/mode", "more/x"):
        box.file(name, "one\n")
    box.commit()
    before = box.tree()
    words = [sys.executable, "-m", "tests.sync.killing", "after landing", "1", "--jobs", "1"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(words, cwd=box.root, env=env, capture_output=True).returncode == -9
    assert box.tree() != before
    box.run("--target", "more")
    killed = history.read(box.root)[1]
    assert box.run("rollback", killed.id).code == 0
    assert box.tree() == before


def test_the_summary_and_the_record_of_a_rollback_are_those_of_a_run(sandbox: Sandbox) -> None:
    _, run = made(sandbox)
    told = sandbox.run("rollback", run, "--json").summary
    assert [(r["target"], r["success"]) for r in told["results"]] == [("news", True)]
    kept = json.loads(sandbox.git("cat-file", "-p", f"{recording.REF}:{recording.FILE}"))
    assert kept["summary"]["results"][0]["commit"] == told["results"][0]["commit"] == sandbox.head


def test_what_was_kept_although_git_ignores_it_comes_back(sandbox: Sandbox) -> None:
    """As files of other repositories are, whose .gitignore counts here too."""
    sandbox.file("out/kept", "kept\n")
    sandbox.file("out/it/.gitignore", "*\n")
    sandbox.file("out/it/new\nline", "one\n")
    sandbox.pull("news", "rm -f out/it/new*")
    sandbox.git("add", "--force", "out")
    sandbox.commit()
    assert sandbox.run().code == 0
    assert sandbox.committed() == ["out/it/new\nline"]
    ran = sandbox.run("rollback", newest(sandbox))
    assert ran.code == 0, ran.told
    assert sandbox.git("ls-files", "-z", "out") == "out/it/.gitignore\0out/it/new\nline\0out/kept\0"
    assert sandbox.status == ""

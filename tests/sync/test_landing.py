"""Whether and how a result comes into the repository: whole, on the branch that is meant, past its hooks."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from compliance.sync import landing, repository
from tests.sync.sandbox import Sandbox


@pytest.fixture
def news(sandbox: Sandbox) -> Sandbox:
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    return sandbox


def refused(sandbox: Sandbox, reason: str) -> None:
    before, status = sandbox.head, sandbox.status
    ran = sandbox.run()
    assert ran.code == 4, ran.told
    assert reason in ran.err
    assert (sandbox.head, sandbox.status) == (before, status)
    assert not (sandbox.root / "out").exists()


def test_an_unset_identity_is_a_clear_error(news: Sandbox) -> None:
    news.git("config", "--unset", "user.email")
    refused(news, "git does not know who commits")


def test_a_detached_head_is_a_clear_error(news: Sandbox) -> None:
    news.git("checkout", "-q", "--detach")
    refused(news, "detached HEAD")


def test_another_branch_than_the_configured_one_is_a_clear_error(news: Sandbox) -> None:
    news.rest["git"] = {"branch": "release"}
    news.commit()
    refused(news, "branch 'main' is checked out, and git.branch says 'release'")
    news.git("checkout", "-q", "-b", "release")
    assert news.run().code == 0


def test_changes_that_are_not_committed_are_a_clear_error(news: Sandbox) -> None:
    news.file("scripts/news.sh", "#!/bin/bash\n")
    refused(news, "changes that are not committed: scripts/news.sh")


def test_staged_changes_are_a_clear_error(news: Sandbox) -> None:
    news.file("new", "x")
    news.git("add", "new")
    refused(news, "changes that are not committed: new")


def test_an_untracked_file_where_an_output_belongs_is_a_clear_error(news: Sandbox) -> None:
    news.file("out/mine", "x")
    ran = news.run()
    assert ran.code == 4
    assert "out/mine" in ran.err
    assert (news.root / "out/mine").read_text() == "x"


def test_untracked_files_elsewhere_are_nobodys_business(news: Sandbox) -> None:
    news.file("mine", "x")
    assert news.run().code == 0
    assert news.committed() == ["out/one"]
    assert news.status == "?? mine\0"


def test_a_merge_in_progress_is_a_clear_error(news: Sandbox) -> None:
    news.git("checkout", "-q", "-b", "side")
    news.file("note", "side")
    news.commit()
    news.git("checkout", "-q", "main")
    news.file("note", "main")
    news.commit()
    news.git("merge", "side", check=False)
    refused(news, "a merge is in progress")


def test_a_lock_of_another_git_is_a_clear_error(news: Sandbox) -> None:
    (news.root / ".git/index.lock").touch()
    refused(news, "index.lock is there")
    assert (news.root / ".git/index.lock").exists()


def test_a_repository_without_a_commit_is_a_clear_error(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one")
    sandbox.file(".insightpulse/sync.yaml", json.dumps({"version": "1.0", "targets": sandbox.targets}))
    ran = sandbox.run()
    assert ran.code == 4
    assert "has no commit yet" in ran.err


@pytest.mark.parametrize("hook", ["pre-commit", "commit-msg"])
def test_a_failing_hook_is_a_clear_error_and_the_repository_untouched(news: Sandbox, hook: str) -> None:
    news.script(f".git/hooks/{hook}", "echo 'the hook says no' >&2; exit 1")
    before = news.head
    ran = news.run()
    assert ran.code == 1
    assert "the hook says no" in ran.out
    assert news.untouched(before)


def test_hooks_see_what_is_committed_and_may_write_the_message(news: Sandbox) -> None:
    news.script(".git/hooks/pre-commit", "git diff --cached --name-only | grep -qx out/one; test -e out/one")
    news.script(".git/hooks/commit-msg", 'echo "Checked-by: hook" >>"$1"')
    assert news.run().code == 0
    assert "Checked-by: hook" in news.git("log", "-1", "--format=%B")


def test_a_hook_that_adds_other_files_fails_the_target(news: Sandbox) -> None:
    news.script(".git/hooks/pre-commit", "echo x >elsewhere; git add elsewhere")
    before = news.head
    ran = news.run()
    assert ran.code == 1
    assert "a hook added to the commit" in ran.out
    assert news.untouched(before)


def test_a_hook_that_hangs_is_ended(news: Sandbox) -> None:
    news.targets["news"]["timeout"] = 1
    news.script(".git/hooks/pre-commit", "sleep 60")
    before = news.commit()
    ran = news.run()
    assert ran.code == 1
    assert "a hook of the repository did not end in time" in ran.out
    assert news.untouched(before)


def test_a_commit_that_was_made_meanwhile_is_not_overwritten(news: Sandbox) -> None:
    news.script(
        "scripts/news.sh",
        f"echo one >out/one; cd {news.root}; test -e .git/did || "
        "{ touch .git/did; git commit -q --allow-empty --no-verify -m theirs; }",
    )
    news.commit()
    ran = news.run()
    assert ran.code == 1
    assert "moved while it ran" in ran.out
    assert news.git("log", "-1", "--format=%s").strip() == "theirs"
    assert news.status == ""


@pytest.mark.parametrize("switch", ["switch -q -c theirs", "switch -q older", "switch -q --detach"])
def test_nothing_lands_on_a_branch_that_was_checked_out_meanwhile(news: Sandbox, switch: str) -> None:
    news.git("branch", "older")
    news.rest["safety"] = {
        "post_sync_checks": [{"name": "slow", "command": f"cd {news.root} && git {switch}"}],
    }
    before = news.commit()
    ran = news.run()
    assert ran.code == 1
    assert "checked out" in ran.out  # meanwhile, or while it ran
    assert news.git("log", "--all", "--format=%s", "--grep=chore").strip() == ""
    assert news.git("rev-parse", "main").strip() == before


@pytest.mark.parametrize("link", [False, True])
def test_a_file_or_a_link_where_a_folder_belongs_is_not_taken_away(sandbox: Sandbox, link: bool) -> None:
    sandbox.pull("news", "echo one >out/one", git_commit=False)
    sandbox.commit()
    (sandbox.root / "out").symlink_to("..") if link else sandbox.file("out", "a note of somebody\n")
    ran = sandbox.run()
    assert ran.code == 1
    assert "a file or a link stands where a folder belongs: out" in ran.out
    assert sandbox.status == "?? out\0"


def test_a_second_run_is_kept_out(news: Sandbox) -> None:
    flag = news.root.parent / "started"
    news.pull("slow", f"touch {flag}; sleep 20; echo x >slow/x", ["slow/**"])
    news.commit()
    process = news.start("--target", "slow")
    try:
        while not flag.exists():
            assert process.poll() is None
            time.sleep(0.02)
        ran = news.run("--target", "news")
        assert ran.code == 4
        assert f"process {process.pid}" in ran.err
    finally:
        process.terminate()
        process.communicate()
    assert news.run("--target", "news").code == 0


def test_a_full_disk_is_a_clear_error_and_the_repository_untouched() -> None:
    """On a disk of its own, which is small enough to be full."""
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True
        )
        if mounted.returncode:
            pytest.skip("no disk can be mounted here")
        try:
            small = Sandbox(Path(folder) / "repository")
            small.pull("news", "head -c 20000000 /dev/urandom >out/large")
            small.pull("fits", "head -c 1300000 /dev/urandom >fits/x", ["fits/**"], idempotent=False)
            before = small.commit()
            for name in ("news", "fits"):
                ran = small.run("--target", name)
                assert ran.code == 1, ran.told
                assert "No space left" in ran.told or "disk is full" in ran.told
                assert small.untouched(before)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def test_without_permission_to_write_nothing_is_half_done() -> None:
    """As a user to whom the main tree does not belong."""
    if os.geteuid():
        pytest.skip("only root can become somebody else")
    with tempfile.TemporaryDirectory() as folder:
        box = Sandbox(Path(folder) / "repository")
        box.pull("news", "echo one >out/one")
        box.file("out/old", "old")
        before = box.commit()
        box.run("--dry-run")  # what is imported late is imported now: the other user may not read it
        Path(folder).chmod(0o755)
        subprocess.run(["chown", "-R", "65534:65534", str(box.root)], check=True)
        subprocess.run(["chown", "root", str(box.root / "out")], check=True)
        assert _as_nobody(box) == 1
        assert (box.root / "out/old").read_text() == "old"
        assert not (box.root / "out/one").exists()
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=box.root, capture_output=True, text=True, user=65534, check=True
        )
        assert head.stdout.strip() == before


def _as_nobody(box: Sandbox) -> int:
    child = os.fork()
    if child == 0:
        os.setgid(65534)
        os.setuid(65534)
        ran = box.run()
        os.write(1, ran.told.encode())
        os._exit(ran.code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def half(news: Sandbox) -> tuple[Sandbox, repository.Repository, str, str]:
    """A landing whose intent stands on the disk: from the first commit to one that changes, adds and deletes."""
    news.file("out/changed", "before\n" * 1000)
    news.file("out/gone", "gone\n")
    before = news.commit()
    news.file("out/changed", "after\n" * 1000)
    news.file("out/deep/added", "added\n" * 1000)
    news.git("rm", "-q", "out/gone")
    after = news.commit()
    news.git("reset", "-q", "--hard", before)
    found = repository.find(news.root)
    found.store.mkdir()
    (found.store / "landing.json").write_text(
        json.dumps({"kind": "commit", "target": "news", "before": before, "after": after})
    )
    return news, found, before, after


@pytest.mark.parametrize("state", ["none", "some", "partly", "all", "locked"])
def test_a_landing_that_was_cut_off_is_put_back(
    half: tuple[Sandbox, repository.Repository, str, str], state: str
) -> None:
    box, found, before, _ = half
    if state in ("some", "all"):
        box.file("out/changed", "after\n" * 1000)
    if state in ("all", "locked"):
        box.file("out/deep/added", "added\n" * 1000)
        (box.root / "out/gone").unlink()
    if state == "partly":
        box.file("out/deep/added", "added\n" * 3 + "ad")
        (box.root / "out/changed").unlink()
    if state == "locked":
        (box.root / ".git/index.lock").write_bytes(b"half an index")
    assert landing.settle(found) == "news: what was half landed was put back"
    assert box.untouched(before)
    assert not (box.root / "out/deep").exists()
    assert landing.settle(found) is None


def test_a_landing_that_was_cut_off_after_the_branch_moved_has_landed(
    half: tuple[Sandbox, repository.Repository, str, str],
) -> None:
    box, found, _, after = half
    box.git("reset", "-q", "--hard", after)
    assert landing.settle(found) == "news: had landed"
    assert box.untouched(after)


def test_what_a_person_wrote_since_is_not_put_back(
    half: tuple[Sandbox, repository.Repository, str, str],
) -> None:
    box, _, before, _ = half
    box.file("out/changed", "by hand\n")
    ran = box.run()
    assert ran.code == 4
    assert "these files were changed since: out/changed" in ran.err
    assert (box.root / "out/changed").read_text() == "by hand\n"
    assert box.head == before


@pytest.mark.parametrize("lost", ["before", "after"])
def test_a_landing_whose_commit_git_has_lost_says_what_to_do(
    half: tuple[Sandbox, repository.Repository, str, str], lost: str
) -> None:
    box, found, before, after = half
    place = found.store / "landing.json"
    told = {"kind": "commit", "target": "news", "before": before, "after": after}
    place.write_text(json.dumps({**told, lost: "1" * 40}))
    ran = box.run()
    assert ran.code == 4
    assert "git has lost what it was to land" in ran.err
    assert f"then delete {place}" in ran.err
    assert box.untouched(before)
    place.unlink()
    assert box.run().code == 0


def test_a_landing_note_without_its_commits_is_a_clear_error(
    half: tuple[Sandbox, repository.Repository, str, str],
) -> None:
    box, found, _, _ = half
    (found.store / "landing.json").write_text('{"kind": "commit"}')
    ran = box.run()
    assert ran.code == 4
    assert "cannot be read" in ran.err


def test_a_file_that_git_ignores_is_not_overwritten_by_a_landing(sandbox: Sandbox) -> None:
    sandbox.file(".gitignore", "*.log\n")
    sandbox.file("out/d/x", "x")
    sandbox.pull("news", "rm -rf out/d; echo 2 >out/d; echo 1 >out/k")
    before = sandbox.commit()
    sandbox.file("out/d/mine.log", "a log of somebody\n")
    ran = sandbox.run()
    assert ran.code == 1
    assert sandbox.untouched(before)
    assert (sandbox.root / "out/d/mine.log").read_text() == "a log of somebody\n"


@pytest.mark.parametrize("place", ["landing.json", "backups/news/manifest.json"])
def test_what_an_earlier_run_left_and_cannot_be_read_is_a_clear_error(news: Sandbox, place: str) -> None:
    path = news.root / ".git/directional-sync" / place
    path.parent.mkdir(parents=True)
    path.write_text("{")
    refused(news, "cannot be read")
    assert path.exists()

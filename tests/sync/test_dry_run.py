"""A dry run is the same run in the same worktree, with the same checks; nothing of it lands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox


def test_dry_run_works(sandbox: Sandbox) -> None:
    """What people wrote before always failed there, since a stub said 0 where a check expected 1."""
    grep = {"name": "none", "command": "grep -r no-such-word scripts", "expected_exit_code": 1}
    sandbox.rest["safety"] = {"pre_sync_checks": [grep], "post_sync_checks": [grep]}
    sandbox.pull("news", "echo one >out/one", verification={"command": "ls out | wc -l", "expected_min": 1})
    before = sandbox.commit()
    ran = sandbox.run("--dry-run", "--verify", "--json")
    assert ran.code == 0
    assert ran.result["verification_passed"] is True
    assert ran.result["commit"] is None
    assert ran.result["outputs_created"] == []
    assert sandbox.untouched(before)


def test_it_shows_exactly_the_diff_that_a_real_run_makes(sandbox: Sandbox) -> None:
    sandbox.file("out/old", "old\n")
    sandbox.pull("news", "echo one >out/one; echo new >out/old; ln -sfn one out/link; chmod +x out/old")
    sandbox.commit()
    shown = sandbox.run("--dry-run").out
    assert sandbox.run().code == 0
    made = sandbox.git("diff", "--no-renames", "HEAD~", "HEAD")
    quoted = "".join(
        line.removeprefix("       | ") + "\n" for line in shown.splitlines() if "       | " in line
    )
    assert quoted == made


def test_a_dry_run_needs_neither_a_clean_tree_nor_an_identity_nor_a_branch(sandbox: Sandbox) -> None:
    sandbox.pull("news", "cat note >out/one")
    sandbox.file("note", "one")
    sandbox.commit()
    sandbox.git("config", "--unset", "user.name")
    sandbox.git("checkout", "-q", "--detach")
    sandbox.file("note", "not yet committed")
    status = sandbox.status
    ran = sandbox.run("--dry-run")
    assert ran.code == 0, ran.told
    assert "+not yet committed" in ran.out
    assert sandbox.status == status


def test_it_can_try_a_target_before_it_is_committed(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    sandbox.pull("added", "echo two >two/two", ["two/**"])
    sandbox.file(".insightpulse/sync.yaml", json.dumps({"version": "1.0", "targets": sandbox.targets}))
    ran = sandbox.run("--dry-run", "--target", "added")
    assert ran.code == 0, ran.told
    assert "+two" in ran.out


def test_a_target_sees_what_it_depends_on_in_a_dry_run_too(sandbox: Sandbox) -> None:
    sandbox.pull("early", "echo x >one/x", ["one/**"])
    sandbox.pull("late", "cp one/x two/x", ["two/**"], depends_on=["early"])
    before = sandbox.commit()
    ran = sandbox.run("--dry-run")
    assert ran.code == 0, ran.told
    assert "+++ b/two/x" in ran.out
    assert sandbox.untouched(before)


def test_a_failing_check_fails_a_dry_run(sandbox: Sandbox) -> None:
    sandbox.rest["safety"] = {"drift_gates": [{"name": "count", "command": "ls out | wc -l", "min_value": 2}]}
    sandbox.pull("news", "echo one >out/one")
    before = sandbox.commit()
    ran = sandbox.run("--dry-run")
    assert ran.code == 1
    assert "count: 1 is below min_value 2" in ran.out
    assert sandbox.untouched(before)


def test_an_entrypoint_is_told_that_it_is_a_dry_run(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo $SYNC_DRY_RUN >out/one")
    sandbox.commit()
    assert "+1" in sandbox.run("--dry-run").out
    sandbox.run()
    assert (sandbox.root / "out/one").read_text() == "0\n"


def test_a_target_may_be_dry_by_configuration(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one", dry_run=True)
    before = sandbox.commit()
    ran = sandbox.run("--json")
    assert (ran.code, ran.result["dry_run"]) == (0, True)
    assert sandbox.untouched(before)


def test_fail_on_diff_has_an_effect(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one")
    before = sandbox.commit()
    ran = sandbox.run("--fail-on-diff")
    assert ran.code == 1
    assert "differs: 1 added" in ran.out
    assert "+one" in ran.out
    assert sandbox.untouched(before)
    sandbox.run()
    assert sandbox.run("--fail-on-diff").code == 0


def test_fail_on_diff_of_a_target_has_an_effect(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one", fail_on_diff=True)
    before = sandbox.commit()
    assert sandbox.run().code == 1
    assert sandbox.untouched(before)


def test_what_is_dry_by_configuration_is_not_seen_by_others_in_a_dry_run_either(sandbox: Sandbox) -> None:
    sandbox.pull("one", "echo 1 >one/a", ["one/**"], dry_run=True)
    sandbox.pull("two", "ls one >two/a || echo nothing >two/a", ["two/**"], depends_on=["one"])
    sandbox.commit()
    assert "+nothing" in sandbox.run("--dry-run").out
    sandbox.run()
    assert (sandbox.root / "two/a").read_text() == "nothing\n"


def test_a_repository_that_lies_in_the_main_tree_hinders_no_dry_run(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    sandbox.git("init", "-q", "clone-of-somebody")
    ran = sandbox.run("--dry-run")
    assert ran.code == 0, ran.told
    assert "+one" in ran.out


def test_a_dry_run_writes_no_workflow(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one", schedule="0 2 * * *")
    sandbox.file(".insightpulse/requirements.txt", "dot-compliance==1.0\n")
    sandbox.commit()
    ran = sandbox.run("--dry-run", "workflow")
    assert (ran.code, sandbox.status) == (1, "")

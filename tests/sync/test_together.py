"""What targets see of each other, of the checks around them, and of the environment."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tests.sync.sandbox import Sandbox


def test_what_one_target_leaves_behind_the_next_does_not_see(sandbox: Sandbox) -> None:
    sandbox.pull("first", "echo x >litter; exit 1", ["one/**"])
    sandbox.pull("second", "test ! -e litter; test ! -e one/x; echo x >two/x", ["two/**"])
    sandbox.commit()
    ran = sandbox.run("--jobs", "1", "--json")
    assert [r["success"] for r in ran.summary["results"]] == [False, True]


def test_a_target_starts_from_the_commit_of_what_it_depends_on(sandbox: Sandbox) -> None:
    sandbox.pull("late", "cp one/x two/x", ["two/**"], depends_on=["early"])
    sandbox.pull("early", "echo x >one/x", ["one/**"])
    sandbox.commit()
    assert sandbox.run().code == 0
    assert (sandbox.root / "two/x").read_text() == "x\n"
    assert sandbox.git("log", "-2", "--format=%s").split("\n")[:2] == [
        "chore(sync): late",
        "chore(sync): early",
    ]


def test_what_depends_on_a_failed_target_is_not_run_and_counts_as_failed(sandbox: Sandbox) -> None:
    sandbox.pull("early", "exit 1", ["one/**"])
    sandbox.pull("late", "echo x >two/x", ["two/**"], depends_on=["early"])
    sandbox.pull("other", "echo x >three/x", ["three/**"])
    sandbox.commit()
    ran = sandbox.run("--json")
    assert ran.code == 1
    assert (ran.summary["failed"], ran.summary["successful"]) == (2, 1)
    assert ran.summary["results"][1]["message"] == "not run: early failed"
    assert sandbox.committed() == ["three/x"]


def test_independent_targets_run_side_by_side_and_land_in_the_order_of_the_file(sandbox: Sandbox) -> None:
    # Each waits for the other: one after the other they would never end.
    flags = sandbox.root.parent
    for name, other, more in (("a", "b", "sleep 0.3"), ("b", "a", "true")):
        wait = (
            f"touch {flags}/{name}; for n in $(seq 200); do test -e {flags}/{other} && break; sleep 0.02; done"
        )
        sandbox.pull(
            name, f"{wait}; test -e {flags}/{other}; {more}; echo x >{name}/x", [f"{name}/**"], idempotent=False
        )
    sandbox.commit()
    assert sandbox.run("--jobs", "2").code == 0
    assert sandbox.git("log", "-2", "--format=%s").split("\n")[:2] == ["chore(sync): b", "chore(sync): a"]
    assert sandbox.status == ""


def test_files_that_are_not_to_be_committed_stand_in_the_main_tree(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one", git_commit=False)
    before = sandbox.commit()
    assert sandbox.run().code == 0
    assert (sandbox.head, sandbox.status) == (before, "?? out/one\0")
    again = sandbox.run("--json")
    assert (again.code, again.result["message"]) == (0, "nothing changed")


def test_the_environment_of_a_command_is_what_is_declared(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDECLARED", "seen")
    monkeypatch.setenv("DECLARED", "told")
    own = "SYNC_RUN|SHLVL|_|PWD|OLDPWD"
    script = f"env | cut -d= -f1 | grep -Ev '^({own})$' | sort >out/names; echo $DECLARED >out/value"
    sandbox.pull("news", script, env=["DECLARED"], config={"depth": 1, "list": [1]})
    sandbox.commit()
    assert sandbox.run().code == 0
    names = (sandbox.root / "out/names").read_text().split()
    always = {"PATH", "HOME", "LANG", "USER"}
    assert set(names) - always == {
        "DECLARED", "SYNC_CACHE", "SYNC_CONFIG", "SYNC_CONFIG_DEPTH", "SYNC_DIRECTION", "SYNC_DRY_RUN", "SYNC_OUTPUTS",
        "SYNC_RESULT", "SYNC_SCRATCH", "SYNC_TARGET",
    }  # fmt: skip
    assert (sandbox.root / "out/value").read_text() == "told\n"


def test_variables_of_config_are_expanded(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", 'it\'s "here" $(touch /tmp/never)')
    config = {"where": "$PLACE/x", "deep": {"list": ["${PLACE}", "$$PLACE"]}}
    sandbox.pull(
        "news", 'printf %s "$SYNC_CONFIG" >out/config; printf %s "$SYNC_CONFIG_WHERE" >out/where', config=config
    )
    sandbox.commit()
    assert sandbox.run().code == 0
    place = os.environ["PLACE"]
    assert json.loads((sandbox.root / "out/config").read_text()) == {
        "where": f"{place}/x", "deep": {"list": [place, "$PLACE"]},
    }  # fmt: skip
    assert (sandbox.root / "out/where").read_text() == f"{place}/x"


def test_an_unset_variable_of_config_is_an_error_with_its_line(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo one >out/one", config={"token": "$NOT_SET_ANYWHERE"})
    before = sandbox.commit()
    ran = sandbox.run()
    line = (sandbox.root / ".insightpulse/sync.yaml").read_text().split("NOT_SET")[0].count("\n") + 1
    assert ran.code == 2
    assert f"sync.yaml:{line}: $NOT_SET_ANYWHERE is not set" in ran.err
    assert sandbox.untouched(before)


def test_values_of_secret_variables_do_not_stand_in_what_is_shown(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTION_API_TOKEN", "hunter2hunter2")
    sandbox.pull("news", 'echo "sent $NOTION_API_TOKEN"; exit 1', env=["NOTION_API_TOKEN"])
    sandbox.commit()
    ran = sandbox.run("--verbose")
    assert "sent <secret NOTION_API_TOKEN>" in ran.out
    assert "hunter2" not in ran.told


def test_what_a_check_leaves_behind_is_not_committed(sandbox: Sandbox) -> None:
    sandbox.rest["safety"] = {"post_sync_checks": [{"name": "compile", "command": "echo x >left"}]}
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    assert sandbox.run().code == 0
    assert sandbox.committed() == ["out/one"]
    assert (sandbox.root / "out/one").read_text() == "one\n"


def test_a_failing_check_lands_nothing(sandbox: Sandbox) -> None:
    sandbox.rest["safety"] = {"post_sync_checks": [{"name": "never", "command": "false"}]}
    sandbox.pull("news", "echo one >out/one")
    before = sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "never: ended with 1, not 0" in ran.out
    assert sandbox.untouched(before)


def test_a_failing_pre_sync_check_lets_nothing_run(sandbox: Sandbox) -> None:
    sandbox.rest["safety"] = {
        "pre_sync_checks": [{"name": "Git clean", "command": "git diff --quiet && git diff --staged --quiet"}]
    }
    sandbox.file("note", "one")
    sandbox.pull("news", f"touch {sandbox.root.parent}/ran; echo one >out/one")
    sandbox.commit()
    sandbox.file("note", "two")
    ran = sandbox.run("--dry-run", "--json")
    assert ran.code == 1
    assert ran.result["message"] == "not run: pre-sync check 'Git clean' failed"
    assert not (sandbox.root.parent / "ran").exists()
    sandbox.file("note", "one")
    assert sandbox.run().code == 0


def test_the_drop_in_of_the_reference_repository_is_the_same_program(sandbox: Sandbox) -> None:
    import sys

    script = Path(__file__).parents[2] / "fixtures/reference/repository/scripts/sync_directional.py"
    sandbox.pull("news", "echo one >out/one")
    sandbox.commit()
    done = subprocess.run([sys.executable, script, "--list"], cwd=sandbox.root, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()[:2]) == (0, ["news", "pull"])

"""Gates: checks are run, numbers are read, and what could not be counted has failed."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from compliance.sync import gates, wellformed
from compliance.sync.process import Completed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sync.sandbox import Sandbox

BROKEN = '{"apps": [1,}'
WRITES = "mkdir -p out; echo 1 > out/file"


def ready(sandbox: Sandbox, script: str = WRITES, **safety: Any) -> Sandbox:
    sandbox.pull("pull", script)
    sandbox.rest = {"safety": safety}
    sandbox.commit()
    return sandbox


def gate(command: str, **bounds: float) -> dict[str, Any]:
    return {"name": "the gate", "command": command, **bounds}


def check(command: str | list[str], **keys: Any) -> dict[str, Any]:
    return {"name": "the check", "command": command, **keys}


# What went wrong with the runner that people wrote before (FACTS.md), by name.


def test_old_failure_drift_gates_were_read_by_nothing(sandbox: Sandbox) -> None:
    """A gate that is not kept fails the target, and nothing of it lands."""
    before = ready(sandbox, drift_gates=[gate("ls out | wc -l", min_value=100)]).head
    ran = sandbox.run()
    assert ran.code == 1
    assert "1 is below min_value 100" in ran.told
    assert sandbox.untouched(before)


def test_old_failure_stubbed_checks_said_0_where_1_was_expected(sandbox: Sandbox) -> None:
    """The document's 'no secrets in repo' expects 1: in a dry run too it is really run, and passes."""
    command = "git grep -q -i -E 'nothing-like-this-stands[h]ere'"
    ready(sandbox, pre_sync_checks=[check(command, expected_exit_code=1)])
    ran = sandbox.run("--dry-run", "--json")
    assert ran.code == 0
    assert ran.summary["checks"][0] | {"detail": ""} == {
        "kind": "pre_sync", "name": "the check", "passed": True, "skipped": None, "detail": "", "value": None,
    }  # fmt: skip
    assert ran.summary["checks"][0]["detail"] == "ended with 1"


def test_old_failure_a_dry_run_runs_its_checks_and_fails_where_one_does(sandbox: Sandbox) -> None:
    ready(sandbox, post_sync_checks=[check("test ! -e out/file")])
    ran = sandbox.run("--dry-run")
    assert ran.code == 1
    assert "ended with 1, not 0" in ran.told


def test_old_failure_the_documents_find_exec_jq_cannot_fail(tmp_path: Path) -> None:
    """Shown with a command that fails on every file: find ends with 0 all the same."""
    (tmp_path / "broken.json").write_text(BROKEN)
    parser = "import json,sys; json.load(open(sys.argv[1]))"
    alone = subprocess.run(
        ["python3", "-c", parser, "broken.json"], cwd=tmp_path, capture_output=True, check=False
    )
    found = subprocess.run(
        ["find", ".", "-name", "*.json", "-exec", "python3", "-c", parser, "{}", ";"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert alone.returncode == 1
    assert found.returncode == 0
    assert b"JSONDecodeError" in found.stderr


def test_a_json_check_of_ours_can_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.json").write_text('{"a": 1}')
    (tmp_path / "good.yml").write_text("a: !tag 1\n---\nb: 2\n")
    assert wellformed.main([str(tmp_path)]) == 0
    (tmp_path / "broken.json").write_text(BROKEN)
    (tmp_path / "broken.yaml").write_text("a: [1\n")
    assert wellformed.main([str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert "broken.json: line 1: not JSON" in told
    assert "broken.yaml: line 2: not YAML" in told


def test_a_json_check_of_ours_fails_where_it_has_nothing_to_look_at(tmp_path: Path) -> None:
    assert wellformed.main([str(tmp_path / "not-there")]) == 1
    assert wellformed.main([]) == 2


@pytest.mark.parametrize("text", ['{"a": NaN}', "", "\ufeff", "[" * 100_000])
def test_json_that_others_refuse_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    assert wellformed.problem(tmp_path / "a.json")


def test_old_failure_counters_in_a_subshell_lost_every_failure(sandbox: Sandbox) -> None:
    """All checks are run, each failure is told, and a pipe fails where one of its commands does."""
    failing = [check("false | cat", name="first"), check("exit 3", name="second"), check("true", name="third")]
    ready(sandbox, post_sync_checks=failing)
    ran = sandbox.run("--json")
    assert ran.code == 1
    assert [each["passed"] for each in ran.result["checks"]] == [False, False, True]
    assert (ran.summary["failed"], ran.summary["successful"]) == (1, 0)
    assert "first" in ran.result["message"]
    assert "second" in ran.result["message"]


# Numbers.


@pytest.mark.parametrize(
    ("out", "value"),
    [
        ("100\n", 100), ("counting\n 12 \n", 12), ("drift_score=3\nmore words\n", 3), ("drift_score = 0.5", 0.5),
        ("drift_score=1\ndrift_score=2\n7\n", 2), ("-4", -4), ("1e3", 1000),
        ("", None), ("12 files", None), ("nan", None), ("inf", None), ("1e999", None), ("drift_score=none\n5", None),
        ("drift_score=9\ndrift_score=0", 9), ("drift_score: 50 files\n0", 50), ("drift_score=1\ndrift_score=?", None),
        ("0x10", None), ("1_000", None), ("٣", None),
    ],
)  # fmt: skip
def test_a_number_is_read_from_the_last_line_or_the_score(out: str, value: float | None) -> None:
    assert gates.number(out) == value


@pytest.mark.parametrize(
    ("command", "bounds", "code"),
    [
        ("echo 100", {"min_value": 100}, 0),
        ("echo 99", {"min_value": 100}, 1),
        ("echo drift_score=0", {"max_drift_score": 0}, 0),
        ("echo drift_score=0.1", {"max_drift_score": 0}, 1),
        ("true", {"max_drift_score": 5}, 1),  # no number is not 0
        ("echo none", {"max_drift_score": 5}, 1),
        ("echo 0; exit 1", {"max_drift_score": 5}, 1),
        ("false | echo 0", {"max_drift_score": 5}, 1),
    ],
)
def test_a_gate_keeps_its_bound_or_fails(
    sandbox: Sandbox, command: str, bounds: dict[str, float], code: int
) -> None:
    ready(sandbox, drift_gates=[gate(command, **bounds)])
    assert sandbox.run().code == code


def test_the_value_of_a_gate_stands_in_the_summary(sandbox: Sandbox) -> None:
    ready(sandbox, drift_gates=[gate("echo drift_score=2", max_drift_score=5)])
    (found,) = [each for each in sandbox.run("--json").result["checks"] if each["kind"] == "drift_gate"]
    assert (found["value"], found["passed"]) == (2, True)


# Which checks, and with which tools.


@pytest.mark.parametrize(("keys", "code"), [({"skip_on_pull": True}, 0), ({"skip_on_push": True}, 1), ({}, 1)])
def test_a_check_is_left_out_where_it_says_so(sandbox: Sandbox, keys: dict[str, bool], code: int) -> None:
    ready(sandbox, post_sync_checks=[check("false", **keys)])
    assert sandbox.run().code == code


def test_a_check_of_named_targets_is_run_for_them_alone(sandbox: Sandbox) -> None:
    sandbox.pull("one", "mkdir -p one; echo 1 > one/a", outputs=["one/**"])
    sandbox.pull("two", "mkdir -p two; echo 1 > two/a", outputs=["two/**"])
    sandbox.rest = {"safety": {"post_sync_checks": [check("false", targets=["two"])]}}
    sandbox.commit()
    ran = sandbox.run("--json")
    assert {each["target"]: each["success"] for each in ran.summary["results"]} == {"one": True, "two": False}


@pytest.mark.parametrize("command", ["no-such-tool-here --version", ["no-such-tool-here", "--version"]])
def test_a_tool_that_is_not_there_is_told_and_counted_and_a_failure_in_ci(
    sandbox: Sandbox, command: str | list[str]
) -> None:
    ready(sandbox, post_sync_checks=[check(command)])
    ran = sandbox.run("--json")
    assert (ran.code, ran.summary["skipped"]) == (0, 1)
    assert ran.result["checks"][0]["skipped"] == "no-such-tool-here is not installed"
    assert not ran.result["checks"][0]["passed"]
    assert sandbox.run("--ci").code == 1  # also where nothing changes


def test_127_is_no_missing_tool_where_it_is_what_is_wanted() -> None:
    assert gates.missing(Completed(127, "", "bash: line 1: x: command not found"), 127) is None


def test_a_list_runs_without_a_shell(sandbox: Sandbox) -> None:
    ready(sandbox, post_sync_checks=[check(["test", "$HOME; false", "=", "$HOME; false"])])
    assert sandbox.run().code == 0


def test_a_check_that_does_not_end_fails(sandbox: Sandbox) -> None:
    sandbox.pull("pull", WRITES, timeout=0.5)
    sandbox.rest = {"safety": {"post_sync_checks": [check("sleep 60")]}}
    sandbox.commit()
    ran = sandbox.run()
    assert ran.code == 1
    assert "did not end in its time" in ran.told


def test_what_a_failing_check_says_is_told_without_secrets(sandbox: Sandbox) -> None:
    ready(sandbox, post_sync_checks=[check("echo password=hunter2hunter2; echo because; exit 1")])
    told = sandbox.run().told
    assert "because" in told
    assert "hunter2hunter2" not in told.replace("echo password=hunter2hunter2", "")


def test_a_pre_sync_check_that_changes_the_main_tree_is_told_and_not_the_target(sandbox: Sandbox) -> None:
    ready(sandbox, pre_sync_checks=[{"name": "log", "command": "date > log.txt"}])
    ran = sandbox.run()
    assert ran.code == 1
    assert "a check changed log.txt; let git ignore it" in ran.out
    assert "not run: a pre-sync check changed the main tree" in ran.out


@pytest.mark.parametrize("mends", ["echo 2 > out/file", "rm out/file", "chmod +x out/file"])
def test_a_check_that_changes_outputs_fails_the_target(sandbox: Sandbox, mends: str) -> None:
    before = ready(sandbox, post_sync_checks=[{"name": "mends", "command": mends}]).head
    ran = sandbox.run()
    assert ran.code == 1
    assert "a check changed out/file: a check only looks" in ran.out
    assert sandbox.untouched(before)

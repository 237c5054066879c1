"""The summary: the keys of the document's example, counts of what happened, written however the run ends."""

from __future__ import annotations

import json
import re
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from compliance.sync import summary
from compliance.sync.model import Change, Checked, Options, Outcome, Run

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox

SCHEMA: Any = json.loads(summary.SCHEMA.read_text())
# Of document 003, 'Verification Report'.
RUN_KEYS = {"timestamp", "total_targets", "successful", "failed", "total_duration", "results"}
RESULT_KEYS = {
    "target", "direction", "success", "message", "duration", "outputs_created", "verification_passed",
}  # fmt: skip
GOOD = Outcome(
    "good", "pull", True, "changed 1 added", 1.5, ("out/a",), True, changed=(Change("out/a", "added", "0"),)
)
BAD = Outcome("bad", "push", False, "ended with 3", 0.25)
RUN = Run("2026-01-31T10:30:00Z", 2.0, Options(), (GOOD, BAD))


def three(sandbox: Sandbox) -> Sandbox:
    sandbox.pull("good", "mkdir -p good; echo 1 > good/a", outputs=["good/**"])
    sandbox.pull("bad", "exit 3", outputs=["bad/**"])
    sandbox.pull("late", "mkdir -p late; echo 1 > late/a", outputs=["late/**"], depends_on=["bad"])
    sandbox.commit()
    return sandbox


def test_the_keys_are_those_of_the_documents_example() -> None:
    told = summary.document(RUN)
    assert set(told) >= RUN_KEYS
    assert set(told["results"][0]) >= RESULT_KEYS
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) == set(told)
    result = SCHEMA["$defs"]["result"]
    assert set(result["required"]) == set(result["properties"]) == set(told["results"][0])


def test_the_documents_own_example_lacks_only_what_is_more() -> None:
    """Its values keep the types of the schema; what is missing is what this runner adds."""
    example = {
        "timestamp": "2025-01-04T10:30:00Z", "total_targets": 8, "successful": 7, "failed": 1, "total_duration": 45.2,
        "results": [{
            "target": "oca_repos", "direction": "pull", "success": True,
            "message": "Synced successfully: 30 repos updated", "duration": 12.5,
            "outputs_created": ["addons/oca/account-financial-tools"], "verification_passed": True,
        }],
    }  # fmt: skip
    errors = list(Draft202012Validator(SCHEMA).iter_errors(example))
    assert errors
    assert {error.validator for error in errors} == {"required"}


def test_it_is_held_against_its_schema_when_it_is_written() -> None:
    with pytest.raises(ValidationError):
        summary.document(replace(RUN, timestamp="yesterday"))


def test_it_counts_what_happened(sandbox: Sandbox) -> None:
    """Old failure: counters in a subshell, so that the summary always said 0 failures."""
    ran = three(sandbox).run("--summary-json", "../summary.json")
    told = json.loads((sandbox.root.parent / "summary.json").read_text())
    assert ran.code == 1
    assert (told["total_targets"], told["successful"], told["failed"]) == (3, 1, 2)
    assert [(each["target"], each["success"], each["ran"]) for each in told["results"]] == [
        ("good", True, True), ("bad", False, True), ("late", False, False),
    ]  # fmt: skip
    assert told["results"][0]["outputs_created"] == ["good/a"]
    assert told["results"][0]["commit"] == sandbox.head


def test_what_is_printed_is_what_is_written(sandbox: Sandbox) -> None:
    ran = three(sandbox).run("--json", "--summary-json", "../summary.json")
    assert ran.summary == json.loads((sandbox.root.parent / "summary.json").read_text())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", ran.summary["timestamp"])


def test_it_is_written_where_the_run_is_refused(sandbox: Sandbox) -> None:
    three(sandbox)
    sandbox.git("checkout", "-q", "--detach")
    ran = sandbox.run("--summary-json", "../summary.json")
    told = json.loads((sandbox.root.parent / "summary.json").read_text())
    assert (ran.code, told["failed"], told["successful"]) == (4, 3, 0)


def test_it_is_written_where_the_run_is_interrupted(sandbox: Sandbox) -> None:
    sandbox.pull("slow", 'touch "$HOME/started"; sleep 60')
    sandbox.commit()
    process = sandbox.start("--summary-json", "../summary.json")
    started = sandbox.root.parent / "started"
    limit = time.monotonic() + 30
    while not started.exists() and time.monotonic() < limit:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    told = json.loads((sandbox.root.parent / "summary.json").read_text())
    assert (process.returncode, told["interrupted"], told["failed"]) == (130, True, 1)


def test_a_check_that_was_left_out_is_counted() -> None:
    left = Checked("post_sync", "jq", False, "jq is not installed", "jq is not installed")
    told = summary.document(replace(RUN, checks=(left,), outcomes=(replace(GOOD, checks=(left,)),)))
    assert (told["skipped"], told["results"][0]["skipped"]) == (2, 1)


def test_a_name_that_is_not_text_does_not_break_it() -> None:
    told = summary.document(replace(RUN, outcomes=(replace(GOOD, outputs_created=("out/\udcff\n",)),)))
    assert json.loads(json.dumps(told).encode())["results"][0]["outputs_created"] == ["out/\\udcff\n"]


def test_what_a_command_said_is_bounded() -> None:
    told = summary.document(
        replace(RUN, outcomes=(replace(BAD, output="x" * 10**6 + "end", diff="y" * 10**6),))
    )
    assert len(json.dumps(told)) < 50_000
    assert told["results"][0]["output"].endswith("end")


def test_nothing_in_the_package_data_is_left_out() -> None:
    """The schemas are read at run time; they stand beside the code that does."""
    assert {path.name for path in Path(summary.__file__).parent.glob("*.json")} == {
        "baseline.schema.json", "summary.schema.json",
    }  # fmt: skip

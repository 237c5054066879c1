"""The workflows of this repository: valid, nothing to abuse in them, and their steps run here as a runner runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from compliance.systems.directional_sync import workflow_template

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
BIN = Path(sys.executable).parent
_ACTION = re.compile(r"uses: ([\w./-]+)@(\w+) # (v[0-9.]+)$", re.MULTILINE)
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "*cache*", "allure-results", "html", "compiled", "node_modules", "*.jsonl", "verdict.json"
)


def of(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((ROOT / ".github/workflows" / f"{name}.yml").read_text())


@pytest.mark.parametrize("place", WORKFLOWS, ids=lambda place: place.stem)
def test_each_keeps_the_published_schema_of_workflows(place: Path) -> None:
    done = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", place],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("place", WORKFLOWS, ids=lambda place: place.stem)
def test_zizmor_finds_nothing_to_abuse_in_them(place: Path) -> None:
    done = subprocess.run(
        [BIN / "zizmor", "--offline", "--no-config", "--persona", "pedantic", "--format", "json", "--quiet", place],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout) == []


def test_each_action_is_one_commit_wherever_it_is_used() -> None:
    texts = [place.read_text(encoding="utf-8") for place in (*WORKFLOWS, Path(workflow_template.__file__))]
    used = {found for text in texts for found in _ACTION.findall(text)}
    assert sum(text.count("uses: ") for text in texts) == sum(len(_ACTION.findall(text)) for text in texts)
    repositories = {("/".join(name.split("/")[:2]), commit, version) for name, commit, version in used}
    assert len(repositories) == len({name for name, _, _ in repositories})
    assert all(re.fullmatch("[0-9a-f]{40}", commit) for _, commit, _ in used)


class Runner:
    """A machine that has a checkout and what `make .venv/run` installs, and runs the steps of a job that are shell."""

    def __init__(self, checkout: Path, temporary: Path) -> None:
        self.checkout, self.temporary = checkout, temporary
        self.summary = temporary / "summary.md"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        self.environment = kept | {
            "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(self.summary),
            "RUNNER_TEMP": str(temporary), "XDG_CACHE_HOME": str(temporary / "cache"),
            # What a runner has installed is its checkout; here `.venv` is the one that runs the tests.
            "PYTHONPATH": str(checkout),
        }  # fmt: skip

    def step(self, workflow: str, name: str, **given: str) -> subprocess.CompletedProcess[str]:
        """Of its job `audit`. `given`: what the expressions of its `env` come to, all of them."""
        (step,) = (
            each for each in of(workflow)["jobs"]["audit"]["steps"] if each["name"] == name and "run" in each
        )
        assert given.keys() == step.get("env", {}).keys()
        self.summary.write_text("")
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.checkout, env=self.environment | given, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    def told(self) -> str:
        """The job's summary, as it is read."""
        return re.sub(r"\\([^A-Za-z0-9])", r"\1", self.summary.read_text(encoding="utf-8"))

    def uploaded(self, workflow: str, name: str) -> set[str]:
        """Of what a step uploads, what is there."""
        steps = of(workflow)["jobs"]["audit"]["steps"]
        (paths,) = (each["with"]["path"] for each in steps if each["name"] == name)
        return {path for path in paths.split() if (self.checkout / path).exists()}

    def without(self, command: str) -> None:
        """The change that somebody proposes: policy no longer names a command that the estate has."""
        policy = self.checkout / "fixtures/reference/policy/command_catalog.yaml"
        text = policy.read_text(encoding="utf-8")
        assert command in text
        policy.write_text(text.replace(command, f"{command}_renamed"), encoding="utf-8")


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT, checkout, ignore=_LEFT_OUT)
    (checkout / ".venv").symlink_to(BIN.parent)
    made = Runner(checkout, tmp_path)
    yield made
    subprocess.run(
        [BIN / "compliance", "estate", "down"], env=made.environment, check=False, capture_output=True
    )


def test_a_change_passes_where_what_it_finds_was_there_before_and_fails_where_it_brings_it(
    runner: Runner,
) -> None:
    assert runner.step("gate", "Audit", PROFILE="release").returncode == 0
    assert runner.uploaded("gate", "Report") == {
        "reports/html", "reports/verdict.json", "reports/findings.sarif", "reports/junit.xml",
    }  # fmt: skip
    runner.without("dot_iu_collection_add")
    brought = runner.step("gate", "Audit", PROFILE="pr")
    assert brought.returncode == 1, brought.stdout + brought.stderr
    assert "CC001:dot_iu_collection_add_renamed#missing" in runner.told()
    sarif = json.loads((runner.checkout / "reports/findings.sarif").read_text())
    assert {result["baselineState"] for result in sarif["runs"][0]["results"]} == {"new"}
    known = runner.step("gate", "Audit", PROFILE="pr")
    assert known.returncode == 0, known.stdout + known.stderr
    assert "**gate pr: passed, 3 findings do not fail it**" in runner.told()
    assert runner.step("gate", "Audit", PROFILE="release").returncode == 1


def test_a_night_is_sealed_where_there_is_a_key_and_says_so_where_there_is_none(runner: Runner) -> None:
    assert runner.step("nightly", "Audit").returncode == 0
    without = runner.step("nightly", "Seal the evidence", EVIDENCE_KEY="")
    assert (without.returncode, "::notice::not sealed" in without.stdout) == (0, True)
    made = subprocess.run(
        [BIN / "compliance", "keys", "new", runner.temporary / "night.pem"],
        capture_output=True,
        text=True,
        check=True,
    )
    (runner.temporary / "night.pub").write_text(made.stdout)
    key = (runner.temporary / "night.pem").read_text()
    sealed = runner.step("nightly", "Seal the evidence", EVIDENCE_KEY=key)
    assert sealed.returncode == 0, sealed.stdout + sealed.stderr
    assert key.splitlines()[1] not in sealed.stdout + sealed.stderr
    assert not (runner.temporary / "evidence.pem").exists()
    assert runner.uploaded("nightly", "Report and evidence") == {
        "reports/html", "reports/verdict.json", "reports/history.jsonl", "reports/cases.csv", "reports/junit.xml",
        "reports/audit.tar",
    }  # fmt: skip
    asked = ("evidence", "verify", "reports/audit.tar", "--key", runner.temporary / "night.pub")
    subprocess.run([BIN / "compliance", *asked], cwd=runner.checkout, check=True, env=runner.environment)

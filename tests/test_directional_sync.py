"""The ten acceptance criteria of document 003, by number, on a copy of the reference repository.

All eight targets run for real, with git, bash, jq and curl; the services that they talk to answer on loopback.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems.directional_sync import schedules, syncfile, syncreading
from tests.sync.services import TOKEN, Services, serving, upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = resource("fixtures/reference/repository")
RUNNER = "scripts/sync_directional.py"
CONFIG = ".insightpulse/sync.yaml"
WORKFLOW = ".github/workflows/directional-sync.yml"
TARGETS = (
    "oca_repos", "notion_field_docs", "claude_config", "apps_truth", "live_to_docs", "skillsmith_catalog",
    "notion_month_end", "notion_bir",
)  # fmt: skip
SETTINGS = ".config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"
# Document 003, 'Verification Report'.
EXAMPLE = {"timestamp", "total_targets", "successful", "failed", "total_duration", "results"}
EXAMPLE_RESULT = {
    "target", "direction", "success", "message", "duration", "outputs_created", "verification_passed",
}  # fmt: skip


@dataclass
class Place:
    """A repository, a home, and the services. `env`: what a person has exported."""

    root: Path
    env: dict[str, str]
    services: Services

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=self.env, capture_output=True, check=True, text=True
        )
        return done.stdout

    def sync(self, *words: str, code: int = 0) -> str:
        """As the document calls it."""
        done = subprocess.run(
            [sys.executable, RUNNER, *words], cwd=self.root, env=self.env, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def summary(self, *words: str, code: int = 0) -> Any:
        self.sync(*words, "--summary-json", str(self.root.parent / "summary.json"), code=code)
        return json.loads((self.root.parent / "summary.json").read_text(encoding="utf-8"))

    def edit(self, path: str, old: str, new: str) -> None:
        place = self.root / path
        text = place.read_text(encoding="utf-8")
        assert old in text
        place.write_text(text.replace(old, new, 1), encoding="utf-8")

    def committed(self, message: str) -> None:
        self.git("commit", "-q", "-a", "-m", message)

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    @property
    def status(self) -> str:
        return self.git("status", "--porcelain", "--untracked-files=all")


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What OCA_BASE names: every repository of the list, with four modules each."""
    names = (REFERENCE / "scripts" / "oca-repos.txt").read_text(encoding="utf-8").split()
    assert len(names) >= 30
    return upstream(tmp_path_factory.mktemp("oca"), names, 4, "18.0")


@pytest.fixture
def place(tmp_path: Path, origin: Path) -> Iterator[Place]:
    root, home = tmp_path / "repository", tmp_path / "home"
    shutil.copytree(REFERENCE, root, symlinks=True)
    settings = home / SETTINGS
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"mcpServers": _servers(root)}), encoding="utf-8")
    services = Services()
    with serving(services) as url:
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1",
            "PYTHONPATH": str(Path(__file__).resolve().parents[1]), "OCA_BASE": str(origin),
            **dict.fromkeys(("NOTION_API", "APPS_API", "LIVE_API", "SKILLSMITH_API"), url),
            **dict.fromkeys(("NOTION_API_TOKEN", "APPS_TOKEN", "LIVE_TOKEN"), TOKEN),
            **{f"NOTION_{name}_DB_ID": name.lower() for name in ("TASKS", "MONTH_END", "BIR")},
        }  # fmt: skip
        found = Place(root, environment, services)
        for words in (
            ["init", "-q", "-b", "main"], ["config", "user.name", "CI Bot"], ["config", "user.email", "ci@example.org"],
            ["add", "."], ["commit", "-q", "-m", "as it comes"],
        ):  # fmt: skip
            found.git(*words)
        yield found


def _servers(root: Path) -> Any:
    """Those that claude.md names, so that both sides begin equal."""
    text = (root / "claude.md").read_text(encoding="utf-8")
    return json.loads(text.partition("## 20. ")[2].partition("```json\n")[2].partition("```")[0])


def parsed() -> syncfile.SyncFile:
    return syncreading.parse(document.load(REFERENCE / CONFIG, syncfile.SCHEMA))


def test_1_the_configuration_keeps_its_schema_and_another_one_is_refused_with_its_line(place: Place) -> None:
    assert tuple(parsed().targets) == TARGETS
    place.edit(CONFIG, "    direction: pull\n", "    direktion: pull\n")
    line = (place.root / CONFIG).read_text(encoding="utf-8").partition("direktion")[0].count("\n") + 1
    told = place.sync("--list", code=2)
    assert f"sync.yaml:{line}: unknown key 'direktion'" in told
    assert "allowed: allow_empty" in told


def test_2_the_runner_lists_every_target(place: Place) -> None:
    listed = place.sync("--list")
    assert [name for name in TARGETS if name in listed] == list(TARGETS)


def test_3_all_targets_complete_a_dry_run_that_changes_nothing(place: Place) -> None:
    before = place.head
    summary = place.summary("--dry-run")
    assert {r["target"]: r["success"] for r in summary["results"]} == dict.fromkeys(TARGETS, True)
    assert summary["dry_run"]
    assert (place.head, place.status, place.services.writes) == (before, "", [])
    real = place.summary()
    changed = {r["target"]: r["changed"] for r in summary["results"]}
    assert changed == {r["target"]: r["changed"] for r in real["results"]}, "what was shown is what is done"
    assert any(changed.values())


@pytest.mark.parametrize("broken", ["", "a file that differs", "a secret in the repository"])
def test_4_the_gates_before_a_sync(broken: str, place: Place) -> None:
    if broken == "a file that differs":
        place.edit("claude.md", "As usual here.", "Not as usual.")
    elif broken:
        place.edit("docs/runtime/directus.env", "\n", f"\nAPI_TOKEN={'4f9d2c7b1e6a' * 4}\n")
        place.committed("a secret")
    before = place.head
    told = place.sync(
        "--target", "apps_truth", code=(4 if broken == "a file that differs" else 1) if broken else 0
    )
    assert (place.head == before) == bool(broken)
    assert "4f9d2c7b1e6a" not in told


@pytest.mark.parametrize("broken", ["", "JSON", "Python"])
def test_5_the_gates_after_a_sync(broken: str, place: Place) -> None:
    if broken == "JSON":
        place.edit("docs/runtime/apps_truth.json", "{", "{{")
    elif broken:
        place.edit("scripts/skillsmith_check.py", "import re\n", "import\n")
    if broken:
        place.committed("broken")
    before = place.head
    told = place.sync("--target", "live_to_docs", code=1 if broken else 0)
    assert (place.head == before) == bool(broken)
    assert {"JSON": "Valid JSON/YAML outputs", "Python": "Python compileall", "": ""}[broken] in told


def test_6_the_drift_gates_are_green_and_one_module_or_one_server_too_few_is_red(
    place: Place, tmp_path: Path
) -> None:
    gates = {
        check["name"]: check
        for result in place.summary("--target", "oca_repos", "claude_config")["results"]
        for check in result["checks"]
        if check["kind"] == "drift_gate"
    }
    assert gates["OCA module count"]["value"] >= 100
    assert gates["Claude config drift"]["value"] == 0
    names = (REFERENCE / "scripts" / "oca-repos.txt").read_text(encoding="utf-8").split()
    place.env["OCA_BASE"] = str(upstream(tmp_path / "few", names, 3, "18.0"))
    before = place.head
    assert "OCA module count" in place.sync("--target", "oca_repos", code=1)
    servers = _servers(place.root) | {"another": {"command": "another"}}
    (Path(place.env["HOME"]) / SETTINGS).write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    place.edit(CONFIG, "targets: [claude_config]", "targets: [apps_truth]")
    place.committed("judge it elsewhere")
    before = place.head
    told = place.sync("--target", "apps_truth", code=1)
    assert "Claude config drift" in told
    assert place.head == before


def test_7_the_workflow_is_valid_and_the_one_that_the_configuration_gives(place: Place) -> None:
    assert "current" in place.sync("workflow", "--check")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", WORKFLOW],
        cwd=place.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    place.edit(CONFIG, '"0 2 * * *"', '"30 2 * * *"')
    assert "30 2 * * *" in place.sync("workflow", "--check", code=1)


def test_8_the_report_is_that_of_the_document(place: Place) -> None:
    place.services.apps.append({"id": "2", "spec": {"name": "superset"}})
    place.env["LIVE_TOKEN"] = "another"
    report = place.summary("--verify", code=1)
    schema = json.loads(resource("compliance/sync/summary.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, schema)
    assert report.keys() >= EXAMPLE
    assert all(result.keys() >= EXAMPLE_RESULT for result in report["results"])
    assert (report["total_targets"], report["successful"], report["failed"]) == (8, 7, 1)
    found = {result["target"]: result for result in report["results"]}
    assert not found["live_to_docs"]["success"]
    assert found["apps_truth"]["verification_passed"] is True
    assert found["oca_repos"]["outputs_created"]
    assert TOKEN not in json.dumps(report)


def test_9_pulls_are_committed_output_by_output_and_a_second_run_commits_nothing(place: Place) -> None:
    before = place.head
    place.services.skills["module-upgrade"] = place.services.skills["error-triage"].replace(
        "error-triage", "module-upgrade"
    )
    place.sync("--direction", "pull")
    messages = place.git("log", "--format=%s", f"{before}..HEAD").splitlines()
    assert "chore(sync): oca_repos" in messages
    assert set(messages) <= {f"chore(sync): {name}" for name in TARGETS}
    outputs = parsed().targets["oca_repos"].outputs
    (commit,) = place.git("log", "--format=%H", "--grep", "oca_repos", f"{before}..HEAD").split()
    paths = place.git("show", "--name-only", "--format=", commit).split()
    assert paths
    assert all(path.startswith(outputs[0].removesuffix("**")) for path in paths)
    assert place.status == ""
    assert "S3cret-of-production" not in place.git("log", "-p", f"{before}..HEAD")
    after = place.head
    place.sync("--direction", "pull")
    assert place.head == after


# Document 003, 'Scheduled Runs'.
SCHEDULED = {
    "0 2 * * *": "oca_repos", "0 3 * * *": "notion_field_docs", "0 4 * * *": "claude_config",
    "0 */6 * * *": "apps_truth", "0 */12 * * *": "live_to_docs", "0 5 * * 0": "skillsmith_catalog",
    "0 1 1 * *": "notion_month_end", "0 2 1 * *": "notion_bir",
}  # fmt: skip


def test_10_the_workflow_starts_each_target_when_its_schedule_says() -> None:
    import ruamel.yaml

    from compliance.systems.directional_sync import workflow_reading

    declared = {target.schedule: name for name, target in parsed().targets.items()}
    for cron, name in SCHEDULED.items():
        (found,) = (text for text, target in declared.items() if target == name and text)
        assert schedules.equal(found, cron)
    text = (REFERENCE / WORKFLOW).read_text(encoding="utf-8")
    triggers = ruamel.yaml.YAML(typ="safe").load(text)["on"]["schedule"]
    assert sorted(each["cron"] for each in triggers) == sorted(text for text in declared if text)
    assert list(workflow_reading.compare(workflow_reading.read(text), parsed())) == []
    other = text.replace("0 */12 * * *", "0 */11 * * *")
    problems = list(workflow_reading.compare(workflow_reading.read(other), parsed()))
    assert "live_to_docs" in {problem.subject for problem in problems}

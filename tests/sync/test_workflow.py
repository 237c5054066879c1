"""The workflow that is rendered: document 003, 'GitHub Actions Workflow', and acceptance criteria 7 and 10."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.core.errors import ConfigurationError
from compliance.estate import document
from compliance.estate.resources import resource
from compliance.systems.directional_sync import schedules, syncfile, syncreading, workflow_reading
from compliance.systems.directional_sync.workflow_rendering import FILE, crons, render
from tests.sync.schedules import EIGHT, of, problems

if TYPE_CHECKING:
    from compliance.systems.directional_sync.syncfile import SyncFile
    from tests.sync.sandbox import Sandbox

CONFIG = ".insightpulse/sync.yaml"
REFERENCE = resource("fixtures/reference/repository")
BIN = Path(sys.executable).parent


def reference() -> SyncFile:
    return syncreading.parse(document.load(REFERENCE / CONFIG, syncfile.SCHEMA))


def values(text: str) -> Any:
    return document.parsed(text, Path(FILE)).value


def steps(text: str) -> dict[str, Any]:
    return {step["name"]: step for step in values(text)["jobs"]["sync"]["steps"]}


VARIANTS = {
    "reference": reference,
    "eight": lambda: of(EIGHT, git={"branch": "main"}, env=["NOTION_API_TOKEN", "GITHUB_TOKEN", "HOME"]),
    "none is scheduled": lambda: of({"one": None}),
    "quotes": lambda: of(
        {"one": "0 0 * * MON-FRI"}, git={"branch": "it's"}, workflow={"requirements": "a 'b'.txt"}
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_it_keeps_the_published_schema_of_workflows(name: str, tmp_path: Path) -> None:
    place = tmp_path / "directional-sync.yml"
    place.write_text(render(VARIANTS[name](), CONFIG))
    done = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", place],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", VARIANTS)
def test_zizmor_finds_nothing_to_abuse_in_it(name: str, tmp_path: Path) -> None:
    """The auditor's persona asks in addition for an environment of GitHub around secrets, which not every plan has."""
    place = tmp_path / ".github/workflows/directional-sync.yml"
    place.parent.mkdir(parents=True)
    place.write_text(render(VARIANTS[name](), CONFIG))
    assert _zizmor(place) == []


def test_zizmor_would_find_what_the_old_workflow_did() -> None:
    """So that nobody takes a scanner that was never asked for one that found nothing."""
    assert "template-injection" in _zizmor(Path(__file__).with_name("workflows") / "old.yml")


def _zizmor(place: Path) -> list[str]:
    done = subprocess.run(
        [BIN / "zizmor", "--offline", "--no-config", "--persona", "pedantic", "--format", "json", "--quiet", place],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return [finding["ident"] for finding in json.loads(done.stdout)]


def test_the_file_of_the_reference_repository_is_current() -> None:
    """`make golden` writes it again."""
    assert (REFERENCE / FILE).read_text() == render(reference(), CONFIG)


def test_the_reference_workflow_starts_each_target_when_the_document_says() -> None:
    text = (REFERENCE / FILE).read_text()
    started = workflow_reading.started(workflow_reading.read(text), reference())
    assert {cron: sorted(names) for cron, names in started.items()} == {
        when: [name for name, other in EIGHT.items() if other == when] for when in EIGHT.values()
    }
    assert problems(text, reference()) == []


def test_schedules_of_one_meaning_share_a_cron() -> None:
    found = of(
        {"a": "0 0 * * *", "b": "0  0 * * 0-6", "c": "0 */6 * * *", "d": "0 0,6,12,18 * * *", "e": "1 0 * * *"}
    )
    assert crons(found.targets.values()) == {
        "0 0 * * *": ("a", "b"), "0 */6 * * *": ("c", "d"), "1 0 * * *": ("e",)
    }  # fmt: skip


def test_the_same_file_gives_the_same_bytes_and_another_order_of_keys_too() -> None:
    assert render(of(EIGHT), CONFIG) == render(of(dict(EIGHT)), CONFIG)


def test_no_input_stands_in_a_script() -> None:
    for step in steps(render(of(EIGHT, env=["TOKEN_OF_IT"]), CONFIG)).values():
        assert "${{" not in step.get("run", "")


def test_one_job_may_write_contents_and_nothing_else_is_allowed() -> None:
    value = values(render(of(EIGHT), CONFIG))
    assert value["permissions"] == {}
    assert {name: job["permissions"] for name, job in value["jobs"].items()} == {"sync": {"contents": "write"}}


def test_no_start_is_cancelled_by_another() -> None:
    value = values(render(of(EIGHT), CONFIG))
    assert value["concurrency"] == {"group": "directional-sync", "cancel-in-progress": False, "queue": "max"}


def test_actions_are_pinned_by_commit_with_the_version_beside() -> None:
    lines = re.findall(r"uses: (.*)", render(of(EIGHT), CONFIG))
    assert lines
    for line in lines:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)


def test_credentials_are_not_left_in_the_clone_and_no_entrypoint_sees_them() -> None:
    found = steps(render(of(EIGHT), CONFIG))
    assert found["Check out"]["with"]["persist-credentials"] is False
    assert {name for name, step in found.items() if "TOKEN" in step.get("env", {})} == {
        "Fetch the recorded state", "Push", "Push the recorded state"
    }  # fmt: skip


def test_secrets_of_targets_go_to_the_one_step_that_runs_them() -> None:
    env = steps(render(of(EIGHT, env=["B_KEY", "A_KEY", "GITHUB_TOKEN", "HOME"]), CONFIG))["Run"]["env"]
    assert {name: text for name, text in env.items() if "secrets" in text or "token" in text} == {
        "A_KEY": "${{ secrets.A_KEY }}", "B_KEY": "${{ secrets.B_KEY }}", "GITHUB_TOKEN": "${{ github.token }}"
    }  # fmt: skip


def test_the_dispatch_has_the_inputs_of_the_document() -> None:
    inputs = values(render(of(EIGHT), CONFIG))["on"]["workflow_dispatch"]["inputs"]
    assert list(inputs) == ["direction", "target", "dry_run", "verify"]
    assert inputs["direction"]["options"] == ["", "pull", "push", "bidirectional"]


def test_a_job_may_take_as_long_as_its_targets_and_no_longer_than_github_lets_it() -> None:
    def minutes(**keys: Any) -> int:
        return int(values(render(of(EIGHT, **keys), CONFIG))["jobs"]["sync"]["timeout-minutes"])

    assert minutes(timeout=60, idempotent=False) == 15 + 8
    assert minutes(timeout=60) == 15 + 16
    assert minutes(timeout=80000) == 360


def test_a_path_that_github_would_read_as_an_expression_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="cannot stand in a workflow"):
        render(of(EIGHT, workflow={"requirements": "${{ github.token }}"}), CONFIG)


_FIELDS = st.tuples(
    st.sampled_from(["0", "5", "*/15", "7,37", "10-50/20"]),
    st.sampled_from(["*", "0", "2", "*/6", "*/12", "0,12", "8-9", "23"]),
    st.sampled_from(["*", "1", "1,15", "*/10", "29", "31"]),
    st.sampled_from(["*", "1", "2,8", "JAN-MAR", "*/3"]),
    st.sampled_from(["*", "0", "SUN", "1-5", "6"]),
).map(" ".join)


def _is_schedule(text: str) -> bool:
    try:
        schedules.read(text)
    except schedules.NotASchedule:
        return False
    return True


@settings(max_examples=15)
@given(times=st.lists(st.one_of(_FIELDS.filter(_is_schedule), st.none()), min_size=1, max_size=7))
def test_read_back_it_gives_exactly_the_schedules_by_meaning(times: list[str | None]) -> None:
    found = of({f"t{number}": text for number, text in enumerate(times)})
    text = render(found, CONFIG)
    workflow = workflow_reading.read(text)
    started = workflow_reading.started(workflow, found)
    for target in found.targets.values():
        own = [cron for cron, names in started.items() if target.name in names]
        if target.schedule is None:
            assert own == []
        else:
            assert len(own) == 1
            assert schedules.equal(own[0], target.schedule)
    assert workflow_reading.compare(workflow, found) == []


class TestCommand:
    """`compliance sync workflow [--check]`."""

    @pytest.fixture
    def sandbox(self, sandbox: Sandbox) -> Sandbox:
        sandbox.pull("apps", "mkdir -p out; echo 1 > out/a", schedule="0 */6 * * *")
        sandbox.file(".insightpulse/requirements.txt", "# the runner\ndot-compliance==0.1.0\n")
        sandbox.commit()
        return sandbox

    def test_it_writes_what_check_then_finds_current(self, sandbox: Sandbox) -> None:
        assert sandbox.run("workflow").code == 0
        assert 'cron: "0 */6 * * *" # apps' in (sandbox.root / FILE).read_text()
        assert sandbox.run("workflow", "--check").code == 0

    def test_check_shows_a_difference_and_writes_nothing(self, sandbox: Sandbox) -> None:
        sandbox.run("workflow")
        before = (sandbox.root / FILE).read_text()
        sandbox.targets["apps"]["schedule"] = "0 */12 * * *"
        sandbox.commit()
        ran = sandbox.run("workflow", "--check")
        assert ran.code == 1
        assert '-    - cron: "0 */6 * * *" # apps' in ran.out
        assert '+    - cron: "0 */12 * * *" # apps' in ran.out
        assert (sandbox.root / FILE).read_text() == before

    def test_check_of_none_is_a_difference(self, sandbox: Sandbox) -> None:
        assert sandbox.run("workflow", "--check").code == 1
        assert not (sandbox.root / FILE).exists()

    def test_another_configuration_is_named_as_the_workflow_finds_it(self, sandbox: Sandbox) -> None:
        (sandbox.root / ".insightpulse/sync.yaml").rename(sandbox.root / "other.yaml")
        for arguments in (
            ("workflow", "--config", "other.yaml"),
            ("--config", "other.yaml", "workflow", "--check"),
        ):
            assert sandbox.run(*arguments).code == 0
        assert "CONFIG: 'other.yaml'" in (sandbox.root / FILE).read_text()

    @pytest.mark.parametrize(
        "line",
        [
            "dot-compliance",
            "dot-compliance>=1",
            "dot-compliance==1.*",
            "dot-compliance~=1.0",
            "-r other.txt",
            "-e .",
        ],
    )
    def test_a_runner_that_is_not_pinned_is_refused(self, sandbox: Sandbox, line: str) -> None:
        sandbox.file(".insightpulse/requirements.txt", f"{line}\n")
        ran = sandbox.run("workflow")
        assert (ran.code, "requirements.txt:1: is not pinned" in ran.err) == (2, True)

    def test_requirements_that_name_no_package_are_refused(self, sandbox: Sandbox) -> None:
        sandbox.file(".insightpulse/requirements.txt", "# later\n--require-hashes\n")
        ran = sandbox.run("workflow")
        assert (ran.code, "names no package" in ran.err) == (2, True)

    @pytest.mark.parametrize("end", [b"\xff", b"\r\n"])
    def test_a_workflow_with_other_bytes_is_not_current(self, sandbox: Sandbox, end: bytes) -> None:
        sandbox.run("workflow")
        path = sandbox.root / FILE
        path.write_bytes(path.read_bytes().replace(b"\n", end))
        assert sandbox.run("workflow", "--check").code == 1

    def test_a_pinned_one_with_hashes_is_not(self, sandbox: Sandbox) -> None:
        lock = "-i https://example.org/simple\ndot-compliance==1.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n"
        sandbox.file(".insightpulse/requirements.txt", lock)
        assert sandbox.run("workflow").code == 0

    def test_without_requirements_it_says_what_to_write(self, sandbox: Sandbox) -> None:
        (sandbox.root / ".insightpulse/requirements.txt").unlink()
        ran = sandbox.run("workflow")
        assert ran.code == 2
        assert "which is not there" in ran.err
        assert "To go on: write it" in ran.err


def test_what_config_names_is_handed_over_too() -> None:
    found = of(EIGHT)
    name = next(iter(found.targets))
    target = replace(
        found.targets[name], config={"a": ["$FROM_CONFIG", "$$NOT"]}, outside=("${FROM_OUTSIDE}/x",)
    )
    text = render(replace(found, targets={name: target}), CONFIG)
    assert "FROM_CONFIG: ${{ secrets.FROM_CONFIG }}" in text
    assert "FROM_OUTSIDE: ${{ secrets.FROM_OUTSIDE }}" in text
    assert "NOT:" not in text

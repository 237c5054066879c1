"""`compliance export` and `compliance audit --export` as they are used: a real audit over a recorded observation."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from compliance.cli import main
from compliance.reporting.exports import FORMATS
from tests.evidence.bundles import CHECKOUT, OLD, Desk
from tests.pure.exporting import counted
from tests.pure.published import VALIDATED, valid

if TYPE_CHECKING:
    from pathlib import Path

AUDIT = (
    "audit", "--estate", "estate.yaml", "--observation", "observation.json", "--judged-at", "2026-11-20T00:00:00+00:00",
    "--no-page",
)  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """After an audit that wrote every format."""
    made = Desk(tmp_path_factory.mktemp("desk"))
    done = made.run(*AUDIT, *(word for name in FORMATS for word in ("--export", f"{name}=out/{name}")))
    assert done.code == 1, done.err
    return made


@pytest.fixture(autouse=True)
def here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In its folder, so that a command can run in this process: a new one for each takes longer than all of them."""
    monkeypatch.chdir(request.getfixturevalue("desk").folder)


def exported(folder: Path, name: str, *words: str) -> bytes:
    assert main(["export", name, "--estate", "estate.yaml", "-o", f"again/{name}", *words]) == 0
    return (folder / "again" / name).read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_an_audit_and_an_export_of_its_verdict_are_the_same_bytes(desk: Desk, name: str) -> None:
    once = (desk.folder / "out" / name).read_bytes()
    verdict = json.loads((desk.folder / "reports" / "verdict.json").read_text())
    assert counted(name, once) == verdict["counts"]
    assert verdict["counts"]["broken"]
    assert exported(desk.folder, name) == once
    assert not list((desk.folder / "again").glob(".*"))
    if name in VALIDATED:
        valid(name, once)


def test_without_a_database_or_its_address_an_export_needs_the_policy_alone(
    desk: Desk, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    value = json.loads((desk.folder / "estate.yaml").read_text())
    other = desk.folder / "addressed.yaml"
    other.write_text(json.dumps(value | {"postgres": {"dsn_env": "NOBODY_HAS_SET_THIS"}}))
    assert main(["export", "csv", "--estate", "addressed.yaml"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"system,rule,")


def test_a_bundle_is_exported_with_its_own_policy_and_says_nothing_of_what_is_new(desk: Desk) -> None:
    run = json.loads(exported(desk.folder, "sarif", "--from", str(OLD), "--key", str(OLD.with_suffix(".pub"))))[
        "runs"
    ][0]
    assert run["results"]
    assert not [each for each in run["results"] if "baselineState" in each]
    places = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in run["results"]}
    assert places == {"policy/command_catalog.yaml"}
    assert main(["export", "sarif", "--from", str(OLD), "--key", "key.pub"]) == 4


def test_a_statement_is_of_the_verdict_as_it_lies_there(desk: Desk) -> None:
    (subject,) = json.loads((desk.folder / "out" / "in-toto").read_text())["subject"]
    written = (desk.folder / "reports" / "verdict.json").read_bytes()
    assert subject == {"name": "verdict.json", "digest": {"sha256": sha256(written).hexdigest()}}


def test_each_finding_points_to_the_line_that_declares_it(desk: Desk) -> None:
    run = json.loads((desk.folder / "out" / "sarif").read_text())["runs"][0]
    named = [each for each in run["results"] if each["properties"]["key"] == "CC011:pumpe.halten#missing"]
    place = named[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "policy/command_catalog.yaml"
    lines = (desk.folder / "policy" / "command_catalog.yaml").read_text().splitlines()
    assert "pumpe.halten" in lines[place["region"]["startLine"] - 1]


def test_in_a_repository_paths_begin_at_its_root(desk: Desk) -> None:
    (desk.folder.parent / ".git").touch()
    try:
        run = json.loads(exported(desk.folder, "sarif"))["runs"][0]
    finally:
        (desk.folder.parent / ".git").unlink()
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == f"{desk.folder.name}/policy/command_catalog.yaml"


def test_a_second_audit_says_what_is_unchanged_and_the_export_of_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path)
    monkeypatch.chdir(tmp_path)
    for day, state in ((20, "new"), (21, "unchanged")):
        desk.run(
            *AUDIT[:5],
            "--judged-at",
            f"2026-11-{day}T00:00:00+00:00",
            "--no-page",
            "--export",
            "sarif=out.sarif",
        )
        (run,) = json.loads((tmp_path / "out.sarif").read_text())["runs"]
        assert {each["baselineState"] for each in run["results"]} == {state}
    assert exported(tmp_path, "sarif") == (tmp_path / "out.sarif").read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "pdf"), "choose of junit, sarif"),
        (("export", "csv", "--from", "nowhere"), "run `compliance audit`"),
        (("export", "csv", "--from", "estate.yaml"), "is no verdict"),
        (("export", "csv", "--from", "key.pem"), "key.pem"),
        (("export", "csv", "--history", "nowhere"), "there is no history"),
        (("export", "csv"), "name the estate with --estate"),
        ((*AUDIT, "--export", "sarif"), "write it as in --export sarif=out.sarif"),
        ((*AUDIT, "--export", "pdf=x"), "choose of junit, sarif"),
        ((*AUDIT, "--export", "csv=x", "--export", "junit=x"), "x is written to already"),
        ((*AUDIT, "--export", "csv=x", "--export", "junit=out/../x"), "out/../x is written to already"),
        ((*AUDIT, "--export", "csv=reports/history.jsonl"), "history.jsonl is written to already"),
        ((*AUDIT, "--export", "csv=reports/../reports/verdict.json"), "verdict.json is written to already"),
        ((*AUDIT, "--export", "csv=estate.yaml"), "estate.yaml is written to already"),
        (("export", "csv", "--estate", "estate.yaml", "-o", "reports/verdict.json"), "is made of this file"),
        (
            ("export", "csv", "--estate", "estate.yaml", "-o", "out/../reports/history.jsonl"),
            "is made of this file",
        ),
    ],
)
def test_what_cannot_be_exported_is_told_with_what_to_do(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) in (2, 4)
    assert said in capsys.readouterr().err


def test_a_verdict_that_was_changed_by_hand_is_not_exported(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    value = json.loads((desk.folder / "reports" / "verdict.json").read_text())
    value["counts"]["broken"] = 0
    (desk.folder / "changed.json").write_text(json.dumps(value))
    assert main(["export", "markdown", "--estate", "estate.yaml", "--from", "changed.json"]) == 2
    assert "is no verdict" in capsys.readouterr().err


def test_nor_is_one_in_which_what_has_findings_is_said_to_be_kept(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """With all counts and the conclusion set right: a format that goes by outcomes would show a green run."""
    value = json.loads((desk.folder / "reports" / "verdict.json").read_text())
    broken = [case for case in value["cases"] if case["outcome"] == "broken"]
    for case in broken:
        case["outcome"] = "kept"
    value["counts"]["kept"] += len(broken)
    value["counts"]["broken"] = 0
    value["conclusion"] = "could-not-look" if value["counts"]["could_not_look"] else "kept"
    (desk.folder / "changed.json").write_text(json.dumps(value))
    assert main(["export", "junit", "--estate", "estate.yaml", "--from", "changed.json"]) == 2
    assert "is no verdict" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["severity", "phase", "outcome"])
def test_nor_is_one_that_says_what_no_audit_says(
    desk: Desk, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WASSERWERK_DSN", "host=/nowhere")
    text = (desk.folder / "reports" / "verdict.json").read_text()
    value = json.loads(text)
    for said in (*value["rules"].values(), *value["cases"]):
        if name in said:
            said[name] = "urgent"
    (desk.folder / "changed").mkdir(exist_ok=True)
    place = desk.folder / "changed" / "verdict.json"
    for command, refused in (
        (("export", "markdown", "--from", str(place)), "is no verdict as `compliance audit` writes it"),
        (("rules", "show", "CC001", "--out", str(place.parent)), "is no verdict that this version can read"),
    ):
        place.write_text(json.dumps(value))
        assert main([*command, "--estate", "estate.yaml"]) == 2
        assert refused in capsys.readouterr().err
        place.write_text(text)
        assert main([*command, "--estate", "estate.yaml"]) == 0


def test_a_disk_that_is_full_is_told_with_the_file_and_what_was_there_stays(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    exported(desk.folder, "csv")
    before = (desk.folder / "again" / "csv").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        code = main(["export", "junit", "--estate", "estate.yaml", "-o", "again/csv"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (code, capsys.readouterr().err) == (2, "compliance: again/csv: File too large\n")
    assert (desk.folder / "again" / "csv").read_bytes() == before
    assert not list((desk.folder / "again").glob(".*"))
    done = desk.run(*AUDIT, "--export", "csv=/dev/full", "--out", "full")
    assert (done.code, done.err) == (2, "compliance: /dev/full: No space left on device\n")


def test_a_job_summary_is_appended_as_a_workflow_does(desk: Desk) -> None:
    summary = desk.folder / "summary.md"
    summary.write_text("before\n")
    line = 'exec "$0" -m compliance.cli export markdown --estate estate.yaml >> "$GITHUB_STEP_SUMMARY"'
    subprocess.run(
        ["sh", "-c", line, sys.executable], cwd=desk.folder, check=True,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT), "GITHUB_STEP_SUMMARY": str(summary)},
    )  # fmt: skip
    assert summary.read_text().startswith("before\n# Compliance of ")

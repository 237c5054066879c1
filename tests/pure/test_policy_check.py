"""`compliance policy check`: what bars a policy from being read, of each file, without an estate or its environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compliance import cli
from compliance.checking import check
from compliance.estate.resources import resource
from compliance.starting import start


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `compliance init` writes, where the variable that it names is not set."""
    monkeypatch.delenv("ESTATE_DSN", raising=False)
    start(tmp_path)
    return tmp_path / "estate.yaml"


@pytest.mark.parametrize("estate", ["reference", "foreign"])
def test_the_estates_that_come_with_the_program_are_valid_and_reviewed(estate: str) -> None:
    found = check(resource(f"fixtures/{estate}/estate.yaml"))
    assert (found.problems, found.unreviewed) == ((), ())
    assert "directional_sync" in found.systems


def test_one_that_was_begun_needs_no_address_and_is_told_to_be_reviewed(
    begun: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["policy", "check", str(begun)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  not reviewed, so no audit of it is green: platform.yaml",
        "  not reviewed, so no audit of it is green: command_catalog.yaml",
    ]


def test_each_malformed_file_is_told_with_its_line_whatever_is_wrong_with_another(
    begun: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("platform", "command_catalog", "waivers"):
        with (begun.parent / "policy" / f"{name}.yaml").open("a", encoding="utf-8") as file:
            file.write("unheard_of: 1\n")
    assert cli.main(["policy", "check", "--json", str(begun), str(begun.parent / "nowhere.yaml")]) == 2
    here, nowhere = json.loads(capsys.readouterr().out)["estates"]
    assert [Path(problem.partition(":")[0]).name for problem in here["problems"]] == [
        "platform.yaml", "command_catalog.yaml", "waivers.yaml",
    ]  # fmt: skip
    assert all("unknown key 'unheard_of'" in problem for problem in here["problems"])
    assert "nowhere.yaml: cannot be read" in nowhere["problems"][0]


def test_a_system_that_nobody_knows_and_a_policy_that_is_not_there_are_named(begun: Path) -> None:
    text = begun.read_text(encoding="utf-8")
    begun.write_text(text.replace("[command_catalog]", "[command_catalogue]"), encoding="utf-8")
    (unknown,) = check(begun).problems
    assert "unknown system 'command_catalogue'" in str(unknown)
    begun.write_text(text.replace("[command_catalog]", "[registry_sync]"), encoding="utf-8")
    (begun.parent / "policy/registry_sync.yaml").unlink()
    (missing,) = check(begun).problems
    assert "registry_sync.yaml: cannot be read" in str(missing)

"""Every way in which a run of pytest can lose a case: none of them is green, and what is missing is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from compliance import audit
from compliance.core.errors import ComplianceError
from tests.evidence.bundles import Desk

CHECKOUT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((CHECKOUT / "compliance" / "audit.schema.json").read_text())
PROBE = '''"""X001: a declared command has a name.

Why: it is called by it.
Remedy: name it.
"""

import os
import pytest
from compliance.core.finding import Finding


def named(facts):
    if os.environ.get("BREAK"):
        yield from (Finding(name, "has none") for name in list(facts.policy.commands)[:1])


@pytest.mark.rule("X001", family="own", severity="low", phase="conformance")
@pytest.mark.each("command_catalog.commands")
def test_named(look):
    """A declared command has a name."""
    look.expect_none(named)
    if os.environ.get("DIE_AT") == look.subject:
        os._exit(1)
'''


class Own:
    """A folder of probes of one's own, over the observation that is kept."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        (folder / "own").mkdir()
        (folder / "own" / "test_x001_named.py").write_text(PROBE)
        self.conftest = folder / "own" / "conftest.py"

    def run(self, *words: str, **environment: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-c", os.devnull, "--import-mode=importlib", "-p", "no:cacheprovider",
             "--estate", "estate.yaml", "--observation", "observation.json", "own", *words],
            cwd=self.desk.folder, env=self.desk.environment | environment, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def own(tmp_path: Path) -> Own:
    return Own(tmp_path)


@pytest.fixture
def names(own: Own) -> list[str]:
    """What the policy declares, as an audit says."""
    code, said = audited(own)
    assert code in (0, 1)
    assert said["verdict"] != "could-not-look"
    return list(said["population"]["command_catalog"]["names"]["command_catalog.commands"])


def audited(own: Own) -> tuple[int, dict[str, dict[str, dict[str, dict[str, list[str]]]]]]:
    done = own.desk.run(
        "audit", "--estate", "estate.yaml", "--observation", "observation.json", "--judged-at",
        "2026-11-22T00:00:00+00:00", "--no-page", "--json",
    )  # fmt: skip
    said = json.loads(done.out)
    Draft202012Validator(SCHEMA).validate(said)
    return done.code, said


def test_an_audit_says_of_each_system_that_what_was_declared_was_reported(own: Own) -> None:
    _, said = audited(own)
    assert set(said["population"]) == {"command_catalog", "platform"}
    for each in said["population"].values():
        assert each["declared"] == each["collected"] == each["run"] == each["reported"]
        assert (each["lost"], each["deselected"]) == ([], 0)
    assert sum(each["reported"] for each in said["population"].values()) == sum(said["counts"].values())  # type: ignore[misc]


def test_with_all_of_its_cases_the_folder_is_green_and_broken_is_1(own: Own) -> None:
    assert own.run()[0] == 0
    assert own.run("-n1")[0] == 0
    code, said = own.run(BREAK="1")
    assert code == 1, said
    assert own.run("--collect-only")[0] == 0


def test_a_folder_that_drops_a_case_without_a_word_is_not_green(own: Own, names: list[str]) -> None:
    own.conftest.write_text("def pytest_collection_modifyitems(items):\n    del items[1]\n")
    for how in ((), ("-n1",)):
        code, said = own.run(*how)
        assert code == 3, said
        assert f"lost: X001[{names[1]}]: declared, and not collected" in said


def test_a_folder_that_drops_all_of_them_is_not_green(own: Own) -> None:
    own.conftest.write_text("def pytest_collection_modifyitems(items):\n    del items[:]\n")
    assert own.run()[0] == 5
    (own.desk.folder / "own" / "test_other.py").write_text("def test_other(): pass\n")
    own.conftest.write_text(
        "def pytest_collection_modifyitems(items):\n    items[:] = [i for i in items if 'test_other' in i.name]\n"
    )
    code, said = own.run()
    assert code == 5, said
    assert "declared, and not collected" in said


@pytest.mark.parametrize("how", [(), ("-n2",)], ids=str)
def test_what_k_leaves_out_was_not_looked_at(own: Own, names: list[str], how: tuple[str, ...]) -> None:
    code, said = own.run("-k", names[0], *how)
    assert code == 3, said
    asked = len(names) + 1
    assert (
        f"population of command_catalog: {asked} declared, {asked} collected, {asked - 1} deselected, 1 run"
        in said
    )
    assert "lost: " not in said


def test_what_a_stop_at_the_first_finding_leaves_out_was_not_looked_at(own: Own, names: list[str]) -> None:
    code, said = own.run("-x", BREAK="1")
    assert code == 3, said
    assert f"lost: X001[{names[1]}]: collected, and not run" in said


def test_a_case_whose_worker_dies_is_lost_and_the_others_are_not(own: Own, names: list[str]) -> None:
    code, said = own.run("-n1", DIE_AT=names[1])
    assert code == 3, said
    assert f"lost: X001[{names[1]}]: run, and not reported" in said
    assert said.count("lost: ") == 1


def test_where_every_worker_died_what_was_given_out_is_lost(own: Own, names: list[str]) -> None:
    code, said = own.run("-n1", "--max-worker-restart=0", DIE_AT=names[1])
    assert code != 0, said
    assert said.count("its worker died") == len(names)  # one was told, all others and what policy does not name


def test_a_report_that_lost_a_file_is_an_error_of_the_program(own: Own) -> None:
    audited(own)
    results = own.desk.folder / "reports" / "allure-results"
    files = sorted(results.glob("*-result.json"))
    nodeids = [json.loads(file.read_text())["fullName"] for file in files]
    audit._counted(results, nodeids)
    files[3].unlink()
    with pytest.raises(ComplianceError, match="the report lacks 1 cases") as found:
        audit._counted(results, nodeids)
    assert found.value.exit_code == 2

"""The results as files: one a case, stable, complete, and with nothing in them that does not belong there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from allure_commons.model2 import GlobalAttachment, Globals

from compliance.core.errors import ComplianceError
from compliance.reporting import results
from compliance.reporting.allure import FastLogger
from tests.live.results_of import command, documents, env, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROBES = """
import os, pytest

@pytest.mark.parametrize("name", [f"n{i:02}" for i in range(20)])
def test_rows(name, tmp_path_factory):
    print("loud output")
    if name == "n03": pytest.fail("postgresql://u:hunter2@h/db differs", pytrace=False)
    if name == "n04": raise RuntimeError("no answer from " + os.environ["SOME_TOKEN"])
    if name == "n05": pytest.skip("nothing is declared")
    if name == "n06": assert os.environ == {}

def test_plain():
    print("hello")
"""
NODEIDS = [f"test_probes.py::test_rows[n{i:02}]" for i in range(20)]
TOKEN = "a-value-that-must-not-show"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    run(folder / "probes", PROBES, folder / "results", SOME_TOKEN=TOKEN)
    return folder / "results"


def test_each_case_has_one_result_with_labels_reason_and_evidence_whatever_its_outcome(written: Path) -> None:
    described = [each for each in documents(written) if each["name"] != "test_plain"]
    assert [each["fullName"] for each in described] == NODEIDS
    outcomes = [each["status"] for each in described[2:7]]
    assert outcomes == ["passed", "failed", "broken", "skipped", "failed"]
    for each in described:
        labels = {(label["name"], label["value"]) for label in each["labels"]}
        assert {("epic", "the_system"), ("feature", "the family"), ("severity", "critical")} <= labels
        assert "**Why**: the reason why" in each["description"]
        assert "**Remedy**: set it right" in each["description"]
        assert "parameters" not in each
        assert (written / each["attachments"][0]["source"]).read_bytes().startswith(b"declared 26, observed 26")


def test_equal_evidence_is_written_once_under_a_name_of_each_result(written: Path) -> None:
    files = [
        written / each["attachments"][0]["source"]
        for each in documents(written)
        if each["name"] != "test_plain"
    ]
    assert len({each.name for each in files}) == 20
    assert len({each.stat().st_ino for each in files}) == 1


def test_neither_environment_nor_password_nor_captured_output_stands_in_a_result(written: Path) -> None:
    text = "".join(json.dumps(each) for each in documents(written) if each["name"] != "test_plain")
    assert TOKEN not in text
    assert "hunter2" not in text
    assert os.environ["PATH"] not in text
    assert '"stdout"' not in text
    assert "no answer from ***" in text


def test_a_result_that_is_not_described_passes_through(written: Path) -> None:
    (plain,) = [each for each in documents(written) if each["name"] == "test_plain"]
    assert plain["attachments"][0]["name"] == "stdout"
    assert (written / plain["attachments"][0]["source"]).read_text().strip() == "hello"


def test_no_container_is_written_for_described_cases(written: Path) -> None:
    assert list(written.glob("*-container.json")) == []


def test_two_runs_give_the_same_identities_and_the_same_number_of_files(written: Path) -> None:
    first = {each["historyId"]: each["fullName"] for each in documents(written)}
    before = len(list(written.iterdir()))
    again = command(written.parent / "probes", written, "-k", "rows")
    subprocess.run(again, env=env(SOME_TOKEN=TOKEN), capture_output=True)
    assert {each["historyId"]: each["fullName"] for each in documents(written)} == first
    assert len(list(written.iterdir())) == before


def test_where_all_cases_are_probes_the_results_are_the_same_as_beside_other_tests(
    tmp_path: Path, written: Path
) -> None:
    """allure-pytest's own gathering is switched off then, which must not show."""
    run(tmp_path / "probes", PROBES, tmp_path / "results", "-k", "rows", SOME_TOKEN=TOKEN, ALL_ARE_PROBES="1")
    beside = [each for each in documents(written) if each["name"] != "test_plain"]
    assert [timeless(each) for each in documents(tmp_path / "results")] == [timeless(each) for each in beside]
    assert all(each["stop"] >= each["start"] for each in documents(tmp_path / "results"))


def timeless(result: dict[str, Any]) -> dict[str, Any]:
    """Without times, and without the line and the folder in a short trace."""
    details = {"message": result.get("statusDetails", {}).get("message")}
    return {**result, "start": 0, "stop": 0, "statusDetails": details}


def test_workers_of_xdist_write_each_case_once(tmp_path: Path) -> None:
    run(tmp_path / "probes", PROBES, tmp_path / "results", "-n2", "-k", "rows", SOME_TOKEN=TOKEN)
    assert results.count(tmp_path / "results", NODEIDS).exact


def test_the_count_names_a_missing_and_a_surplus_result(tmp_path: Path) -> None:
    run(tmp_path / "probes", PROBES, tmp_path / "results", "-k", "rows", SOME_TOKEN=TOKEN)
    assert results.count(tmp_path / "results", NODEIDS).exact
    (tmp_path / "results" / "another-result.json").write_text("{}")
    found = results.count(tmp_path / "results", [*NODEIDS, "test_probes.py::test_rows[n20]"])
    assert found == (("test_probes.py::test_rows[n20]",), ("another-result.json",))


def test_a_killed_run_loses_no_result_that_was_ready(tmp_path: Path) -> None:
    """The whole process group is killed in the middle of the sixth case."""
    probes = PROBES + (
        "\n@pytest.mark.parametrize('i', range(9))\ndef test_slow(i):\n"
        "    if i == 5:\n        open('reached', 'w').close()\n        import time; time.sleep(60)\n"
    )
    folder = tmp_path / "probes"
    folder.mkdir()
    run(folder / "inner", probes, tmp_path / "none", "--collect-only")
    process = subprocess.Popen(
        command(folder / "inner", tmp_path / "results", "-k", "slow"),
        env=env(),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    until(lambda: (tmp_path / "reached").exists())
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    until(
        lambda: (
            sum(each.read_text().endswith("}") for each in (tmp_path / "results").glob("*-result.json")) == 5
        )
    )
    assert {each["status"] for each in documents(tmp_path / "results")} == {"passed"}


def until(reached: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_results_that_cannot_be_written_are_an_error(tmp_path: Path) -> None:
    logger = FastLogger(tmp_path / "results", lambda _: None)
    logger.report_attached_data("x", "no-such-folder/x.txt")
    logger.report_globals(Globals(attachments=[GlobalAttachment(source="no-such-folder/x.txt")]))
    with pytest.raises(ComplianceError, match="could not be written"):
        logger.close()


def test_environment_and_categories_are_written_as_properties_and_json(tmp_path: Path) -> None:
    results.write_run_files(tmp_path, {"estate name": "a=b:c\\d\ne"})
    assert (tmp_path / "environment.properties").read_text() == "estate\\ name=a\\=b\\:c\\\\d\\ne\n"
    names = [each["matchedStatuses"] for each in json.loads((tmp_path / "categories.json").read_text())]
    assert names == [["failed"], ["broken"], ["skipped"], ["skipped"]]

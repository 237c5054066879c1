"""`history.jsonl` and `compliance history` as they are used: real audits over a recorded observation."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from compliance import keeping
from compliance.core import canonical, verdicts
from compliance.core.errors import ConfigurationError
from tests.evidence.bundles import Desk

if TYPE_CHECKING:
    from pathlib import Path

WAIVER = """waivers:
  - {id: w1, finding: "%s", reason: r, owner: o, approver: p, from: 2026-01-01, until: 2026-12-31, ceiling: 1}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def audit(desk: Desk, day: int, *words: str) -> dict[str, Any]:
    done = desk.run(
        "audit", "--estate", "estate.yaml", "--observation", "observation.json", "--judged-at",
        f"2026-11-{day}T00:00:00+00:00", "--no-page", "--json", *words,
    )  # fmt: skip
    assert done.code in (0, 1), done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def runs(desk: Desk, code: int = 0) -> list[dict[str, Any]]:
    done = desk.run("history", "--json")
    assert done.code == code, done.err
    return list(json.loads(done.out)["runs"])


def tags(desk: Desk) -> set[str]:
    files = (desk.folder / "reports" / "allure-results").glob("*-result.json")
    labels = [label for file in files for label in json.loads(file.read_text())["labels"]]
    return {each["value"] for each in labels if each["name"] == "tag"} - {"conformance", "readiness"}


def test_an_audit_of_an_earlier_look_is_told_and_not_kept_behind_a_later_one(desk: Desk) -> None:
    """Else what it found would be there again, and a gate for new findings would let it pass."""
    audit(desk, 20)
    before = (desk.folder / "reports" / "history.jsonl").read_bytes()
    place = desk.folder / "observation.json"
    seen = json.loads(place.read_text())
    place.write_text(json.dumps(seen | {"observed_at": "2020-01-01T00:00:00+00:00"}))
    done = desk.run("audit", "--estate", "estate.yaml", "--observation", "observation.json", "--no-page")
    assert "not kept in reports/history.jsonl: this looked at 2020-01-01T00:00:00+00:00" in done.err
    assert (desk.folder / "reports" / "history.jsonl").read_bytes() == before


def test_three_audits_are_kept_compared_and_shown_and_each_case_says_since_when(desk: Desk) -> None:
    key = audit(desk, 20)["findings"][0]["key"]
    assert tags(desk) == {"new"}
    (desk.folder / "policy" / "waivers.yaml").write_text(WAIVER % key)
    audit(desk, 21)
    assert {"unchanged", "waived"} <= tags(desk)
    (desk.folder / "policy" / "waivers.yaml").unlink()
    audit(desk, 22)
    found = runs(desk)
    assert [(key in run["new"], key in run["unchanged"], key in run["waived"]) for run in found] == [
        (True, False, False), (False, True, True), (False, True, False)
    ]  # fmt: skip
    assert len({run["run"] for run in found}) == 3
    life = desk.run("history", key)
    assert re.findall(r"  (first seen|unchanged, waived|unchanged)$", life.out, re.MULTILINE) == [
        "first seen", "unchanged, waived", "unchanged"
    ]  # fmt: skip
    assert desk.run("history", "CC001:none").code == 2
    text = desk.run("history", "--limit", "1").out
    assert text.count("broken: ") == 1
    assert " unchanged\n" in text


def test_another_result_from_the_same_evidence_is_1_and_says_which(desk: Desk) -> None:
    audit(desk, 20)
    file = desk.folder / "reports" / "history.jsonl"
    entry = json.loads(file.read_text())
    key, *_ = entry["findings"]
    file.write_text(json.dumps(entry | {"findings": [], "facts": "0" * 64, "result": "0" * 64}) + "\n")
    audit(desk, 21)
    done = desk.run("history")
    assert done.code == 1
    assert "DEFECT    run" in done.out
    assert f"{key}: only in run" in done.out
    assert audit(desk, 22)["findings"] != []


def test_a_line_that_was_cut_short_is_no_entry_and_a_changed_one_is_told(desk: Desk) -> None:
    audit(desk, 20)
    file = desk.folder / "reports" / "history.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:100])
    assert len(runs(desk)) == 1
    audit(desk, 21)
    assert len(runs(desk)) == 2
    assert file.read_bytes().startswith(whole)
    for left in (whole[:1], whole[:100]):  # of the first run of all
        file.write_bytes(left)
        assert keeping.read(file).entries == ()
    file.write_bytes(b"{}\n" + whole)
    with pytest.raises(ConfigurationError, match=r"history\.jsonl:1: is no entry"):
        keeping.read(file)


@pytest.mark.parametrize("text", ["my precious notes", '{"a": 1}'])
def test_a_file_of_somebody_else_s_is_not_replaced_though_its_last_line_has_no_end(
    text: str, tmp_path: Path
) -> None:
    file = tmp_path / "notes"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="notes:1: is no entry of the history"):
        keeping.read(file)


def test_over_its_limit_the_oldest_go_and_what_they_found_first_stays_known(desk: Desk) -> None:
    key, *_ = [found["key"] for found in audit(desk, 20, "--history-limit", "1")["findings"]]
    audit(desk, 21, "--history-limit", "1")
    kept = keeping.read(desk.folder / "reports" / "history.jsonl")
    assert (len(kept.entries), kept.known[key].open) == (1, True)
    (run,) = runs(desk)
    assert (key in run["unchanged"], run["new"]) == (True, [])


def test_without_a_page_one_of_an_earlier_audit_is_said_to_be_that(desk: Desk) -> None:
    words = ("audit", "--estate", "estate.yaml", "--observation", "observation.json", "--no-page")
    assert "\nno report page: left out\n" in desk.run(*words).out
    (desk.folder / "reports" / "html").mkdir()
    assert "\nno report page: left out; reports/html is of an earlier audit\n" in desk.run(*words).out


def test_a_history_of_another_estate_is_2_before_anything_is_looked_at_or_replaced(desk: Desk) -> None:
    """What was found in one is known, and so would not be new in the other."""
    audit(desk, 20)
    (estate,) = {run["estate"] for run in runs(desk)}
    before = {path: path.read_bytes() for path in (desk.folder / "reports").glob("*.json*")}
    assert before
    file = desk.folder / "estate.yaml"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"name": "another"}))
    for words in (
        ("audit", "--no-page"),
        ("audit", "--no-page", "--observation", "observation.json"),
        ("evidence", "seal", "--key", "key.pem", "--no-report", "-o", "sealed.tar"),
    ):
        done = desk.run(*words, "--estate", "estate.yaml")
        assert done.code == 2, done.err
        assert f"history.jsonl:1: is of estate '{estate}', and not of 'another'" in done.err
        assert "give each estate a folder of its own with --out" in done.err
    assert {path: path.read_bytes() for path in before} == before
    lines = (desk.folder / "reports" / "history.jsonl").read_text()
    (desk.folder / "both.jsonl").write_text(lines + lines.replace(f'"{estate}"', '"another"'))
    done = desk.run("history", "--history", "both.jsonl")
    assert done.code == 2
    assert f"both.jsonl:2: is of estate 'another', and not of '{estate}'" in done.err


def test_audits_that_end_at_once_are_all_kept(desk: Desk) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda n: audit(desk, 20 + n, "--out", f"out{n}", "--history", "h.jsonl"), range(3)))
    assert len(keeping.read(desk.folder / "h.jsonl").entries) == 3


def test_a_history_that_is_not_there_is_2(desk: Desk) -> None:
    done = desk.run("history")
    assert (done.code, "no audit is kept there" in done.err) == (2, True)
    assert desk.run("history", "--limit", "0").code == 2


def test_the_verdict_is_kept_whole_as_a_bundle_holds_it(desk: Desk) -> None:
    said = audit(desk, 20)
    place = desk.folder / "reports" / "verdict.json"
    found = json.loads(place.read_text())
    assert found["counts"] == said["counts"]
    assert place.read_text() == canonical.lines(verdicts.document(verdicts.parse(found)), deep=2)
    audit(desk, 21)
    assert json.loads(place.read_text())["judged_at"].startswith("2026-11-21")
    assert [each.name for each in place.parent.iterdir() if each.name.endswith(".part")] == []

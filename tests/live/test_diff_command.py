"""`compliance diff` over real audits of a recorded observation, and what may be said of any two."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance import cli
from compliance.core import verdicts
from compliance.core.differing import Side, differences
from compliance.core.finding import Finding
from compliance.core.history import Entry
from compliance.core.verdict import Case, Rule, gate
from tests.live.audited import WAIVER, Audited

if TYPE_CHECKING:
    from pathlib import Path

KEY = "CC001:pumpe.anfahren#missing"
SUBJECT = "pumpe.anfahren"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """Four audits: two alike, one in which a finding is waived, one by another policy."""
    made = Audited.anew(tmp_path_factory.mktemp("desk"))
    key = made.audit(20, keep="1.json")["findings"][0]["key"]
    made.audit(21, keep="2.json")
    policy = made.folder / "policy"
    (policy / "waivers.yaml").write_text(WAIVER % key)
    made.audit(22, keep="3.json")
    (policy / "waivers.yaml").unlink()
    catalog = policy / "command_catalog.yaml"
    catalog.write_text(catalog.read_text().replace(f"  {SUBJECT}:", f"  {SUBJECT}_other:", 1))
    made.audit(23, keep="4.json")
    assert key == KEY
    return made


def diff(desk: Audited, code: int, *words: str) -> dict[str, Any]:
    done = desk.run("diff", *words, "--json")
    assert done.code == code, done.out + done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


@pytest.mark.parametrize("words", [("last~3", "last~2"), ("1.json", "2.json"), ("1.json", "last~2")])
def test_two_audits_alike_are_0_by_run_and_by_verdict(words: tuple[str, str], desk: Audited) -> None:
    found = diff(desk, 0, *words)
    assert (found["same"], found["changed"], found["new"], found["outcomes"]) == (True, [], [], [])
    assert KEY in found["unchanged"]
    assert desk.run("diff", *words).out.endswith(f"the same; {len(found['unchanged'])} finding(s) unchanged\n")


def test_a_finding_that_is_waived_is_an_outcome_that_changed_and_so_is_the_way_back(desk: Audited) -> None:
    by_run, by_file = diff(desk, 1, "last~2", "last~1"), diff(desk, 1, "2.json", "3.json")
    assert by_run["outcomes"] == [{"case": KEY, "from": "broken", "to": "waived"}]
    changed = {each["case"]: (each["from"], each["to"]) for each in by_file["outcomes"]}
    assert changed[KEY.partition("#")[0]] == ("broken", "waived")
    assert changed["PL006:w1"] == (None, "kept")
    assert by_run["changed"] == by_file["changed"] == ["policy"]
    assert diff(desk, 1, "last~1", "last~2")["outcomes"] == [{"case": KEY, "from": "waived", "to": "broken"}]
    assert desk.run("diff", "last~2", "last~1").out.splitlines()[2:4] == [
        "changed: policy", f"  outcome   {KEY}: broken -> waived"
    ]  # fmt: skip


@pytest.mark.parametrize("words", [("last~2", "last"), ("2.json", "4.json")])
def test_what_is_not_found_any_more_is_resolved_and_what_is_found_instead_is_new(
    words: tuple[str, str], desk: Audited
) -> None:
    found = diff(desk, 1, *words)
    assert KEY in found["resolved"]
    assert f"CC001:{SUBJECT}_other#missing" in found["new"]
    assert f"  resolved  {KEY}" in desk.run("diff", *words).out.splitlines()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("last~9", "there is no last~9; 4 run(s) are kept"),
        ("2020", "is no run that is kept; nearest: 2026"),
        ("none.json", "none.json: No such file"),
        ("estate.yaml", "is no verdict"),
        ("observation.json", "is no verdict"),
        ("2026", "is more than one run; they are: 20261120"),
    ],
)
def test_what_is_no_run_and_no_verdict_is_2_and_says_which(name: str, said: str, desk: Audited) -> None:
    done = desk.run("diff", "last", name)
    assert (done.code, done.out, said in done.err) == (2, "", True), done.err


def test_the_beginning_of_an_id_is_enough_where_it_is_of_one_run_alone(desk: Audited) -> None:
    runs = [run["run"] for run in json.loads(desk.run("history", "--json").out)["runs"]]
    assert diff(desk, 0, runs[0], runs[1][:-2])["to"]["run"] == runs[1]


KEYS = st.sets(st.sampled_from([f"R{n}:s{m}" for n in range(3) for m in range(3)]))


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    found, unseen = draw(KEYS), draw(KEYS)
    waived = {key for key in found if draw(st.booleans())}
    rules = tuple(sorted(draw(st.sets(st.sampled_from(["R0", "R1", "R2"])))))
    return Entry(
        "run", "", "", "", draw(st.sampled_from("ab")), "p", "x", "broken" if found - waived else "kept",
        {"broken": len(found - waived)}, rules, tuple(sorted(found - waived)), tuple(sorted(waived)),
        tuple(sorted(unseen - found)), (), True, "", "", "",
    )  # fmt: skip


@given(entries(), entries())
def test_each_finding_of_two_audits_is_in_exactly_one_list_and_none_is_lost(one: Entry, other: Entry) -> None:
    there, back = differences(Side("a", one), Side("b", other)), differences(Side("b", other), Side("a", one))
    lists = [there[name] for name in ("new", "resolved", "unknown", "unchanged")]
    assert sorted(key for each in lists for key in each) == sorted(set(one.found) | set(other.found))
    assert sorted(there["resolved"] + there["unknown"]) == back["new"]
    assert there["same"] == back["same"]
    said = {each[side] for each in there["outcomes"] for side in ("from", "to")}
    assert said <= {"broken", "waived", "looked_at", "not_looked_at"}, "why it was not looked at no run tells"
    assert differences(Side("a", one), Side("b", one))["same"]
    assert there["rules"]["added"] == back["rules"]["removed"]


def test_a_name_that_somebody_chose_writes_no_line_of_what_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged, at = "x\nthe same; 0 finding(s) unchanged\x1b[2K", "2026-01-01T00:00:00+00:00"
    rule = Rule("PL001", "platform", "", "", "high", "conformance", "", "")
    cases = Case(rule, forged, "kept"), Case(rule, forged, "broken", (Finding(forged, forged),))
    for name, case in zip(("old.json", "verdict.json"), cases, strict=True):
        found = gate([case], observation="o", policy="p", judged_at=at)
        (tmp_path / name).write_text(json.dumps(verdicts.document(found)))
    for words in (["diff", f"{tmp_path}/old.json", f"{tmp_path}/verdict.json"], ["rules", "show", "PL001"]):
        cli.main([*words, *(["--out", str(tmp_path)] if words[0] == "rules" else [])])
        told = capsys.readouterr().out
        assert "x\\nthe same" in told, words
        assert not any(line.startswith("the same") or "\x1b" in line for line in told.splitlines()), words

"""`compliance rules` and `rules show`: over the probes that are there, and real audits of a recorded observation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from compliance import cataloguing, probing
from compliance.estate.resources import resource
from tests import quick
from tests.live.audited import Audited

if TYPE_CHECKING:
    from pathlib import Path

OWN = '''"""OWN001: commands have names.

Why: to be chosen
  they need one.
Remedy: name them.
"""
import pytest

@pytest.mark.rule(%s, family="rows", severity="low", phase="conformance")
@pytest.mark.each("command_catalog.commands")
def test_commands_have_names(look):
    """Commands have names."""
    look.expect_none(lambda facts: ())
'''


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return Audited.anew(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def audited(fresh: Audited, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """Two days running."""
    desk = fresh.copied(tmp_path_factory.mktemp("audited"))
    desk.audit(20)
    desk.audit(21)
    return desk


def shown(fresh: Audited, rule: str, *words: str) -> dict[str, Any]:
    done = fresh.run("rules", "show", rule, "--estate", "estate.yaml", "--json", *words)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_every_rule_is_read_from_its_file_as_pytest_is_told_it() -> None:
    by_file = {probe.rule.id: probe.rule for probe in cataloguing.probes()}
    assert by_file == {probe.said.id: probe.said for probe in quick.probes()}
    assert {probe.each for probe in cataloguing.probes()} == {probe.each for probe in quick.probes()}


def test_what_a_rule_is_said_to_read_is_something_that_is_looked_at() -> None:
    _, policies = probing.load(resource("fixtures/reference/estate.yaml"))
    needs = policies.needs()
    known = {need.section for need in (*needs.rows, *needs.compared)} | {f"file:{name}" for name in needs.files}
    asked = {section for probe in cataloguing.probes() for section in cataloguing.asks(probe, policies)}
    told = {name for name in asked if name.partition(":")[0] in ("rows", "compared", "file")}
    assert len(told) > 40
    assert told <= known
    without = {p.rule.id for p in cataloguing.probes() if not cataloguing.asks(p, policies)}
    assert {"PL003", "PL006"} <= without  # they judge policy alone
    assert {rule[:2] for rule in without} == {"PL"}


def test_rules_are_listed_by_system_and_an_unknown_system_is_2(fresh: Audited) -> None:
    listed = json.loads(fresh.run("rules", "--json").out)["rules"]
    assert [each["id"] for each in listed] == [probe.rule.id for probe in cataloguing.probes()]
    lines = fresh.run("rules", "--system", "platform").out.splitlines()
    assert [line[:5] for line in lines] == [each["id"] for each in listed if each["system"] == "platform"]
    done = fresh.run("rules", "--system", "plattform")
    assert (done.code, "there are platform, command_catalog" in done.err) == (2, True)


def test_a_folder_of_ones_own_is_read_too_and_what_is_wrong_in_it_is_told_with_its_line(fresh: Audited) -> None:
    own = fresh.folder / "own"
    own.mkdir()
    (own / "test_own.py").write_text(OWN % '"OWN001"')
    assert "OWN001  low       conformance  Commands have names" in fresh.run("rules", "--probes", "own").out
    said = shown(fresh, "own001", "--probes", "own")
    assert (said["why"], said["faults"]) == ("to be chosen they need one.", None)
    for id_, wrong in (('"PL006"', "PL006 is the id of"), ("NAME", "test_own.py:11: test_commands_have_names")):
        (own / "test_own.py").write_text(OWN % id_)
        done = fresh.run("rules", "--probes", "own")
        assert (done.code, wrong in done.err) == (2, True), done.err
    (own / "test_own.py").write_text("def (")
    assert fresh.run("rules", "--probes", "own").code == 2
    assert fresh.run("rules", "--probes", "gone").code == 2


def test_a_rule_shows_what_it_reads_before_there_was_an_audit(fresh: Audited) -> None:
    before = shown(fresh, "CC001")
    assert before["last"] is None
    assert before["reads"] == {"known_from": "policy", "sections": {"rows:command_catalog": {}}}


def test_a_rule_shows_what_it_read_and_found_and_since_when(audited: Audited) -> None:
    (first, _) = json.loads(audited.run("history", "--json").out)["runs"]
    after = shown(audited, "CC001")
    assert after["reads"]["known_from"] == "the last audit"
    section = after["reads"]["sections"]["rows:command_catalog"]
    assert section["query"].startswith("select ")
    assert section["facts"] > 0
    (found,) = after["last"]["findings"]
    assert found["key"] in first["new"]
    assert (found["since"], found["waiver"]) == (first["observed_at"], None)
    assert after["last"]["judged_at"] == "2026-11-21T00:00:00+00:00"
    text = audited.run("rules", "show", "CC001", "--estate", "estate.yaml").out
    assert f"  {found['key']}  (since {first['observed_at']})" in text
    assert max(map(len, text.partition("Reads")[0].splitlines())) <= 80


def test_results_of_another_audit_than_the_verdict_s_are_no_evidence(audited: Audited, tmp_path: Path) -> None:
    desk = audited.copied(tmp_path)
    place = desk.folder / "reports" / "verdict.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | {"observation": "0" * 64}))
    assert shown(desk, "CC001")["reads"]["known_from"] == "policy"
    place.write_text("{}")
    done = desk.run("rules", "show", "CC001", "--estate", "estate.yaml")
    assert (done.code, "is no verdict that this version can read" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("rule", "near"), [("CC0001", "CC001"), ("pl06", "PL006"), ("nonsense", "lists them all")]
)
def test_an_unknown_rule_is_2_and_names_the_nearest(rule: str, near: str, fresh: Audited) -> None:
    done = fresh.run("rules", "show", rule)
    assert (done.code, done.out, near in done.err) == (2, "", True), done.err

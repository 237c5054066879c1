"""What the tools behind a format make of it: alerts that stay the same, close and say why, ids that last."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compliance.core.finding import Finding
from compliance.core.history import Known
from compliance.core.verdict import Case
from compliance.reporting.exports import export
from tests.pure.exporting import AT, exported, one_of_each, rule, verdict

BEFORE = {
    "XX001:a#missing": Known("run 1", "2026-11-01T00:00:00+00:00", True),
    "XX001:gone": Known("run 1", "2026-11-02T00:00:00+00:00", True),
    "XX002:c#hidden": Known("run 1", "2026-11-02T00:00:00+00:00", True),
    "XX001:closed": Known("run 1", "2026-11-02T00:00:00+00:00", False),
}


def sarif(*found: Case, **said: Any) -> dict[str, Any]:
    (run,) = json.loads(export("sarif", exported(verdict(list(found) or one_of_each()), **said)))["runs"]
    return dict(run)


def by_key(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["properties"]["key"]: each for each in run["results"] if "key" in each["properties"]}


def test_only_what_a_person_has_to_look_at_is_a_result() -> None:
    run = sarif()
    assert sorted(each["properties"]["case"] for each in run["results"]) == ["a", "a", "c", "e"]
    assert run["properties"]["counts"] == {
        "kept": 1, "broken": 1, "could_not_look": 1, "not_applicable": 1, "waived": 1
    }  # fmt: skip


def test_what_is_waived_is_suppressed_with_who_answers_for_it_and_nothing_else_is() -> None:
    found = by_key(sarif())
    assert {key for key, each in found.items() if "suppressions" in each} == {"XX001:a#differs", "XX003:e"}
    (said,) = found["XX003:e"]["suppressions"]
    assert said["status"] == "accepted"
    assert said["justification"].endswith("renamed soon (owner operators, approved by governance)")


def test_what_is_new_unchanged_and_gone_is_told_by_the_history() -> None:
    found = by_key(sarif(known=BEFORE))
    states = {key: each["baselineState"] for key, each in found.items()}
    # c could not be looked at, so nobody knows whether what was found of it is gone.
    assert states == {
        "XX001:a#missing": "unchanged", "XX001:a#differs": "new", "XX003:e": "new", "XX001:gone": "absent"
    }  # fmt: skip
    assert found["XX001:gone"]["suppressions"][0]["justification"].startswith("resolved")
    assert not [each for each in by_key(sarif()).values() if "baselineState" in each]


def test_what_came_back_is_new() -> None:
    run = sarif(Case(rule(1), "closed", "broken", (Finding("closed", "m"),)), known=BEFORE)
    again = by_key(run)["XX001:closed"]
    assert (again["baselineState"], again["properties"]["since"]) == ("new", "reopened")


def test_a_fingerprint_is_of_the_key_alone_and_of_no_two_findings_the_same() -> None:
    one, moved = by_key(sarif()), by_key(sarif(line=99))
    prints = {key: each["partialFingerprints"] for key, each in one.items()}
    assert prints == {key: each["partialFingerprints"] for key, each in moved.items()}
    assert len({each["primaryLocationLineHash"] for each in prints.values()}) == len(prints)
    assert one["XX003:e"]["locations"] != moved["XX003:e"]["locations"]


def test_a_result_points_to_a_line_of_policy_and_its_rule() -> None:
    run = sarif()
    found = by_key(run)["XX001:a#missing"]
    place = found["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("my%20policy/system_1.yaml", 7)
    said = run["tool"]["driver"]["rules"][found["ruleIndex"]]
    assert said["id"] == found["ruleId"] == "XX001"
    assert "Why: so that nobody is surprised\nRemedy: put it right" in said["help"]["text"]


@pytest.mark.parametrize(
    ("number", "level", "score"), [(0, "error", 9.5), (1, "error", 8.0), (2, "warning", 5.5), (3, "note", 2.0)]
)
def test_a_level_follows_from_the_severity(number: int, level: str, score: float) -> None:
    run = sarif(Case(rule(number), "s", "broken", (Finding("s", "m"),)))
    (said,) = run["tool"]["driver"]["rules"]
    assert (run["results"][0]["level"], float(said["properties"]["security-severity"])) == (level, score)


def test_could_not_look_is_a_notification_and_open_and_the_run_no_success() -> None:
    run = sarif()
    (invocation,) = run["invocations"]
    (note,) = invocation["toolExecutionNotifications"]
    assert (note["message"]["text"], note["associatedRule"]["id"]) == ("c: timed out", "XX002")
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    (unseen,) = [each for each in run["results"] if each.get("kind") == "open"]
    assert (unseen["level"], unseen["ruleId"]) == ("none", "XX002")


def oscal(later: str = AT, *found: Case) -> dict[str, Any]:
    of = verdict(list(found) or one_of_each(), judged_at=later)
    whole = json.loads(export("oscal", exported(of)))["assessment-results"]
    return dict(whole["results"][0]) | {"whole": whole}


def test_a_rule_is_satisfied_only_where_all_its_cases_are_kept() -> None:
    states = {each["target"]["target-id"]: each["target"]["status"] for each in oscal()["findings"]}
    assert states["XX001"] == {"state": "not-satisfied", "reason": "fail"}
    assert states["XX002"] == {"state": "not-satisfied", "reason": "other"}
    assert states["XX003"] == {"state": "not-satisfied", "reason": "fail"}
    (only,) = oscal(AT, Case(rule(1), "a", "kept"), Case(rule(2), "b", "not_applicable", (), "no"))["findings"]
    assert only["target"] == {
        "type": "objective-id", "target-id": "XX001", "status": {"state": "satisfied", "reason": "pass"}
    }  # fmt: skip


def test_a_waived_risk_is_an_approved_deviation_and_keeps_its_id() -> None:
    first, second = oscal(), oscal("2026-11-23T00:00:00+00:00")
    status = {each["title"]: each["status"] for each in first["risks"]}
    assert status == {
        "XX001:a#missing": "open", "XX001:a#differs": "deviation-approved", "XX003:e": "deviation-approved"
    }  # fmt: skip
    for name in ("risks", "findings"):
        assert [each["uuid"] for each in first[name]] == [each["uuid"] for each in second[name]]
    assert first["whole"]["uuid"] != second["whole"]["uuid"]


def test_every_id_that_is_referred_to_is_there() -> None:
    found = oscal()
    here = {each["uuid"] for name in ("observations", "risks") for each in found[name]}
    here |= {each["uuid"] for each in found["local-definitions"]["components"]}
    named = [
        value
        for name in ("observations", "risks", "findings")
        for each in found[name]
        for part in ("related-observations", "related-risks", "subjects")
        for ref in each.get(part, [])
        for key, value in ref.items()
        if key.endswith("-uuid")
    ]
    assert named
    assert set(named) <= here
    (policy,) = found["whole"]["back-matter"]["resources"]
    assert found["whole"]["import-ap"]["href"] == f"#{policy['uuid']}"


def test_controls_of_a_rule_are_told_and_none_is_called_satisfied() -> None:
    found = oscal()
    (selection,) = found["reviewed-controls"]["control-selections"]
    assert selection == {"include-controls": [{"control-id": "ac-6"}, {"control-id": "ia-5.7"}]}
    assert {each["target"]["type"] for each in found["findings"]} == {"objective-id"}
    said = {each["target"]["target-id"]: {p["value"] for p in each["props"]} for each in found["findings"]}
    assert said["XX001"] >= {"least", "ac-6", "ia-5.7"}
    assert "least" not in said["XX003"]
    tags = {each["id"]: each["properties"]["tags"] for each in sarif()["tool"]["driver"]["rules"]}
    assert tags["XX001"][-3:] == [
        "control/least",
        "external/nist-sp-800-53/AC-6",
        "external/nist-sp-800-53/IA-5(7)",
    ]
    text = export("csv", exported(verdict([Case(rule(1), "a", "kept")]))).decode()
    assert '"least\nNIST AC-6\nNIST IA-5(7)"' in text

"""`compliance waivers`, and where else a person is told of waivers: the summary, the JSON, the results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.live.results_of import documents

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.staging import Staging

AT = "2026-06-15T12:00:00+00:00"
ENTRY = {"reason": "renamed soon", "owner": "ann", "approver": "bob", "from": "2026-01-01", "ceiling": "1"}


def declare(staging: Staging, *entries: dict[str, str], days: int = 14) -> None:
    lines = ["- {" + ", ".join(f"{k}: {v}" for k, v in (ENTRY | entry).items()) + "}" for entry in entries]
    text = "\n".join([f"warn_days: {days}", "waivers:", *lines]) + "\n"
    (staging.folder / "policy" / "waivers.yaml").write_text(text)


def good(**change: str) -> dict[str, str]:
    return {"id": "w", "finding": '"CC001:dot_iu_place#category"', "until": "2026-06-24", **change}


@pytest.fixture
def damaged(staging: Staging) -> Staging:
    staging.do(
        "update public.dot_iu_command_catalog set category = 'event' where command_name = 'dot_iu_place'"
    )
    return staging


def audit(staging: Staging, *words: str) -> Any:
    out = str(staging.folder / "reports")
    return staging.run("audit", "--no-page", "--judged-at", AT, "--out", out, *words)


def test_waivers_are_listed_with_their_state_and_the_gate_of_an_owner_is_its_own(damaged: Staging) -> None:
    declare(
        damaged,
        good(),
        good(id="v", finding='"CC001:dot_iu_unplace#category"', owner="eve", until="2026-12-31"),
    )
    said = damaged.run("waivers", "--judged-at", AT)
    assert said.code == 1
    assert said.out.splitlines() == [
        "w  in force, ends in 9 days  CC001:dot_iu_place#category  (owner ann, until 2026-06-24, meets 1 of 1)",
        "v  unused  CC001:dot_iu_unplace#category  (owner eve, until 2026-12-31, meets 0 of 1)",
        "    for eve: nothing is found that CC001:dot_iu_unplace#category names",
        "warning: waiver w of ann ends 2026-06-24, in 9 days: CC001:dot_iu_place#category",
    ]
    assert damaged.run("waivers", "--judged-at", AT, "--owner", "eve").code == 1
    mine = damaged.run("waivers", "--judged-at", AT, "--owner", "ann", "--json")
    assert mine.code == 0
    (found,) = json.loads(mine.out)["waivers"]
    assert (found["id"], found["meets"], found["findings"]) == ("w", ["CC001:dot_iu_place#category"], [])


def test_without_a_waiver_there_is_nothing_to_list(staging: Staging) -> None:
    assert staging.run("waivers").out == "no waivers\n"


def test_an_audit_tells_of_a_waived_finding_and_of_what_ends_soon(damaged: Staging) -> None:
    key, why = "CC001:dot_iu_place#category", "waiver w of ann ends 2026-06-24, in 9 days"
    declare(damaged, good())
    said = json.loads(audit(damaged, "--json").out)
    assert [(each["key"], each["waiver"]) for each in said["waived"]] == [(key, "w")]
    assert [(each["kind"], each["subjects"]) for each in said["warnings"]] == [("waiver-ends-soon", ["w"])]
    assert key not in [found["key"] for found in said["findings"]]
    text = audit(damaged).out
    assert f"warning: {why}: {key}" in text
    assert "waived    CC001 dot_iu_place: waived until 2026-06-24 by w (owner ann): dot_iu_place: " in text


@pytest.mark.parametrize(("days", "warned"), [(9, True), (8, False)])
def test_so_many_days_before_its_end_a_waiver_is_warned_of_and_a_second_earlier_it_is_not(
    days: int, warned: bool, damaged: Staging
) -> None:
    declare(damaged, good(until='"2026-06-24T12:00:00Z"'), days=days)
    assert bool(json.loads(audit(damaged, "--json").out)["warnings"]) is warned


def test_days_on_which_more_than_one_waiver_ends_are_named(damaged: Staging) -> None:
    declare(
        damaged, good(until="2026-12-31"), good(id="v", until='"2026-12-31T08:00:00Z"'), good(id="u"), days=0
    )
    (said,) = json.loads(audit(damaged, "--json").out)["warnings"]
    assert said["subjects"] == ["w", "v"]
    assert said["message"] == "2 waivers end on 2026-12-31: w, v: spread them, so that each is looked at"


def results(folder: Path, outcome: str) -> list[dict[str, Any]]:
    return [each for each in documents(folder / "reports" / "allure-results") if each["status"] == outcome]


def test_the_report_shows_a_waived_case_as_waived_with_finding_waiver_and_reason(damaged: Staging) -> None:
    damaged.do(
        "update public.dot_iu_command_catalog set mutating = false where command_name = 'dot_iu_unplace'"
    )
    damaged.do(
        "update public.dot_iu_command_catalog set category = 'event' where command_name = 'dot_iu_unplace'"
    )
    declare(damaged, good(finding='"CC001:dot_iu_*place#category"', ceiling="2"))
    told = audit(damaged).out
    assert "waived    CC001:dot_iu_unplace#category: by w, but not all of its case" in told
    (waived,) = [each for each in results(damaged.folder, "skipped") if "waived" in str(each["labels"])]
    assert waived["name"].endswith("[dot_iu_place]")
    assert waived["statusDetails"]["message"].startswith("Waived: waived until 2026-06-24 by w (owner ann)")
    assert "**Waived**: CC001:dot_iu_place#category (category is 'event', declared" in waived["description"]
    assert (
        "by waiver w from 2026-01-01 until 2026-06-24: renamed soon (owner ann, approved by bob)"
        in (waived["description"])
    )
    (broken,) = [
        each for each in results(damaged.folder, "failed") if each["name"].endswith("[dot_iu_unplace]")
    ]
    assert "**Waived**: CC001:dot_iu_unplace#category" in broken["description"]
    assert "mutating" in broken["statusDetails"]["message"]


# --- draft -----------------------------------------------------------------------------------------------------


def test_drafts_end_on_days_of_their_own_and_are_nothing_until_somebody_fills_them_in(damaged: Staging) -> None:
    declare(damaged, good(until="2026-07-15"))
    keys = ("CC001:dot_iu_place#category", "CC001:a*b", "CC011:x")
    said = damaged.run("waivers", "--judged-at", AT, "draft", *keys, "--days", "30")
    assert said.code == 0, said.err
    untils = [line.strip() for line in said.out.splitlines() if "until" in line]
    assert untils == ["until: 2026-07-14", "until: 2026-07-13", "until: 2026-07-12"]
    (damaged.folder / "policy" / "waivers.yaml").write_text("waivers:\n" + said.out)
    listed = json.loads(damaged.run("waivers", "--judged-at", AT, "--json").out)["waivers"]
    assert [(each["id"], each["finding"]) for each in listed] == [
        ("cc001-1", keys[0]), ("cc001-2", r"CC001:a\*b"), ("cc011-1", keys[2])
    ]  # fmt: skip
    assert {each["state"] for each in listed[:1]} == {"incomplete"}
    assert "does not say its reason, owner, approver" in listed[0]["findings"][0]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("CC005:x", "rule of readiness"),
        ("PL006:w", "judges waivers"),
        ("dot_iu_place", "does not begin with the id"),
    ],
)
def test_no_draft_is_made_of_what_cannot_be_waived(key: str, said: str, staging: Staging) -> None:
    done = staging.run("waivers", "draft", key)
    assert (done.code, done.out) == (2, "")
    assert said in done.err

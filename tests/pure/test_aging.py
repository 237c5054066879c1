"""Evidence grows old, and what is declared unavailable ends: to the second, by the time of the judgement alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core import aging
from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.core.observation import Blind, Observation, Provenance, Row, Seen, SourceUnavailable
from compliance.estate import config, seeing
from compliance.estate.resources import resource
from compliance.probing import Run
from compliance.systems import Policies
from tests import quick
from tests.pure.catalogs import observation, rows

if TYPE_CHECKING:
    from pathlib import Path

SEEN_AT = "2026-06-14T12:00:00+00:00"
DAY, OVER = "2026-06-15T12:00:00+00:00", "2026-06-15T12:00:01+00:00"
WEEK = "2026-06-21T12:00:00+00:00"


def seen(source: str, at: str = SEEN_AT) -> Seen[Any]:
    return Seen((Row(("x",)),), Provenance(source, "", at, 0.0))


def looked(**sections: Seen[Any] | Blind) -> Observation:
    return Observation("e", SEEN_AT, {name.replace("_", ":"): section for name, section in sections.items()})


def blind(limits: dict[str, str], at: str, **sections: Seen[Any] | Blind) -> dict[str, str]:
    return aging.as_of(looked(**sections), limits, at).blind


def test_without_a_limit_nothing_is_ever_too_old_and_the_observation_is_the_same_one() -> None:
    found = looked(rows_x=seen("postgres"), exercised_s=seen("ledger"))
    assert aging.as_of(found, {}, "2999-01-01T00:00:00+00:00") is found


def test_at_its_limit_evidence_is_judged_and_a_second_later_it_could_not_be_looked_at() -> None:
    limits = {"observation": "24h"}
    assert blind(limits, DAY, rows_x=seen("postgres")) == {}
    said = blind(limits, OVER, rows_x=seen("postgres"))
    assert said == {"rows:x": "is 1d 1s old, and policy limits the age of observation to 24h: observe again"}
    late = aging.as_of(looked(rows_x=seen("postgres")), limits, OVER)
    with pytest.raises(CouldNotLook, match="rows:x: is 1d 1s old") as caught:
        late.read("rows:x")
    assert not isinstance(caught.value, SourceUnavailable)


def test_what_was_called_has_a_limit_of_its_own_and_the_one_of_looking_does_not_hold_for_it() -> None:
    called = seen("ledger")
    assert blind({"observation": "24h"}, WEEK, exercised_s=called) == {}
    assert blind({"exercised": "7d"}, WEEK, exercised_s=called, rows_x=seen("postgres")) == {}
    (said,) = blind({"exercised": "7d"}, "2026-06-21T12:00:01+00:00", exercised_s=called).values()
    assert said.endswith("7d 1s old, and policy limits the age of exercised to 7d: `compliance exercise s`")


@pytest.mark.parametrize(("limit", "old"), [("1h", {"file:a"}), ("2d", {"rows:x"})])
def test_a_source_with_a_limit_of_its_own_does_not_keep_the_one_of_all(limit: str, old: set[str]) -> None:
    limits = {"observation": "24h" if limit == "1h" else "1h", "repository": limit}
    assert blind(limits, DAY, rows_x=seen("postgres"), file_a=seen("repository")).keys() == old


@pytest.mark.parametrize("at", ["", "yesterday", "2026-06-14T12:00:00"])
def test_evidence_of_which_nobody_knows_the_time_is_too_old_where_there_is_a_limit(at: str) -> None:
    (said,) = blind({"observation": "52w"}, DAY, rows_x=seen("postgres", at)).values()
    assert said.startswith("is of a time that nobody knows")


def test_what_was_not_seen_stays_as_it_was_said() -> None:
    away = Blind("timed out", Provenance("postgres", "", SEEN_AT, 0.0))
    assert blind({"observation": "1s"}, DAY, rows_x=away) == {"rows:x": "timed out"}


@pytest.mark.parametrize(
    ("text", "found"), [("90s", 90), ("30m", 1800), ("24h", 86400), ("7d", 604800), ("2w", 1209600)]
)
def test_a_limit_is_a_number_and_a_unit(text: str, found: int) -> None:
    assert aging.seconds(text) == found


# --- declared unavailable --------------------------------------------------------------------------------------


def away(at: str) -> Blind:
    """As a look at this time leaves it."""
    declared = config.Unavailable("moved", "platform", "2026-06-15")
    estate = replace(
        config.load(resource("fixtures/reference/estate.yaml")), unavailable={"directus": declared}
    )
    ((_, section),) = seeing.unavailable(estate, "directus", at, ["directus.items"])
    assert isinstance(section, Blind)
    return section


@pytest.mark.parametrize("seen_at", [SEEN_AT, "2026-06-16T00:00:00+00:00"])
@pytest.mark.parametrize(
    ("at", "holds"), [("2026-06-15T23:59:59+00:00", True), ("2026-06-16T00:00:00+00:00", False)]
)
def test_what_is_declared_unavailable_is_so_until_the_end_of_its_day_as_of_the_judgement(
    seen_at: str, at: str, holds: bool
) -> None:
    found = aging.as_of(looked(rows_x=away(seen_at)), {}, at)
    assert bool(found.unavailable) is holds
    assert bool(found.failed) is not holds
    (said,) = found.blind.values()
    assert said == (
        "unavailable until 2026-06-15: moved (platform)"
        if holds
        else "declared unavailable until 2026-06-15, which is over: moved (platform)"
    )


def test_a_look_that_failed_or_a_call_that_was_never_made_has_no_day_to_end_on() -> None:
    never = Blind("nothing was called yet: `compliance exercise s`", Provenance("ledger", "", "", 0.0), True)
    assert aging.as_of(looked(rows_x=never), {}, "2999-01-01T00:00:00+00:00").unavailable


# --- in a run --------------------------------------------------------------------------------------------------


def run(policies: Policies, at: str, estate: config.Estate) -> Run:
    found = replace(observation(rows()), estate="reference")
    sections = {
        name: replace(s, provenance=replace(s.provenance, at=SEEN_AT)) for name, s in found.sections.items()
    }
    return Run(estate, policies, replace(found, sections=sections), at)


def outcomes(made: Run) -> set[str]:
    return {case.outcome for case in quick.verdict(made, anew=True).cases if case.rule.id == "CC001"}


def test_a_rule_whose_evidence_is_too_old_could_not_look_and_the_digest_stays_the_one_of_the_evidence(
    tmp_path: Path,
) -> None:
    estate = limited(tmp_path, "{observation: 24h}")
    policies = Policies.load(estate)
    good, late = run(policies, DAY, estate), run(policies, OVER, estate)
    assert (outcomes(good), outcomes(late)) == ({"kept"}, {"could_not_look"})
    verdict = quick.verdict(late, anew=True)
    assert verdict.observation == late.observation.digest == good.observation.digest
    assert "rows:command_catalog" in verdict.blind
    assert "is 1d 1s old" in late.evidence(*judge(late)).decode()


def judge(made: Run) -> tuple[Any, str]:
    (probe,) = [probe for probe in quick.probes() if probe.said.id == "CC001"]
    return probe.rule, probe.said.system


def limited(folder: Path, limits: str) -> config.Estate:
    """The reference estate with limits in its policy."""
    estate = config.load(resource("fixtures/reference/estate.yaml"))
    for file in estate.policy.glob("*.yaml"):
        more = f"\nevidence: {{max_age: {limits}}}\n" if file.name == "platform.yaml" else ""
        (folder / file.name).write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    return replace(estate, policy=folder)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (
            "{observations: 24h}",
            "unknown key 'observations' in evidence.max_age; allowed: agent_data, directus, documents",
        ),
        ("{observation: 24}", "a time as in 90s, 30m, 24h, 7d or 2w"),
        ("{observation: 0h}", "a time as in 90s, 30m, 24h, 7d or 2w"),
        ("{observation: 1 day}", "a time as in 90s, 30m, 24h, 7d or 2w"),
    ],
)
def test_a_limit_that_is_none_is_an_error_with_its_line(limits: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"platform\.yaml:\d+: ") as caught:
        Policies.load(limited(tmp_path, limits))
    assert said in str(caught.value)

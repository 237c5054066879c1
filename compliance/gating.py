"""The gates of one run: which profile decides, and what it makes of a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from compliance import accepting
from compliance.core import aging, controls, gates
from compliance.core.errors import ConfigurationError
from compliance.core.gates import NEW, SEVERITIES, Profile
from compliance.core.waivers import GATES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from compliance.accepting import Named
    from compliance.core.finding import Judgement, Severity
    from compliance.core.history import Known
    from compliance.core.observation import Observation
    from compliance.core.verdict import Verdict
    from compliance.systems import Policies
    from compliance.waiving import Probed


@dataclass
class Gating:
    """Of one run. `rules`: those that were collected; `read`: by system the sections that
    its rules asked for."""

    policies: Policies
    estate: Named
    rules: Mapping[str, Probed]
    read: dict[str, set[str]] = field(default_factory=dict)

    def reads(self, system: str, sections: Sequence[str]) -> None:
        self.read.setdefault(system, set()).update(sections)

    def judgements(self) -> Iterator[Judgement]:
        """What PL007 says."""
        return accepting.judgements(self.policies, self.estate)

    def controls(self) -> Iterator[Judgement]:
        """What PL008 says: of the rules that come with the program, and of one's own that are part of this run."""
        known = {name: rule.system for name, rule in accepting.shipped().items()}
        known |= {name: probed.said.system for name, probed in self.rules.items()}
        return controls.judgements(self.policies.controls.entries, known, self.policies)

    def gate(
        self, verdict: Verdict, profile: Profile, known: Mapping[str, Known] | None, current: Observation
    ) -> gates.Gate:
        """What a profile makes of a verdict over `current`, by what earlier audits knew."""
        mine = {name for system, names in self.read.items() if profile.judges(system) for name in names}
        limited = aging.as_of(current, profile.max_age, verdict.judged_at).sections
        old = {
            name: limited[name].reason  # type: ignore[union-attr]
            for name in sorted(mine & limited.keys())
            if limited[name] is not current.sections[name]
        }
        found = gates.passes(verdict, profile, known, systems=list(self.policies), old=old)
        if any(case.rule.id == GATES for case in verdict.cases):
            return found
        # Without the rule that says what was accepted nobody knows what a profile may let pass.
        return replace(found, exit_code=5, unprobed=(*found.unprobed, GATES))


def chosen(policies: Policies, name: str | None, fail_on: Sequence[str] = ()) -> Profile | None:
    """What `--profile` and `--fail-on` name; None: neither is given, and the verdict decides.

    Beside a profile `--fail-on` adds severities that fail. What would let more pass is decided in policy.
    """
    words = [word.strip() for said in fail_on for word in said.split(",") if word.strip()]
    if unknown := [word for word in words if word not in (NEW, *SEVERITIES)]:
        raise ConfigurationError(
            f"--fail-on: '{unknown[0]}' is none of {', '.join((NEW, *SEVERITIES))}",
            remedy="as in --fail-on new,critical,high",
        )
    severities = frozenset(cast("Severity", word) for word in words if word != NEW)
    if name is None:
        given = f"--fail-on {','.join(words)}"
        return Profile(given, severities or frozenset(SEVERITIES), NEW in words) if words else None
    profile = _declared(policies, name)
    if NEW in words and not profile.only_new:
        raise ConfigurationError(
            f"--fail-on new: profile '{name}' fails for what is not new, too",
            remedy=f"declare `only: new` for it in platform.yaml, and have it accepted: {accepting.REMEDY}",
        )
    return replace(profile, severities=profile.severities | severities)


def _declared(policies: Policies, name: str) -> Profile:
    profiles: Mapping[str, Profile] = policies["platform"].profiles
    if name not in profiles:
        raise ConfigurationError(
            f"no profile '{name}'; declared: {', '.join(profiles) or 'none'}",
            remedy="declare it under `profiles` of platform.yaml",
        )
    if missing := sorted((profiles[name].systems or frozenset()) - policies.keys()):
        raise ConfigurationError(
            f"profile '{name}' judges {missing[0]}, which is not in force",
            remedy="a gate would be green of what nobody looked at: add it to systems of estate.yaml, or leave it out",
        )
    return profiles[name]


def as_json(found: gates.Gate) -> dict[str, Any]:
    """What `compliance audit --json` says of a gate."""
    return {
        "profile": found.profile, "passed": found.passed, "exit_code": found.exit_code, "failing": list(found.failing),
        "tolerated": [each._asdict() for each in found.tolerated], "unseen": list(found.unseen),
        "old": dict(found.old), "unprobed": list(found.unprobed), "complete": found.complete,
    }  # fmt: skip

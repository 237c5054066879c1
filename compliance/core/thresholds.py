"""What was accepted of all that a gate rests on, and where what is in force now lets more pass than that.

To let less pass is free. So what is not accepted yet is compared with what fails an audit without any profile: a new
profile that is as strict as that, or a new rule, needs nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core import aging
from compliance.core.finding import Finding
from compliance.core.gates import NEW, SEVERITIES, Profile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.finding import Phase, Severity

EVIDENCE = "evidence"
KINDS = ("observation", "exercised", "postgres", "repository", "directus", "nuxt", "agent_data", "documents")


class InForce(NamedTuple):
    """Of a rule what a gate knows of it."""

    system: str
    phase: Phase
    severity: Severity


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`max_age`: of every audit (`evidence` of platform.yaml); `rules`: those of the systems in force, by id."""

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    max_age: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, InForce] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """As it is signed: the same thresholds are the same bytes."""
        return {
            "profiles": {name: _profile(each) for name, each in sorted(self.profiles.items())},
            "max_age": dict(sorted(self.max_age.items())),
            "rules": {name: list(each) for name, each in sorted(self.rules.items())},
        }


def _profile(profile: Profile) -> dict[str, Any]:
    return {
        "severities": [each for each in SEVERITIES if each in profile.severities],
        "only": NEW if profile.only_new else None,
        "systems": None if profile.systems is None else sorted(profile.systems),
        "max_age": dict(sorted(profile.max_age.items())),
    }


def parse(value: Mapping[str, Any]) -> Thresholds:
    """Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` where it is nothing that `told` says."""
    profiles = {name: _parsed(name, said) for name, said in value["profiles"].items()}
    found = Thresholds(profiles, value["max_age"], {name: InForce(*of) for name, of in value["rules"].items()})
    if found.told() != value:
        raise ValueError("not in the one spelling of thresholds")
    for limits in (found.max_age, *(each.max_age for each in profiles.values())):
        for text in limits.values():
            aging.seconds(text)
    for rule in found.rules.values():
        SEVERITIES.index(rule.severity)
    return found


def _parsed(name: str, said: Mapping[str, Any]) -> Profile:
    systems = said["systems"]
    return Profile(
        name, frozenset(said["severities"]), said["only"] == NEW,
        None if systems is None else frozenset(systems), said["max_age"],
    )  # fmt: skip


def loosened(accepted: Thresholds, now: Thresholds) -> Iterator[Finding]:
    """Every single thing in which `now` lets more pass than was accepted."""
    for name in sorted(accepted.profiles.keys() | now.profiles.keys()):
        if name not in now.profiles:
            yield Finding(name, f"profile {name} was accepted, and is gone", "gone")
            continue
        was = accepted.profiles.get(name)
        unknown = "" if was else ", which nobody accepted"
        for facet, text in looser(was or Profile(name), now.profiles[name]):
            yield Finding(name, f"profile {name} {text}{unknown}", facet)
    for facet, text in _older(accepted.max_age, now.max_age):
        yield Finding(EVIDENCE, f"evidence {text}", facet)
    for rule, was_in_force in sorted(accepted.rules.items()):
        yield from _rule(rule, was_in_force, now.rules.get(rule))


def looser(was: Profile, now: Profile) -> Iterator[tuple[str, str]]:
    """A facet and a text for each single thing; nothing where `now` is as strict, or stricter."""
    for severity in SEVERITIES:
        if severity in was.severities - now.severities:
            yield f"severity-{severity}", f"no longer fails for what is {severity}"
    if now.only_new and not was.only_new:
        yield "only-new", "fails for new findings alone"
    if now.systems is not None and was.systems is None:
        yield "systems", f"judges {', '.join(sorted(now.systems))} alone, and no system that comes"
    elif now.systems is not None and was.systems is not None:
        for system in sorted(was.systems - now.systems):
            yield f"system-{system}", f"no longer judges {system}"
    yield from _older(was.max_age, now.max_age)


def _older(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """By what holds of each kind: one without a limit of its own has that of `observation`, but for what was called."""
    for kind in KINDS:
        before, after = _limit(was, kind), _limit(now, kind)
        if before is not None and (after is None or aging.seconds(after) > aging.seconds(before)):
            yield f"max-age-{kind}", f"lets {kind} be {after or 'of any age'} old; {before} was the limit"


def _limit(limits: Mapping[str, str], kind: str) -> str | None:
    return limits.get(kind) or (None if kind == "exercised" else limits.get("observation"))


def _rule(name: str, was: InForce, now: InForce | None) -> Iterator[Finding]:
    if now is None:
        yield Finding(name, f"rule {name} was in force when the gates were accepted, and is not now", "gone")
        return
    if SEVERITIES.index(now.severity) > SEVERITIES.index(was.severity):
        yield Finding(name, f"rule {name} is {now.severity}, and was {was.severity}", "severity")
    if (was.phase, now.phase) == ("readiness", "conformance"):
        yield Finding(name, f"rule {name} is one of conformance, and guarded what is compiled", "phase")
    if was.system != now.system:
        yield Finding(name, f"rule {name} judges {now.system}, and judged {was.system}", "system")

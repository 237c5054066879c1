"""The targets of `sync.yaml` are those that policy declares, both ways, and none of its bounds is looser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core.finding import Finding, Judgement
from compliance.systems.directional_sync import globs, looking
from compliance.systems.directional_sync.policy import EQUAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.directional_sync.policy import Bound, Declared, Policy, Verified
    from compliance.systems.directional_sync.syncfile import Check, Gate, SyncFile, Target
    from compliance.systems.protocol import Facts

_GLOBS = ("inputs", "outputs")


def targets_equal_policy(facts: Facts) -> Iterator[Judgement]:
    """Missing, undeclared, or different in what it does."""
    policy: Policy = facts.policy
    found = looking.configuration(facts)
    for name in sorted(policy.targets.keys() - found.targets.keys()):
        yield Finding(name, f"is not in {policy.file}", "missing")
    for name in sorted(found.targets.keys() - policy.targets.keys()):
        yield Finding(name, f"stands in {policy.file}, and policy does not know it", "undeclared")
    for declared, target in looking.both(facts):
        for key in EQUAL:
            wanted, is_ = _comparable(key, declared.values[key]), _comparable(key, getattr(target, key))
            if wanted != is_:
                yield Finding(declared.name, f"{key} is {_shown(is_)}; policy says {_shown(wanted)}", key)


def _comparable(key: str, value: Any) -> Any:
    """Order says nothing in a list of names, nor `./` and a stroke at the end in a path."""
    if key == "entrypoint":
        return None if value is None else globs.normal(value)
    if key in _GLOBS:
        return tuple(sorted(map(globs.normal, value)))
    return tuple(sorted(value)) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "nothing"
    return "nothing" if value is None else str(value)


def no_bound_is_looser(facts: Facts) -> Iterator[Judgement]:
    """Closer ones are kept: a threshold that was raised 5, 10, 15, 20 went quiet, and its cause stayed."""
    policy: Policy = facts.policy
    found = looking.configuration(facts)
    for declared, target in looking.both(facts):
        for facet, wrong in (*_of_target(declared, target), *_of_verification(declared.verification, target)):
            yield Finding(declared.name, wrong, facet)
    gates = {gate.name: gate for gate in found.drift_gates}
    for name, bound in policy.drift_gates.items():
        for facet, wrong in _of_gate(bound, gates.get(name), found, tuple(policy.targets)):
            yield Finding(name, wrong, facet)
    yield from _gone(policy, found)


def _of_target(declared: Declared, target: Target) -> Iterator[tuple[str, str]]:
    values = declared.values
    if target.max_deletes > values["max_deletes"]:
        yield "max_deletes", f"may delete {target.max_deletes} files; the last release: {values['max_deletes']}"
    if target.allow_empty and not values["allow_empty"]:
        yield "allow_empty", "takes an empty source for all there is; the last release refused it"
    for key in ("idempotent", "fail_on_diff"):
        if values[key] and not getattr(target, key):
            yield key, f"{key} is off; in the last release it was on"


def _of_verification(wanted: Verified | None, target: Target) -> Iterator[tuple[str, str]]:
    found = target.verification
    if wanted is None:
        return
    if found is None:
        yield "verification", "is not verified any more"
        return
    if wanted.expected_min is not None and not _at_least(found.expected_min, wanted.expected_min):
        yield "expected_min", f"expected_min is {found.expected_min}; the last release: {wanted.expected_min}"
    if wanted.expected_max is not None and not _at_most(found.expected_max, wanted.expected_max):
        yield "expected_max", f"expected_max is {found.expected_max}; the last release: {wanted.expected_max}"
    if found.expected_exit_code != wanted.expected_exit_code:
        codes = f"{found.expected_exit_code}; the last release: {wanted.expected_exit_code}"
        yield "expected_exit_code", f"expected_exit_code is {codes}"
    for glob, schema in wanted.schemas.items():
        if found.schemas.get(glob) != schema:
            yield f"schemas.{glob}", f"'{glob}' has to keep {schema} no more"


def _at_least(found: float | None, wanted: float) -> bool:
    return found is not None and found >= wanted


def _at_most(found: float | None, wanted: float) -> bool:
    return found is not None and found <= wanted


def _of_gate(
    bound: Bound, gate: Gate | None, found: SyncFile, declared: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    if gate is None:
        yield "missing", "the gate is not there any more"
        return
    if bound.min_value is not None and not _at_least(gate.min_value, bound.min_value):
        yield "min_value", f"min_value is {gate.min_value}; the last release: {bound.min_value}"
    if bound.max_drift_score is not None and not _at_most(gate.max_drift_score, bound.max_drift_score):
        yield (
            "max_drift_score",
            f"max_drift_score is {gate.max_drift_score}; the last release: {bound.max_drift_score}",
        )
    for name in bound.targets or declared:
        if (target := found.targets.get(name)) is not None and not gate.concerns(target):
            yield f"targets.{name}", f"{name} is not judged by it any more"


def _gone(policy: Policy, found: SyncFile) -> Iterator[Finding]:
    """A check or a pattern that was taken out is the loosest of all bounds."""
    patterns = {pattern.pattern for pattern in found.secret_patterns}
    for text in policy.secret_patterns:
        if text not in patterns:
            yield Finding(text, "secret_patterns: the pattern is not there any more", "secret_patterns")
    for kind in ("pre_sync_checks", "post_sync_checks"):
        checks = {check.name: check for check in getattr(found, kind)}
        for name in getattr(policy, kind):
            if name not in checks:
                yield Finding(name, f"{kind}: the check is not there any more", kind)
            else:
                yield from _narrowed(policy, found, kind, checks[name])


def _narrowed(policy: Policy, found: SyncFile, kind: str, check: Check) -> Iterator[Finding]:
    """What is checked before concerns all; what is checked afterwards may leave out those that write nothing here."""
    for name in policy.targets:
        target = found.targets.get(name)
        written = kind == "pre_sync_checks" or (target is not None and target.direction != "push")
        if target is not None and written and not check.concerns(target):
            yield Finding(check.name, f"{kind}: {name} is not judged by it", f"{kind}.{name}")

"""`compliance profiles` and `compliance controls`: what gates let pass, and what rules give evidence of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance import accepting
from compliance.core import canonical, controls, thresholds, verdicts
from compliance.core.errors import ConfigurationError
from compliance.core.finding import Finding
from compliance.core.gates import SEVERITIES
from compliance.core.oneline import oneline
from compliance.estate import config, gatelock
from compliance.systems import SYSTEMS, Policies
from compliance.talking import write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from compliance.core.gates import Profile
    from compliance.estate.config import Declared


def _loaded(parsed: argparse.Namespace) -> tuple[Declared, Policies]:
    """Nothing is looked at, so that no address is needed: who signs has a key, and not always an estate."""
    from compliance import probing

    file = probing.estate_file(parsed.estate)
    estate = config.declared(file)
    config.unknown_systems(file, estate.systems, SYSTEMS)
    return estate, Policies.load(estate)


# --- profiles --------------------------------------------------------------------------------------------------


def accept(parsed: argparse.Namespace) -> int:
    """Write `gate.lock.json`: what is in force now is what was meant, and who says so."""
    from compliance.executor import keys

    estate, policies = _loaded(parsed)
    if not policies["platform"].profiles:
        raise ConfigurationError(
            f"estate '{estate.name}' declares no profiles, so that there is nothing to accept",
            remedy="declare them under `profiles` of platform.yaml",
        )
    signer = keys.load(Path(parsed.key)) if parsed.key else None
    accepting.signing(policies, estate.kind, signer)
    looser, new = _looser(policies, estate, but=gatelock.NAME), accepting.new_lock(policies, estate, signer)
    off = accepting.taken_off(policies.lock, new)
    path = gatelock.write(estate.policy, new)
    now, estates, by = accepting.accepted(_with_lock(policies, estate), estate)
    value = {
        "file": str(path), "profiles": list(now.profiles), "rules": len(now.rules), "by": by or None, "looser": looser,
        "estates": sorted(estates), "taken_off": list(off),
    }  # fmt: skip
    text = [f"lets more pass: {each}" for each in looser]
    text += [f"no longer accepted for {each}: {remedy}" for each, remedy in off.items()]
    signed = f"signed by {by}" if by else "by the estate itself, which is a reference"
    whose = ", ".join(sorted(estates))
    text.append(f"{path}: {len(now.profiles)} profiles and {len(now.rules)} rules for {whose}, {signed}")
    write(canonical.pretty(value) if parsed.json else "\n".join(map(oneline, text)))
    return 0


def _with_lock(policies: Policies, estate: Declared) -> Policies:
    """As the next run reads it."""
    policies.lock = gatelock.load(estate.policy)
    return policies


def _looser(policies: Policies, estate: Declared, *, but: str = "") -> list[str]:
    found = [each for each in accepting.judgements(policies, estate) if isinstance(each, Finding)]
    return [each.message for each in found if each.subject != but]


def show(parsed: argparse.Namespace) -> int:
    """Each profile, and whether it is as it was accepted; 1 where something lets more pass than that."""
    estate, policies = _loaded(parsed)
    profiles: Mapping[str, Profile] = policies["platform"].profiles
    looser = _looser(policies, estate)
    value = {
        "profiles": thresholds.Thresholds(profiles).told()["profiles"], "looser": looser,
        "accepted": _accepted(policies, estate),
    }  # fmt: skip
    text = [*map(_line, profiles.values()), *(f"looser: {each}" for each in looser)]
    text += [_told(value["accepted"])] if value["accepted"] else []
    write(canonical.pretty(value) if parsed.json else "\n".join(map(oneline, text)) or "no profiles")
    return 1 if looser else 0


def _accepted(policies: Policies, estate: Declared) -> dict[str, Any] | None:
    try:
        found = accepting.accepted(policies, estate)
    except accepting.Unaccepted:
        return None
    now = accepting.in_force(policies)
    return {"by": found.by or None, "new_rules": sorted(now.rules.keys() - found.thresholds.rules.keys())}


def _told(said: dict[str, Any]) -> str:
    by = f"by {said['by']}" if said["by"] else "by the estate itself"
    new = said["new_rules"]
    return f"accepted {by}" + (f"; not yet part of that, and free: {', '.join(new)}" if new else "")


def _line(profile: Profile) -> str:
    fails = ", ".join(each for each in SEVERITIES if each in profile.severities)
    only = ", new findings alone" if profile.only_new else ""
    where = "all systems" if profile.systems is None else ", ".join(sorted(profile.systems))
    age = "".join(f", {kind} at most {limit} old" for kind, limit in sorted(profile.max_age.items()))
    return f"{profile.name}: fails for {fails}{only}; {where}{age}"


# --- controls --------------------------------------------------------------------------------------------------


def matrix(parsed: argparse.Namespace) -> int:
    """Each control with its rules and what became of them last; 1 where the mapping has a hole."""
    from compliance.showing_rules import last

    _, policies = _loaded(parsed)
    entries, in_force = policies.controls.entries, accepting.in_force(policies).rules
    verdict = last(Path(parsed.last))
    cases = verdicts.document(verdict)["cases"] if verdict else []
    systems = {name: rule.system for name, rule in accepting.shipped().items()}
    said = [j for j in controls.judgements(entries, systems, policies) if isinstance(j, Finding)]
    rows = controls.matrix(entries, cases, in_force)
    stale = verdict is not None and verdict.policy != policies.digest
    value: dict[str, Any] = {
        "controls": rows, "findings": [{"key": f.key(controls.OWN), "message": f.message} for f in said],
        "audit": None if verdict is None else {"judged_at": verdict.judged_at, "same_policy": not stale},
    }  # fmt: skip
    text = [line for row in rows for line in _row(row)] or [
        "no controls: there is no controls.yaml, or it is empty"
    ]
    text += [f"hole: {finding.message}" for finding in said]
    text += _of_when(value["audit"], parsed.last) if rows else []
    write(canonical.pretty(value) if parsed.json else "\n".join(map(oneline, text)))
    return 1 if said else 0


def _row(row: dict[str, Any]) -> Iterator[str]:
    nist = f"  (NIST SP 800-53: {', '.join(row['nist'])})" if row["nist"] else ""
    yield f"{row['id']}  {row['outcome'].replace('_', ' ')}  {row['title']}{nist}"
    for each in row["rules"]:
        counts = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in each["cases"].items())
        yield f"    {each['rule']:6}  {counts or each['outcome']}"


def _of_when(audit: dict[str, Any] | None, file: str) -> list[str]:
    if audit is None:
        return [f"nothing was audited yet: there is no {file}"]
    return [f"as of {audit['judged_at']}" + ("" if audit["same_policy"] else ", by another policy than now")]

"""`compliance rules`: every rule, why it is one and what to do; what it reads, and what became of it last."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance import cataloguing, keeping
from compliance.core import canonical, verdicts
from compliance.core.errors import ConfigurationError
from compliance.core.oneline import oneline
from compliance.estate import regular
from compliance.systems import SYSTEMS
from compliance.talking import write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from compliance.cataloguing import Probe
    from compliance.core.history import Known
    from compliance.core.verdict import Case, Verdict

LAST = "verdict.json"
_MOST = 20


def listed(parsed: argparse.Namespace) -> int:
    """One line a rule, by system and id."""
    if parsed.system not in (None, *SYSTEMS):
        raise ConfigurationError(f"no system '{parsed.system}'; there are {', '.join(SYSTEMS)}")
    found = [p for p in _probes(parsed) if parsed.system in (None, p.rule.system)]
    if parsed.json:
        write(canonical.pretty({"rules": [described(probe) for probe in found]}))
    else:
        write("\n".join(_line(probe) for probe in found) or "no rules")
    return 0


def _probes(parsed: argparse.Namespace) -> tuple[Probe, ...]:
    return cataloguing.probes(Path(parsed.probes) if parsed.probes else None)


def _line(probe: Probe) -> str:
    rule = probe.rule
    return f"{rule.id:6}  {rule.severity:8}  {rule.phase:11}  {rule.title}"


def described(probe: Probe) -> dict[str, Any]:
    rule, faults = probe.rule, cataloguing.faults(probe.rule.id)
    return {
        "id": rule.id, "system": rule.system, "title": rule.title, "family": rule.family,
        "severity": rule.severity, "phase": rule.phase, "each": probe.each, "why": rule.why, "remedy": rule.remedy,
        "file": str(probe.file), "faults": str(faults) if faults else None,
    }  # fmt: skip


def shown(parsed: argparse.Namespace) -> int:
    """All there is to know of one rule."""
    probe = cataloguing.named(parsed.rule, _probes(parsed))
    out = Path(parsed.out)
    verdict = last(out / LAST)
    said = described(probe) | {"reads": _reads(parsed, probe, out, verdict)}
    said["last"] = None if verdict is None else _results(parsed, probe.rule.id, verdict)
    write(canonical.pretty(said) if parsed.json else "\n".join(_text(said)))
    return 0


def last(path: Path) -> Verdict | None:
    """What `compliance audit` came to last; none where there was no audit."""
    try:
        return verdicts.parse(json.loads(regular.read(path)))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ConfigurationError(
            f"{path}: is no verdict that this version can read", remedy="run `compliance audit` again"
        ) from None


# --- what it reads -------------------------------------------------------------------------------------------------


def _reads(parsed: argparse.Namespace, probe: Probe, out: Path, verdict: Verdict | None) -> dict[str, Any]:
    """With queries and times where the last audit kept its evidence, else what it asks an empty estate for."""
    evidence = _evidence(out / "allure-results", probe.rule.id)
    if verdict and evidence and evidence["observation"] == verdict.observation:
        sections = {name: _head(said) for name, said in evidence["sections"].items()}
        return {"known_from": "the last audit", "sections": sections}
    from compliance import probing

    _, policies = probing.load(probing.estate_file(parsed.estate))
    return {"known_from": "policy", "sections": {name: {} for name in cataloguing.asks(probe, policies)}}


def _head(said: Mapping[str, Any]) -> dict[str, Any]:
    facts = {"facts": len(said["facts"])} if "facts" in said else {"blind": said["blind"]}
    return {name: said[name] for name in ("source", "query", "at") if name in said} | facts


def _evidence(results: Path, rule: str) -> dict[str, Any] | None:
    """What the cases of a rule share, in the results of the last audit."""
    for file in sorted(results.glob("*-result.json")):
        data = file.read_bytes()
        if f'"{rule}"'.encode() not in data:
            continue
        value = json.loads(data)
        for each in value["attachments"] if value.get("titlePath", [])[2:] == [rule] else ():
            if each["name"] == "evidence":
                found: dict[str, Any] = json.loads((results / each["source"]).read_bytes())
                return found
    return None


# --- what became of it ---------------------------------------------------------------------------------------------


def _results(parsed: argparse.Namespace, rule: str, verdict: Verdict) -> dict[str, Any]:
    known = keeping.read(Path(parsed.history) if parsed.history else Path(parsed.out) / keeping.FILE).now()
    cases = [case for case in verdict.cases if case.rule.id == rule]
    counts: dict[str, int] = {}
    for case in cases:
        counts[case.outcome] = counts.get(case.outcome, 0) + 1
    return {
        "judged_at": verdict.judged_at, "observation": verdict.observation, "counts": counts,
        "findings": [found for case in cases for found in _findings(case, known)],
        "others": [
            {"subject": case.subject, "outcome": case.outcome, "reason": case.reason}
            for case in cases
            if case.outcome in ("could_not_look", "not_applicable")
        ],
    }  # fmt: skip


def _findings(case: Case, known: Mapping[str, Known]) -> Iterator[dict[str, Any]]:
    both = [*((each, "") for each in case.findings), *((each.finding, each.waiver) for each in case.waived)]
    for finding, waiver in both:
        key = finding.key(case.rule.id)
        since = known[key].at if key in known else None
        yield {"key": key, "message": finding.message, "since": since, "waiver": waiver or None}


# --- as text -------------------------------------------------------------------------------------------------------


def _text(said: Mapping[str, Any]) -> Iterator[str]:
    yield f"{said['id']}  {said['title']}"
    yield f"  {said['severity']}, {said['phase']}; {said['family']} of {said['system']}"
    yield f"  asked of {said['each']}"
    yield ""
    yield from (
        textwrap.fill(f"{head}: {said[head.lower()]}", 80, break_on_hyphens=False) for head in ("Why", "Remedy")
    )
    known = {"the last audit": "in the last audit", "policy": "as far as can be known without one"}
    yield f"\nReads, {known[said['reads']['known_from']]}:"
    yield from _sections(said["reads"]["sections"])
    yield f"\nWritten in {said['file']}"
    yield from [f"Tried in {said['faults']}"] if said["faults"] else []
    yield ""
    none = ["Last results: none yet; `compliance audit` writes them"]
    yield from map(oneline, _last(said["last"]) if said["last"] else none)


def _sections(sections: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if not sections:
        yield "  nothing of the estate"
    for name, head in sections.items():
        seen = f"{head['facts']} facts" if "facts" in head else head.get("blind", "")
        yield f"  {name}" + (f"  ({seen}, {head.get('at', '')})" if head else "")
        if head.get("query"):
            yield from (f"      {line}" for line in str(head["query"]).strip().splitlines())


def _last(said: Mapping[str, Any]) -> Iterator[str]:
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in said["counts"].items())
    yield f"Last results ({said['judged_at']}): {counts or 'it was not asked'}"
    for each in said["findings"]:
        since = f"since {each['since']}" if each["since"] else "in no run that is kept"
        yield f"  {each['key']}  ({since}{', waived by ' + each['waiver'] if each['waiver'] else ''})"
        yield f"      {each['message']}"
    others = said["others"]
    yield from (
        f"  {each['outcome'].replace('_', ' ')}  {each['subject']}: {each['reason']}" for each in others[:_MOST]
    )
    yield from [f"  and {len(others) - _MOST} more"] if len(others) > _MOST else []

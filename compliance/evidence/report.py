"""What a person reads first of a bundle: the verdict in words, and what lies where."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from compliance.core import population
from compliance.core.oneline import oneline
from compliance.core.verdict import OUTCOMES
from compliance.evidence import past

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.verdict import Case, Verdict
    from compliance.evidence.contents import Performed

REPORT, README = "REPORT.md", "README.md"
_HEADS = {"broken": "Broken", "could_not_look": "Could not look", "waived": "Waived"}

_README = """\
# Evidence of an audit of estate '{estate}'

Looked at {observed_at}, judged as of {judged_at}: **{conclusion}** ({counts}). `REPORT.md` says what that means.

## Is it as it was sealed?

    python3 verify.py BUNDLE PUBLICKEY

`verify.py` needs a Python from 3.8 on and nothing else. PUBLICKEY is the 64 digits that the platform team published, or
a file with them. Take `verify.py` from a release that you trust, or compare its SHA-256 with one that was published:
whoever changes a bundle could change the copy in it too. With the `ledger.jsonl` of the estate as a third word it also
sees that this bundle was entered there. {entered}

Other tools can tell too: `manifest.dsse.json` is a DSSE envelope (Ed25519) of an in-toto statement with the predicate
`https://in-toto.io/attestation/test-result/v0.1`; its subject `manifest.json` lists every file with size and SHA-256.

## Does it come to the same?

    compliance replay BUNDLE --key PUBLICKEY

performs the audit again from this bundle alone, with the version of the program that `versions.json` names: without a
network, a database or the estate. Whatever differs from what is sealed is named.

## What lies where

- `observation.json`: what was seen, with the query and the time of each section. Secrets are replaced by their kind,
  length and a keyed hash.
- `policy/`, `estate.yaml`: what it was judged by. DSNs and tokens are left out.
- `verdict.json`: every case, kept, broken, could not look, not applicable or waived, with its rule and its findings.
- `history.jsonl`, `changes.json`: what earlier audits came to, and what this one adds: new, unchanged (and since when),
  reopened, resolved.
- `compiled.json`, `plans/`: what would set it right, or why nothing was compiled.
- `ledger/`: the lines of the ledger up to this audit; of them what was rehearsed, approved and done, each by itself.
- `sealed.json`: the entry of this bundle in that ledger; it follows the last line of `ledger/ledger.jsonl`.
- `allure-results.tar`: the results for Allure 3 (`allure generate`). They show the time as of which was judged.
- `versions.json`: what judged. `manifest.json`, `manifest.dsse.json`: see above.
"""


def readme(done: Performed, *, entered: str) -> bytes:
    verdict = done.verdict
    return _README.format(
        estate=done.observation.estate, observed_at=done.observation.observed_at, judged_at=verdict.judged_at,
        conclusion=verdict.conclusion, counts=_counts(verdict.counts), entered=entered,
    ).encode()  # fmt: skip


def report(done: Performed) -> bytes:
    """From the verdict alone, so that a replay writes the same."""
    return ("\n".join(_lines(done)) + "\n").encode()


def _lines(done: Performed) -> Iterator[str]:
    verdict, seen = done.verdict, done.observation
    yield f"# {seen.estate}: {verdict.conclusion}"
    yield f"\nLooked at {seen.observed_at}, judged as of {verdict.judged_at}. {len(verdict.cases)} cases: "
    yield _counts(verdict.counts)
    if _before(verdict.judged_at, seen.observed_at):
        yield "\n**It was judged as of a time before it was looked at**: what was in force then may be over."
    yield "\n## Systems\n"
    yield from (f"- {name}: {_counts(counts)}" for name, counts in verdict.by_system().items())
    yield from _population(verdict)
    if seen.unavailable:
        yield "\n## Not looked at, as the estate declares\n"
        yield from (f"- {source}: {oneline(why)}" for source, why in sorted(seen.unavailable.items()))
    for outcome, head in _HEADS.items():
        cases = [case for case in verdict.cases if case.outcome == outcome]
        if cases:
            yield f"\n## {head}\n"
            yield from (oneline(line) for case in cases for line in _told(case))
    if done.past:
        yield from past.lines(done.past)
    yield "\n## Compiled\n"
    yield from (f"- {plan.name}: {len(plan.steps)} steps, digest {plan.digest}" for plan in done.plans)
    yield from (f"- {name}: nothing to do" for name in done.nothing)
    yield from (f"- {name}: not compiled: {oneline('; '.join(why))}" for name, why in done.refused.items())


def _before(judged_at: str, observed_at: str) -> bool:
    """An expired waiver is in force again as of a time that somebody chose."""
    try:
        return datetime.fromisoformat(judged_at) < datetime.fromisoformat(observed_at)
    except (ValueError, TypeError):  # a recorded observation may say anything, of no zone too
        return False


def _population(verdict: Verdict) -> Iterator[str]:
    """How many were to be judged, and became of which; `verdict.json` has every name."""
    yield "\n## Population\n"
    for name, said in population.told(verdict).items():
        yield f"- {name}: {oneline(population.line(said))}"
        yield from (f"  - LOST: {oneline(each)}" for each in said["lost"])


def _told(case: Case) -> Iterator[str]:
    yield f"- {case.rule.id} ({case.rule.severity}) {case.rule.title}: {case.subject}"
    yield from (f"  - {finding.key(case.rule.id)}: {finding.message}" for finding in case.findings)
    yield from (f"  - {each.finding.key(case.rule.id)}: waived by {each.waiver}" for each in case.waived)
    if case.reason:
        yield f"  - {case.reason}"
    if case.outcome == "broken":
        yield f"  - Remedy: {case.rule.remedy}"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[name]} {name.replace('_', ' ')}" for name in OUTCOMES)

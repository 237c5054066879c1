"""The manifest of a bundle, and what is signed of it: an in-toto statement that says what came of a test.

https://in-toto.io/attestation/test-result/v0.1 asks for `result` and `configuration`; a test is a case here, and named
`rule[subject]`. A case that could not look has not passed, so it stands among those that failed; one that is waived
passed with a warning. What that predicate has no word for is added, as its parsing rules allow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.evidence import verify
from compliance.evidence.contents import ESTATE, OBSERVATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.core.chain import Entry
    from compliance.core.verdict import Case, Outcome, Verdict
    from compliance.evidence.contents import Performed

FORMAT = 1
_LISTS: dict[str, tuple[Outcome, ...]] = {
    "passedTests": ("kept",),
    "warnedTests": ("waived",),
    "failedTests": ("broken", "could_not_look"),
}


def manifest(
    done: Performed,
    files: Mapping[str, bytes],
    *,
    kind: str,
    ledger: Mapping[str, Any] | None,
    why: str,
    program: str,
) -> bytes:
    """Every file with its size and digest, and what the run was. `why`: there is no entry in a ledger."""
    verdict = done.verdict
    content = {
        "format": FORMAT,
        "estate": {"name": done.observation.estate, "kind": kind},
        "run": {
            "observed_at": done.observation.observed_at,
            "judged_at": verdict.judged_at,
            "observation": verdict.observation,
            "policy": verdict.policy,
            "conclusion": verdict.conclusion,
            "counts": verdict.counts,
        },
        "program": program,
        "ledger": dict(ledger) if ledger else None,
        "files": {name: {"sha256": canonical.digest(data), "size": len(data)} for name, data in sorted(files.items())},
    }  # fmt: skip
    return canonical.lines(content | ({"no_entry": why} if why else {}), deep=2).encode()


def statement(
    verdict: Verdict, files: Mapping[str, bytes], signed: bytes, entry: Entry | None
) -> dict[str, Any]:
    """Of a bundle. `signed`: the manifest."""
    subjects = {verify.MANIFEST: signed, OBSERVATION: files[OBSERVATION]}
    return of(verdict, files, subjects, {"entry": entry.hash} if entry else None)


def of(
    verdict: Verdict, files: Mapping[str, bytes], subjects: Mapping[str, bytes], ledger: Mapping[str, str] | None = None
) -> dict[str, Any]:  # fmt: skip
    """`subjects`: what it is a statement of; of `files` the estate and its policy are what the test was given."""
    configuration = [
        _named(name, data) for name, data in files.items() if name == ESTATE or name.startswith("policy/")
    ]
    lists = {
        name: [_test(case) for case in verdict.cases if case.outcome in outcomes]
        for name, outcomes in _LISTS.items()
    }
    return {
        "_type": verify.STATEMENT,
        "subject": [_named(name, data) for name, data in subjects.items()],
        "predicateType": verify.PREDICATE,
        "predicate": {
            "result": _result(verdict), "configuration": configuration, **lists,
            "conclusion": verdict.conclusion, "counts": verdict.counts, "judgedAt": verdict.judged_at,
            "ledger": dict(ledger) if ledger else None,
        },
    }  # fmt: skip


def _result(verdict: Verdict) -> str:
    if verdict.conclusion != "kept":
        return "FAILED"
    return "WARNED" if verdict.counts["waived"] else "PASSED"


def _test(case: Case) -> str:
    return f"{case.rule.id}[{case.subject}]"


def _named(name: str, data: bytes) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": canonical.digest(data)}}

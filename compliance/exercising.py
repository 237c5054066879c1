"""`compliance exercise`: do what has to be done to be seen. The next audit judges what was seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.errors import Refused
from compliance.opening import opened_change, say_json
from compliance.talking import done, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from compliance.core.change import Compiled
    from compliance.executor.apply import Change
    from compliance.executor.ledger import Entry
    from compliance.executor.plan import Plan
    from compliance.probing import Run
    from compliance.systems.protocol import Asking, Marking, Sandboxing

    Act = Callable[[Change, Plan, str], Entry]


def exercise(parsed: argparse.Namespace) -> int:
    """Make the calls, rows or requests of a system that have to be made to be seen; the plan says what stays."""
    from compliance import audit as job
    from compliance import probing

    with opened_change(parsed) as (change, policies):
        if parsed.system not in policies:
            raise Refused(f"'{parsed.system}' is not in force on this estate")
        looked = probing.Run(change.estate, policies, probing.observed(change.estate, policies, say))
        compiled, act = planned(looked, parsed.system)
        plan = job.plan_of(looked, compiled)
        place = job.write(looked, compiled, Path(parsed.out))
        done()
        try:
            entry = act(change, plan, policies.digests[parsed.system])
        except Refused as refused:
            note = f"the calls are the plan {plan.digest[:12]} in {place}"
            refused.remedy = f"{refused.remedy or 'see above'}; {note}"
            raise
    answers = [{"name": n, "answer": dict(said), "error": error} for n, _, said, error in entry.body["answers"]]
    lines = [f"{a['name']}: {_told(a['answer'], a['error'])}" for a in answers]
    say_json(parsed, {"plan": plan.digest, "entry": entry.hash, "answers": answers}, "\n".join(lines))
    return 0


def _told(answer: dict[str, Any], error: str) -> str:
    said = canonical.dumps({name: _unpacked(value) for name, value in answer.items()}).decode()
    return f"{error} {said}" if error and answer else error or said


def _unpacked(value: Any) -> Any:
    """Objects and lists are kept as their text."""
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] in ("[", "{") else value
    except ValueError:
        return value


def planned(looked: Run, name: str) -> tuple[Compiled, Act]:
    """What is done as a plan, so that an approval can name it; and how it is done."""
    from compliance.systems import system

    found: Any = system(name)
    if hasattr(found, "asking"):
        return _asking(looked, name, found)
    if hasattr(found, "sandbox"):
        return _sandbox(looked, name, found)
    return _marking(looked, name, found) if hasattr(found, "marking") else _calls(looked, name)


def _calls(looked: Run, name: str) -> tuple[Compiled, Act]:
    from compliance.executor import exercise as calling
    from compliance.systems import system

    calls = system(name).exercises(looked.policies[name])
    return calling.compiled(name, calls), lambda change, plan, policy: calling.exercise(
        change, plan, calls, policy=policy
    )


def _marking(looked: Run, name: str, system: Marking) -> tuple[Compiled, Act]:
    from compliance.executor import marking
    from compliance.systems.protocol import Facts

    _check_safe(looked, name, system)
    rows = system.marking(Facts(name, looked.policies, looked.current))
    return marking.compiled(name, rows), lambda change, plan, policy: marking.exercise(
        change, plan, rows, policy=policy
    )


def _asking(looked: Run, name: str, system: Asking) -> tuple[Compiled, Act]:
    from compliance.executor import asking
    from compliance.systems.protocol import Facts

    requests = system.asking(Facts(name, looked.policies, looked.current))
    return asking.compiled(name, requests), lambda change, plan, policy: asking.exercise(
        change, plan, requests, policy=policy
    )


def _sandbox(looked: Run, name: str, system: Sandboxing) -> tuple[Compiled, Act]:
    from compliance.executor import sandbox
    from compliance.systems.protocol import Facts

    box = system.sandbox(Facts(name, looked.policies, looked.current))
    return sandbox.compiled(name, box), lambda change, plan, policy: sandbox.exercise(
        change, plan, box, policy=policy
    )


def _check_safe(looked: Run, name: str, system: Marking) -> None:
    """A row that sets off a loop would not be seen to the end."""
    from compliance import audit as job

    cases = job.probe(looked, report=say, only=system.safe).cases
    unasked = sorted(system.safe - {case.rule.id for case in cases})
    reasons = [f"{rule}: no case of it ran" for rule in unasked] + [
        f"{case.rule.id} {case.subject}: {case.reason or '; '.join(f.message for f in case.findings)}"
        for case in cases
        if case.outcome not in ("kept", "not_applicable")
    ]
    if reasons:
        raise Refused(
            f"no row is made to exercise {name}: it would not stay where it belongs",
            reasons=reasons,
            remedy="put right what is listed; `compliance audit` shows the whole of it",
        )

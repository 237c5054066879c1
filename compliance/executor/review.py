"""A plan for the eyes of a person: what to know before saying yes, and what changed since the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.core.change import Call
    from compliance.executor.plan import Plan


def review(plan: Plan) -> str:
    """`REVIEW.md`: what a person has to know before saying yes."""
    hazards = ", ".join(sorted(plan.hazards)) or "none"
    lines = [
        f"# {plan.compiled.system}: {plan.compiled.title} ({plan.compiled.kind})",
        "",
        *_marked(plan),
        f"- Estate: {plan.estate} ({plan.estate_kind})",
        f"- Database: {plan.target.database} of cluster {plan.target.system}",
        f"- Steps: {len(plan.steps)}, hazards: {hazards}",
        f"- Rests on {len(plan.reads)} facts and groups of facts, footprint {plan.footprint[:16]}",
        *_after(plan),
    ]
    for number, step in enumerate(plan.steps, start=1):
        lines += [
            "",
            f"## {number}. {step.title}",
            "",
            f"Hazards: {', '.join(sorted(step.hazards))}",
            "",
            "May change:",
            "",
            *(f"- {key}" for key in sorted(map(str, step.writes))),
            "",
            *_block("Deploy", step.deploy),
            *_block("Revert", step.revert),
        ]
    for number, call in enumerate(plan.calls, start=1):
        lines += ["", f"## After COMMIT, call {number}. {call.title}", "", *_call(call)]
    return "\n".join([*lines, *_payloads(plan.compiled.payloads)]) + "\n"


def _marked(plan: Plan) -> list[str]:
    """First of all that nobody can approve it, then what has to be known wherever it is told of."""
    proposal = [f"**PROPOSAL**, which nobody can approve: {plan.proposal}", ""] if plan.proposal else []
    return proposal + [f"- {name}: {value}" for name, value in sorted(plan.compiled.notes.items())]


def _payloads(payloads: Mapping[str, str]) -> list[str]:
    head = ["", "## The same in another form, for a reviewer", ""] if payloads else []
    return [*head, *(f"- payloads/{name}" for name in sorted(payloads))]


def _after(plan: Plan) -> list[str]:
    """What follows COMMIT, which no rollback of a transaction takes back."""
    calls = [f"- After COMMIT {len(plan.calls)} call(s) of services, listed below"] if plan.calls else []
    reload = ["- After COMMIT Directus is told, by its API, to load again what was written"]
    return (reload if "reloads-runtime" in plan.hazards else []) + calls


def _call(call: Call) -> list[str]:
    undo = call.back
    done = [f"{path} is {state}" for path, state in ((call.present, "there"), (call.absent, "gone")) if path]
    return [
        f"To {call.service}; done, and not called again, where {' and '.join(done) or 'never'}.",
        "",
        *_block("Request", _request(call.method, call.path, call.body), "http"),
        *_block("Taken back by", _request(undo.method, undo.path, undo.body), "http"),
    ]


def _request(method: str, path: str, body: object) -> str:
    shown = body if isinstance(body, str) else canonical.pretty(body)
    return f"{method} {path}" + ("" if body is None else f"\n\n{shown.rstrip()}")


def _block(title: str, text: str, language: str = "sql") -> list[str]:
    fence = "```"
    while fence in text:
        fence += "`"
    return [f"{title}:", "", f"{fence}{language}", text, fence, ""]


def _said(plan: Plan, name: str) -> str:
    return plan.proposal if name == "proposal" else plan.compiled.notes.get(name, "")


def differences(old: Plan, new: Plan) -> list[str]:
    """What a person has to look at again, one line each; nothing where the plans are the same."""
    heads = ("estate", "estate_kind", "target", "policy", "templates", "footprint")
    found = [f"{name}: {getattr(old, name)} -> {getattr(new, name)}" for name in heads
             if getattr(old, name) != getattr(new, name)]  # fmt: skip
    found += [
        f"{name}: {was or '-'} -> {now or '-'}"
        for name in sorted({"proposal", *old.compiled.notes, *new.compiled.notes})
        if (was := _said(old, name)) != (now := _said(new, name))
    ]
    before, after = ({step.title: step for step in plan.steps} for plan in (old, new))
    found += [f"- step: {title}" for title in before if title not in after]
    found += [f"+ step: {title}" for title in after if title not in before]
    found += [f"~ step: {title}" for title in before if title in after and before[title] != after[title]]
    had, has = ({call.title: call for call in plan.calls} for plan in (old, new))
    found += [f"{'-' if t in had else '+'} call: {t}" for t in sorted(had.keys() ^ has.keys())]
    found += [f"~ call: {title}" for title in had if title in has and had[title] != has[title]]
    were, are = old.compiled.payloads, new.compiled.payloads
    return found + [f"~ payload: {n}" for n in sorted(were.keys() | are.keys()) if were.get(n) != are.get(n)]

"""A plan for the eyes of a person: what to know before saying yes, and what changed since the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compliance.executor.plan import Plan


def review(plan: Plan) -> str:
    """`REVIEW.md`: what a person has to know before saying yes."""
    hazards = ", ".join(sorted(plan.hazards)) or "none"
    lines = [
        f"# {plan.compiled.system}: {plan.compiled.title} ({plan.compiled.kind})",
        "",
        f"- Estate: {plan.estate} ({plan.estate_kind})",
        f"- Database: {plan.target.database} of cluster {plan.target.system}",
        f"- Steps: {len(plan.steps)}, hazards: {hazards}",
        f"- Rests on {len(plan.reads)} facts and groups of facts, footprint {plan.footprint[:16]}",
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
    return "\n".join(lines) + "\n"


def _block(title: str, sql: str) -> list[str]:
    fence = "```"
    while fence in sql:
        fence += "`"
    return [f"{title}:", "", f"{fence}sql", sql, fence, ""]


def differences(old: Plan, new: Plan) -> list[str]:
    """What a person has to look at again, one line each; nothing where the plans are the same."""
    heads = ("estate", "estate_kind", "target", "policy", "templates", "footprint")
    found = [f"{name}: {getattr(old, name)} -> {getattr(new, name)}" for name in heads
             if getattr(old, name) != getattr(new, name)]  # fmt: skip
    before, after = ({step.title: step for step in plan.steps} for plan in (old, new))
    found += [f"- step: {title}" for title in before if title not in after]
    found += [f"+ step: {title}" for title in after if title not in before]
    return found + [f"~ step: {title}" for title in before if title in after and before[title] != after[title]]

"""The workflow starts each target when its schedule says (document 003, acceptance criterion 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement, Unseen
from compliance.systems.directional_sync import looking, workflow_reading
from compliance.systems.directional_sync.schedules import NotASchedule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.directional_sync.policy import Policy
    from compliance.systems.protocol import Facts


def each_target_is_started(facts: Facts) -> Iterator[Judgement]:
    """What is wrong with a target, a cron or a step; what could not be followed is not kept."""
    policy: Policy = facts.policy
    text = looking.text_of(facts, policy.workflow)
    if text is None:
        yield Finding(policy.workflow, "there is no such file", "missing")
        return
    found = looking.configuration(facts)
    try:
        problems = workflow_reading.compare(workflow_reading.read(text), found)
    except NotASchedule as error:
        yield Unseen(policy.workflow, f"{policy.file}: {error}")
        return
    for problem in problems:
        told = f"{policy.workflow}:{problem.line}: {problem.message}"
        subject = problem.subject if problem.subject in policy.targets else policy.workflow
        if problem.unread:
            yield Unseen(subject, told)
        else:
            yield Finding(subject, told, f"{problem.facet}-{problem.subject}")

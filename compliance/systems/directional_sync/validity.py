"""`sync.yaml` is there and valid (document 003, acceptance criterion 1), its schedules as 'Scheduled Runs' has them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from compliance.core.errors import ConfigurationError
from compliance.core.finding import Finding, Judgement
from compliance.estate import document
from compliance.systems.directional_sync import checking, looking, schedules, syncfile, syncreading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.directional_sync.policy import Policy
    from compliance.systems.protocol import Facts


def the_file_is_valid(facts: Facts) -> Iterator[Judgement]:
    """The first error of its form, or else all that is wrong with what it says."""
    policy: Policy = facts.policy
    text = looking.text_of(facts, policy.file)
    if text is None:
        yield Finding(policy.file, "there is no such file", "missing")
        return
    try:
        found = syncreading.build(document.validated(document.parsed(text, Path(policy.file)), syncfile.SCHEMA))
    except ConfigurationError as error:
        yield Finding(policy.file, error.message, "form")
        return
    for problem in checking.problems(found):
        line = found.document.line(*problem.place)
        yield Finding(
            policy.file, f"{policy.file}:{line}: {problem.message}", ".".join(map(str, problem.place))
        )


def schedules_are_due_as_declared(facts: Facts) -> Iterator[Judgement]:
    """By meaning: `0 */6 * * *` is `0 0,6,12,18 * * *`."""
    for declared, target in looking.both(facts):
        if wrong := _differs(declared.schedule, target.schedule):
            yield Finding(declared.name, wrong)


def _differs(wanted: str | None, found: str | None) -> str | None:
    if wanted is None or found is None:
        if wanted is None and found is None:
            return None
        return (
            f"has no schedule; policy says '{wanted}'"
            if found is None
            else f"has the schedule '{found}'; policy has none"
        )
    try:
        same = schedules.equal(wanted, found)
    except schedules.NotASchedule as error:
        return str(error)
    return None if same else f"is due at '{found}'; policy says '{wanted}'"

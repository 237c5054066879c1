"""Calls that are made to be seen: document 004, 'Gate semantics'."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from compliance.core.change import Exercise
from compliance.core.finding import Finding, Judgement, Unseen
from compliance.systems.command_catalog.explain import explained

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.systems.command_catalog.policy import Policy
    from compliance.systems.protocol import Facts


def exercised_as_declared(facts: Facts) -> Iterator[Judgement]:
    """What was called answers as policy says: gates are honoured by what the function does, not by what it is named."""
    if not facts.policy.exercises:
        return  # nothing is to be called, so nothing of it was looked for
    seen = {fact.name: fact for fact in facts.read("exercised:command_catalog")}
    for exercise in exercises(facts.policy):
        fact = seen.get(exercise.name)
        if fact is None or fact.call != exercise.call:
            yield Unseen(
                exercise.name, "not called since policy says so: `compliance exercise command_catalog`"
            )
        elif fact.error:
            yield Finding(exercise.name, f"the call failed with {fact.error} instead of an answer", "error")
        else:
            yield from _answers(exercise.name, facts.policy.exercises[exercise.name].expect, dict(fact.answer))


def _answers(name: str, expected: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[Judgement]:
    for key in sorted(expected):
        if answer.get(key) != expected[key]:
            said = f"answered {key} = {json.dumps(answer.get(key))}, declared {json.dumps(expected[key])}"
            yield Finding(name, said, key)


def exercises(policy: Policy) -> tuple[Exercise, ...]:
    """The calls that policy asks for, as the registry writes them."""
    return tuple(
        Exercise(
            called.name,
            explained(policy, called.command, called.given).statements[0],
            tuple(sorted(called.expect)),
            policy.commands[called.command].mutating,
        )
        for called in policy.exercises.values()
    )

"""What the variables of flows stand for, where that is nothing, or one row out of many."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement
from compliance.core.symbols import Symbol
from compliance.core.template import whole
from compliance.systems.registry_sync.analysis import analysis
from compliance.systems.registry_sync.readiness import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.analysis import Analysis, Use
    from compliance.systems.registry_sync.policy import Policy

# Where people are told something, and nothing is changed by what is said.
_TOLD = frozenset({"log", "mail", "notification"})
# Texts that name one row or one document: a list of keys is the name of none.
_NAMES_ONE = frozenset({"url", "key", "body.document_id"})
_BY_PLACE = re.compile(r"\bkeys\s*(?:\?\.)?\[\s*-?\d+\s*\]|\bkeys\s*\.\s*(?:at|shift|pop)\s*\(")


def no_row_is_left_out(facts: Facts) -> Iterator[Judgement]:
    """A bulk update or delete fires once with many keys: who takes one of them by its place loses every other row."""
    found, policy = analysis(facts), facts.policy
    uses = (*_one_of_many(found, policy), *_all_in_one(found))
    yield from _once(found, uses, "%s fires once for many rows: this takes one of them, or all as one")
    for flow, step in found.of_type("exec"):
        code = step.operation.option("code")
        if isinstance(code, str) and _BY_PLACE.search(code) and _meets_many(found, flow.id):
            yield Finding(
                found.subject(flow.id),
                f"operation {step.operation.key}: its script takes one of the keys by its place",
                f"{step.operation.key}-code",
            )


def variables_are_provided(facts: Facts) -> Iterator[Judgement]:
    """What a run does not provide is rendered as the text `undefined` or `null`, in an id as well."""
    found = analysis(facts)
    nothing = (
        use
        for use in found.used("undefined", "null")
        if not (_kind(use) == "null" and use.operation.type in _TOLD)
    )
    yield from _once(found, nothing, "nothing provides it when %s: it is rendered as text")
    yield from _once(found, _perhaps_sent(facts, found), "it is there only if it was sent, when %s")
    yield from _once(found, _unknown_columns(facts, found), "the row has no such column, when %s")


def _kind(use: Use) -> str:
    return use.value.kind if isinstance(use.value, Symbol) else "null"


def _once(found: Analysis, uses: Iterable[Use], why: str) -> Iterator[Judgement]:
    """One finding for a variable of an operation, however many contexts show it.

    In an order of names, since that of the keys of JSON is another one where it was recorded.
    """
    seen: set[tuple[str, ...]] = set()
    for place, when, flow in sorted((*_place(use), use.context.flow.id) for use in uses):
        if place not in seen:
            seen.add(place)
            _, key, where, variable = place
            yield Finding(
                found.subject(flow),
                f"operation {key}, {where or 'options'}: {{{{{variable}}}}}: {why % when if '%s' in why else why}",
                f"{key}-{where}-{variable}",
            )


def _place(use: Use) -> tuple[tuple[str, str, str, str], str]:
    key = use.operation.key or use.operation.id
    return (use.context.flow.id, key, use.place.name, str(use.variable)), _when(use)


def _when(use: Use) -> str:
    event = use.context.origin.event
    if event is None:
        return f"a {use.context.flow.trigger or 'call'} begins it"
    action = event.name.rpartition(".")[2]
    return f"items.{action} of {event.of}" if event.of else f"{event.name}"


def _one_of_many(found: Analysis, policy: Policy) -> Iterator[Use]:
    for use in found.used("one"):
        by_place = any(isinstance(name, int) for name in use.variable.path)
        if by_place and use.operation.type not in _TOLD and not _records(use, policy):
            yield use


def _records(use: Use, policy: Policy) -> bool:
    """Does it tell of a failure? Whoever reads that looks at the rows anyway."""
    return (
        use.operation.type == "item-create" and use.operation.option("collection") == policy.failures.collection
    )


def _all_in_one(found: Analysis) -> Iterator[Use]:
    """All keys in a text that names one thing; a key that is nothing but all keys is a list, and right."""
    for use in found.used("keys", "rows"):
        name, told = use.place.name, use.operation.type in _TOLD
        if name in _NAMES_ONE and not told and (name != "key" or not whole(use.place.text)):
            yield use


def _meets_many(found: Analysis, flow: str) -> bool:
    """Does it run after a change of many rows, with all of their keys at hand?"""
    return any(
        isinstance(context.trigger, Symbol)
        and context.trigger.kind == "event"
        and context.trigger.name.rpartition(".")[2] in ("update", "delete")
        for context in found.contexts.get(flow, ())
    )


def _perhaps_sent(facts: Facts, found: Analysis) -> Iterator[Use]:
    """An update sends what changed. A create sends what its user filled in, but never less than has to be there."""
    required: dict[str, frozenset[str]] = {}
    for use in found.used("sent"):
        event, value = use.context.origin.event, use.value
        if use.operation.type in _TOLD or event is None or _records(use, facts.policy):
            continue
        if event.name.rpartition(".")[2] == "create":
            if value.of not in required:
                columns = columns_of(facts, facts.policy.schema, value.of)
                required[value.of] = frozenset(
                    name for name, c in columns.items() if not (c.nullable or c.default or c.identity)
                )
            if value.name.partition(".")[0] in required[value.of]:
                continue
        yield use


def _unknown_columns(facts: Facts, found: Analysis) -> Iterator[Use]:
    """Of the collections that policy names, whose rows are columns of a table and nothing else."""
    known = {name: columns_of(facts, facts.policy.schema, name) for name in facts.policy.collections}
    for use in found.columns_of(known.keys()):
        columns = known[use.value.of]
        if columns and use.value.name.partition(".")[0] not in columns:
            yield use

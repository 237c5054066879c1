"""What changes a governed collection and fires no flow: FACTS, 'Directus'. Its documents would not follow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.core.errors import CouldNotLook
from compliance.core.finding import Finding, Judgement, Unseen
from compliance.core.sqltext import name
from compliance.systems.registry_sync.unheard import unheard_writes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Policy

_SILENT = {"cascade": "deletes", "set null": "changes", "set default": "changes"}
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)


def nothing_bypasses_the_flows(facts: Facts) -> Iterator[Judgement]:
    """Foreign keys that act, functions, rewrite rules and operations of flows that write. A name that a function puts together while it
    runs is not seen; one that stands in a text which it executes is."""
    yield from _keys(facts)
    yield from _functions(facts)
    yield from _rewrites(facts)
    yield from unheard_writes(facts)


def _keys(facts: Facts) -> Iterator[Judgement]:
    policy: Policy = facts.policy
    for key in facts.read("catalog.constraints"):
        collection = policy.collections.get(key.relation) if key.schema == policy.schema else None
        if collection is None or key.delete_rule not in _SILENT:
            continue
        if key.delete_rule == "cascade" or set(key.columns) & set(collection.columns):
            yield Finding(
                collection.name,
                f"a delete in {key.target} {_SILENT[key.delete_rule]} its rows (ON DELETE {key.delete_rule.upper()}), "
                "which fires no flow", key.name,
            )  # fmt: skip


def _functions(facts: Facts) -> Iterator[Judgement]:
    policy: Policy = facts.policy
    try:
        bodies = facts.read("catalog.bodies")
    except CouldNotLook as error:
        yield from (Unseen(collection, error.message) for collection in policy.collections)
        return
    patterns = {collection: writing(policy.schema, collection) for collection in policy.collections}
    for body in bodies:
        if f"{body.schema}.{body.name}" in policy.bypasses:
            continue
        text = _COMMENT.sub(" ", body.source)
        for collection, pattern in patterns.items():
            if collection in text and pattern.search(text):
                triggers = [t.relation for t in facts.read("catalog.triggers") if t.function == body.signature]
                behind = f", the trigger of {', '.join(triggers)}" if triggers else ""
                yield Finding(
                    collection,
                    f"{body.signature}{behind} writes it by SQL, which fires no flow",
                    body.signature,
                )


def _rewrites(facts: Facts) -> Iterator[Judgement]:
    policy: Policy = facts.policy
    for rule in facts.read("catalog.triggers"):
        for collection in policy.collections if not rule.function else ():
            if writing(policy.schema, collection).search(rule.definition):
                yield Finding(
                    collection,
                    f"the rewrite rule {rule.name} of {rule.relation} writes it, which fires no flow",
                    rule.name,
                )


def writing(schema: str, collection: str) -> re.Pattern[str]:
    """A statement that writes a table, with its schema or without, quoted or not."""

    def spelled(identifier: str) -> str:
        ways = {f'"{identifier}"', name(identifier)}
        return f"(?:{'|'.join(re.escape(way) for way in sorted(ways))})"

    verb = r"(?:insert\s+into|update|delete\s+from|merge\s+into|truncate(?:\s+table)?|copy)"
    table = rf"(?:only\s+)?(?:{spelled(schema)}\s*\.\s*)?{spelled(collection)}"
    return re.compile(rf"(?i)\b{verb}\s+{table}(?![\w\"$])")

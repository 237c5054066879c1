"""What changes a governed collection and fires no flow: FACTS, 'Directus'. Its documents would not follow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement
from compliance.core.sqltext import name
from compliance.systems.registry_sync.unheard import unheard_writes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Policy

_SILENT = {"cascade": "deletes", "set null": "changes", "set default": "changes"}
# Texts and names first: what looks like a comment within them is none.
_COMMENT = re.compile(
    r"""([eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"[^"]*"|\$(\w*)\$.*?\$\2\$)|--[^\n]*|/\*.*?\*/""", re.S
)
_WRITES = r"(?:insert\s+into|update|delete\s+from|merge\s+into|truncate(?:\s+table)?|copy)"
# A statement that is put together, of which the table is filled in or added.
_MADE = re.compile(rf"(?i)\b{_WRITES}\s+(?:only\s+)?(?:[\w\"]+\s*\.\s*)?(?:%|'\s*\|\|)")


def nothing_bypasses_the_flows(facts: Facts) -> Iterator[Judgement]:
    """Foreign keys that act, functions and rewrite rules that write, by a view too, and flows that tell nobody. A name
    that a function is given while it runs is not seen; one that stands in its text is."""
    yield from _keys(facts)
    yield from _functions(facts)
    yield from _rewrites(facts)
    yield from unheard_writes(facts)


def _keys(facts: Facts) -> Iterator[Judgement]:
    policy: Policy = facts.policy
    for key in facts.read("catalog.constraints"):
        collection = policy.collections.get(key.relation) if key.schema == policy.schema else None
        if collection is None:
            continue
        sent = not set(key.columns).isdisjoint(collection.columns)
        if key.delete_rule == "cascade" or (key.delete_rule in _SILENT and sent):
            yield Finding(
                collection.name,
                f"a delete in {key.target} {_SILENT[key.delete_rule]} its rows (ON DELETE {key.delete_rule.upper()}), "
                "which fires no flow", key.name,
            )  # fmt: skip
        if sent and re.search(r"\bON UPDATE (?:CASCADE|SET )", key.definition):
            yield Finding(
                collection.name, f"an update in {key.target} changes its rows (ON UPDATE), which fires no flow",
                f"{key.name}-update",
            )  # fmt: skip


def _functions(facts: Facts) -> Iterator[Judgement]:
    policy: Policy = facts.policy
    writers = {collection: _writer(facts, collection) for collection in policy.collections}
    for body in facts.read("catalog.bodies"):
        if f"{body.schema}.{body.name}" in policy.bypasses:
            continue
        text = _COMMENT.sub(lambda found: found[1] or " ", body.source)
        small = text.lower()
        for collection, (names, pattern) in writers.items():
            if any(name in small for name in names) and (pattern.search(text) or _made(text, names)):
                triggers = [t.relation for t in facts.read("catalog.triggers") if t.function == body.signature]
                behind = f", the trigger of {', '.join(triggers)}" if triggers else ""
                yield Finding(
                    collection,
                    f"{body.signature}{behind} writes it by SQL, which fires no flow",
                    body.signature,
                )


def _writer(facts: Facts, collection: str) -> tuple[set[str], re.Pattern[str]]:
    """The names under which it can be written, in small letters: its own, and of views that read it."""
    schema = facts.policy.schema
    reads = re.compile(rf"(?i)\bfrom\s+(?:only\s+)?\(*{_spelled(schema, collection)}(?![\w\"$])")
    views = [
        (relation.schema, relation.name)
        for relation in facts.read("catalog.relations")
        if relation.kind == "view" and reads.search(relation.definition or "")
    ]
    patterns = [writing(schema, collection), *(writing(*view) for view in views)]
    names = {name.lower() for name in (collection, *(name for _, name in views))}
    return names, re.compile("|".join(pattern.pattern for pattern in patterns))


def _made(text: str, names: set[str]) -> bool:
    return bool(_MADE.search(text)) and any(f"'{name}'" in text.lower() for name in names)


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


def writing(schema: str, relation: str) -> re.Pattern[str]:
    """A statement that writes a table, with its schema or without, quoted or not; TRUNCATE takes several."""
    table = rf"{_spelled(schema, relation)}(?![\w\"$])"
    one = rf"\b{_WRITES}\s+(?:only\s+)?{table}"
    return re.compile(rf"(?i:{one}|\btruncate\b[^;]*?(?<![\w\"$.]){table})")


def _spelled(schema: str, relation: str) -> str:
    def either(identifier: str) -> str:
        forms = {re.escape(form) for form in (name(identifier), f'"{identifier}"')}
        return f"(?:{'|'.join(sorted(forms))})"

    return rf"(?:{either(schema)}\s*\.\s*)?{either(relation)}"

"""What the live estate shows of what the policy calls candidates: document 001, question E and section 4."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compliance.core.errors import Refused
from compliance.core.needs import split_name
from compliance.systems.birth_scan.access import access
from compliance.systems.birth_scan.endpoint import Found

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compliance.core.facts import Column
    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

FULL, PARTIAL = "FULL", "PARTIAL"
_JSON = ("json", "jsonb")
_LENGTH = re.compile(r"character(?: varying)?\((\d+)\)")


def observability(facts: Facts) -> str:
    """Can a summary be kept as JSON? A text is never called structured."""
    return FULL if structured(facts) is not None else PARTIAL


def structured(facts: Facts) -> str | None:
    """The column of JSON for a whole answer: of the candidates the first that is one."""
    policy: Policy = facts.policy
    there = {column.name: column.type for column in _columns(facts)}
    return next((n for n in policy.issues.columns["structured"] if there.get(n) in _JSON), None)


def found_of(facts: Facts) -> Found:
    """For the endpoint, in the style that is found; raises `Refused` where there is none that can call a function."""
    policy: Policy = facts.policy
    columns = _columns(facts)
    there = {column.name for column in columns}
    fields = {f: next((n for n in names if n in there), None) for f, names in policy.issues.columns.items()}
    style = access(facts)
    if style.found is None:
        raise Refused(
            f"{policy.endpoint.file} cannot be compiled",
            reasons=[
                f"question {style.question}: {why.seen}; what is needed: {why.needed}" for why in style.open
            ],
            remedy="decide it in the policy, or change the estate, and look again",
        )
    return Found(
        style.found.style,
        {field: name for field, name in fields.items() if name is not None and field != "structured"},
        structured(facts),
        {c.name: int(size[1]) for c in columns if (size := _LENGTH.fullmatch(c.type))},
        _newest(facts, columns),
    )


def _columns(facts: Facts) -> list[Column]:
    table = split_name(facts.policy.issues.relation)
    return [c for c in facts.read("catalog.columns") if (c.schema, c.relation) == table]


def _newest(facts: Facts, columns: Iterable[Column]) -> str | None:
    """The key of the table, where it counts up: by a time two summaries may be equal."""
    table = split_name(facts.policy.issues.relation)
    keys = [
        c.columns
        for c in facts.read("catalog.constraints")
        if (c.schema, c.relation, c.kind) == (*table, "primary key")
    ]
    counted = {c.name for c in columns if c.identity or (c.default or "").startswith("nextval(")}
    return next((key[0] for key in keys if len(key) == 1 and key[0] in counted), None)

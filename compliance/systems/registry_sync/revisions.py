"""Rows that were changed behind the running process: a change by SQL leaves no revision and reloads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from compliance.core.finding import Finding, Judgement, Unseen
from compliance.core.flows import FLOW_COLUMNS, OPERATION_COLUMNS, frozen, settings
from compliance.systems.registry_sync.analysis import analysis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from compliance.systems.protocol import Facts

Same: TypeAlias = "Callable[[str, Any, Any], bool]"
_TABLES = {
    "directus_flows": ("rows:flows", FLOW_COLUMNS, "id"),
    "directus_operations": ("rows:operations", OPERATION_COLUMNS, "flow"),
}


def rows_equal_their_last_revision(facts: Facts) -> Iterator[Judgement]:
    """Only keys that both have are compared: what an API write did not touch is in no revision of it."""
    found = analysis(facts)
    revisions = {(r.collection, r.item): r.data for r in facts.read("directus.revisions")}
    for table, (section, columns, owner) in _TABLES.items():
        at = columns.index(owner)
        key = columns.index("key") if "key" in columns else None
        for row in facts.read(section):
            values = row.values
            data = revisions.get((table, str(values[0])))
            if isinstance(data, dict) and not _differing(columns, values, data, _quickly):
                continue
            what = "flow" if key is None else f"operation {values[key]}"
            yield from _judged(found.subject(str(values[at])), what, columns, values, data)


def _differing(columns: Sequence[str], values: Sequence[Any], data: Mapping[str, Any], same: Same) -> list[str]:
    return [c for c, value in zip(columns, values, strict=False) if c in data and not same(c, value, data[c])]


def _quickly(_name: str, row: Any, revision: Any) -> bool:
    """Spelled alike is alike; what is not has to be looked at."""
    if type(row) is str or row is None:
        return bool(row == revision)
    try:
        return repr(row) == repr(revision)
    except RecursionError:
        return False


def _judged(
    subject: str, what: str, columns: Sequence[str], values: Sequence[Any], data: Any
) -> Iterator[Judgement]:
    if not isinstance(data, dict):
        why = "no API write has left a revision, so the running process may not know it"
        yield Finding(subject, f"{what}: {why}", f"{what}-unseen")
        return
    try:
        differing = _differing(columns, values, data, _same)
    except RecursionError:
        yield Unseen(subject, f"{what}: its options are nested too deep to be compared")
        return
    if differing:
        yield Finding(
            subject,
            f"{what}: {', '.join(differing)} differ from the last revision: changed behind the running process",
            f"{what}-{'-'.join(differing)}",
        )


def _same(name: str, row: Any, revision: Any) -> bool:
    """JSON as JSON: 1 is 1.0, but true is not 1."""
    one, other = (settings(row), settings(revision)) if name == "options" else (frozen(row), frozen(revision))
    return _equal(one, other)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(item, other[key]) for key, item in one.items())
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)

"""Two audits side by side: which findings came and went, whose outcome changed, and what else was not the same.

Of a kept run the keys of its findings are known (`core.history`); of a verdict's document every case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.history import Entry

FORMAT = 1
_WHAT = ("conclusion", "observation", "policy", "program")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two. `name`: as it was asked for; `outcomes`: of each case ('rule:subject'), where they are known."""

    name: str
    entry: Entry
    outcomes: Mapping[str, str] | None = field(default=None, repr=False)


def differences(one: Side, other: Side) -> dict[str, Any]:
    """From `one` to `other`; `same` where the result is, whatever it was judged from.

    `unknown`: found by the first, while the second could not look for it again.
    """
    before, after = one.entry, other.entry
    gone = sorted(set(before.found) - set(after.found))
    found: dict[str, Any] = {
        "new": sorted(set(after.found) - set(before.found)),
        "resolved": [key for key in gone if after.looked(key)],
        "unknown": [key for key in gone if not after.looked(key)],
        "outcomes": list(_outcomes(one, other)),
        "rules": {
            "added": sorted(set(after.rules) - set(before.rules)),
            "removed": sorted(set(before.rules) - set(after.rules)),
        },
    }
    changed = [name for name in _WHAT if _differ(getattr(before, name), getattr(after, name))]
    results = (*found["rules"].values(), *(found[name] for name in ("new", "resolved", "unknown", "outcomes")))
    return {
        "format": FORMAT,
        "same": not any(results) and "conclusion" not in changed and before.counts == after.counts,
        "from": _told(one),
        "to": _told(other),
        "unchanged": sorted(set(before.found) & set(after.found)),
        "changed": changed,
        **found,
    }


def _differ(one: str, other: str) -> bool:
    """Nothing: it is not known, as of a document that does not say by which program it was made."""
    return bool(one and other) and one != other


def _told(side: Side) -> dict[str, Any]:
    entry = side.entry
    return {
        "name": side.name, "run": entry.run, "judged_at": entry.judged_at, "conclusion": entry.conclusion,
        "counts": dict(entry.counts), "observation": entry.observation, "policy": entry.policy,
        "program": entry.program,
    }  # fmt: skip


def _outcomes(one: Side, other: Side) -> Iterator[dict[str, Any]]:
    """Of cases where both sides know them; None: there is no such case. Else what the keys tell of it."""
    if one.outcomes is not None and other.outcomes is not None:
        for case in sorted(one.outcomes.keys() | other.outcomes.keys()):
            was, now = one.outcomes.get(case), other.outcomes.get(case)
            if was != now:
                yield {"case": case, "from": was, "to": now}
        return
    before, after = one.entry, other.entry
    for key in sorted(set(before.found) & set(after.found)):
        was, now = (_counting(key, entry) for entry in (before, after))
        if was != now:
            yield {"case": key, "from": was, "to": now}
    for case in sorted(set(before.unseen) ^ set(after.unseen)):
        was, now = ("not_looked_at" if case in entry.unseen else "looked_at" for entry in (before, after))
        yield {"case": case, "from": was, "to": now}


def _counting(key: str, entry: Entry) -> str:
    return "broken" if key in entry.findings else "waived"

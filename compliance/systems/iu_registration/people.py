"""Who may read in Directus, and whether anybody may write (document 002, sections 1 and 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement, NotApplicable, Note
from compliance.systems.iu_registration import found, looking, records
from compliance.systems.iu_registration.desired import READ
from compliance.systems.iu_registration.serving import DISABLED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.iu_registration.found import Row
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts


def roles_resolve(facts: Facts) -> Iterator[Judgement]:
    """Names are not unique in Directus: of two roles of one name nobody knows which was meant."""
    policy: Policy = facts.policy
    ids = found.roles(facts)
    for reader in policy.reading.readers:
        count = len(ids.get(reader.role, ()))
        if policy.state == "disabled":
            yield NotApplicable(reader.hint, DISABLED)
        elif not count:
            yield Finding(reader.hint, f"Directus has no role {reader.role}", "missing")
        elif count > 1:
            yield Finding(reader.hint, f"{count} roles of Directus are named {reader.role}", "repeated")


def nobody_may_write(facts: Facts) -> Iterator[Judgement]:
    """Any permission on the names that is not to read, whoever has it. An administrator needs none, and may always: him
    the database alone stops."""
    policy: Policy = facts.policy
    rows, holders = found.rows(facts, looking.PERMISSIONS), records.holders(facts)
    for row in sorted(rows, key=lambda row: (str(row["collection"]), str(row["action"]), str(row["id"]))):
        if row["collection"] in policy.names and row["action"] != READ:
            holder = _holder(row)
            told = f"{holders.get(holder, holder)} may {_doing(row['action'])} {row['collection']}"
            yield Finding(str(row["collection"]), told, f"{row['action']}-{holder or 'public'}")
    if administrators := sorted(records.administrators(facts)):
        yield Note(policy.collection.name, "stopped by the database alone", administrators)


def _holder(row: Row) -> str | None:
    """Of one without both everybody may: that is the public role of version 10."""
    named = row["policy"] if row["policy"] is not None else row["role"]
    return None if named is None else str(named)


def _doing(action: object) -> str:
    return "do anything with" if action == "*" else str(action)

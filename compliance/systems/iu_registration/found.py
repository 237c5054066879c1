"""What Directus keeps of the registration, by column: its rows of collections and fields, and of who may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from compliance.core.errors import CouldNotLook
from compliance.systems.iu_registration import looking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

Row: TypeAlias = "Mapping[str, Any]"


def rows(facts: Facts, section: str) -> list[Row]:
    """All rows of a section, each by the names of its columns."""
    policy: Policy = facts.policy
    need = next(need for need in looking.rows(policy) if need.section == section)
    return [dict(zip(need.all_columns, row.values, strict=True)) for row in facts.read(section)]


def collections(facts: Facts) -> list[Row]:
    """Of the names that are governed here."""
    return [row for row in rows(facts, looking.COLLECTIONS) if row["collection"] in facts.policy.names]


def fields(facts: Facts) -> list[Row]:
    """Of the names that are governed here, in the order in which they were made: a name may stand twice."""
    return sorted(rows(facts, looking.FIELDS), key=lambda row: int(row["id"]))


def permissions(facts: Facts) -> list[Row]:
    """Of the names that are governed here, and whatever else our own policy permits."""
    policy: Policy = facts.policy
    found = rows(facts, looking.PERMISSIONS)
    keyed_by(facts)
    ours = [r for r in found if r["collection"] in policy.names or str(r["policy"]) == policy.reading.id]
    return sorted(ours, key=lambda row: int(row["id"]))


def access_policy(facts: Facts) -> Row | None:
    """Ours, by its id; names of policies are not unique."""
    found = rows(facts, looking.POLICIES)
    return next((row for row in found if str(row["id"]) == facts.policy.reading.id), None)


def access(facts: Facts) -> list[Row]:
    """Rows that give our policy to somebody, and those of the ids that ours have."""
    reading = facts.policy.reading
    ids = {reader.access for reader in reading.readers}
    found = rows(facts, looking.ACCESS)
    return [row for row in found if str(row["policy"]) == reading.id or str(row["id"]) in ids]


def roles(facts: Facts) -> dict[str, tuple[str, ...]]:
    """Ids by name, which is not unique: a role that is meant has exactly one."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows(facts, looking.ROLES):
        found[str(row["name"])] = (*found.get(str(row["name"]), ()), str(row["id"]))
    return found


def keyed_by(facts: Facts) -> Literal["policy", "role"]:
    """By what Directus keys a permission: version 10 by role, 11 by policy (FACTS, 'Permissions')."""
    where = (facts.policy.directus, "directus_permissions")
    there = {c.name for c in facts.read("catalog.columns") if (c.schema, c.relation) == where}
    if "policy" in there:
        return "policy"
    if "role" in there:
        return "role"
    raise CouldNotLook(
        f"{'.'.join(where)} has neither policy nor role, so nobody knows whom a permission is for",
        remedy="versions 10 and 11 of Directus are known here",
    )

"""What Directus has to hold, as rows: of the collection, of its fields, of who may read. Of a disabled one: nothing.

The package says it (document 002, section 3), so a field that the view gains is wanted here with no other edit. What a
package leaves open has one value too, or nobody could tell a change of it: a hidden collection, a singleton.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.systems.iu_registration import found, looking
from compliance.systems.iu_registration.package import build_registration_package

if TYPE_CHECKING:
    from compliance.systems.iu_registration.found import Row
    from compliance.systems.iu_registration.package import DirectusRegistrationPackage
    from compliance.systems.iu_registration.policy import Policy
    from compliance.systems.protocol import Facts

READ = "read"
# Columns that are judged, and what counts where the package says nothing.
COLLECTION: dict[str, Any] = {
    "icon": None, "note": None, "hidden": False, "singleton": False, "archive_field": None, "sort_field": None,
    "accountability": None, "versioning": False,
}  # fmt: skip
FIELD: dict[str, Any] = {
    "special": None, "readonly": False, "hidden": False, "sort": None, "note": None, "required": False,
    "conditions": None,
}  # fmt: skip
# Of a permission. Directus takes an empty object for no condition, and so it takes NULL.
PERMISSION: dict[str, Any] = {"permissions": {}, "validation": {}, "presets": None, "fields": "*"}
POLICY: dict[str, Any] = {"admin_access": False, "app_access": False}


def package(facts: Facts) -> DirectusRegistrationPackage:
    """What policy and this observation give."""
    for section in (looking.ENVELOPE, "catalog.relations", "catalog.columns"):
        facts.read(section)  # so that it is evidence
    policy: Policy = facts.policy
    return build_registration_package(facts.observation, policy.collection.name, policy=policy)


def collection(facts: Facts) -> Row | None:
    """The row of directus_collections, or None where there is to be none."""
    if facts.policy.state == "disabled":
        return None
    payload = package(facts).directus_collections_payload()
    return {"collection": payload["collection"], **_judged(payload["meta"], COLLECTION)}


def fields(facts: Facts) -> dict[str, Row]:
    """The rows of directus_fields by field, in the order of the view."""
    if facts.policy.state == "disabled":
        return {}
    name = facts.policy.collection.name
    return {
        each["field"]: {"collection": name, "field": each["field"], **_judged(each["meta"], FIELD)}
        for each in package(facts).directus_fields_payload()
    }


def permissions(facts: Facts) -> list[Row]:
    """The one permission, to read: of our policy (version 11), or of each role that the operator chose (10)."""
    policy: Policy = facts.policy
    if policy.state == "disabled":
        return []
    head = {"collection": policy.collection.name, "action": READ, **PERMISSION}
    if found.keyed_by(facts) == "policy":
        return [{**head, "policy": policy.reading.id, "role": None}]
    return [{**head, "policy": None, "role": role} for role in granted(facts).values()]


def access_policy(facts: Facts) -> Row | None:
    """The row of directus_policies: neither an administrator nor a user of the app."""
    policy: Policy = facts.policy
    if policy.state == "disabled" or found.keyed_by(facts) == "role":
        return None
    return {"id": policy.reading.id, "name": policy.reading.name, **POLICY}


def access(facts: Facts) -> dict[str, Row]:
    """The rows of directus_access by the document's hint of the role."""
    policy: Policy = facts.policy
    if policy.state == "disabled" or found.keyed_by(facts) == "role":
        return {}
    of = granted(facts)
    return {
        reader.hint: {"id": reader.access, "role": of[reader.hint], "user": None, "policy": policy.reading.id}
        for reader in policy.reading.readers
        if reader.hint in of
    }


def granted(facts: Facts) -> dict[str, str]:
    """Ids of the roles that the operator chose, by hint. One that is no single role is left out: IU005 says so."""
    ids = found.roles(facts)
    readers = facts.policy.reading.readers
    return {r.hint: ids[r.role][0] for r in readers if len(ids.get(r.role, ())) == 1}


def _judged(meta: Row, columns: dict[str, Any]) -> dict[str, Any]:
    """As the table keeps it: a list of `special` is one text there."""
    return {column: _kept(meta.get(column, default)) for column, default in columns.items()}


def _kept(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or None
    return value

"""The registration package of document 002, section 3: data only. Who issues the requests is the operator, or a plan.

Nothing here knows how to talk to Directus or to a database; an import contract keeps it so. The document sends
`directus_collections_payload` to POST /collections and `directus_fields_payload` to POST /fields. Where the relation is
one that Directus knows already (a shadow or a projection), both are 400, and the same bodies go to PATCH, of a field
its name and `meta` alone: `requests` says which.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from compliance.core import canonical
from compliance.core.errors import ConfigurationError, CouldNotLook, Refused
from compliance.systems.iu_registration.introspect import known
from compliance.systems.iu_registration.parts import (
    PackageField,
    PackageReader,
    fields_of,
    mode_of,
    readers_of,
    reading_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.systems.iu_registration.introspect import Known, Source
    from compliance.systems.iu_registration.policy import Mode, Policy

__all__ = ["DirectusRegistrationPackage", "PackageField", "PackageReader", "build_registration_package"]

FORMAT = 1
READ = "read"


@dataclass(frozen=True, slots=True)
class DirectusRegistrationPackage:
    """All of it. `version`: 10 or 11, as permissions are keyed; where nothing told, None and `unknown` says why.

    `unseen`: the roles could not be looked at.
    """

    collection: str
    view: str
    mode: Mode
    version: int | None
    unknown: str
    icon: str
    accountability: str | None
    sort: str | None
    note: str | None
    fields: tuple[PackageField, ...]
    policy: str
    policy_name: str
    readers: tuple[PackageReader, ...]
    unseen: bool

    def directus_collections_payload(self) -> dict[str, Any]:
        """Body for POST /collections. `schema: null`: Directus makes no table of it."""
        meta = {
            "collection": self.collection,
            "icon": self.icon,
            "note": self.note,
            "hidden": False,
            "singleton": False,
            "sort_field": self.sort,
            "accountability": self.accountability,
        }
        return {"collection": self.collection, "meta": meta, "schema": None}

    def directus_fields_payload(self) -> list[dict[str, Any]]:
        """Bodies for POST /fields/<collection>, one for each field."""
        return [field.payload(self.collection) for field in self.fields]

    def directus_permissions_payload(self) -> Any:
        """To read and nothing else. Version 10: an object for each role. 11: one policy, its permission, who has it.

        The shape of one version must not be sent to the other: 11 drops a role in silence, and 10 takes a permission
        without a role for one of everybody.
        """
        if self.version is None:
            raise CouldNotLook(f"{self.collection}: {self.unknown}")
        roles = self._roles()
        if self.version == 10:
            return [{"role": role, **self._permission()} for role in roles.values()]
        rights = {"admin_access": False, "app_access": False}
        return {
            "policy": {"id": self.policy, "name": self.policy_name, **rights},
            "permissions": [{"policy": self.policy, **self._permission()}],
            "access": [
                {"id": access, "role": role, "policy": self.policy, "sort": place}
                for place, (access, role) in enumerate(roles.items(), 1)
            ],
        }

    def _permission(self) -> dict[str, Any]:
        return {
            "collection": self.collection,
            "action": READ,
            "permissions": {},
            "validation": {},
            "presets": None,
            "fields": ["*"],
        }

    def _roles(self) -> dict[str, str]:
        """The role behind each row of access, all of them or none."""
        problems = [reader.problem for reader in self.readers if reader.id is None]
        if problems and self.unseen:
            raise CouldNotLook(f"{self.collection}: {problems[0]}")
        if problems:
            raise Refused(
                f"{self.collection}: nobody can be given the permission",
                reasons=problems,
                remedy="make these roles in Directus, or name others under reading.roles and reading.grant",
            )
        return {reader.access: reader.id for reader in self.readers if reader.id is not None}

    def requests(self) -> list[dict[str, Any]]:
        """What an operator sends, in this order."""
        path = quote(self.collection, safe="")
        collection, fields = self.directus_collections_payload(), self.directus_fields_payload()
        if self.mode == "view":
            sent: list[tuple[str, str, Any]] = [
                ("POST", "/collections", collection),
                *(("POST", f"/fields/{path}", field) for field in fields),
            ]
        else:
            named = [{"field": field["field"], "meta": field["meta"]} for field in fields]
            sent = [
                ("PATCH", f"/collections/{path}", {"meta": collection["meta"]}),
                ("PATCH", f"/fields/{path}", named),
            ]
        permissions = self.directus_permissions_payload()
        if self.version == 10:
            sent += [("POST", "/permissions", permissions)]
        else:
            sent += [
                ("POST", "/policies", permissions["policy"]),
                ("POST", "/permissions", permissions["permissions"]),
                ("POST", "/access", permissions["access"]),
            ]
        return [{"method": method, "path": path, "body": body} for method, path, body in sent]

    def as_json(self) -> str:
        """Sorted, a field or a setting a line, the same everywhere: made to be kept in git."""
        package = {each.name: getattr(self, each.name) for each in fields(self)}
        package["fields"] = [field._asdict() for field in self.fields]
        package["readers"] = [reader._asdict() for reader in self.readers]
        return canonical.lines({"format": FORMAT, "package": package, "requests": self.requests()}, deep=4)

    @classmethod
    def from_json(cls, text: str) -> DirectusRegistrationPackage:
        """Read what `as_json` has written; requests that somebody has edited are refused."""
        try:
            whole = json.loads(text)
            value: Mapping[str, Any] = whole["package"]
            listed = [
                PackageField(**{**field, "special": tuple(field["special"])}) for field in value["fields"]
            ]
            readers = tuple(PackageReader(**reader) for reader in value["readers"])
            found = cls(**{**value, "fields": tuple(listed), "readers": readers})
        except (ValueError, KeyError, TypeError) as problem:
            raise ConfigurationError(
                f"this is no registration package: {problem}", remedy="make it again with register-plan"
            ) from problem
        if whole != json.loads(found.as_json()):
            raise ConfigurationError(
                f"the package of {found.collection} does not say what its requests say",
                remedy="make it again with register-plan; what it says is changed in the policy",
            )
        return found


def build_registration_package(
    source: Source, collection_name: str | None = None, *, policy: Policy
) -> DirectusRegistrationPackage:
    """The package of a collection: that of the policy, or the view of this name beside its view, which has an access
    policy of its own, and is the document's own package (`mode: view`) where no shadow stands behind it.

    `source`: an observation, or an open connection that may read the catalog, the envelope and the roles of Directus.
    """
    described = known(source)
    name = collection_name or policy.collection.name
    fields = fields_of(described, policy, name)
    version, unknown = _version(described, policy)
    readers, unseen = readers_of(described, policy, name)
    collection, reading = policy.collection, reading_of(policy, name)
    return DirectusRegistrationPackage(
        collection=name,
        view=".".join(described.view(policy, name)),
        mode=mode_of(described, policy, name),
        version=version,
        unknown=unknown,
        icon=collection.icon,
        accountability=collection.accountability,
        sort=next((field.name for field in fields if field.name == collection.sort), None),
        note=collection.note,
        fields=fields,
        policy=reading.id,
        policy_name=reading.name,
        readers=readers,
        unseen=unseen,
    )


def _version(described: Known, policy: Policy) -> tuple[int | None, str]:
    try:
        return described.version(policy), ""
    except CouldNotLook as problem:
        return None, problem.message

"""What has to be looked at, by the names of its sections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.needs import Compared, RowsNeed

if TYPE_CHECKING:
    from compliance.systems.iu_registration.policy import Policy

ENVELOPE = "rows:iu_envelope"
COLLECTIONS, FIELDS, PERMISSIONS = (
    "rows:directus_collections",
    "rows:directus_fields",
    "rows:directus_permissions",
)
POLICIES, ACCESS, ROLES = "rows:directus_policies", "rows:directus_access", "rows:directus_roles"
ITEMS, COMPARED = "directus.items", "compared:iu_served"
# Collections that fields are kept of, each once.
FIELDS_OF = "rows:directus_fields_of"

ENVELOPE_COLUMNS = ("field_name", "pg_type", "pg_udt", "is_nullable", "ordinal_position", "axis_group")
_COLLECTION = (
    "collection", "icon", "note", "hidden", "singleton", "archive_field", "sort_field", "accountability", "group",
)  # fmt: skip
_FIELD = ("id", "collection", "field", "special", "readonly", "hidden", "sort", "note", "required")
# What nobody judges, and a plan that takes such a row away has to give back with it. Versions differ in them.
_REST_OF_COLLECTION = (
    "display_template", "translations", "archive_app_filter", "archive_value", "unarchive_value", "color",
    "item_duplication_fields", "sort", "collapse", "preview_url", "versioning",
)  # fmt: skip
_REST_OF_FIELD = (
    "interface", "options", "display", "display_options", "width", "translations", "conditions", "group",
    "validation", "validation_message", "searchable",
)  # fmt: skip
_REST_OF_POLICY = ("icon", "description", "ip_access", "enforce_tfa")


def rows(policy: Policy) -> tuple[RowsNeed, ...]:
    """Rows of the envelope and of Directus' own tables. Of fields those of the names that are governed alone."""
    schema = policy.directus

    def table(name: str) -> str:
        return f"{schema}.directus_{name}"

    return (
        RowsNeed("iu_envelope", policy.source.envelope, ENVELOPE_COLUMNS),
        RowsNeed(
            "directus_collections", table("collections"), _COLLECTION, candidates=_REST_OF_COLLECTION
        ),
        RowsNeed(
            "directus_fields", table("fields"), _FIELD, only=("collection", policy.names), candidates=_REST_OF_FIELD
        ),
        RowsNeed("directus_fields_of", table("fields"), ("collection",), distinct=True),
        # Version 10 keys a permission by role, 11 by policy: which columns are there tells them apart.
        RowsNeed(
            "directus_permissions", table("permissions"),
            ("id", "collection", "action", "permissions", "validation", "presets", "fields"),
            candidates=("policy", "role"),
        ),
        RowsNeed(
            "directus_policies", table("policies"), ("id", "name", "admin_access", "app_access"),
            candidates=_REST_OF_POLICY,
        ),
        RowsNeed("directus_access", table("access"), ("id", "role", "user", "policy", "sort")),
        RowsNeed("directus_roles", table("roles"), ("id", "name"), candidates=("parent", "admin_access")),
    )  # fmt: skip


def compared(policy: Policy) -> tuple[Compared, ...]:
    """The view, and the table by which Directus knows its key: a shadow holds no row, a projection the same rows.

    Nothing is compared where there is no such table, or where there has to be none.
    """
    if not policy.keyed or policy.state == "disabled":
        return ()
    return (Compared("iu_served", policy.source.view, policy.keyed, (policy.source.key,)),)

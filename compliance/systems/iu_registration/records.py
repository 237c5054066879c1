"""Whom a permission of Directus is for, and which version of it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core.observation import SourceUnavailable
from compliance.systems.iu_registration import found, looking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.systems.protocol import Facts


def version(facts: Facts) -> str | None:
    """What the running Directus says; None where the estate declares that it cannot be asked."""
    try:
        return next((str(server.version) for server in facts.read("directus.server")), None)
    except SourceUnavailable:
        return None


def number(text: str | None) -> int | None:
    """`11.17.4` is 11."""
    head = (text or "").strip().removeprefix("v").partition(".")[0]
    return int(head) if head.isascii() and head.isdigit() else None


def by_role(facts: Facts) -> bool:
    """Version 10, which knows no access policies: their tables are not there, so nobody looks into them."""
    return found.keyed_by(facts) == "role"


def holders(facts: Facts) -> Mapping[str | None, str]:
    """Who has a permission, by the id that it names, as somebody would say it."""
    roles: dict[str | None, str] = {
        str(row["id"]): f"role {row['name']}" for row in found.rows(facts, looking.ROLES)
    }
    if by_role(facts):
        return {None: "everybody", **roles}
    policies = {str(row["id"]): row for row in found.rows(facts, looking.POLICIES)}
    given: dict[str, list[str]] = {}
    for row in found.rows(facts, looking.ACCESS):
        role = roles.get(str(row["role"]), f"role {row['role']}") if row["role"] is not None else None
        user = f"user {row['user']}" if row["user"] is not None else None
        given.setdefault(str(row["policy"]), []).append(role or user or "everybody")
    return {key: _told(row["name"], given.get(key, [])) for key, row in policies.items()}


def _told(name: str, given: list[str]) -> str:
    """The name of a policy, which need not be the only one of it, and who has it."""
    return f"policy {name} ({', '.join(sorted(given)) or 'nobody has it'})"


def administrators(facts: Facts) -> Iterator[str]:
    """What makes somebody one: no permission stops him."""
    if by_role(facts):
        yield from (f"role {row['name']}" for row in found.rows(facts, looking.ROLES) if row["admin_access"])
    else:
        yield from (f"policy {r['name']}" for r in found.rows(facts, looking.POLICIES) if r["admin_access"])

"""`profiles` of platform.yaml: what lets a gate be green."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compliance.core.gates import SEVERITIES, Profile
from compliance.systems import SYSTEMS

if TYPE_CHECKING:
    from compliance.estate.document import Document


def parse_profiles(document: Document) -> dict[str, Profile]:
    """By name, in the order of the file. What one does not say is as strict as an audit without it."""
    return {name: _profile(document, name, said) for name, said in document.value.get("profiles", {}).items()}


def _profile(document: Document, name: str, said: dict[str, Any]) -> Profile:
    for index, system in enumerate(said.get("systems", ())):
        if system not in SYSTEMS:
            raise document.error(
                f"profiles.{name}: no system '{system}'; there are {', '.join(SYSTEMS)}",
                "profiles", name, "systems", index,
            )  # fmt: skip
    fail_on = said.get("fail_on", {})
    return Profile(
        name,
        frozenset(fail_on.get("severities", SEVERITIES)),
        "only" in fail_on,
        frozenset(said["systems"]) if "systems" in said else None,
        said.get("max_age", {}),
    )

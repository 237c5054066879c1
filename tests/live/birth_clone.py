"""A clone of the reference estate with its birth system."""

from __future__ import annotations

from typing import Any

from tests.live.reference_clone import ReferenceClone


class Birth(ReferenceClone):
    """A clone, written to as the running Directus writes."""

    def scan(self) -> dict[str, Any]:
        return dict(self.asked("select public.fn_birth_onboarding_full_scan()"))

    def gaps(self) -> set[tuple[str, str, int]]:
        """What is open: collection, kind, how often it was seen."""
        found = self.owner.execute(
            "select entity_code, title, occurrence_count from public.system_issues"
            " where issue_type = 'BIRTH_ONBOARDING_GAP' and status = 'open'"
        ).fetchall()
        return {(collection, title.split()[-1], count) for collection, title, count in found}

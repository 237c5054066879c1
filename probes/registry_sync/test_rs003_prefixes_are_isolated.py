"""RS003: no document of a collection is under a prefix that the service's source sends back.

Why: prefix isolation is what keeps a one-way sync one-way (document 000, 'Architecture'); where prefixes meet, each
  change comes back as another one, without end.
Remedy: take the prefix out of the service's source, or name the documents otherwise; no plan touches that source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import isolation

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS003", family="anti-loop", severity="critical", phase="readiness")
@pytest.mark.each("registry_sync.collections")
def test_prefixes_are_isolated(look: Look) -> None:
    """No document of a collection is under a prefix that the service's source sends back."""
    look.expect_none(isolation.prefixes_are_isolated)

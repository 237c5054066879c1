"""RS025: the operations of a flow have different keys.

Why: a result is kept under the key of its operation: of two with one key the later one hides the other, and one
  named `$last` or `$trigger` hides what Directus put there.
Remedy: rename one of them in Directus; of a declared flow `compliance compile registry_sync`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import chains

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS025", family="chains", severity="medium", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_keys_are_distinct(look: Look) -> None:
    """The operations of a flow have different keys."""
    look.expect_none(chains.keys_are_distinct)

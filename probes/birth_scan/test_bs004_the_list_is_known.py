"""BS004: Question 4: FLOWS_ENV_ALLOW_LIST is known, the same wherever it stands, and holds the address.

Why: a name that is not listed renders as `undefined`; a list that was changed in the file alone is not what
  runs (document 001, section 4).
Remedy: write the list and the address into the environment of Directus, and restart it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import allowing

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS004", family="environment", severity="critical", phase="readiness")
@pytest.mark.each("birth_scan.environment")
def test_the_list_is_known(look: Look) -> None:
    """Question 4: FLOWS_ENV_ALLOW_LIST is known, the same wherever it stands, and holds the address."""
    look.expect_none(allowing.the_list_is_known)

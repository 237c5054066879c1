"""PL003: every policy in force was reviewed.

Why: a draft written from an observation declares whatever was found, drift included.
Remedy: read the file, correct it, and replace `reviewed: false` by who reviewed it, when and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.platform import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("PL003", family="policy", severity="high", phase="readiness")
@pytest.mark.each("platform.policies")
def test_policies_are_reviewed(look: Look) -> None:
    """Every policy in force was reviewed."""
    look.expect_none(rules.policies_are_reviewed)

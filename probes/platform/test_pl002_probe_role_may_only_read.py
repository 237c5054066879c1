"""PL002: the role that looks may read and nothing else.

Why: an audit that could write cannot show that it did not; what PUBLIC or a membership grants counts too.
Remedy: `compliance role` prints the SQL of a role that may SELECT what policy names; revoke the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.platform import rules

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("PL002", family="least privilege", severity="critical", phase="readiness")
@pytest.mark.each("platform")
def test_probe_role_may_only_read(look: Look) -> None:
    """The role that looks may read and nothing else."""
    look.expect_none(rules.probe_role_may_only_read)

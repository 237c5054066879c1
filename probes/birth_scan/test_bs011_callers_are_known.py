"""BS011: It is decided how the endpoint knows its caller, and the environment can carry it.

Why: a call writes; where no allowed name can carry a token, somebody has to decide (`auth_decision`) before
  there is an endpoint that anybody may call (document 001, section 5).
Remedy: add the name of the token to FLOWS_ENV_ALLOW_LIST and give it to both services, or decide `auth: {none:
  {reason}}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import calling

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS011", family="auth", severity="critical", phase="readiness")
@pytest.mark.each("birth_scan.endpoint")
def test_callers_are_known(look: Look) -> None:
    """It is decided how the endpoint knows its caller, and the environment can carry it."""
    look.expect_none(calling.callers_are_known)

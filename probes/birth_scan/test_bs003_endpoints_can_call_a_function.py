"""BS003: Question 3: endpoints reach the database in a way that can call a function.

Why: a call of a function is no CRUD of Directus; the compiled endpoint does it as the pattern's endpoint does,
  and in no way of its own (document 001, 2.D).
Remedy: give the server the package pg or postgres and the address of the database, in a route that the pattern
  calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import access

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS003", family="server", severity="critical", phase="readiness")
@pytest.mark.each("birth_scan.server")
def test_endpoints_can_call_a_function(look: Look) -> None:
    """Question 3: endpoints reach the database in a way that can call a function."""
    look.expect_none(access.endpoints_can_call_a_function)

"""BS005: Question 5: the pattern's request goes where an endpoint answers, and Directus sends it.

Why: loopback is denied by default, and Nuxt answers 200 to a GET of a route that knows POST alone: an address
  that looks right calls nothing (document 001, 2.C).
Remedy: let the pattern name the container that answers, with the method of its route.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import address

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS005", family="environment", severity="critical", phase="readiness")
@pytest.mark.each("birth_scan.pattern")
def test_the_address_works(look: Look) -> None:
    """Question 5: the pattern's request goes where an endpoint answers, and Directus sends it."""
    look.expect_none(address.the_address_works)

"""RS037: no flow holds a secret as text.

Why: who may read flows, their revisions or a backup has every secret that stands in one; document 000's flows
  name theirs by `$env`.
Remedy: put the value into the environment, name it as `{{$env.X}}`, allow the name, then change the secret: it
  is in the revisions too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import secrets

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS037", family="secrets", severity="critical", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_no_literal_secret(look: Look) -> None:
    """No flow holds a secret as text."""
    look.expect_none(secrets.no_literal_secret)

"""DS028: no output holds a secret.

Why: what is pulled from production is committed, and whoever may read the repository reads it there for good (document
  003, 'Live to Docs': sanitize secrets, replace with placeholders).
Remedy: take it over with `sanitized_files`, or name it there in `hide`; change the secret, which is in the history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.directional_sync import secrecy

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("DS028", family="secrets", severity="critical", phase="conformance")
@pytest.mark.each("directional_sync.targets")
def test_no_secret_in_outputs(look: Look) -> None:
    """No output holds a secret."""
    look.expect_none(secrecy.no_secret_in_outputs)

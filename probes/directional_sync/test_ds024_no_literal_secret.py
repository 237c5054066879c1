"""DS024: no secret stands as text in the sync's files.

Why: git keeps what was committed once for good, and the workflow's log shows what a command line holds (document 003,
  'Secret Protection').
Remedy: name a variable, `$NAME` or `${{ secrets.NAME }}`; then change the secret, since it is in the history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.directional_sync import secrecy

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("DS024", family="secrets", severity="critical", phase="conformance")
@pytest.mark.each("directional_sync.texts")
def test_no_literal_secret(look: Look) -> None:
    """No secret stands as text in the sync's files."""
    look.expect_none(secrecy.no_literal_secret)

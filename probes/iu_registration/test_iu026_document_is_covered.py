"""IU026: The fields of the document are in the envelope, and every axis group has one.

Why: the document shows as its evidence 16 fields and every axis group populated (section 2), and its sandbox asks
  for that (S8, S9).
Remedy: give the view its column back, or let the envelope name it and put it into its group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.iu_registration.source import document_is_covered

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("IU026", family="source", severity="medium", phase="conformance")
@pytest.mark.each("iu_registration.document")
def test_document_is_covered(look: Look) -> None:
    """The fields of the document are in the envelope, and every axis group has one."""
    look.expect_none(document_is_covered)

"""BS027: A column has one vocabulary.

Why: a severity of three scales has no order, so nobody can ask for what is urgent (FACTS, 'The estate's
  tables').
Remedy: decide on one vocabulary, declare it, and bring the rows to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.birth_scan import vocabularies

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("BS027", family="words", severity="medium", phase="conformance")
@pytest.mark.each("birth_scan.words")
def test_vocabularies_agree(look: Look) -> None:
    """A column has one vocabulary."""
    look.expect_none(vocabularies.vocabularies_agree)

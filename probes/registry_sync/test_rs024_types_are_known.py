"""RS024: every operation is of a type that this Directus has.

Why: an operation of an unknown type ends its flow with a line in the log and nothing else (FACTS, 'Flows').
Remedy: install the extension and name its type in `known_operations`, or take the operation out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import chains

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS024", family="chains", severity="high", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_types_are_known(look: Look) -> None:
    """Every operation is of a type that this Directus has."""
    look.expect_none(chains.types_are_known)

"""RS029: a request that fails leaves a record.

Why: a rejected operation without a `reject` path ends its flow silently, so that a document that did not arrive
  is missed by nobody (FACTS, 'Flows').
Remedy: let `reject` lead to an operation that inserts into the collection of `failures`; of a declared flow
  `compliance compile registry_sync`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import failing

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS029", family="failures", severity="high", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_failures_are_recorded(look: Look) -> None:
    """A request that fails leaves a record."""
    look.expect_none(failing.failures_are_recorded)

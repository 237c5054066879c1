"""RS038: this Directus may send to the addresses of its flows.

Why: IMPORT_IP_DENY_LIST holds 0.0.0.0 unless told otherwise, which is every address of the machine itself: a
  request to localhost fails, one to another container passes (FACTS, 'Flows').
Remedy: name the other container instead of localhost; take an address out of the list only where that was
  weighed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import addresses

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS038", family="environment", severity="high", phase="conformance")
@pytest.mark.each("registry_sync.flows")
def test_addresses_are_not_denied(look: Look) -> None:
    """This Directus may send to the addresses of its flows."""
    look.expect_none(addresses.addresses_are_not_denied)

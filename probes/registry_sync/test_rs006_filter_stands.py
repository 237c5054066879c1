"""RS006: the filter of the way back stands before what sends, and filters by the declared prefixes.

Why: document 000 found the prefixes in `directus_sync.py`; a constant that nothing asks for filters nothing.
Remedy: restore the filter in the service's source, or correct service.reverse in registry_sync.yaml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.registry_sync import isolation

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("RS006", family="anti-loop", severity="critical", phase="readiness")
@pytest.mark.each("registry_sync.service")
def test_filter_stands(look: Look) -> None:
    """The filter of the way back stands before what sends, and filters by the declared prefixes."""
    look.expect_none(isolation.filter_stands)

"""DS001: sync.yaml is there and valid.

Why: the runner refuses a file that is not, so nothing is kept in step; a glob that two targets write, a verification
  that is its own entrypoint and a cycle can be seen before anything runs (document 003, acceptance criterion 1).
Remedy: put right what the finding names with its line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from compliance.systems.directional_sync import validity

if TYPE_CHECKING:
    from compliance.probing import Look


@pytest.mark.rule("DS001", family="configuration", severity="critical", phase="readiness")
@pytest.mark.each("directional_sync.file")
def test_configuration_is_valid(look: Look) -> None:
    """Sync.yaml is there and valid."""
    look.expect_none(validity.the_file_is_valid)

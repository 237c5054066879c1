"""What says how a sync is done is written by no target of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sync.sandbox import Sandbox


@pytest.mark.parametrize("given", [(), ("--config", "./.insightpulse/sync.yaml")])
def test_no_target_writes_the_configuration(sandbox: Sandbox, given: tuple[str, ...]) -> None:
    sandbox.pull("news", "true", [".insightpulse/*.yaml"])
    sandbox.commit()
    ran = sandbox.run("--list", *given)
    assert ran.code == 2
    assert "news: '.insightpulse/*.yaml' holds the configuration of the sync" in ran.err


def test_another_file_beside_the_configuration_may_be_written(sandbox: Sandbox) -> None:
    sandbox.pull("news", "echo {} >.insightpulse/news.json", [".insightpulse/*.json"])
    sandbox.commit()
    assert sandbox.run().code == 0

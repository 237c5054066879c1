"""A connector called in this process, as its own process calls it: for what needs no repository around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from compliance.sync.connectors.protocol import Failed, Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Told(list[str]):
    """What it has said."""


def task(
    folder: Path,
    config: Mapping[str, Any],
    outputs: Sequence[str] = ("**",),
    given: Mapping[str, str] | None = None,
) -> Task:
    return Task("target", False, config, given or {}, tuple(outputs), folder, Told().append)


def failing(pulls: Any, given: Task, *words: str, passing: bool = False) -> None:
    """It says why, and has written nothing."""
    before = sorted(given.folder.rglob("*"))
    with pytest.raises(Failed) as caught:
        pulls.pull(given)
    for word in words:
        assert word in str(caught.value), str(caught.value)
    assert caught.value.passing == passing
    assert sorted(given.folder.rglob("*")) == before

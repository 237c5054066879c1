"""The names by which the runner is called: console scripts of the package, and what installs it where it is used."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path

from compliance.estate.resources import resource

ROOT = Path(__file__).parents[2]
SCRIPTS: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]


def test_the_package_installs_the_runner_under_its_name() -> None:
    assert SCRIPTS["sync-directional"] == "compliance.cli:sync_directional"


def test_each_console_script_leads_to_a_function() -> None:
    for name, place in SCRIPTS.items():
        module, _, function = place.partition(":")
        assert callable(getattr(import_module(module), function)), name


def test_what_the_reference_repository_installs_the_runner_from_pins_all_of_it() -> None:
    """By hash, or with the reason why not."""
    text = resource("fixtures/reference/repository/.insightpulse/requirements.txt").read_text()
    pins = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
    assert pins
    assert all(re.match(r"[\w.-]+==[\w.]+", line) for line in pins)
    assert "--hash=" in "".join(pins) or "in no public index" in text

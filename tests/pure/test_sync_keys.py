"""Every key that `sync.yaml` may hold has an effect: what somebody writes there, something reads.

`drift_gates`, `secret_patterns`, `fail_on_diff` and others were accepted by the runner before, and read by nothing.
"""

from __future__ import annotations

import ast
import json
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compliance.systems.directional_sync import syncfile

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[2] / "compliance"
SCHEMA = json.loads(syncfile.SCHEMA.read_text(encoding="utf-8"))
VALUES = (
    syncfile.SyncFile, syncfile.Target, syncfile.Verification, syncfile.Check, syncfile.Gate, syncfile.Command,
    syncfile.Elsewhere, syncfile.Notification,
)  # fmt: skip
# Read while the file is: of which there is no value, or one of another name.
READ_AT_ONCE = {"version", "git", "defaults", "safety", "workflow"}


def keys(schema: Any) -> Iterator[str]:
    """Names of all properties, at any depth, but for those that a person makes up."""
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            yield name
            yield from keys(inner)
        for name, inner in schema.items():
            if name != "properties":
                yield from keys(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from keys(inner)


KEYS = sorted(set(keys(SCHEMA)))


@cache
def read_by() -> dict[str, set[str]]:
    """By attribute the modules of the runner that read it: neither the model itself nor what only judges files."""
    found: dict[str, set[str]] = {}
    for path in (PACKAGE / "sync").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                found.setdefault(node.attr, set()).add(path.name)
    return found


def test_the_schema_is_read_to_its_ends() -> None:
    assert {"max_drift_score", "skip_on_push", "branch", "schemas", "outside", "requirements"} <= set(KEYS)
    assert len(KEYS) > 40


@pytest.mark.parametrize("key", [key for key in KEYS if key not in READ_AT_ONCE])
def test_each_key_is_a_value_that_the_runner_reads(key: str) -> None:
    places = {field.name for value in VALUES for field in fields(value)}
    assert key in places, "no value of the model holds it"
    read = {"targets": "targets", "skip_on_pull": "concerns", "skip_on_push": "concerns"}.get(key, key)
    elsewhere = {
        "schedule": "workflow_rendering.py", "requirements": "workflow_rendering.py", "depends_on": "syncfile.py",
        "priority": "syncfile.py",
    }  # fmt: skip
    if key in elsewhere:
        text = (PACKAGE / "systems/directional_sync" / elsewhere[key]).read_text(encoding="utf-8")
        assert f".{key}" in text
    else:
        assert read_by().get(read), f"nothing of the runner reads .{read}"


@pytest.mark.parametrize("key", sorted(SCHEMA["properties"]["defaults"]["properties"]))
def test_each_default_applies_to_a_target(key: str) -> None:
    assert key in syncfile.DEFAULTS
    assert key in {field.name for field in fields(syncfile.Target)}
    given = (SCHEMA["properties"]["defaults"], SCHEMA["$defs"]["target"])
    default, own = ({**each["properties"][key], "description": ""} for each in given)
    assert default == own, "what is said of the default of a default differs, and nothing else"


def test_a_key_that_nothing_reads_would_be_told() -> None:
    assert "no_such_key" not in read_by()

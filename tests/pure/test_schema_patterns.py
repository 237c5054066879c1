"""A pattern of a schema ends where the text ends: a name with a line feed behind it is no name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from compliance.core.errors import ConfigurationError
from compliance.estate import document, validating
from compliance.estate.resources import resource
from compliance.sync.connectors import schemas

if TYPE_CHECKING:
    from pathlib import Path

PLATFORM = resource("systems/platform/policy.schema.json")
BEHIND = ["\n", "\r\n", "\n\n"]


@pytest.mark.parametrize("behind", BEHIND)
def test_a_profile_whose_name_ends_in_a_line_feed_is_refused_with_its_line(tmp_path: Path, behind: str) -> None:
    path = tmp_path / "platform.yaml"
    text = (
        "reviewed: false\npostgres: {oldest: 14, newest: 18}\nprofiles:\n  NAME: {max_age: {observation: 1h}}\n"
    )
    path.write_text(text.replace("NAME", json.dumps("pr" + behind)), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"platform\.yaml:[34]: .*does not match"):
        document.load(path, PLATFORM)
    path.write_text(text.replace("NAME", json.dumps("pr")), encoding="utf-8")
    assert "pr" in document.load(path, PLATFORM).value["profiles"]


@pytest.mark.parametrize("behind", BEHIND)
def test_the_configuration_of_a_connector_is_held_to_the_same(behind: str) -> None:
    keeps = validating.validator(schemas.load("variable"))
    assert document.wrong_by(keeps, "TOKEN") is None
    assert document.wrong_by(keeps, f"TOKEN{behind}") is not None


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("^[a-z]+$", "a", "a\n"),
        (r"(^|/)\.\.?(/|$)", "a/..", "a/..\n"),
        (r"^(a|.*\$.*)$", "$b", "a\n"),
        (r"^a\\$", "a\\", "a\\\n"),
        ("^[$]$", "$", "$\n"),
        ("^[^$]$", "\n", "$"),
        (r"^[\]$]$", "$", "$\n"),
        (r"\S", "a\n", "\n"),
    ],
)
def test_a_sign_that_is_no_end_stays_what_it_is(pattern: str, fits: str, does_not: str) -> None:
    keeps: Any = validating.validator({"type": "string", "pattern": pattern})
    assert keeps.is_valid(fits)
    assert not keeps.is_valid(does_not)


def test_what_is_no_text_is_told_by_its_type_alone() -> None:
    keeps = validating.validator({"type": "string", "pattern": "^a$"})
    assert [error.validator for error in keeps.iter_errors(1)] == ["type"]

"""What `config` of a connector may hold is described key by key: that is what an error and `sync connectors` say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from compliance.core import redact
from compliance.sync.connectors.finding import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES = ("http_json", "notion_pages", "sanitized_files", "skill_catalog")


def undescribed(schema: Mapping[str, Any], at: str) -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        if not inner.get("description"):
            yield f"{at}{name}"
        yield from undescribed(inner, f"{at}{name}.")
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(inner := schema.get(key), dict):
            if not inner.get("description"):
                yield f"{at}{key}"
            yield from undescribed(inner, f"{at}{key}.")


@pytest.mark.parametrize("name", NAMES)
def test_every_key_is_described_and_no_other_one_is_taken(name: str) -> None:
    schema: Any = load(name).schema
    Draft202012Validator.check_schema(schema)
    assert list(undescribed(schema, "")) == []
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", NAMES)
def test_no_key_sounds_as_if_a_secret_stood_behind_it(name: str) -> None:
    """DS024 and the look at what is committed would take its value for one."""
    for key in load(name).schema["properties"]:
        assert redact.value({key: ["a-plain-value"]}, None) == {key: ["a-plain-value"]}

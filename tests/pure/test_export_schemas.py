"""Each format is what its publisher says it is: validated without a network, whatever stands in the verdict."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
import xmlschema
from hypothesis import given, settings
from jsonschema import ValidationError

from compliance.core.history import Known
from compliance.reporting.exports import export
from tests.pure.exporting import cases, exported, one_of_each, verdict
from tests.pure.published import SCHEMAS, VALIDATED, valid

if TYPE_CHECKING:
    from compliance.core.verdict import Case


@settings(max_examples=20)
@given(cases())
def test_whatever_stands_in_a_verdict_each_format_isvalid(found: list[Case]) -> None:
    known = {"XX000:gone": Known("run", "2026-11-01T00:00:00+00:00", True)}
    for name in VALIDATED:
        valid(name, export(name, exported(verdict(found), known)))


BROKEN = {
    "junit": ('<testcase classname="system_1.XX001" name="b" />', "<testcase/>"),
    "sarif": ('"version": "2.1.0"', '"version": "2.0"'),
    "oscal": ('"state": "not-satisfied"', '"state": "broken"'),
    "in-toto": ('"_type": "https://in-toto.io/Statement/v1"', '"_type": "x"'),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_validator_finds_what_is_notvalid(name: str) -> None:
    text = export(name, exported(verdict(one_of_each()))).decode()
    valid(name, text.encode())
    before, after = BROKEN[name]
    assert before in text
    with pytest.raises((ValidationError, xmlschema.XMLSchemaValidationError, ValueError)):
        valid(name, text.replace(before, after).encode())


def test_schemas_are_as_they_were_published() -> None:
    said = dict(
        re.findall(r"^\| `(\S+)` .* `([0-9a-f]{64})` \|$", (SCHEMAS / "README.md").read_text(), re.MULTILINE)
    )
    files = [path for path in SCHEMAS.iterdir() if path.name != "README.md"]
    assert {path.name: sha256(path.read_bytes()).hexdigest() for path in files} == said

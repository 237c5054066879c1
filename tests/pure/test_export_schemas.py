"""Each format is what its publisher says it is: validated without a network, whatever stands in the verdict."""

from __future__ import annotations

import json
import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import regress
import xmlschema
from google.protobuf.json_format import ParseDict
from hypothesis import given, settings
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as Message
from jsonschema import Draft4Validator, Draft7Validator, ValidationError, validators

from compliance.core.history import Known
from compliance.reporting.exports import export
from tests.pure.exporting import cases, exported, one_of_each, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.core.verdict import Case

SCHEMAS = Path(__file__).parents[1] / "schemas"
OSCAL, SARIF = "oscal_assessment-results_schema-1.2.1.json", "sarif-schema-2.1.0.json"


def _pattern(validator: Any, pattern: str, instance: Any, _: Any) -> Iterator[ValidationError]:
    r"""As ECMA 262 has it: NIST writes `\p{L}`, which Python's `re` does not know."""
    if validator.is_type(instance, "string") and not _compiled(pattern).find(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


@cache
def _compiled(pattern: str) -> regress.Regex:
    return regress.Regex(pattern, "u")


@cache
def _schema(name: str) -> Any:
    value = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    kind = Draft4Validator if "draft-04" in value["$schema"] else Draft7Validator
    return validators.extend(kind, {"pattern": _pattern})(value)


@cache
def _xsd() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")


def _valid(name: str, data: bytes) -> None:
    """Raises where it is not."""
    if name == "junit":
        _xsd().validate(data.decode())
    elif name == "in-toto":
        said = json.loads(data)
        Statement.copy_from_pb(ParseDict(said, Message())).validate()
        # Its parsing rules: fields that are not known have to be ignored.
        ParseDict(said["predicate"], test_result_pb2.TestResult(), ignore_unknown_fields=True)
    else:
        _schema(OSCAL if name == "oscal" else SARIF).validate(json.loads(data))


@settings(max_examples=20, deadline=None)
@given(cases())
def test_whatever_stands_in_a_verdict_each_format_is_valid(found: list[Case]) -> None:
    known = {"XX000:gone": Known("run", "2026-11-01T00:00:00+00:00", True)}
    for name in ("junit", "sarif", "oscal", "in-toto"):
        _valid(name, export(name, exported(verdict(found), known)))


BROKEN = {
    "junit": ('<testcase classname="system_1.XX001" name="b" />', "<testcase/>"),
    "sarif": ('"version": "2.1.0"', '"version": "2.0"'),
    "oscal": ('"state": "not-satisfied"', '"state": "broken"'),
    "in-toto": ('"_type": "https://in-toto.io/Statement/v1"', '"_type": "x"'),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_validator_finds_what_is_not_valid(name: str) -> None:
    text = export(name, exported(verdict(one_of_each()))).decode()
    _valid(name, text.encode())
    before, after = BROKEN[name]
    assert before in text
    with pytest.raises((ValidationError, xmlschema.XMLSchemaValidationError, ValueError)):
        _valid(name, text.replace(before, after).encode())


def test_schemas_are_as_they_were_published() -> None:
    said = dict(
        re.findall(r"^\| `(\S+)` .* `([0-9a-f]{64})` \|$", (SCHEMAS / "README.md").read_text(), re.MULTILINE)
    )
    files = [path for path in SCHEMAS.iterdir() if path.name != "README.md"]
    assert {path.name: sha256(path.read_bytes()).hexdigest() for path in files} == said

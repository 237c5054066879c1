"""Published schemas, and what they say of the bytes of a format."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import regress
import xmlschema
from google.protobuf.json_format import ParseDict
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as Message
from jsonschema import Draft4Validator, Draft7Validator, ValidationError, validators

if TYPE_CHECKING:
    from collections.abc import Iterator

VALIDATED = ("junit", "sarif", "oscal", "in-toto")
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


def valid(name: str, data: bytes) -> None:
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

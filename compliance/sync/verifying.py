"""What the outputs of a target have to be (document 003, 'Verification'): counted, ended as told, of a JSON Schema.

The document's `find … -exec jq empty {} \\;` cannot fail: find throws away what its command ended with. A schema here
is asked of every file, and one whose glob names no file has failed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from compliance.core.errors import ComplianceError
from compliance.estate import document
from compliance.sync import gates, wellformed
from compliance.sync.model import Checked
from compliance.systems.directional_sync import globs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from compliance.sync.process import Execute
    from compliance.systems.directional_sync.syncfile import Target, Verification

_SHOWN = 5  # problems of one schema that are told; the rest is counted


def verify(target: Target, cwd: Path, execute: Execute, *, ci: bool = False) -> tuple[Checked, ...]:
    """All that its verification names; nothing where it has none."""
    wanted = target.verification
    if wanted is None:
        return ()
    found = [_command(wanted, target, cwd, execute, ci=ci)] if wanted.command else []
    found += [_schema(glob, schema, target, cwd) for glob, schema in wanted.schemas.items()]
    return tuple(found)


def _command(wanted: Verification, target: Target, cwd: Path, execute: Execute, *, ci: bool) -> Checked:
    assert wanted.command is not None
    name = f"{target.name}: {wanted.command.shown}"
    completed = execute(wanted.command.argv, cwd=cwd)
    if reason := gates.missing(completed, wanted.expected_exit_code):
        return Checked("verification", name, False, reason, None if ci else reason, None, target.line)
    if problem := gates.ending(completed, wanted.expected_exit_code):
        return Checked("verification", name, False, problem, line=target.line)
    least, most = wanted.expected_min, wanted.expected_max
    if least is None and most is None:
        return Checked("verification", name, True, f"ended with {completed.code}", line=target.line)
    value = gates.number(completed.out)
    bound = gates.problem_of(value, least, most, low="expected_min", high="expected_max")
    return Checked("verification", name, bound is None, bound or f"{value:g}", value=value, line=target.line)


def _schema(glob: str, schema: str, target: Target, cwd: Path) -> Checked:
    name = f"{target.name}: {glob} keeps {schema}"
    files = sorted(_named(cwd, glob))
    problems = [*_problems(cwd, schema, files)] if files else [f"no file is named by '{glob}'"]
    more = [f"… and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
    detail = "; ".join(problems[:_SHOWN] + more) or f"{len(files)} files"
    return Checked("verification", name, not problems, detail, line=target.line)


def _named(cwd: Path, glob: str) -> Iterator[str]:
    folder = globs.base(glob)
    for name in wellformed.files(cwd / folder):
        path = f"{folder}/{name}" if folder else name
        if globs.matches(path, [glob]):
            yield path


def _problems(cwd: Path, schema: str, files: list[str]) -> Iterator[str]:
    from referencing.exceptions import Unresolvable

    try:
        validator = _validator(cwd / schema)
    except ValueError as error:
        yield f"{schema}: {error}"
        return
    for path in files:
        if not (cwd / path).is_file():  # whoever opened a pipe would wait for ever
            yield f"{path}: is no file"
            continue
        try:
            value = _value(cwd / path)
        except ValueError as error:
            yield f"{path}: {error}"
            continue
        try:
            yield from _broken(validator, path, value)
        except (Unresolvable, RecursionError):
            yield f"{schema}: one of its `$ref` leads out of it, nowhere, or round to itself"
            return


def _broken(validator: Any, path: str, value: Any) -> Iterator[str]:
    """What is wanted, never what stands there: it may be what nobody should read."""
    for broken in validator.iter_errors(value):
        where = "/".join(map(str, broken.absolute_path)) or "the whole"
        yield f"{path}: {where} does not keep {'/'.join(map(str, broken.absolute_schema_path))}"


def _value(path: Path) -> Any:
    if path.suffix not in (".yaml", ".yml"):
        return wellformed.json_value(path)
    try:
        return document.read(path).value
    except ComplianceError as error:
        raise ValueError(error.message.removeprefix(f"{path}:")) from None


def _validator(path: Path) -> Any:
    """It fetches nothing: what a `$ref` names elsewhere may change, or never answer."""
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for
    from referencing.jsonschema import EMPTY_REGISTRY

    schema = _value(path)
    kind: Any = validator_for(schema)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"no JSON Schema: {json.dumps(list(error.absolute_path))}") from None
    return kind(schema, registry=EMPTY_REGISTRY)

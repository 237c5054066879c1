"""Outputs are there and hold what they have to: acceptance criteria 5 and 6 of document 003, without the runner."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core.errors import ConfigurationError
from compliance.core.finding import Finding, Judgement, Unseen
from compliance.estate import document
from compliance.systems.directional_sync import globs, looking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.observation import Listed
    from compliance.systems.directional_sync.policy import Declared, Policy
    from compliance.systems.directional_sync.syncfile import Target
    from compliance.systems.protocol import Facts

# The document's own way to count: files of a name below a folder. What counts otherwise only the runner can verify.
_COUNTS = re.compile(
    r"""find\s+(?P<folder>[\w./-]+)\s+(?:-type\s+f\s+)?-name\s+(['"]?)(?P<name>[\w.*?-]+)\2\s*"""
    r"""(?:-type\s+f\s*)?\|\s*wc\s+-l\s*"""
)


def outputs_are_there(facts: Facts) -> Iterator[Judgement]:
    """Each glob has files, of data each can be read and keeps its schema, and there are as many as have to be."""
    entries, texts = looking.listed(facts), _texts(facts)
    for declared, target in looking.here(facts):
        for glob in target.outputs:
            yield from _of_glob(declared, target, glob, entries)
        for path, text in texts.items():
            if globs.matches(path, target.outputs):
                yield from _of_data(declared.name, path, text)
        yield from _of_schemas(declared, target, texts)
        yield from _counted(declared.name, target, entries)


def _texts(facts: Facts) -> dict[str, str]:
    """Of outputs and schemas those that were looked at."""
    policy: Policy = facts.policy
    wanted = looking.data(policy)
    found = [file for section in wanted for file in facts.read(section)]
    return {file.path: file.text for file in found if file.text is not None}


def _of_glob(
    declared: Declared, target: Target, glob: str, entries: Mapping[str, Listed]
) -> Iterator[Judgement]:
    if looking.there(entries, [glob]):
        return
    if glob not in declared.outputs and looking.sample(glob) not in entries:
        yield Unseen(declared.name, f"'{glob}': nobody looked, policy names other outputs")
    elif not target.allow_empty:
        yield Finding(declared.name, f"'{glob}': nothing of it is there", glob)


def _of_data(subject: str, path: str, text: str) -> Iterator[Judgement]:
    try:
        value = parsed(path, text)
    except ValueError as error:
        yield _unless_hidden(subject, path, text, f"{path} is not {error}")
        return
    if value in ({}, [], None, ""):
        yield Finding(subject, f"{path} is empty", f"{path}-empty")


def parsed(path: str, text: str) -> Any:
    """The value of a file of JSON or YAML; raises `ValueError`, which says what it is not."""
    if path.endswith(".json"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("JSON") from None
    try:
        return document.parsed(text, Path(path)).value
    except ConfigurationError:
        raise ValueError("YAML") from None


def _unless_hidden(subject: str, path: str, text: str, wrong: str) -> Judgement:
    """What was taken out of a text as a secret may be what makes it unreadable."""
    if "<secret " in text:
        return Unseen(subject, f"{wrong}, where a secret was taken out of it")
    return Finding(subject, wrong, path)


def _of_schemas(declared: Declared, target: Target, texts: Mapping[str, str]) -> Iterator[Judgement]:
    for glob, schema in (target.verification.schemas if target.verification else {}).items():
        if schema not in texts:
            yield (
                Finding(declared.name, f"{schema}, which '{glob}' has to keep, is not there", schema)
                if (declared.verification and schema in declared.verification.schemas.values())
                else Unseen(declared.name, f"{schema}: nobody looked, policy names another schema")
            )
            continue
        for path, text in texts.items():
            if globs.matches(path, [glob]) and (wrong := _against(path, text, schema, texts[schema])):
                yield Finding(declared.name, wrong, f"{path}-{schema}")


def _against(path: str, text: str, schema: str, rules: str) -> str | None:
    """Where it departs, never what stands there."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        value, keeps = parsed(path, text), Draft202012Validator(json.loads(rules))
        keeps.check_schema(keeps.schema)
    except (ValueError, SchemaError):
        return None if "<secret " in text else f"{path} cannot be held against {schema}"
    error = next(iter(keeps.iter_errors(value)), None)
    return f"{path} does not keep {schema}: {error.json_path} ({error.validator})" if error else None


def _counted(subject: str, target: Target, entries: Mapping[str, Listed]) -> Iterator[Judgement]:
    check = target.verification
    match = (
        _COUNTS.fullmatch(check.command.text.strip())
        if check and check.command and check.command.text
        else None
    )
    if check is None or match is None:
        return
    folder = globs.normal(match["folder"])
    if not any(globs.overlap(f"{folder}/**", output) for output in target.outputs):
        return
    count = len(looking.there(entries, [f"{folder}/**/{match['name']}"]))
    low, high = check.expected_min, check.expected_max
    if (low is not None and count < low) or (high is not None and count > high):
        wanted = f"at least {low:g}" if low is not None and count < low else f"at most {high:g}"
        yield Finding(
            subject, f"{count} files '{match['name']}' in {folder}; {wanted} have to be there", "count"
        )

"""No secret stands as text in `sync.yaml`, in what starts it, in what it starts or writes: git keeps it for good."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from compliance.core import redact
from compliance.core.errors import CouldNotLook
from compliance.core.finding import Finding, Judgement
from compliance.systems.directional_sync import globs, looking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.directional_sync.policy import Policy
    from compliance.systems.protocol import Facts

_VARIABLE = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_]*|\$\{[A-Za-z_][A-Za-z0-9_]*\}")
# What a look leaves where a secret stood.
_TAKEN = re.compile(r"<secret ([a-z-]+) length=\d+ hash=\w+>")


def no_literal_secret(facts: Facts) -> Iterator[Judgement]:
    """By file and kind; `$NAME` and `${{ secrets.NAME }}` are how one is named."""
    policy: Policy = facts.policy
    texts = {path: looking.text_of(facts, path) for path in (policy.file, policy.workflow, policy.runner)}
    folders = (policy.workflow.rpartition("/")[0] or ".",)
    texts |= {file.path: file.text for folder in folders for file in facts.read(f"tree:{folder}")}
    texts |= looking.texts(facts)
    for path, text in sorted(texts.items()):
        for kind, lines in _found(text or "").items():
            where = ", ".join(map(str, lines))
            yield Finding(path, f"a secret stands there as text ({kind}), line {where}", kind)
    yield from _of_config(facts)


def no_secret_in_outputs(facts: Facts) -> Iterator[Judgement]:
    """By target, file and kind; a placeholder is how one is left out."""
    policy: Policy = facts.policy
    texts = looking.written(facts)
    for target in policy.targets.values():
        for path, text in sorted(texts.items()):
            if globs.matches(path, target.outputs):
                for kind, lines in _found(text).items():
                    where = ", ".join(map(str, lines))
                    yield Finding(
                        target.name,
                        f"{path}: a secret stands there as text ({kind}), line {where}",
                        f"{path}-{kind}",
                    )


def _found(text: str) -> dict[str, list[int]]:
    """By kind the lines."""
    found: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        for match in _TAKEN.finditer(line):
            found.setdefault(match[1], []).append(number)
    return found


def _of_config(facts: Facts) -> Iterator[Judgement]:
    """Names of keys tell more than a line of text does."""
    policy: Policy = facts.policy
    try:
        found = looking.configuration(facts)
    except CouldNotLook:
        return
    for target in found.targets.values():
        for key, value in target.config.items():
            if redact.value({key: value}, None) != {key: value}:
                line = found.document.line("targets", target.name, "config", key)
                why = (
                    f"{policy.file}:{line}: config.{key} of {target.name} is a secret that stands there as text"
                )
                yield Finding(policy.file, f"{why}; name a variable", f"{target.name}.{key}")
            for name in _unnamed(key, value):
                line = found.document.line("targets", target.name, "config", key)
                why = (
                    f"{policy.file}:{line}: {name} of {target.name} holds something else than a variable's name"
                )
                yield Finding(policy.file, why, f"{target.name}.{key}.{name}")


def _unnamed(key: str, value: Any) -> Iterator[str]:
    """Keys by which a connector is told which variable holds its secret: a value of another form is the secret."""
    if isinstance(value, dict):
        for name, held in value.items():
            yield from _unnamed(str(name), held)
    elif isinstance(value, list):
        for held in value:
            yield from _unnamed("", held)
    elif key.lower().endswith("_env") and isinstance(value, str) and not _VARIABLE.fullmatch(value):
        yield key

"""`sync.yaml` as values: document 003, 'Configuration File'. What it says is checked whole before anything runs."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from compliance.systems.directional_sync import checking
from compliance.systems.directional_sync.syncfile import (
    DEFAULTS,
    Check,
    Command,
    Elsewhere,
    Gate,
    Notification,
    SyncFile,
    Target,
    Verification,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from compliance.estate.document import Document
    from compliance.systems.directional_sync.syncfile import Direction

# Keys that would have no effect on a target of a direction are refused there: a person who wrote one expects some.
_IDLE: Mapping[Direction, tuple[str, ...]] = {
    "pull": ("inputs", "outside", "conflict"),
    "push": ("outputs", "outside", "conflict", "git_commit"),
    "bidirectional": ("inputs", "idempotent"),  # both sides are always read again after a write
}
# What stands in a target as it does in `defaults`.
_ALIKE = (
    "dry_run", "fail_on_diff", "idempotent", "git_commit", "timeout", "conflict", "max_deletes", "allow_empty",
    "retries",
)  # fmt: skip
_NEEDED: Mapping[Direction, str] = {"pull": "outputs", "push": "inputs", "bidirectional": "outputs"}


def parse(document: Document) -> SyncFile:
    """A document that keeps the schema, as values; raises `ConfigurationError` with the line."""
    found = build(document)
    for problem in checking.problems(found):
        raise document.error(problem.message, *problem.place)
    return found


def build(document: Document) -> SyncFile:
    """Its values, whether or not they go together (`checking.problems`)."""
    value = document.value
    safety = value.get("safety", {})
    git = value.get("git", {})
    return SyncFile(
        git.get("branch"),
        git.get("message", "chore(sync): {target}"),
        value.get("workflow", {}).get("requirements", ".insightpulse/requirements.txt"),
        {
            name: Elsewhere(one["path"], one.get("branch"))
            for name, one in value.get("repositories", {}).items()
        },
        tuple(
            Notification(one["name"], one["kind"], one["url_env"], frozenset(one["on"]))
            for one in value.get("notifications", ())
        ),
        {name: _target(document, name) for name in value["targets"]},
        tuple(_regex(document, number) for number in range(len(safety.get("secret_patterns", [])))),
        safety.get("secret_baseline"),
        tuple(_check(document, "pre_sync_checks", n) for n in range(len(safety.get("pre_sync_checks", [])))),
        tuple(_check(document, "post_sync_checks", n) for n in range(len(safety.get("post_sync_checks", [])))),
        tuple(_gate(document, n) for n in range(len(safety.get("drift_gates", [])))),
        document,
    )


def _target(document: Document, name: str) -> Target:
    value = document.value["targets"][name]
    whole = {**DEFAULTS, **document.value.get("defaults", {}), **value}
    direction: Direction = whole["direction"]
    for key in _IDLE[direction]:
        if key in value:
            raise document.error(f"{name}: '{key}' has no effect on a {direction}", "targets", name, key)
    if _NEEDED[direction] not in value:
        raise document.error(f"{name}: a {direction} names its {_NEEDED[direction]}", "targets", name)
    entrypoint = value.get("entrypoint")
    if (entrypoint is None) == ("connector" not in value):
        text = f"{name}: names an entrypoint of the repository or a connector, and one of the two alone"
        raise document.error(text, "targets", name)
    env = (*document.value.get("defaults", {}).get("env", ()), *value.get("env", ()))
    return Target(
        name=name,
        direction=direction,
        description=value["description"],
        entrypoint=None if entrypoint is None else _path(entrypoint),
        connector=value.get("connector"),
        schedule=value.get("schedule"),
        config=value.get("config", {}),
        repository=value.get("repository"),
        priority=value.get("priority", 0),
        env=tuple(dict.fromkeys(env)),
        line=document.line("targets", name),
        verification=_verification(value.get("verification")),
        depends_on=tuple(value.get("depends_on", ())),
        inputs=tuple(value.get("inputs", ())),
        outputs=tuple(value.get("outputs", ())),
        outside=tuple(value.get("outside", ())),
        **{key: whole[key] for key in _ALIKE},
    )


def _verification(value: Any) -> Verification | None:
    if value is None:
        return None
    return Verification(
        _command(value["command"]) if "command" in value else None,
        value.get("expected_min"),
        value.get("expected_max"),
        value.get("expected_exit_code", 0),
        value.get("schemas", {}),
    )


def _command(value: str | Sequence[str]) -> Command:
    return Command(value, ()) if isinstance(value, str) else Command(None, tuple(value))


def _check(document: Document, kind: str, number: int) -> Check:
    value = document.value["safety"][kind][number]
    return Check(
        value["name"], _command(value["command"]), frozenset(value.get("targets", ())),
        value.get("skip_on_pull", False), value.get("skip_on_push", False), value.get("expected_exit_code", 0),
        document.line("safety", kind, number),
    )  # fmt: skip


def _gate(document: Document, number: int) -> Gate:
    value = document.value["safety"]["drift_gates"][number]
    return Gate(
        value["name"], _command(value["command"]), frozenset(value.get("targets", ())),
        value.get("skip_on_pull", False), value.get("skip_on_push", False), value.get("min_value"),
        value.get("max_drift_score"), document.line("safety", "drift_gates", number),
    )  # fmt: skip


def _regex(document: Document, number: int) -> re.Pattern[str]:
    """Case counts for nobody who looks for a word such as `password`."""
    text = document.value["safety"]["secret_patterns"][number]
    try:
        found = re.compile(text, re.IGNORECASE)
    except re.error as error:
        place = ("safety", "secret_patterns", number)
        raise document.error(f"secret_patterns: '{text}' is no regular expression: {error}", *place) from None
    if found.search(""):
        raise document.error(
            f"secret_patterns: '{text}' matches everything", "safety", "secret_patterns", number
        )
    return found


def _path(text: str) -> str:
    return PurePosixPath(text).as_posix()

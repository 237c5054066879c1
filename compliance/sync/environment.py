"""What a command of a target sees: little, and all of it declared (issue: `env`, `$VAR` in `config`)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from compliance.core import redact
from compliance.sync import assignments
from compliance.sync.process import MARK
from compliance.systems.directional_sync.syncfile import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.systems.directional_sync.syncfile import SyncFile, Target

ALWAYS = ("PATH", "HOME", "LANG", "USER")
_TELLING = re.compile(
    r"(?i)token|key|secret|pass|pwd|credential|auth|cookie|dsn|private|webhook|jwt|signature|(?<![a-z])pat(?![a-z])"
)
_SHORTEST = 6  # a shorter value stands in too many texts to be taken out of them


def basic(given: Mapping[str, str]) -> dict[str, str]:
    """What every command sees."""
    return {name: given[name] for name in ALWAYS if name in given}


def of_target(
    file: SyncFile, target: Target, given: Mapping[str, str], *, dry_run: bool, mark: str
) -> dict[str, str]:
    """The protocol of an entrypoint. An unset `$VAR` of `config` raises `ConfigurationError` with its line."""
    config = expanded(file, target, given)
    found = basic(given) | {name: given[name] for name in target.env if name in given}
    found |= {
        "SYNC_TARGET": target.name,
        "SYNC_DIRECTION": target.direction,
        "SYNC_DRY_RUN": "1" if dry_run else "0",
        "SYNC_OUTPUTS": json.dumps(target.outputs),
        "SYNC_CONFIG": json.dumps(config, ensure_ascii=False),
        MARK: mark,
    }
    if target.outside:
        found["SYNC_OUTSIDE"] = json.dumps(outside(file, target, given))
    return found | {f"SYNC_CONFIG_{key.upper()}": _scalar(v) for key, v in config.items() if _is_scalar(v)}


def outside(file: SyncFile, target: Target, given: Mapping[str, str]) -> list[str]:
    at = ("targets", target.name, "outside")
    return [expand(file, glob, given, (*at, number)) for number, glob in enumerate(target.outside)]


def expanded(file: SyncFile, target: Target, given: Mapping[str, str]) -> dict[str, Any]:
    at = ("targets", target.name, "config")
    return {key: _expand(file, value, given, (*at, key)) for key, value in target.config.items()}


def _expand(file: SyncFile, value: Any, given: Mapping[str, str], at: tuple[str | int, ...]) -> Any:
    if isinstance(value, dict):
        return {key: _expand(file, item, given, (*at, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(file, item, given, (*at, number)) for number, item in enumerate(value)]
    return expand(file, value, given, at) if isinstance(value, str) else value


def expand(file: SyncFile, text: str, given: Mapping[str, str], at: tuple[str | int, ...]) -> str:
    """`$NAME` and `${NAME}` of the runner's own environment; `$$` is one `$`."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name is None:
            return "$"
        if name not in given:
            raise file.document.error(
                f"${name} is not set", *at, remedy=f"set {name} where the sync is started"
            )
        return given[name]

    return VARIABLE.sub(value, text)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _scalar(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


class Redaction:
    """Takes out of what commands say whatever looks like a secret, and the values of variables that are ones."""

    def __init__(self, file: SyncFile, given: Mapping[str, str]) -> None:
        found = {given[name]: name for name in _named(file) if name in given and _secret(file, name)}
        found |= {given[n.url_env]: n.url_env for n in file.notifications if n.url_env in given}
        self.values = {value: name for value, name in found.items() if len(value) >= _SHORTEST}
        told = {
            value: name
            for value, name in self.values.items()
            if assignments.Reader("", file.secret_patterns).tells(name)
        }
        # What is sure enough to be a secret that it may stand in no file: an address, a path or a word is none.
        self.certain = {value: name for value, name in told.items() if assignments.literal(value)}

    def __call__(self, text: str) -> str:
        for value in sorted(self.values, key=len, reverse=True):
            text = text.replace(value, f"<secret {self.values[value]}>")
        return redact.text(text, None)


_LAST: list[tuple[SyncFile, Mapping[str, str], Redaction]] = []


def redaction(file: SyncFile, given: Mapping[str, str]) -> Redaction:
    """The same for all targets of a run: to make one reads the configuration of each of them."""
    for last_file, last_given, made in _LAST:
        if last_file is file and last_given is given:
            return made
    made = Redaction(file, given)
    _LAST[:] = [(file, given, made)]
    return made


def _named(file: SyncFile) -> Iterator[str]:
    for target in file.targets.values():
        yield from target.env
        yield from (match[1] or match[2] or "" for match in VARIABLE.finditer(json.dumps(dict(target.config))))


def _secret(file: SyncFile, name: str) -> bool:
    return bool(_TELLING.search(name)) or any(pattern.search(name) for pattern in file.secret_patterns)

"""The folder of results as a whole: is there one a case, what held for the run, what must not stand in it."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.reporting.labels import case_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

CATEGORIES: tuple[Mapping[str, Any], ...] = (
    {"name": "Broken rules", "matchedStatuses": ["failed"]},
    {"name": "Could not look", "matchedStatuses": ["broken"]},
    {"name": "Waived", "matchedStatuses": ["skipped"], "messageRegex": ".*waived until .*"},
    {"name": "Not applicable", "matchedStatuses": ["skipped"]},
)
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH(?!OR)|DSN", re.IGNORECASE)
_ENVIRON = re.compile(r"environ\(\{.*", re.DOTALL)
_TELLING = re.compile(r"E\s|\S+:\d+:")
_URL_PASSWORD = re.compile(r"(://[^\s:/@]*):[^\s/@]+@")


class Count(NamedTuple):
    """Results against cases; both empty when there is exactly one result a case."""

    missing: tuple[str, ...]
    surplus: tuple[str, ...]

    @property
    def exact(self) -> bool:
        return not self.missing and not self.surplus


def count(results_dir: Path, nodeids: Iterable[str]) -> Count:
    """Exactly one result a case? By name alone: reading 10,000 files again costs as much as writing them."""
    expected = {f"{case_id(nodeid)}-result.json": nodeid for nodeid in nodeids}
    found = {each.name for each in os.scandir(results_dir) if each.name.endswith("-result.json")}
    missing = sorted(nodeid for name, nodeid in expected.items() if name not in found)
    return Count(tuple(missing), tuple(sorted(found - expected.keys())))


def write_run_files(
    results_dir: Path, environment: Mapping[str, str], categories: Iterable[Mapping[str, Any]] = CATEGORIES
) -> None:
    """What holds for the whole run: where it looked, and how its outcomes are grouped."""
    results_dir.mkdir(parents=True, exist_ok=True)
    lines = [f"{_property(key)}={_property(value)}\n" for key, value in environment.items()]
    (results_dir / "environment.properties").write_text("".join(lines), encoding="utf-8")
    (results_dir / "categories.json").write_text(json.dumps(list(categories)) + "\n", encoding="utf-8")


def attach(results_dir: Path, name: str, content: str) -> None:
    """A text of the run as a whole, on the first page; it is no result, so it counts as no case."""
    source = f"{case_id(name)}-attachment.txt"
    (results_dir / source).write_text(content, encoding="utf-8")
    said = {"attachments": [{"name": name, "source": source, "type": "text/plain"}]}
    (results_dir / f"{case_id(name)}-globals.json").write_text(json.dumps(said) + "\n", encoding="utf-8")


def _property(text: str) -> str:
    return re.sub(r"([\\=: #!])", r"\\\1", text).replace("\n", "\\n").replace("\r", "\\r")


def redacted(value: Any) -> Any:
    """Nothing of the environment: an assertion on os.environ prints it, and a driver's message a password."""
    if not isinstance(value, str):
        return value
    text = _URL_PASSWORD.sub(r"\1:***@", _ENVIRON.sub("environ(…)", value))
    for secret in _secrets():
        text = text.replace(secret, "***")
    return text


def short(trace: str) -> str:
    """Where it went wrong and with what, without the source around it: a report is read outside of the team."""
    return "\n".join(line for line in trace.splitlines() if _TELLING.match(line))


def _secrets() -> list[str]:
    return [value for name, value in os.environ.items() if len(value) >= 8 and _SECRET_NAME.search(name)]

"""What judged, as far as it can be told: another version of it may come to something else."""

from __future__ import annotations

import platform
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.observation import Seen
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.core.observation import Observation

FILE = "versions.json"
NAME = "dot-compliance"
_PACKAGES = (
    "pytest",
    "sqlglot",
    "psycopg",
    "jsonschema",
    "ruamel.yaml",
    "allure-pytest",
    "securesystemslib",
    "cryptography",
)
_CODE = frozenset({".py", ".json", ".sql", ".md"})
# In a wheel these lie inside of the package, in a checkout beside it; they are counted by themselves.
_BESIDE = ("probes", "sql", "fixtures", "reports")
# What decides a judgement. A difference in these is another version of the program; the rest is told beside.
DECIDING = ("program", "probes")


def versions(observation: Observation) -> dict[str, Any]:
    """Of the program and of what it stands on, and what the sources said of themselves."""
    return {
        "program": {"name": NAME, "version": version(NAME), "digest": program_digest()},
        "probes": {"digest": _digest(resource("probes"))},
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "sources": _sources(observation),
    }


def deciding(found: Mapping[str, Any]) -> str:
    """The program's number, and a digest of all that decides a judgement."""
    told = canonical.dumps({name: found[name] for name in DECIDING})
    return f"{found['program']['version']} {canonical.digest(told)[:12]}"


def program_digest() -> str:
    """Of the code and the SQL, whatever number it goes by."""
    package = Path(__file__).resolve().parent.parent
    return sha256((_digest(package, but=_BESIDE) + _digest(resource("sql"))).encode()).hexdigest()


def _digest(folder: Path, but: tuple[str, ...] = ()) -> str:
    lines = [
        f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in _code(folder, but)
    ]
    return sha256("".join(lines).encode()).hexdigest()


def _code(folder: Path, but: tuple[str, ...]) -> Iterator[Path]:
    found = (path for path in folder.rglob("*") if path.suffix in _CODE and path.is_file())
    yield from sorted(path for path in found if path.relative_to(folder).parts[0] not in but)


def _sources(observation: Observation) -> dict[str, str]:
    """As they were seen; of what was not looked at nothing is said."""
    found = {}
    for name, section in (
        ("postgres", "catalog.server"), ("directus", "directus.server"), ("agent_data", "agent_data.info"),
    ):  # fmt: skip
        seen = observation.sections.get(section)
        if isinstance(seen, Seen) and seen.facts:
            found[name] = str(seen.facts[0].version)
    return found


def other(sealed: Mapping[str, Any], here: Mapping[str, Any]) -> dict[str, str]:
    """What judged then and what judges now, where they differ; by name, in words."""
    found = {}
    for name in (*DECIDING, "python"):
        if sealed.get(name) != here[name]:
            found[name] = f"{_short(sealed.get(name))} then, {_short(here[name])} now"
    then, now = sealed.get("packages"), here["packages"]
    then = then if isinstance(then, dict) else {}  # without a key anybody may have written it
    found |= {name: f"{then.get(name)} then, {now[name]} now" for name in now if then.get(name) != now[name]}
    return found


def _short(said: Any) -> str:
    if not isinstance(said, dict):
        return str(said)
    return " ".join(filter(None, (str(said.get("version", "")), str(said.get("digest", ""))[:12])))

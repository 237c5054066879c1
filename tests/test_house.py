"""The conventions of this repository, each held by a test, since one that nothing holds decays."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from compliance.systems import SYSTEMS, system

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
PROBES = sorted((ROOT / "probes").rglob("test_*.py"))
SEVERITIES = ("critical", "high", "medium", "low")
PHASES = ("readiness", "conformance")
# Ids that were given away once and are not used any more; none may come back with another meaning.
RETIRED: frozenset[str] = frozenset()
# What a program writes and other programs read. All other schemas are of files that a person writes.
WRITTEN_BY_A_PROGRAM = {"compliance/audit.schema.json", "compliance/sync/summary.schema.json"}


class Probe(NamedTuple):
    path: Path
    doc: str
    id: str
    marks: dict[str, str]
    each: str
    tests: int


@cache
def read(path: Path) -> Probe:
    """What a probe says of itself, read and not run."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in module.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    rule, each = (_mark(functions[0], name) for name in ("rule", "each"))
    marks = {k.arg: ast.literal_eval(k.value) for k in rule.keywords if k.arg}
    ids = [ast.literal_eval(argument) for argument in (*rule.args, *each.args)]
    return Probe(path, ast.get_docstring(module) or "", ids[0], marks, ids[1], len(functions))


def _mark(function: ast.FunctionDef, name: str) -> ast.Call:
    calls = [d for d in function.decorator_list if isinstance(d, ast.Call)]
    (found,) = [c for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr == name]
    return found


@cache
def tracked() -> list[Path]:
    """Every file of the repository that is text, and not a lock or a captured schema."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


# --- probes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PROBES, ids=lambda path: path.stem)
def test_a_probe_has_an_id_a_family_a_severity_a_phase_a_why_and_a_remedy(path: Path) -> None:
    probe = read(path)
    assert path.name.startswith(f"test_{probe.id.lower()}_")
    assert probe.doc.startswith(f"{probe.id}: ")
    assert re.search(r"^Why: \S", probe.doc, re.MULTILINE)
    assert re.search(r"^Remedy: \S", probe.doc, re.MULTILINE)
    assert set(probe.marks) == {"family", "severity", "phase"}
    assert probe.marks["family"]
    assert probe.marks["severity"] in SEVERITIES
    assert probe.marks["phase"] in PHASES
    assert probe.tests == 1, "one rule per file"


@pytest.mark.parametrize("path", PROBES, ids=lambda path: path.stem)
def test_a_probe_stands_in_the_folder_of_the_system_it_asks_and_holds_no_io(path: Path) -> None:
    assert read(path).each.partition(".")[0] == path.parent.name
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            modules.add((node.module or "").partition(".")[0])
        elif isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
    assert modules <= {"__future__", "compliance", "pytest", "typing"}


def test_ids_are_unique_and_no_retired_one_came_back() -> None:
    ids = [read(path).id for path in PROBES]
    assert len(set(ids)) == len(ids) > 0
    assert not RETIRED & set(ids)


def test_the_probes_of_readiness_are_exactly_the_guards_of_their_system() -> None:
    """A guard without a probe could never be kept; a probe that is no guard could be deleted unseen."""
    found: dict[str, set[str]] = {name: set() for name in SYSTEMS}
    for path in PROBES:
        if read(path).marks["phase"] == "readiness":
            found[path.parent.name].add(read(path).id)
    assert found == {name: set(system(name).guards) for name in SYSTEMS}


def test_every_system_in_the_list_has_its_folders_and_no_other_has() -> None:
    for place in ("compliance/systems", "probes"):
        folders = {path.name for path in (ROOT / place).iterdir() if (path / "__init__.py").is_file()}
        assert folders == set(SYSTEMS), place


# --- source ----------------------------------------------------------------------------------------------------


def python_files() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py" and "fixtures" not in path.parts]


def test_only_the_gate_makes_a_verdict() -> None:
    makers = set()
    for path in python_files():
        for node in ast.walk(ast.parse(text_of(path))):
            if isinstance(node, ast.Call):
                called = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if called == "Verdict" or (called == "replace" and "verdict" in ast.dump(node).lower()):
                    makers.add(names(path))
    assert makers == {"compliance/core/verdict.py"}


def test_every_sql_file_is_loaded_by_something() -> None:
    """By its name, or by a folder that is read as a whole."""
    source = "\n".join(text_of(path) for path in python_files())
    whole = {
        "sql/reference/": 'resource("sql/reference")',
        "sql/compiled/": 'resource("sql/compiled")',
    }
    for place, reader in whole.items():
        assert reader in source, place
    lost = []
    for path in tracked():
        name = names(path)
        if path.suffix != ".sql" or not name.startswith("sql/") or name.startswith(tuple(whole)):
            continue
        section = re.fullmatch(r"sql/catalog/(\w+)\.sql", name)
        if name not in source and not (section and f'"{section[1]}"' in source):
            lost.append(name)
    assert lost == []


def undescribed(schema: Mapping[str, Any]) -> list[str]:
    """Keys that a person may write and of which nothing is said, each where it stands: once, whoever refers to it."""
    return list(_undescribed(schema, schema, ()))


def _undescribed(whole: Mapping[str, Any], part: Mapping[str, Any], at: tuple[str, ...]) -> Iterator[str]:
    keys = {**part.get("properties", {}), **part.get("patternProperties", {})}
    if isinstance(part.get("additionalProperties"), dict):
        keys["*"] = part["additionalProperties"]
    for key, value in keys.items():
        if not _described(whole, value):
            yield ".".join((*at, key))
        yield from _undescribed(whole, value, (*at, key))
    options = [*part.get("oneOf", ()), *part.get("anyOf", ()), *part.get("allOf", ())]
    for inner in (*options, part.get("items")):
        if isinstance(inner, dict):
            yield from _undescribed(whole, inner, at)
    for name, value in part.get("$defs", {}).items():
        yield from _undescribed(whole, value, (*at, f"${name}"))


def _described(whole: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    """By itself, or by what it refers to in the same file."""
    if "description" in value or "$ref" not in value:
        return bool(value.get("description", "").strip())
    return _described(whole, whole["$defs"][value["$ref"].removeprefix("#/$defs/")])


def test_every_key_that_a_person_may_write_is_described() -> None:
    """An error and the reference say of a key what its schema does, which otherwise is its type alone."""
    schemas = {names(path): path for path in tracked() if re.match(r"compliance/.*\.schema\.json", names(path))}
    assert schemas.keys() > WRITTEN_BY_A_PROGRAM
    found = {
        name: undescribed(json.loads(text_of(path)))
        for name, path in schemas.items()
        if name not in WRITTEN_BY_A_PROGRAM
    }
    assert {name: keys for name, keys in found.items() if keys} == {}


@pytest.mark.parametrize(
    ("schema", "holes"),
    [
        ({"properties": {"a": {"type": "string", "description": "what it is"}}}, []),
        ({"properties": {"a": {"type": "string"}, "b": {"description": " "}}}, ["a", "b"]),
        ({"properties": {"a": {"description": "a", "properties": {"b": {}}}}}, ["a.b"]),
        ({"properties": {"a": {"description": "a", "items": {"oneOf": [{"properties": {"b": {}}}]}}}}, ["a.b"]),
        ({"additionalProperties": {"type": "string"}}, ["*"]),
        ({"additionalProperties": False, "$defs": {"a": {"type": "string"}}}, []),
        (
            {
                "properties": {
                    "a": {"$ref": "#/$defs/said"},
                    "b": {"$ref": "#/$defs/unsaid"},
                    "c": {"$ref": "#/$defs/unsaid", "description": "what it is here"},
                },
                "$defs": {"said": {"description": "s"}, "unsaid": {"properties": {"d": {}}}},
            },
            ["b", "$unsaid.d"],
        ),
    ],
)
def test_a_key_of_which_nothing_is_said_is_found(schema: dict[str, Any], holes: list[str]) -> None:
    assert undescribed(schema) == holes


def test_a_lock_file_names_no_registry_host() -> None:
    locks = [path for path in tracked() if path.suffix == ".lock" or path.name == "package-lock.json"]
    assert len(locks) >= 5
    for path in locks:
        assert re.findall(r"--(?:extra-)?index-url|\"resolved\"", text_of(path)) == [], names(path)
        # An npm lock repeats where each package asks for money and why it is old: no place that anything comes from.
        lines = text_of(path).splitlines()
        hosts = [line for line in lines if "registry" in line and re.search(r"https?://", line)]
        assert hosts == [], names(path)
        if path.suffix == ".lock":
            assert "://" not in text_of(path), names(path)


def test_no_file_names_a_path_of_a_machine() -> None:
    pattern = re.compile(r"(?<![\w.])/(?:home|Users|root|work|private/var)/[A-Za-z0-9_.-]+")
    found = {(names(path), m) for path in tracked() for m in pattern.findall(_own_text(path))}
    assert found == set()


def test_no_file_holds_a_secret() -> None:
    """Tests plant some, to look for them in what the program says; nothing else may."""
    from compliance.core import redact

    found = []
    for path in tracked():
        if names(path).startswith("tests/") or path.suffix in (".lock", ".json") or "fixtures" in path.parts:
            continue
        before = _own_text(path)
        kinds = re.findall(r"<secret (private-key|github-token|aws-key|bearer) ", redact.text(before, None))
        found += [(names(path), kind) for kind in kinds]
    assert found == []


def _own_text(path: Path) -> str:
    return "" if path == Path(__file__).resolve() else text_of(path)


def test_tests_are_named_as_sentences() -> None:
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(text_of(path))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert node.name.count("_") >= 2, f"{names(path)}: {node.name}"

"""What is the reference estate's alone stands in its policy: the program knows no name and no figure of it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compliance.estate import document
from compliance.estate.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[2] / "compliance"
POLICY = document.read(resource("fixtures/reference/policy/command_catalog.yaml")).value
SCAN = document.read(resource("fixtures/reference/policy/birth_scan.yaml")).value
VIEW = document.read(resource("fixtures/reference/policy/iu_registration.yaml")).value
SYNC = document.read(resource("fixtures/reference/policy/directional_sync.yaml")).value
# Makers of the embedded reference estate itself, which no other estate runs.
OF_THE_REFERENCE = {"reference.py", "reference_build.py"}
COUNTS = {
    len(POLICY["commands"]),
    len(POLICY["commands"]) + len(POLICY["ungoverned"]),
    POLICY["surface"]["total"],
}


def names() -> set[str]:
    """Every name of the reference estate that could not be a word of the program: it has a dot or an underscore."""
    declared = [
        *POLICY["commands"], *POLICY["ungoverned"], *POLICY["gates"]["declared"], *POLICY["functions"]["targets"],
        POLICY["functions"]["operator"], *POLICY["catalog"]["columns"].values(), *POLICY["runs"].values(),
        POLICY["gates"]["relation"], POLICY["catalog"]["relation"],
        *(pin["path"] for pin in POLICY["pins"].values()),
    ]  # fmt: skip
    relations = [name.partition(".")[2] for name in declared if name.startswith("public.")]
    return {name for name in (*declared, *relations) if re.search(r"[._]", name)}


def names_of_the_scan() -> set[str]:
    """What only the estate of document 001 calls so. Names of our own sections are not among them."""
    flow, endpoint, tool, issues = SCAN["flow"], SCAN["endpoint"], SCAN["tool"], SCAN["issues"]
    named = {
        SCAN["function"]["name"].partition(".")[2], SCAN["function"]["caller"], SCAN["function"]["owner"],
        *SCAN["pattern"].values(), flow["id"], flow["name"], endpoint["file"], endpoint["path"], endpoint["url_env"],
        endpoint["database_env"], SCAN["auth"]["env"], SCAN["auth"]["server_env"], SCAN["config"]["enabled"],
        SCAN["config"]["cadence"], SCAN["config"]["relation"], tool["relation"], tool["values"]["code"],
        tool["values"]["name"], *(name for names in tool["columns"].values() for name in names), issues["relation"],
        *(name for names in issues["columns"].values() for name in names), issues["values"]["issue_type"],
        issues["values"]["entity"], SCAN["environment"]["file"], SCAN["knowledge"], *SCAN["result"]["counts"],
    }  # fmt: skip
    fields = {"issue_type", "run_id"}  # the schema's own words
    return {name for name in named if re.search(r"[._/-]", name)} - fields


def names_of_the_registration() -> set[str]:
    """What only the estate of document 002 calls so; names of PostgreSQL's and of Directus' own words stay out."""
    source, box, reading = VIEW["source"], VIEW["sandbox"], VIEW["reading"]
    named = {
        *source["fields"], source["view"].partition(".")[2], source["envelope"].partition(".")[2], source["owner"],
        *source["groups"], VIEW["collection"]["name"], VIEW["serving"]["schema"], VIEW["directus"]["role"],
        VIEW["environment"]["file"], reading["id"], reading["name"], *(r["access"] for r in reading["roles"].values()),
        *(box[key].partition(".")[2] for key in ("relation", "register", "retire")), box["name"],
    }  # fmt: skip
    return {name for name in named if re.search(r"[._ -]", name)} - {"created_at", "updated_at"}


def names_of_the_sync() -> set[str]:
    """What only the repository of document 003 calls so: its targets, their scripts and their files. Where the runner
    looks unless it is told (`.insightpulse`, the workflow's name) is the document's own default, and the program's."""
    named: set[str] = set(SYNC["targets"])
    for target in SYNC["targets"].values():
        named |= {target["entrypoint"], *target.get("outputs", ()), *target.get("inputs", ())}
        named |= {glob for glob in target.get("outside", ()) if glob}
        named |= set(target.get("verification", {}).get("schemas", {}).values())
    return {re.sub(r"/?\*.*", "", name) for name in named} - {""}


PREFIXES = {"dot_iu_", "fn_iu_", "iu_core.", "v_iu_", "trg_iu_", "cutter_agent"}
FORBIDDEN = re.compile("|".join(re.escape(name) for name in sorted(names() | PREFIXES, key=len, reverse=True)))
OF_THE_SCAN = re.compile("|".join(map(re.escape, sorted(names_of_the_scan(), key=len, reverse=True))))


OF_THE_REGISTRATION = re.compile(
    "|".join(map(re.escape, sorted(names_of_the_registration(), key=len, reverse=True)))
)


def docstrings(tree: ast.Module) -> set[ast.AST]:
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = (node.body for node in ast.walk(tree) if isinstance(node, holders))
    return {body[0].value for body in bodies if body and isinstance(body[0], ast.Expr)}


def literals(source: str) -> Iterator[Any]:
    """Constants of a module but for docstrings, comments, and the examples in the help of the command line."""
    tree = ast.parse(source)
    left_out = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node not in left_out:
            value = node.value
            if not (isinstance(value, str) and value.startswith("compliance ")):
                yield value


def offending(source: str) -> list[Any]:
    return [
        value
        for value in literals(source)
        if (isinstance(value, str) and FORBIDDEN.search(value)) or (type(value) is int and value in COUNTS)
    ]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_knows_nothing_of_the_reference_estate(path: Path) -> None:
    if path.name not in OF_THE_REFERENCE:
        assert offending(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("x = 'select from public.dot_iu_command_catalog'", 1),
        ("x = f'{a}.target_functions'", 1),
        ("assert len(rows) == 26", 1),
        ("def f():\n    'the 26 of dot_iu_command_catalog'\n    return True  # 34", 0),
    ],
)
def test_this_test_sees_a_name_and_a_figure_but_in_docstrings(source: str, found: int) -> None:
    assert len(offending(source)) == found


SCANNING = [
    path for path in PACKAGE.rglob("*.py") if path.is_relative_to(PACKAGE / "core") or "systems" in path.parts
]


@pytest.mark.parametrize("path", sorted(SCANNING), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_judges_and_compiles_the_birth_scan_knows_none_of_its_names(path: Path) -> None:
    found = [
        v for v in literals(path.read_text(encoding="utf-8")) if isinstance(v, str) and OF_THE_SCAN.search(v)
    ]
    assert found == []


OF_THE_SYNC = re.compile("|".join(map(re.escape, sorted(names_of_the_sync(), key=len, reverse=True))))
SYNCING = [path for part in ("sync", "systems/directional_sync") for path in (PACKAGE / part).rglob("*.py")]


@pytest.mark.parametrize("path", sorted(SYNCING), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_runner_and_what_judges_the_sync_know_none_of_its_names(path: Path) -> None:
    texts = (value for value in literals(path.read_text(encoding="utf-8")) if isinstance(value, str))
    assert [text for text in texts if OF_THE_SYNC.search(text)] == []


def test_the_names_of_the_sync_are_those_of_eight_targets_and_their_files() -> None:
    found = names_of_the_sync()
    assert len(found) > 20
    assert "oca_repos" in found
    assert "docs/runtime/apps_truth.json" in found


def test_the_foreign_birth_scan_shares_no_name_with_the_reference() -> None:
    assert len(names_of_the_scan()) > 30
    text = resource("fixtures/foreign/policy/birth_scan.yaml").read_text(encoding="utf-8")
    assert OF_THE_SCAN.findall(text) == []
    values = document.read(resource("fixtures/foreign/policy/birth_scan.yaml")).value
    same = [place for place, value in leaves(SCAN) if (place, value) in leaves(values)]
    # Words of PostgreSQL and of the program.
    assert set(same) <= {"function/volatility", "function/security_definer", "function/arguments"}


@pytest.mark.parametrize("path", sorted(SCANNING), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_judges_and_compiles_the_registration_knows_none_of_its_names(path: Path) -> None:
    found = [
        v
        for v in literals(path.read_text(encoding="utf-8"))
        if isinstance(v, str) and OF_THE_REGISTRATION.search(v)
    ]
    assert found == []


def test_the_foreign_registration_shares_no_name_with_the_reference() -> None:
    assert len(names_of_the_registration()) > 20
    place = resource("fixtures/foreign/policy/iu_registration.yaml")
    assert OF_THE_REGISTRATION.findall(place.read_text(encoding="utf-8")) == []
    values = document.read(place).value
    same = {place for place, value in leaves(VIEW) if (place, value) in leaves(values)}
    # Words of the program, of Directus, and of SQLSTATE.
    words = {
        "state",
        "prune",
        "environment/variable",
        *(place for place in same if place.endswith("/sqlstate")),
    }
    assert same <= words


def leaves(value: Any, place: str = "") -> list[tuple[str, Any]]:
    """Every value with its place; where somebody reviewed something is no name."""
    if "reviewed" in place:
        return []
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in leaves(item, f"{place}/{key}".strip("/"))]
    return [(place, value)]


def test_the_foreign_policy_shares_no_name_and_no_count_with_the_reference() -> None:
    text = resource("fixtures/foreign/policy/command_catalog.yaml").read_text(encoding="utf-8")
    assert FORBIDDEN.findall(text) == []
    assert not COUNTS & set(map(int, re.findall(r"\b\d+\b", text)))

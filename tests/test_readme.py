"""What README and CONTRIBUTING tell a person to type does what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "CONTRIBUTING.md")
_BLOCK = re.compile(r"(?:<!-- (\w+) -->\n)?```(\w+)\n(.*?)```", re.DOTALL)
_EXIT = re.compile(r"\s+# exit (\d+)$")
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "*cache*", "allure-results", "html", "compiled", "node_modules"
)


class Block(NamedTuple):
    """A fenced block; `mark` is the comment above it: `long` is not run here, `live` where a Directus
    runs (tests/live/test_estate_live.py), `script` in one shell, `yours` needs a reader's own estate."""

    mark: str
    language: str
    text: str


def blocks(page: str) -> list[Block]:
    return [Block(*found) for found in _BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))]


def commands(page: str, mark: str) -> list[str]:
    return [
        line
        for block in blocks(page)
        if block.language == "sh" and block.mark == mark
        for line in block.text.splitlines()
    ]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, so that what the commands write stays out of the tree."""
    copy = tmp_path_factory.mktemp("readme") / "checkout"
    shutil.copytree(ROOT, copy, ignore=_LEFT_OUT)
    environment = Path(sys.executable).parent.parent
    (copy / ".venv").symlink_to(environment)
    return copy


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A cache of its own: the tour must not touch an estate that somebody left running."""
    cache = tmp_path_factory.mktemp("cache")
    given = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = given | {"XDG_CACHE_HOME": str(cache), "PATH": path}
    yield environment
    subprocess.run([sys.executable, "-m", "compliance.cli", "estate", "down"], env=environment, check=False)


@pytest.mark.parametrize("page", PAGES)
def test_each_command_ends_as_the_page_says(page: str, checkout: Path, environment: dict[str, str]) -> None:
    for line in commands(page, ""):
        said = _EXIT.search(line)
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == int(said[1] if said else 0), f"{line}\n{done.stdout}\n{done.stderr}"


def test_the_scripts_of_the_readme_end_as_it_says(checkout: Path, environment: dict[str, str]) -> None:
    lines = commands("README.md", "script")
    assert lines
    checked = []
    for line in lines:
        said = _EXIT.search(line)
        wanted = said[1] if said else "0"
        checked += [line, f"test $? -eq {wanted} || {{ echo failed: {quote(line)}; exit 99; }}"]
    done = subprocess.run(
        ["sh", "-c", "\n".join(checked)], cwd=checkout, env=environment, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_each_long_command_is_a_target_of_make(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    long = commands(page, "long")
    assert long
    assert {line.removeprefix("make ") for line in long} <= targets


def test_the_command_table_is_what_help_lists() -> None:
    from compliance import cli

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `compliance ([a-z -]+)` \|", readme, re.MULTILINE)) == set(
        _listed(cli.parser())
    )


def _listed(parser: object, before: str = "") -> Iterator[str]:
    import argparse

    assert isinstance(parser, argparse.ArgumentParser)
    inner = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not any(action.required for action in inner):
        yield before.strip()
    for action in inner:
        for name, child in action.choices.items():
            yield from _listed(child, f"{before} {name}")


def test_the_table_of_estate_keys_is_what_the_schema_allows() -> None:
    import json

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| Key of `estate.yaml`")[2].partition("\n\n")[0]
    named = {key for row in table.splitlines()[2:] for key in re.findall(r"`(\w+)`", row.split("|")[1])}
    schema = json.loads((ROOT / "compliance/estate/estate.schema.json").read_text(encoding="utf-8"))
    assert named == set(schema["properties"])


def test_the_approvals_of_the_readme_are_a_policy(tmp_path: Path) -> None:
    from compliance.estate import document
    from compliance.systems import platform

    (approvals,) = [block.text for block in blocks("README.md") if block.language == "yaml"]
    people = zip("abc", ("alice", "bob", "carol"), strict=True)
    keys = "".join(f"    {name}: {{public: '{x * 64}', may: [execute, rollback]}}\n" for x, name in people)
    rules = "".join(f"  {line}\n" for line in approvals.splitlines())
    policy = tmp_path / "platform.yaml"
    policy.write_text(
        f"reviewed: false\npostgres: {{oldest: 14, newest: 18}}\nexecution:\n  keys:\n{keys}{rules}"
    )
    schema = ROOT / "compliance/systems/platform/policy.schema.json"
    found = platform.parse(document.load(policy, schema)).execution
    assert [(rule.count, rule.capability) for rule in found.approvals["production"]] == [
        (1, "execute"), (2, "execute"), (1, "rollback"),
    ]  # fmt: skip


def test_the_probe_of_the_readme_runs(checkout: Path, environment: dict[str, str]) -> None:
    (probe,) = [block.text for block in blocks("README.md") if block.language == "python"]
    folder = checkout.parent / "own"
    folder.mkdir()
    (folder / "test_own001.py").write_text(probe, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", folder], cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "27 kept" in done.stdout


def test_a_block_that_does_not_end_as_said_is_noticed(checkout: Path) -> None:
    assert _EXIT.search("compliance audit   # exit 1")[1] == "1"  # type: ignore[index]
    assert [block.mark for block in blocks("README.md") if "make audit" in block.text] == ["long"]


@pytest.mark.parametrize("page", PAGES)
def test_each_file_that_a_page_names_is_there(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8")):
        assert (ROOT / target).is_file(), target

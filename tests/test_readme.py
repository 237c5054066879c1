"""What README and CONTRIBUTING tell a person to type does what they say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests import pages
from tests.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = ("README.md", "CONTRIBUTING.md")
EVERY = (*PAGES, *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    found = pages.environment_of(tmp_path_factory.mktemp("cache"))
    yield found
    pages.down(found)


def test_each_command_ends_as_the_page_says(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> None:
    checkout = pages.checkout(tmp_path_factory.mktemp("readme") / "checkout")
    assert pages.run("README.md", checkout, environment) > 5
    assert pages.run("CONTRIBUTING.md", checkout, environment) == 0


@pytest.mark.parametrize("page", EVERY)
def test_each_long_command_is_a_target_of_make(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    long = pages.lines(page, "long")
    assert long or page not in PAGES
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


def test_a_command_that_does_not_end_or_speak_as_said_is_noticed(tmp_path: Path) -> None:
    (command,) = [each for each in pages.commands("README.md") if "-k CC001" in each.line]
    assert (command.code, command.said) == (3, None)
    assert [block.mark for block in pages.blocks("README.md") if "make audit" in block.text] == ["long"]
    assert pages.shows(("a  b", "…", "c … e"), "a b\nx\ny\nc d e\n")
    assert not pages.shows(("a", "c"), "a\nb\nc\n")
    assert not pages.shows((), "a\n")
    assert not pages.shows(("a …",), "b a\n")


@pytest.mark.parametrize("page", EVERY)
def test_each_file_that_a_page_names_is_there(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8")):
        assert ((ROOT / page).parent / target).is_file(), target

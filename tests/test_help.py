"""`--help` of every command says what it is for, when, with which arguments and defaults, and gives an example."""

from __future__ import annotations

import argparse
import re
import shlex
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest

from compliance import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

SHELL = ("|", ">", ">>", "&&", "<")


class Command(NamedTuple):
    name: str
    parser: argparse.ArgumentParser

    def __str__(self) -> str:
        return self.name or "compliance"

    @property
    def inner(self) -> list[argparse._SubParsersAction[argparse.ArgumentParser]]:
        return [each for each in self.parser._actions if isinstance(each, argparse._SubParsersAction)]

    @property
    def arguments(self) -> list[argparse.Action]:
        left = (argparse._HelpAction, argparse._SubParsersAction)
        return [each for each in self.parser._actions if not isinstance(each, left)]

    @property
    def examples(self) -> list[str]:
        """The lines below 'example:', each a command."""
        told = re.search(r"^examples?:\n((?:  .+\n?)+)", self.parser.epilog or "", re.MULTILINE)
        return [line.strip() for line in told[1].splitlines()] if told else []


@cache
def commands() -> tuple[Command, ...]:
    return tuple(_below("", cli.parser()))


def _below(name: str, parser: argparse.ArgumentParser) -> Iterator[Command]:
    found = Command(name, parser)
    yield found
    for action in found.inner:
        for word, child in action.choices.items():
            yield from _below(f"{name} {word}".strip(), child)


@pytest.mark.parametrize("command", commands(), ids=str)
def test_it_says_what_it_does_and_gives_an_example(command: Command) -> None:
    description = command.parser.description or ""
    assert re.match(r"[A-Z][^\n]", description), "a sentence"
    assert description.endswith((".", "?"))
    assert command.examples


@pytest.mark.parametrize("command", commands(), ids=str)
def test_it_says_when_to_use_it(command: Command) -> None:
    """In a paragraph of its own, where it is no mere group, which its commands say more of."""
    if not any(action.required for action in command.inner):
        assert "\n\n" in (command.parser.description or "")


@pytest.mark.parametrize("command", commands(), ids=str)
def test_each_argument_says_what_it_is_and_what_it_is_without_it(command: Command) -> None:
    for action in command.arguments:
        words = action.option_strings or [action.metavar or action.dest]
        assert action.help, words
        if action.default not in (None, False, argparse.SUPPRESS) and action.default != []:
            assert "default" in action.help, words
            assert str(action.default) in action.help, words
    assert all(action.help for action in command.inner)


@pytest.mark.parametrize("command", commands(), ids=str)
def test_each_example_is_a_command_that_the_program_takes(command: Command) -> None:
    for example in command.examples:
        first, *words = shlex.split(example)
        given = words[: next((n for n, word in enumerate(words) if word in SHELL), len(words))]
        assert first == "compliance"
        assert " ".join(given).startswith(command.name) or not command.name
        cli.parser().parse_args(cli._for_psql(given))  # SystemExit where it does not


@pytest.mark.parametrize("command", commands(), ids=str)
def test_it_fits_a_terminal_of_80_columns_and_has_no_colours(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    text = command.parser.format_help()
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert "\x1b" not in text


def test_an_argument_without_a_help_would_be_noticed() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bare")
    with pytest.raises(AssertionError):
        test_each_argument_says_what_it_is_and_what_it_is_without_it(Command("bare", parser))


def test_what_is_typed_wrong_is_repeated_on_one_line_that_no_terminal_obeys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for words in (["audit", "--\x1b[2J\nkept"], ["rules", "show", "CC001", "--\x1b[2J\nkept"]):
        with pytest.raises(SystemExit):
            cli.parser().parse_args(words)
        said = capsys.readouterr().err
        assert "\\x1b[2J\\nkept" in said
        assert "\x1b" not in said
        assert "\nkept" not in said

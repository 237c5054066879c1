"""How a command is declared, so that each one's help says what it does, when to use it, and gives an example.

`tests/test_help.py` holds every parser to that.
"""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING, NoReturn

from compliance.core.oneline import oneline

if TYPE_CHECKING:
    from collections.abc import Iterator

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

WIDTH = 76  # with an indent of two as wide as argparse writes what it wraps itself, on a terminal of 80


class Parser(argparse.ArgumentParser):
    """Whose errors repeat what somebody typed or pasted, on one line."""

    def error(self, message: str) -> NoReturn:
        super().error(oneline(message))


def add(
    commands: Commands, name: str, call: str, text: str, example: str = "", module: str = "commands", *,
    when: str = "", codes: str = "",
) -> argparse.ArgumentParser:  # fmt: skip
    """A command: what it does in one sentence, `when` to use it, an `example` a line, and the exit `codes` that mean
    something else here than in `compliance --help`."""
    parser = commands.add_parser(name, help=text, **said(text, example, when=when, codes=codes))  # type: ignore[arg-type]
    parser.set_defaults(call=call, module=module)
    return parser


def group(commands: Commands, name: str, text: str, example: str, *, when: str = "") -> Commands:
    """A command that does nothing but hold others."""
    parser = commands.add_parser(name, help=text, **said(text, example, when=when))  # type: ignore[arg-type]
    return actions(parser, required=True)


def actions(parser: argparse.ArgumentParser, *, required: bool = False) -> Commands:
    return parser.add_subparsers(
        dest="action", required=required, metavar="ACTION", help=f"`{parser.prog} ACTION --help` says more"
    )


def said(text: str, example: str, *, when: str = "", codes: str = "") -> dict[str, object]:
    """What argparse is given to say of a command, in lines as they are to be shown."""
    return {
        "description": "\n\n".join(filled(part) for part in (f"{text[0].upper()}{text[1:]}.", when) if part),
        "epilog": "\n\n".join(_epilog(example, codes)) or None,
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }


def filled(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def _epilog(example: str, codes: str) -> Iterator[str]:
    if example:
        lines = example.splitlines()
        shown = "\n".join(f"  {line.strip()}" for line in lines)
        yield f"{'examples' if len(lines) > 1 else 'example'}:\n{shown}"
    if codes:
        yield "exit codes:\n" + textwrap.indent("\n".join(map(filled, codes.splitlines())), "  ")


def estate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--estate", metavar="FILE", help="estate.yaml (default: the embedded reference estate)")


def sources(parser: argparse.ArgumentParser) -> None:
    """Where to look, or what to judge instead."""
    estate(parser)
    parser.add_argument(
        "--observation", metavar="FILE", help="judge a recorded observation (default: look at the estate)"
    )


def judged_at(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--judged-at", metavar="TIME",
        help="judge what expires as of then: 2026-01-31T12:00:00+00:00 (default: now)",
    )  # fmt: skip


def as_json(parser: argparse.ArgumentParser, text: str = "print it as JSON") -> None:
    parser.add_argument("--json", action="store_true", help=text)


def positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 on")
    return int(text)

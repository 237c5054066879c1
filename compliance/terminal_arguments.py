"""The words of the commands for somebody at a terminal: rules, diff, completion."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from compliance.arguments import add

if TYPE_CHECKING:
    from compliance.arguments import Commands

_HISTORY = "runs as `compliance audit` keeps them (default: history.jsonl in --out)"


def terminal(commands: Commands) -> None:
    """`rules`, `rules show`, `diff`, `completion`."""
    _rules(commands)
    _diff(commands)
    _completion(commands)


def _rules(commands: Commands) -> None:
    parser = add(
        commands, "rules", "listed", "list every rule, or show all there is to know of one",
        "compliance rules --system registry_sync\n  compliance rules show PL006", module="showing_rules",
    )  # fmt: skip
    parser.add_argument("--system", metavar="SYSTEM", help="those of one governed system (default: all)")
    parser.add_argument(
        "--probes", metavar="DIR", help="with those of a folder or file of your own (default: none)"
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    show = add(
        parser.add_subparsers(dest="action", metavar="ACTION"), "show", "shown",
        "say why a rule is one, what to do, what it reads, what became of it last and since when",
        "compliance rules show CC001", module="showing_rules",
    )  # fmt: skip
    show.add_argument("rule", metavar="RULE", help="its id, as in CC001")
    show.add_argument("--estate", metavar="FILE", help="estate.yaml (default: the embedded reference estate)")
    show.add_argument(
        "--out", metavar="DIR", default="reports", help="where the last audit wrote to (default: reports)"
    )
    show.add_argument("--history", metavar="FILE", help=_HISTORY)
    # Suppressed, or what stands before the action would be lost.
    show.add_argument("--probes", metavar="DIR", default=argparse.SUPPRESS, help="as above")
    show.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print it as JSON")


def _diff(commands: Commands) -> None:
    parser = add(
        commands, "diff", "diff", "compare two audits: what is new, resolved, unchanged, and what else changed",
        "compliance diff last~1 last\n  compliance diff yesterday/verdict.json reports/verdict.json",
        module="diffing",
        codes="0 both came to the same · 1 findings, outcomes, counts or rules differ · 2 no such run.\n"
        "Another observation, policy or program is told, and makes no difference by itself.",
    )  # fmt: skip
    run = "an id as `compliance history` lists it or its beginning, `last`, `last~N`, or the file of a verdict"
    parser.add_argument("old", metavar="RUN", help=run)
    parser.add_argument("new", metavar="RUN", help="the later one, named in the same way")
    parser.add_argument(
        "--history", metavar="FILE", default="reports/history.jsonl",
        help="runs as `compliance audit` keeps them (default: reports/history.jsonl)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print it as JSON, in a shape that stays")


def _completion(commands: Commands) -> None:
    parser = add(
        commands, "completion", "completion", "print a script that completes commands, options, systems and rules",
        "compliance completion bash > ~/.local/share/bash-completion/completions/compliance", module="completing",
    )  # fmt: skip
    parser.add_argument("shell", choices=("bash", "zsh", "fish", "tcsh"), help="whose script")

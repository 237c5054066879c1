"""The words of the commands for somebody who asks what there is, what was, and what changed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from compliance.wording import actions, add, as_json, estate, judged_at, positive, sources

if TYPE_CHECKING:
    from compliance.wording import Commands

_HISTORY = "runs as `compliance audit` keeps them"


def terminal(commands: Commands) -> None:
    """`rules`, `rules show`, `history`, `diff`, `waivers`, `waivers draft`, `completion`."""
    _rules(commands)
    _history(commands)
    _diff(commands)
    _waivers(commands)
    _completion(commands)


def _rules(commands: Commands) -> None:
    parser = add(
        commands, "rules", "listed", "list every rule, or show all there is to know of one",
        "compliance rules --system registry_sync\ncompliance rules show PL006", module="showing_rules",
        when="To know what an audit asks. Nothing is looked at: the probes say it themselves.",
    )  # fmt: skip
    parser.add_argument("--system", metavar="SYSTEM", help="those of one governed system (default: all)")
    parser.add_argument("--probes", metavar="DIR", help="with those of a folder or file of your own")
    as_json(parser)
    show = add(
        actions(parser), "show", "shown",
        "say why a rule is one, what to do, what it reads, what became of it last and since when",
        "compliance rules show CC001", module="showing_rules",
        when="When a finding names a rule that you do not know yet. Queries and results are of the last audit.",
    )  # fmt: skip
    show.add_argument("rule", metavar="RULE", help="its id, as in CC001")
    estate(show)
    show.add_argument(
        "--out", metavar="DIR", default="reports", help="where the last audit wrote to (default: reports)"
    )
    show.add_argument("--history", metavar="FILE", help=f"{_HISTORY} (default: history.jsonl in --out)")
    # Suppressed, or what stands before the action would be lost.
    show.add_argument("--probes", metavar="DIR", default=argparse.SUPPRESS, help="as above")
    show.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print it as JSON")


def _history(commands: Commands) -> None:
    """The runs that were audited, and what each found anew."""
    parser = add(
        commands, "history", "history", "compare audits: what is new, unchanged, resolved and reopened",
        "compliance history --limit 7\ncompliance history CC001:dot_iu_place#category", module="showing_history",
        when="To see since when something is broken, and what the last night changed.",
        codes="0 well · 1 a run differs from another over the same evidence: a defect of the program",
    )  # fmt: skip
    parser.add_argument(
        "key",
        metavar="KEY",
        nargs="?",
        help="of one finding: when it was seen first, gone, back (default: all runs)",
    )
    _kept(parser)
    parser.add_argument("--limit", metavar="N", type=positive, help="the last N runs alone (default: all)")
    as_json(parser)


def _kept(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--history", metavar="FILE", default="reports/history.jsonl",
        help=f"{_HISTORY} (default: reports/history.jsonl)",
    )  # fmt: skip


def _diff(commands: Commands) -> None:
    parser = add(
        commands, "diff", "diff", "compare two audits: what is new, resolved, unchanged, and what else changed",
        "compliance diff last~1 last\ncompliance diff yesterday/verdict.json reports/verdict.json",
        module="diffing",
        when="After a release or a change of policy: did anything come out otherwise?",
        codes="0 both came to the same · 1 findings, outcomes, counts or rules differ\n2 no such run\n"
        "Another observation, policy or program is told, and makes no difference by itself.",
    )  # fmt: skip
    run = "an id as `compliance history` lists it or its beginning, `last`, `last~N`, or the file of a verdict"
    parser.add_argument("old", metavar="RUN", help=run)
    parser.add_argument("new", metavar="RUN", help="the later one, named in the same way")
    _kept(parser)
    as_json(parser, "print it as JSON, in a shape that stays")


def _waivers(commands: Commands) -> None:
    parser = add(
        commands, "waivers", "listed", "list all waivers and what they meet, or draft new ones",
        "compliance waivers --owner operators", module="listing_waivers",
        when="As the gate of whoever owns some of them, and to see what ends soon.",
        codes="0 all hold · 1 one is itself a finding · 3 it is not known what one meets",
    )  # fmt: skip
    sources(parser)
    judged_at(parser)
    parser.add_argument("--owner", metavar="NAME", help="those of one owner (default: all)")
    as_json(parser)
    new = add(
        actions(parser), "draft", "draft", "propose entries for waivers.yaml, each to end on a day of its own",
        "compliance waivers draft CC001:dot_iu_place#category --days 30", module="listing_waivers",
        when="Where a finding cannot be repaired now. Without reason, owner and approver an entry waives nothing.",
    )  # fmt: skip
    new.add_argument(
        "keys", metavar="KEY", nargs="+", help="a finding's key, as `compliance audit --json` has it"
    )
    new.add_argument(
        "--days", metavar="N", type=int, default=30, help="end by then, 1 to 366 days from now (default: 30)"
    )
    # Suppressed, or what stands before the action would be lost.
    for name, kind in (("--estate", "FILE"), ("--judged-at", "TIME")):
        new.add_argument(name, metavar=kind, default=argparse.SUPPRESS, help="as above")


def _completion(commands: Commands) -> None:
    parser = add(
        commands, "completion", "completion", "print a script that completes commands, options, systems and rules",
        "compliance completion bash > compliance.bash && . ./compliance.bash", module="completing",
        when="Write it once, where your shell looks for such scripts (zsh: as `_compliance` into a folder of fpath; "
        "fish: ~/.config/fish/completions/compliance.fish), and again after an update.",
    )  # fmt: skip
    parser.add_argument("shell", choices=("bash", "zsh", "fish", "tcsh"), help="whose script")

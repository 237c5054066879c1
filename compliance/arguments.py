"""The words of the commands that change an estate, and how any command is declared."""

from __future__ import annotations

import argparse
import textwrap
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


WIDTH = 76


def add(
    commands: Commands, name: str, call: str, text: str, example: str = "", module: str = "commands", *,
    when: str = "", codes: str = "",
) -> argparse.ArgumentParser:  # fmt: skip
    """A command: what it does in one sentence, `when` to use it, an `example` a line, and the exit `codes` that mean
    something else here than in `compliance --help`."""
    parser = commands.add_parser(
        name,
        help=text,
        description="\n\n".join(filled(part) for part in (f"{text[0].upper()}{text[1:]}.", when) if part),
        epilog="\n\n".join(_epilog(example, codes)) or None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(call=call, module=module)
    return parser


def filled(text: str) -> str:
    """As wide as argparse writes what it wraps itself: two less than a terminal of 80."""
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def _epilog(example: str, codes: str) -> Iterator[str]:
    if example:
        shown = "\n".join(f"  {line.strip()}" for line in example.splitlines())
        yield f"{'examples' if len(example.splitlines()) > 1 else 'example'}:\n{shown}"
    if codes:
        yield "exit codes:\n" + textwrap.indent("\n".join(map(filled, codes.splitlines())), "  ")


def changes(commands: Commands) -> None:
    """Plan, keys, rehearse, approve, apply, rollback, ledger."""
    _plan(commands)
    _approval(commands)
    _execution(commands)
    _setup(commands)
    _repository(commands)
    _ledger(commands)
    _waivers(commands)


def _changing(
    commands: Commands, name: str, call: str, text: str, example: str = "", *, estate: bool = True,
    module: str = "changing",
) -> argparse.ArgumentParser:  # fmt: skip
    parser = add(commands, name, call, text, example, module=module)
    if estate:
        parser.add_argument(
            "--estate", metavar="FILE", help="estate.yaml; default: the embedded reference estate"
        )
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    return parser


_deciding = partial(_changing, module="deciding")
_PLAN = "folder of a plan, as `compliance compile` writes it"


def _plan(commands: Commands) -> None:
    inner = commands.add_parser("plan", help="read plans").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    show = _deciding(
        inner, "show", "plan_show", "check a plan's files and print what a person has to know of it",
        "compliance plan show reports/compiled/command_catalog/migration", estate=False,
    )  # fmt: skip
    show.add_argument("plan", metavar="PLAN", help=_PLAN)
    diff = _deciding(
        inner,
        "diff",
        "plan_diff",
        "print what differs between two plans; exit 1 where something does",
        estate=False,
    )
    diff.add_argument("old", metavar="OLD", help=_PLAN)
    diff.add_argument("new", metavar="NEW", help=_PLAN)


def _approval(commands: Commands) -> None:
    inner = commands.add_parser("keys", help="make keys").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    new = _deciding(
        inner, "new", "keys_new", "make a key to sign with; its public half belongs into platform.yaml",
        "compliance keys new alice.pem", estate=False,
    )  # fmt: skip
    new.add_argument("file", metavar="FILE", help="where the private key goes; never over a file that is there")
    new.add_argument("--name", metavar="NAME", help="whose it is; default: the file's name")
    rehearsal = _changing(
        commands, "rehearse", "rehearse", "deploy, verify, deploy again and take back a plan, leaving nothing",
        "compliance rehearse reports/compiled/command_catalog/migration --key author.pem",
    )  # fmt: skip
    rehearsal.add_argument("plan", metavar="PLAN", help=_PLAN)
    rehearsal.add_argument("--key", metavar="FILE", help="sign it: whose key this is, is the author")
    rehearsal.add_argument(
        "--on", choices=("estate", "clone"),
        help="the estate itself, rolled back (default for reference and staging), or a clone (production)",
    )  # fmt: skip
    approve = _deciding(
        commands, "approve", "approve", "sign that a plan may be executed, tested, rolled back or committed",
        "compliance approve PLAN --capability execute --key alice.pem --reason 'release 34' --expires 4h",
    )  # fmt: skip
    approve.add_argument("plan", metavar="PLAN", help=f"{_PLAN}; for `rollback` also the id of a receipt")
    approve.add_argument(
        "--capability", required=True, choices=("execute", "test-call", "rollback", "commit"),
        help="what is approved; none implies another",
    )  # fmt: skip
    approve.add_argument("--key", metavar="FILE", required=True, help="the approver's private key")
    approve.add_argument("--reason", metavar="TEXT", required=True, help="why; it stands in the ledger")
    approve.add_argument("--expires", metavar="TIME", default="4h", help="30m, 4h or 2d from now (default: 4h)")


def _execution(commands: Commands) -> None:
    apply = _changing(
        commands, "apply", "apply", "apply a plan that was rehearsed and approved; verify; take back what is not kept",
        "compliance apply reports/compiled/command_catalog/migration",
    )  # fmt: skip
    apply.add_argument("plan", metavar="PLAN", help=_PLAN)
    apply.add_argument("--dry-run", action="store_true", help="the same, but rolled back at the end")
    rollback = _changing(
        commands, "rollback", "rollback", "take back what a receipt says was done, by id; without one: list them",
        "compliance rollback 3f9c2a71b0de",
    )  # fmt: skip
    rollback.add_argument("receipt", metavar="RECEIPT", nargs="?", help="id of a receipt, or its beginning")
    rollback.add_argument("--dry-run", action="store_true", help="the same, but rolled back at the end")


def _setup(commands: Commands) -> None:
    inner = commands.add_parser("registry-sync", help="the flows from Directus' registries to Agent Data")
    actions = inner.add_subparsers(dest="action", required=True, metavar="ACTION")
    setup = _changing(
        actions, "setup", "setup", "compile the flows, rehearse and apply what differs; safe to give again",
        "compliance registry-sync setup --local --dry-run", module="setting_up",
    )  # fmt: skip
    where = setup.add_mutually_exclusive_group()
    for name in ("local", "cloud"):
        text = f"the estate named {name}, of estate.{name}.yaml in this folder"
        where.add_argument(f"--{name}", dest="named", action="store_const", const=name, help=text)
    setup.add_argument("--dry-run", action="store_true", help="compile and rehearse; change nothing")
    setup.add_argument("--key", metavar="FILE", help="sign the rehearsal: whose key this is, is the author")
    setup.add_argument(
        "--out", metavar="DIR", default="reports/compiled", help="where plans go (default: reports/compiled)"
    )


def registration(commands: Commands) -> None:
    """The two commands of document 002, section 5."""
    inner = commands.add_parser("iu-registration", help="the read-only registration of a view with Directus")
    actions = inner.add_subparsers(dest="action", required=True, metavar="ACTION")
    register = add(
        actions, "register-plan", "register_plan",
        "print the registration package as JSON: what Directus is sent to serve the view, read-only",
        "compliance iu-registration register-plan > package.json", module="registering",
    )  # fmt: skip
    disable = add(
        actions, "disable-plan", "disable_plan",
        "print as JSON what takes the registration back; refused where a table would be dropped",
        "compliance iu-registration disable-plan --estate estate.yaml", module="registering",
    )  # fmt: skip
    for parser in (register, disable):
        parser.add_argument(
            "--collection", metavar="NAME",
            help="a view beside the one that policy names, without its schema, with ids of its own; default: the"
            " collection of the policy. disable-plan of a name of which nothing is there is an empty plan, whose `kept`"
            " says so",
        )  # fmt: skip
        parser.add_argument(
            "--estate", metavar="FILE", help="estate.yaml; default: the embedded reference estate"
        )
        parser.add_argument(
            "--observation", metavar="FILE", help="of a recorded observation instead of looking"
        )


def _repository(commands: Commands) -> None:
    exercise = _changing(
        commands, "exercise", "exercise", "make the calls, or the rows, that have to be made to be seen; nothing stays",
        "compliance exercise registry_sync && compliance audit", module="exercising",
    )  # fmt: skip
    exercise.add_argument("system", metavar="SYSTEM", help="a governed system in force")
    exercise.add_argument(
        "--out", metavar="DIR", default="reports/compiled",
        help="where the calls go as a plan, to be approved with --capability test-call (default: reports/compiled)",
    )  # fmt: skip
    commit = _changing(
        commands, "commit", "commit", "commit a plan's files into the governed repository, with an approval of its own",
        "compliance commit reports/compiled/command_catalog/migration",
    )  # fmt: skip
    commit.add_argument("plan", metavar="PLAN", help=_PLAN)


def _ledger(commands: Commands) -> None:
    inner = commands.add_parser("ledger", help="read and check the ledger").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    _deciding(inner, "verify", "ledger_verify", "check that every line of the ledger is as it was written")
    _deciding(inner, "show", "ledger_show", "print what happened, oldest first")
    settle = _deciding(
        inner, "settle", "ledger_settle", "say what became of an interrupted change that content could not tell",
        "compliance ledger settle 3f9c2a71b0de --as not-applied --reason 'looked at by hand, ticket 12'",
    )  # fmt: skip
    settle.add_argument("intent", metavar="INTENT", help="id of the open intent, as the error names it")
    settle.add_argument("--as", dest="become", required=True, choices=("applied", "not-applied"))
    settle.add_argument("--reason", metavar="TEXT", required=True, help="how that was found out")


def _waivers(commands: Commands) -> None:
    parser = add(
        commands, "waivers", "listed", "list all waivers and what they meet, or draft new ones",
        "compliance waivers --owner operators", module="listing_waivers",
    )  # fmt: skip
    parser.add_argument("--estate", metavar="FILE", help="estate.yaml; default: the embedded reference estate")
    parser.add_argument("--observation", metavar="FILE", help="judge a recorded observation instead of looking")
    parser.add_argument("--judged-at", metavar="TIME", help="judge what expires as of then; default: now")
    parser.add_argument(
        "--owner", metavar="NAME", help="those of one owner; exit 1 where one is itself a finding"
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    new = add(
        parser.add_subparsers(dest="action", metavar="ACTION"), "draft", "draft",
        "propose entries for waivers.yaml, each to end on a day of its own",
        "compliance waivers draft CC001:dot_iu_place#category --days 30", module="listing_waivers",
    )  # fmt: skip
    new.add_argument(
        "keys", metavar="KEY", nargs="+", help="a finding's key, as `compliance audit --json` has it"
    )
    new.add_argument("--days", metavar="N", type=int, default=30, help="end by then; default: 30")
    # Suppressed, or what stands before the action would be lost.
    for name, kind in (("--estate", "FILE"), ("--judged-at", "TIME")):
        new.add_argument(name, metavar=kind, default=argparse.SUPPRESS, help="as above")


def positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 on")
    return int(text)


def history(commands: Commands) -> None:
    """The runs that were audited, and what each found anew."""
    parser = add(
        commands, "history", "history", "compare audits: what is new, unchanged, resolved and reopened",
        "compliance history --limit 7", module="showing_history",
    )  # fmt: skip
    parser.add_argument(
        "key", metavar="KEY", nargs="?", help="of one finding: when it was seen first, gone, back"
    )
    parser.add_argument(
        "--history", metavar="FILE", default="reports/history.jsonl",
        help="as `compliance audit` keeps it (default: reports/history.jsonl)",
    )  # fmt: skip
    parser.add_argument("--limit", metavar="N", type=positive, help="the last N runs alone")
    parser.add_argument("--json", action="store_true", help="print it as JSON")

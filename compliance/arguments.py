"""The words of the commands that change an estate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from compliance.wording import add, as_json, estate, group, sources

if TYPE_CHECKING:
    import argparse

    from compliance.wording import Commands


def changes(commands: Commands) -> None:
    """Plan, keys, rehearse, approve, apply, rollback, exercise, commit, ledger."""
    _plan(commands)
    _approval(commands)
    _execution(commands)
    _setup(commands)
    _repository(commands)
    _ledger(commands)


def _changing(
    commands: Commands, name: str, call: str, text: str, example: str, *, of_estate: bool = True,
    module: str = "changing", when: str = "", codes: str = "",
) -> argparse.ArgumentParser:  # fmt: skip
    parser = add(commands, name, call, text, example, module=module, when=when, codes=codes)
    if of_estate:
        estate(parser)
    as_json(parser)
    return parser


_deciding = partial(_changing, module="deciding")
_PLAN = "folder of a plan, as `compliance compile` writes it"
_MIGRATION = "reports/compiled/command_catalog/migration"


def _plan(commands: Commands) -> None:
    inner = group(
        commands, "plan", "read plans", f"compliance plan show {_MIGRATION}",
        when="A plan is a folder: steps with the way back of each, a REVIEW.md, and the facts that it rests on.",
    )  # fmt: skip
    show = _deciding(
        inner, "show", "plan_show", "check a plan's files and print what a person has to know of it",
        f"compliance plan show {_MIGRATION}", of_estate=False,
        when="Before you rehearse or approve it: what it does, what it reads, how it is taken back.",
    )  # fmt: skip
    show.add_argument("plan", metavar="PLAN", help=_PLAN)
    diff = _deciding(
        inner, "diff", "plan_diff", "print what differs between two plans",
        "compliance plan diff yesterday/migration today/migration", of_estate=False,
        when="After compiling anew: does the approval of the old plan still say what you meant?",
        codes="0 nothing differs · 1 something does",
    )  # fmt: skip
    diff.add_argument("old", metavar="OLD", help=_PLAN)
    diff.add_argument("new", metavar="NEW", help=_PLAN)


def _approval(commands: Commands) -> None:
    inner = group(commands, "keys", "make keys", "compliance keys new alice.pem")
    new = _deciding(
        inner, "new", "keys_new", "make a key to sign with; its public half belongs into platform.yaml",
        "compliance keys new alice.pem", of_estate=False,
        when="Once for each person who rehearses, approves, accepts profiles or seals evidence.",
    )  # fmt: skip
    new.add_argument("file", metavar="FILE", help="where the private key goes; never over a file that is there")
    new.add_argument("--name", metavar="NAME", help="whose it is (default: the file's name)")
    rehearsal = _changing(
        commands, "rehearse", "rehearse", "deploy, verify, deploy again and take back a plan, leaving nothing",
        f"compliance rehearse {_MIGRATION} --key a.pem",
        when="After compiling, before anybody approves: nothing that was not rehearsed is applied.",
        codes="0 all was as before · 4 refused · 6 the rehearsal failed",
    )  # fmt: skip
    rehearsal.add_argument("plan", metavar="PLAN", help=_PLAN)
    rehearsal.add_argument(
        "--key", metavar="FILE", help="sign it: whose key this is, is the author (default: nobody signs)"
    )
    rehearsal.add_argument(
        "--on", choices=("estate", "clone"),
        help="the estate itself, rolled back (default for reference and staging), or a clone (production)",
    )  # fmt: skip
    _approve(commands)


def _approve(commands: Commands) -> None:
    approve = _deciding(
        commands, "approve", "approve", "sign that a plan may be executed, tested, rolled back or committed",
        "compliance approve PLAN --capability execute --key alice.pem --reason why",
        when="After reading REVIEW.md. One plan, one capability, one ledger, once.",
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
        f"compliance apply {_MIGRATION} --dry-run",
        when="One transaction under a lock. Killed at any point, the same command finds out what became of it.",
        codes="0 applied and verified · 4 refused: stale, unapproved, fenced\n6 applied but not kept, so taken back",
    )  # fmt: skip
    apply.add_argument("plan", metavar="PLAN", help=_PLAN)
    apply.add_argument("--dry-run", action="store_true", help="the same, but rolled back at the end")
    rollback = _changing(
        commands, "rollback", "rollback", "take back what a receipt says was done, by id; without one: list them",
        "compliance rollback\ncompliance rollback 3f9c2a71b0de --dry-run",
        when="It refuses where a row was changed since, or where something depends on it.",
    )  # fmt: skip
    rollback.add_argument("receipt", metavar="RECEIPT", nargs="?", help="id of a receipt, or its beginning")
    rollback.add_argument("--dry-run", action="store_true", help="the same, but rolled back at the end")


def _setup(commands: Commands) -> None:
    inner = group(
        commands, "registry-sync", "the flows from Directus' registries to Agent Data",
        "compliance registry-sync setup --dry-run",
    )  # fmt: skip
    setup = _changing(
        inner, "setup", "setup", "compile the flows, rehearse and apply what differs; safe to give again",
        "compliance registry-sync setup --local --dry-run", module="setting_up",
        when="To set the flows up, and after each change of policy. Where an approval is missing it stops with 4 and"
        " prints the command that the approver has to give.",
    )  # fmt: skip
    where = setup.add_mutually_exclusive_group()
    for name in ("local", "cloud"):
        text = f"the estate named {name}, of estate.{name}.yaml in this folder"
        where.add_argument(f"--{name}", dest="named", action="store_const", const=name, help=text)
    setup.add_argument("--dry-run", action="store_true", help="compile and rehearse; change nothing")
    setup.add_argument(
        "--key",
        metavar="FILE",
        help="sign the rehearsal: whose key this is, is the author (default: nobody signs)",
    )
    setup.add_argument(
        "--out", metavar="DIR", default="reports/compiled", help="where plans go (default: reports/compiled)"
    )


def registration(commands: Commands) -> None:
    """The two commands of document 002, section 5."""
    inner = group(
        commands, "iu-registration", "the read-only registration of a view with Directus",
        "compliance iu-registration register-plan",
    )  # fmt: skip
    register = add(
        inner, "register-plan", "register_plan",
        "print the registration package as JSON: what Directus is sent to serve the view, read-only",
        "compliance iu-registration register-plan > package.json", module="registering",
        when="For review: nothing is sent.",
    )  # fmt: skip
    disable = add(
        inner, "disable-plan", "disable_plan",
        "print as JSON what takes the registration back; refused where a table would be dropped",
        "compliance iu-registration disable-plan --estate estate.yaml", module="registering",
        when="For review: nothing is sent. `state: disabled` in policy compiles the same as a plan.",
    )  # fmt: skip
    for parser in (register, disable):
        parser.add_argument(
            "--collection", metavar="NAME",
            help="a view beside the one that policy names, without its schema, with ids of its own (default: the"
            " collection of the policy). disable-plan of a name of which nothing is there is an empty plan, whose"
            " `kept` says so",
        )  # fmt: skip
        sources(parser)


def _repository(commands: Commands) -> None:
    exercise = _changing(
        commands, "exercise", "exercise", "make the calls, or the rows, that have to be made to be seen; nothing stays",
        "compliance exercise registry_sync", module="exercising",
        when="Before an audit that is to judge what shows only when it is called; the next audit reads the answers.",
    )  # fmt: skip
    exercise.add_argument("system", metavar="SYSTEM", help="a governed system in force")
    exercise.add_argument(
        "--out", metavar="DIR", default="reports/compiled",
        help="where the calls go as a plan, to be approved with --capability test-call (default: reports/compiled)",
    )  # fmt: skip
    commit = _changing(
        commands, "commit", "commit", "commit a plan's files into the governed repository, with an approval of its own",
        f"compliance commit {_MIGRATION}",
        when="After applying, where the repository repeats what the database holds.",
    )  # fmt: skip
    commit.add_argument("plan", metavar="PLAN", help=_PLAN)


def _ledger(commands: Commands) -> None:
    inner = group(
        commands, "ledger", "read and check the ledger", "compliance ledger verify",
        when="One file outside of the database, in which each entry holds the hash of the one before.",
    )  # fmt: skip
    _deciding(
        inner, "verify", "ledger_verify", "check that every line of the ledger is as it was written",
        "compliance ledger verify", when="A changed ledger allows nothing; this names every line that was changed.",
        codes="0 every line is · 1 something is not",
    )  # fmt: skip
    _deciding(
        inner, "show", "ledger_show", "print what happened, oldest first", "compliance ledger show --json",
        when="To see what was rehearsed, approved, applied, called, sealed and taken back, and by whose key.",
    )  # fmt: skip
    settle = _deciding(
        inner, "settle", "ledger_settle", "say what became of an interrupted change that content could not tell",
        "compliance ledger settle 3f9c2a71b0de --as not-applied --reason 'ticket 12'",
        when="Where `apply` says that neither what was before nor what was meant is there.",
    )  # fmt: skip
    settle.add_argument("intent", metavar="INTENT", help="id of the open intent, as the error names it")
    settle.add_argument(
        "--as", dest="become", required=True, choices=("applied", "not-applied"), help="what became of it"
    )
    settle.add_argument("--reason", metavar="TEXT", required=True, help="how that was found out")

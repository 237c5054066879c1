"""The words of the commands with which an estate of one's own begins, and of the reference estate."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from compliance.wording import add, as_json, estate, group, sources

if TYPE_CHECKING:
    from compliance.wording import Commands


def start(commands: Commands) -> None:
    """`init`, `policy draft`, `role`."""
    parser = add(
        commands, "init", "init", "write a commented estate.yaml and policy to start from",
        "compliance init my-estate", when="Once, to begin with an estate of your own.",
    )  # fmt: skip
    parser.add_argument("folder", metavar="DIR", help="where to; existing files are not overwritten")
    _policy(commands)
    role = add(
        commands, "role", "role", "print the SQL of a role that may read what policy names, and nothing else",
        "compliance role --estate estate.yaml > role.sql",
        when="Once, and after policy names something new: have the owner of the database run it.",
    )  # fmt: skip
    estate(role)
    role.add_argument(
        "--name", metavar="ROLE", default="compliance_probe", help="its name (default: compliance_probe)"
    )


def _policy(commands: Commands) -> None:
    inner = group(
        commands, "policy", "check a policy, or write one from what an estate looks like now",
        "compliance policy check estate.yaml",
    )  # fmt: skip
    draft = add(
        inner, "draft", "policy_draft", "draft the policy of a system from an observation (reviewed: false)",
        "compliance policy draft command_catalog --estate estate.yaml > draft.yaml",
        when="To begin with what is there. It never gives a green audit before somebody has reviewed it.",
    )  # fmt: skip
    draft.add_argument("system", metavar="SYSTEM", help="a governed system in force that can be drafted")
    sources(draft)
    check = add(
        inner, "check", "policy_check",
        "read estate.yaml and its policy as an audit does, and ask nothing of the estate",
        "compliance policy check estate.yaml", module="checking",
        when="Before a commit: in an editor, a hook, or a job that may not reach the estate.",
    )  # fmt: skip
    check.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="each an estate.yaml (default: the embedded reference estate's)",
    )
    as_json(check, "print systems and problems of each as JSON")


def reference(commands: Commands) -> None:
    """`estate up|psql|status|reset|down`."""
    inner = group(
        commands, "estate", "run the embedded reference estate", "compliance estate up",
        when="To try everything with nothing configured: a PostgreSQL of its own, on this machine alone.",
    )  # fmt: skip
    _up(inner)
    psql = add(
        inner, "psql", "psql", "open psql as the owner of the reference estate", "compliance estate psql -- -c '\\d'",
        module="hosting", when="To break something, and see what an audit says.",
    )  # fmt: skip
    psql.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="handed to psql, behind `--`"
    )
    status = add(
        inner, "status", "status", "say whether the reference estate is running, and what beside it",
        "compliance estate status --json", module="hosting", when="Where an address is not answered.",
    )  # fmt: skip
    as_json(status)
    add(
        inner, "reset", "reset", "restore the content of the reference estate; the DSN stays",
        "compliance estate reset", module="hosting", when="After you have broken enough.",
    )  # fmt: skip
    add(
        inner, "down", "down", "stop the reference estate and what runs beside it", "compliance estate down",
        module="hosting", when="In the end. Its content is kept until the next `up`.",
    )  # fmt: skip


def _up(inner: Commands) -> None:
    up = add(
        inner, "up", "up", "start the reference estate and leave it running",
        "compliance estate up\ncompliance estate up --directus", module="hosting",
        when="Before a tour of several commands; a single audit starts and stops it by itself.",
    )  # fmt: skip
    either = up.add_mutually_exclusive_group()
    either.add_argument(
        "--variant", metavar="NAME",
        help="make a variant of it in the same server: bare (the birth scan is not set up), practice, hoped, text_only,"
        " unregistered (the IU registration is not)",
    )  # fmt: skip
    either.add_argument(
        "--directus", action="store_true",
        help="with a real Directus and Agent Data beside it (Node 22; the first time installs npm packages of 800 MB)",
    )  # fmt: skip
    as_json(
        up, "print the owner's DSN as postgres, the path of estate.yaml, and how services are reached, as JSON"
    )

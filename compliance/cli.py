"""The command line: parse, call, one error boundary. What a command needs is imported when it runs."""

from __future__ import annotations

import argparse
import io
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.arguments import add, changes, history, positive, registration
from compliance.evidence_arguments import evidence
from compliance.gate_arguments import gates
from compliance.sync.arguments import sync
from compliance.talking import done
from compliance.terminal_arguments import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compliance.arguments import Commands

EXIT_CODES = """exit codes:
  0 all kept · 1 findings · 2 wrong usage or configuration · 3 could not look · 4 refused
  5 nothing was probed · 6 applied but not kept, so taken back · 130 interrupted"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of `compliance`; returns the exit code."""
    _usable_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    return _run(parser().parse_args(_for_psql(given)))


def _for_psql(given: list[str]) -> list[str]:
    """What stands behind `estate psql` is psql's, an option that comes first too."""
    if given[:2] == ["estate", "psql"] and given[2:3] not in ([], ["-h"], ["--help"], ["--"]):
        return [*given[:2], "--", *given[2:]]
    return given


def dot_commands(arguments: Sequence[str] | None = None) -> int:
    """Entry point of `dot-commands`: `compliance explain` under the name of the document."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    return main(["explain", *(given[1:] if given[:1] == ["explain"] else given)])


def flow_setup(arguments: Sequence[str] | None = None) -> int:
    """Entry point of `dot-flow-setup-registry-sync`, the name of document 000 for `compliance registry-sync setup`."""
    return main(["registry-sync", "setup", *(sys.argv[1:] if arguments is None else arguments)])


def register_plan(arguments: Sequence[str] | None = None) -> int:
    """Entry point of document 002's name for `compliance iu-registration register-plan`."""
    return main(["iu-registration", "register-plan", *(sys.argv[1:] if arguments is None else arguments)])


def disable_plan(arguments: Sequence[str] | None = None) -> int:
    """Entry point of document 002's name for `compliance iu-registration disable-plan`."""
    return main(["iu-registration", "disable-plan", *(sys.argv[1:] if arguments is None else arguments)])


def sync_directional(arguments: Sequence[str] | None = None) -> int:
    """Entry point of `sync-directional`, document 003's runner: `compliance sync` by another name."""
    return main(["sync", *(sys.argv[1:] if arguments is None else arguments)])


def _usable_streams() -> None:
    """Whatever the caller closed or whichever locale it has: no name of an estate may end the program.

    UTF-8, as JSON has to be; what cannot be written in it (a path of stray bytes) is escaped.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - as long as the program
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _run(parsed: argparse.Namespace) -> int:
    from compliance.core.errors import ComplianceError

    try:
        module = import_module(f"compliance.{parsed.module}")
        return int(getattr(module, parsed.call)(parsed))
    except ComplianceError as error:
        _complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        _complain("interrupted")
        return 130
    except BrokenPipeError:
        # The reader went away (`| head`); Python would complain once more when it closes the stream.
        sys.stderr.close()
        return 141
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _complain(f"{place}{error.strerror or error}")
        return 2


def _complain(what: object) -> None:
    done()  # or it would stand behind the last word of progress
    print(f"compliance: {what}", file=sys.stderr)


def parser() -> argparse.ArgumentParser:
    """Every word of the program: what help, completion and the reference of the command line are made from."""
    made = argparse.ArgumentParser(
        prog="compliance",
        description="Observe an estate read-only, probe it against policy, compile what would set it right; let it\n"
        "reach the estate once it is rehearsed and approved, take it back, and report.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _audit(commands)
    _observe(commands)
    _compile(commands)
    _explain(commands)
    _start(commands)
    _estate(commands)
    changes(commands)
    evidence(commands)
    registration(commands)
    sync(commands)
    _report(commands)
    history(commands)
    terminal(commands)
    gates(commands)
    add(
        commands, "demo", "demo", "play a change of an estate from drift to rollback, on one that is thrown away",
        module="demo",
    )  # fmt: skip
    return made


def _sources(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--estate", metavar="FILE", help="estate.yaml; default: the embedded reference estate")
    parser.add_argument("--observation", metavar="FILE", help="judge a recorded observation instead of looking")


def _audit(commands: Commands) -> None:
    parser = add(
        commands, "audit", "audit", "observe, probe, gate, compile and report",
        "compliance audit --estate estate.yaml --json > verdict.json",
    )  # fmt: skip
    _sources(parser)
    parser.add_argument("--judged-at", metavar="TIME", help="judge what expires as of then; default: now")
    parser.add_argument(
        "--out", metavar="DIR", default="reports", help="where results and page go (default: reports)"
    )
    parser.add_argument("--no-page", action="store_true", help="leave out the HTML page (it needs Node)")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON (audit.schema.json)")
    parser.add_argument(
        "--watch", metavar="TIME", nargs="?", const="60s",
        help="audit again when a file of policy changes, and after so long (30s, 5m, 1h; default: 60s); show what"
        " changed, write nothing; Ctrl-C ends it with 130",
    )  # fmt: skip
    parser.add_argument(
        "--history", metavar="FILE", help="where runs are kept; default: history.jsonl in --out"
    )
    parser.add_argument("--profile", metavar="NAME", help="let a profile of platform.yaml decide the exit code")
    parser.add_argument(
        "--fail-on", metavar="WORD", action="append", default=[],
        help="exit 1 for `new` findings, or for these severities alone (new,critical,high); with --profile: for these"
        " severities as well",
    )  # fmt: skip
    parser.add_argument(
        "--history-limit", metavar="N", type=positive, default=400, help="how many are kept (default: 400)"
    )


def _observe(commands: Commands) -> None:
    parser = add(
        commands,
        "observe",
        "observe",
        "look once, and write what was seen",
        "compliance observe -o observation.json",
    )
    _sources(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="file to write; default: standard output")


def _compile(commands: Commands) -> None:
    parser = add(
        commands, "compile", "compile_", "run all probes of a system, then emit its seed and migration",
        "compliance compile command_catalog --out compiled",
    )  # fmt: skip
    parser.add_argument("system", metavar="SYSTEM", help="a governed system in force")
    _sources(parser)
    parser.add_argument("--out", metavar="DIR", default="reports/compiled", help="default: reports/compiled")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 where files in DIR are not current"
    )
    parser.add_argument(
        "--json", action="store_true", help="print system, kind, path, digest and steps as JSON"
    )


def _explain(commands: Commands) -> None:
    parser = add(
        commands, "explain", "explain", "print the SQL of a command and its gates; run nothing",
        "compliance explain dot_iu_auto_instantiate_rollback_by_actor actor=operator dry_run=true",
    )  # fmt: skip
    parser.add_argument("name", metavar="COMMAND", nargs="?", help="a command of the registry; none: list them")
    parser.add_argument("values", metavar="key=value", nargs="*", help="its arguments")
    parser.add_argument("--estate", metavar="FILE", help="estate.yaml; default: the embedded reference estate")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def _start(commands: Commands) -> None:
    parser = add(
        commands, "init", "init", "write a commented estate.yaml and policy to start from", "compliance init ."
    )
    parser.add_argument("folder", metavar="DIR", help="where to; existing files are not overwritten")
    policy = add(commands, "policy", "policy", "check a policy, or write one from what an estate looks like now")
    inner = policy.add_subparsers(dest="action", required=True, metavar="ACTION")
    draft = add(
        inner, "draft", "policy_draft", "draft the policy of a system from an observation (reviewed: false)",
        "compliance policy draft command_catalog --estate estate.yaml > policy/command_catalog.yaml",
    )  # fmt: skip
    draft.add_argument("system", metavar="SYSTEM")
    _sources(draft)
    check = add(
        inner, "check", "policy_check", "read estate.yaml and its policy as an audit does, and ask nothing of the estate",
        "compliance policy check estate.yaml", module="checking",
    )  # fmt: skip
    check.add_argument(
        "files", metavar="FILE", nargs="*", help="each an estate.yaml; default: the embedded reference estate"
    )
    check.add_argument("--json", action="store_true", help="print systems and problems of each as JSON")
    role = add(
        commands, "role", "role", "print the SQL of a role that may read what policy names, and nothing else",
        "compliance role --estate estate.yaml | psql",
    )  # fmt: skip
    role.add_argument("--estate", metavar="FILE", help="estate.yaml; default: the embedded reference estate")
    role.add_argument("--name", metavar="ROLE", default="compliance_probe", help="default: compliance_probe")


def _estate(commands: Commands) -> None:
    parser = commands.add_parser("estate", help="run the embedded reference estate")
    inner = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    up = add(
        inner, "up", "up", "start the reference estate and leave it running",
        "compliance estate up --directus", module="hosting",
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
    up.add_argument(
        "--json", action="store_true",
        help="print the owner's DSN as postgres, the path of estate.yaml, and how services are reached, as JSON",
    )  # fmt: skip
    psql = add(inner, "psql", "psql", "open psql as the owner of the reference estate", module="hosting")
    psql.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="handed to psql")
    status = add(
        inner, "status", "status", "say whether the reference estate is running, and what beside it",
        module="hosting",
    )  # fmt: skip
    status.add_argument("--json", action="store_true", help="print it as JSON")
    add(inner, "reset", "reset", "restore the content of the reference estate; the DSN stays", module="hosting")
    add(inner, "down", "down", "stop the reference estate and what runs beside it", module="hosting")


def _report(commands: Commands) -> None:
    parser = commands.add_parser("report", help="read the report of the last audit")
    inner = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    opened = add(
        inner, "open", "report_open", "serve the page on loopback until Ctrl-C", "compliance report open"
    )
    opened.add_argument(
        "folder", metavar="DIR", nargs="?", default="reports/html", help="default: reports/html"
    )


if __name__ == "__main__":
    sys.exit(main())

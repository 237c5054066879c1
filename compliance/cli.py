"""The command line: parse, call, one error boundary. What a command needs is imported when it runs."""

from __future__ import annotations

import argparse
import io
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.arguments import changes, registration
from compliance.estate_arguments import reference, start
from compliance.evidence_arguments import evidence
from compliance.export_arguments import export, exported
from compliance.gate_arguments import gates
from compliance.sync.arguments import sync
from compliance.talking import done
from compliance.terminal_arguments import terminal
from compliance.wording import Parser, add, as_json, estate, filled, group, judged_at, positive, sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compliance.wording import Commands

EXIT_CODES = """examples:
  compliance audit
  compliance rules show CC001
  compliance diff last~1 last

exit codes:
  0 all kept · 1 findings · 2 wrong usage or configuration
  3 could not look · 4 refused · 5 nothing was probed
  6 applied but not kept, so taken back · 130 interrupted"""


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
    from compliance.core.oneline import oneline

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
        _complain(oneline(f"{place}{error.strerror or error}"))
        return 2


def _complain(what: object) -> None:
    done()  # or it would stand behind the last word of progress
    print(f"compliance: {what}", file=sys.stderr)


def parser() -> argparse.ArgumentParser:
    """Every word of the program: what help, completion and the reference of the command line are made from."""
    made: argparse.ArgumentParser = Parser(
        prog="compliance",
        description=filled(
            "Observe an estate read-only, probe it against policy, compile what would set it right; let it reach the"
            " estate once it is rehearsed and approved, take it back, and report."
        ),
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(
        dest="command", required=True, metavar="COMMAND", help="`COMMAND --help` says more"
    )
    _audit(commands)
    _observe(commands)
    _compile(commands)
    _explain(commands)
    start(commands)
    reference(commands)
    changes(commands)
    evidence(commands)
    registration(commands)
    sync(commands)
    _report(commands)
    export(commands)
    terminal(commands)
    gates(commands)
    add(
        commands, "demo", "demo", "play a change of an estate from drift to rollback, on one that is thrown away",
        "compliance demo", module="demo", when="To see approvals at work, in some ten seconds.",
    )  # fmt: skip
    return made


def _audit(commands: Commands) -> None:
    parser = add(
        commands, "audit", "audit", "observe, probe, gate, compile and report",
        "compliance audit\ncompliance audit --estate estate.yaml --no-page --json > audit.json",
        when="The main job: as a gate, every night, and at the desk with --watch. It changes nothing.",
        codes="0 all kept · 1 findings · 3 could not look, or not all was looked at\n5 nothing was probed",
    )  # fmt: skip
    sources(parser)
    judged_at(parser)
    parser.add_argument(
        "--out", metavar="DIR", default="reports", help="where results and page go (default: reports)"
    )
    parser.add_argument("--no-page", action="store_true", help="leave out the HTML page (it needs Node)")
    exported(parser)
    as_json(parser, "print the verdict as JSON (audit.schema.json)")
    parser.add_argument(
        "--watch", metavar="TIME", nargs="?", const="60s",
        help="audit again when a file of policy changes, and after so long (30s, 5m, 1h; default: 60s); show what"
        " changed, write nothing; Ctrl-C ends it with 130",
    )  # fmt: skip
    parser.add_argument(
        "--history", metavar="FILE", help="where runs are kept (default: history.jsonl in --out)"
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
        commands, "observe", "observe", "look once, and write what was seen",
        "compliance observe -o observation.json",
        when="Where another machine is to judge, or a failure is to be kept: `--observation FILE` of other commands"
        " reads it.",
        codes="0 all was seen · 3 a section could not be looked at; the rest is written",
    )  # fmt: skip
    sources(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="file to write (default: standard output)")


def _compile(commands: Commands) -> None:
    parser = add(
        commands, "compile", "compile_", "run all probes of a system, then emit its seed and migration",
        "compliance compile command_catalog --out compiled",
        when="An audit does it too, for every system; this is for one, and says what stands in the way.",
        codes="0 compiled · 1 with --check: not current · 4 not every guard holds",
    )  # fmt: skip
    parser.add_argument("system", metavar="SYSTEM", help="a governed system in force")
    sources(parser)
    parser.add_argument(
        "--out", metavar="DIR", default="reports/compiled", help="where plans go (default: reports/compiled)"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 where files in DIR are not current"
    )
    as_json(parser, "print system, kind, path, digest and steps as JSON")


def _explain(commands: Commands) -> None:
    parser = add(
        commands, "explain", "explain", "print the SQL of a command and its gates; run nothing",
        "compliance explain\ncompliance explain dot_iu_place actor=operator dry_run=true",
        when="Before an operator calls it: which function, with which arguments, behind which gate.",
    )  # fmt: skip
    parser.add_argument(
        "name", metavar="COMMAND", nargs="?", help="a command of the registry (default: list them all)"
    )
    parser.add_argument("values", metavar="key=value", nargs="*", help="its arguments")
    estate(parser)
    as_json(parser)


def _report(commands: Commands) -> None:
    inner = group(commands, "report", "read the report of the last audit", "compliance report open")
    opened = add(
        inner, "open", "report_open", "serve the page on loopback until Ctrl-C", "compliance report open",
        when="Where a browser may not open the folder itself. It asks nothing of any other host.",
    )  # fmt: skip
    opened.add_argument(
        "folder", metavar="DIR", nargs="?", default="reports/html", help="the page (default: reports/html)"
    )


if __name__ == "__main__":
    sys.exit(main())

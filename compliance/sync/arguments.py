"""The words of `compliance sync` (document 003, 'CLI Commands')."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

DEFAULT = ".insightpulse/sync.yaml"
_TEXT = """Run the targets of sync.yaml: pull from, push to, or keep in step with other systems.

Every target runs in a throw-away worktree. What it changed is looked at and checked there, and lands in the
repository as one commit a target, or not at all. A dry run is the same without the landing. Verification runs
with --verify, with --ci, and wherever a commit is to land. What a selected target depends on is not run with it
unless it is selected too."""
_CODES = """exit codes:
  0 all well · 1 a target or a check failed, or differs with --fail-on-diff
  2 wrong usage or configuration, an unknown target, a glob without a match · 4 refused · 130 interrupted

examples:
  compliance sync --dry-run
  compliance sync --target 'oca_*' --verify"""


def sync(commands: Commands) -> None:
    parser = commands.add_parser(
        "sync", help="run the directional sync: pull, push and bidirectional targets of sync.yaml",
        description=_TEXT, epilog=_CODES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.set_defaults(call="sync", module="sync.command")
    _selection(parser)
    _manner(parser)
    _output(parser)
    inner = parser.add_subparsers(
        dest="action",
        metavar="workflow | secrets | history | rollback | dashboard | skills | connectors | drift",
    )
    _past(inner)
    _skills(inner)
    _page(inner)
    _connectors(inner)
    workflow = inner.add_parser(
        "workflow", help="write the workflow that runs the targets by their schedules",
        description="Write .github/workflows/directional-sync.yml from the schedules of sync.yaml.",
    )  # fmt: skip
    workflow.set_defaults(call="workflow", module="sync.workflow_command")
    workflow.add_argument(
        "--config", metavar="FILE", default=argparse.SUPPRESS, help=f"default: {DEFAULT} in the repository"
    )
    workflow.add_argument("--check", action="store_true", help="write nothing; exit 1 where it is not current")

    secrets = inner.add_parser(
        "secrets", help="look through files for secrets as a sync does, and draft a baseline to review",
        description="Look through files for secrets, as a sync does with what it commits or sends.",
    )  # fmt: skip
    secrets.set_defaults(call="secrets", module="sync.reviewing")
    secrets.add_argument(
        "paths", metavar="PATH", nargs="*", help="files and folders; default: what is not committed"
    )
    secrets.add_argument(
        "--draft",
        action="store_true",
        help="print entries for `secret_baseline`; who reviews them fills in the rest",
    )
    secrets.add_argument(
        "--config", metavar="FILE", default=argparse.SUPPRESS, help=f"default: {DEFAULT} in the repository"
    )


def _skills(inner: Commands) -> None:
    skills = inner.add_parser(
        "skills", help="are these folders skills? Without the network: what a verification asks",
        description="Look at the SKILL.md of each folder below PATH; exit 1 where one is wrong, or none is there.",
    )  # fmt: skip
    skills.set_defaults(call="check", module="sync.skills_command")
    skills.add_argument("paths", metavar="PATH", nargs="+", help="a folder of which each folder is a skill")


def _connectors(inner: Commands) -> None:
    listed = inner.add_parser(
        "connectors", help="what a target can name as its connector, and the keys of its config",
        description="List the connectors, those of installed packages too; with NAME the keys of its `config`.",
    )  # fmt: skip
    listed.set_defaults(call="show", module="sync.connectors_command")
    listed.add_argument("name", metavar="NAME", nargs="?", help="this one, with the keys of its config")
    listed.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print it as JSON")
    drift = inner.add_parser(
        "drift", help="how much the two sides of a target differ, for a drift gate: drift_score=N",
        description="Read both sides of a bidirectional target with a connector, and count what differs.",
    )  # fmt: skip
    drift.set_defaults(call="drift", module="sync.drift_command")
    drift.add_argument("name", metavar="TARGET", help="its name")
    drift.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print it as JSON")
    drift.add_argument(
        "--config", metavar="FILE", default=argparse.SUPPRESS, help=f"default: {DEFAULT} in the repository"
    )


def _past(inner: Commands) -> None:
    """What looks back: `SUPPRESS`, so that a word before the action counts too."""
    history = inner.add_parser(
        "history", help="the runs that there were, and how long targets take",
        description="The runs of this repository, the newest first, from refs/directional-sync/history.",
    )  # fmt: skip
    history.set_defaults(call="show", module="sync.history_command")
    history.add_argument(
        "--target", metavar="NAME|GLOB", nargs="+", action="extend", default=argparse.SUPPRESS,
        help="what became of these",
    )  # fmt: skip
    history.add_argument("--limit", metavar="N", type=_count, help="runs (default: 20; with --stats all)")
    history.add_argument(
        "--stats", action="store_true", help="of each target: runs, failures, P50, P95 and P99 of its duration"
    )
    history.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print it as JSON")

    rollback = inner.add_parser(
        "rollback", help="bring the outputs back to what they were before a run",
        description="Bring the outputs back to what they were before a run, by one commit a target. What another side"
        " was handed cannot be taken back, and what was changed again since is not: then nothing is done (exit 4).",
    )  # fmt: skip
    rollback.set_defaults(call="roll_back", module="sync.rollback_command")
    rollback.add_argument("run", metavar="RUN", help="as `compliance sync history` names it")
    rollback.add_argument(
        "--target", metavar="NAME|GLOB", nargs="+", action="extend", default=argparse.SUPPRESS,
        help="what it did of these alone",
    )  # fmt: skip
    for words, said in (
        ("--dry-run", "show what would change; change nothing"),
        ("--ci", "plain output, annotations for GitHub"),
        ("--json", "print the summary as JSON"),
    ):
        rollback.add_argument(words, action="store_true", default=argparse.SUPPRESS, help=said)
    for words in ("--config", "--summary-json"):
        rollback.add_argument(words, metavar="FILE", default=argparse.SUPPRESS, help="as of a sync")


def _page(inner: Commands) -> None:
    dashboard = inner.add_parser(
        "dashboard", help="write the history as one HTML page",
        description="Write the state of each target and the runs as one HTML file, which asks nothing of anybody.",
    )  # fmt: skip
    dashboard.set_defaults(call="page", module="sync.dashboard_command")
    dashboard.add_argument("-o", "--output", metavar="FILE", required=True, help="the page")
    dashboard.add_argument("--limit", metavar="N", type=_count, help="runs that it lists (default: 50)")
    dashboard.add_argument(
        "--now", metavar="TIME", type=_time, help="such as 2025-01-04T10:30:00Z: as of when (default: now)"
    )


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a time such as 2025-01-04T10:30:00Z") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--list", action="store_true", help="list the targets; run nothing")
    parser.add_argument(
        "--target", metavar="NAME|GLOB", nargs="+", action="extend", default=[],
        help="these alone; a name or a glob such as 'oca_*'",
    )  # fmt: skip
    parser.add_argument(
        "--direction", choices=("pull", "push", "bidirectional"), help="of this direction alone"
    )
    parser.add_argument("--config", metavar="FILE", help=f"default: {DEFAULT} in the repository")


def _manner(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="show what would change; change nothing")
    parser.add_argument("--verify", action="store_true", help="verify outputs, also where nothing changed")
    parser.add_argument(
        "--fail-on-diff", action="store_true", help="any change is a failure, and does not land"
    )
    parser.add_argument(
        "--ci", action="store_true",
        help="plain output, annotations for GitHub; a tool that a check needs and that is missing is a failure",
    )  # fmt: skip
    parser.add_argument(
        "--jobs", metavar="N", type=_jobs, help="targets that run side by side (default: the processors)"
    )


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--summary-json", metavar="FILE", help="write the summary there (summary.schema.json)")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.add_argument("--verbose", action="store_true", help="show what the commands said, without secrets")
    parser.add_argument(
        "--watch", action="store_true", help="on a terminal: a table of what each target is at, while they run"
    )


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number above 0")
    return int(text)


def _jobs(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError("a number from 1 to 64")
    return int(text)

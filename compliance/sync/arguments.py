"""The words of `compliance sync` (document 003, 'CLI Commands')."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from compliance.wording import actions, add

if TYPE_CHECKING:
    from compliance.wording import Commands

DEFAULT = ".insightpulse/sync.yaml"
_WHEN = """Every target runs in a throw-away worktree. What it changed is looked at and checked there, and lands in the
repository as one commit a target, or not at all. A dry run is the same without the landing. Verification runs with
--verify, with --ci, and wherever a commit is to land. What a selected target depends on is not run with it unless it is
selected too."""
_CODES = """0 all well · 1 a target or a check failed, or differs with --fail-on-diff
2 wrong usage or configuration, an unknown target, a glob without a match
4 refused · 130 interrupted"""


def sync(commands: Commands) -> None:
    parser = add(
        commands, "sync", "sync", "run the directional sync: pull, push and bidirectional targets of sync.yaml",
        "compliance sync --dry-run\ncompliance sync --target 'oca_*' --verify", module="sync.command",
        when=_WHEN, codes=_CODES,
    )  # fmt: skip
    _selection(parser)
    _manner(parser)
    _output(parser)
    inner = actions(parser)
    _past(inner)
    _skills(inner)
    _page(inner)
    _connectors(inner)
    _workflow(inner)
    _secrets(inner)


def _action(
    inner: Commands, name: str, call: str, module: str, text: str, example: str, when: str, codes: str = ""
) -> argparse.ArgumentParser:
    return add(inner, name, call, text, example, module=f"sync.{module}", when=when, codes=codes)


def _config(parser: argparse.ArgumentParser, default: str | None = argparse.SUPPRESS) -> None:
    """Suppressed, or what stands before the action would be lost."""
    parser.add_argument(
        "--config", metavar="FILE", default=default, help=f"default: {DEFAULT} in the repository"
    )


def _workflow(inner: Commands) -> None:
    workflow = _action(
        inner, "workflow", "workflow", "workflow_command",
        "write .github/workflows/directional-sync.yml from the schedules of sync.yaml",
        "compliance sync workflow --check", "After each change of a schedule; with --check as a gate.",
        "0 written, or current · 1 with --check: not current",
    )  # fmt: skip
    _config(workflow)
    workflow.add_argument("--check", action="store_true", help="write nothing; exit 1 where it is not current")


def _secrets(inner: Commands) -> None:
    secrets = _action(
        inner, "secrets", "secrets", "reviewing",
        "look through files for secrets as a sync does with what it commits or sends, and draft a baseline to review",
        "compliance sync secrets docs --draft", "Before a commit by hand, and to review what a sync refuses.",
        "0 there is none · 1 there is one",
    )  # fmt: skip
    secrets.add_argument(
        "paths", metavar="PATH", nargs="*", help="files and folders (default: what is not committed)"
    )
    secrets.add_argument(
        "--draft",
        action="store_true",
        help="print entries for `secret_baseline`; who reviews them fills in the rest",
    )
    _config(secrets)


def _skills(inner: Commands) -> None:
    skills = _action(
        inner, "skills", "check", "skills_command", "look at the SKILL.md of each folder below PATH",
        "compliance sync skills .claude/skills", "What a verification asks: without the network.",
        "0 each is a skill · 1 one is not, or none is there",
    )  # fmt: skip
    skills.add_argument("paths", metavar="PATH", nargs="+", help="a folder of which each folder is a skill")


def _connectors(inner: Commands) -> None:
    listed = _action(
        inner, "connectors", "show", "connectors_command",
        "list what a target can name as its connector, those of installed packages too",
        "compliance sync connectors\ncompliance sync connectors http_json", "Instead of writing a script.",
    )  # fmt: skip
    listed.add_argument(
        "name", metavar="NAME", nargs="?", help="this one, with the keys of its `config` (default: all)"
    )
    listed.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print it as JSON")
    drift = _action(
        inner, "drift", "drift", "drift_command",
        "read both sides of a bidirectional target with a connector, and count what differs: drift_score=N",
        "compliance sync drift configs", "As the command of a drift gate.",
    )  # fmt: skip
    drift.add_argument("name", metavar="TARGET", help="its name")
    drift.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print it as JSON")
    _config(drift)


def _past(inner: Commands) -> None:
    """What looks back: `SUPPRESS`, so that a word before the action counts too."""
    history = _action(
        inner, "history", "show", "history_command",
        "list the runs of this repository, the newest first, and how long targets take",
        "compliance sync history --target people\ncompliance sync history --stats",
        "Where a run failed, or takes longer than it did. Read from refs/directional-sync/history.",
    )  # fmt: skip
    history.add_argument(
        "--target", metavar="NAME|GLOB", nargs="+", action="extend", default=argparse.SUPPRESS,
        help="what became of these (default: all)",
    )  # fmt: skip
    history.add_argument("--limit", metavar="N", type=_count, help="runs (default: 20; with --stats all)")
    history.add_argument(
        "--stats", action="store_true", help="of each target: runs, failures, P50, P95 and P99 of its duration"
    )
    history.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print it as JSON")

    rollback = _action(
        inner, "rollback", "roll_back", "rollback_command",
        "bring the outputs back to what they were before a run, by one commit a target",
        "compliance sync rollback 20250104T103000Z-1a2b3c --dry-run",
        "What another side was handed cannot be taken back, and what was changed again since is not: then nothing is"
        " done.", "0 done, or nothing to do · 4 refused",
    )  # fmt: skip
    rollback.add_argument("run", metavar="RUN", help="as `compliance sync history` names it")
    rollback.add_argument(
        "--target", metavar="NAME|GLOB", nargs="+", action="extend", default=argparse.SUPPRESS,
        help="what it did of these alone (default: all)",
    )  # fmt: skip
    for words, said in (
        ("--dry-run", "show what would change; change nothing"),
        ("--ci", "plain output, annotations for GitHub"),
        ("--json", "print the summary as JSON"),
    ):
        rollback.add_argument(words, action="store_true", default=argparse.SUPPRESS, help=said)
    _config(rollback)
    rollback.add_argument("--summary-json", metavar="FILE", default=argparse.SUPPRESS, help="as of a sync")


def _page(inner: Commands) -> None:
    dashboard = _action(
        inner, "dashboard", "page", "dashboard_command",
        "write the state of each target and the runs as one HTML file, which asks nothing of anybody",
        "compliance sync dashboard -o sync.html", "To publish what is in step, beside the workflow that runs it.",
    )  # fmt: skip
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
        help="these alone; a name or a glob such as 'oca_*' (default: all)",
    )  # fmt: skip
    parser.add_argument(
        "--direction", choices=("pull", "push", "bidirectional"), help="of this direction alone (default: all)"
    )
    _config(parser, None)


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
        "--jobs",
        metavar="N",
        type=_jobs,
        help="targets that run side by side (default: as many as there are processors)",
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

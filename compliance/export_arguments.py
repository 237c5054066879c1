"""The words of `compliance export`, and of `compliance audit --export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.reporting.exports import FORMATS
from compliance.wording import add, estate

if TYPE_CHECKING:
    import argparse

    from compliance.wording import Commands

_EXAMPLES = """compliance export sarif -o compliance.sarif
compliance export markdown >> "$GITHUB_STEP_SUMMARY"
compliance export oscal --from audit.tar --key auditor.pub -o assessment.json"""


def exported(parser: argparse.ArgumentParser) -> None:
    """For who audits."""
    parser.add_argument(
        "--export", metavar="FORMAT=FILE", action="append", default=[],
        help=f"write the verdict for others, too, as {', '.join(FORMATS)}; may be given several times",
    )  # fmt: skip


def export(commands: Commands) -> None:
    """`export`: of an audit that was."""
    parser = add(
        commands, "export", "export", "write the verdict of an audit in a format that other tools read", _EXAMPLES,
        module="exporting",
        when="After an audit, for a CI, code scanning or the tool of an auditor. All formats have the counts of the"
        " verdict, and the same verdict is the same bytes.",
        codes="0 it is written, whatever the verdict says",
    )  # fmt: skip
    said = "; ".join(f"{name}: {each.text}" for name, each in FORMATS.items())
    parser.add_argument("format", metavar="FORMAT", help=said)
    parser.add_argument(
        "--from", dest="source", metavar="FILE", default="reports",
        help="a verdict.json, the folder of an audit, or a sealed bundle (default: reports)",
    )  # fmt: skip
    parser.add_argument("-o", "--output", metavar="FILE", help="file to write (default: standard output)")
    estate(parser)
    parser.add_argument(
        "--history",
        metavar="FILE",
        help="by which it is told what is new (default: the one beside the verdict)",
    )
    parser.add_argument(
        "--key", metavar="PUBLIC", help="of whoever sealed the bundle (default: the seal is not checked)"
    )

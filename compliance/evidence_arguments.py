"""The words of the commands of evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.arguments import add

if TYPE_CHECKING:
    from compliance.arguments import Commands

_MODULE = "evidencing"
_PUBLIC = "public key of whoever sealed it: 64 hexadecimal digits, or a file that holds them, or PEM"


def evidence(commands: Commands) -> None:
    """`evidence seal`, `evidence verify`, `replay`."""
    inner = commands.add_parser(
        "evidence", help="seal an audit for whoever has to believe it, and check what was sealed"
    ).add_subparsers(dest="action", required=True, metavar="ACTION")
    seal = add(
        inner, "seal", "seal", "audit, perform that again from what is about to be sealed, and seal it as one file",
        "compliance evidence seal --key alice.pem -o audit.tar", module=_MODULE,
    )  # fmt: skip
    seal.add_argument("--estate", metavar="FILE", help="estate.yaml; default: the embedded reference estate")
    seal.add_argument("--key", metavar="FILE", required=True, help="the private key to sign with")
    seal.add_argument(
        "-o", "--output", metavar="BUNDLE",
        help="file to write, never over one that is there; default: reports/evidence/ESTATE-TIME.tar",
    )  # fmt: skip
    seal.add_argument("--observation", metavar="FILE", help="seal the audit of a recorded observation")
    seal.add_argument("--judged-at", metavar="TIME", help="judge what expires as of then, instead of now")
    seal.add_argument("--no-report", action="store_true", help="leave out the results for Allure")
    verify = add(
        inner, "verify", "verify", "say everything of a bundle that is not as it was sealed",
        "compliance evidence verify audit.tar --key alice.pub", module=_MODULE,
    )  # fmt: skip
    verify.add_argument("bundle", metavar="BUNDLE")
    verify.add_argument("--key", metavar="PUBLIC", required=True, help=_PUBLIC)
    verify.add_argument("--ledger", metavar="DIR", help="the estate's ledger, in which it has to be entered")
    replay = add(
        commands, "replay", "replay", "perform a sealed audit again, offline; what comes out otherwise is an incident",
        "compliance replay audit.tar --key alice.pub", module=_MODULE,
    )  # fmt: skip
    replay.add_argument("bundle", metavar="BUNDLE")
    replay.add_argument("--key", metavar="PUBLIC", help=_PUBLIC)
    replay.add_argument(
        "--other-version", action="store_true",
        help="also with another version of the program or of the probes than the one that it was sealed with",
    )  # fmt: skip
    for parser in (seal, verify, replay):
        parser.add_argument("--json", action="store_true", help="print it as JSON")

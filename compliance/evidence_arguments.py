"""The words of the commands of evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.wording import add, as_json, estate, group, judged_at

if TYPE_CHECKING:
    from compliance.wording import Commands

_MODULE = "evidencing"
_PUBLIC = "public key of whoever sealed it: its 64 digits, or a file with them, PEM or what `keys new` printed"


def evidence(commands: Commands) -> None:
    """`evidence seal`, `evidence verify`, `replay`."""
    inner = group(
        commands, "evidence", "seal an audit for whoever has to believe it, and check what was sealed",
        "compliance evidence seal --key alice.pem -o audit.tar",
    )  # fmt: skip
    seal = add(
        inner, "seal", "seal", "audit, perform that again from what is about to be sealed, and seal it as one file",
        "compliance evidence seal --key alice.pem -o audit.tar", module=_MODULE,
        when="For an auditor, who needs the file and the public key and nothing else of ours.",
    )  # fmt: skip
    estate(seal)
    seal.add_argument("--key", metavar="FILE", required=True, help="the private key to sign with")
    seal.add_argument(
        "-o", "--output", metavar="BUNDLE",
        help="file to write, never over one that is there (default: reports/evidence/ESTATE-TIME.tar)",
    )  # fmt: skip
    seal.add_argument(
        "--observation", metavar="FILE", help="seal the audit of a recorded observation (default: look)"
    )
    judged_at(seal)
    seal.add_argument(
        "--history", metavar="FILE", default="reports/history.jsonl",
        help="by which a finding is new, and where this run is kept too (default: reports/history.jsonl)",
    )  # fmt: skip
    seal.add_argument("--no-report", action="store_true", help="leave out the results for Allure")
    verify = add(
        inner, "verify", "verify", "say everything of a bundle that is not as it was sealed",
        "compliance evidence verify audit.tar --key alice.pub", module=_MODULE,
        when="Before you believe a bundle. The `verify.py` inside does the same with Python alone.",
        codes="0 all is as it was sealed · 4 something is not",
    )  # fmt: skip
    verify.add_argument("bundle", metavar="BUNDLE", help="as `compliance evidence seal` wrote it")
    verify.add_argument("--key", metavar="PUBLIC", required=True, help=_PUBLIC)
    verify.add_argument(
        "--ledger",
        metavar="DIR",
        help="the estate's ledger, in which it has to be entered (default: not asked)",
    )
    replay = add(
        commands, "replay", "replay", "perform a sealed audit again, offline; what comes out otherwise is an incident",
        "compliance replay audit.tar --key alice.pub", module=_MODULE,
        when="To see for yourself that the verdict follows from what was seen: no network, no database.",
        codes="0 the same verdict and plans, byte for byte · 1 an incident\n3 another version sealed it · 4 changed",
    )  # fmt: skip
    replay.add_argument("bundle", metavar="BUNDLE", help="as `compliance evidence seal` wrote it")
    replay.add_argument("--key", metavar="PUBLIC", help=f"{_PUBLIC} (default: the seal is not checked)")
    replay.add_argument(
        "--other-version", action="store_true",
        help="also with another version of the program or of the probes than the one that it was sealed with",
    )  # fmt: skip
    for parser in (seal, verify, replay):
        as_json(parser)

"""The words of the commands of gates: profiles and controls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.wording import add, as_json, estate, group

if TYPE_CHECKING:
    from compliance.wording import Commands

_MODULE = "showing_gates"


def gates(commands: Commands) -> None:
    """`profiles accept`, `profiles show`, `controls`."""
    inner = group(commands, "profiles", "what gates let pass, and who accepted it", "compliance profiles show")
    accept = add(
        inner, "accept", "accept", "write gate.lock.json: profiles, age limits and rules as they are in force now",
        "compliance profiles accept --key alice.pem --estate estate.yaml", module=_MODULE,
        when="Once, and where a gate is to let more pass than was accepted: until then that is a finding (PL007).",
    )  # fmt: skip
    accept.add_argument(
        "--key", metavar="FILE", help="of somebody who may loosen; a reference estate accepts by itself"
    )
    show = add(
        inner, "show", "show", "print each profile, and what lets more pass than was accepted",
        "compliance profiles show --json", module=_MODULE,
        when="Before a change of policy is committed: does it need somebody who may loosen?",
        codes="0 nothing lets more pass · 1 something does",
    )  # fmt: skip
    controls = add(
        commands, "controls", "matrix", "print which rules give evidence of which control, and what became of them",
        "compliance controls --json", module=_MODULE,
        when="For whoever answers for controls: read from the last verdict, and nothing is looked at.",
    )  # fmt: skip
    controls.add_argument(
        "--last", metavar="FILE", default="reports/verdict.json",
        help="as `compliance audit` wrote it (default: reports/verdict.json)",
    )  # fmt: skip
    for parser in (accept, show, controls):
        estate(parser)
        as_json(parser)

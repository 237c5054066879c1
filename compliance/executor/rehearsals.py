"""What a rehearsal showed, as the ledger remembers it. The key that signs it is the author of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.errors import Refused
from compliance.executor import attest
from compliance.executor.consent import place

if TYPE_CHECKING:
    from datetime import datetime

    from securesystemslib.signer import Signer

    from compliance.executor.ledger import Entry, Ledger
    from compliance.executor.plan import Approvable
    from compliance.systems.platform.execution import Execution

KIND = "rehearsal"
REMEDY = "`compliance rehearse PLAN --key FILE` tries it out and remembers what came of it"


class _Rehearsal(NamedTuple):
    """What one entry says, and who signed that."""

    author: str | None
    plan: str
    result: str


def remember_rehearsal(
    plan: Approvable, result: dict[str, Any], *, signer: Signer | None, ledger: Ledger, now: datetime
) -> Entry:
    """`result` says `result`, 'passed' or 'failed', and what was compared; unsigned, the plan has no known author."""
    with ledger.locked():
        ledger.open()
        said = attest.statement(
            plan, attest.REHEARSAL,
            {
                "compared": {}, **result, "result": result["result"], "plan": plan.digest, "at": now.isoformat(),
                "ledger": {"id": ledger.id, "head": ledger.head}, **place(plan),
            },
        )  # fmt: skip
        return ledger.append(KIND, {"envelope": attest.sign(said, signer)} if signer else {"statement": said})


def rehearsed(plan: Approvable, ledger: Ledger, execution: Execution) -> str | None:
    """The author of a plan that passed, None where nobody signed; raises `Refused` where it did not pass.

    The last rehearsal decides whether it passes, the first that is signed who the author is: whoever rehearses it
    again does not take that over.
    """
    about, wrong = [], []
    for entry in ledger.entries():
        if entry.kind == KIND:
            try:
                about += [found for found in (_read(entry, ledger, execution),) if found.plan == plan.digest]
            except Refused as error:
                wrong.append(f"rehearsal {entry.hash[:12]}: {error.message}")
    if not about:
        raise Refused(f"no rehearsal of plan {plan.digest[:12]} is known", reasons=wrong, remedy=REMEDY)
    if about[-1].result != "passed":
        raise Refused(f"the last rehearsal of plan {plan.digest[:12]} failed", remedy="compile it anew")
    return next((found.author for found in about if found.author), None)


def _read(entry: Entry, ledger: Ledger, execution: Execution) -> _Rehearsal:
    author, said = None, entry.body.get("statement")
    if said is None:
        author, said = attest.open_envelope(entry.body.get("envelope"), execution.keys)
    if said["predicateType"] != attest.REHEARSAL:
        raise Refused(f"what was signed is '{said['predicateType']}'")
    predicate = said["predicate"]
    if not ledger.holds(predicate["ledger"]["head"]):
        raise Refused("it was written into another ledger")
    return _Rehearsal(author, predicate["plan"], predicate["result"])

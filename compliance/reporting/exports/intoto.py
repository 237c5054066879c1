"""An in-toto statement of a verdict: the one that a bundle is signed by (`evidence/statement`), of `verdict.json`.

It is not signed: sign it with the tool that attaches it, or seal the audit (`compliance evidence seal`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.core import canonical
from compliance.evidence import statement
from compliance.evidence.contents import VERDICT

if TYPE_CHECKING:
    from compliance.reporting.exports.exported import Exported


def export(exported: Exported) -> bytes:
    """The subject is the verdict as `compliance audit` writes it and a bundle holds it, byte for byte."""
    written = canonical.lines(exported.document, deep=2).encode()
    return canonical.lines(statement.of(exported.verdict, exported.files, {VERDICT: written}), deep=3).encode()

"""CSV: a row a case, by RFC 4180 (UTF-8, CRLF, quoted where needed).

`run` is what the run as a whole came to, in every row: one that is not whole is nowhere kept. A cell that a spreadsheet
would take for a formula begins with an apostrophe (https://owasp.org/www-community/attacks/CSV_Injection), and signs of
control are written out.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from compliance.core.hypertext import shown

if TYPE_CHECKING:
    from compliance.core.verdict import Case
    from compliance.reporting.exports.exported import Exported

COLUMNS = (
    "system", "rule", "title", "severity", "phase", "subject", "outcome", "findings", "keys", "messages", "reason",
    "waivers", "since", "remedy", "controls", "file", "line", "judged_at", "run",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - Excel folds wide ones


def export(exported: Exported) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for case in exported.verdict.cases:
        writer.writerow([_cell(value) for value in _row(exported, case)])
    return text.getvalue().encode()


def _row(exported: Exported, case: Case) -> tuple[str, ...]:
    rule, place = case.rule, exported.where(case)
    keys = [finding.key(rule.id) for finding in case.findings]
    messages = [*(f.message for f in case.findings), *(each.finding.message for each in case.waived)]
    waivers = [f"{each.finding.key(rule.id)} by {each.waiver}" for each in case.waived]
    own, nist = exported.controls_of(rule.id)
    return (
        rule.system, rule.id, rule.title, rule.severity, rule.phase, case.subject, case.outcome, str(len(keys)),
        "\n".join(keys), "\n".join(messages), case.reason, "\n".join(waivers),
        "\n".join(exported.label(key) for key in keys), rule.remedy,
        "\n".join([*own, *(f"NIST {name}" for name in nist)]), place.file, str(place.line),
        exported.document["judged_at"], exported.document["conclusion"],
    )  # fmt: skip


def _cell(text: str) -> str:
    """What looks like a formula behind white space is one, too."""
    lines = "\n".join(map(shown, text.split("\n")))
    return f"'{lines}" if lines.lstrip(" \u00a0").startswith(_FORMULA) else lines

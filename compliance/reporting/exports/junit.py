"""JUnit XML by the schema of Jenkins' xunit plugin (junit-10.xsd), which pytest's own is held to.

Broken is `failure`; could not look is `error`, since the test itself came to no result; not applicable and waived are
`skipped`, told apart by `type`. JUnit knows no run that is not whole: that is one suite more, of the package `run`,
with one case that is an error, or a reader of this file alone would take the run for green.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from compliance.core.hypertext import shown
from compliance.reporting.exports.exported import problem, said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.core.verdict import Case
    from compliance.reporting.exports.exported import Exported

_TAGS = {"broken": "failure", "could_not_look": "error", "not_applicable": "skipped", "waived": "skipped"}


def export(exported: Exported) -> bytes:
    verdict, root = exported.verdict, Element("testsuites", name="compliance")
    totals = {"tests": 0, "failures": 0, "errors": 0}
    for system, counts in verdict.by_system().items():
        suite = _suite(exported, root, system, counts)
        for case in verdict.cases:
            if case.rule.system == system:
                _case(exported, suite, case)
    if why := problem(verdict):
        _incomplete(root, why)
    for suite in root:
        totals = {name: count + int(suite.get(name, "0")) for name, count in totals.items()}
    root.attrib.update({name: str(count) for name, count in totals.items()})
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode").encode() + b"\n"


def _suite(exported: Exported, root: Element, system: str, counts: Mapping[str, int]) -> Element:
    document = exported.document
    suite = SubElement(
        root, "testsuite", name=_line(system), tests=str(sum(counts.values())), failures=str(counts["broken"]),
        errors=str(counts["could_not_look"]), skipped=str(counts["not_applicable"] + counts["waived"]),
        timestamp=document["judged_at"][:19], hostname=_line(exported.estate), package="compliance",
    )  # fmt: skip
    properties = SubElement(suite, "properties")
    for name in ("conclusion", "observation", "policy", "judged_at"):
        SubElement(properties, "property", name=name, value=_line(document[name]))
    for name, count in counts.items():
        SubElement(properties, "property", name=name, value=str(count))
    return suite


def _case(exported: Exported, suite: Element, case: Case) -> None:
    found = SubElement(
        suite, "testcase", classname=_line(f"{case.rule.system}.{case.rule.id}"), name=_line(case.subject)
    )
    lines = said(case, exported.justified)
    if case.outcome == "kept":
        return
    place = exported.where(case, case.findings[0] if case.findings else None)
    kind = case.rule.severity if case.outcome == "broken" else case.outcome
    told = SubElement(found, _TAGS[case.outcome], type=kind, message=_line(lines[0] if lines else case.outcome))
    tail = [f"Why: {case.rule.why}", f"Remedy: {case.rule.remedy}"] if case.outcome != "not_applicable" else []
    told.text = _text([case.rule.title, *lines, *tail, f"Policy: {place.file}:{place.line}"])


def _incomplete(root: Element, why: str) -> None:
    suite = SubElement(root, "testsuite", name="run", tests="1", failures="0", errors="1", package="run")
    case = SubElement(suite, "testcase", classname="run", name="all that was declared was judged")
    SubElement(case, "error", type="incomplete", message=_line(why))


def _line(text: str) -> str:
    """XML holds no sign of control, however it is escaped; as `\\x1b` it can be read."""
    return shown(text)


def _text(lines: list[str]) -> str:
    return "\n".join(shown(part) for line in lines for part in line.split("\n"))

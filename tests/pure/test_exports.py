"""All formats say the same of a verdict, whatever stands in it, and the same bytes whenever they are asked."""

from __future__ import annotations

import csv
import html
import io
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings

from compliance.core.finding import Finding
from compliance.core.gates import Gate, Tolerated
from compliance.core.population import Population
from compliance.core.verdict import Case
from compliance.reporting import exports
from compliance.reporting.exports import FORMATS, export, rows, summary
from tests.pure.exporting import ODD, cases, counted, exported, one_of_each, rule, verdict

if TYPE_CHECKING:
    from compliance.core.verdict import Verdict

EACH = pytest.mark.parametrize("name", FORMATS)


@settings(max_examples=40)
@given(cases())
def test_the_five_counts_are_those_of_the_verdict_in_every_format(found: list[Case]) -> None:
    of = verdict(found)
    for name in FORMATS:
        assert counted(name, export(name, exported(of))) == of.counts, name


def test_a_reader_that_counts_would_notice_a_case_that_is_missing() -> None:
    one, other = verdict(one_of_each()), verdict(one_of_each()[1:])
    for name in FORMATS:
        assert counted(name, export(name, exported(one))) != other.counts, name


def test_neither_the_hash_seed_nor_the_time_zone_nor_the_time_changes_a_byte() -> None:
    code = (
        "from hashlib import sha256\nfrom tests.pure.exporting import *\n"
        "from compliance.reporting.exports import FORMATS, export\n"
        "print({n: sha256(export(n, exported(verdict(one_of_each()), {}))).hexdigest() for n in FORMATS})"
    )
    here = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env=here | {"PYTHONHASHSEED": seed, "TZ": zone}, check=True,
            capture_output=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("77", "Asia/Tokyo"))
    }  # fmt: skip
    assert len(said) == 1
    assert all(name in str(said) for name in FORMATS)


def test_the_exit_code_of_a_sarif_run_is_that_of_its_gate_where_there_is_one() -> None:
    of = verdict([Case(rule(0), "b", "broken", (Finding("b", "m"),)), Case(rule(0), "c", "kept")])
    (key,) = (finding.key("XX000") for case in of.cases for finding in case.findings)
    lax = Gate("pr", 0, tolerated=(Tolerated(key, "is low"),))
    said = [
        json.loads(export("sarif", exported(of, gate=gate)))["runs"][0]["invocations"][0]
        for gate in (None, lax)
    ]
    assert [each["exitCode"] for each in said] == [1, 0]
    assert said[1]["exitCodeDescription"] == "gate pr: passed, 1 finding does not fail it"
    assert "exitCodeDescription" not in said[0]


@EACH
def test_a_run_that_is_not_whole_is_green_in_no_format(name: str) -> None:
    lost = Population({}, 2, 2, 0, 2, 1, ("XX001 b: not reported",))
    of = verdict([Case(rule(0), "b", "kept")], population={"system_0": lost})
    assert "XX001 b: not reported" in _text(name, of) or name in ("in-toto", "csv")
    marks = {
        "junit": 'errors="1"', "sarif": '"executionSuccessful": false', "oscal": "could-not-look",
        "in-toto": '"result": "FAILED"', "csv": ",could-not-look\r\n", "markdown": "Not whole",
    }  # fmt: skip
    assert marks[name] in export(name, exported(of)).decode()


def _text(name: str, of: Verdict) -> str:
    text = export(name, exported(of)).decode()
    return re.sub(r"\\([^\w\s])", r"\1", html.unescape(text)) if name == "markdown" else text


def test_a_cell_of_csv_is_no_formula_and_every_line_is_of_the_grammar() -> None:
    of = verdict([Case(rule(n), odd, "broken", (Finding(odd, odd),)) for n in range(3) for odd in ODD])
    text = export("csv", exported(of)).decode()
    field = r'(?:"(?:[^"\x00-\x09\x0b\x0c\x0e-\x1f\x7f]|"")*"|[^",\x00-\x1f\x7f]*)'
    assert re.fullmatch(rf"(?:{field}(?:,{field})*\r\n)+", text)
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), strict=True) for cell in row]
    assert len(cells) == len(rows.COLUMNS) * (1 + 3 * len(ODD))
    assert not [cell for cell in cells if cell.lstrip(" \u00a0\t\r\n").startswith(tuple("=+-@＝＋－＠"))]  # noqa: RUF001


class _Seen(HTMLParser):
    """What GitHub's own reader makes of Markdown: its tags, and the text of each cell."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.inside = False
        self.cells: list[str] = []
        self.feed(cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE))

    def handle_starttag(self, tag: str, _: object) -> None:
        self.tags.add(tag)
        if tag == "td":
            self.cells.append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "td"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.cells[-1] += data


@pytest.mark.parametrize("odd", ODD)
def test_nothing_in_a_summary_is_markup_but_ours(odd: str) -> None:
    of = verdict([Case(rule(0, remedy=odd), odd, "broken", (Finding("s", odd),)), *one_of_each()])
    seen = _Seen(export("markdown", exported(of, estate=f"x{odd}y")).decode())
    ours = {"h1", "h2", "p", "code", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "strong", "em"}
    assert seen.tags <= ours
    (at,) = [n for n, cell in enumerate(seen.cells) if cell == "XX000:s"]
    plain = summary.shown(" ".join(odd.split()))
    assert seen.cells[at + 1 : at + 3] == [plain, plain]


def test_a_summary_that_would_be_too_long_is_cut_and_says_how_much_of_it() -> None:
    found = [Case(rule(0), f"s{n}", "broken", (Finding(f"s{n}", "x" * 5000),)) for n in range(3000)]
    text = export("markdown", exported(verdict([*found, *one_of_each()]))).decode()
    assert len(text.encode()) <= summary.LIMIT
    shown = len(re.findall(r"^\| critical \|", text, re.MULTILINE))
    (left,) = re.findall(r"^\*(\d+) more were left out", text.partition("## Could not look")[0], re.MULTILINE)
    assert shown + int(left) == 3001
    assert "(4400 more signs)" in text.replace("\\", "")
    assert "| **all** | 1 | 3001 | 1 | 1 | 1 |" in text
    assert "## Waived (2)" in text


def test_findings_stand_first_and_the_worst_of_them() -> None:
    text = export("markdown", exported(verdict(one_of_each()))).decode()
    order = [
        text.index(f"## {name}") for name in ("Findings", "Could not look", "Waived", "Counts", "Population")
    ]
    assert order == sorted(order)
    worst = verdict([Case(rule(n), "s", "broken", (Finding("s", "m"),)) for n in range(4)])
    found = re.findall(
        r"^\| (critical|high|medium|low) \|", export("markdown", exported(worst)).decode(), re.MULTILINE
    )
    assert found == ["critical", "high", "medium", "low"]


def test_a_waiver_says_in_every_format_who_answers_for_it() -> None:
    for name in ("junit", "sarif", "oscal", "markdown"):
        assert "renamed soon" in _text(name, verdict(one_of_each())), name
    assert "e by w1" in _text("csv", verdict(one_of_each()))


def test_a_format_that_there_is_not_is_told_with_those_there_are() -> None:
    with pytest.raises(exports.ConfigurationError, match="choose of junit, sarif"):
        exports.known("pdf")


def test_without_its_package_a_format_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = replace_needs("oscal", "a_package_that_is_not_there")
    monkeypatch.setitem(FORMATS, "oscal", missing)
    with pytest.raises(exports.ConfigurationError, match=r"pip install 'dot-compliance\[oscal\]'"):
        exports.known("oscal")


def replace_needs(name: str, package: str) -> exports.Format:
    return FORMATS[name]._replace(needs=package)


def test_a_verdict_without_a_case_is_told_as_nothing_that_was_probed() -> None:
    for name in FORMATS:
        assert set(counted(name, export(name, exported(verdict([])))).values()) == {0}
    assert json.loads(export("sarif", exported(verdict([]))))["runs"][0]["invocations"][0]["exitCode"] == 5

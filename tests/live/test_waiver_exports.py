"""Whoever reads an export alone sees of each finding whether it counts, and by which waiver it does not: the same in
every format, of an audit's verdict.json and of a bundle."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from compliance import gathering
from compliance.core import canonical
from compliance.core.observation import Observation
from compliance.evidence import contents
from compliance.reporting.exports import FORMATS, export
from tests.live.test_waiver_paths import folder, live  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from compliance.reporting.exports.exported import Exported

    Reader = Callable[[bytes, set[str]], dict[str, str]]


def _said(lines: list[str], keys: set[str]) -> Iterator[tuple[str, str]]:
    """Of lines 'KEY: waived by NAME until …' or 'KEY: message'."""
    for line in lines:
        for key in keys:
            if line.startswith(f"{key}: "):
                by = re.match(r"waived by (\S+) until ", line[len(key) + 2 :])
                yield key, by[1] if by else ""


def _junit(data: bytes, keys: set[str]) -> dict[str, str]:
    texts = [part.text or "" for case in ElementTree.fromstring(data).iter("testcase") for part in case]
    return dict(_said([line for text in texts for line in text.splitlines()], keys))


def _sarif(data: bytes, _: set[str]) -> dict[str, str]:
    found = {}
    for result in json.loads(data)["runs"][0]["results"]:
        if "key" in result["properties"]:
            why = [each["justification"] for each in result.get("suppressions", [])]
            found[result["properties"]["key"]] = re.match(r"waived by (\S+) ", why[0])[1] if why else ""  # type: ignore[index]
    return found


def _oscal(data: bytes, _: set[str]) -> dict[str, str]:
    found = {}
    for risk in json.loads(data)["assessment-results"]["results"][0]["risks"]:
        props = {each["name"]: each["value"] for each in risk["props"]}
        assert (risk["status"] == "open") is ("waiver" not in props)
        found[props["key"]] = props.get("waiver", "")
    return found


def _csv(data: bytes, _: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in csv.DictReader(io.StringIO(data.decode(), newline="")):
        found |= dict.fromkeys(filter(None, row["keys"].split("\n")), "")
        found |= dict(line.rsplit(" by ", 1) for line in row["waivers"].split("\n") if line)
    return found


def _markdown(data: bytes, keys: set[str]) -> dict[str, str]:
    found, waived = {}, False
    for line in re.sub(r"\\(.)", r"\1", data.decode()).splitlines():
        waived = line.startswith("## Waived") if line.startswith("## ") else waived
        key = next((key for key in keys if f"| {key} |" in line), "")
        if key:
            found[key] = re.search(r"waived by (\S+) until", line)[1] if waived else ""  # type: ignore[index]
    return found


READERS: dict[str, Reader] = {
    "junit": _junit, "sarif": _sarif, "oscal": _oscal, "csv": _csv, "markdown": _markdown
}  # fmt: skip


@pytest.fixture(scope="module")
def expected(live: dict[str, Any]) -> dict[str, str]:  # noqa: F811
    """By key: the waiver by which it does not count."""
    found = {each["key"]: "" for case in live["cases"] for each in case["findings"]}
    found |= {each["key"]: each["waiver"] for case in live["cases"] for each in case["waived"]}
    assert {"good", "soon", "whole", ""} == set(found.values())
    return found


@pytest.fixture(scope="module", params=["verdict.json", "bundle"])
def exported(
    request: pytest.FixtureRequest,
    folder: Path,  # noqa: F811
    live: dict[str, Any],  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Exported:
    text = canonical.pretty(live)
    if request.param == "bundle":
        seen = Observation.from_json((folder / "observation.json").read_bytes())
        files = contents.given(seen, folder / "estate.yaml", folder / "policy")
        return gathering.of_bundle(files | {"verdict.json": text.encode(), "manifest.json": b"{}"})
    place = tmp_path_factory.mktemp("out") / "verdict.json"
    place.write_text(text)
    return gathering.of_verdict(place, folder / "estate.yaml", None)


@pytest.mark.parametrize("name", READERS)
def test_an_export_says_of_each_finding_whether_it_counts_and_who_waives_it(
    exported: Exported, expected: dict[str, str], name: str
) -> None:
    assert READERS[name](export(name, exported), set(expected)) == expected


def test_a_test_result_of_in_toto_has_a_list_of_the_cases_that_are_waived(
    exported: Exported,
    live: dict[str, Any],  # noqa: F811
) -> None:
    said = json.loads(export("in-toto", exported))["predicate"]
    waived = [f"{case['rule']}[{case['subject']}]" for case in live["cases"] if case["outcome"] == "waived"]
    assert said["warnedTests"] == waived
    assert not set(waived) & {*said["passedTests"], *said["failedTests"]}


def test_every_format_is_read_here() -> None:
    assert {*READERS, "in-toto"} == set(FORMATS)

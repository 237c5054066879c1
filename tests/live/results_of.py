"""Runs pytest with the logger in a process of its own and reads back what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CONFTEST = """import os

import pytest
from pathlib import Path
from compliance.reporting.allure import install
from compliance.reporting.labels import Attachment, CaseLabels

SHARED = (Attachment("what was seen", "text/plain", b"declared 26, observed 26" + b"." * 5000),)

def describe(nodeid):
    if "plain" in nodeid:
        return None
    subject = nodeid.partition("[")[2].rstrip("]")
    return CaseLabels("A thing is as declared", subject, "the_system", "the family", "XX001", "critical",
                      "conformance", "the reason why", "set it right with `x`", SHARED)

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    install(config, None, describe)

def pytest_collection_modifyitems(items):
    for item in items if os.environ.get("ALL_ARE_PROBES") else []:
        item.add_marker(pytest.mark.rule("XX001"))
"""


def run(
    folder: Path, probes: str, results: Path, *args: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """One run of these probes; `folder` is made."""
    folder.mkdir(parents=True)
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_probes.py").write_text(probes)
    return subprocess.run(
        command(folder, results, *args), env=env(**environment), capture_output=True, text=True
    )


def command(folder: Path, results: Path, *args: str) -> list[str]:
    base = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
    return [*base, f"--rootdir={folder}", f"--alluredir={results}", *args, str(folder)]


def env(**more: str) -> dict[str, str]:
    """The caller's, without what pytest and xdist tell their own children."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def documents(results: Path) -> list[dict[str, Any]]:
    """All results, by name of the case."""
    found = [json.loads(each.read_text()) for each in results.glob("*-result.json")]
    return sorted(found, key=lambda each: str(each["name"]))

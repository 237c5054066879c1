"""Allure 3, which only the HTML page needs; everything else works without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.estate import node as nodes
from compliance.estate import npm

if TYPE_CHECKING:
    from pathlib import Path

# What the oldest dependency of Allure 3.18 asks for, and what its pages were tried with.
NEEDED = 20
PACKAGE = npm.Package("allure", "reports", "Allure 3", "all else works without")


def find() -> nodes.Node:
    """A Node that Allure runs on."""
    return nodes.find(NEEDED, "the HTML page")


def command(node: nodes.Node) -> Path:
    """The command line of the pinned Allure 3."""
    return npm.installed(PACKAGE, node) / "node_modules" / "allure" / "cli.js"

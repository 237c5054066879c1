"""Where the files that come with the program are: beside the package in a checkout, inside of it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def resource(name: str) -> Path:
    """The path of `sql/…`, `probes/…`, `fixtures/…` or `reports/…`."""
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parent / name

"""Wiring of the repository only: what is data is never collected, and tests may run pytest inside of pytest."""

from __future__ import annotations

pytest_plugins = ["pytester"]
collect_ignore = ["fixtures", "reports", "sql"]

"""Times of a run, in the one spelling that records have: UTC, to the second."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from compliance.core.errors import ConfigurationError


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def a_time(text: str) -> str:
    """In its one spelling, in UTC. Raises `ConfigurationError` where it is none, or of no known zone."""
    with suppress(ValueError, OverflowError):  # the first day in a zone ahead of UTC is before all days
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC).isoformat(timespec="seconds")
    raise ConfigurationError(f"'{text}' is no time", remedy="as in 2026-01-31T12:00:00+00:00")

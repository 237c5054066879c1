"""Errors are exceptions with a remedy; findings are values (`finding.py`).

ComplianceError
├── ConfigurationError   exit 2: wrong usage, policy or estate file
├── CouldNotLook         exit 3: a source that could not be read
└── Refused              exit 4: readiness, stale, unapproved, fenced
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class ComplianceError(Exception):
    """Something a person has to put right; `remedy` says how."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return self.message if self.remedy is None else f"{self.message}\n  To go on: {self.remedy}"


class ConfigurationError(ComplianceError):
    """Wrong usage, or a file that does not say what it must."""

    @classmethod
    def at(
        cls, path: Path | str, line: int | None, message: str, *, remedy: str | None = None
    ) -> ConfigurationError:
        """Name the place as editors understand it: `file:line`."""
        place = f"{path}:{line}" if line else str(path)
        return cls(f"{place}: {message}", remedy=remedy)


class CouldNotLook(ComplianceError):
    """A source could not be read, or its answer may have been hidden."""

    exit_code = 3


class Refused(ComplianceError):
    """A change is not allowed; `reasons` lists all that stands in the way."""

    exit_code = 4

    def __init__(self, message: str, *, reasons: Iterable[str] = (), remedy: str | None = None) -> None:
        self.reasons = tuple(reasons)
        listed = "".join(f"\n  - {reason}" for reason in self.reasons)
        super().__init__(message + listed, remedy=remedy)

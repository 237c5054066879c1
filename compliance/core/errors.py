"""Errors are exceptions with a remedy; findings are values (`finding.py`).

ComplianceError
├── ConfigurationError   exit 2: wrong usage, policy or estate file
├── CouldNotLook         exit 3: a source that could not be read
└── Refused              exit 4: readiness, stale, unapproved, fenced
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from compliance.core.oneline import oneline

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class ComplianceError(Exception):
    """Something a person has to put right; `remedy` says how. `lines`: what is told below, each behind `mark`.

    Nothing else begins a line: whoever names an object of an estate would else write what the program seems to say.
    """

    exit_code: ClassVar[int] = 2

    def __init__(
        self, message: str, *, lines: Iterable[str] = (), mark: str = "-", remedy: str | None = None
    ) -> None:
        super().__init__(message)
        self.lines, self.mark, self.remedy = tuple(lines), mark, remedy

    @property
    def message(self) -> str:
        """With its lines, for what is told within something else."""
        return ": ".join(filter(None, (self.args[0], "; ".join(self.lines))))

    def __str__(self) -> str:
        told = [self.args[0], *(f"  {self.mark} {line}" for line in self.lines)]
        told += [] if self.remedy is None else [f"  To go on: {self.remedy}"]
        return "\n".join(map(oneline, told))


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
        super().__init__(message, lines=reasons, remedy=remedy)

    @property
    def reasons(self) -> tuple[str, ...]:
        return self.lines

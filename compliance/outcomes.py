"""How a case ends that is neither kept nor not applicable: what pytest calls a failure or a skip, without a traceback,
which says nothing about an estate and costs 0.3 s a case to render."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from compliance.core.errors import ComplianceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compliance.core.finding import Finding
    from compliance.core.verdict import Outcome, Waived


class Broken(pytest.fail.Exception):  # type: ignore[name-defined,misc]
    """Findings that count, and beside them those that do not for now."""

    __module__ = (
        "builtins"  # a report shows the name of what was raised, and where it lies is of no use to a reader
    )

    def __init__(self, findings: Sequence[Finding], text: str, waived: Sequence[Waived] = ()) -> None:
        super().__init__(text, pytrace=False)
        self.findings, self.waived = tuple(findings), tuple(waived)


class ItsWaived(pytest.skip.Exception):  # type: ignore[name-defined,misc]
    """Findings, of which none counts for now: shown as a skip that says why."""

    __module__, __qualname__ = "builtins", "Waived"

    def __init__(self, waived: Sequence[Waived], reason: str) -> None:
        super().__init__(reason)
        self.waived, self.reason = tuple(waived), reason


class Unlooked(pytest.fail.Exception):  # type: ignore[name-defined,misc]
    """A look that failed."""

    __module__ = "builtins"

    def __init__(self, reason: str) -> None:
        super().__init__(f"could not look: {reason}", pytrace=False)
        self.reason = reason


def outcome_of(
    call: pytest.CallInfo[Any], *, judged: bool
) -> tuple[Outcome, tuple[Any, ...], str, tuple[Waived, ...]]:
    """Its findings that count, its reason, and the findings that do not count."""
    if call.excinfo is None:
        return ("kept", (), "", ()) if judged else ("could_not_look", (), "the probe judged nothing", ())
    error = call.excinfo.value
    if isinstance(error, Broken):
        return "broken", error.findings, "", error.waived
    if isinstance(error, ItsWaived):
        return "waived", (), error.reason, error.waived
    if isinstance(error, pytest.skip.Exception):
        return "not_applicable", (), str(error.msg), ()
    if isinstance(error, Unlooked):
        return "could_not_look", (), error.reason, ()
    if isinstance(error, ComplianceError):
        return "could_not_look", (), error.message, ()
    return "could_not_look", (), f"the probe failed: {type(error).__name__}: {error}", ()

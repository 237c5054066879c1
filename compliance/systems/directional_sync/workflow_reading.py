"""Reads any workflow of GitHub Actions that starts the sync, and says where it departs from `sync.yaml`.

Document 003, acceptance criterion 10: 'CI triggers match sync.yaml schedules'. Whoever reads the texts alone finds them
equal and misses that a condition in a script lets a target never run, so conditions are evaluated, at every minute at
which a cron is due and for a start that comes late.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.estate import document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.estate.document import Document
    from compliance.systems.directional_sync.syncfile import SyncFile


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule as it stands in the workflow. `zone`: of its own, where it names one."""

    text: str
    zone: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """`label`: by which people and keys name it, with its job; `line`: of the step; `first`: of its script."""

    label: str
    id: str | None
    condition: Any
    env: Mapping[str, Any]
    run: str | None
    uses: str | None
    given: Mapping[str, Any]
    shell: str | None
    goes_on: Any
    line: int
    first: int


@dataclass(frozen=True, slots=True)
class Job:
    """`matrix`: none, or what stands there; `calls`: another workflow that it is."""

    name: str
    needs: tuple[str, ...]
    condition: Any
    env: Mapping[str, Any]
    outputs: Mapping[str, Any]
    matrix: Any
    calls: str | None
    goes_on: Any
    steps: tuple[Step, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Workflow:
    """What the file says. `dispatch`: names of the inputs of a start by hand."""

    name: str
    crons: tuple[Cron, ...]
    dispatch: tuple[str, ...]
    env: Mapping[str, Any]
    jobs: Mapping[str, Job]


@dataclass(frozen=True, slots=True)
class Problem:
    """One subject (a target, a cron as it is written, or a step as `job / step`) and what is wrong with it.

    `facet` tells kinds apart and is stable. Of a target: `no-cron` (its schedule is none of the workflow's),
    `never-runs`, `missed` (does not run whenever it is due), `not-due`, `twice`, `late` (a delayed start runs another
    set), `exit-lost`. Of a cron: `no-target`, `bad-cron`, `zone`. Of a step: `unknown-target`, `octal`, `interpolated`,
    `eval`, `no-summary`.
    Of any of them: `unread`, which is no finding: nobody could look.
    """

    subject: str
    message: str
    facet: str
    line: int

    @property
    def unread(self) -> bool:
        """A rule that meets one of these could not look."""
        return self.facet == "unread"


def read(text: str, path: str = "the workflow") -> Workflow:
    """The values of the file; raises `CouldNotLook` where it is no workflow."""
    try:
        found = document.parsed(text, Path(path))
    except ConfigurationError as error:
        raise CouldNotLook(error.message) from None
    value = found.value
    if not isinstance(value, dict) or not isinstance(value.get("jobs"), dict) or "on" not in value:
        raise CouldNotLook(f"{path}: is no workflow: it has no 'on' or no 'jobs'")
    try:
        return _workflow(found)
    except (AttributeError, KeyError, TypeError) as error:
        raise CouldNotLook(f"{path}: is no workflow that GitHub would run ({error})") from None


def compare(workflow: Workflow, syncfile: SyncFile) -> list[Problem]:
    """All that is wrong, in the order of the file; empty: each target runs when it is due, once, and never else."""
    from compliance.systems.directional_sync.workflow_judging import judge

    return judge(workflow, syncfile)


def started(workflow: Workflow, syncfile: SyncFile) -> dict[str, frozenset[str]]:
    """By cron as it is written the targets that it starts at some time when it is due; one that is unread has none."""
    from compliance.systems.directional_sync.workflow_judging import mapping

    return mapping(workflow, syncfile)


def _workflow(found: Document) -> Workflow:
    value = found.value
    triggers = value["on"] if isinstance(value["on"], dict) else {}
    dispatch = (triggers.get("workflow_dispatch") or {}).get("inputs") or {}
    shell = _shell(value)
    return Workflow(
        str(value.get("name") or ""), _crons(found, triggers), tuple(dispatch), value.get("env") or {},
        {name: _job(found, name, shell) for name in value["jobs"]},
    )  # fmt: skip


def _crons(found: Document, triggers: Mapping[str, Any]) -> tuple[Cron, ...]:
    return tuple(
        Cron(str(each["cron"]), each.get("timezone"), found.line("on", "schedule", number, "cron"))
        for number, each in enumerate(triggers.get("schedule") or ())
    )


def _shell(value: Mapping[str, Any]) -> str | None:
    shell = ((value.get("defaults") or {}).get("run") or {}).get("shell")
    return None if shell is None else str(shell)


def _job(found: Document, name: str, shell: str | None) -> Job:
    value = found.value["jobs"][name]
    needs = value.get("needs") or ()
    own = _shell(value) or shell
    steps = value.get("steps") or ()
    labels = _labels(name, steps)
    return Job(
        name, (needs,) if isinstance(needs, str) else tuple(needs), value.get("if"), value.get("env") or {},
        value.get("outputs") or {}, (value.get("strategy") or {}).get("matrix"), value.get("uses"),
        value.get("continue-on-error", False),
        tuple(_step(found, ("jobs", name, "steps", n), labels[n], own) for n in range(len(steps))),
        found.line("jobs", name),
    )  # fmt: skip


def _labels(job: str, steps: Any) -> list[str]:
    """Names are given freely: a second one of a name is told apart by its number."""
    seen: dict[str, int] = {}
    found = []
    for number, step in enumerate(steps, 1):
        label = f"{job} / {step.get('name') or step.get('id') or step.get('uses') or f'step {number}'}"
        seen[label] = seen.get(label, 0) + 1
        found.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return found


def _step(found: Document, place: tuple[str | int, ...], label: str, shell: str | None) -> Step:
    value = found.value["jobs"][place[1]]["steps"][place[3]]
    run = value.get("run")
    line = found.line(*place)
    return Step(
        label, value.get("id"), value.get("if"), value.get("env") or {}, None if run is None else str(run),
        value.get("uses"), value.get("with") or {}, value.get("shell") or shell,
        value.get("continue-on-error", False), line,
        # A script of several lines begins below its key.
        found.line(*place, "run") + ("\n" in str(run)) if run is not None else line,
    )  # fmt: skip

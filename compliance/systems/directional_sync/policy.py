"""Policy of the directional sync (document 003): what a release has reviewed and `sync.yaml` may not drift from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from compliance.systems.directional_sync import schedules
from compliance.systems.directional_sync.syncfile import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.estate.document import Document

# What is the same or another; what follows them is a bound, which may be closer than the one of the last release.
EQUAL = (
    "direction", "entrypoint", "connector", "inputs", "outputs", "outside", "depends_on", "conflict", "repository",
    "git_commit", "dry_run",
)  # fmt: skip
BOUNDS = ("max_deletes", "allow_empty", "idempotent", "fail_on_diff")


@dataclass(frozen=True, slots=True)
class Verified:
    """What the last release asked of the outputs."""

    expected_min: float | None
    expected_max: float | None
    expected_exit_code: int
    schemas: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bound:
    """Of a drift gate, and which targets it has to judge; none named: all."""

    min_value: float | None
    max_drift_score: float | None
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Declared:
    """A target that has to be there. `values`: by key of `EQUAL` and `BOUNDS`, with the defaults of the runner."""

    name: str
    schedule: str | None
    verification: Verified | None
    values: Mapping[str, Any]

    @property
    def entrypoint(self) -> str | None:
        """None where a connector does its work, which is no file of the repository."""
        entrypoint: str | None = self.values["entrypoint"]
        return entrypoint

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(self.values["outputs"])

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(self.values["inputs"])


@dataclass(frozen=True, slots=True)
class Policy:
    """Where `sync.yaml`, workflow, drop-in runner and folders of scripts stand, and what has to be there."""

    reviewed: bool
    file: str
    workflow: str
    runner: str
    scripts: tuple[str, ...]
    targets: Mapping[str, Declared]
    secret_patterns: tuple[str, ...]
    pre_sync_checks: tuple[str, ...]
    post_sync_checks: tuple[str, ...]
    drift_gates: Mapping[str, Bound]

    @property
    def here(self) -> tuple[Declared, ...]:
        """Whose files are in the repository of the estate."""
        return tuple(t for t in self.targets.values() if t.values["repository"] is None)

    @property
    def entrypoints(self) -> frozenset[str]:
        return frozenset(t.entrypoint for t in self.here if t.entrypoint is not None)


def parse(document: Document) -> Policy:
    """Frozen values of a validated document; what a schema cannot say is checked here."""
    value = document.value
    targets = {name: _target(document, name) for name in value["targets"]}
    for gate, bound in value.get("drift_gates", {}).items():
        for name in bound.get("targets", ()):
            if name not in targets:
                raise document.error(f"{gate}: '{name}' is no target", "drift_gates", gate, "targets")
    return Policy(
        bool(value["reviewed"]), value["file"], value["workflow"], value["runner"],
        tuple(folder.rstrip("/") for folder in value["scripts"]), targets,
        tuple(value.get("secret_patterns", ())), tuple(value.get("pre_sync_checks", ())),
        tuple(value.get("post_sync_checks", ())),
        {name: _bound(gate) for name, gate in value.get("drift_gates", {}).items()},
    )  # fmt: skip


def _target(document: Document, name: str) -> Declared:
    value = document.value["targets"][name]
    if ("entrypoint" in value) == ("connector" in value):
        raise document.error(f"{name}: names an entrypoint or a connector, one of the two", "targets", name)
    schedule = value.get("schedule")
    if schedule is not None:
        try:
            schedules.read(schedule)
        except schedules.NotASchedule as error:
            raise document.error(f"{name}: schedule: {error}", "targets", name, "schedule") from None
    lists = ("inputs", "outputs", "outside", "depends_on")
    values = {key: value.get(key, () if key in lists else DEFAULTS.get(key)) for key in (*EQUAL, *BOUNDS)}
    values |= {key: tuple(values[key]) for key in lists}
    return Declared(name, schedule, _verified(value.get("verification")), values)


def _verified(value: Mapping[str, Any] | None) -> Verified | None:
    if value is None:
        return None
    return Verified(
        value.get("expected_min"), value.get("expected_max"), value.get("expected_exit_code", 0),
        value.get("schemas", {}),
    )  # fmt: skip


def _bound(value: Mapping[str, Any]) -> Bound:
    return Bound(value.get("min_value"), value.get("max_drift_score"), tuple(value.get("targets", ())))

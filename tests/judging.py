"""A clone of the reference estate, looked at and judged in this process, as an audit does it."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from typing import TYPE_CHECKING

from compliance import audit
from compliance.estate import config
from compliance.estate.embedded import bindir
from compliance.estate.observe import observe
from compliance.estate.resources import resource
from compliance.probing import Run
from compliance.systems import Policies
from tests import quick

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.core.change import Compiled
    from compliance.estate.config import Estate

REFERENCE = resource("fixtures/reference/estate.yaml")
CATALOG = "public.dot_iu_command_catalog"
MIGRATION_034 = ("dot_iu_auto_instantiate_from_event", "dot_iu_auto_instantiate_rollback_by_actor")


def look_estate() -> Estate:
    """The reference estate as it is configured, without an address."""
    return dataclasses.replace(config.load(REFERENCE), embedded=False)


def look(dsn: str, policy: Path | None = None, systems: tuple[str, ...] | None = None) -> Run:
    """One look at the database of `dsn` with the reference policy, or another folder's, and all systems or some."""
    estate = dataclasses.replace(config.load(REFERENCE), dsn=dsn, embedded=False)
    estate = dataclasses.replace(estate, policy=policy or estate.policy, systems=systems or estate.systems)
    policies = Policies.load(estate)
    return Run(estate, policies, observe(estate, policies.needs()))


def compiled(run: Run, system: str = "command_catalog") -> dict[str, Compiled]:
    """Seed and migration, after all probes were judged."""
    return {item.kind: item for item in audit.compile_system(run, quick.verdict(run), system)}


def psql(dsn: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A real psql that stops at the first error. `environment`: of its own, and nothing of the caller's."""
    return subprocess.run(
        [bindir() / "psql", "-X", "-v", "ON_ERROR_STOP=on", "-d", dsn, *arguments],
        capture_output=True, text=True, encoding="utf-8", errors="replace", check=False, timeout=60,
        env={"PATH": os.defpath, "PGCONNECT_TIMEOUT": "5", **environment},
    )  # fmt: skip


def write_sql(item: Compiled, place: Path) -> Path:
    """The SQL alone: what binds a plan to an estate is another one on every cluster."""
    folder = place / item.system / item.kind
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in item.files().items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder

"""The main job: observe, probe, gate, compile, report."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest

from compliance import gating
from compliance.core import canonical, controls, population, verdicts
from compliance.core.errors import ComplianceError, Refused
from compliance.core.plansql import check_step
from compliance.core.waivers import GATES, OWN
from compliance.evidence.contents import VERDICT
from compliance.executor import plan as plans
from compliance.executor.plan import Plan, bind
from compliance.executor.whole import put
from compliance.probing import Run, look, probe_folder
from compliance.reporting.listed import findings, waived
from compliance.systems import Policies, system, templates
from compliance.systems.protocol import Facts

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.core.change import Compiled
    from compliance.core.gates import Gate
    from compliance.core.verdict import Case, Verdict
    from compliance.systems.protocol import Preparing

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit came to. `obstacles`: why a system was not compiled, by system."""

    run: Run
    verdict: Verdict
    compiled: tuple[Compiled, ...]
    obstacles: dict[str, tuple[str, ...]]


def probe(
    run: Run,
    *,
    results: Path | None = None,
    report: Report = lambda _: None,
    of: str | None = None,
    only: Container[str] | None = None,
) -> Verdict:
    """Run all probes of the systems in force over the run, in this process. `results`: where Allure's files go.

    `of`: those of one system and of the platform, which are what it may be compiled by (ARCHITECTURE, Semantics);
    `only`: those of these rules, where nothing but these is asked.
    """
    from compliance import pytest_plugin

    class Given:
        """Hands the run in, the cases out, and notes what could not be collected."""

        state: pytest_plugin.State

        @pytest.hookimpl(trylast=True)
        def pytest_configure(self, config: pytest.Config) -> None:
            self.state = config.stash[pytest_plugin.STATE]
            self.state.run = run

        def pytest_collectreport(self, report: pytest.CollectReport) -> None:
            if report.failed:
                failures.append(f"{report.nodeid}: {report.longreprtext}")

        def pytest_internalerror(self, excrepr: object) -> None:
            failures.append(str(excrepr))

        def pytest_collection_finish(self, session: pytest.Session) -> None:
            report(f"{len(session.items)} cases")

    if results is not None:
        _writable(results)
    failures: list[str] = []
    given = Given()
    folder = probe_folder()
    places = _places(folder, run.policies, of, only)
    with _hermetic():
        code = pytest.main([*_arguments(folder, results), *map(str, places)], plugins=[given])
    # An internal error comes by its hook: its exit code is 3, which the plugin sets where it could not look.
    if failures or code == pytest.ExitCode.USAGE_ERROR:
        said = [line for failure in failures for line in failure.splitlines()]
        raise ComplianceError("the probes could not be collected", lines=said, mark="|")
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if results is not None:
        _counted(results, given.state.cases)
    run.nodeids = {(case.rule.id, case.subject): node for node, case in given.state.cases.items()}
    given.state.scope.expect(file for place in places for file in _files(place))
    return given.state.verdict()


def _writable(results: Path) -> None:
    """An OSError that names the place, now: out of the middle of pytest it would be a page of traceback."""
    results.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=results):
        pass


def _counted(results: Path, nodeids: Iterable[str]) -> None:
    """Exactly one result a case, or the report would show less than was judged."""
    from compliance.reporting.results import count

    found = count(results, nodeids)
    if not found.exact:
        raise ComplianceError(
            f"the report lacks {len(found.missing)} cases and has {len(found.surplus)} that were not judged",
            remedy=f"empty {results} and audit again",
        )


def _places(folder: Path, policies: Policies, of: str | None, only: Container[str] | None) -> list[Path]:
    """A rule a file, whose name begins with its id."""
    folders = [folder / name for name in policies if of is None or name in (of, "platform")]
    if only is None:
        return folders
    files = [file for place in folders for file in _files(place)]
    return [file for file in files if file.name.split("_")[1].upper() in only]


def _files(place: Path) -> list[Path]:
    return sorted(place.glob("test_*_*.py")) if place.is_dir() else [place]


def _arguments(folder: Path, results: Path | None) -> list[str]:
    """Of pytest itself what probes have no use for is left out: the last one collects garbage five times over."""
    allure = ["--alluredir", str(results), "--clean-alluredir", "--allure-no-capture"] if results else []
    return [
        "-c", os.devnull, "--rootdir", str(folder.parent), "--import-mode=importlib", "--strict-markers",
        "--noconftest", "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:unraisableexception",
        "-p", "no:logging",
        "-p", "compliance.pytest_plugin",
        *(["-p", "allure_pytest.plugin"] if results else []),
        *allure,
    ]  # fmt: skip


@contextmanager
def _hermetic() -> Iterator[None]:
    """Neither the caller's options nor other plugins may leave cases out of an audit."""
    names = [name for name in os.environ if name.startswith("PYTEST_")]
    before = {name: os.environ.pop(name) for name in names}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        os.environ.update(before)


def compile_system(run: Run, verdict: Verdict, name: str) -> tuple[Compiled, ...]:
    """Seed and migration of one system; `Refused` with all that stands in the way."""
    obstacles = obstacles_of(run, verdict, name)
    compiled = (_prepared if obstacles else _desired)(run, verdict, name)
    if obstacles and not compiled:
        raise Refused(
            f"{name} is not compiled: not every guard holds", reasons=obstacles,
            remedy="put right what is listed, then compile again",
        )  # fmt: skip
    relations = run.policies.needs().relations
    for item in compiled:
        for step in item.steps:
            check_step(step, relations)
    return compiled


def _desired(run: Run, _verdict: Verdict, name: str) -> tuple[Compiled, ...]:
    return system(name).compile(Facts(name, run.policies, run.current))


def _prepared(run: Run, verdict: Verdict, name: str) -> tuple[Compiled, ...]:
    """What has to be done first, where that is all that stands in the way."""
    if not hasattr(system(name), "prepared"):
        return ()
    preparing = cast("Preparing", system(name))
    if obstacles_of(run, verdict, name, but=preparing.prepared):
        return ()
    return preparing.prepare(Facts(name, run.policies, run.current))


def promised(compiled: Compiled, case: Case) -> bool:
    """Must this case be kept once the plan was applied? A preparation promises what it prepares, and no more.

    No plan promises anything of waivers: one is unused as soon as what it was given for is repaired. Nor of gates
    and controls, which no plan can change.
    """
    if case.rule.id in (OWN, GATES, controls.OWN):
        return False
    if compiled.kind == "preparation":
        preparing = cast("Preparing", system(compiled.system))
        return case.rule.id in getattr(preparing, "promised", preparing.prepared)
    return case.rule.system in (compiled.system, "platform")


def obstacles_of(
    run: Run, verdict: Verdict, name: str, *, but: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Why a system may not be compiled from this verdict; a verdict over something else is one reason.

    `but`: readiness rules of which a finding does not count, as what they found is what is to be repaired.
    """
    if (verdict.observation, verdict.policy) != (run.observation.digest, run.policies.digest):
        return ("the verdict is of another observation or policy",)
    guards = system(name).guards | system("platform").guards
    reads = system(name).reads(run.policies[name])
    unheld = sorted(reads - run.observation.sections.keys())
    return (
        *verdict.obstacles(name, guards, reads, but=but),
        *(f"{section}: this observation does not hold it" for section in unheld),
    )


def audit(
    file: Path, *, recorded: Path | None = None, results: Path | None = None, report: Report = lambda _: None,
    judged_at: str | None = None,
) -> Audited:  # fmt: skip
    """The whole of it but the page: a verdict, and what was compiled for each system in force."""
    report("observing")
    return judge(look(file, recorded, report, judged_at), results=results, report=report)


def judge(run: Run, *, results: Path | None = None, report: Report = lambda _: None) -> Audited:
    """The same of what was looked at already."""
    report("probing")
    verdict = probe(run, results=results, report=report)
    compiled: list[Compiled] = []
    obstacles: dict[str, tuple[str, ...]] = {}
    for name in run.policies:
        try:
            compiled += compile_system(run, verdict, name)
        except Refused as refused:
            obstacles[name] = refused.reasons
    return Audited(run, verdict, tuple(compiled), obstacles)


def plan_of(run: Run, compiled: Compiled) -> Plan:
    """What was compiled, bound to the estate that was looked at."""
    return bind(
        compiled, run.observation, kind=run.estate.kind, policy=run.policies.digests[compiled.system],
        templates=templates(compiled.system), needs=run.policies.needs(),
    )  # fmt: skip


def write(run: Run, compiled: Compiled, folder: Path) -> Path:
    """The plan of one compilation, in place of an older one; nothing to do leaves no plan. Returns its folder."""
    place = folder / compiled.system / compiled.kind
    if not compiled.nothing:
        observed = {"observation": run.observation.digest, "observed_at": run.observation.observed_at}
        plans.write(plan_of(run, compiled), place, observed)
    else:
        plans.remove(place)
    return place


def keep(audited: Audited, out: Path) -> Path:
    """The verdict as a document, spelled as a bundle holds it: what is exported, compared and shown later is this."""
    place = out / VERDICT
    put(place, canonical.lines(verdicts.document(audited.verdict), deep=2).encode())
    return place


def as_json(audited: Audited, folder: Path, page: Path | None, gate: Gate | None = None) -> dict[str, Any]:
    """What `compliance audit --json` prints; its schema is `audit.schema.json`."""
    return {
        **({"gate": gating.as_json(gate)} if gate else {}),
        "verdict": audited.verdict.conclusion,
        "counts": audited.verdict.counts,
        "population": population.told(audited.verdict),
        "findings": findings(audited.verdict),
        "waived": waived(audited.verdict),
        "warnings": [each._asdict() for each in audited.run.waiving.warnings()],
        "observation": audited.run.observation.digest,
        "judged_at": audited.verdict.judged_at,
        "compiled": [
            {
                "system": item.system,
                "kind": item.kind,
                "path": str(folder / item.system / item.kind),
                "digest": plan_of(audited.run, item).digest if not item.nothing else item.digest,
                "steps": len(item.steps),
            }
            for item in audited.compiled
        ],
        "report": str(page) if page else None,
    }

"""The folder of the report: our front page, copies of the policy it links to, and Allure's pages where Node is."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.audit import plan_of
from compliance.core import expiring, population, verdicts
from compliance.core.errors import ComplianceError
from compliance.core.observation import Blind
from compliance.estate.resources import resource
from compliance.evidence import past, versions
from compliance.executor.gist import gist
from compliance.executor.ledger import Ledger as LedgerFile
from compliance.reporting import gated, page, results
from compliance.reporting.front import copies, given
from compliance.reporting.front.given import Given, Subject
from compliance.reporting.front.model import ALLURE, build
from compliance.reporting.front.render import render
from compliance.reporting.labels import case_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from compliance.audit import Audited
    from compliance.core.change import Compiled
    from compliance.core.gates import Gate
    from compliance.core.history import Change, History
    from compliance.core.observation import Seen
    from compliance.estate.config import Estate
    from compliance.estate.places import Place
    from compliance.probing import Run

FOLDER, INDEX = "html", "index.html"
_SQL = re.compile(r"sql/[a-z0-9_/]+\.sql")
RUNS = 30  # of which the page shows what they found


def present(
    out: Path, audited: Audited, kept: History, report: Callable[[str], None], gate: Gate | None = None
) -> tuple[Path, str]:
    """The page to open, and why none of Allure's are beside it, where that is so. An older report is replaced whole."""
    _run_files(out / "allure-results", audited)
    report("rendering the page")
    with tempfile.TemporaryDirectory(dir=out, prefix=".html-") as scratch:
        folder = Path(scratch) / FOLDER
        folder.mkdir()
        why = _allure(out, folder / ALLURE)
        texts = {path.name: path.read_text(encoding="utf-8") for path in policy_files(audited.run)}
        told = gathered(audited, kept, no_allure=why, gate=gate)
        files = {INDEX: render(build(verdicts.document(audited.verdict), told)), **copies.pages(texts)}
        for name, text in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
        shutil.rmtree(out / FOLDER, ignore_errors=True)
        folder.rename(out / FOLDER)
    return out / FOLDER / INDEX, why


def left_out(out: Path) -> str:
    """A page that lies there would be taken for that of this audit."""
    found = out / FOLDER
    return f"left out; {found} is of an earlier audit" if found.exists() else "left out"


def _run_files(folder: Path, audited: Audited) -> None:
    """What Allure's first page says of the run."""
    run = audited.run
    facts = {"estate": run.estate.name, **population.brief(audited.verdict), "kind": run.estate.kind}
    facts |= {"observation": run.observation.digest[:16]}
    facts |= {f"not looked at: {source}": why for source, why in run.current.unavailable.items()}
    facts |= {f"warning {n}": each.message for n, each in enumerate(run.waiving.warnings(), start=1)}
    results.write_run_files(folder, facts | {"observed_at": run.observation.observed_at})
    results.attach(folder, "Population", population.text(audited.verdict))


def _allure(out: Path, folder: Path) -> str:
    """Why there are none of its pages: without Node everything else still works."""
    try:
        page.generate(out / "allure-results", folder, history=out / "allure-history.jsonl")
    except ComplianceError as error:
        return str(error)
    return ""


def gathered(audited: Audited, kept: History, *, no_allure: str = "", gate: Gate | None = None) -> Given:
    """All that the front page is told beside the verdict."""
    run = audited.run
    return Given(
        estate=run.estate.name, kind=run.estate.kind, systems=tuple(run.policies),
        observed_at=run.observation.observed_at, versions=_versions(run), unavailable=tuple(_unavailable(run)),
        waivers=tuple(_waivers(run)), warnings=tuple(each.message for each in run.waiving.warnings()),
        plans=tuple(_plan(run, item) for item in audited.compiled), obstacles=audited.obstacles,
        ledger=_ledger(run.estate, run), changes=_changes(kept, audited), sections=tuple(_sections(run)),
        reads=_reads(audited), cases={Subject(*key): case_id(nodeid) for key, nodeid in run.nodeids.items()},
        places=_places(audited), copies=run.copied, controls=run.policies.controls.entries,
        gate=_gate(gate) if gate else None, no_allure=no_allure,
    )  # fmt: skip


def _gate(gate: Gate) -> given.Gate:
    head, *said = gated.lines(gate)
    return given.Gate(gate.profile, gate.passed, head.partition(", ")[2], tuple(line.strip() for line in said))


def _versions(run: Run) -> dict[str, str]:
    found = versions.versions(run.observation)
    told = {"program": f"{found['program']['version']} {found['program']['digest'][:12]}"}
    told |= {"probes": found["probes"]["digest"][:12], "Python": found["python"], **found["sources"]}
    if (number := told.get("postgres", "")).isdigit():  # 180006 is 18.6
        told["postgres"] = f"{int(number) // 10000}.{int(number) % 10000}"
    return told | {"packages": ", ".join(f"{name} {said}" for name, said in found["packages"].items())}


def _unavailable(run: Run) -> Iterator[given.Source]:
    """What the estate declares, and what else was not looked at."""
    current = run.current.unavailable
    for name, said in run.estate.unavailable.items():
        over = "; this time is over" if said.until < run.judged_at[:10] else "; no rule in force asks for it"
        yield given.Source(name, said.reason + ("" if name in current else over), said.owner, said.until)
    for name in sorted(current.keys() - run.estate.unavailable.keys()):
        yield given.Source(name, current[name])


def _waivers(run: Run) -> Iterator[given.Waiver]:
    for met in run.waiving.met():
        said = expiring.described(met, run.judged_at)
        yield given.Waiver(
            said["id"], said["state"], said["finding"], said["reason"], said["owner"], said["approver"],
            said["until"], tuple(said["meets"]), tuple(said["findings"]),
        )  # fmt: skip


def _plan(run: Run, item: Compiled) -> given.Plan:
    digest = "" if item.nothing else plan_of(run, item).digest
    return given.Plan(item.system, item.kind, item.title, len(item.steps), digest, item.proposal)


def _ledger(estate: Estate, run: Run) -> given.Ledger:
    if estate.ledger is None:
        return given.Ledger("This estate has no ledger: nobody approves or applies anything here.")
    try:
        entries = LedgerFile(estate.ledger).entries()
    except ComplianceError as error:
        return given.Ledger(str(error), damaged=True)
    if not entries:
        return given.Ledger("The ledger holds nothing yet.")
    known = run.policies["platform"].execution.keys
    events = []
    for entry in entries[1:]:
        said = gist(entry.body, known)
        events.append(given.Event(entry.at, entry.kind, said["plan"], said["what"]))
    head = f"Ledger {entries[0].hash[:12]}, {len(entries)} entries, the last one {entries[-1].hash[:12]}."
    return given.Ledger(head, tuple(events))


def _changes(kept: History, audited: Audited) -> tuple[Change, ...]:
    """Up to this run, and no other in its place: one of an earlier look than the last is not kept, and told of here."""
    verdict, found = audited.verdict, tuple(kept.changes())
    mine = (verdict.observation, verdict.policy, verdict.judged_at)
    for number in range(len(found), 0, -1):
        entry = found[number - 1].entry
        if (entry.observation, entry.policy, entry.judged_at) == mine:
            return found[:number][-RUNS:]
    told = past.of(kept, verdict, audited.run.observation)
    return (*told.history.changes(), told.change)[-RUNS:]


def _sections(run: Run) -> Iterator[given.Section]:
    """As they may be judged now: what has grown too old was not seen."""
    for name, section in sorted(run.current.sections.items()):
        blind = section.reason if isinstance(section, Blind) else ""
        yield _section(name, section, blind)


def _section(name: str, section: Seen[object] | Blind, blind: str) -> given.Section:
    origin = section.provenance
    facts = 0 if isinstance(section, Blind) else len(section.facts)
    text = resource(origin.query).read_text(encoding="utf-8") if _SQL.fullmatch(origin.query) else ""
    return given.Section(name, origin.source, origin.query, origin.at, origin.seconds, facts, blind, text)


def _places(audited: Audited) -> dict[Subject, Place]:
    """Of each finding."""
    policies = audited.run.policies
    return {
        Subject(case.rule.id, finding.subject): policies.where(case.rule.system, finding.subject)
        for case in audited.verdict.cases
        for finding in (*case.findings, *(each.finding for each in case.waived))
        if case.rule.system in policies
    }


def _reads(audited: Audited) -> Mapping[str, tuple[str, ...]]:
    """By rule with a finding, the sections that it asked for."""
    run, found = audited.run, {}
    for case in audited.verdict.cases:
        probed = run.waiving.rules.get(case.rule.id)
        if (case.findings or case.waived) and probed and probed.judge and case.rule.id not in found:
            found[case.rule.id] = run.judged(probed.judge, case.rule.system).sections
    return found


def policy_files(run: Run) -> list[Path]:
    """What is policy, and may be shown: never estate.yaml, which says how the estate is opened."""
    files = (run.estate.policy / f"{name}.yaml" for name in (*run.policies, "waivers", "controls"))
    return [path for path in files if path.is_file()]

"""What each command does, once its words are parsed. Every function returns an exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.errors import ConfigurationError, Refused
from compliance.core.oneline import oneline
from compliance.talking import done, say, write

if TYPE_CHECKING:
    import argparse

    from compliance.audit import Audited
    from compliance.core.change import Compiled
    from compliance.core.gates import Profile
    from compliance.probing import Run


def audit(parsed: argparse.Namespace) -> int:
    """Observe, probe, gate, compile, report; the exit code is the verdict's."""
    if parsed.watch:
        from compliance.watching import watch

        watch(parsed)
    from compliance import audit as job
    from compliance import gathering, keeping, presenting, probing
    from compliance.estate import config
    from compliance.evidence.contents import VERDICT

    out = Path(parsed.out)
    recorded = Path(parsed.observation) if parsed.observation else None
    kept = Path(parsed.history) if parsed.history else out / keeping.FILE
    say("observing")
    file = probing.estate_file(parsed.estate)
    profile = _profile(parsed, file)
    known = keeping.read(kept, config.declared(file).name).now()
    exports = gathering.wanted(parsed.export, but=(file, kept, out / VERDICT, recorded or file))
    run = probing.look(file, recorded, say, parsed.judged_at)
    run.known = known
    if not parsed.no_page:
        run.copied = frozenset(path.name for path in presenting.policy_files(run))
    audited = job.judge(run, results=out / "allure-results", report=say)
    gate = run.gating.gate(audited.verdict, profile, run.known, run.current) if profile else None
    told: list[str] = []
    change = keeping.add(kept, audited.verdict, run.observation, parsed.history_limit, warn=told.append)
    job.keep(audited, out)
    gathering.write(exports, audited, file, gate)
    for item in audited.compiled:
        job.write(audited.run, item, out / "compiled")
    page, why = None, presenting.left_out(out)
    if not parsed.no_page:
        page, why = presenting.present(out, audited, keeping.read(kept), say, gate)
    done()
    if parsed.json:
        write(canonical.pretty(job.as_json(audited, out / "compiled", page, gate)))
    else:
        from compliance.reporting import gated
        from compliance.reporting.terminal import summary

        warnings = [each.message for each in audited.run.waiving.warnings()]
        summary(
            audited.verdict, _written(audited, out), audited.obstacles, page, why,
            audited.run.current.unavailable, warnings,
        )  # fmt: skip
        if gate:
            write("\n".join(gated.lines(gate)))
    for line in (*told, *(f"defect: {oneline(line)}" for line in change.defect)):
        print(f"compliance: {line}", file=sys.stderr)
    return (gate or audited.verdict).exit_code or (1 if change.defect else 0)


def _profile(parsed: argparse.Namespace, file: Path) -> Profile | None:
    """Before anything is looked at: a name that is not declared is found out at once."""
    from compliance import gating, probing

    if parsed.profile is None and not parsed.fail_on:
        return None
    return gating.chosen(probing.load(file)[1], parsed.profile, parsed.fail_on)


def _written(audited: Audited, out: Path) -> list[tuple[Compiled, Path]]:
    return [(item, out / "compiled" / item.system / item.kind) for item in audited.compiled]


def observe(parsed: argparse.Namespace) -> int:
    """Look once; exit 3 where a section could not be looked at, after writing what was."""
    from compliance import probing

    recorded = Path(parsed.observation) if parsed.observation else None
    observation = probing.look(probing.estate_file(parsed.estate), recorded, say).observation
    done()
    if parsed.output:
        Path(parsed.output).write_bytes(observation.to_json())
    else:
        sys.stdout.buffer.write(observation.to_json())
    for name, why in sorted(observation.blind.items()):
        said = "could not look" if name in observation.failed else "not looked at"
        print(f"compliance: {said}: {oneline(f'{name}: {why}')}", file=sys.stderr)
    return 3 if observation.failed else 0


def compile_(parsed: argparse.Namespace) -> int:
    """Emit seed and migration of a system, or refuse with the list of what stands in the way."""
    from compliance import audit as job
    from compliance import probing

    recorded = Path(parsed.observation) if parsed.observation else None
    run = probing.look(probing.estate_file(parsed.estate), recorded, say)
    if parsed.system not in run.policies:
        raise ConfigurationError(
            f"'{parsed.system}' is not in force; systems in force: {', '.join(sorted(run.policies))}"
        )
    compiled = job.compile_system(run, job.probe(run, report=say, of=parsed.system), parsed.system)
    done()
    out = Path(parsed.out)
    if parsed.check:
        return _check(compiled, out)
    paths = [job.write(run, item, out) for item in compiled]
    if parsed.json:
        shown = [_described(run, item, path) for item, path in zip(compiled, paths, strict=True)]
        write(canonical.pretty(shown))
    for item, path in zip(compiled, paths, strict=True):
        if not parsed.json:
            write(f"{item.kind:9}  {item.title:32}  {'-' if item.nothing else path}")
            for line in _marked(item):
                write(f"{'':9}  {line}")
    return 0


def _marked(item: Compiled) -> list[str]:
    """What has to be known of it wherever it is told of."""
    if item.nothing:
        return []
    proposal = [f"PROPOSAL, which nobody can approve: {item.proposal}"] if item.proposal else []
    return proposal + [f"{name}: {said}" for name, said in sorted(item.notes.items())]


def _described(run: Run, item: Compiled, path: Path) -> dict[str, Any]:
    from compliance.audit import plan_of

    digest = plan_of(run, item).digest if not item.nothing else item.digest
    return {
        "system": item.system,
        "kind": item.kind,
        "path": str(path),
        "digest": digest,
        "steps": len(item.steps),
        **({"proposal": item.proposal} if item.proposal else {}),
        **({"notes": dict(item.notes)} if item.notes else {}),
    }


def _check(compiled: tuple[Compiled, ...], out: Path) -> int:
    stale: list[Path] = []
    for item in compiled:
        place = out / item.system / item.kind
        found = {path.name: path.read_text(encoding="utf-8") for path in sorted(place.glob("*.sql"))}
        if found != item.files():
            stale.append(place)
    for place in stale:
        print(f"compliance: not current: {place}", file=sys.stderr)
    return 1 if stale else 0


def explain(parsed: argparse.Namespace) -> int:
    """Print the SQL of a command of the registry and its gates. Needs policy alone: nothing is looked at."""
    from compliance import probing
    from compliance.systems.command_catalog.explain import explained, listed

    estate, policies = probing.load(probing.estate_file(parsed.estate))
    policy = policies.get("command_catalog")
    if policy is None:
        raise ConfigurationError(f"command_catalog is not in force on estate '{estate.name}'")
    if parsed.name is None:
        write("\n".join(listed(policy)))
        return 0
    found = explained(policy, parsed.name, parsed.values)
    write(canonical.pretty(found.as_json()) if parsed.json else found.text())
    return 0


def init(parsed: argparse.Namespace) -> int:
    """Write a commented start; never over a file that is there."""
    from compliance.starting import start

    for path in start(Path(parsed.folder)):
        write(f"wrote {path}")
    return 0


def policy_draft(parsed: argparse.Namespace) -> int:
    """Print a policy that declares what was observed, `reviewed: false`."""
    from compliance import probing
    from compliance.starting import draft

    write(draft(parsed.system, probing.estate_file(parsed.estate), parsed.observation, say))
    return 0


def role(parsed: argparse.Namespace) -> int:
    """Print the SQL of the least role that this estate's policy needs."""
    from compliance import probing
    from compliance.estate.documents import kept_here
    from compliance.starting import role_sql

    estate, policies = probing.load(probing.estate_file(parsed.estate))
    needs = policies.needs()
    kept = kept_here(estate, needs)
    write(role_sql(parsed.name, needs, kept.relation if kept else None))
    return 0


def report_open(parsed: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    from compliance.reporting.serve import serve

    folder = Path(parsed.folder)
    if not (folder / "index.html").is_file():
        raise Refused(f"{folder} holds no report", remedy="run `compliance audit` first")
    serve(folder, write)
    return 0

"""The commands of evidence: seal, verify, replay."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.errors import ComplianceError, ConfigurationError, CouldNotLook
from compliance.core.oneline import oneline
from compliance.opening import say_json, sealed_files
from compliance.talking import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from compliance.audit import Audited
    from compliance.core.history import History
    from compliance.estate.config import Estate
    from compliance.evidence.contents import Performed

INCIDENT = "this audit cannot be re-performed: it comes to something else, which is an incident"


class OtherVersion(CouldNotLook):
    """Another program judged then; what this one comes to says nothing of that."""


class Differs(ComplianceError):
    """The same observation and policy came to something else."""

    exit_code = 1

    def __init__(self, message: str, found: list[str], *, remedy: str) -> None:
        from compliance.replaying import shown

        super().__init__(message, lines=shown(found), remedy=remedy)


def seal(parsed: argparse.Namespace) -> int:
    """Audit, perform that again from what is about to be sealed, and seal it."""
    from compliance import keeping, probing
    from compliance.estate import config
    from compliance.evidence import sealing
    from compliance.executor import keys

    signer, file = keys.load(Path(parsed.key)), probing.estate_file(parsed.estate)
    kept = keeping.read(Path(parsed.history), config.declared(file).name)
    _ready(parsed, file)
    with tempfile.TemporaryDirectory(prefix="compliance-seal-") as scratch:
        results = None if parsed.no_report else Path(scratch) / "allure-results"
        audited = _audited(parsed, file, kept, results)
        performed, files = _contents(audited, file, results, kept)
    estate = audited.run.estate
    sealing.refuse_secrets(files, _secrets(estate))
    _as_sealed(files, "nothing was sealed: the audit cannot be re-performed from what would be")
    path = Path(parsed.output) if parsed.output else _named(performed)
    sealed = sealing.seal(path, performed, files, kind=estate.kind, signer=signer, ledger=_ledger(estate))
    entered = f"entered in the ledger as {sealed.entry[:12]}" if sealed.entry else "entered nowhere: no ledger"
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in performed.verdict.counts.items())
    value = {
        "bundle": str(path), "bytes": sealed.size, "manifest": sealed.manifest, "entry": sealed.entry,
        "conclusion": performed.verdict.conclusion, "counts": performed.verdict.counts,
        "changes": performed.past and performed.past.document(),
    }  # fmt: skip
    text = f"sealed {path} ({sealed.size} bytes)\n{performed.verdict.conclusion}: {counts}"
    say_json(parsed, value, f"{text}\nmanifest {sealed.manifest}\n{entered}")
    for line in (*sealed.left.splitlines(), *(f"defect: {line}" for line in _kept(parsed, performed))):
        sys.stderr.write(f"compliance: {oneline(line)}\n")
    return 0


def _audited(parsed: argparse.Namespace, file: Path, kept: History, results: Path | None) -> Audited:
    """What is new is told by its results too."""
    from compliance import audit as job
    from compliance import probing
    from compliance.core import history_lines

    say("observing")
    recorded = Path(parsed.observation) if parsed.observation else None
    run = probing.look(file, recorded, say, parsed.judged_at)
    run.known = history_lines.earlier(kept, run.observation.observed_at).now()
    return job.judge(run, results=results, report=say)


def _kept(parsed: argparse.Namespace, performed: Performed) -> tuple[str, ...]:
    """Every audit is: once, where the same look was judged by the same before. Says what is a defect."""
    from compliance import keeping

    if performed.past:
        keeping.add_new(Path(parsed.history), performed.verdict, performed.observation)
    return performed.past.change.defect if performed.past else ()


def _ready(parsed: argparse.Namespace, file: Path) -> None:
    """What would only be found when the audit is done."""
    from compliance import probing
    from compliance.evidence import naming

    if parsed.output:
        naming.free(Path(parsed.output))
    if ledger := _ledger(probing.load(file)[0]):
        ledger.entries()


def _contents(
    audited: Audited, file: Path, results: Path | None, kept: History
) -> tuple[Performed, dict[str, bytes]]:
    from compliance import replaying
    from compliance.core import history_lines, population
    from compliance.evidence import contents, past, versions
    from compliance.evidence import results as allure
    from compliance.reporting.results import attach, write_run_files

    performed, estate = replaying.performed(audited, kept), audited.run.estate
    files = contents.given(audited.run.observation, file, estate.policy) | replaying.results(performed)
    files[past.HISTORY] = history_lines.spelled(performed.past.history) if performed.past else b""
    files[versions.FILE] = canonical.pretty(versions.versions(audited.run.observation)).encode()
    if results is not None:
        facts = {"estate": estate.name, "kind": estate.kind, "judged_at": audited.verdict.judged_at}
        facts |= {**population.brief(audited.verdict), "observation": audited.verdict.observation}
        write_run_files(results, facts)
        attach(results, "Population", population.text(audited.verdict))
        files[allure.FILE] = allure.packed(results, audited.verdict.judged_at)
    return performed, files


def _as_sealed(files: Mapping[str, bytes], message: str) -> None:
    """Raises `Differs` where these files do not come to the same again."""
    from compliance import replaying

    say("performing it again")
    found = replaying.differences(files, replaying.results(replaying.again(files, say)))
    if found:
        raise Differs(message, found, remedy="find out what a judgement depends on beside its inputs")


def _named(performed: Performed) -> Path:
    at = re.sub(r"[-:]|\+.*", "", performed.verdict.judged_at)
    name = re.sub(r"[^A-Za-z0-9_-]", "-", performed.observation.estate)
    return Path("reports") / "evidence" / f"{name}-{at}Z.tar"


def _ledger(estate: Estate) -> Any:
    from compliance.executor.ledger import Ledger

    return Ledger(estate.ledger) if estate.ledger else None


def _secrets(estate: Estate) -> list[str]:
    """What opens it: passwords of its DSNs, tokens, and the key that secrets are hashed with."""
    from psycopg.conninfo import conninfo_to_dict

    dsns = (estate.dsn, estate.writer, estate.documents and estate.documents.dsn)
    found = [conninfo_to_dict(dsn).get("password") for dsn in dsns if dsn]
    for service in (estate.directus, estate.agent_data, estate.nuxt):
        found += [service.token, service.writer_token] if service else []
    found += [estate.redaction_key.decode(errors="replace")] if estate.redaction_key else []
    return [str(secret) for secret in found if secret]


def verify(parsed: argparse.Namespace) -> int:
    """Say everything that is not as it was sealed; the same code as `verify.py` of the bundle."""
    from compliance.core.chain import FILE
    from compliance.evidence import verify as checking
    from compliance.evidence.ed25519 import keyid

    try:
        key, data = checking.key_of(parsed.key), checking.read(parsed.bundle)
        ledger = checking.read(str(Path(parsed.ledger) / FILE)) if parsed.ledger else None
    except checking.Unreadable as error:
        raise ConfigurationError(str(error), remedy=_left(Path(parsed.bundle))) from None
    wrong = checking.check(data, key, ledger)
    value = {"bundle": parsed.bundle, "key": keyid(key), "wrong": wrong}
    say_json(parsed, value, "\n".join(wrong) or f"as it was sealed, by key {keyid(key)[:16]}")
    return 4 if wrong else 0


def _left(bundle: Path) -> str | None:
    from compliance.evidence import naming

    parts = " ".join(map(str, naming.beside(bundle)))
    return (
        f"{parts} is of a seal that was interrupted: `compliance ledger verify` says what to do"
        if parts
        else None
    )


def replay(parsed: argparse.Namespace) -> int:
    """Perform a sealed audit again; a difference is an incident."""
    from compliance import replaying

    files = sealed_files(parsed.bundle, parsed.key)
    other = _other(files)
    decides = {name: said for name, said in other.items() if name in ("program", "probes")}
    if decides and not parsed.other_version:
        raise OtherVersion(
            "it was sealed by another version than this one",
            lines=[f"{name}: {said}" for name, said in decides.items()],
            remedy="replay it with that version, or see what this one comes to with --other-version",
        )
    found = replaying.differences(files, replaying.results(replaying.again(files, say)))
    remarks = [f"{name}: {said}" for name, said in other.items()]
    text = [*replaying.shown(found)] or ["the same verdict and the same plans, byte for byte"]
    if found:
        text.insert(0, "another version comes to something else:" if decides else f"{INCIDENT}:")
    text += [f"not what it was sealed with: {line}" for line in remarks]
    text += [] if parsed.key else ["its signature was not looked at: no --key"]
    say_json(parsed, {"bundle": parsed.bundle, "differences": found, "versions": other}, "\n".join(text))
    return 1 if found else 0


def _other(files: Mapping[str, bytes]) -> dict[str, str]:
    from compliance.evidence import contents, versions
    from compliance.replaying import said

    here = versions.versions(contents.observed(files))
    return versions.other(said(files, versions.FILE), here)

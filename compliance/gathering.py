"""What an export is made of, gathered: of an audit that just ended, of its verdict.json, or of a sealed bundle."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance import keeping
from compliance.core import canonical, history_lines, verdicts
from compliance.core.errors import ConfigurationError
from compliance.core.history import History
from compliance.estate import config
from compliance.estate import document as documents
from compliance.estate.places import Place
from compliance.evidence import contents, past
from compliance.executor.apply import program
from compliance.executor.whole import put
from compliance.reporting.exports import export, known
from compliance.reporting.exports.exported import Exported
from compliance.systems import Policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from compliance.audit import Audited
    from compliance.core.gates import Gate
    from compliance.core.history import Known
    from compliance.core.verdict import Case


def wanted(words: Iterable[str], but: Iterable[Path] = ()) -> dict[Path, str]:
    """The formats of `--export FORMAT=FILE` by their file; told before anything is looked at.

    `but`: what an audit reads or keeps. Two names of one file are one file.
    """
    found: dict[Path, str] = {}
    taken = {path.resolve() for path in but}
    for word in words:
        name, equals, file = word.partition("=")
        if not equals or not file:
            raise ConfigurationError(
                f"--export {word}: names no file", remedy="write it as in --export sarif=out.sarif"
            )
        if Path(file).resolve() in taken:
            raise ConfigurationError(f"--export {word}: {file} is written to already", remedy="name another")
        taken.add(Path(file).resolve())
        found[Path(file)] = known(name)
    return found


def write(found: Mapping[Path, str], audited: Audited, estate_file: Path, gate: Gate | None = None) -> None:
    """All that was wanted of an audit, with what its gate came to."""
    if found:
        exported = replace(of_audit(audited, estate_file), gate=gate)
        for file, name in found.items():
            put(file, export(name, exported))


def of_audit(audited: Audited, estate_file: Path) -> Exported:
    """What is known is what was known before this audit."""
    run = audited.run
    return _exported(
        verdicts.document(audited.verdict), contents.declared(estate_file, run.estate.policy), run.policies,
        run.estate.name, run.estate.kind, run.observation.observed_at, program().split()[-1], run.known,
        prefix=_prefix(run.estate.policy),
    )  # fmt: skip


def of_verdict(path: Path, estate_file: Path, history: Path | None) -> Exported:
    """Of the file that an audit wrote. The policy must be the one that it judged by, or lines and waivers would lie."""
    document = _document(path.read_bytes(), path)
    estate = config.declared(estate_file)
    policies = Policies.load(estate)
    if policies.digest != document["policy"]:
        raise ConfigurationError(
            f"{path}: was judged by another policy than the one that {estate_file} names",
            remedy="name the estate with --estate, audit again, or export from the sealed bundle of that audit",
        )
    found, observed_at, by = _before(keeping.read(history, estate.name) if history else None, document)
    return _exported(
        document, contents.declared(estate_file, estate.policy), policies, estate.name,
        documents.read(estate_file).value["kind"], observed_at, by or program().split()[-1], found,
        prefix=_prefix(estate.policy),
    )  # fmt: skip


def of_bundle(files: Mapping[str, bytes]) -> Exported:
    """Of a bundle that is as it was sealed: it holds the policy, and what earlier audits came to."""
    document = _document(contents.part(files, contents.VERDICT).encode(), Path(contents.VERDICT))
    with tempfile.TemporaryDirectory(prefix="compliance-export-") as scratch:
        estate = contents.offline(files, Path(scratch))
        policies = Policies.load(estate)
    by = str(json.loads(contents.part(files, "manifest.json")).get("program", ""))
    observed_at = contents.observed(files).observed_at
    kept = past.held(files, estate.name)
    found = None if kept is None else history_lines.earlier(kept, observed_at).now()
    return _exported(document, files, policies, estate.name, estate.kind, observed_at, by.split(" ")[-1], found)


def _exported(
    document: Mapping[str, Any], files: Mapping[str, bytes], policies: Policies, estate: str, kind: str,
    observed_at: str, by: str, found: Mapping[str, Known] | None, *, prefix: str = "",
) -> Exported:  # fmt: skip
    waivers = {waiver.id: waiver for waiver in policies.waivers.entries}
    return Exported(
        document, estate, kind, observed_at, by, _places(policies, prefix), waivers, found, dict(sorted(files.items())),
        policies.controls.entries,
    )  # fmt: skip


def _places(policies: Policies, prefix: str) -> Callable[[str, str], Place]:
    @cache
    def place(system: str, subject: str) -> Place:
        if system not in policies.documents:
            system = "platform"
        found = policies.where(system, subject)
        return Place(prefix + found.file, found.line)

    return place


def _prefix(policy: Path) -> str:
    """Of the folder that the policy is in: from the root of its repository, which code scanning resolves paths by."""
    home = policy.resolve().parent
    root = next((folder for folder in (home, *home.parents) if (folder / ".git").exists()), home)
    inner = home.relative_to(root).as_posix()
    return "" if inner == "." else f"{inner}/"


def _document(data: bytes, path: Path) -> dict[str, Any]:
    """A verdict whose counts follow from its cases; another file, or one that was changed by hand, is refused."""
    with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
        found = json.loads(data)
        verdict = verdicts.parse(found)
        made = verdicts.document(verdict)
        # An older program said less; what it did say has to follow from the cases.
        if all(map(_sound, verdict.cases)) and canonical.dumps(
            {name: made[name] for name in found}
        ) == canonical.dumps(found):
            return dict(found)
    raise ConfigurationError(
        f"{path}: is no verdict as `compliance audit` writes it",
        remedy="name the verdict.json in the folder of an audit (--out), or a sealed bundle",
    )


def _sound(case: Case) -> bool:
    """Broken is what has findings, and nothing else, or one format would tell of them and another not."""
    broken = case.outcome == "broken"
    return bool(case.findings) == broken and (broken or bool(case.waived) == (case.outcome == "waived"))


def _before(kept: History | None, document: Mapping[str, Any]) -> tuple[Mapping[str, Known] | None, str, str]:
    """What was known before this run, when it observed and by which program; as far as the history holds it."""
    if kept is None:
        return None, str(document["judged_at"]), ""
    names = ("observation", "policy", "judged_at")
    own = [n for n, e in enumerate(kept.entries) if all(getattr(e, name) == document[name] for name in names)]
    if not own:
        return kept.now(), str(document["judged_at"]), ""
    entry = kept.entries[own[-1]]
    return History(kept.known, kept.entries[: own[-1]]).now(), entry.observed_at, entry.program.split(" ")[0]


def verdict_file(named: Path) -> Path:
    """The file itself, or the one in the folder of an audit."""
    path = named / contents.VERDICT if named.is_dir() else named
    if not path.is_file():
        raise ConfigurationError(
            f"{path}: there is no verdict",
            remedy="run `compliance audit`, or name a verdict.json or a bundle with --from",
        )  # fmt: skip
    return path


def history_file(named: str | None, verdict: Path) -> Path | None:
    """The one named, or the one that lies beside the verdict."""
    if named is not None:
        if not Path(named).is_file():
            raise ConfigurationError(f"{named}: there is no history", remedy="leave --history out")
        return Path(named)
    beside = verdict.parent / keeping.FILE
    return beside if beside.is_file() else None

"""Faults and near misses, as `fixtures/faults/<rule>.sql` writes them, and what the probes say of an estate.

A file holds blocks. `-- fault:` or `-- near miss:` begins one and says what it is; then, in any order:

    -- breaks: CC001 CC004            exactly the rules that have a broken case afterwards; a near miss has none
    -- blind: CC001                   exactly the rules that have a case that could not look; nothing: none
    -- edit: <path>: <old> => <new>   in a copy of the governed repository; `\\n` is a line's end
    -- file: <path>: <text>           a new file in it
    -- mode: <path>: <octal>           how a file of it may be used
    -- gone: <path>                   a file that is not in it
    -- policy: <file>: <old> => <new> in a copy of the policy
    -- reviewed: <path>               the edited file is the one whose digest policy holds
    -- exercise: <system>             its calls or rows are made, so that the look has what was seen
    -- undo: <SQL>                    puts back what a block does to roles, which belong to the whole server
    -- needs: directus agent_data     these run beside the estate (tests/live/test_live_faults.py); with directus all
                                      such blocks have one database: they may change rows alone. Or: nuxt
    -- served: <path>: <old> => <new> in the repository that the service runs from, not in the one looked at
    -- served as: <path>: <text>      a new file in it
    -- unserved: <path>               a file that is not in it
    -- call: directus PATCH /x {"a":1} a request to a running service, by whoever may, before the SQL
    -- since: 36 hours ago            from when on Directus has fired what is scheduled; nothing: from now on
    -- elsewhere: <why>               SQL is run on another clone, which is looked at; the services keep the first

and SQL, which a superuser runs on a clone of the reference estate.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.conninfo import make_conninfo

from compliance import audit
from compliance.core import waivers
from compliance.core.observation import Observation
from compliance.core.waivers import Waiver
from compliance.estate import config
from compliance.estate.observe import observe
from compliance.estate.resources import resource
from compliance.executor.apply import Change
from compliance.executor.ledger import Ledger
from compliance.exercising import planned
from compliance.probing import Run
from compliance.systems import Policies
from tests import quick

if TYPE_CHECKING:
    from pathlib import Path

    from compliance.core.verdict import Outcome, Verdict
    from compliance.estate.config import Estate

_BEGIN = re.compile(r"^-- (fault|near miss): (.+)$")
_SAID = re.compile(
    r"^-- (breaks|blind|edit|file|mode|gone|policy|reviewed|exercise|undo|needs|served as|served|unserved|call"
    r"|since|elsewhere)"
    r": (.+)$"
)
_FLEETING = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}|(?<![\w.-])\d{5,}(?![\w.-])")
_CALL = re.compile(r"(directus|agent_data) ([A-Z]+) (/\S*)(?: (.+))?")
_CHANGE = re.compile(r"(?P<path>[^:]+): (?P<old>.+?) => ?(?P<new>.*)")


class Request(NamedTuple):
    """What a block asks of a running service."""

    service: str
    method: str
    path: str
    body: Any


class Edit(NamedTuple):
    """A text of a file that is replaced where it stands; it must stand there exactly once. Nothing: the file is new."""

    path: str
    old: str
    new: str

    def apply(self, folder: Path) -> None:
        place = folder / self.path
        if not self.old:
            assert not place.exists(), f"{self.path} is there already"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(self.new, encoding="utf-8")
            return
        text = place.read_text(encoding="utf-8")
        assert text.count(self.old) == 1, f"{self.path}: {self.old!r} stands there {text.count(self.old)} times"
        place.write_text(text.replace(self.old, self.new), encoding="utf-8")


class Mode(NamedTuple):
    """How a file may be used; None: it is taken away."""

    path: str
    mode: int | None

    def apply(self, folder: Path) -> None:
        if self.mode is None:
            (folder / self.path).unlink()
        else:
            (folder / self.path).chmod(self.mode)


@dataclass(frozen=True)
class Block:
    """One thing that is done to an estate, and exactly what the probes have to say of it."""

    file: str
    line: int
    kind: str
    title: str
    breaks: frozenset[str]
    blind: frozenset[str]
    edits: tuple[Edit | Mode, ...]
    policy: tuple[Edit, ...]
    reviewed: tuple[str, ...]
    exercise: str
    undo: str
    sql: str
    needs: frozenset[str]
    served: tuple[Edit, ...]
    unserved: tuple[str, ...]
    calls: tuple[Request, ...]
    since: str
    elsewhere: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.title}"


def blocks() -> list[Block]:
    """All blocks of all files, in order."""
    files = sorted(resource("fixtures/faults").glob("*.sql"))
    return [block for file in files for block in _read(file)]


def _read(file: Path) -> list[Block]:
    found: list[tuple[int, list[str]]] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if _BEGIN.match(line):
            found.append((number, []))
        if found:
            found[-1][1].append(line)
    return [_block(file.stem, number, lines) for number, lines in found]


def _block(rule: str, number: int, lines: list[str]) -> Block:
    begin = _BEGIN.match(lines[0])
    assert begin
    said: dict[str, list[str]] = {}
    sql = []
    for line in lines[1:]:
        if match := _SAID.match(line):
            said.setdefault(match[1], []).append(match[2])
        else:
            sql.append(line)
    return Block(
        file=rule,
        line=number,
        kind=begin[1],
        title=begin[2],
        breaks=frozenset(" ".join(said.get("breaks", [])).split()),
        blind=frozenset(" ".join(said.get("blind", [])).split()),
        edits=(
            *map(_change, said.get("edit", [])),
            *map(_new, said.get("file", [])),
            *map(_mode, said.get("mode", [])),
            *(Mode(path, None) for path in said.get("gone", [])),
        ),
        policy=tuple(map(_change, said.get("policy", []))),
        reviewed=tuple(said.get("reviewed", [])),
        exercise="".join(said.get("exercise", [])),
        undo="\n".join(said.get("undo", [])),
        sql="\n".join(sql).strip(),
        needs=frozenset(" ".join(said.get("needs", [])).split()),
        served=(*map(_change, said.get("served", [])), *map(_new, said.get("served as", []))),
        unserved=tuple(said.get("unserved", [])),
        calls=tuple(map(_call, said.get("call", []))),
        since=_since("".join(said.get("since", []))),
        elsewhere="".join(said.get("elsewhere", [])),
    )


def _since(text: str) -> str:
    if not text:
        return ""
    match = re.fullmatch(r"(\d+) hours ago", text)
    assert match, f"not `N hours ago`: {text}"
    return (datetime.now(UTC) - timedelta(hours=int(match[1]))).isoformat(timespec="seconds")


def _call(text: str) -> Request:
    match = _CALL.fullmatch(text)
    assert match, f"not `service METHOD /path JSON`: {text}"
    return Request(match[1], match[2], match[3], json.loads(match[4]) if match[4] else None)


def _new(text: str) -> Edit:
    path, _, content = text.partition(": ")
    assert content, f"not `path: text`: {text}"
    return Edit(path, "", content.replace("\\n", "\n"))


def _mode(text: str) -> Mode:
    path, _, mode = text.partition(": ")
    return Mode(path, int(mode, 8))


def _change(text: str) -> Edit:
    match = _CHANGE.fullmatch(text)
    assert match, f"not `path: old => new`: {text}"
    return Edit(match["path"], *(match[part].replace("\\n", "\n") for part in ("old", "new")))


@cache
def reference() -> Estate:
    """The reference estate as it is configured, without an address."""
    return config.load(resource("fixtures/reference/estate.yaml"))


def estate_at(
    dsn: str | None, block: Block | None = None, folder: Path | None = None, **services: config.Service
) -> Estate:
    """The reference estate at a DSN; with copies of repository and policy where a block changes them.

    `services`: those that run. The others stay declared as unavailable.
    """
    shut = {name: why for name, why in reference().unavailable.items() if name not in services}
    found = replace(reference(), dsn=dsn, embedded=False, unavailable=shut, **services)
    if block is not None and folder is not None:
        if block.edits:
            found = replace(found, repository=copied(found.repository, folder / "repository", block.edits))
        if block.policy or block.reviewed:
            changes = (*block.policy, *(_reviewed(found, path) for path in block.reviewed))
            found = replace(found, policy=copied(found.policy, folder / "policy", changes))
        if block.exercise:
            found = replace(found, writer=make_conninfo(dsn, user="estate_owner"), ledger=folder / "ledger")
            exercised(found, block.exercise)
    return found


def _reviewed(estate: Estate, path: str) -> Edit:
    """Somebody has read the file as it is now."""
    was = Policies.load(reference())["registry_sync"].service.reviewed_sources[path]
    assert estate.repository is not None
    return Edit("registry_sync.yaml", was, hashlib.sha256((estate.repository / path).read_bytes()).hexdigest())


def exercised(estate: Estate, name: str) -> None:
    """Do what `compliance exercise` does for a system; a reference estate approves itself."""
    run = looked_at(estate)
    assert estate.ledger is not None
    change = Change(
        estate, run.policies["platform"].execution, Ledger(estate.ledger), datetime.now(UTC), lambda _: None
    )
    compiled, act = planned(run, name)
    act(change, audit.plan_of(run, compiled), run.policies.digests[name])


def copied(source: Path | None, target: Path, changes: tuple[Edit | Mode, ...]) -> Path:
    """A copy of a folder in which each text is another one."""
    assert source is not None
    shutil.copytree(source, target)
    for change in changes:
        change.apply(target)
    return target


def looked_at(estate: Estate, block: Block | None = None, untouched: Run | None = None) -> Run:
    """Policies loaded, estate observed: what the probes run over.

    Of what a block leaves alone, database or files, the look at an estate that nothing was done to will do.
    """
    policies = _policies() if estate.policy == reference().policy else Policies.load(estate)
    left = _left_alone(block) if block and untouched else None
    if untouched is None or left is None:
        return Run(estate, policies, observe(estate, policies.needs()))
    parts = replace(estate, dsn=None) if left == "database" else replace(estate, repository=None)
    seen = observe(parts, policies.needs())
    known = untouched.observation.sections
    of_files = {name for name, section in known.items() if section.provenance.source == "repository"}
    sections = {
        name: known[name] if (name in of_files) == (left == "files") else section
        for name, section in seen.sections.items()
    }
    assert seen.sections.keys() == known.keys()
    return Run(estate, policies, Observation(seen.estate, seen.observed_at, sections))


def _left_alone(block: Block) -> str | None:
    if block.policy or block.reviewed or block.exercise or block.needs or block.elsewhere:
        return None
    if not block.sql:
        return "database"
    return None if block.edits else "files"


@cache
def _policies() -> Policies:
    """The reference's, which nobody changes: to read it costs more than to judge by it."""
    return Policies.load(reference())


def judged(estate: Estate) -> Verdict:
    """What all the probes say of it."""
    return audit.probe(looked_at(estate))


def check(block: Block, run: Run) -> None:
    """Exactly what the block names is broken, and blind."""
    verdict = quick.verdict(run)
    found = (rules_with(verdict, "broken"), rules_with(verdict, "could_not_look"))
    assert found == (set(block.breaks), set(block.blind)), told(verdict)
    # Where the block makes the key of a table a time, a document's name holds one: it is that row's for good.
    assert block.title == "the key is a time" or [key for key in keys(verdict) if not nameable(key)] == []


def keys(verdict: Verdict) -> list[str]:
    """Of all that was found, what a waiver names."""
    return [finding.key(case.rule.id) for case in verdict.cases for finding in case.findings]


def nameable(key: str) -> bool:
    """Can a waiver name it, and will it be the same the next time? Neither a time nor what may be an oid is in it."""
    made = Waiver("w", waivers.literally(key))
    return made.meets(key) and not waivers.unbounded(made.finding) and not _FLEETING.search(key)


def rules_with(verdict: Verdict, outcome: Outcome) -> set[str]:
    """The rules that have a case of this outcome."""
    return {case.rule.id for case in verdict.cases if case.outcome == outcome}


def told(verdict: Verdict) -> str:
    """Every case that is neither kept nor not applicable: what a failing test has to show."""
    return "\n".join(
        f"{case.rule.id} {case.subject} {case.outcome}: {case.reason or [f.message for f in case.findings]}"
        for case in verdict.cases
        if case.outcome in ("broken", "could_not_look")
    )

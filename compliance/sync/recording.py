"""Each run is kept in git: one commit on a ref of its own, which can be pushed and fetched as the recorded state is.

While a run is at work its journal stands beside its lock. A run that is killed leaves it there, and the next one
records what is known from it: what had ended, and which commits had landed. A fault here costs the record, never the
run.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.sync import state, summary
from compliance.sync.listening import Listener
from compliance.sync.repository import GitFailed, environment, git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from io import FileIO
    from pathlib import Path

    from compliance.sync.model import Outcome, Run
    from compliance.sync.repository import Repository
    from compliance.systems.directional_sync.syncfile import SyncFile, Target

REF = "refs/directional-sync/history"
FILE = "run.json"
CUT_OFF = "the run was cut off"
_PATHS = 100  # of a target that the record names: its commit knows all of them
_SAID = 4_000  # signs of what a command that failed said: the end of it
_NOBODY = b"directional sync <directional-sync@localhost>"


class Refs(NamedTuple):
    """Commits: the one that is out, of the recorded state, of the history. Empty where there is none. `record`: what
    the last one of the history holds; empty where it is none of ours."""

    head: str
    state: str
    history: str
    record: str


def refs(root: Path) -> Refs:
    """By one git, which says so where a name means nothing."""
    given = f"HEAD^{{commit}}\n{state.REF}\n{REF}\n{REF}:{FILE}\n".encode()
    told = git(root, "cat-file", "--batch-check=%(objectname)", given=given).splitlines()
    return Refs(*("" if line.endswith(" missing") else line for line in told))


class Journal(Listener):
    """Of one run. `kind`: `sync`, or `rollback` of the run that `of` names."""

    def __init__(self, repository: Repository, file: SyncFile, targets: Sequence[Target], *, stamp: str, ci: bool,
                 kind: str = "sync", of: str | None = None) -> None:  # fmt: skip
        self.repository, self.began = repository, time.monotonic()
        self.place = _place(repository)
        self.results: dict[str, dict[str, Any]] = {}
        self.counts: dict[str, int] = {}
        self.trouble: str | None = None
        self.file: FileIO | None = None
        self.head: dict[str, Any] = {}
        with self._guarded():
            now = refs(repository.root)
            self.head = {
                "version": 1, "kind": kind, "rolls_back": of, "timestamp": stamp, "by": started_by(ci=ci),
                "history": now.history, "head": now.head, "state": now.state,
                "targets": {target.name: _facts(file, target) for target in targets},
            }  # fmt: skip
            self.file = self.place.open("wb", buffering=0)
            self.file.write(_line(self.head))

    def landing(self, commits: Mapping[str, str]) -> None:
        self._add({"landing": dict(commits)})

    def outcome(self, outcome: Outcome) -> None:
        result = _short(summary.result(outcome))
        self.results[outcome.target] = result
        self.counts[outcome.target] = len(outcome.changed)
        self._add({"result": result, "changed": len(outcome.changed), "after": time.monotonic() - self.began})

    def end(self, run: Run) -> str | None:
        """Record it; why it could not be, if so. A journal that could not be kept matters to a run that is killed."""
        self.close()
        if not self.head:
            return self.trouble
        self.trouble = None
        with self._guarded():
            told = {**summary.built(run), "results": [self._result(each) for each in run.outcomes]}
            _record(self.repository, self.head, told, self.counts, killed=False)
        with suppress(OSError):
            self.place.unlink(missing_ok=True)
        return self.trouble

    def close(self) -> None:
        if self.file is not None:
            self.file.close()

    def _result(self, outcome: Outcome) -> dict[str, Any]:
        return self.results.get(outcome.target) or _short(summary.result(outcome))

    def _add(self, line: Mapping[str, Any]) -> None:
        if self.file is not None:
            with self._guarded():
                self.file.write(_line(line))

    def _guarded(self) -> _Guard:
        return _Guard(self)


class _Guard:
    """What fails in here is kept to be told; nothing else goes wrong for it."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, OSError | GitFailed):
            return False
        said = error.message if isinstance(error, GitFailed) else f"{error.filename}: {error.strerror}"
        self.journal.trouble = self.journal.trouble or said
        return True


def settle(repository: Repository) -> Iterator[str]:
    """Record a run that was killed; under the lock, once its landing is settled."""
    place = _place(repository)
    try:
        lines = [
            json.loads(line) for line in place.read_bytes().split(b"\n")[:-1]
        ]  # the last may be half a line
        head = lines[0]
        now = refs(repository.root)
        if now.history == head["history"] or not _is_of(repository.root, now.history, head["timestamp"]):
            told, counts = _known(repository.root, head, lines[1:], now)
            _record(repository, head, told, counts, killed=True)
            yield "an earlier run was cut off: what is known of it is in the history"
    except FileNotFoundError:
        return
    except (OSError, GitFailed, ValueError, LookupError, TypeError) as error:
        yield f"an earlier run was cut off, and is not in the history: {error}"
    with suppress(OSError):
        place.unlink(missing_ok=True)


def started_by(*, ci: bool) -> dict[str, Any]:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in many a container
        user = str(os.getuid())
    return {"user": user, "host": socket.gethostname(), "ci": ci or "CI" in os.environ}


def _place(repository: Repository) -> Path:
    return repository.store / "running.jsonl"


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _facts(file: SyncFile, target: Target) -> dict[str, Any]:
    """What the history has to know of a target, which may be another one tomorrow."""
    return {
        "direction": target.direction, "schedule": target.schedule, "git_commit": target.git_commit,
        "subject": file.message.replace("{target}", target.name),
    }  # fmt: skip


def _short(result: dict[str, Any]) -> dict[str, Any]:
    said = "" if result["success"] else result["output"][-_SAID:]
    paths, created = result["changed"][:_PATHS], result["outputs_created"][:_PATHS]
    return result | {"changed": paths, "outputs_created": created, "output": said, "diff": ""}


def _is_of(root: Path, commit: str, stamp: str) -> bool:
    """Was the run recorded before it was killed? Its record is of its own time."""
    if not commit:
        return False
    return git(root, "show", "--no-patch", "--format=%at", commit).strip() == str(_seconds(stamp))


def _known(
    root: Path, head: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], now: Refs
) -> tuple[dict[str, Any], dict[str, int]]:
    """A run that was killed, as far as its journal tells: what had ended, and what had landed."""
    results = {line["result"]["target"]: line["result"] for line in lines if "result" in line}
    counts = {line["result"]["target"]: line["changed"] for line in lines if "result" in line}
    out = set(git(root, "rev-list", f"{head['head']}..{now.head}").split()) if head["head"] else set()
    landed = {t: c for line in lines for t, c in line.get("landing", {}).items() if c in out}
    told = [
        results.get(name) or _cut(name, facts["direction"], landed.get(name))
        for name, facts in head["targets"].items()
    ]
    seconds = max((line["after"] for line in lines if "after" in line), default=0.0)
    good = sum(each["success"] for each in told)
    return {
        "timestamp": head["timestamp"], "total_targets": len(told), "successful": good,
        "failed": len(told) - good, "total_duration": round(seconds, 3), "results": told, "dry_run": False,
        "interrupted": True, "skipped": sum(each["skipped"] for each in told), "checks": [],
        "notifications": [],
    }, counts  # fmt: skip


def _cut(name: str, direction: Any, commit: str | None) -> dict[str, Any]:
    from compliance.sync.model import Outcome

    said = f"landed; {CUT_OFF} before it could say more" if commit else f"not known: {CUT_OFF}"
    return summary.result(Outcome(name, direction, commit is not None, said, ran=bool(commit), commit=commit))


def _record(
    repository: Repository, head: Mapping[str, Any], told: Mapping[str, Any], counts: Mapping[str, int], *,
    killed: bool,
) -> None:  # fmt: skip
    now = refs(repository.root)
    if now.history and not now.record:  # to go on from there would bury it among ours
        raise GitFailed(["history"], f"{REF} is somebody's: `git update-ref -d {REF}` begins a new one")
    facts = {name: {**each, "changed": counts.get(name, 0)} for name, each in head["targets"].items()}
    whole = {
        "version": 1, "kind": head["kind"], "rolls_back": head["rolls_back"], "killed": killed, "by": head["by"],
        "head": {"before": head["head"], "after": now.head}, "state": {"before": head["state"], "after": now.state},
        "targets": facts, "summary": told,
    }  # fmt: skip
    _import(repository, _commands(whole, now.history))


def _seconds(stamp: str) -> int:
    return int(datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


def _commands(whole: Mapping[str, Any], parent: str) -> bytes:
    """For `git fast-import`: blob, tree, commit and ref by one process. Its author's date is when the run began."""
    told = whole["summary"]
    subject = f"{whole['kind']}: {told['successful']} of {told['total_targets']} targets succeeded".encode()
    data = _line(whole)
    return b"".join((
        b"blob\nmark :1\ndata %d\n%s\n" % (len(data), data),
        b"commit %s\n" % REF.encode(),
        b"author %s %d +0000\n" % (_NOBODY, _seconds(told["timestamp"])),
        b"committer %s %d +0000\n" % (_NOBODY, int(time.time())),
        b"data %d\n%s\n" % (len(subject), subject),
        b"from %s\n" % parent.encode() if parent else b"",
        b"deleteall\nM 100644 :1 %s\n\ndone\n" % FILE.encode(),
    ))  # fmt: skip


def _import(repository: Repository, commands: bytes) -> None:
    """The ref moves only onward: git refuses a commit that does not stand on what is there."""
    together = ("-c", "core.fsyncMethod=batch")  # on the disk, by one wait for all three objects
    words = ("git", *together, "fast-import", "--quiet", "--done", "--date-format=raw")
    with subprocess.Popen(  # noqa: S603 - a list, no shell
        words, cwd=repository.root, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
    ) as started:  # fmt: skip
        out, said = started.communicate(commands)
    if started.returncode:
        with suppress(OSError):
            (repository.git_dir / f"fast_import_crash_{started.pid}").unlink(missing_ok=True)
        raise GitFailed(["fast-import"], (said or out).decode(errors="backslashreplace").strip())

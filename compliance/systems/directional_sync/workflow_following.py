"""Follows what a schedule starts: jobs, steps and their scripts, at one time, in every way that it may go."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

from compliance.systems.directional_sync import expressions
from compliance.systems.directional_sync.expressions import Open
from compliance.systems.directional_sync.shell.running import run
from compliance.systems.directional_sync.shell.state import World, initial, ways
from compliance.systems.directional_sync.shell.syntax import UNKNOWN, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from compliance.systems.directional_sync.shell.state import Oracle
    from compliance.systems.directional_sync.workflow_reading import Job, Step, Workflow

_SET_OUTPUT = re.compile(r"^::set-output name=([^:\n]+)::(.*)$", re.MULTILINE)
_UNKNOWN_NAMES = (
    "HOME", "PATH", "USER", "GITHUB_ACTOR", "GITHUB_REF", "GITHUB_REF_NAME", "GITHUB_REPOSITORY", "GITHUB_RUN_ID",
    "GITHUB_RUN_NUMBER", "GITHUB_SERVER_URL", "GITHUB_SHA", "GITHUB_RUN_ATTEMPT", "GITHUB_REPOSITORY_OWNER",
)  # fmt: skip
_TEMP = "/runner/temp"


@dataclass(frozen=True, slots=True)
class Command:
    """A program that a step comes to. `line`: of the workflow."""

    step: str
    words: tuple[str, ...]
    line: int


@dataclass(slots=True)
class Way:
    """One way that it may go. `octal`: step and line of what bash cannot read as a number; `uploads`: by step."""

    commands: list[Command] = field(default_factory=list)
    octal: list[tuple[str, int]] = field(default_factory=list)
    uploads: list[tuple[str, str, int]] = field(default_factory=list)
    failed: bool = False


class Unread(Exception):
    """A step that could not be followed."""

    def __init__(self, subject: str, reason: str, line: int) -> None:
        super().__init__(reason)
        self.subject, self.reason, self.line = subject, reason, line


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a workflow. `matters`: of a script, whether what it does has to be known."""

    cron: str
    clock: datetime
    status: Callable[[tuple[str, ...]], int | None]
    matters: Callable[[str], bool]


def follow(workflow: Workflow, asked: Asked) -> list[Way]:
    """Every way; raises `Unread`."""
    found: list[Way] = []
    place = ""
    try:
        for oracle in ways():
            follower = _Follower(workflow, asked, oracle)
            follower.whole()
            place = follower.last
            found.append(follower.way)
    except Unreadable as error:
        raise Unread(place or "the workflow", error.reason, 1) from None
    return found


class _Follower:
    def __init__(self, workflow: Workflow, asked: Asked, oracle: Oracle) -> None:
        self.workflow, self.asked, self.oracle = workflow, asked, oracle
        self.way = Way()
        self.needs: dict[str, dict[str, Any]] = {}
        self.last = ""
        self.github = Open(
            event_name="schedule", event=Open(schedule=asked.cron, inputs=None, action=None), head_ref="",
            workspace="/github/workspace",
        )  # fmt: skip

    def whole(self) -> None:
        todo = dict(self.workflow.jobs)
        while todo:
            ready = [job for job in todo.values() if all(name in self.needs for name in job.needs)]
            if not ready:
                raise Unread(
                    next(iter(todo)), "its needs go round, or name no job", next(iter(todo.values())).line
                )
            for job in ready:
                self._job(todo.pop(job.name))

    def _job(self, job: Job) -> None:
        results = [self.needs[name]["result"] for name in job.needs]
        well = all(result == "success" for result in results)
        contexts = self._contexts({}, failed="failure" in results, success=well)
        contexts["needs"] = {name: self.needs[name] for name in job.needs}
        if not self._wanted(job.condition, contexts, job.name, job.line, success=well):
            self.needs[job.name] = {"result": "skipped", "outputs": {}}
            return
        if job.calls is not None:
            raise Unread(job.name, "it is another workflow, which is not looked at", job.line)
        outcomes = [_Steps(self, job, row).run() for row in self._rows(job)]
        failed = any(failed for failed, _ in outcomes)
        if failed and not self._true(job.goes_on, contexts, job.name, job.line):
            self.way.failed = True
        result = "failure" if failed else "success"
        self.needs[job.name] = {"result": result, "outputs": outcomes[-1][1] if outcomes else {}}

    def _contexts(self, env: Mapping[str, str], *, failed: bool, success: bool) -> dict[str, Any]:
        return {
            "github": self.github, "inputs": {}, "env": dict(env), "secrets": Open(), "vars": Open(),
            "runner": Open(os="Linux", temp=_TEMP), "job": Open(), "strategy": Open(), "steps": {}, "matrix": {},
            "needs": {}, "always()": True, "cancelled()": False, "failure()": failed, "success()": success,
        }  # fmt: skip

    def _rows(self, job: Job) -> list[dict[str, Any]]:
        if job.matrix is None:
            return [{}]
        if not isinstance(job.matrix, dict) or "exclude" in job.matrix:
            raise Unread(job.name, "its matrix is not followed", job.line)
        axes = {name: values for name, values in job.matrix.items() if name != "include"}
        if any(not isinstance(values, list) for values in axes.values()):
            raise Unread(job.name, "its matrix is not followed", job.line)
        rows = [dict(zip(axes, row, strict=True)) for row in product(*axes.values())] if axes else []
        include = job.matrix.get("include") or []
        if axes and include:
            raise Unread(job.name, "a matrix with 'include' beside others is not followed", job.line)
        return rows or [dict(row) for row in include]

    def _wanted(
        self, condition: Any, contexts: Mapping[str, Any], label: str, line: int, *, success: bool
    ) -> bool:
        """Without a word such as `always()` a condition holds only where nothing failed before it."""
        if condition is None:
            return success
        if not success and not expressions.STATUS.search(str(condition)):
            return False
        return self._true(condition, contexts, label, line)

    def _true(self, condition: Any, contexts: Mapping[str, Any], label: str, line: int) -> bool:
        try:
            return expressions.true(expressions.value(condition, contexts, self.oracle), self.oracle)
        except Unreadable as error:
            raise Unread(label, error.reason, line) from None


class _Steps:
    """The steps of a job, for one row of its matrix."""

    def __init__(self, follower: _Follower, job: Job, row: Mapping[str, Any]) -> None:
        self.follower, self.job = follower, job
        self.failed = False
        self.files: dict[str, str] = {}
        self.added: dict[str, str] = {}
        self.contexts = follower._contexts({}, failed=False, success=True)
        self.contexts["matrix"] = dict(row)
        self.contexts["needs"] = {name: follower.needs[name] for name in job.needs}
        self.contexts["env"] = self._filled(self._filled({}, follower.workflow.env), job.env)

    def run(self) -> tuple[bool, dict[str, str]]:
        """Did it fail, and its outputs."""
        for number, step in enumerate(self.job.steps):
            self.follower.last = step.label
            self.contexts["failure()"], self.contexts["success()"] = self.failed, not self.failed
            try:
                self._step(number, step)
            except Unreadable as error:
                raise Unread(step.label, error.reason, step.first + max(error.line - 1, 0)) from None
        oracle = self.follower.oracle
        outputs = {
            name: expressions.fill(str(text), self.contexts, oracle) for name, text in self.job.outputs.items()
        }
        return self.failed, outputs

    def _filled(self, before: Mapping[str, str], env: Mapping[str, Any]) -> dict[str, str]:
        contexts = {**self.contexts, "env": dict(before)}
        return {
            **before,
            **{
                name: expressions.fill(expressions.written(value), contexts, self.follower.oracle)
                for name, value in env.items()
            },
        }

    def _step(self, number: int, step: Step) -> None:
        env = {**self.contexts["env"], **self.added}
        contexts = {**self.contexts, "env": self._filled(env, step.env)}
        follower = self.follower
        if not follower._wanted(step.condition, contexts, step.label, step.line, success=not self.failed):
            self._ended(step, "skipped", "skipped", {})
            return
        status, outputs = 0, dict[str, str]()
        if step.run is not None:
            status, outputs = self._script(number, step, contexts)
        else:
            outputs = self._used(step, contexts)
        goes_on = bool(status) and follower._true(step.goes_on, contexts, step.label, step.line)
        self.failed = self.failed or (bool(status) and not goes_on)
        outcome = "failure" if status else "success"
        self._ended(step, outcome, "success" if goes_on else outcome, outputs)

    def _ended(self, step: Step, outcome: str, conclusion: str, outputs: Mapping[str, str]) -> None:
        if step.id is not None:
            self.contexts["steps"][step.id] = {"outcome": outcome, "conclusion": conclusion, "outputs": outputs}

    def _used(self, step: Step, contexts: Mapping[str, Any]) -> dict[str, str]:
        """An action. One of the repository may start anything; of others nobody has heard that they start the sync."""
        uses = step.uses or ""
        if uses.startswith("./"):
            raise Unreadable(f"the action {uses} is not looked at")
        if "/upload-artifact@" in uses:
            paths = expressions.fill(str(step.given.get("path", "")), contexts, self.follower.oracle)
            self.follower.way.uploads += [(step.label, path, step.line) for path in paths.split()]
        return Open()

    def _script(self, number: int, step: Step, contexts: Mapping[str, Any]) -> tuple[int, dict[str, str]]:
        text = expressions.fill(step.run or "", contexts, self.follower.oracle)
        shell = step.shell or "bash -e {0}"
        matters = self.follower.asked.matters(text)
        if shell.split()[0] not in ("bash", "sh"):
            if matters:
                raise Unreadable(f"a script of '{shell}' is not followed")
            return 0, Open()
        if matters:
            return self._followed(number, step, text, shell, contexts["env"], self.follower.oracle)
        return self._aside(number, step, text, shell, contexts["env"]), {}

    def _aside(self, number: int, step: Step, text: str, shell: str, env: Mapping[str, str]) -> int:
        """Of a script that has no part in what runs: does it end well in any way? GitHub tells where it does not."""
        files, status = self.files, 0
        try:
            for oracle in ways():
                self.files = dict(files)
                status, _ = self._followed(number, step, text, shell, env, oracle)
                if status == 0:
                    break
        except Unreadable:
            status, self.files = 0, files
        return status

    def _followed(
        self, number: int, step: Step, text: str, shell: str, env: Mapping[str, str], oracle: Oracle
    ) -> tuple[int, dict[str, str]]:
        asked, way = self.follower.asked, self.follower.way
        world = World(asked.clock, oracle, asked.status, self.files)
        names = {name: f"/github/{name}/{number}" for name in ("output", "env", "path", "step_summary")}
        state = initial(
            {
                **dict.fromkeys(_UNKNOWN_NAMES, UNKNOWN), "CI": "true", "GITHUB_ACTIONS": "true", "RUNNER_TEMP": _TEMP,
                "GITHUB_EVENT_NAME": "schedule", "GITHUB_WORKSPACE": "/github/workspace", "RUNNER_OS": "Linux",
                **{f"GITHUB_{name.upper()}": path for name, path in names.items()}, **env,
            },
            pipefail=shell == "bash" or "pipefail" in shell,
        )  # fmt: skip
        state.errexit = shell in ("bash", "sh") or bool(re.search(r"(^|\s)-\w*e|errexit", shell))
        try:
            status, said = run(text, state, world)
        finally:
            way.octal += [(step.label, step.first + line - 1) for line, _ in world.octal]
            way.commands += [
                Command(step.label, call.words, step.first + call.line - 1) for call in world.calls
            ]
        self.added |= dict(_told(self.files.get(names["env"], "")))
        outputs = dict(_told(self.files.get(names["output"], "")))
        return status, {**outputs, **dict(_SET_OUTPUT.findall(said))}


def _told(text: str) -> Iterator[tuple[str, str]]:
    """`name=value`, or `name<<END` and lines up to END, as GitHub reads what steps write."""
    lines = iter(text.split("\n"))
    for line in lines:
        name, sign, value = line.partition("=")
        if "<<" in name or ("<<" in line and not sign):
            name, _, end = line.partition("<<")
            held = []
            for inner in lines:
                if inner == end:
                    break
                held.append(inner)
            yield name, "\n".join(held)
        elif sign:
            yield name, value

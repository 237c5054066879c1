"""What the scripts of a workflow say, whenever they run: inputs in their text, `eval`, files that nothing writes."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from posixpath import basename
from typing import TYPE_CHECKING

from compliance.systems.directional_sync.shell.parsing import parse
from compliance.systems.directional_sync.shell.syntax import Redirect, Simple, Unreadable, nodes
from compliance.systems.directional_sync.workflow_reading import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.directional_sync.workflow_reading import Step, Workflow

_HELD = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
# What a person types, or whoever opens an issue; the schedule and the name of the event are GitHub's own.
_TYPED = re.compile(
    r"\b(?:inputs\b|github\.(?:event\.(?!schedule\b|action\b|number\b)|head_ref\b|ref_name\b)|github\.event\[)"
)
_SUMMARY = re.compile(r"[\w./$\{}-]*summary[\w-]*\.json")
_OPTION = re.compile(r"--summary-json[=\s]+[\"']?([^\s\"']+)")
_NAME = "EXPRESSION"


def problems(workflow: Workflow) -> Iterator[Problem]:
    for job in workflow.jobs.values():
        for step in job.steps:
            yield from _step(step)


def _step(step: Step) -> Iterator[Problem]:
    script = step.run if step.run is not None else step.given.get("script")
    if not isinstance(script, str):
        return
    typed = [match for match in _HELD.finditer(script) if _TYPED.search(match[1])]
    if typed:
        line = step.first + script.count("\n", 0, typed[0].start())
        names = ", ".join(dict.fromkeys(match[1] for match in typed))
        text = f"what a person types becomes part of its script: {names}; hand it over through env"
        yield Problem(step.label, text, "interpolated", line)
    if step.run is None:
        return
    for line in _evaluated(script):
        text = "runs a text that it puts together as commands: what stands in a variable becomes code"
        yield Problem(step.label, text, "eval", step.first + line - 1)
        return


@lru_cache(maxsize=256)
def _evaluated(script: str) -> tuple[int, ...]:
    """Lines of `eval` and `bash -c` of anything but a plain text."""
    try:
        tree = parse(_HELD.sub(f"${_NAME}", script))
    except Unreadable:
        found = (
            number for number, line in enumerate(script.split("\n"), 1) if re.search(r"\beval\b.*\$", line)
        )
        return tuple(found)
    return tuple(node.line for node in nodes(tree) if isinstance(node, Simple) and _made_up(node))


def _made_up(command: Simple) -> bool:
    plain = [word.plain for word in command.words]
    if plain[:1] == ["eval"]:
        return None in plain
    shells = [n for n, word in enumerate(plain) if word is not None and basename(word) in ("bash", "sh")]
    return any((plain[n + 1] or "").startswith("-") and "c" in (plain[n + 1] or "") and plain[n + 2] is None
               for n in shells if n + 2 < len(plain))  # fmt: skip


def summaries(workflow: Workflow, written: set[str]) -> Iterator[Problem]:
    """A summary that is shown or kept, which no run of the sync and no script writes under that name."""
    names = {basename(path) for path in written}
    steps = [step for job in workflow.jobs.values() for step in job.steps]
    names |= {basename(name) for step in steps for name in _redirected(step.run or "")}
    # Of a step that no schedule comes to, or that could not be followed, what its text says.
    names |= {basename(match[1]) for step in steps for match in _OPTION.finditer(step.run or "")}
    for step in steps:
        for name in _read(step):
            if not any(fnmatchcase(each, basename(name)) for each in names):
                text = f"reads {basename(name)}, which nothing writes"
                yield Problem(step.label, text, "no-summary", step.line)


@lru_cache(maxsize=256)
def _redirected(script: str) -> tuple[str, ...]:
    """Names of files that it writes by `>`."""
    try:
        tree = parse(_HELD.sub(f"${_NAME}", script))
    except Unreadable:
        return ()
    targets = (
        node.target for node in nodes(tree) if isinstance(node, Redirect) and node.operator.startswith(">")
    )
    return tuple(
        "".join(getattr(part, "text", "") for part in word.parts) for word in targets if word is not None
    )


def _read(step: Step) -> Iterator[str]:
    if "/upload-artifact@" in (step.uses or ""):
        paths = str(step.given.get("path", "")).split("\n")
        yield from (
            path.strip() for path in paths if "summary" in basename(path) and path.strip().endswith(".json")
        )
    if step.run is not None:
        yield from (
            match[0] for match in _SUMMARY.finditer(step.run) if f"--summary-json={match[0]}" not in step.run
        )

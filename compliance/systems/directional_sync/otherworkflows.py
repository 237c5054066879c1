"""Workflows that are none of ours, and what they start: a look at the sync is nobody's second run of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core.errors import ConfigurationError
from compliance.core.finding import Finding, Judgement
from compliance.estate import document
from compliance.systems.directional_sync import invoking, looking, scripts
from compliance.systems.directional_sync.invoking import PACKAGE
from compliance.systems.directional_sync.losing import Unreadable
from compliance.systems.directional_sync.shell import parsing as shell_parsing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from compliance.systems.directional_sync.policy import Policy
    from compliance.systems.protocol import Facts

_HELD = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_GIVEN = ("command", "run", "script")  # by these keys actions take what they run
_FOLDER = re.compile(r"(?:^|[\n;&(]) *cd +[\"']?([\w./-]+)")
# Of a text that cannot be read as commands.
_NAMES = rf"(?<![\w-])(?:sync-directional|{PACKAGE}(?:\.cli)?\s+sync)(?![\w-])"


def no_other_workflow_starts_it(facts: Facts) -> Iterator[Judgement]:
    """Two workflows that start a target run it twice, at times that nobody compares."""
    policy: Policy = facts.policy
    entrypoints, texts = looking.configuration(facts).entrypoints, looking.texts(facts)
    folder = policy.workflow.rpartition("/")[0] or "."
    for file in facts.read(f"tree:{folder}"):
        if file.path == policy.workflow or not file.path.endswith((".yml", ".yaml")):
            continue
        for started in _started(file.path, file.text, policy.runner, entrypoints, texts):
            yield Finding(file.path, f"starts '{started}', which {policy.workflow} does", started)
            break


def _started(
    path: str, text: str, runner: str, entrypoints: Mapping[str, str], texts: Mapping[str, str]
) -> Iterator[str]:
    try:
        jobs = document.parsed(text, Path(path)).value["jobs"].values()
        steps = [step for job in jobs for step in (_folders(job) if "steps" in job else ())]
    except (ConfigurationError, AttributeError, KeyError, TypeError):
        yield from _by_name(text, runner, entrypoints)
        return
    for run, folder in steps:
        script = _HELD.sub("$EXPRESSION", run)
        try:
            yield from (each.shown for each in invoking.in_shell(script, runner) if each.changes)
            paths = _paths(script, folder)
        except Unreadable:
            yield from _by_name(run, runner, entrypoints)
            continue
        for place in (*filter(entrypoints.__contains__, paths), *scripts.reached(paths, texts)):
            if place in entrypoints:
                yield place
            elif place != runner:
                found = invoking.of_script(place, texts[place], runner)
                yield from (f"{each.shown} (by {place})" for each in found if each.changes)


def _folders(job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Scripts, and where each runs."""
    usual = ((job.get("defaults") or {}).get("run") or {}).get("working-directory") or ""
    for step in job["steps"]:
        for held, key in ((step, "run"), *((step.get("with") or {}, key) for key in _GIVEN)):
            if isinstance(held.get(key), str):
                yield held[key], str(step.get("working-directory") or usual)


def _paths(script: str, folder: str) -> list[str]:
    """Scripts by their path in the repository, wherever a `cd` may have led."""
    found = shell_parsing.parse(script)
    places = {"", folder, *(match[1] for match in _FOLDER.finditer(script))}
    return [path for place in sorted(places) for path in scripts.words_that_start(found, place)]


def _by_name(text: str, runner: str, entrypoints: Mapping[str, str]) -> Iterator[str]:
    """Lines without comments."""
    paths = "|".join(re.escape(path) for path in sorted({runner, *entrypoints}))
    named = re.compile(rf"{_NAMES}|(?<![\w/-])(?:\./)?(?:{paths})(?![\w-]|\.\w)")
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    yield from (match[0] for line in lines if (match := named.search(line)))

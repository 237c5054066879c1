"""What starts the sync: the drop-in runner, and workflows that are none of ours."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement
from compliance.systems.directional_sync import dropin, looking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.directional_sync.policy import Policy
    from compliance.systems.protocol import Facts

PACKAGE = __name__.partition(".")[0]
# What the program can be started by: its console names, and the module itself.
_NAMES = re.compile(rf"(?<![\w-])(?:sync-directional|{PACKAGE}(?:\.cli)?\s+sync)(?![\w-])")


def the_runner_is_ours(facts: Facts) -> Iterator[Judgement]:
    """The script of document 003 is there and hands over to the program: another runner would have other gates."""
    policy: Policy = facts.policy
    text = looking.text_of(facts, policy.runner)
    if text is None:
        yield Finding(policy.runner, "there is no such file", "missing")
        return
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        yield Finding(policy.runner, f"is not Python: {getattr(error, 'msg', error)}", "form")
        return
    for facet, wrong in dict(dropin.wrong(module, text)).items():
        yield Finding(policy.runner, wrong, facet)


def no_other_workflow_starts_it(facts: Facts) -> Iterator[Judgement]:
    """Two workflows that start a target run it twice, at times that nobody compares."""
    policy: Policy = facts.policy
    found = looking.configuration(facts)
    paths = {policy.runner, *found.entrypoints}
    named = re.compile(
        "|".join(rf"(?<![\w/-])(?:\./)?{re.escape(path)}(?![\w-]|\.\w)" for path in sorted(paths))
    )
    folder = policy.workflow.rpartition("/")[0] or "."
    for file in facts.read(f"tree:{folder}"):
        if file.path == policy.workflow or not file.path.endswith((".yml", ".yaml")):
            continue
        for line in _code(file.text):
            if match := _NAMES.search(line) or named.search(line):
                yield Finding(file.path, f"starts '{match[0]}', which {policy.workflow} does", match[0])
                break


def _code(text: str) -> list[str]:
    """Lines without comments."""
    return [line for line in text.splitlines() if not line.lstrip().startswith("#")]

"""What starts the sync: the drop-in runner of document 003."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from compliance.core.finding import Finding, Judgement
from compliance.systems.directional_sync import dropin, looking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.directional_sync.policy import Policy
    from compliance.systems.protocol import Facts


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

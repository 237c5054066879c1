"""What comes before the flow: the file of its endpoint, and the review in the document service (document 001, 2.G).

Both are calls, of the repository and of the service. A commit of the file is another instruction.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from compliance.core.change import Call, Compiled
from compliance.core.errors import Refused
from compliance.core.finding import Finding, Judgement, NotApplicable
from compliance.core.footprint import FactKey
from compliance.core.needs import split_name
from compliance.core.observation import Seen
from compliance.systems.birth_scan import looking
from compliance.systems.birth_scan.endpoint import rendered
from compliance.systems.birth_scan.found import found_of, observability
from compliance.systems.birth_scan.review import proposal, review

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compliance.systems.birth_scan.policy import Policy
    from compliance.systems.protocol import Facts

SYSTEM = "birth_scan"


def endpoint_of(facts: Facts) -> str:
    """The text of the route file; raises `Refused` with what stands in the way of there being one."""
    return rendered(facts.policy, found_of(facts))


def prepare(facts: Facts) -> tuple[Compiled, ...]:
    """The file where it is not as compiled, and with it the review, where the service can be reached."""
    policy: Policy = facts.policy
    text, there = endpoint_of(facts), _there(facts)
    if text == there:
        return ()
    rests = _rests(policy)
    calls = [_write(policy.endpoint.file, text, there, rests)]
    if isinstance(facts.observation.sections.get("agent_data.info"), Seen):
        calls.append(_told(policy, review(facts), rests))
    verb = "write" if there is None else "set right"
    return (
        Compiled(
            SYSTEM, "preparation", f"{verb} {policy.endpoint.file}", (), tuple(calls),
            {"endpoint.ts": text, "review.md": review(facts)},
            proposal(facts),
            {"observability_status": observability(facts)},
        ),
    )  # fmt: skip


def endpoint_is_as_compiled(facts: Facts) -> Iterator[Judgement]:
    """The file that the flow calls is the one that policy and estate give, to the byte."""
    policy: Policy = facts.policy
    there = _there(facts)
    try:
        text = endpoint_of(facts)
    except Refused as refused:
        yield NotApplicable(policy.endpoint.path, f"it cannot be compiled yet: {'; '.join(refused.reasons)}")
        return
    if there is None:
        yield Finding(policy.endpoint.path, f"{policy.endpoint.file} is not there", "missing")
    elif there != text:
        yield Finding(
            policy.endpoint.path, f"{policy.endpoint.file} is not as it is compiled: {_first(text, there)}"
        )


def _first(want: str, found: str) -> str:
    """Where they part; a line that ends otherwise (CR and LF) is another one."""
    for number, (one, other) in enumerate(zip(want.split("\n"), found.split("\n"), strict=False), start=1):
        if one != other:
            return f"line {number}"
    return "one is longer"


def _there(facts: Facts) -> str | None:
    (file,) = facts.read(f"file:{facts.policy.endpoint.file}")
    return str(file.text) if file.text is not None else None


def _rests(policy: Policy) -> frozenset[FactKey]:
    """What the text of the route follows from: where one of these moved, another text would be compiled."""
    issues = ".".join(split_name(policy.issues.relation))
    files = filter(None, (policy.environment.file, policy.environment.running))
    return frozenset(
        {
            *(
                FactKey(f"catalog.{kind}", issues)
                for kind in ("relations", "columns", "constraints", "triggers")
            ),
            *(FactKey(f"file:{path}") for path in files),
            FactKey(f"tree:{looking.server(policy)}"),
        }
    )


def _write(path: str, text: str, there: str | None, rests: frozenset[FactKey]) -> Call:
    """Over what was seen and nothing else, and back to it."""
    undo = ("DELETE", path, None) if there is None else ("PUT", path, there)
    seen = None if there is None else f"{path}@{_sha256(there)}"
    return Call(f"write {path}", "repository", "PUT", path, text, undo, f"{path}@{_sha256(text)}", seen, rests)


def _told(policy: Policy, text: str, rests: frozenset[FactKey]) -> Call:
    """Another review is another document, so that what was reviewed stays as it was."""
    document = f"{policy.knowledge}review-{_sha256(text)[:12]}"
    path = f"/documents/{document}"
    body = {
        "document_id": document,
        "content": {"mime_type": "text/markdown", "body": text},
        "metadata": {"title": f"{policy.flow.name}: review"},
    }
    undo = ("DELETE", path, None)
    return Call(f"write {document}", "agent_data", "POST", "/documents", body, undo, path, None, rests)


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()

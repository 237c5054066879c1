"""Which document a flow writes: ids are compared as they are made, with the row's key standing for itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from compliance.core.calling import NEVER
from compliance.core.finding import Finding, Judgement, Unseen
from compliance.core.symbols import Object, Symbol, Value, flat
from compliance.systems.registry_sync.analysis import Analysis, analysis
from compliance.systems.registry_sync.overlaps import meeting
from compliance.systems.registry_sync.policy import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from compliance.core.contexts import Context
    from compliance.core.flows import Step
    from compliance.systems.protocol import Facts
    from compliance.systems.registry_sync.policy import Collection, Policy

Id = tuple[str | Symbol, ...]
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_BASE = re.compile(r"(?i)https?://[^/?#]*")
_BY_BODY, _BY_PATH = frozenset({"POST"}), frozenset({"PUT", "PATCH", "DELETE"})
_FOLDER, _LONGEST = "/documents", 200


class Written(NamedTuple):
    """A write of a document: by the request `operation` of the flow `at`, in the run that `begun` began.

    `action`: create, update or delete of `collection`; both empty where no change of a row began it.
    """

    at: str
    operation: str
    begun: str
    collection: str
    action: str
    document: Id

    @property
    def ends(self) -> tuple[str, str]:
        """What the id begins and ends with for certain. One that does not vary ends where it ends: NUL is in no id."""
        first, last = self.document[0], self.document[-1]
        head = (first if isinstance(first, str) else "") + (
            "\0" if len(self.document) == 1 and isinstance(first, str) else ""
        )
        return (head, last[-_LONGEST:] if isinstance(last, str) else "")


def written(facts: Facts, found: Analysis) -> tuple[Written, ...]:
    """Every document that a flow which runs writes in the service of policy, once for each event that leads there."""
    known: tuple[Policy, tuple[Written, ...]] | None = found.memo.get(__name__)
    if known is None or known[0] is not facts.policy:
        known = found.memo[__name__] = (facts.policy, tuple(dict.fromkeys(_writes(facts.policy, found))))
    return known[1]


def _writes(policy: Policy, found: Analysis) -> Iterator[Written]:
    for context, step in found.requests():
        document = _document(policy, context, step) if context.origin is not NEVER else None
        if document:
            yield _written(policy, context, step, document)


def one_row_has_one_document(facts: Facts) -> Iterator[Judgement]:
    """What is created, updated and deleted under different ids is never found again: an orphan that nobody removes."""
    found = analysis(facts)
    by: dict[str, dict[str, dict[Id, str]]] = {}
    for write in written(facts, found):
        declared = facts.policy.flows.get(found.flows.flows[write.begun].name) if write.begun else None
        if declared is not None and (declared.collection, declared.action) == (write.collection, write.action):
            by.setdefault(write.collection, {}).setdefault(write.action, {}).setdefault(
                write.document, found.subject(write.at)
            )
    for name, actions in by.items():
        yield from _compared(facts.policy.collections[name], actions)


def no_document_has_two_writers(facts: Facts) -> Iterator[Judgement]:
    """Of two flows that write one document at one event the last one wins; of two collections nobody knows."""
    found = analysis(facts)
    seen: set[tuple[str, str]] = set()
    for one, other in _overlapping(written(facts, found)):
        for write, against in ((one, other), (other, one)):
            pair = (write.at, against.at)
            if pair not in seen:
                seen.add(pair)
                yield Finding(
                    found.subject(write.at),
                    f"writes {shown(write.document)} {_when(write)}; "
                    f"{found.subject(against.at)} writes {shown(against.document)} {_when(against)}",
                    found.subject(against.at),
                )


def _overlapping(writes: Iterable[Written]) -> Iterator[tuple[Written, Written]]:
    """Two collections never share a document; two flows may, but not at the same event of the same collection."""
    alike: dict[str, list[tuple[str, str, object, Written]]] = {"": []}
    for write in writes:
        head, tail = write.ends
        alike[""].append((head, tail, write.collection or f" {write.begun}", write))
        if write.collection:
            event = f"{write.action} {write.collection}"
            alike.setdefault(event, []).append((head, tail, (write.begun, write.at), write))
    for items in alike.values():
        yield from meeting(items)


def shown(document: Id) -> str:
    """As policy writes it: `registries/workflows/wf-{key}`."""
    return "".join(
        part if isinstance(part, str) else _SHOWN.get(part.kind, str(part)).format(part) for part in document
    )


_SHOWN = {
    "key": "{{key}}",
    "column": "{{{0.name}}}",
    "sent": "{{{0.name} if it was sent}}",
    "unknown": "{{{0.of}}}",
}


def _when(write: Written) -> str:
    return f"at items.{write.action} of {write.collection}" if write.action else "at no change of a row"


def _compared(collection: Collection, actions: Mapping[str, Mapping[Id, str]]) -> Iterator[Judgement]:
    """Each id against policy's; which action stands alone shows in the messages, so each tells the others' too."""
    want = _template(collection)
    for action in ACTIONS:
        for document, flow in actions.get(action, {}).items():
            if any(isinstance(part, Symbol) and part.kind == "unknown" for part in document):
                yield Unseen(
                    collection.name, f"{flow}: {action} addresses {shown(document)}, which no rule can follow"
                )
            elif document != want:
                yield Finding(
                    collection.name,
                    f"{flow}: {action} addresses {shown(document)}{_others(actions, action, document)}; "
                    f"policy declares {collection.document}",
                    f"{action}-{shown(document)}",
                )


def _others(actions: Mapping[str, Mapping[Id, str]], action: str, document: Id) -> str:
    other = [f"{a} {shown(d)}" for a in ACTIONS if a != action for d in actions.get(a, ()) if d != document]
    return f" ({', '.join(other)})" if other else ""


def _template(collection: Collection) -> Id:
    head, _, tail = _VARIABLE.split(collection.document)
    return tuple(part for part in (head, Symbol("key", collection.name), tail) if part)


def _written(policy: Policy, context: Context, step: Step, document: Id) -> Written:
    event = context.origin.event
    action = event.name.rpartition(".")[2] if event is not None else ""
    told = (event.of, action) if event is not None and action in ACTIONS else ("", "")
    key = step.operation.key or step.operation.id
    return Written(context.flow.id, key, context.origin.flow, *told, _named_by_key(policy, document))


def _named_by_key(policy: Policy, document: Id) -> Id:
    """The key column of a row that was read by its key is that key; so is the key of one row out of many."""
    return tuple(_as_key(policy, part) if isinstance(part, Symbol) else part for part in document)


def _as_key(policy: Policy, part: Symbol) -> Symbol:
    collection = policy.collections.get(part.of)
    column = part.kind == "column" and collection is not None and part.name == collection.key
    return Symbol("key", part.of) if column or (part.kind == "one" and not part.name) else part


def _document(policy: Policy, context: Context, step: Step) -> Id | None:
    """The id that a request to the service addresses, None where it addresses none."""
    method, url = step.operation.option("method"), step.operation.option("url")
    if not isinstance(url, str) or _FOLDER not in url:
        return None
    path = _path(policy, flat(context.render(step, url)))
    if path is None or not isinstance(method, str):
        return None
    if method.upper() in _BY_PATH and path:
        return path
    if method.upper() in _BY_BODY and not path:
        return flat(_named_in(context, step, step.operation.option("body"))) or None
    return None


def _named_in(context: Context, step: Step, body: Any) -> Value:
    """The `document_id` of a body; of one that is no object as far as it can be told."""
    if isinstance(body, dict):
        return context.render(step, body.get("document_id", ""))
    value = context.parsed(step, body)
    if isinstance(value, Object):
        return value.get("document_id") or ""
    return value if isinstance(value, Symbol) and value.kind == "unknown" else ""


def _path(policy: Policy, parts: Id) -> Id | None:
    """What follows `/documents` in an address of the service, without its query; None for any other address."""
    if not parts:
        return None
    first, rest = parts[0], parts[1:]
    if isinstance(first, Symbol):
        if (first.kind, first.of) != ("env", policy.service.url_env) or not rest:
            return None
        first, rest = rest[0], rest[1:]
    base = _BASE.match(first) if isinstance(first, str) else None
    text = first[base.end() :] if base and isinstance(first, str) else first
    if (
        not isinstance(text, str)
        or not text.startswith(_FOLDER)
        or text[len(_FOLDER) :][:1] not in ("", "/", "?")
    ):
        return None
    found = _without_query((text[len(_FOLDER) :].removeprefix("/"), *rest))
    # `/documents/batch` and `/documents/{id}/move` are no ids.
    moves = bool(found) and isinstance(found[-1], str) and found[-1].endswith("/move")
    return None if moves or found == ("batch",) else found


def _without_query(parts: Iterable[str | Symbol]) -> Id:
    found: list[str | Symbol] = []
    for part in parts:
        cut = re.search(r"[?#]", part) if isinstance(part, str) else None
        text = part[: cut.start()] if cut and isinstance(part, str) else part
        if text != "":
            found.append(text)
        if cut:
            break
    return tuple(found)

"""A policy that declares the flows that were observed: a start for a person to review."""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from compliance.core import yamltext
from compliance.core.errors import ConfigurationError, CouldNotLook
from compliance.core.flows import Flows, flows_of
from compliance.systems.protocol import Facts
from compliance.systems.registry_sync import reverse
from compliance.systems.registry_sync.chains import BUILT_IN
from compliance.systems.registry_sync.labels import Labels
from compliance.systems.registry_sync.policy import ACTIONS
from compliance.systems.registry_sync.senders import Sent, sent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.core.observation import Observation
    from compliance.systems.registry_sync.policy import Collection, Policy

_HEAD = """\
# A draft of what was observed at {at}. It declares what was found, drift included:
# read every line, correct it, and replace `reviewed: false` by who reviewed it, when and why. Until then no audit is
# green."""
_TITLE = "title"


def draft(policy: Policy, observation: Observation) -> str:
    """YAML that parses as a policy. Where to look, and what no flow tells, is carried over from `policy`."""
    facts = Facts("registry_sync", {"registry_sync": policy}, observation)
    flows = flows_of(facts.read("rows:flows"), facts.read("rows:operations"))
    notes: list[str] = []
    found = _whole(sent(flows), notes)
    names, labels = Labels(found, notes).named()
    collections = {name: _collection(facts, name, labels[name], found[name], notes) for name in found}
    requests = [each for actions in found.values() for each in actions.values()]
    value = {
        "reviewed": False,
        "names": names,
        "accountability": Counter(each.flow.accountability for each in requests).most_common(1)[0][0] or None,
        "prune": policy.prune,
        "schema": policy.schema,
        "collections": collections,
        "excluded": _excluded(facts, collections),
        "service": _service(facts, requests),
        "environment": {"file": policy.environment.file, "service": policy.environment.service},
        "failures": _failures(policy, flows, requests),
        "known_operations": sorted({o.type for o in flows.operations.values()} - BUILT_IN),
        "bypasses": dict(policy.bypasses),
        "exercise": {"many": policy.exercise.many, "seconds": policy.exercise.seconds},
    }
    head = [_HEAD.format(at=observation.observed_at), *map(yamltext.comment, notes)]
    return "\n".join([*head, *yamltext.block(value)]) + "\n"


def _whole(found: Mapping[str, Mapping[str, Sent]], notes: list[str]) -> dict[str, Mapping[str, Sent]]:
    """The collections that have a flow of each kind; what has fewer is noted, and is no pattern of anything."""
    kept = {}
    for name, actions in found.items():
        if set(actions) == set(ACTIONS) and actions["create"].body:
            kept[name] = actions
        else:
            notes.append(f"left out, as not every change of it is sent: {name} ({', '.join(sorted(actions))})")
    if not kept:
        raise ConfigurationError(
            "no collection has flows that send creation, update and deletion to a document service",
            remedy="write the collections by hand",
        )
    return kept


def _collection(
    facts: Facts, name: str, label: str, actions: Mapping[str, Sent], notes: list[str]
) -> dict[str, Any]:
    key = _key(facts, name)
    ids = list(dict.fromkeys(actions[action].document(key) for action in ("delete", "update", "create")))
    if len(ids) > 1:
        notes.append(f"documents of it are named in more than one way: {name}: {', '.join(ids)}")
    fields = actions["create"].columns
    known: Collection | None = facts.policy.collections.get(name)
    value = {
        "label": label, "document": ids[0],
        "former": [*ids[1:], *(f for f in (known.former if known else ()) if f not in ids)],
        "title": fields.get(_TITLE, key),
        "fields": [column for entry, column in fields.items() if entry != _TITLE],
        "marker": dict(known.marker) if known and known.marker else None,
    }  # fmt: skip
    return {entry: item for entry, item in value.items() if item or entry == "fields"}


def _key(facts: Facts, name: str) -> str:
    where = (facts.policy.schema, name, "primary key")
    keys = [c.columns for c in facts.read("catalog.constraints") if (c.schema, c.relation, c.kind) == where]
    return str(keys[0][0]) if keys else "id"


def _excluded(facts: Facts, collections: Mapping[str, Any]) -> dict[str, Any]:
    """What policy excludes, with the evidence that there is now."""
    policy: Policy = facts.policy
    there = {(relation.schema, relation.name) for relation in facts.read("catalog.relations")}
    return {
        name: {
            "reason": known.reason,
            "evidence": "forbidden" if (policy.schema, name) in there else "absent",
        }
        for name, known in policy.excluded.items()
        if name not in collections
    }


def _service(facts: Facts, requests: list[Sent]) -> dict[str, Any]:
    policy: Policy = facts.policy
    service, way_back = policy.service, policy.service.reverse
    header, key_env = Counter(each.key for each in requests).most_common(1)[0][0]
    prefixes = way_back.prefixes
    with suppress(CouldNotLook):
        prefixes = reverse.prefixes(facts)
    relation, key, data = service.documents
    return {
        "url_env": Counter(each.url_env for each in requests).most_common(1)[0][0],
        "key_env": key_env or service.key_env,
        "header": header or service.header,
        "documents": {"relation": relation, "key": key, "data": data},
        "reverse": {
            "source": way_back.source, "name": way_back.name, "prefixes": list(prefixes), "filter": way_back.filter,
            "collection": way_back.collection,
        },
        "reviewed_sources": {path: _digest(facts, path) for path in service.reviewed_sources},
        "webhooks": _webhooks(facts),
    }  # fmt: skip


def _digest(facts: Facts, path: str) -> str:
    """As it is now; where it is not there, as it was reviewed."""
    with suppress(CouldNotLook):
        (file,) = facts.read(f"file:{path}")
        if file.text is not None:
            return hashlib.sha256(file.text.encode()).hexdigest()
    return str(facts.policy.service.reviewed_sources[path])


def _webhooks(facts: Facts) -> list[str]:
    with suppress(CouldNotLook):
        return sorted({hook.url for hook in facts.read("agent_data.webhooks") if hook.active})
    return list(facts.policy.service.webhooks)


def _failures(policy: Policy, flows: Flows, requests: list[Sent]) -> dict[str, Any]:
    """What most requests record when they fail; the title is what says which flow and which document it was."""
    found = Counter(record for each in requests if (record := each.record(flows)) is not None)
    if not found:
        known = policy.failures
        return {"collection": known.collection, "title": known.title, "values": dict(known.values)}
    collection, title, values = found.most_common(1)[0][0]
    return {"collection": collection, "title": title, "values": dict(values)}

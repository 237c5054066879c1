"""Who may let what reach an estate, and what no plan may touch: `execution` of platform.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compliance.estate.document import Document

Capability: TypeAlias = Literal["execute", "test-call", "rollback", "commit"]
CAPABILITIES: tuple[Capability, ...] = ("execute", "test-call", "rollback", "commit")
LOOSEN: Literal["loosen"] = "loosen"  # accept that a gate lets more pass; no plan asks for that


@dataclass(frozen=True, slots=True)
class Key:
    """Somebody's public key (Ed25519, 32 bytes in hexadecimal) and what they may approve."""

    name: str
    public: str
    may: frozenset[Capability | Literal["loosen"]]


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """`count` of the people in `by` must approve; `hazards` None: whatever the plan does.

    `author_counts`: the author of a plan may be one of them.
    """

    capability: Capability
    hazards: frozenset[str] | None
    count: int
    by: frozenset[str]
    author_counts: bool


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """A row of the estate that stops every change unless its value is `go`."""

    relation: str
    key: str
    value: str
    name: str
    go: str


@dataclass(frozen=True, slots=True)
class Execution:
    """`approvals` by kind of estate; 'self' only for a reference estate. `preserve` and `trails`: `schema.relation`,
    of `preserve` also `schema.relation#row`.
    `commit_folder`: where plans are committed, relative to the repository. Limits in seconds."""

    keys: Mapping[str, Key] = field(default_factory=dict)
    approvals: Mapping[str, tuple[ApprovalRule, ...] | Literal["self"]] = field(default_factory=dict)
    kill_switch: KillSwitch | None = None
    preserve: frozenset[str] = frozenset()
    trails: frozenset[str] = frozenset()
    commit_folder: str = "governance/plans"
    step_seconds: float = 30.0
    lock_seconds: float = 5.0


def parse_execution(document: Document) -> Execution:
    """Frozen values; without the section nobody may apply anything."""
    value = document.value.get("execution")
    if value is None:
        return Execution()
    keys = {
        name: Key(name, key["public"], frozenset(key["may"])) for name, key in value.get("keys", {}).items()
    }
    _check_distinct(document, keys.values())
    approvals = {kind: _rules(document, kind, rules, keys) for kind, rules in value["approvals"].items()}
    switch = value.get("kill_switch")
    return Execution(
        keys=keys,
        approvals=approvals,
        kill_switch=KillSwitch(**switch) if switch else None,
        preserve=frozenset(value.get("preserve", ())),
        trails=frozenset(value.get("trails", ())),
        **{name: value[name] for name in ("commit_folder",) if name in value},
        **value.get("limits", {}),
    )


def _check_distinct(document: Document, keys: Iterable[Key]) -> None:
    """Somebody with two names would look like two people to whoever reads the policy."""
    names: dict[str, str] = {}
    for key in keys:
        if (other := names.setdefault(key.public, key.name)) != key.name:
            raise document.error(
                f"'{key.name}' and '{other}' are the same key", "execution", "keys", key.name, "public"
            )


def _rules(
    document: Document, kind: str, value: Any, keys: Mapping[str, Key]
) -> tuple[ApprovalRule, ...] | Literal["self"]:
    if value == "self":
        return "self"
    found = []
    for index, rule in enumerate(value):
        place = ("execution", "approvals", kind, index)
        for name in rule["by"]:
            if name not in keys:
                allowed = ", ".join(sorted(keys)) or "none is declared"
                raise document.error(f"unknown key '{name}'; declared: {allowed}", *place, "by")
            if rule["capability"] not in keys[name].may:
                raise document.error(f"key '{name}' may not {rule['capability']}", *place, "by")
        if rule["count"] > len(rule["by"]):
            raise document.error(
                f"{len(rule['by'])} people cannot give {rule['count']} approvals", *place, "count"
            )
        hazards = frozenset(rule["hazards"]) if "hazards" in rule else None
        found.append(
            ApprovalRule(rule["capability"], hazards, rule["count"], frozenset(rule["by"]),
                         rule.get("author_counts", False))
        )  # fmt: skip
    return tuple(found)

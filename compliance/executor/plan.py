"""A plan: what was compiled, bound to one estate and to the facts it rests on, as a folder that a person can review.

Its digest is over every byte but `provenance.json`. Approvals, receipts and the ledger name that digest.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from compliance.core import canonical, footprint
from compliance.core.change import Compiled
from compliance.core.errors import ConfigurationError, Refused
from compliance.core.needs import Needs
from compliance.executor import spelling
from compliance.executor.review import review

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from compliance.core.change import Call, Step
    from compliance.core.footprint import FactKey
    from compliance.core.observation import Observation

FORMAT = 1
FILES = ("REVIEW.md", "deploy.sql", "plan.json", "revert.sql", "verify.sql")
OUTSIDE = ("provenance.json",)
PAYLOADS = "payloads"
_PAYLOAD = re.compile(r"[a-z0-9][a-z0-9._-]*\.(?:json|md|ts)")


class Target(NamedTuple):
    """Which database this is. `system`: the cluster's identifier; a copy of a database elsewhere is another estate."""

    system: str
    database: str


class Approvable(Protocol):
    """What an approval is about: a plan, or the receipt of one."""

    @property
    def digest(self) -> str: ...
    @property
    def digests(self) -> Mapping[str, str]: ...
    @property
    def hazards(self) -> frozenset[str]: ...
    @property
    def target(self) -> Target: ...
    @property
    def estate(self) -> str: ...
    @property
    def estate_kind(self) -> str: ...
    @property
    def proposal(self) -> str: ...


@dataclass(frozen=True)
class Plan:
    """`policy`: digest of the policy it follows; `templates`: of the code that wrote it; `footprint`: of what it
    reads and writes; `needs`: how to look at that again."""

    compiled: Compiled
    estate: str
    estate_kind: Literal["reference", "staging", "production"]
    target: Target
    policy: str
    templates: str
    footprint: str
    needs: Needs

    @property
    def name(self) -> str:
        return f"{self.compiled.system}/{self.compiled.kind}"

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.compiled.steps

    @property
    def calls(self) -> tuple[Call, ...]:
        return self.compiled.calls

    @property
    def proposal(self) -> str:
        return self.compiled.proposal

    @property
    def hazards(self) -> frozenset[str]:
        of_calls = {"calls-service"} if self.calls else set()
        return frozenset(hazard for step in self.steps for hazard in step.hazards) | of_calls

    @property
    def reads(self) -> frozenset[FactKey]:
        """All that it rests on: what it writes included, as it was before."""
        return _reads(self.compiled)

    @property
    def writes(self) -> frozenset[FactKey]:
        return frozenset(key for step in self.steps for key in step.writes)

    @property
    def guarded(self) -> frozenset[FactKey]:
        return frozenset(key for step in self.steps for key in step.guarded)

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The bytes of every file of the folder that the digest covers."""
        texts = {
            "plan.json": canonical.pretty(self.content),
            "REVIEW.md": review(self),
            **self.compiled.files(),
            **{f"{PAYLOADS}/{name}": text for name, text in self.compiled.payloads.items()},
        }
        return {name: text.encode() for name, text in sorted(texts.items())}

    @cached_property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each file, by name."""
        return {name: _sha256(data) for name, data in self.files.items()}

    @cached_property
    def digest(self) -> str:
        """What an approval names."""
        return canonical.digest(canonical.dumps(self.digests))

    @cached_property
    def content(self) -> dict[str, Any]:
        """`plan.json`: everything that an executor needs, and a checksum of that: what no other file repeats could be
        changed unseen until somebody asks for an approval of it."""
        content = {
            "format": FORMAT,
            "system": self.compiled.system,
            "kind": self.compiled.kind,
            "title": self.compiled.title,
            "estate": {"name": self.estate, "kind": self.estate_kind},
            "target": self.target._asdict(),
            "policy": self.policy,
            "templates": self.templates,
            "footprint": self.footprint,
            "needs": spelling.needs_as_json(self.needs),
            "hazards": sorted(self.hazards),
            "steps": [spelling.step_as_json(step) for step in self.steps],
        }
        # Left out where there are none, so that a plan without them is the one that it always was.
        if self.calls:
            content["calls"] = [spelling.call_as_json(call) for call in self.calls]
        if self.compiled.payloads:
            content["payloads"] = {n: _sha256(text.encode()) for n, text in self.compiled.payloads.items()}
        if self.compiled.proposal:
            content["proposal"] = self.compiled.proposal
        if self.compiled.notes:
            content["notes"] = dict(self.compiled.notes)
        return content | {"checksum": checksum(content)}


def _sha256(data: bytes) -> str:
    return sha256(data).hexdigest()


def checksum(content: dict[str, Any]) -> str:
    """Of all that `plan.json` says but this."""
    return canonical.digest(canonical.dumps({name: content[name] for name in content if name != "checksum"}))


def bind(
    compiled: Compiled, observation: Observation, *, kind: Any, policy: str, templates: str, needs: Needs
) -> Plan:
    """Bind what was compiled to the estate that was observed."""
    (server,) = observation.read("catalog.server")
    keys = _reads(compiled)
    read = {key.section for key in keys}
    return Plan(
        compiled=compiled,
        estate=observation.estate,
        estate_kind=kind,
        target=Target(server.system, server.database),
        policy=policy,
        templates=templates,
        footprint=footprint.digest(observation, keys),
        needs=Needs(
            rows=tuple(need for need in needs.rows if need.section in read),
            files=frozenset(path for path in needs.files if f"file:{path}" in read),
            trees=frozenset(path for path in needs.trees if f"tree:{path}" in read),
            bodies=needs.bodies and "catalog.bodies" in read,
        ),
    )


def _reads(compiled: Compiled) -> frozenset[FactKey]:
    of_steps = (key for step in compiled.steps for key in step.reads | step.writes)
    return frozenset(of_steps) | {key for call in compiled.calls for key in call.reads}


def write(plan: Plan, place: Path, provenance: dict[str, Any]) -> None:
    """The whole folder, in place of an older plan."""
    remove(place)
    place.mkdir(parents=True, exist_ok=True)
    for name, data in plan.files.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(data)
    (place / "provenance.json").write_text(canonical.pretty(provenance), encoding="utf-8")


def remove(place: Path) -> None:
    """Every file of a plan. One of another name is somebody's: it stays, and keeps the folder from being a plan."""
    for name in (*FILES, *OUTSIDE):
        (place / name).unlink(missing_ok=True)
    for payload in (place / PAYLOADS).glob("*"):
        if _PAYLOAD.fullmatch(payload.name):
            payload.unlink()
    with suppress(OSError):
        (place / PAYLOADS).rmdir()


def read(place: Path) -> Plan:
    """Read a plan; every file must be as its `plan.json` says, and there may be no other."""
    path = place / "plan.json"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{place} holds no plan: {path.name}: {error.strerror}",
            remedy="`compliance compile SYSTEM --out DIR` writes one to DIR/SYSTEM/seed and DIR/SYSTEM/migration",
        ) from None
    plan = _parse(path, data)
    found = {str(file.relative_to(place).as_posix()) for file in place.rglob("*") if not file.is_dir()}
    found -= set(OUTSIDE)
    wrong = [name for name in sorted(found | plan.files.keys()) if _bytes(place / name) != plan.files.get(name)]
    if wrong:
        raise _changed(place, *wrong)
    return plan


def _parse(path: Path, data: bytes) -> Plan:
    try:
        value = json.loads(data)
        if value["format"] != FORMAT:
            raise _changed(path.parent, f"plan.json: format {value['format']}; this program reads {FORMAT}")
        if value["checksum"] != checksum(value):
            raise _changed(path.parent, path.name)
        return Plan(
            compiled=Compiled(
                value["system"],
                value["kind"],
                value["title"],
                tuple(map(spelling.step_from_json, value["steps"])),
                tuple(map(spelling.call_from_json, value.get("calls", []))),
                _payloads(path.parent, value.get("payloads", {})),
                value.get("proposal", ""),
                value.get("notes", {}),
            ),
            estate=value["estate"]["name"],
            estate_kind=value["estate"]["kind"],
            target=Target(**value["target"]),
            policy=value["policy"],
            templates=value["templates"],
            footprint=value["footprint"],
            needs=spelling.needs_from_json(value["needs"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _changed(path.parent, f"plan.json: not a plan ({type(error).__name__}: {error})") from None


def _payloads(place: Path, digests: dict[str, str]) -> dict[str, str]:
    """Their text stands in files alone."""
    found = {name: _bytes(place / PAYLOADS / name) for name in digests if _PAYLOAD.fullmatch(name)}
    wrong = [name for name, digest in digests.items() if _sha256(found.get(name) or b"") != digest]
    if wrong:
        raise _changed(place, *(f"{PAYLOADS}/{name}" for name in sorted(wrong)))
    return {name: (data or b"").decode() for name, data in found.items()}


def _changed(place: Path, *reasons: str) -> Refused:
    return Refused(
        f"the plan in {place} is not as it was compiled", reasons=reasons,
        remedy="compile again and review the new plan",
    )  # fmt: skip


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None

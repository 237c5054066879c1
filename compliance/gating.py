"""The gates of one run: which profile decides, what was accepted of them, and what a profile makes of a verdict."""

from __future__ import annotations

import ast
from base64 import b64encode
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from compliance.core import aging, canonical, gates, thresholds
from compliance.core.errors import ConfigurationError, Refused
from compliance.core.finding import Finding, NotApplicable, Severity
from compliance.core.gates import NEW, SEVERITIES, Profile
from compliance.core.thresholds import InForce, Thresholds
from compliance.estate import gatelock
from compliance.estate.resources import resource
from compliance.systems.platform.execution import LOOSEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from securesystemslib.signer import Signer

    from compliance.core.finding import Judgement
    from compliance.core.history import Known
    from compliance.core.observation import Observation
    from compliance.core.verdict import Verdict
    from compliance.estate.gatelock import Lock
    from compliance.systems import Policies

PREDICATE = "urn:dot-compliance:thresholds:v1"
REMEDY = "`compliance profiles accept` by somebody who may loosen, once what it lists is meant"


class Accepted(NamedTuple):
    """What stands in the lock; `by`: whose key signed it, nobody's where the estate accepts by itself."""

    thresholds: Thresholds
    by: str = ""


class Unaccepted(Exception):
    """The lock says nothing that can be believed: why, and a word for it."""

    def __init__(self, facet: str, message: str) -> None:
        super().__init__(message)
        self.facet, self.message = facet, message


@cache
def shipped() -> Mapping[str, InForce]:
    """What each probe that comes with the program says of its rule, read and not run."""
    files = sorted(resource("probes").glob("*/test_*_*.py"))
    return dict(_said(ast.parse(file.read_text(encoding="utf-8")), file.parent.name) for file in files)


def _said(module: ast.Module, system: str) -> tuple[str, InForce]:
    (mark,) = (
        call
        for call in ast.walk(module)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "rule"
    )
    said = {keyword.arg: ast.literal_eval(keyword.value) for keyword in mark.keywords}
    return ast.literal_eval(mark.args[0]), InForce(system, said["phase"], said["severity"])


def in_force(policies: Policies) -> Thresholds:
    """What a gate rests on now."""
    platform = policies["platform"]
    rules = {name: rule for name, rule in shipped().items() if rule.system in policies}
    return Thresholds(platform.profiles, platform.max_age, rules)


# --- what was accepted -----------------------------------------------------------------------------------------


def accepts_itself(policies: Policies, kind: str) -> bool:
    """A reference estate that approves its own changes accepts its own gates."""
    return bool(kind == "reference" and policies["platform"].execution.approvals.get(kind) == "self")


def statement(found: Thresholds, kind: str) -> dict[str, Any]:
    """What is signed (in-toto). `kind`: what was accepted of one kind of estate is nothing to another."""
    from compliance.executor.attest import STATEMENT_TYPE

    told = found.told()
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": "thresholds", "digest": {"sha256": canonical.digest(canonical.dumps(told))}}
        ],
        "predicateType": PREDICATE,
        "predicate": {"kind": kind, "thresholds": told},
    }  # fmt: skip


def lock(said: dict[str, Any], signer: Signer | None) -> dict[str, Any]:
    """As it is written: the statement for whoever reviews it, and the one signature of its DSSE envelope."""
    from compliance.executor import attest

    (signature,) = attest.sign(said, signer)["signatures"] if signer else (None,)
    return {"statement": said, "signature": signature}


def accepted(policies: Policies, kind: str) -> Accepted:
    """Raises `Unaccepted`. Nothing of a lock is believed before its signature is."""
    if policies.lock is None:
        raise Unaccepted("missing", "is not there: nobody accepted what the profiles let pass")
    said, by = _signed(policies, policies.lock, kind)
    try:
        found = thresholds.parse(said["predicate"]["thresholds"])
        whole = said == statement(found, said["predicate"]["kind"])
    except (KeyError, TypeError, ValueError, AttributeError):
        whole = False
    if not whole:
        raise Unaccepted("content", "is no statement of thresholds that this program knows")
    if said["predicate"]["kind"] != kind:
        raise Unaccepted("kind", f"is of an estate of kind {said['predicate']['kind']}, and this one is {kind}")
    return Accepted(found, by)


def _signed(policies: Policies, found: Lock, kind: str) -> tuple[dict[str, Any], str]:
    if not isinstance(found.value, dict) or found.value.keys() != {"statement", "signature"}:
        raise Unaccepted("content", "is not as `compliance profiles accept` writes it")
    said, signature = found.value["statement"], found.value["signature"]
    if signature is None and accepts_itself(policies, kind):
        return said, ""
    if signature is None:
        raise Unaccepted("unsigned", f"is signed by nobody; {_who(policies)}")
    return _opened(policies, said, signature)


def _opened(policies: Policies, said: Any, signature: Any) -> tuple[dict[str, Any], str]:
    from compliance.executor import attest

    keys = policies["platform"].execution.keys
    payload = b64encode(canonical.dumps(said)).decode()
    envelope = {"payload": payload, "payloadType": attest.PAYLOAD_TYPE, "signatures": [signature]}
    try:
        by, opened = attest.open_envelope(envelope, keys)
    except Refused as refused:
        raise Unaccepted("signature", refused.message) from None
    if LOOSEN not in keys[by].may:
        raise Unaccepted("signature", f"is signed by {by}, who may not loosen; {_who(policies)}")
    return opened, by


def _who(policies: Policies) -> str:
    keys = policies["platform"].execution.keys
    names = ", ".join(sorted(name for name, key in keys.items() if LOOSEN in key.may))
    return (
        f"{names} may" if names else "policy names nobody who may (`may: [loosen]` of a key in execution.keys)"
    )


def signing(policies: Policies, kind: str, signer: Signer | None) -> None:
    """Raises `Refused` where this is not enough to accept anything."""
    from compliance.executor import keys

    public = keys.public_of(signer) if signer else None
    named = {key.public: name for name, key in policies["platform"].execution.keys.items() if LOOSEN in key.may}
    if public in named or (public is None and accepts_itself(policies, kind)):
        return
    why = "this key may not loosen" if public else f"an estate of kind {kind} asks for a signature"
    raise Refused(
        "the gates are not accepted", reasons=[f"{why}: {_who(policies)}"],
        remedy="`compliance profiles accept --key FILE`, by one of those who may",
    )  # fmt: skip


def judgements(policies: Policies, kind: str) -> Iterator[Judgement]:
    """What PL007 says; silence: nothing lets more pass than was accepted."""
    if not policies["platform"].profiles and policies.lock is None:
        yield NotApplicable(gatelock.NAME, "policy declares no profiles")
        return
    try:
        found = accepted(policies, kind).thresholds
    except Unaccepted as error:
        yield Finding(gatelock.NAME, f"{gatelock.NAME} {error.message}", error.facet)
        found = Thresholds()
    yield from thresholds.loosened(found, in_force(policies))


# --- what decides ----------------------------------------------------------------------------------------------


def chosen(policies: Policies, name: str | None, fail_on: Sequence[str] = ()) -> Profile | None:
    """What `--profile` and `--fail-on` name; None: neither is given, and the verdict decides.

    Beside a profile `--fail-on` adds severities that fail. What would let more pass is decided in policy.
    """
    words = [word.strip() for said in fail_on for word in said.split(",") if word.strip()]
    if unknown := [word for word in words if word not in (NEW, *SEVERITIES)]:
        raise ConfigurationError(
            f"--fail-on: '{unknown[0]}' is none of {', '.join((NEW, *SEVERITIES))}",
            remedy="as in --fail-on new,critical,high",
        )
    severities = frozenset(cast("Severity", word) for word in words if word != NEW)
    if name is None:
        given = f"--fail-on {','.join(words)}"
        return Profile(given, severities or frozenset(SEVERITIES), NEW in words) if words else None
    profile = _declared(policies, name)
    if NEW in words and not profile.only_new:
        raise ConfigurationError(
            f"--fail-on new: profile '{name}' fails for what is not new, too",
            remedy=f"declare `only: new` for it in platform.yaml, and have it accepted: {REMEDY}",
        )
    return replace(profile, severities=profile.severities | severities)


def _declared(policies: Policies, name: str) -> Profile:
    profiles: Mapping[str, Profile] = policies["platform"].profiles
    if name not in profiles:
        raise ConfigurationError(
            f"no profile '{name}'; declared: {', '.join(profiles) or 'none'}",
            remedy="declare it under `profiles` of platform.yaml",
        )
    if missing := sorted((profiles[name].systems or frozenset()) - policies.keys()):
        raise ConfigurationError(
            f"profile '{name}' judges {missing[0]}, which is not in force",
            remedy="a gate would be green of what nobody looked at: add it to systems of estate.yaml, or leave it out",
        )
    return profiles[name]


def gate(
    verdict: Verdict, profile: Profile, known: Mapping[str, Known] | None, *, systems: Iterable[str],
    current: Observation, read: Mapping[str, Iterable[str]],
) -> gates.Gate:  # fmt: skip
    """What a profile makes of a verdict. `current`: what was judged; `read`: by system what its rules asked for."""
    mine = {name for system, names in read.items() if profile.judges(system) for name in names}
    limited = aging.as_of(current, profile.max_age, verdict.judged_at).sections
    old = {
        name: limited[name].reason  # type: ignore[union-attr]
        for name in sorted(mine & limited.keys())
        if limited[name] is not current.sections[name]
    }
    return gates.passes(verdict, profile, known, systems=list(systems), old=old)


def as_json(found: gates.Gate) -> dict[str, Any]:
    """What `compliance audit --json` says of a gate."""
    return {
        "profile": found.profile, "passed": found.passed, "exit_code": found.exit_code, "failing": list(found.failing),
        "tolerated": [each._asdict() for each in found.tolerated], "unseen": list(found.unseen),
        "old": dict(found.old), "unprobed": list(found.unprobed), "complete": found.complete,
    }  # fmt: skip

"""What was accepted of the gates of an estate, in a lock that is signed, and what PL007 says of it."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from compliance.core import canonical, marks, thresholds
from compliance.core.errors import Refused
from compliance.core.finding import Finding, NotApplicable
from compliance.core.thresholds import InForce, Thresholds
from compliance.estate import gatelock
from compliance.estate.resources import resource
from compliance.systems.platform.execution import LOOSEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from securesystemslib.signer import Signer

    from compliance.core.finding import Judgement
    from compliance.core.marks import Marked
    from compliance.estate.gatelock import Lock
    from compliance.systems import Policies

PREDICATE = "urn:dot-compliance:thresholds:v1"
REMEDY = "`compliance profiles accept` by somebody who may loosen, once what it lists is meant"


class Named(Protocol):
    """An estate, as it is declared."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...


class Accepted(NamedTuple):
    """What stands in the lock, and for which estates; `by`: whose key signed it, nobody's where the estate accepts by
    itself."""

    thresholds: Thresholds
    estates: frozenset[str] = frozenset()
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
    return dict(_said(probe) for file in files for probe in marks.probes(file.read_bytes(), file))


def _said(probe: Marked) -> tuple[str, InForce]:
    said = probe.rule.kwargs
    return probe.rule.args[0], InForce(probe.each.partition(".")[0], said["phase"], said["severity"])


def in_force(policies: Policies) -> Thresholds:
    """What a gate rests on now."""
    platform = policies["platform"]
    rules = {name: rule for name, rule in shipped().items() if rule.system in policies}
    return Thresholds(platform.profiles, platform.max_age, rules)


def accepts_itself(policies: Policies, kind: str) -> bool:
    """A reference estate that approves its own changes accepts its own gates."""
    return bool(kind == "reference" and policies["platform"].execution.approvals.get(kind) == "self")


def statement(found: Thresholds, kind: str, estates: Iterable[str]) -> dict[str, Any]:
    """What is signed (in-toto). `kind`, `estates`: what was accepted for these is nothing to others."""
    from compliance.executor.attest import STATEMENT_TYPE

    told = found.told()
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": "thresholds", "digest": {"sha256": canonical.digest(canonical.dumps(told))}}
        ],
        "predicateType": PREDICATE,
        "predicate": {"kind": kind, "estates": sorted(estates), "thresholds": told},
    }  # fmt: skip


def lock(said: dict[str, Any], signer: Signer | None) -> dict[str, Any]:
    """As it is written: the statement for whoever reviews it, and the one signature of its DSSE envelope."""
    from compliance.executor import attest

    (signature,) = attest.sign(said, signer)["signatures"] if signer else (None,)
    return {"statement": said, "signature": signature}


def accepted(policies: Policies, estate: Named) -> Accepted:
    """Raises `Unaccepted`. What nobody signed names no estate that anybody vouches for."""
    found = _believed(policies, estate.kind)
    if found.by and estate.name not in found.estates:
        names = ", ".join(sorted(found.estates))
        raise Unaccepted("estate", f"was accepted for {names or 'no estate'}, and this one is {estate.name}")
    return found


def new_lock(policies: Policies, estate: Named, signer: Signer | None) -> dict[str, Any]:
    """What is in force now, accepted: for this estate, and for those that the same was accepted for already, since
    estates may share a folder of policy."""
    now, estates = in_force(policies), {estate.name}
    with suppress(Unaccepted):
        found = _believed(policies, estate.kind)
        estates |= found.estates if found.thresholds == now else set()
    return lock(statement(now, estate.kind, estates), signer)


def taken_off(old: Lock | None, new: dict[str, Any]) -> dict[str, str]:
    """By estate that the lock named and the new one does not: what there is to do, whether it was believed or not."""
    now = new["statement"]["predicate"]
    try:
        was = old.value["statement"]["predicate"]  # type: ignore[union-attr]
        systems = {rule.system for rule in thresholds.parse(was["thresholds"]).rules.values()}
        names, kind = sorted(set(map(str, was["estates"])) - set(now["estates"])), was["kind"]
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}
    if kind != now["kind"]:
        remedy = f"it is of kind {kind}, and needs a policy folder of its own"
    elif systems != {system for system, *_ in now["thresholds"]["rules"].values()}:
        remedy = "accept it with its --estate, too, if it names the same systems, or give it a policy folder of its own"
    else:
        remedy = "accept it with its --estate, too"
    return dict.fromkeys(names, remedy)


def _believed(policies: Policies, kind: str) -> Accepted:
    """Nothing of a lock is believed before its signature is."""
    if policies.lock is None:
        raise Unaccepted("missing", "is not there: nobody accepted what the profiles let pass")
    said, by = _signed(policies, policies.lock, kind)
    try:
        found = thresholds.parse(said["predicate"]["thresholds"])
        estates = frozenset(map(str, said["predicate"]["estates"]))
        whole = said == statement(found, said["predicate"]["kind"], estates)
    except (KeyError, TypeError, ValueError, AttributeError):
        whole = False
    if not whole:
        raise Unaccepted("content", "is no statement of thresholds that this program knows")
    if said["predicate"]["kind"] != kind:
        raise Unaccepted("kind", f"is of an estate of kind {said['predicate']['kind']}, and this one is {kind}")
    return Accepted(found, estates, by)


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


def judgements(policies: Policies, estate: Named) -> Iterator[Judgement]:
    """What PL007 says; silence: nothing lets more pass than was accepted."""
    if not policies["platform"].profiles and policies.lock is None:
        yield NotApplicable(gatelock.NAME, "policy declares no profiles")
        return
    try:
        found = accepted(policies, estate).thresholds
    except Unaccepted as error:
        yield Finding(gatelock.NAME, f"{gatelock.NAME} {error.message}", error.facet)
        found = Thresholds()
    yield from thresholds.loosened(found, in_force(policies))

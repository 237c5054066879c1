"""Who said what about which bytes: in-toto statements about the files of a plan, in signed envelopes (DSSE, Ed25519).

Both formats are public, so that an auditor can verify with other tools than this one.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error as LibraryError
from securesystemslib.signer import SSlibKey

from compliance.core import canonical
from compliance.core.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from securesystemslib.signer import Signer

    from compliance.executor.plan import Approvable
    from compliance.systems.platform.execution import Key

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
APPROVAL = "urn:dot-compliance:approval:v1"
REHEARSAL = "urn:dot-compliance:rehearsal:v1"


def statement(plan: Approvable, predicate_type: str, predicate: dict[str, Any]) -> dict[str, Any]:
    """Something that is said of every file of a plan."""
    subject = [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(plan.digests.items())]
    return {
        "_type": STATEMENT_TYPE,
        "subject": subject,
        "predicateType": predicate_type,
        "predicate": predicate,
    }


def subjects(said: dict[str, Any]) -> dict[str, str]:
    """The files that a statement is about, with their digests."""
    return {item["name"]: item["digest"]["sha256"] for item in said["subject"]}


def sign(said: dict[str, Any], signer: Signer) -> dict[str, Any]:
    """An envelope with one signature."""
    envelope = Envelope(canonical.dumps(said), PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return envelope.to_dict()


def open_envelope(envelope: Any, keys: Mapping[str, Key]) -> tuple[str, dict[str, Any]]:
    """Who signed it, and what that says; nothing of it is believed, or even read, before the signature is."""
    found = _parse(envelope)
    if found.payload_type != PAYLOAD_TYPE:
        raise Refused(f"its payload is of type '{found.payload_type}', not '{PAYLOAD_TYPE}'")
    (signature,) = found.signatures.values()
    name, key = _known(signature.keyid, keys)
    try:
        found.verify([key], threshold=1)
    except LibraryError:
        raise Refused(f"bad signature: {name} did not sign this") from None
    return name, _said(found.payload)


def _parse(envelope: Any) -> Envelope:
    """In its one spelling: base64 in another, or something that no signature covers, is a change too."""
    try:
        found = Envelope.from_dict(deepcopy(envelope))
        one = [signature.unrecognized_fields for signature in found.signatures.values()] == [{}]
        if one and found.to_dict() == envelope and all(isinstance(name, str) for name in found.signatures):
            return found
    except (KeyError, TypeError, ValueError, AttributeError, LibraryError):
        pass
    raise Refused("this is no envelope with one signature")


def _known(keyid: str, keys: Mapping[str, Key]) -> tuple[str, SSlibKey]:
    """The first name of a key, always the same one: whoever has two names is still one person."""
    for name, key in sorted(keys.items()):
        if (public := public_key(key.public)).keyid == keyid:
            return name, public
    raise Refused(f"unknown key {keyid[:12]}: policy names nobody who has it")


def public_key(public: str) -> SSlibKey:
    """From hexadecimal, as policy has it; its id follows from the key, so that nobody can take another's."""
    return SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)))


def _said(payload: bytes) -> dict[str, Any]:
    try:
        said = json.loads(payload.decode())
        if said["_type"] != STATEMENT_TYPE:
            raise Refused(f"it says something of type '{said['_type']}', not '{STATEMENT_TYPE}'")
        well_formed = isinstance(said["predicateType"], str) and isinstance(said["predicate"], dict)
        subjects(said)
    except (ValueError, KeyError, TypeError, RecursionError):
        well_formed = False
    if not well_formed:
        raise Refused("what was signed is no in-toto statement")
    return dict(said)

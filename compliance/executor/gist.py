"""An entry of the ledger in a word: which plan it is about, and what it says of it."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from compliance.core.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from compliance.systems.platform.execution import Key


def gist(body: dict[str, Any], known: Mapping[str, Key]) -> dict[str, str]:
    """The digest of the plan, and a word on it; empty where it is about none."""
    if "envelope" in body or "statement" in body:
        said = body.get("statement") or json.loads(b64decode(body["envelope"]["payload"]))
        about = said["predicate"]
        what = about.get("capability") or f"{about['result']} ({about.get('place', 'nowhere')})"
        return {"plan": about["plan"], "what": what + _signer(body.get("envelope"), known)}
    if isinstance(body.get("plan"), dict):
        return {"plan": body["plan"]["digest"], "what": f"{body['change']} {body['plan']['name']}"}
    return {"plan": "", "what": ""}


def _signer(envelope: Any, known: Mapping[str, Key]) -> str:
    from compliance.executor.attest import open_envelope

    if envelope is None:
        return ", unsigned"
    try:
        return f" by {open_envelope(envelope, known)[0]}"
    except Refused as refused:
        return f": {refused.message}"

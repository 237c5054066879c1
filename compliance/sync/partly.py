"""What a pull tells beside its outputs, in `SYNC_RESULT`: a line for the outcome, and which parts of it failed.

Thirty repositories are one target: that one of them is gone must neither hold up the others nor be kept quiet. What
could not be fetched stays as it was, the rest lands, and the target has failed all the same, with the names.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from compliance.sync.model import TargetFailed, Told

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "message": {"type": "string"},
        "failed": {"type": "object", "additionalProperties": {"type": "string"}},
        "passing": {"type": "boolean"},
        "tolerate": {"type": "integer", "minimum": 0},
    },
}


def place(scratch: Path) -> Path:
    return scratch / "result.json"


def read(scratch: Path) -> Told:
    """Nothing where nobody wrote it; what cannot be read might hold a failure."""
    if not place(scratch).exists():
        return Told()
    from jsonschema import Draft202012Validator, ValidationError

    try:
        value: Any = json.loads(place(scratch).read_bytes())
        Draft202012Validator(_SCHEMA).validate(value)
    except (ValidationError, ValueError, OSError) as error:
        why = error.message if isinstance(error, ValidationError) else error
        raise TargetFailed(f"what it wrote to SYNC_RESULT cannot be read: {why}") from None
    failed = tuple(f"{name}: {why}" for name, why in sorted(value.get("failed", {}).items()))
    tolerated = 0 < len(failed) <= value.get("tolerate", 0)
    return Told(value.get("message", ""), failed, value.get("passing", False), tolerated)

"""JSON Schemas of `config`, a file for each connector; `{"$ref": "NAME.json"}` is another file of this folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


def load(name: str) -> dict[str, Any]:
    """One of them, with what it refers to put in its place."""
    found: dict[str, Any] = _whole(json.loads((_FOLDER / f"{name}.json").read_bytes()))
    return found


def _whole(value: Any) -> Any:
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return load(value["$ref"].removesuffix(".json"))
    return {key: _whole(item) for key, item in value.items()}

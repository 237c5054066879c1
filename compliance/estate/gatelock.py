"""`gate.lock.json` in the policy folder of an estate: what was accepted of its gates. Part of the policy's digest.

Read as it is: whether it says anything, and who says so, is judged (PL007), so that a damaged one is a finding.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compliance.core import canonical
from compliance.core.errors import ConfigurationError
from compliance.estate import regular

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "gate.lock.json"


@dataclass(frozen=True, slots=True)
class Lock:
    """`value`: None where the bytes are no JSON in the one spelling that `write` gives it."""

    data: bytes
    value: Any = None

    @property
    def digest(self) -> str:
        return canonical.digest(self.data)


def load(folder: Path) -> Lock | None:
    """None where there is no such file."""
    path = folder / NAME
    try:
        data = regular.read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        value = json.loads(data.decode())
        return Lock(data, value if canonical.pretty(value).encode() == data else None)
    except (ValueError, RecursionError):
        return Lock(data)


def write(folder: Path, value: Mapping[str, Any]) -> Path:
    """As a whole or not at all."""
    path = folder / NAME
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{NAME}.", delete=False) as file:
        try:
            file.write(canonical.pretty(value).encode())
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return path

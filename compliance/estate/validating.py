"""JSON Schema as it is meant: in its patterns, which are ECMA-262, `$` is the end, and not before a last line feed."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema.exceptions import ValidationError

_SIGN = re.compile(r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|\$", re.DOTALL)


def validator(schema: Mapping[str, Any]) -> Any:
    """Of jsonschema, which would search with Python's `$`: a name with a line feed behind it would be a name."""
    return _kind()(schema)


@cache
def _kind() -> Any:
    from jsonschema import Draft202012Validator, validators

    extend: Any = validators.extend  # which its stubs give no types
    return extend(Draft202012Validator, {"pattern": _keeps})


def _keeps(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError

    if isinstance(value, str) and not _compiled(pattern).search(value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_SIGN.sub(lambda found: found[1] or r"\Z", pattern))
